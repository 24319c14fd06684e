package handlers

import (
	"context"
	"fmt"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// medicalDashboard is what medical staff start from. People who work on the same wards see the same.
func (s *Server) medicalDashboard() screen[hospital.MedicalDashboard] {
	return screen[hospital.MedicalDashboard]{
		server: s, path: views.MedicalPath, socket: "/ws" + views.MedicalPath,
		permission: hospital.ReadMedicalDashboard,
		sharedBy:   func(v visitor) string { return joinIDs(v.wards) },
		topics:     func(visitor) []hospital.Topic { return []hospital.Topic{hospital.MetricsTopic} },
		news:       newsOf(hospital.MedicalStaff),
		read: func(ctx context.Context, v visitor) (hospital.MedicalDashboard, error) {
			return s.Hospital.MedicalDashboard(ctx, v.wards)
		},
		title: func(ctx context.Context, _ hospital.MedicalDashboard) string { return text.T(ctx, "nav.medical") },
		page: func(p views.Page, _ visitor, d hospital.MedicalDashboard) templ.Component {
			return views.MedicalDashboardPage(p, d)
		},
		regions: func(_ visitor, d hospital.MedicalDashboard) []views.Region { return views.MedicalRegions(d) },
		json: func(ctx context.Context, d hospital.MedicalDashboard) any {
			return dashboardShape(d.Metrics, d.At, medicalJSON(ctx, d))
		},
		messages: func(ctx context.Context, d hospital.MedicalDashboard) ([]hub.Region, error) {
			return dashboardMessages(d.Metrics, d.At, medicalJSON(ctx, d))
		},
	}
}

type medicalData struct {
	Wards             []countsJSON `json:"wards"`
	RecentAdmissions  []stayJSON   `json:"recent_admissions"`
	PendingDischarges []stayJSON   `json:"pending_discharges"` // the soonest; PendingCount counts all
	PendingCount      int          `json:"pending_discharges_count"`
	Waiting           []stayJSON   `json:"waiting"` // the longest; WaitingCount counts all
	WaitingCount      int          `json:"waiting_count"`
	Held              []heldJSON   `json:"held_orders"` // the soonest due; HeldCount counts all
	HeldCount         int          `json:"held_orders_count"`
	Fasted            []fastedJSON `json:"nil_by_mouth_over"` // the longest; FastedCount counts all
	FastedCount       int          `json:"nil_by_mouth_over_count"`
	Missed            []missedJSON `json:"missed_rounds"`
}

func medicalJSON(ctx context.Context, d hospital.MedicalDashboard) medicalData {
	return medicalData{wardsJSON(d.Wards), staysJSON(d.RecentAdmissions), staysJSON(d.PendingDischarges), d.PendingCount,
		staysJSON(d.Waiting), d.WaitingCount, heldOrdersJSON(ctx, d.Held), d.HeldCount, fastedPatientsJSON(d.Fasted), d.FastedCount, missedShape(d.Missed)}
}

// managementDashboard is what ward management starts from.
func (s *Server) managementDashboard() screen[hospital.ManagementDashboard] {
	return screen[hospital.ManagementDashboard]{
		server: s, path: views.ManagementPath, socket: "/ws" + views.ManagementPath,
		permission: hospital.ReadManagementDashboard,
		sharedBy:   everyone,
		topics:     func(visitor) []hospital.Topic { return []hospital.Topic{hospital.MetricsTopic} },
		news:       newsOf(hospital.WardManagement),
		read: func(ctx context.Context, _ visitor) (hospital.ManagementDashboard, error) {
			return s.Hospital.ManagementDashboard(ctx)
		},
		title: func(ctx context.Context, _ hospital.ManagementDashboard) string { return text.T(ctx, "nav.management") },
		page: func(p views.Page, _ visitor, d hospital.ManagementDashboard) templ.Component {
			return views.ManagementDashboardPage(p, d)
		},
		regions: func(_ visitor, d hospital.ManagementDashboard) []views.Region { return views.ManagementRegions(d) },
		json: func(_ context.Context, d hospital.ManagementDashboard) any {
			return dashboardShape(d.Metrics, d.At, managementJSON(d))
		},
		messages: func(_ context.Context, d hospital.ManagementDashboard) ([]hub.Region, error) {
			return dashboardMessages(d.Metrics, d.At, managementJSON(d))
		},
	}
}

type managementData struct {
	Wards             []countsJSON   `json:"wards"`
	PendingDischarges []stayJSON     `json:"pending_discharges"` // the soonest; PendingCount counts all
	PendingCount      int            `json:"pending_discharges_count"`
	BedsToClean       []dirtyBedJSON `json:"beds_to_clean"` // the longest; CleaningCount counts all
	CleaningCount     int            `json:"beds_to_clean_count"`
	Waiting           []stayJSON     `json:"waiting"` // the longest; WaitingCount counts all
	WaitingCount      int            `json:"waiting_count"`
	Missed            []missedJSON   `json:"missed_rounds"`
}

func managementJSON(d hospital.ManagementDashboard) managementData {
	return managementData{wardsJSON(d.Wards), staysJSON(d.PendingDischarges), d.PendingCount,
		dirtyBedsJSON(d.BedsToClean), d.CleaningCount, staysJSON(d.Waiting), d.WaitingCount, missedShape(d.Missed)}
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
