package hospital_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

var cleaner = hospital.Actor{UserID: 105, Username: "cleaner", Role: hospital.Housekeeping,
	RequestID: "r-cleaner"}

// clean takes a step with a bed, which must be allowed.
func (h *fixture) clean(t testing.TB, who hospital.Actor, number string, step hospital.CleaningStep) {
	t.Helper()
	cmd := hospital.CleanBedCommand{Step: step, Version: h.bed(t, number).Version}
	if _, err := h.CleanBed(t.Context(), who, h.bed(t, number).ID, cmd); err != nil {
		t.Fatalf("%s of bed %s: %v", step, number, err)
	}
}

func (h *fixture) toClean(t testing.TB, wards ...int64) (numbers []string) {
	t.Helper()
	board, err := h.CleaningBoard(t.Context(), cleaner, wards)
	if err != nil {
		t.Fatal(err)
	}
	for _, bed := range board.Beds {
		numbers = append(numbers, bed.Number)
	}
	return numbers
}

func TestABedIsCleanedByWhoStartsAndIsFreeWhenTheySaySo(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		admission := h.admit(t, "Uwase Marie", "A-01")
		_, err := h.Discharge(t.Context(), nurse, admission.ID,
			hospital.DischargeCommand{Outcome: hospital.Improved})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.bed(t, "A-01"); got.Status != hospital.BedCleaning ||
			got.Cleaning != (hospital.Cleaning{}) || got.Cleaning.State() != hospital.Dirty {
			t.Fatalf("a bed that somebody has left is %s, %+v; want it dirty", got.Status, got.Cleaning)
		}
		h.clock.pass(20 * time.Minute)
		h.heard.take()
		h.clean(t, cleaner, "A-01", hospital.StartCleaning)
		want := hospital.Cleaning{StartedAt: morning.Add(20 * time.Minute), By: "cleaner"}
		if got := h.bed(t, "A-01"); got.Cleaning != want || got.StatusSince != morning {
			t.Errorf("once begun the bed is %+v since %v, want %+v", got.Cleaning, got.StatusSince, want)
		}
		if moved := h.heard.take(); len(moved) != 1 || moved[0].Topics[hospital.WardTopic(h.a.ID)] == 0 ||
			moved[0].Topics[hospital.MetricsTopic] == 0 {
			t.Errorf("that moved %v, want the ward's board and the dashboards", moved)
		}
		h.clock.pass(10 * time.Minute)
		h.clean(t, cleaner, "A-01", hospital.FinishCleaning)
		if got := h.bed(t, "A-01"); got.Status != hospital.BedAvailable ||
			got.Cleaning != (hospital.Cleaning{}) {
			t.Errorf("when done the bed is %s, %+v", got.Status, got.Cleaning)
		}
		for line, query := range map[string]string{
			"who began": `SELECT count(*) FROM audit WHERE actor = 'cleaner' AND
				action = 'bed.clean' AND from_state = 'dirty' AND to_state = 'in_progress'`,
			"who was done": `SELECT count(*) FROM audit WHERE actor = 'cleaner' AND
				action = 'bed.status' AND from_state = 'cleaning' AND to_state = 'available'`,
		} {
			if n := h.number(t, query); n != 1 {
				t.Errorf("the audit tells %d times %s", n, line)
			}
		}
	})
}

