package hospital_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"dusangire/hospital"
)

// wantRefusal fails unless an error is the refusal with a code, and returns it.
func wantRefusal(t *testing.T, err error, code string) *hospital.Error {
	t.Helper()
	refusal, ok := errors.AsType[*hospital.Error](err)
	if !ok {
		t.Fatalf("want the refusal %s, got %v", code, err)
	}
	got := refusal.Code
	for _, wrong := range refusal.Fields {
		got = wrong.Code
	}
	if got != code {
		t.Fatalf("want the refusal %s, got %s: %v", code, got, err)
	}
	return refusal
}

// lie admits somebody into a bed.
func (h *fixture) lie(t *testing.T, name string, bed hospital.Bed) hospital.Admission {
	t.Helper()
	admission, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{
		PatientName: hospital.PatientName(name), BedID: bed.ID, Reason: "routine"})
	if err != nil {
		t.Fatal(err)
	}
	return admission
}

// numbers are those of a ward's beds.
func (h *fixture) numbers(t *testing.T, ward hospital.Ward) (numbers []string) {
	t.Helper()
	for _, bed := range h.board(t, ward).Beds {
		numbers = append(numbers, bed.Number)
	}
	return numbers
}

func TestAWardIsChangedInAllThatItIs(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		changed, err := h.SetWard(t.Context(), manager, h.a.ID, hospital.SetWardCommand{
			Code: new("MED-2"), Name: new("  Internal   medicine "), Block: new("C3"),
			Position: new(7), Sex: new(hospital.FemaleWard), Speciality: new("Heart"),
			Version: h.a.Version})
		if err != nil {
			t.Fatal(err)
		}
		want := hospital.Ward{ID: h.a.ID, Code: "MED-2", Name: "Internal medicine", Block: "C3",
			Position: 7, Open: true, Sex: hospital.FemaleWard, Speciality: "Heart",
			Version: h.a.Version + 1}
		if board := h.board(t, h.a).Ward; changed != want || board != want {
			t.Errorf("the ward is %+v, on its board %+v, want %+v", changed, board, want)
		}
		_, err = h.SetWard(t.Context(), manager, h.a.ID, hospital.SetWardCommand{
			Name: new("Heart"), Version: h.a.Version})
		changes := wantRefusal(t, err, "ward_outdated").Changes
		if len(changes) != 6 || changes[3].Field != "position" || changes[3].To != 7 {
			t.Errorf("who saw an older state is told %+v", changes)
		}
		_, err = h.SetWard(t.Context(), manager, h.b.ID,
			hospital.SetWardCommand{Code: new("MED-2")})
		wantRefusal(t, err, "ward_code_taken")
	})
}

func TestWardsStandInTheirOrder(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		order := func() (codes string) {
			wards, err := h.Wards(t.Context(), nurse)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wards {
				codes += w.Code + " "
			}
			return codes
		}
		add := func(cmd hospital.AddWardCommand) hospital.Ward {
			cmd.Name = cmd.Code
			ward, err := h.AddWard(t.Context(), admin, cmd)
			if err != nil {
				t.Fatal(err)
			}
			return ward
		}
		add(hospital.AddWardCommand{Code: "A10"})
		ward := add(hospital.AddWardCommand{Code: "A2"})
		if got := order(); got != "A A2 A10 B " {
			t.Errorf("wards that nobody has ordered stand as %s", got)
		}
		for _, step := range []hospital.WardStep{"up", "up", "down"} {
			if err := h.MoveWard(t.Context(), manager, ward.ID, step, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := order(); got != "A A2 A10 B " {
			t.Errorf("up to the top, once more, and down is %s", got)
		}
		if err := h.MoveWard(t.Context(), manager, h.b.ID, hospital.WardUp, 0); err != nil {
			t.Fatal(err)
		}
		if add(hospital.AddWardCommand{Code: "AA"}); order() != "A A2 B A10 AA " {
			t.Errorf("a new ward stands in %s, want it last", order())
		}
		if add(hospital.AddWardCommand{Code: "Z", Position: new(0)}); order() != "Z A A2 B A10 AA " {
			t.Errorf("a ward with a place stands in %s", order())
		}
		wantRefusal(t, h.MoveWard(t.Context(), manager, ward.ID, "left", 0), "unknown_choice")
	})
}

