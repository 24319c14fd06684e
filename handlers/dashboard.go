package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// medicalDashboard is what medical staff start from. People who work on the same wards see the
// same.
func (s *Server) medicalDashboard() screen[hospital.MedicalDashboard] {
	return screen[hospital.MedicalDashboard]{
		server: s, path: views.MedicalPath, overview: true, socket: "/ws" + views.MedicalPath,
		permission: hospital.ReadMedicalDashboard,
		sharedBy:   func(v visitor) string { return joinIDs(v.wards) },
		topics:     always(hospital.MetricsTopic),
		news:       newsOf(hospital.MedicalStaff),
		read: func(ctx context.Context, v visitor) (hospital.MedicalDashboard, error) {
			return s.Hospital.MedicalDashboard(ctx, v.actor, v.wards)
		},
		title:    titled[hospital.MedicalDashboard]("nav.medical"),
		page:     plain(views.MedicalDashboardPage),
		regions:  forAll(views.MedicalRegions),
		json:     object(newMedicalJSON),
		messages: dashboardMessages(newMedicalJSON),
	}
}

type medicalJSON struct {
	Wards             []countsJSON        `json:"wards"`
	RecentAdmissions  []admissionLineJSON `json:"recent_admissions"`
	PendingDischarges []admissionLineJSON `json:"pending_discharges"` // the soonest, PendingCount all
	PendingCount      int                 `json:"pending_discharges_count"`
	// the most pressing; WaitingCount counts all
	Waiting      []waitingJSON `json:"waiting"`
	WaitingCount int           `json:"waiting_count"`
	Held         []heldJSON    `json:"held_orders"` // the soonest due; HeldCount counts all
	HeldCount    int           `json:"held_orders_count"`
	Fasted       []fastedJSON  `json:"nil_by_mouth_over"` // the longest; FastedCount counts all
	FastedCount  int           `json:"nil_by_mouth_over_count"`
	Missed       []missedJSON  `json:"missed_rounds"`
}

func newMedicalJSON(ctx context.Context, d hospital.MedicalDashboard) dashboardJSON {
	return newDashboardJSON(d.Metrics, d.At, medicalJSON{
		each(d.Wards, newCountsJSON), each(d.RecentAdmissions, newAdmissionLineJSON),
		each(d.PendingDischarges, newAdmissionLineJSON), d.PendingCount,
		each(d.Waiting, newWaitingJSON), d.WaitingCount, eachIn(ctx, d.Held, newHeldJSON),
		d.HeldCount,
		each(d.Fasted, newFastedJSON), d.FastedCount, each(d.Missed, newMissedJSON),
	})
}

// managementDashboard is what ward management starts from. People who work on the same wards hear
// the same.
func (s *Server) managementDashboard() screen[hospital.ManagementDashboard] {
	return screen[hospital.ManagementDashboard]{
		server: s, path: views.ManagementPath, overview: true, socket: "/ws" + views.ManagementPath,
		permission: hospital.ReadManagementDashboard,
		sharedBy:   func(v visitor) string { return joinIDs(v.wards) },
		topics:     always(hospital.MetricsTopic),
		news:       newsOf(hospital.WardManagement),
		read: func(ctx context.Context, v visitor) (hospital.ManagementDashboard, error) {
			return s.Hospital.ManagementDashboard(ctx, v.actor)
		},
		title:    titled[hospital.ManagementDashboard]("nav.management"),
		page:     plain(views.ManagementDashboardPage),
		regions:  forAll(views.ManagementRegions),
		json:     object(newManagementJSON),
		messages: dashboardMessages(newManagementJSON),
	}
}

type managementJSON struct {
	Wards             []countsJSON        `json:"wards"`
	PendingDischarges []admissionLineJSON `json:"pending_discharges"` // the soonest, PendingCount all
	PendingCount      int                 `json:"pending_discharges_count"`
	// stat first; CleaningCount counts all
	BedsToClean   []toCleanJSON `json:"beds_to_clean"`
	CleaningCount int           `json:"beds_to_clean_count"`
	// the most pressing; WaitingCount counts all
	Waiting      []waitingJSON `json:"waiting"`
	WaitingCount int           `json:"waiting_count"`
	Missed       []missedJSON  `json:"missed_rounds"`
}