// TestAStepOfCleaningThatDoesNotFollowIsRefused, with the bed as it stands.
func TestAStepOfCleaningThatDoesNotFollowIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-02", hospital.BedCleaning)
		h.set(t, "A-03", hospital.BedCleaning)
		h.clean(t, cleaner, "A-03", hospital.StartCleaning)
		h.clean(t, manager, "A-03", hospital.CleanFirst)
		h.admit(t, "Uwase Marie", "A-04")
		for _, c := range []struct {
			number string
			step   hospital.CleaningStep
			code   string
		}{
			{"A-01", hospital.StartCleaning, "bed_not_to_clean"},
			{"A-01", hospital.FinishCleaning, "bed_not_to_clean"},
			{"A-01", hospital.CleanFirst, "bed_not_to_clean"},
			{"A-04", hospital.StartCleaning, "bed_not_to_clean"},
			{"A-02", hospital.FinishCleaning, "cleaning_not_started"},
			{"A-02", hospital.CleanInTurn, "cleaning_not_stat"},
			{"A-03", hospital.StartCleaning, "cleaning_started"},
			{"A-03", hospital.CleanFirst, "cleaning_stat"},
		} {
			bed := h.bed(t, c.number)
			refusal := h.refuses(t, hospital.Conflict, c.code, func() error {
				_, err := h.CleanBed(t.Context(), manager, bed.ID, hospital.CleanBedCommand{Step: c.step})
				return err
			})
			if current, ok := refusal.Current.(hospital.BoardBed); !ok || current.Bed != bed.Bed {
				t.Errorf("%s of %s: the refusal shows %+v, want %+v", c.step, c.number, refusal.Current,
					bed.Bed)
			}
			if !strings.Contains(refusal.Message, c.number) {
				t.Errorf("%s of %s: the refusal does not name the bed: %s", c.step, c.number, refusal)
			}
		}
	})
}

func TestWhoCleansSeesOfARefusalTheBedAndNobodyInIt(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Uwase Marie", "A-01")
		bed := h.bed(t, "A-01")
		refusal := h.refuses(t, hospital.Conflict, "bed_not_to_clean", func() error {
			_, err := h.CleanBed(t.Context(), cleaner, bed.ID,
				hospital.CleanBedCommand{Step: hospital.StartCleaning})
			return err
		})
		if refusal.Current != bed.Bed {
			t.Errorf("the refusal shows %+v, want the bed alone", refusal.Current)
		}
	})
}

func TestWhoSawAnotherVersionOfABedIsToldWhatChanged(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedCleaning)
		seen := h.bed(t, "A-01")
		h.clean(t, manager, "A-01", hospital.CleanFirst)
		refusal := h.refuses(t, hospital.Conflict, "bed_outdated", func() error {
			_, err := h.CleanBed(t.Context(), nurse, seen.ID,
				hospital.CleanBedCommand{Step: hospital.StartCleaning, Version: seen.Version})
			return err
		})
		want := hospital.Change{Field: "stat", From: false, To: true, By: "manager", At: morning}
		if len(refusal.Changes) != 1 || refusal.Changes[0] != want {
			t.Errorf("the refusal tells of %+v, want %+v", refusal.Changes, want)
		}
	})
}

func TestWhatIsCleanedFirstIsForWardManagementToSay(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedCleaning)
		for _, who := range []hospital.Actor{cleaner, nurse} {
			h.refuses(t, hospital.Forbidden, "forbidden", func() error {
				_, err := h.CleanBed(t.Context(), who, h.bed(t, "A-01").ID,
					hospital.CleanBedCommand{Step: hospital.CleanFirst})
				return err
			})
		}
		for _, who := range []hospital.Actor{manager, admin} {
			h.clean(t, who, "A-01", hospital.CleanFirst)
			if !h.bed(t, "A-01").Cleaning.Stat {
				t.Errorf("%s said that the bed goes first, and it does not", who.Username)
			}
			h.clean(t, who, "A-01", hospital.CleanInTurn)
			if h.bed(t, "A-01").Cleaning.Stat {
				t.Errorf("%s took back that the bed goes first, and it does", who.Username)
			}
		}
		h.refuses(t, hospital.Invalid, "fields", func() error {
			_, err := h.CleanBed(t.Context(), cleaner, h.bed(t, "A-01").ID,
				hospital.CleanBedCommand{Step: "polish"})
			return err
		})
	})
}

