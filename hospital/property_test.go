package hospital_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dusangire/hospital"
	"dusangire/hub/hubtest"
)

// TestMain lets the properties be checked on fewer random histories than rapid's 100, since each is
// written to two databases. go test -rapid.checks=1000 asks for more.
func TestMain(m *testing.M) {
	hubtest.RunMany(4)
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Whatever changed on a screen belongs to a topic that moved by one and was announced; whatever
// failed changed nothing. And after any history all numbers equal a recount, and a bed is occupied
// exactly if a patient lies in it.
func TestAfterAnyHistoryEveryChangeWasAnnouncedAndEveryNumberIsRight(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		beds := h.bedIDs(t)
		rapid.Check(t, func(rt *rapid.T) {
			h.vacate(t)
			s := &story{fixture: h, t: t, rt: rt, beds: beds}
			before := s.screens()
			for range rapid.IntRange(1, 30).Draw(rt, "commands") {
				before = s.step(before, s.time)
				before = s.step(before, s.command)
			}
			h.sound(t)
			if t.Failed() {
				rt.Fatal("the history above broke a rule")
			}
		})
	})
}

// step lets something happen, compares the screens after it with those before, and returns them.
func (s *story) step(before screens, happen func() (name string, err error)) screens {
	s.heard.take()
	name, err := happen()
	after := s.screens()
	s.compare(name, err, before, after)
	return after
}

// time passes, and the screens are told what that brings about.
func (s *story) time() (name string, err error) {
	s.clock.pass(time.Duration(rapid.IntRange(0, 90).Draw(s.rt, "minutes")) * time.Minute)
	_, err = s.ShowTimeMarks(s.t.Context())
	return "time", err
}

// vacate empties the fixture for another history.
func (h *fixture) vacate(t testing.TB) {
	t.Helper()
	for _, statement := range []string{`DELETE FROM bed_assignment`, `DELETE FROM admission`,
		`UPDATE bed SET status = 'available', status_reason = '', reserved_until = NULL, reserved_for =
			NULL`,
		`DELETE FROM patient`, `DELETE FROM idempotency`, `DELETE FROM time_mark`} {
		h.exec(t, statement)
	}
}

// story is one random history.
type story struct {
	*fixture
	t          *testing.T
	rt         *rapid.T
	beds       []int64 // of both wards
	admissions []int64 // all that were opened
}

// command gives a random command, which may be nonsense.
func (s *story) command() (name string, err error) {
	ctx := s.t.Context()
	now := s.clock.Now()
	actor := rapid.SampledFrom([]hospital.Actor{nurse, manager, admin, cook}).Draw(s.rt, "actor")
	bed, admission := s.anyBed(), s.anyAdmission()
	name = rapid.SampledFrom(
		[]string{"admit", "admit", "transfer", "transfer", "plan", "discharge", "cancel", "reopen",
			"reopen", "undo", "undo",
			"swap", "swap", "leave", "return", "newborn", "late", "status", "status", "status", "reserve",
			"place", "fit", "release", "repeat"}).Draw(s.rt, "command")
	switch name {
	case "admit", "repeat":
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed,
			OverrideReason: rapid.SampledFrom([]string{"", "full"}).Draw(s.rt, "override")}
		if name == "repeat" {
			cmd.IdempotencyKey = rapid.SampledFrom([]string{"one", "two"}).Draw(s.rt, "key")
		}
		if known := rapid.Int64Range(0, 6).Draw(s.rt, "patient"); known > 0 {
			cmd.PatientName, cmd.PatientID = "", s.patientOf(known)
		}
		var a hospital.Admission
		if a, _, err = s.Admit(ctx, actor, cmd); err == nil && !slices.Contains(s.admissions, a.ID) {
			s.admissions = append(s.admissions, a.ID)
		}
	case "newborn", "late":
		cmd := hospital.AdmitCommand{PatientName: "Keza Ange", BedID: bed}
		if name == "newborn" {
			cmd.MotherAdmissionID = admission
			if rapid.Bool().Draw(s.rt, "with its mother") {
				cmd.BedID = 0
			}
		} else {
			ago := time.Duration(rapid.IntRange(0, 300).Draw(s.rt, "minutes ago")) * time.Minute
			cmd.AdmittedAt, cmd.LateReason = now.Add(-ago), "the line was cut"
			if known := rapid.Int64Range(0, 6).Draw(s.rt, "patient"); known > 0 {
				cmd.PatientName, cmd.PatientID = "", s.patientOf(known)
			}
		}
		var a hospital.Admission
		if a, _, err = s.Admit(ctx, actor, cmd); err == nil {
			s.admissions = append(s.admissions, a.ID)
		}
	case "cancel":
		_, err = s.CancelAdmission(ctx, actor, admission, hospital.UndoCommand{Reason: "wrong person"})
	case "reopen":
		_, err = s.ReopenAdmission(ctx, actor, admission, hospital.UndoCommand{Reason: "still here"})
	case "undo":
		_, err = s.UndoTransfer(ctx, actor, admission, hospital.UndoCommand{})
	case "swap":
		_, err = s.Swap(ctx, actor, admission, hospital.SwapCommand{With: s.anyAdmission()})
	case "leave":
		until := rapid.SampledFrom([]time.Time{{}, now, now.Add(5 * time.Hour)}).Draw(s.rt, "until")
		_, err = s.GoOnLeave(ctx, actor, admission, hospital.LeaveCommand{Until: until})
	case "return":
		_, err = s.ReturnFromLeave(ctx, actor, admission, hospital.ReturnCommand{})
	case "transfer":
		_, err = s.Transfer(ctx, actor, admission, hospital.TransferCommand{BedID: bed, Version: rapid.Int64Range(0, 3).Draw(s.rt, "version")})
	case "plan":
		expected := rapid.SampledFrom([]time.Time{{}, now, now.Add(5 * time.Hour), now.AddDate(2, 0, 0)}).Draw(s.rt, "expected")
		_, err = s.PlanDischarge(ctx, actor, admission, hospital.PlanDischargeCommand{Expected: expected})
	case "discharge":
		outcome := rapid.SampledFrom(append(slices.Clone(hospital.Outcomes), "")).Draw(s.rt, "outcome")
		_, err = s.Discharge(ctx, actor, admission, hospital.DischargeCommand{Outcome: outcome})
	case "status":
		status := rapid.SampledFrom(append(slices.Clone(hospital.BedStatuses), "nonsense")).Draw(s.rt, "status")
		_, err = s.SetBedStatus(ctx, actor, bed, hospital.BedStatusCommand{Status: status})
	case "reserve":
		cmd := hospital.BedStatusCommand{Status: hospital.BedReserved,
			PatientID: s.patientOf(rapid.Int64Range(1, 6).Draw(s.rt, "patient"))}
		_, err = s.SetBedStatus(ctx, actor, bed, cmd)
	case "place":
		isolation := rapid.SampledFrom(append(slices.Clone(hospital.Isolations), "")).Draw(s.rt,
			"isolation")
		_, err = s.EditAdmission(ctx, actor, admission,
			hospital.EditAdmissionCommand{Isolation: &isolation, WantedWardID: &s.b.ID})
	case "fit":
		features := rapid.SampledFrom([][]hospital.BedFeature{{}, {hospital.Oxygen}, {"nonsense"}}).Draw(
			s.rt, "features")
		_, err = s.SetBed(ctx, actor, bed, hospital.SetBedCommand{Features: &features})
	case "release":
		s.clock.pass(hospital.ReservationLasts)
		_, err = s.ReleaseExpiredReservations(ctx)
		_, late := s.ShowTimeMarks(ctx)
		err = errors.Join(err, late)
	}
	return name, err
}

