package demo_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hospital/hospitaltest"
)

var (
	quiet   = slog.New(slog.DiscardHandler)
	visitor = hospital.Actor{Username: "visitor", Role: hospital.WardManagement} // a person who tries the demo
)

// clock is the hospital's clock in the hands of a test.
type clock struct{ millis atomic.Int64 }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.millis.Store(at.UnixMilli())
	return c
}

func (c *clock) read() time.Time       { return time.UnixMilli(c.millis.Load()).UTC() }
func (c *clock) move(by time.Duration) { c.millis.Add(by.Milliseconds()) }

// work lets the staff do some acts, one a pace.
func work(t *testing.T, staff *demo.Staff, now *clock, pace time.Duration, steps int) {
	t.Helper()
	for step := range steps {
		now.move(pace)
		if err := staff.Step(t.Context()); err != nil {
			t.Fatalf("act %d of %d: %v", step+1, steps, err)
		}
	}
}

func TestTheStaffHoldTheHospitalNearItsOpeningState(t *testing.T) {
	t.Parallel()
	for _, run := range []struct {
		name     string
		database func(testing.TB) string
		pace     time.Duration
		acts     int
	}{
		{"at a pace that people can follow, on SQLite", hospitaltest.SQLite, 4 * time.Second, 60},
		{"over two days, on PostgreSQL", hospitaltest.PostgreSQL, time.Minute, 3000},
	} {
		t.Run(run.name, func(t *testing.T) {
			t.Parallel()
			now := newClock(start)
			h := loaded(t, 1, hospital.Options{DatabaseURL: run.database(t), Now: now.read})
			staff := demo.NewStaff(h, 1, run.pace, quiet)
			before := revision(t, h)
			for acts := 0; acts < run.acts; acts += 20 {
				work(t, staff, now, run.pace, 20)
				if _, err := h.ReleaseExpiredReservations(t.Context()); err != nil {
					t.Fatal(err)
				}
				checkBand(t, acts, dashboard(t, h))
				if acts%200 == 0 {
					checkRules(t, h)
				}
			}
			if acted := revision(t, h) - before; acted < int64(run.acts)*9/10 {
				t.Errorf("in %d steps the staff did %d acts, so they stalled", run.acts, acted)
			}
		})
	}
}

// revision is where the metrics stand: each act moves them by one.
func revision(t *testing.T, h *hospital.Hospital) int64 {
	t.Helper()
	r, err := h.Revisions(t.Context(), []hospital.Topic{hospital.MetricsTopic})
	if err != nil {
		t.Fatal(err)
	}
	return r.Topics[hospital.MetricsTopic]
}

// checkBand fails unless the hospital's numbers are near those of its opening.
func checkBand(t *testing.T, act int, d hospital.ManagementDashboard) {
	t.Helper()
	for _, n := range []struct {
		what        string
		got         float64
		least, most float64
	}{
		{"percent occupied", d.OccupancyRate, 70, 85},
		{"pending discharges", float64(d.PendingCount), 2, 20},
		{"waiting patients", float64(d.WaitingCount), 0, 6},
		{"beds in cleaning", float64(d.CleaningCount), 0, 14},
		{"beds in maintenance", float64(d.Counts.Maintenance), 1, 8},
		{"reserved beds", float64(d.Counts.Reserved), 1, 10},
		{"closed beds", float64(d.Counts.Closed), 1, 1},
	} {
		if n.got < n.least || n.got > n.most {
			t.Errorf("after %d acts there are %v %s, want %v to %v", act, n.got, n.what, n.least, n.most)
		}
	}
}

func TestTheStaffDoTheSameInTheSameHospitalWithTheSameSeed(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) string {
		now := newClock(start)
		h := loaded(t, 1, hospital.Options{Now: now.read})
		work(t, demo.NewStaff(h, seed, 4*time.Second, quiet), now, 4*time.Second, 80)
		return portrait(t, h)
	}
	first := story(1)
	if story(1) != first {
		t.Error("the same seed led to two different hospitals")
	}
	if story(2) == first {
		t.Error("another seed led to the same hospital")
	}
}