func TestAWardIsNotClosedOverAPatient(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie := h.lie(t, "Uwase Marie", h.bed(t, "A-02").Bed)
		shut := hospital.SetWardCommand{Open: new(false)}
		_, err := h.SetWard(t.Context(), manager, h.a.ID, shut)
		if said := wantRefusal(t, err, "ward_occupied").Message; !strings.Contains(said,
			"Uwase Marie (A-02)") {
			t.Errorf("the refusal does not say who is inside: %s", said)
		}
		_, err = h.Discharge(t.Context(), nurse, marie.ID,
			hospital.DischargeCommand{Outcome: hospital.Improved})
		if err != nil {
			t.Fatal(err)
		}
		if ward, err := h.SetWard(t.Context(), manager, h.a.ID, shut); err != nil || ward.Open {
			t.Fatalf("an empty ward is closed: %+v, %v", ward, err)
		}
		_, _, err = h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Aline",
			BedID: h.bed(t, "A-01").ID})
		wantRefusal(t, err, "ward_closed")
		ward, err := h.SetWard(t.Context(), manager, h.a.ID,
			hospital.SetWardCommand{Open: new(true)})
		if err != nil || !ward.Open {
			t.Fatalf("it is opened again: %+v, %v", ward, err)
		}
	})
}

// Closing a ward and admitting into it at once: one of both is refused, and nobody is left in a
// closed ward.
func TestNobodyComesIntoAWardThatIsBeingClosed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for n := 1; n <= 6; n++ {
			bed := h.bed(t, fmt.Sprintf("A-%02d", n)).Bed
			var closing, admitting error
			var work sync.WaitGroup
			work.Go(func() {
				_, closing = h.SetWard(context.WithoutCancel(t.Context()), manager, h.a.ID,
					hospital.SetWardCommand{Open: new(false)})
			})
			work.Go(func() {
				_, _, admitting = h.Admit(context.WithoutCancel(t.Context()), nurse,
					hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed.ID, ConfirmNew: true})
			})
			work.Wait()
			if (closing == nil) == (admitting == nil) {
				t.Fatalf("closing: %v, admitting: %v; want one of them refused", closing, admitting)
			}
			if closing == nil {
				wantRefusal(t, admitting, "ward_closed")
				return
			}
			wantRefusal(t, closing, "ward_occupied")
		}
	})
}

func TestBedsAreAddedByNumberRangeAndCount(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, c := range []struct {
			cmd  hospital.AddBedsCommand
			want string
		}{
			{hospital.AddBedsCommand{Count: 2}, "A-07 A-08"},
			{hospital.AddBedsCommand{Numbers: []string{"ICU/1", "12"}}, "ICU/1 12"},
			{hospital.AddBedsCommand{Numbers: []string{"B9..B11", "X-098..X-101"}},
				"B9 B10 B11 X-098 X-099 X-100 X-101"},
			{hospital.AddBedsCommand{Count: 1}, "A-09"},
		} {
			beds, err := h.AddBeds(t.Context(), manager, h.a.ID, c.cmd)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, bed := range beds {
				got = append(got, bed.Number)
				if bed.Status != hospital.BedAvailable || bed.WardID != h.a.ID {
					t.Errorf("a new bed is %+v", bed)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%+v adds %v, want %s", c.cmd, got, c.want)
			}
		}
		before := h.numbers(t, h.a)
		for code, cmd := range map[string]hospital.AddBedsCommand{
			"beds_missing":     {},
			"beds_twice":       {Numbers: []string{"C-1"}, Count: 1},
			"bed_number":       {Numbers: []string{"C-1", "c-2"}},
			"bed_number_twice": {Numbers: []string{"C-1..C-3", "C-2"}},
			"bed_number_taken": {Numbers: []string{"C-1", "B-02"}},
			"bed_count":        {Count: hospital.MostBeds},
		} {
			_, err := h.AddBeds(t.Context(), manager, h.a.ID, cmd)
			wantRefusal(t, err, code)
		}
		for _, cmd := range []hospital.AddBedsCommand{{Count: -1}, {Count: hospital.MostBeds + 1},
			{Numbers: []string{"C-1..C-999999"}}, {Numbers: []string{"C-3..C-1"}},
			{Numbers: []string{"C-1..D-2"}}, {Numbers: []string{".."}}, {Numbers: []string{""}}} {
			if _, err := h.AddBeds(t.Context(), manager, h.a.ID, cmd); !hospital.IsKind(err,
				hospital.Invalid) {
				t.Errorf("%+v: %v, want it refused", cmd, err)
			}
		}
		if after := h.numbers(t, h.a); !slices.Equal(before, after) {
			t.Errorf("what was refused left %v, before %v", after, before)
		}
	})
}