// anyBed is one of the fixture's, none (0), or one that does not exist.
func (s *story) anyBed() int64 {
	return rapid.SampledFrom(append([]int64{0, 4711}, s.beds...)).Draw(s.rt, "bed")
}

// anyAdmission is one of the story's, or one that does not exist.
func (s *story) anyAdmission() int64 {
	return rapid.SampledFrom(append([]int64{4711}, s.admissions...)).Draw(s.rt, "admission")
}

// patientOf is the patient of the n-th admission, or one that does not exist.
func (s *story) patientOf(n int64) int64 {
	if int(n) > len(s.admissions) {
		return 4711
	}
	a, err := s.Admission(s.t.Context(), hospital.System, s.admissions[n-1])
	if err != nil {
		s.rt.Fatal(err)
	}
	return a.PatientID
}

// screens is all that people see, by the topic that must move when it changes, and where the topics
// stand.
type screens struct {
	shown map[hospital.Topic]any
	at    hospital.Revisions
}

// screens reads them all.
func (s *story) screens() screens {
	seen := screens{shown: map[hospital.Topic]any{}}
	management, medical := s.management(s.t), s.medical(s.t)
	// When it was read and which admissions are of the last 24 hours changes by itself.
	management.At, medical.At, medical.RecentAdmissions = time.Time{}, time.Time{}, nil
	management.Revisions, medical.Revisions = hospital.Revisions{}, hospital.Revisions{}
	seen.shown[hospital.MetricsTopic] = []any{management, medical}
	for _, ward := range []hospital.Ward{s.a, s.b} {
		board := s.board(s.t, ward)
		board.At, board.Revisions = time.Time{}, hospital.Revisions{}
		seen.shown[hospital.WardTopic(ward.ID)] = board
	}
	seen.at = s.revisions(s.t, slices.Collect(maps.Keys(seen.shown))...)
	return seen
}

// compare checks one command's effect on the screens against what was announced.
func (s *story) compare(name string, err error, before, after screens) {
	announced := map[hospital.Topic]int64{}
	for _, r := range s.heard.take() {
		maps.Copy(announced, r.Topics)
		if r.Epoch != before.at.Epoch {
			s.t.Errorf("%s was announced in the epoch %q", name, r.Epoch)
		}
	}
	if err != nil && len(announced) > 0 {
		s.t.Errorf("%s failed (%v) and announced %v", name, err, announced)
	}
	for topic, shown := range after.shown {
		moved := after.at.Topics[topic] - before.at.Topics[topic]
		if changed := !reflect.DeepEqual(shown, before.shown[topic]); changed && moved == 0 {
			s.t.Errorf("%s changed what %s shows and did not move it\nfrom %+v\nto %+v", name, topic, before.shown[topic], shown)
		}
		if moved != 0 && announced[topic] != after.at.Topics[topic] {
			s.t.Errorf("%s moved %s to %d and announced %d", name, topic, after.at.Topics[topic], announced[topic])
		}
		if moved > 1 && name != "release" {
			s.t.Errorf("%s moved %s by %d", name, topic, moved)
		}
	}
}