func TestTheStaffLeaveToPeopleWhatIsTheirs(t *testing.T) {
	t.Parallel()
	const pace = 4 * time.Second
	now := newClock(start)
	h := loaded(t, 1, hospital.Options{Now: now.read})
	here := admitted(t, h)
	var diary strings.Builder
	work(t, demo.NewStaff(h, 1, pace, slog.New(slog.NewTextHandler(&diary, &slog.HandlerOptions{Level: slog.LevelDebug}))), now, pace, 100)
	if diary.Len() == 0 {
		t.Fatal("the staff logged nothing")
	}
	for _, name := range slices.Concat(here, admitted(t, h)) {
		if strings.Contains(diary.String(), string(name)) {
			t.Fatal("a patient's name is in the log")
		}
	}
	here = slices.DeleteFunc(here, func(name hospital.PatientName) bool { return slices.Contains(admitted(t, h), name) })
	namesake := here[0]
	theirs := available(t, h)[:4]
	if _, _, err := h.Admit(t.Context(), visitor, hospital.AdmitCommand{PatientName: "Somebody Else", BedID: theirs[0].ID, Reason: "routine"}); err != nil {
		t.Fatal(err)
	}
	a, _, err := h.Admit(t.Context(), visitor, hospital.AdmitCommand{PatientName: namesake, BedID: theirs[1].ID, Reason: "routine"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.PlanDischarge(t.Context(), visitor, a.ID, hospital.PlanDischargeCommand{Expected: now.read().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	mustSet(t, h, theirs[2].ID, hospital.BedReserved)
	mustSet(t, h, theirs[3].ID, hospital.BedMaintenance)
	want := map[int64]hospital.BoardBed{}
	for _, bed := range beds(boards(t, h)) {
		if slices.ContainsFunc(theirs, func(b hospital.BoardBed) bool { return b.ID == bed.ID }) {
			want[bed.ID] = bed
		}
	}

	work(t, demo.NewStaff(h, 1, pace, quiet), now, pace, 300)

	for _, bed := range beds(boards(t, h)) {
		if before, is := want[bed.ID]; is && bed.Version != before.Version {
			t.Errorf("bed %s, which a person made %s, was changed and is %s now", bed.Number, before.Status, bed.Status)
		}
	}
	if after, err := h.Admission(t.Context(), hospital.System, a.ID); err != nil || !after.DischargedAt.IsZero() || after.BedID != a.BedID {
		t.Errorf("the patient whom a person admitted under an invented name was moved or discharged (%v)", err)
	}
}

// admitted lists the names of those who lie in a bed.
func admitted(t *testing.T, h *hospital.Hospital) []hospital.PatientName {
	t.Helper()
	var names []hospital.PatientName
	for _, bed := range beds(boards(t, h)) {
		if bed.Admission != nil {
			names = append(names, bed.Admission.PatientName)
		}
	}
	return names
}

// available lists the available beds, one of each ward first.
func available(t *testing.T, h *hospital.Hospital) []hospital.BoardBed {
	t.Helper()
	all := slices.DeleteFunc(beds(boards(t, h)), func(bed hospital.BoardBed) bool { return bed.Status != hospital.BedAvailable })
	slices.SortStableFunc(all, func(a, b hospital.BoardBed) int {
		return cmp.Compare(a.Number[strings.LastIndex(a.Number, "-"):], b.Number[strings.LastIndex(b.Number, "-"):])
	})
	return all
}

func mustSet(t *testing.T, h *hospital.Hospital, bed int64, status hospital.BedStatus) hospital.Bed {
	t.Helper()
	changed, err := h.SetBedStatus(t.Context(), visitor, bed, hospital.BedStatusCommand{Status: status, Reason: "a person's reason"})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestTheStaffLeaveABedAloneThatAPersonJustChanged(t *testing.T) {
	t.Parallel()
	const pace = time.Second
	now := newClock(start)
	h := loaded(t, 1, hospital.Options{Now: now.read})
	staff := demo.NewStaff(h, 1, pace, quiet)
	bed := mustSet(t, h, available(t, h)[0].ID, hospital.BedCleaning)
	work(t, staff, now, pace, 119)
	if got := bedDetail(t, h, bed.ID); got.Version != bed.Version {
		t.Errorf("bed %s is %s within two minutes of a person's sending it to cleaning", got.Number, got.Status)
	}
	work(t, staff, now, pace, 80)
	if got := bedDetail(t, h, bed.ID); got.Version == bed.Version {
		t.Errorf("bed %s was never cleaned", got.Number)
	}
}

func TestStaffWhoFindSomebodyQuickerDoSomethingElse(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		now := newClock(start)
		h := loaded(t, 1, hospital.Options{DatabaseURL: url, Now: now.read})
		before := revision(t, h)
		const rounds, crews = 10, 4
		var diary strings.Builder
		log := slog.New(slog.NewTextHandler(&diary, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for round := range uint64(rounds) {
			now.move(3 * time.Minute)
			var working sync.WaitGroup
			for range crews { // all with one seed, so that they want the same
				staff := demo.NewStaff(h, round, time.Second, log)
				working.Go(func() {
					if err := staff.Step(t.Context()); err != nil {
						t.Errorf("round %d: %v", round, err)
					}
				})
			}
			working.Wait()
		}
		if !strings.Contains(diary.String(), "quicker") {
			t.Error("nobody got in anybody's way, so nothing was proved")
		}
		if acted := revision(t, h) - before; acted < rounds*crews*8/10 {
			t.Errorf("%d crews did %d acts in %d rounds, so some gave up", crews, acted, rounds)
		}
		checkRules(t, h)
	})
}

func TestRunWorksUntilItsContextEnds(t *testing.T) {
	acted := make(chan struct{}, 1)
	h := loaded(t, 1, hospital.Options{Announce: func(hospital.Revisions) {
		select {
		case acted <- struct{}{}:
		default:
		}
	}})
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- demo.NewStaff(h, 1, time.Millisecond, quiet).Run(ctx) }()
	for range 5 {
		select {
		case <-acted:
		case err := <-ended:
			t.Fatalf("the staff went home: %v", err)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("run ended with %v, want nil", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the staff still work 5 s after they were told to stop")
	}
}

func TestTheStaffWorkInTheDemoHospitalOnly(t *testing.T) {
	t.Parallel()
	h := open(t, hospital.Options{})
	if _, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "REAL", Name: "A real ward", Block: "A", Beds: 4}); err != nil {
		t.Fatal(err)
	}
	if err := demo.NewStaff(h, 1, time.Millisecond, quiet).Run(t.Context()); !errors.Is(err, demo.ErrOtherHospital) {
		t.Errorf("run answered %v, want %v", err, demo.ErrOtherHospital)
	}
	if d := dashboard(t, h); d.Counts.Available != 4 {
		t.Errorf("the staff changed the ward: %+v", d.Counts)
	}
}
