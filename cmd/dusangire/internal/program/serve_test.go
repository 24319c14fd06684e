package program_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// TestABedChangeReachesEveryScreen is the sentence that the whole house is built around.
func TestABedChangeReachesEveryScreen(t *testing.T) {
	t.Parallel()
	t.Run("on one node", func(t *testing.T) {
		s, board := dusangiretest.MustServeWard(t, 24, nil)
		bedChangeReachesEveryScreen(t, s, s, board)
	})
	t.Run("from one node to another over PostgreSQL and Redis", func(t *testing.T) {
		database, redis := hospitaltest.PostgreSQL(t), hubtest.StartRedis(t)
		join := func(c *program.ServeCommand) { c.DatabaseURL, c.RedisURL = database, redis.URL() }
		here, board := dusangiretest.MustServeWard(t, 24, join)
		there := dusangiretest.MustServe(t, join)
		bedChangeReachesEveryScreen(t, here, there, board)
	})
}

func bedChangeReachesEveryScreen(t *testing.T, here, there *dusangiretest.Server, board hospital.WardBoard) {
	nurse, manager := here.SignIn(hospital.MedicalStaff), there.SignIn(hospital.WardManagement)
	ward := fmt.Sprintf("/ws/ward/%d/", board.ID)
	page, program := manager.Watch(ward, dusangiretest.AsHTML), manager.Watch(ward, dusangiretest.AsJSON)
	dashboard, numbers := manager.Watch("/ws/dashboard/ward_management/", dusangiretest.AsHTML), manager.Watch("/ws/dashboard/ward_management/", dusangiretest.AsJSON)
	for _, s := range []dusangiretest.Socket{page, program, dashboard, numbers} {
		s.Next()
	}
	bed := board.Beds[4]

	status, body := nurse.Post("/admissions", map[string]any{"patient_name": "Uwase Marie", "bed_id": bed.ID})
	if status != http.StatusCreated {
		t.Fatalf("admit: %d %s", status, body)
	}

	frame := page.NextWith(fmt.Sprintf(`id="bed-%d"`, bed.ID))
	if !strings.Contains(frame, "Uwase Marie") || strings.Count(frame, `id="bed-`) != 1 {
		t.Errorf("the ward's page should get the one bed that changed, with its patient:\n%s", frame)
	}
	if len(frame) > 2048 {
		t.Errorf("the frame for one bed has %d bytes, want less than 2 KB", len(frame))
	}
	change := program.NextWith("bed_status_change")
	if !strings.Contains(change, fmt.Sprintf(`"bed_id":%d,"status":"occupied"`, bed.ID)) {
		t.Errorf("a program should hear of the bed: %s", change)
	}
	if total := program.NextWith("ward_status"); !strings.Contains(total, `"occupied_beds":1`) {
		t.Errorf("then of the ward: %s", total)
	}
	dashboard.NextWith(`id="metrics"`)
	if update := numbers.NextWith("dashboard_update"); !strings.Contains(update, `"patient_count":1`) {
		t.Errorf("the numbers should follow: %s", update)
	}
}

func TestDrainTellsSocketsAndEnds(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 1, nil)
	live := s.SignIn(hospital.MedicalStaff).Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON)
	live.Next()
	stopped := make(chan struct{})
	go func() { s.Stop(); close(stopped) }()
	if got := live.CloseCode(); got != 1012 {
		t.Errorf("closed with %d, want 1012", got)
	}
	<-stopped
}