func TestBedsAreAddedOnceUnderTheirKey(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		cmd := hospital.AddBedsCommand{Count: 2, IdempotencyKey: "twice"}
		first, err := h.AddBeds(t.Context(), manager, h.a.ID, cmd)
		if err != nil {
			t.Fatal(err)
		}
		h.clock.pass(1)
		again, err := h.AddBeds(t.Context(), manager, h.a.ID, cmd)
		if err != nil || !slices.Equal(first, again) {
			t.Errorf("given again: %+v, %v; want %+v", again, err, first)
		}
		if got := h.numbers(t, h.a); len(got) != 8 {
			t.Errorf("the ward has %v", got)
		}
	})
}

func TestABedIsRenamedAndMovedAndItsPastStaysTrue(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-03").Bed
		marie := h.lie(t, "Uwase Marie", bed)
		_, err := h.SetBed(t.Context(), manager, bed.ID, hospital.SetBedCommand{WardID: new(h.b.ID)})
		if said := wantRefusal(t, err, "bed_not_empty").Message; !strings.Contains(said,
			"Uwase Marie") {
			t.Errorf("the refusal does not say who is inside: %s", said)
		}
		renamed, err := h.SetBed(t.Context(), manager, bed.ID,
			hospital.SetBedCommand{Number: new("A-03X")})
		if err != nil || renamed.Number != "A-03X" {
			t.Fatalf("a bed is renamed with somebody in it: %+v, %v", renamed, err)
		}
		if a, err := h.Admission(t.Context(), nurse, marie.ID); err != nil || a.BedNumber != "A-03X" {
			t.Errorf("who lies there lies in %s, %v", a.BedNumber, err)
		}
		_, err = h.Discharge(t.Context(), nurse, marie.ID,
			hospital.DischargeCommand{Outcome: hospital.Improved})
		if err != nil {
			t.Fatal(err)
		}
		moved, err := h.SetBed(t.Context(), manager, bed.ID,
			hospital.SetBedCommand{Number: new("B-09"), WardID: new(h.b.ID)})
		if err != nil || moved.WardID != h.b.ID || moved.Number != "B-09" {
			t.Fatalf("an empty bed moves: %+v, %v", moved, err)
		}
		if h.board(t, h.a).Counts.Total != 5 || h.board(t, h.b).Counts.Total != 5 {
			t.Error("a bed that moves is counted where it stands")
		}
		detail, err := h.AdmissionDetail(t.Context(), nurse, marie.ID)
		if err != nil {
			t.Fatal(err)
		}
		if lay := detail.Beds[0]; lay.BedNumber != "A-03X" || lay.WardName != h.a.Name {
			t.Errorf("who has left lay in %s of %s", lay.BedNumber, lay.WardName)
		}
		for ward, want := range map[hospital.Ward]int{h.a: 1, h.b: 0} {
			told, err := h.Handover(t.Context(), nurse, ward.ID, morning.Add(-1))
			if err != nil || len(told.Discharged) != want {
				t.Errorf("the handover of %s tells of %+v (%v), want %d", ward.Name, told.Discharged,
					err, want)
			}
		}
		_, err = h.SetBed(t.Context(), manager, bed.ID, hospital.SetBedCommand{Number: new("A-01")})
		wantRefusal(t, err, "bed_number_taken")
		_, err = h.SetBed(t.Context(), manager, bed.ID, hospital.SetBedCommand{WardID: new(int64(99))})
		wantRefusal(t, err, "ward_unknown")
	})
}

