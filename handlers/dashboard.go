package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// medicalDashboard is GET /dashboard/medical_staff/.
func (s *Server) medicalDashboard(c echo.Context) error {
	session, _ := sessionOf(c)
	ctx := c.Request().Context()
	d, err := s.Hospital.MedicalDashboard(ctx, session.User.Wards)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, dashboardShape(d.Metrics, d.At, medicalJSON(ctx, d)))
	}
	page, err := s.page(c, text.T(ctx, "nav.medical"))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: "/ws/dashboard/medical_staff/", Revisions: d.Revisions}
	if err := s.addNews(ctx, &page, everyone(hospital.MedicalStaff)); err != nil {
		return err
	}
	return render(c, http.StatusOK, views.MedicalDashboardPage(page, d))
}

// liveMedicalDashboard is the same, live. People who work on the same wards share a view.
func (s *Server) liveMedicalDashboard(c echo.Context) error {
	session, _ := sessionOf(c)
	wards, language := session.User.Wards, language(c)
	return watch(c, s.withNews(everyone(hospital.MedicalStaff), language, hub.View{
		Name:   fmt.Sprintf("dashboard/medical_staff/%s/%s", joinIDs(wards), language),
		Topics: []hospital.Topic{hospital.MetricsTopic},
		Read: func(ctx context.Context) (hub.State, error) {
			d, err := s.Hospital.MedicalDashboard(ctx, wards)
			return medicalState(d, language), err
		},
	}))
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

func medicalState(d hospital.MedicalDashboard, language text.Lang) *liveState {
	return &liveState{
		revisions: d.Revisions, language: language,
		regions: views.MedicalRegions(d),
		messages: func() ([]hub.Region, error) {
			return dashboardMessages(d.Metrics, d.At, medicalJSON(text.With(context.Background(), language), d))
		},
		answer: answerWithState,
	}
}

// managementDashboard is GET /dashboard/ward_management/.
func (s *Server) managementDashboard(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Hospital.ManagementDashboard(ctx)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, dashboardShape(d.Metrics, d.At, managementJSON(d)))
	}
	page, err := s.page(c, text.T(ctx, "nav.management"))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: "/ws/dashboard/ward_management/", Revisions: d.Revisions}
	if err := s.addNews(ctx, &page, everyone(hospital.WardManagement)); err != nil {
		return err
	}
	return render(c, http.StatusOK, views.ManagementDashboardPage(page, d))
}

// liveManagementDashboard is the same, live.
func (s *Server) liveManagementDashboard(c echo.Context) error {
	language := language(c)
	return watch(c, s.withNews(everyone(hospital.WardManagement), language, hub.View{
		Name:   fmt.Sprintf("dashboard/ward_management/%s", language),
		Topics: []hospital.Topic{hospital.MetricsTopic},
		Read: func(ctx context.Context) (hub.State, error) {
			d, err := s.Hospital.ManagementDashboard(ctx)
			return managementState(d, language), err
		},
	}))
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

func managementState(d hospital.ManagementDashboard, language text.Lang) *liveState {
	return &liveState{
		revisions: d.Revisions, language: language,
		regions: views.ManagementRegions(d),
		messages: func() ([]hub.Region, error) {
			return dashboardMessages(d.Metrics, d.At, managementJSON(d))
		},
		answer: answerWithState,
	}
}

func joinIDs(ids []int64) string {
	if len(ids) == 0 {
		return "all"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}
