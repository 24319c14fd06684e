package faults_test

import (
	"fmt"
	"math"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestAllScreensComeBackAtOnceWhenTheirNodeRestarts: a node that restarts is met by all its screens. It lets them in as fast as it can,
// draws nothing anew for each of them, and is afterwards as it was.
func TestAllScreensComeBackAtOnceWhenTheirNodeRestarts(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 24, nil)
	of := crowdOf{
		Server: s.nodes[0].URL, Screens: dusangiretest.Size(300, 10_000),
		Pages:   []string{dusangiretest.WardPath(s.board), "/dashboard/medical_staff/"},
		Sockets: []string{fmt.Sprintf("/ws/ward/%d/", s.board.ID), "/ws/dashboard/medical_staff/"},
		Tokens:  s.signInMany(dusangiretest.Size(2, 60), dusangiretest.Size(1, 12)),
	}
	idle := s.nodes[0].Metric("go_goroutines")
	c := s.gather(of)
	began := time.Now()
	c.until(of.Screens, "")
	t.Logf("%d screens were live %v after they were opened; server CPU %.2f", of.Screens, time.Since(began).Round(time.Millisecond), s.nodes[0].Metric("process_cpu_seconds_total"))
	for turn := range dusangiretest.Size(1, 5) {
		if code := s.nodes[0].End(syscall.SIGTERM); code != program.ExitOK {
			t.Errorf("exit code %d", code)
		}
		change := []hospital.BedStatus{hospital.BedMaintenance, hospital.BedCleaning}[turn%2]
		s.start(0)
		back := time.Now()
		if status, err := s.client(0, hospital.WardManagement).Try(dusangiretest.BedPath(s.board.Beds[0])+"status", map[string]any{"status": change}); err != nil || status != 204 {
			t.Fatalf("change a bed: %d %v", status, err)
		}
		if err := s.ledger.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		reached := s.ledger.reached()
		ward := string(hospital.WardTopic(s.board.ID))
		state := c.until(of.Screens, fmt.Sprintf("metrics=%d,%s=%d", reached["metrics"], ward, reached[ward]))
		took := time.Since(back)
		node := s.nodes[0]
		t.Logf("all were live and up to date %v after the node was back: %+v; %.0f refused, %.0f renders, %.0f reads, %.2f s CPU, %.0f polls, %.0f MB", took.Round(time.Millisecond), state,
			node.Metric("dusangire_admission_rejected_total"), node.Metric("dusangire_view_renders_total"), node.Metric("dusangire_view_reads_total"),
			node.Metric("process_cpu_seconds_total"), node.Metric("dusangire_polls_total"), node.Metric("process_resident_memory_bytes")/(1<<20))
		if took > allowing(15*time.Second) {
			t.Errorf("that took too long: 15 s are promised")
		}
		// Two views: five renders each for their sockets, and one a second for pages that poll while they have none.
		most := 2 * (5 + math.Ceil(took.Seconds()))
		if renders := node.Metric("dusangire_view_renders_total"); renders > most {
			t.Errorf("%.0f renders of two views, want %.0f at most", renders, most)
		}
		if rss := node.Metric("process_resident_memory_bytes") / (1 << 20); rss > 450 {
			t.Errorf("the node takes %.0f MB, want 450 at most", rss)
		}
	}
	c.leave()
	dusangiretest.WaitFor(t, "the node is idle again", func() bool {
		return s.nodes[0].Metric("dusangire_ws_sessions") == 0 && s.nodes[0].Metric("go_goroutines") <= idle+10
	})
	t.Logf("%.0f MB when all are gone", s.nodes[0].Metric("process_resident_memory_bytes")/(1<<20))
}

// signInMany signs in so many times, as some users of medical staff in turn.
func (s *scene) signInMany(times, users int) (tokens []string) {
	s.t.Helper()
	h := hospitaltest.Open(s.t, hospital.Options{DatabaseURL: s.database})
	for i := range users {
		name := fmt.Sprintf("nurse-%d", i)
		if _, err := h.AddUser(s.t.Context(), hospital.System, hospital.AddUserCommand{Username: name, Role: hospital.MedicalStaff, Password: dusangiretest.Password}); err != nil {
			s.t.Fatal(err)
		}
	}
	for i := range times {
		token, _, err := h.SignIn(s.t.Context(), fmt.Sprintf("nurse-%d", i%users), dusangiretest.Password, hospital.Client{Address: "test"})
		if err != nil {
			s.t.Fatalf("sign in: %v", err)
		}
		tokens = append(tokens, token)
	}
	return tokens
}