func TestABedIsRetiredAndItsHistoryStays(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-03").Bed
		marie := h.lie(t, "Uwase Marie", bed)
		err := h.RetireBed(t.Context(), manager, bed.ID, "broken", 0)
		if said := wantRefusal(t, err, "bed_not_empty").Message; !strings.Contains(said,
			"Uwase Marie") {
			t.Errorf("the refusal does not say who is inside: %s", said)
		}
		_, err = h.Discharge(t.Context(), nurse, marie.ID,
			hospital.DischargeCommand{Outcome: hospital.Improved})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.RetireBed(t.Context(), manager, bed.ID, "broken", 0); err != nil {
			t.Fatal(err)
		}
		if counts := h.board(t, h.a).Counts; counts.Total != 5 || counts.Closed != 0 {
			t.Errorf("a retired bed is counted: %+v", counts)
		}
		detail, err := h.BedDetail(t.Context(), nurse, bed.ID)
		if err != nil || !detail.Retired() || detail.RetiredBy != manager.Username ||
			detail.StatusReason != "broken" {
			t.Errorf("the bed itself is %+v, %v", detail.Bed, err)
		}
		record, err := h.AdmissionDetail(t.Context(), nurse, marie.ID)
		if err != nil || record.Beds[0].BedNumber != "A-03" {
			t.Errorf("who lay in it lay in %+v, %v", record.Beds, err)
		}
		for what, err := range map[string]error{
			"retire": h.RetireBed(t.Context(), manager, bed.ID, "", 0),
			"clean": errOf(h.SetBedStatus(t.Context(), manager, bed.ID, hospital.BedStatusCommand{
				Status: hospital.BedCleaning})),
			"rename": errOf(h.SetBed(t.Context(), manager, bed.ID,
				hospital.SetBedCommand{Number: new("Q")})),
			"equip": errOf(h.SetBed(t.Context(), manager, bed.ID,
				hospital.SetBedCommand{Staffed: new(false)})),
			"version": h.RetireBed(t.Context(), manager, bed.ID, "", bed.Version),
		} {
			if !hospital.IsKind(err, hospital.Conflict) {
				t.Errorf("%s a retired bed: %v", what, err)
			}
		}
		reopened, err := h.ReopenAdmission(t.Context(), nurse, marie.ID, hospital.UndoCommand{
			Reason: "too early"})
		if err != nil || reopened.BedID != 0 {
			t.Errorf("whoever comes back waits for another bed: %+v, %v", reopened, err)
		}
		if beds, err := h.AddBeds(t.Context(), manager, h.b.ID, hospital.AddBedsCommand{
			Numbers: []string{"A-03"}}); err != nil || beds[0].ID == bed.ID {
			t.Errorf("its number is free again: %+v, %v", beds, err)
		}
	})
}

func TestABedThatIsKeptForSomebodyIsNotRetired(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie := h.lie(t, "Uwase Marie", hospital.Bed{})
		bed := h.bed(t, "A-01").Bed
		kept := hospital.BedStatusCommand{Status: hospital.BedReserved, PatientID: marie.PatientID}
		if _, err := h.SetBedStatus(t.Context(), nurse, bed.ID, kept); err != nil {
			t.Fatal(err)
		}
		err := h.RetireBed(t.Context(), manager, bed.ID, "broken", 0)
		if said := wantRefusal(t, err, "bed_kept").Message; !strings.Contains(said, "Uwase Marie") {
			t.Errorf("the refusal does not say for whom: %s", said)
		}
	})
}

// Whoever is bound to wards looks after these alone.
func TestAManagerLooksAfterTheirOwnWards(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		user, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: "bound",
			Role: hospital.WardManagement, Wards: []int64{h.a.ID}, Password: "correct horse battery"})
		if err != nil {
			t.Fatal(err)
		}
		bound := hospital.Actor{UserID: user.ID, Username: user.Username, Role: user.Role}
		own, other := h.bed(t, "A-01"), h.bed(t, "B-01")
		allowed := map[string]error{
			"name their ward": errOf(h.SetWard(t.Context(), bound, h.a.ID,
				hospital.SetWardCommand{Name: new("Mine")})),
			"equip their bed": errOf(h.SetBed(t.Context(), bound, own.ID,
				hospital.SetBedCommand{Staffed: new(false)})),
			"add their bed": errOf(h.AddBeds(t.Context(), bound, h.a.ID,
				hospital.AddBedsCommand{Count: 1})),
		}
		for what, err := range allowed {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, err := range map[string]error{
			"name another ward": errOf(h.SetWard(t.Context(), bound, h.b.ID,
				hospital.SetWardCommand{Name: new("Mine")})),
			"equip another's bed": errOf(h.SetBed(t.Context(), bound, other.ID,
				hospital.SetBedCommand{Staffed: new(false)})),
			"add a bed elsewhere": errOf(h.AddBeds(t.Context(), bound, h.b.ID,
				hospital.AddBedsCommand{Count: 1})),
			"retire another's bed": h.RetireBed(t.Context(), bound, other.ID, "", 0),
			"give a bed away": errOf(h.SetBed(t.Context(), bound, own.ID,
				hospital.SetBedCommand{WardID: new(h.b.ID)})),
			"move another ward": h.MoveWard(t.Context(), bound, h.b.ID, hospital.WardUp, 0),
		} {
			if !hospital.IsKind(err, hospital.Forbidden) {
				t.Errorf("%s: %v, want it forbidden", what, err)
			}
		}
		wards, err := h.WardsInCare(t.Context(), bound)
		if err != nil || len(wards) != 1 || wards[0].ID != h.a.ID || len(wards[0].Beds) != 7 {
			t.Errorf("they see %+v, %v", wards, err)
		}
	})
}

// errOf is the error of a command that returns something.
func errOf[T any](_ T, err error) error { return err }