func TestTheBedsToCleanStandInTheOrderInWhichTheyAreCleaned(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, number := range []string{"A-01", "A-02", "B-01", "A-03"} {
			h.set(t, number, hospital.BedCleaning)
			h.clock.pass(time.Minute)
		}
		h.clean(t, cleaner, "A-02", hospital.StartCleaning)
		h.clean(t, manager, "A-03", hospital.CleanFirst)
		if got, want := h.toClean(t), []string{"A-03", "A-02", "A-01", "B-01"}; !slices.Equal(got, want) {
			t.Errorf("the beds stand as %v, want what goes first, then what is begun: %v", got, want)
		}
		if got := h.toClean(t, h.b.ID); !slices.Equal(got, []string{"B-01"}) {
			t.Errorf("who works on ward B sees %v", got)
		}
		var managed []string
		for _, bed := range h.management(t).BedsToClean {
			managed = append(managed, bed.Number)
		}
		if want := []string{"A-03", "A-01", "A-02", "B-01"}; !slices.Equal(managed, want) {
			t.Errorf("the managers see %v, want what goes first, then what is dirty longest: %v",
				managed, want)
		}
		h.set(t, "A-01", hospital.BedAvailable)
		h.set(t, "A-02", hospital.BedMaintenance)
		h.set(t, "A-02", hospital.BedCleaning)
		if got := h.bed(t, "A-02").Cleaning; got != (hospital.Cleaning{}) {
			t.Errorf("a bed that is dirty once more is %+v", got)
		}
	})
}

// TestWhatTakesTooLongIsSaid on the board and in the lists, and no minute sooner.
func TestWhatTakesTooLongIsSaid(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedCleaning)
		h.set(t, "A-02", hospital.BedCleaning)
		h.clean(t, manager, "A-02", hospital.CleanFirst)
		leaves := h.admit(t, "Uwase Marie", "A-03")
		_, err := h.PlanDischarge(t.Context(), nurse, leaves.ID,
			hospital.PlanDischargeCommand{Expected: morning.Add(2 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h.admit(t, "Mugisha Eric", "")
		type late struct{ dirty, stat, leaves, waits bool }
		for _, c := range []struct {
			after time.Duration
			want  late
		}{
			{29 * time.Minute, late{}},
			{30 * time.Minute, late{stat: true}},
			{59 * time.Minute, late{stat: true}},
			{time.Hour, late{dirty: true, stat: true}},
			{2*time.Hour - time.Minute, late{dirty: true, stat: true}},
			{2 * time.Hour, late{dirty: true, stat: true, leaves: true}},
			{4*time.Hour - time.Minute, late{dirty: true, stat: true, leaves: true}},
			{4 * time.Hour, late{true, true, true, true}},
		} {
			h.clock.pass(morning.Add(c.after).Sub(h.clock.Now()))
			d := h.management(t)
			onLists := late{d.BedsToClean[1].Late, d.BedsToClean[0].Late, d.PendingDischarges[0].Late,
				d.Waiting[0].Late}
			if onLists != c.want {
				t.Errorf("after %v the lists say late of %+v, want %+v", c.after, onLists, c.want)
			}
			onBoard := late{h.bed(t, "A-01").Late, h.bed(t, "A-02").Late,
				h.bed(t, "A-03").Admission.Overdue, c.want.waits}
			if onBoard != c.want {
				t.Errorf("after %v the board says late of %+v, want %+v", c.after, onBoard, c.want)
			}
		}
	})
}

func TestTheBoardTellsAheadWhoWillBeNilByMouth(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		admission := h.admit(t, "Uwase Marie", "A-01")
		from := morning.Add(30 * time.Hour)
		_, err := h.SetDiet(t.Context(), nurse, admission.ID, hospital.DietCommand{
			NilByMouth: &hospital.Window{From: from, Until: from.Add(8 * time.Hour)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			before time.Duration
			ahead  time.Time
			now    bool
		}{
			{24 * time.Hour, time.Time{}, false},
			{24*time.Hour - time.Minute, from, false},
			{time.Minute, from, false},
			{0, time.Time{}, true},
		} {
			h.clock.pass(from.Add(-c.before).Sub(h.clock.Now()))
			got := h.bed(t, "A-01").Admission
			if got.NilByMouthFrom != c.ahead || got.NilByMouth != c.now {
				t.Errorf("%v before, the board says from %v, now %t; want %v, %t", c.before,
					got.NilByMouthFrom, got.NilByMouth, c.ahead, c.now)
			}
		}
	})
}