func newManagementJSON(_ context.Context, d hospital.ManagementDashboard) dashboardJSON {
	return newDashboardJSON(d.Metrics, d.At, managementJSON{
		each(d.Wards, newCountsJSON), each(d.PendingDischarges, newAdmissionLineJSON), d.PendingCount,
		each(d.BedsToClean, newToCleanJSON), d.CleaningCount,
		each(d.Waiting, newWaitingJSON), d.WaitingCount, each(d.Missed, newMissedJSON),
	})
}

func joinIDs(ids []int64) string {
	if len(ids) == 0 {
		return "all"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

// noDashboard refuses the socket of a dashboard that there is not: a role that has none of its own.
func noDashboard(c echo.Context) (hub.View, action, error) {
	asked, own := hospital.Role(c.Param("role")), actor(c).Role
	if asked.Valid() && asked != own && own != hospital.Admin {
		return hub.View{}, nil, hub.CloseForbidden
	}
	return hub.View{}, nil, hub.CloseNoSuchPath
}

// dashboardJSON has the numbers at the top, where the clients of the original guide look for them.
type dashboardJSON struct {
	Type              string  `json:"type"`
	OccupancyRate     float64 `json:"occupancy_rate"`
	PatientCount      int     `json:"patient_count"`
	PendingDischarges int     `json:"pending_discharges"`
	ActiveWards       int     `json:"active_wards"`
	Timestamp         string  `json:"timestamp,omitempty"`
	Data              any     `json:"data"`
}

// newDashboardJSON makes it; data is what the role's dashboard shows besides the numbers.
func newDashboardJSON(m hospital.Metrics, at time.Time, data any) dashboardJSON {
	return dashboardJSON{"dashboard_update", m.OccupancyRate, m.PatientCount, m.PendingDischarges,
		m.ActiveWards, at.UTC().Format(time.RFC3339), data}
}

// dashboardMessages are a dashboard as one message.
func dashboardMessages[T any](newJSON func(context.Context, T) dashboardJSON) (
	messages func(context.Context, T) ([]hub.Region, error),
) {
	return func(ctx context.Context, found T) ([]hub.Region, error) {
		sent := newJSON(ctx, found)
		state := sent
		state.Timestamp = ""
		whole, err := region("dashboard", state, sent)
		return []hub.Region{whole}, err
	}
}

type admissionLineJSON struct {
	AdmissionID       int64   `json:"admission_id"`
	Patient           string  `json:"patient_name"`
	BedID             *int64  `json:"bed_id"`
	Bed               *string `json:"bed_number"`
	Ward              *string `json:"ward_name"`
	AdmittedAt        *string `json:"admitted_at"`
	ExpectedDischarge *string `json:"expected_discharge"`
}

func newAdmissionLineJSON(admission hospital.AdmissionLine) admissionLineJSON {
	shape := admissionLineJSON{AdmissionID: admission.AdmissionID,
		Patient: string(admission.PatientName), AdmittedAt: rfc3339(admission.AdmittedAt),
		ExpectedDischarge: rfc3339(admission.ExpectedDischarge)}
	if admission.BedID != 0 {
		shape.BedID, shape.Bed, shape.Ward = &admission.BedID, &admission.BedNumber, &admission.WardName
	}
	return shape
}

// heldJSON is an order that medical staff must look at, or whose tray must come back.
type heldJSON struct {
	OrderID int64        `json:"order_id"`
	Meal    string       `json:"meal"`
	DueAt   *string      `json:"due_at"`
	Hazards []hazardJSON `json:"hazards"` // none: nothing speaks against it any more
	Stopped string       `json:"stopped"`
	admissionLineJSON
}

func newHeldJSON(ctx context.Context, o hospital.HeldLine) heldJSON {
	return heldJSON{o.OrderID, string(o.Meal), rfc3339(o.Due), newHazardsJSON(ctx, o.HeldFor),
		o.Stopped, newAdmissionLineJSON(o.AdmissionLine)}
}

// fastedJSON is a patient who may eat again and whom nobody has let.
type fastedJSON struct {
	OverAt *string `json:"over_at"`
	Missed int     `json:"missed_meals"`
	admissionLineJSON
}

func newFastedJSON(p hospital.FastingLine) fastedJSON {
	return fastedJSON{rfc3339(p.Over), p.Missed, newAdmissionLineJSON(p.AdmissionLine)}
}
