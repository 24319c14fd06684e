package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// customerHome is GET /home/: a customer's patients, orders and addresses, and what they have not read.
func (s *Server) customerHome(c echo.Context) error {
	ctx := c.Request().Context()
	home, err := s.Hospital.CustomerHome(ctx, actor(c))
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, homeJSON(ctx, home))
	}
	page, err := s.page(c, text.T(ctx, "nav.home"))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: "/ws/home/", Revisions: home.Revisions}
	return render(c, http.StatusOK, views.HomePage(page, home))
}

// liveHome is the same, live: /ws/home/. Everyone has a view of their own.
func (s *Server) liveHome(c echo.Context) error {
	who, language := actor(c), language(c)
	return watch(c, hub.View{
		Name: fmt.Sprintf("home/%d/%s", who.UserID, language),
		Topics: []hospital.Topic{hospital.CustomerTopic(who.UserID), hospital.AddressesTopic(who.UserID),
			hospital.InboxTopic(who.UserID), hospital.RoleInboxTopic(who.Role)},
		Read: func(ctx context.Context) (hub.State, error) {
			home, err := s.Hospital.CustomerHome(ctx, who)
			return homeState(home, language), err
		},
	})
}

func homeState(home hospital.CustomerHome, language text.Lang) *liveState {
	return &liveState{
		revisions: home.Revisions, language: language,
		regions: views.HomeRegions(home),
		messages: func() ([]hub.Region, error) {
			state := homeJSON(text.With(context.Background(), language), home)
			sent := struct {
				homeShape
				Timestamp *string `json:"timestamp"`
			}{state, rfc3339(home.At)}
			whole, err := region("home", state, message{"home", sent})
			return []hub.Region{whole}, err
		},
		answer: answerWithState,
	}
}

// homeShape is a customer's page for programs.
type homeShape struct {
	Patients  []orderedForJSON `json:"patients"`
	Orders    []customerOrder  `json:"orders"`
	Addresses []addressShape   `json:"addresses"`
	Unread    int              `json:"unread"`
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

// customerOrder is an order as its customer follows it.
type customerOrder struct {
	orderShape
	For        string  `json:"for"`
	DeliveryID *int64  `json:"delivery_id"`
	Code       *string `json:"code"` // to be told to the courier at the door
}

func homeJSON(ctx context.Context, home hospital.CustomerHome) homeShape {
	shape := homeShape{Patients: make([]orderedForJSON, 0, len(home.Stays)), Orders: make([]customerOrder, 0, len(home.Orders)),
		Addresses: addressesJSON(home.Addresses), Unread: home.Unread}
	for _, s := range home.Stays {
		patient := orderedForJSON{AdmissionID: s.AdmissionID, PatientName: string(s.PatientName), Place: textOrNull(s.Place),
			Diet: string(s.Order.Diet), Texture: int(s.Order.Texture), NilByMouth: s.Order.NilByMouth.Holds(home.At),
			Version: s.Version}
		if s.Order.Allergies.Known {
			patient.Allergies = orEmpty(s.Order.Allergies.Allergens)
		}
		shape.Patients = append(shape.Patients, patient)
	}
	for _, o := range home.Orders {
		shape.Orders = append(shape.Orders, customerOrder{orderJSON(ctx, o.Order), o.For, idOrNull(o.DeliveryID), textOrNull(o.Code)})
	}
	return shape
}

// linkCustomer is POST /admissions/{id}/customers: the desk lets a customer order for the patient.
func (s *Server) linkCustomer(c echo.Context) error { return s.changeLink(c, s.Hospital.LinkCustomer) }

// unlinkCustomer is POST /admissions/{id}/customers/remove.
func (s *Server) unlinkCustomer(c echo.Context) error {
	return s.changeLink(c, s.Hospital.UnlinkCustomer)
}

// changeLink changes what stands between a customer and the patient of the stay in the path.
func (s *Server) changeLink(c echo.Context, command func(ctx context.Context, actor hospital.Actor, userID, patientID int64) error) error {
	in, err := readInput(c, "admission_id", "username")
	if err != nil {
		return err
	}
	username := in.text("username")
	return s.changeStay(c, views.FormCustomers, in, func(ctx context.Context, id int64) (hospital.Admission, error) {
		admission, err := s.Hospital.Admission(ctx, id)
		if err != nil {
			return admission, err
		}
		if err := s.Hospital.StayAsSeen(ctx, actor(c), id, in.id("admission_id"), in.id("version")); err != nil {
			return admission, err
		}
		customer, err := s.Hospital.CustomerByName(ctx, actor(c), username)
		if err != nil {
			return admission, err
		}
		return admission, command(ctx, actor(c), customer, admission.PatientID)
	})
}