// TestWhatTimeAloneMarksIsShownOnce on the screens that show it, whichever node looks first.
func TestWhatTimeAloneMarksIsShownOnce(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedCleaning)
		leaves := h.admit(t, "Uwase Marie", "B-01")
		_, err := h.PlanDischarge(t.Context(), nurse, leaves.ID,
			hospital.PlanDischargeCommand{Expected: morning.Add(2 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h.admit(t, "Mugisha Eric", "")
		from := morning.Add(30 * time.Hour)
		_, err = h.SetDiet(t.Context(), nurse, leaves.ID, hospital.DietCommand{
			NilByMouth: &hospital.Window{From: from, Until: from.Add(8 * time.Hour)}})
		if err != nil {
			t.Fatal(err)
		}
		a, b := hospital.WardTopic(h.a.ID), hospital.WardTopic(h.b.ID)
		for _, c := range []struct {
			what  string
			after time.Duration
			want  []hospital.Topic
		}{
			{"nothing is late", time.Hour - time.Minute, nil},
			{"the bed is dirty for long", time.Hour, []hospital.Topic{hospital.MetricsTopic, a}},
			{"somebody should have left", 2 * time.Hour, []hospital.Topic{hospital.MetricsTopic, b}},
			{"somebody waits for long", 4 * time.Hour, []hospital.Topic{hospital.MetricsTopic}},
			{"tonight is near", 6*time.Hour + time.Minute, []hospital.Topic{hospital.MetricsTopic, b}},
		} {
			h.clock.pass(morning.Add(c.after).Sub(h.clock.Now()))
			for _, want := range [][]hospital.Topic{c.want, nil} {
				if got := h.timeMoves(t); !slices.Equal(got, want) {
					t.Errorf("%s: %v moved, want %v", c.what, got, want)
				}
			}
		}
		h.set(t, "A-01", hospital.BedAvailable)
		if got := h.timeMoves(t); got != nil {
			t.Errorf("the bed was made clean, and time moved %v", got)
		}
		h.set(t, "A-01", hospital.BedCleaning)
		h.clock.pass(hospital.CleanWithin)
		if got, want := h.timeMoves(t),
			[]hospital.Topic{hospital.MetricsTopic, a}; !slices.Equal(got, want) {
			t.Errorf("the bed is dirty for long once more: %v moved, want %v", got, want)
		}
	})
}

// Who is on leave is not overdue to leave until they are back, and a newborn with its mother waits
// for no bed of its own.
func TestWhoIsAwayIsNotOverdueAndANewbornWaitsForNoBed(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		mother, away := s.patient(t, "Mother Anna", ""), s.patient(t, "Away Bea", "A-01")
		s.born(t, "Newborn Anna", mother)
		_, err := s.PlanDischarge(t.Context(), nurse, away.ID,
			hospital.PlanDischargeCommand{Expected: s.clock.Now().Add(2 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.GoOnLeave(t.Context(), nurse, away.ID, hospital.LeaveCommand{})
		if err != nil {
			t.Fatal(err)
		}
		marks := func(want int, late bool) {
			t.Helper()
			if n, err := s.ShowTimeMarks(t.Context()); err != nil || n != want {
				t.Errorf("there are %d new marks, want %d, error %v", n, want, err)
			}
			board, lists := s.bed(t, "A-01").Admission, s.medical(t)
			if board.Overdue != late || lists.PendingDischarges[0].Late != late {
				t.Errorf("on the board overdue is %t, in the list %t, want %t", board.Overdue,
					lists.PendingDischarges[0].Late, late)
			}
		}
		marks(0, false)
		s.clock.pass(3 * time.Hour)
		marks(0, false)
		_, err = s.ReturnFromLeave(t.Context(), nurse, away.ID, hospital.ReturnCommand{})
		if err != nil {
			t.Fatal(err)
		}
		marks(1, true)
		s.clock.pass(2 * time.Hour)
		marks(1, true) // the mother waits for long, and the newborn with her
	})
}

// timeMoves lets the marks be shown that time has brought about, and returns what was announced.
func (h *fixture) timeMoves(t *testing.T) []hospital.Topic {
	t.Helper()
	h.heard.take()
	if _, err := h.ShowTimeMarks(t.Context()); err != nil {
		t.Fatal(err)
	}
	var moved []hospital.Topic
	for _, r := range h.heard.take() {
		moved = slices.AppendSeq(moved, maps.Keys(r.Topics))
	}
	slices.Sort(moved)
	return moved
}
