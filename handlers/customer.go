package handlers

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// customerHome is a customer's patients, orders and addresses, and what they have not read.
func (s *Server) customerHome() screen[hospital.CustomerHome] {
	return screen[hospital.CustomerHome]{
		server: s, path: views.HomePath, socket: "/ws" + views.HomePath,
		permission: hospital.OrderForPatients,
		topics: func(v visitor) []hospital.Topic {
			id := v.actor.UserID
			return []hospital.Topic{hospital.CustomerTopic(id), hospital.AddressesTopic(id),
				hospital.InboxTopic(id), hospital.RoleInboxTopic(v.actor.Role)}
		},
		read: func(ctx context.Context, v visitor) (hospital.CustomerHome, error) {
			return s.Hospital.CustomerHome(ctx, v.actor)
		},
		title:    titled[hospital.CustomerHome]("nav.home"),
		page:     plain(views.HomePage),
		regions:  forAll(views.HomeRegions),
		json:     object(newHomeJSON),
		messages: homeMessages,
	}
}

// homeMessages are a customer's page as one message.
func homeMessages(ctx context.Context, home hospital.CustomerHome) ([]hub.Region, error) {
	state := newHomeJSON(ctx, home)
	sent := state
	sent.Timestamp = rfc3339(home.At)
	whole, err := region("home", state, message{"home", sent})
	return []hub.Region{whole}, err
}

// homeJSON is a customer's page for programs.
type homeJSON struct {
	Patients  []orderedForJSON    `json:"patients"`
	Orders    []customerOrderJSON `json:"orders"`
	Addresses []addressJSON       `json:"addresses"`
	Unread    int                 `json:"unread"`
	Timestamp *string             `json:"timestamp,omitempty"` // in messages alone
}

// orderedForJSON is a patient whom a customer may order for.
type orderedForJSON struct {
	AdmissionID int64               `json:"admission_id"`
	PatientName string              `json:"patient_name"`
	Place       *string             `json:"place"`
	Diet        string              `json:"diet"`
	Texture     int                 `json:"texture"`
	Allergies   []hospital.Allergen `json:"allergies"` // null: nobody has asked
	NilByMouth  bool                `json:"nil_by_mouth"`
	Version     int64               `json:"version"`
}

// customerOrderJSON is an order as its customer follows it.
type customerOrderJSON struct {
	orderJSON
	For        string  `json:"for"`
	DeliveryID *int64  `json:"delivery_id"`
	Code       *string `json:"code"` // to be told to the courier at the door
}

func newHomeJSON(ctx context.Context, home hospital.CustomerHome) homeJSON {
	return homeJSON{
		Patients: each(home.Admissions, func(a hospital.CustomerAdmission) orderedForJSON {
			return newOrderedForJSON(a, home.At)
		}),
		Orders:    eachIn(ctx, home.Orders, newCustomerOrderJSON),
		Addresses: each(home.Addresses, newAddressJSON),
		Unread:    home.Unread,
	}
}

func newOrderedForJSON(a hospital.CustomerAdmission, at time.Time) orderedForJSON {
	patient := orderedForJSON{
		AdmissionID: a.AdmissionID, PatientName: string(a.PatientName), Place: textOrNull(a.Place),
		Diet: string(a.Order.Diet), Texture: int(a.Order.Texture),
		NilByMouth: a.Order.NilByMouth.Holds(at), Version: a.Version,
	}
	if a.Order.Allergies.Known {
		patient.Allergies = orEmpty(a.Order.Allergies.Allergens)
	}
	return patient
}

func newCustomerOrderJSON(ctx context.Context, o hospital.CustomerOrder) customerOrderJSON {
	return customerOrderJSON{newOrderJSON(ctx, o.Order), o.For, idOrNull(o.DeliveryID),
		textOrNull(o.Code)}
}

// linkCommand is one of the hospital's commands on what stands between a customer and a patient.
type linkCommand func(ctx context.Context, actor hospital.Actor, userID, patientID int64) error

// changeLink is POST /admissions/{id}/customers and customers/remove: the desk lets a customer
// order for the patient, or no longer.
func (s *Server) changeLink(command linkCommand) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := readInput(c, "admission_id", "username")
		if err != nil {
			return err
		}
		username := in.text("username")
		admissionID, version := in.id("admission_id"), in.id("version")
		change := func(ctx context.Context, id int64) (hospital.Admission, error) {
			admission, err := s.Hospital.Admission(ctx, actor(c), id)
			if err != nil {
				return admission, err
			}
			err = s.Hospital.AdmissionAsSeen(ctx, actor(c), id, admissionID, version)
			if err != nil {
				return admission, err
			}
			customer, err := s.Hospital.CustomerByName(ctx, actor(c), username)
			if err != nil {
				return admission, err
			}
			return admission, command(ctx, actor(c), customer, admission.PatientID)
		}
		return s.changeAdmission(c, views.FormCustomers, in, change)
	}
}
