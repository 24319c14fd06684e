package hospital_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// undo is a command that takes something back for a good reason.
var undo = hospital.UndoCommand{Reason: "the wrong person"}

// wantBed checks where the patient of an admission lies and how a bed is.
func (h *fixture) wantBed(t testing.TB, id int64, number string) hospital.Admission {
	t.Helper()
	a, err := h.Admission(t.Context(), hospital.System, id)
	if err != nil {
		t.Fatal(err)
	}
	if a.BedNumber != number {
		t.Errorf("%s lies in %q, want %q", a.PatientName, a.BedNumber, number)
	}
	return a
}

// wantStatus checks how beds are, as "A-01 available".
func (h *fixture) wantStatus(t testing.TB, want ...string) {
	t.Helper()
	for _, one := range want {
		number, status, _ := strings.Cut(one, " ")
		if bed := h.bed(t, number); string(bed.Status) != status {
			t.Errorf("bed %s is %s, want %s", number, bed.Status, status)
		}
	}
}

// admitAllTheSame admits into a bed that may be kept for others.
func (h *fixture) admitAllTheSame(t testing.TB, name hospital.PatientName,
	number string) hospital.Admission {
	t.Helper()
	a, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: name,
		BedID: h.bed(t, number).ID, OverrideReason: "no other bed"})
	if err != nil {
		t.Fatalf("admit into %q: %v", number, err)
	}
	return a
}

func TestACancelledAdmissionLeavesTheBedAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		comes := h.admit(t, "Habimana Paul", "")
		_, err := h.SetBedStatus(t.Context(), manager, h.bed(t, "A-02").ID,
			hospital.BedStatusCommand{Status: hospital.BedReserved, Reason: "after surgery",
				PatientID: comes.PatientID})
		if err != nil {
			t.Fatal(err)
		}
		reserved := h.bed(t, "A-02").Bed
		h.clock.pass(time.Hour)
		for number, status := range map[string]hospital.BedStatus{
			"A-01": hospital.BedAvailable, "A-02": hospital.BedReserved,
		} {
			a := h.admitAllTheSame(t, "Uwase Marie", number)
			h.clock.pass(time.Minute)
			lines := h.auditLines(t)
			gone, err := h.CancelAdmission(t.Context(), manager, a.ID, undo)
			if err != nil {
				t.Fatal(err)
			}
			if !gone.Cancelled || gone.Outcome != "" || gone.DischargedAt != h.clock.Now() ||
				gone.Version != a.Version+1 {
				t.Errorf("got %+v", gone)
			}
			want := []string{"admission.cancel " + number + ">",
				"bed.status occupied>" + string(status)}
			if got := h.audited(t, lines); !slices.Equal(got, want) {
				t.Errorf("the audit says %v, want %v", got, want)
			}
			h.wantStatus(t, number+" "+string(status))
		}
		if now := h.bed(t, "A-02").Bed; now.StatusReason != reserved.StatusReason ||
			now.ReservedUntil != reserved.ReservedUntil || now.ReservedFor != comes.PatientID ||
			now.ReservedName != "Habimana Paul" {
			t.Errorf("the reservation is %+v, was %+v", now, reserved)
		}
		late := h.admitAllTheSame(t, "Mugisha Eric", "A-02")
		h.clock.pass(hospital.ReservationLasts)
		if _, err := h.CancelAdmission(t.Context(), nurse, late.ID, undo); err != nil {
			t.Fatal(err)
		}
		h.wantStatus(t, "A-02 available") // the reservation has run out meanwhile
		waiting := h.admit(t, "Keza Ange", "")
		if _, err := h.CancelAdmission(t.Context(), nurse, waiting.ID, undo); err != nil {
			t.Fatal(err)
		}
		h.sound(t)
	})
}

func TestOnlyAnOpenAdmissionIsCancelledAndForAReason(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		cancel := func(id int64, cmd hospital.UndoCommand) func() error {
			return func() error {
				_, err := h.CancelAdmission(t.Context(), nurse, id, cmd)
				return err
			}
		}
		refusal := h.refuses(t, hospital.Invalid, "fields",
			cancel(a.ID, hospital.UndoCommand{Reason: "  "}))
		if got := wrongFields(refusal); !maps.Equal(got, map[string]string{"reason": "required"}) {
			t.Errorf("without a reason: %v", got)
		}
		h.refuses(t, hospital.NotFound, "stay_unknown", cancel(4711, undo))
		h.refuses(t, hospital.Conflict, "stay_outdated",
			cancel(a.ID, hospital.UndoCommand{Reason: "x", Version: a.Version + 1}))
		h.refuses(t, hospital.Conflict, "another_patient",
			cancel(a.ID, hospital.UndoCommand{Reason: "x", AdmissionID: 4711}))
		if err := cancel(a.ID, undo)(); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, hospital.Conflict, "stay_ended", cancel(a.ID, undo))
		h.refuses(t, hospital.Conflict, "stay_cancelled", func() error {
			_, err := h.ReopenAdmission(t.Context(), nurse, a.ID, undo)
			return err
		})
	})
}

func TestOrdersOfACancelledAdmissionAreCancelled(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, delivery := s.tray(t, "A-01")
		if _, err := s.CancelAdmission(t.Context(), nurse, a.ID, undo); err != nil {
			t.Fatal(err)
		}
		o, err := s.Order(t.Context(), nurse, delivery.OrderID)
		if err != nil {
			t.Fatal(err)
		}
		if o.Status != hospital.OrderCancelled || o.CancelReason != hospital.CancelledAdmission {
			t.Errorf("the order is %s: %q", o.Status, o.CancelReason)
		}
		if n := s.number(t, `SELECT count(*) FROM notification WHERE code = 'ticket_cancelled'`); n != 1 {
			t.Errorf("the kitchen was told %d times of what it had cooked", n)
		}
		s.sound(t)
	})
}

// Where the bed is when a discharge is taken back, and where the patient comes to lie.
func TestAReopenedAdmissionLiesInItsBedAgainWhereThatIsFreeOrInCleaning(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meanwhile func(t *testing.T, h *fixture)
		bed       string
		status    string
		sameSince bool
	}{
		"in cleaning": {func(*testing.T, *fixture) {}, "A-01", "A-01 occupied", true},
		"available": {func(t *testing.T, h *fixture) { h.set(t, "A-01", hospital.BedAvailable) },
			"A-01", "A-01 occupied", true},
		"used and in cleaning again": {func(t *testing.T, h *fixture) {
			h.set(t, "A-01", hospital.BedAvailable)
			other := h.admit(t, "Mugisha Eric", "A-01")
			h.clock.pass(time.Minute)
			h.discharge(t, other.ID, hospital.Stable)
		}, "A-01", "A-01 occupied", false},
		"taken": {func(t *testing.T, h *fixture) {
			h.set(t, "A-01", hospital.BedAvailable)
			h.admit(t, "Mugisha Eric", "A-01")
		}, "", "A-01 occupied", false},
		"reserved": {func(t *testing.T, h *fixture) {
			h.set(t, "A-01", hospital.BedAvailable)
			h.set(t, "A-01", hospital.BedReserved)
		}, "", "A-01 reserved", false},
		"reserved for somebody else": {func(t *testing.T, h *fixture) {
			h.set(t, "A-01", hospital.BedAvailable)
			other := h.admit(t, "Mugisha Eric", "")
			h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: other.PatientID})
		}, "", "A-01 reserved", false},
		"in maintenance": {func(t *testing.T, h *fixture) { h.set(t, "A-01", hospital.BedMaintenance) },
			"", "A-01 maintenance", false},
		"in a closed ward": {func(t *testing.T, h *fixture) {
			h.exec(t, `UPDATE ward SET is_open = FALSE WHERE code = 'A'`)
		}, "", "A-01 cleaning", false},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, h *fixture) {
				a := h.admit(t, "Uwase Marie", "A-01")
				h.clock.pass(time.Hour)
				h.discharge(t, a.ID, hospital.Deceased)
				h.clock.pass(time.Hour)
				test.meanwhile(t, h)
				back, err := h.ReopenAdmission(t.Context(), nurse, a.ID, undo)
				if err != nil {
					t.Fatal(err)
				}
				if back.BedNumber != test.bed || !back.DischargedAt.IsZero() || back.Outcome != "" ||
					back.Version != a.Version+2 {
					t.Errorf("got %+v", back)
				}
				if back.BedID != 0 && back.BedSince.Equal(a.BedSince) != test.sameSince {
					t.Errorf("in the bed since %v", back.BedSince)
				}
				told := h.number(t, `SELECT count(*) FROM notification WHERE code = 'waits_again'`)
				if (told == 2) != (test.bed == "") {
					t.Errorf("%d roles were told that somebody waits again", told)
				}
				h.wantStatus(t, test.status)
				h.sound(t)
			})
		})
	}
}

func TestADischargeIsTakenBackWithinAWeekUnlessThePatientWasHereAgain(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		reopen := func(id int64, cmd hospital.UndoCommand) func() error {
			return func() error {
				_, err := h.ReopenAdmission(t.Context(), nurse, id, cmd)
				return err
			}
		}
		h.refuses(t, hospital.Conflict, "stay_open", reopen(a.ID, undo))
		h.refuses(t, hospital.NotFound, "stay_unknown", reopen(4711, undo))
		left := h.discharge(t, a.ID, hospital.Stable)
		h.refuses(t, hospital.Invalid, "fields", reopen(a.ID, hospital.UndoCommand{}))
		h.refuses(t, hospital.Conflict, "stay_outdated",
			reopen(a.ID, hospital.UndoCommand{Reason: "x", Version: left.Version + 1}))
		h.refuses(t, hospital.Conflict, "another_patient",
			reopen(a.ID, hospital.UndoCommand{Reason: "x", AdmissionID: 4711}))
		h.clock.pass(time.Hour)
		again, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: a.PatientID})
		if err != nil {
			t.Fatal(err)
		}
		h.refuses(t, hospital.Conflict, "already_admitted", reopen(a.ID, undo))
		h.clock.pass(time.Hour)
		h.discharge(t, again.ID, hospital.Stable)
		h.refuses(t, hospital.Conflict, "stay_overlaps", reopen(a.ID, undo))
		h.clock.pass(hospital.ReopenWithin)
		if err := reopen(again.ID, undo)(); err != nil {
			t.Errorf("after just a week: %v", err)
		}
		h.discharge(t, again.ID, hospital.Stable)
		h.clock.pass(hospital.ReopenWithin + time.Millisecond)
		h.refuses(t, hospital.Conflict, "reopen_late", reopen(again.ID, undo))
		h.sound(t)
	})
}

func TestATransferIsTakenBackAsIfItHadNeverBeen(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for i, first := range []string{"A-01", ""} {
			a := h.admit(t, "Uwase Marie", first)
			h.clock.pass(time.Hour)
			to := []string{"B-01", "B-02"}[i]
			moved, err := h.Transfer(t.Context(), nurse, a.ID,
				hospital.TransferCommand{BedID: h.bed(t, to).ID})
			if err != nil {
				t.Fatal(err)
			}
			h.clock.pass(hospital.UndoTransferWithin)
			back, err := h.UndoTransfer(t.Context(), manager, a.ID,
				hospital.UndoCommand{Version: moved.Version})
			if err != nil {
				t.Fatal(err)
			}
			want := a
			want.Version = a.Version + 2
			if back != want {
				t.Errorf("got %+v\nwant %+v", back, want)
			}
			h.wantStatus(t, to+" available")
		}
		h.wantStatus(t, "A-01 occupied")
		h.sound(t)
	})
}

func TestATransferIsNotTakenBackWhereItCanNotBe(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		undoTransfer := func(id int64) func() error {
			return func() error {
				_, err := h.UndoTransfer(t.Context(), nurse, id, hospital.UndoCommand{})
				return err
			}
		}
		transfer := func(id int64, number string) {
			t.Helper()
			_, err := h.Transfer(t.Context(), nurse, id,
				hospital.TransferCommand{BedID: h.bed(t, number).ID})
			if err != nil {
				t.Fatal(err)
			}
		}
		a := h.admit(t, "Uwase Marie", "A-01")
		h.refuses(t, hospital.Conflict, "no_transfer", undoTransfer(a.ID))
		h.refuses(t, hospital.NotFound, "stay_unknown", undoTransfer(4711))
		transfer(a.ID, "A-02")
		h.set(t, "A-01", hospital.BedMaintenance)
		h.refuses(t, hospital.Conflict, "bed_not_free", undoTransfer(a.ID))
		h.set(t, "A-01", hospital.BedCleaning)
		h.set(t, "A-01", hospital.BedAvailable)
		other := h.admit(t, "Mugisha Eric", "A-01")
		h.refuses(t, hospital.Conflict, "bed_taken", undoTransfer(a.ID))
		h.clock.pass(time.Minute)
		transfer(other.ID, "A-03")
		h.clock.pass(hospital.UndoTransferWithin)
		h.refuses(t, hospital.Conflict, "transfer_late", undoTransfer(a.ID))
		if err := undoTransfer(other.ID)(); err != nil {
			t.Fatal(err)
		}
		h.wantBed(t, other.ID, "A-01")
		h.refuses(t, hospital.Conflict, "no_transfer", undoTransfer(other.ID))
		h.sound(t)
	})
}

// TestASwapIsTakenBackByASwap: the refusal says so, and a transfer before it is none that can be
// taken back.
func TestASwapIsTakenBackByASwap(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		one, other := h.admit(t, "Uwase Marie", "A-01"), h.admit(t, "Keza Ange", "B-01")
		_, err := h.Transfer(t.Context(), nurse, one.ID,
			hospital.TransferCommand{BedID: h.bed(t, "A-02").ID})
		if err != nil {
			t.Fatal(err)
		}
		swap := func() {
			t.Helper()
			_, err := h.Swap(t.Context(), nurse, one.ID, hospital.SwapCommand{With: other.ID})
			if err != nil {
				t.Fatal(err)
			}
		}
		swap()
		for name, id := range map[string]int64{"Uwase Marie": one.ID, "Keza Ange": other.ID} {
			refusal := h.refuses(t, hospital.Conflict, "move_was_swap", func() error {
				_, err := h.UndoTransfer(t.Context(), nurse, id, hospital.UndoCommand{})
				return err
			})
			want := name + " came here by a swap. Swap the two patients again to take it back."
			if refusal.Message != want {
				t.Errorf("got %q, want %q", refusal.Message, want)
			}
		}
		swap()
		h.wantBed(t, one.ID, "A-02")
		h.wantBed(t, other.ID, "B-01")
		h.sound(t)
	})
}

// TestAReopenedAdmissionTakesTheBedThatIsKeptForItsPatient, as if they had never left.
func TestAReopenedAdmissionTakesTheBedThatIsKeptForItsPatient(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		h.discharge(t, a.ID, hospital.Stable)
		h.set(t, "A-01", hospital.BedAvailable)
		h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: a.PatientID})
		back, err := h.ReopenAdmission(t.Context(), nurse, a.ID, undo)
		if err != nil {
			t.Fatal(err)
		}
		if back.BedNumber != "A-01" || !back.BedSince.Equal(a.BedSince) {
			t.Errorf("got %+v", back)
		}
		h.wantStatus(t, "A-01 occupied")
		h.sound(t)
	})
}

// TestATransferIsTakenBackIntoABedThatIsKeptForThePatient, and for nobody else.
func TestATransferIsTakenBackIntoABedThatIsKeptForThePatient(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a, waits := h.admit(t, "Uwase Marie", "A-01"), h.admit(t, "Keza Ange", "")
		_, err := h.Transfer(t.Context(), nurse, a.ID,
			hospital.TransferCommand{BedID: h.bed(t, "A-02").ID})
		if err != nil {
			t.Fatal(err)
		}
		h.set(t, "A-01", hospital.BedAvailable)
		h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: waits.PatientID})
		back := func() error {
			_, err := h.UndoTransfer(t.Context(), nurse, a.ID, hospital.UndoCommand{})
			return err
		}
		h.refuses(t, hospital.Conflict, "bed_not_free", back)
		h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: a.PatientID})
		if err := back(); err != nil {
			t.Fatal(err)
		}
		h.wantStatus(t, "A-01 occupied", "A-02 available")
		if got := h.wantBed(t, a.ID, "A-01"); !got.BedSince.Equal(a.BedSince) {
			t.Errorf("in the bed since %v, want %v", got.BedSince, a.BedSince)
		}
		if bed := h.bed(t, "A-01"); bed.ReservedFor != 0 || !bed.ReservedUntil.IsZero() {
			t.Errorf("the bed is still kept: %+v", bed.Bed)
		}
		h.sound(t)
	})
}

func TestTwoPatientsSwapBedsInOneAct(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		one, delivery := s.tray(t, "A-01")
		other := s.patient(t, "Keza Ange", "B-01")
		s.clock.pass(time.Minute)
		s.heard.take()
		lines := s.auditLines(t)
		swapped, err := s.Swap(t.Context(), manager, one.ID, hospital.SwapCommand{With: other.ID,
			Version: one.Version, WithVersion: other.Version})
		if err != nil {
			t.Fatal(err)
		}
		if swapped.BedNumber != "B-01" || swapped.Version != one.Version+1 {
			t.Errorf("got %+v", swapped)
		}
		s.wantBed(t, other.ID, "A-01")
		s.wantStatus(t, "A-01 occupied", "B-01 occupied")
		if got, want := s.audited(t, lines), []string{"admission.swap A-01>B-01",
			"admission.swap B-01>A-01"}; !slices.Equal(got, want) {
			t.Errorf("the audit says %v, want %v", got, want)
		}
		d, err := s.Delivery(t.Context(), nurse, delivery.ID)
		if err != nil || d.BedNumber != "B-01" {
			t.Errorf("the tray goes to %s, error %v", d.BedNumber, err)
		}
		s.sound(t)
	})
}

func TestASwapIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		one, other := h.admit(t, "Uwase Marie", "A-01"), h.admit(t, "Keza Ange", "B-01")
		waiting := h.admit(t, "Mugisha Eric", "")
		gone := h.admit(t, "Ineza Grace", "A-03")
		h.discharge(t, gone.ID, hospital.Stable)
		swap := func(id int64, cmd hospital.SwapCommand) func() error {
			return func() error {
				_, err := h.Swap(t.Context(), nurse, id, cmd)
				return err
			}
		}
		for with, code := range map[int64]string{0: "swap_missing", one.ID: "swap_self",
			4711: "stay_unknown"} {
			refusal := h.refuses(t, hospital.Invalid, "fields",
				swap(one.ID, hospital.SwapCommand{With: with}))
			if got := wrongFields(refusal); !maps.Equal(got, map[string]string{"with": code}) {
				t.Errorf("with %d: %v", with, got)
			}
		}
		h.refuses(t, hospital.NotFound, "stay_unknown", swap(4711, hospital.SwapCommand{With: one.ID}))
		h.refuses(t, hospital.Conflict, "swap_no_bed",
			swap(one.ID, hospital.SwapCommand{With: waiting.ID}))
		h.refuses(t, hospital.Conflict, "swap_no_bed",
			swap(waiting.ID, hospital.SwapCommand{With: one.ID}))
		h.refuses(t, hospital.Conflict, "stay_ended", swap(one.ID, hospital.SwapCommand{With: gone.ID}))
		h.refuses(t, hospital.Conflict, "stay_outdated",
			swap(one.ID, hospital.SwapCommand{With: other.ID, Version: 9}))
		h.refuses(t, hospital.Conflict, "stay_outdated",
			swap(one.ID, hospital.SwapCommand{With: other.ID, WithVersion: 9}))
		h.exec(t, `UPDATE ward SET is_open = FALSE WHERE code = 'B'`)
		h.refuses(t, hospital.Conflict, "ward_closed", swap(one.ID, hospital.SwapCommand{With: other.ID}))
	})
}

func TestMealsAreHeldWhileAPatientIsOnLeave(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, delivery := s.tray(t, "A-01")
		leave := func(cmd hospital.LeaveCommand) func() error {
			return func() error {
				_, err := s.GoOnLeave(t.Context(), manager, a.ID, cmd)
				return err
			}
		}
		back := func() error {
			_, err := s.ReturnFromLeave(t.Context(), manager, a.ID, hospital.ReturnCommand{})
			return err
		}
		now := s.clock.Now()
		s.refuses(t, hospital.Conflict, "not_on_leave", back)
		for _, until := range []time.Time{now, now.Add(hospital.LongestAdmission + time.Minute)} {
			s.refuses(t, hospital.Invalid, "fields", leave(hospital.LeaveCommand{Until: until}))
		}
		until := now.Add(5 * time.Hour)
		if err := leave(hospital.LeaveCommand{Until: until, Reason: "a wedding"})(); err != nil {
			t.Fatal(err)
		}
		s.refuses(t, hospital.Conflict, "on_leave_already", leave(hospital.LeaveCommand{}))
		away := s.wantBed(t, a.ID, "A-01")
		if away.Leave.Since != now || !away.Leave.Until.Equal(until) || away.Leave.Reason != "a wedding" {
			t.Errorf("the leave is %+v", away.Leave)
		}
		s.wantStatus(t, "A-01 occupied")
		if bed := s.bed(t, "A-01"); bed.Admission.LeaveSince != now {
			t.Errorf("the board shows %+v", bed.Admission)
		}
		held := func() hospital.Order {
			t.Helper()
			o, err := s.Order(t.Context(), nurse, delivery.OrderID)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		if o := held(); o.Status != hospital.OrderHeld || len(o.HeldFor) != 1 ||
			o.HeldFor[0].Kind != hospital.HazardOnLeave {
			t.Errorf("the order is %s for %v", o.Status, o.HeldFor)
		}
		s.sound(t)
		if err := back(); err != nil {
			t.Fatal(err)
		}
		if o := held(); len(o.HeldFor) != 0 {
			t.Errorf("back, and the order is held for %v", o.HeldFor)
		}
		if _, err := s.ConfirmOrder(t.Context(), cook, delivery.OrderID,
			hospital.OrderCommand{}); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAdmissionEnteredLateNeedsAReasonAndOverlapsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		was := h.admit(t, "Uwase Marie", "A-01")
		h.clock.pass(2 * time.Hour)
		h.discharge(t, was.ID, hospital.Stable)
		h.set(t, "A-01", hospital.BedAvailable)
		h.clock.pass(time.Hour)
		now := h.clock.Now()
		admit := func(cmd hospital.AdmitCommand) func() error {
			return func() error {
				_, _, err := h.Admit(t.Context(), nurse, cmd)
				return err
			}
		}
		ago := func(d time.Duration, reason string) hospital.AdmitCommand {
			return hospital.AdmitCommand{PatientName: "Keza Ange", AdmittedAt: now.Add(-d),
				LateReason: reason}
		}
		for name, test := range map[string]struct {
			cmd  hospital.AdmitCommand
			want map[string]string
		}{
			"no reason": {ago(2*time.Minute, ""),
				map[string]string{"late_reason": "late_reason_missing"}},
			"still to come": {ago(-2*time.Minute, "x"), map[string]string{"admitted_at": "in_future"}},
			"over a year ago": {ago(hospital.LongestAdmission+time.Hour, "x"),
				map[string]string{"admitted_at": "too_long_ago"}},
			"a reason alone": {hospital.AdmitCommand{PatientName: "Keza Ange", LateReason: "x"},
				map[string]string{"admitted_at": "late_time_missing"}},
			"a long reason": {ago(time.Hour, strings.Repeat("r", hospital.LongestReason+1)),
				map[string]string{"late_reason": "too_long"}},
			"left before that": {hospital.AdmitCommand{PatientName: "Keza", AdmittedAt: now.Add(-time.Hour),
				LateReason: "x", ExpectedDischarge: now.Add(-2 * time.Hour)},
				map[string]string{"expected_discharge": "too_early"}},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", admit(test.cmd))
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
		same := hospital.AdmitCommand{PatientID: was.PatientID, AdmittedAt: now.Add(-61 * time.Minute),
			LateReason: "x"}
		h.refuses(t, hospital.Conflict, "stay_overlaps", admit(same))
		inBed := ago(61*time.Minute, "the line was cut")
		inBed.BedID = h.bed(t, "A-01").ID
		h.refuses(t, hospital.Conflict, "bed_overlaps", admit(inBed))
		inBed.AdmittedAt = now.Add(-time.Hour)
		late, _, err := h.Admit(t.Context(), nurse, inBed)
		if err != nil {
			t.Fatal(err)
		}
		if !late.AdmittedAt.Equal(inBed.AdmittedAt) || !late.BedSince.Equal(inBed.AdmittedAt) ||
			late.LateReason != "the line was cut" {
			t.Errorf("got %+v", late)
		}
		if _, err := h.CancelAdmission(t.Context(), nurse, late.ID, undo); err != nil {
			t.Fatal(err)
		}
		inBed.AdmittedAt = now.Add(-30 * time.Minute) // what never was is in nobody's way
		if err := admit(inBed)(); err != nil {
			t.Error(err)
		}
		h.sound(t)
	})
}

func TestANewbornIsMovedWithItsMother(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		mother := s.patient(t, "Uwase Marie", "A-01")
		newborn, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Baby",
			MotherAdmissionID: mother.ID, Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
		if !newborn.WithMother || newborn.BedNumber != "A-01" || newborn.MotherAdmissionID != mother.ID {
			t.Fatalf("got %+v", newborn)
		}
		if bed := s.bed(t, "A-01"); bed.Admission.AdmissionID != mother.ID ||
			bed.Admission.Newborns != 1 {
			t.Errorf("the bed shows %+v", bed.Admission)
		}
		transfer := func(id int64, number string) {
			t.Helper()
			s.clock.pass(time.Minute)
			_, err := s.Transfer(t.Context(), nurse, id,
				hospital.TransferCommand{BedID: s.bed(t, number).ID})
			if err != nil {
				t.Fatal(err)
			}
			s.sound(t)
		}
		want := func(motherIn, newbornIn string) {
			t.Helper()
			s.wantBed(t, mother.ID, motherIn)
			s.wantBed(t, newborn.ID, newbornIn)
			s.sound(t)
		}
		transfer(mother.ID, "B-01")
		want("B-01", "B-01")
		s.wantStatus(t, "A-01 cleaning", "B-01 occupied")
		s.refuses(t, hospital.Conflict, "moves_with_mother", func() error {
			_, err := s.UndoTransfer(t.Context(), nurse, newborn.ID, hospital.UndoCommand{})
			return err
		})
		if _, err := s.UndoTransfer(t.Context(), nurse, mother.ID, hospital.UndoCommand{}); err != nil {
			t.Fatal(err)
		}
		want("A-01", "A-01")
		s.wantStatus(t, "B-01 available")
		other := s.patient(t, "Keza Ange", "A-02")
		if _, err := s.Swap(t.Context(), nurse, other.ID,
			hospital.SwapCommand{With: mother.ID}); err != nil {
			t.Fatal(err)
		}
		want("A-02", "A-02")
		transfer(newborn.ID, "B-02") // into a bed of its own
		want("A-02", "B-02")
		s.wantStatus(t, "A-02 occupied")
		if _, err := s.UndoTransfer(t.Context(), nurse, newborn.ID, hospital.UndoCommand{}); err != nil {
			t.Fatal(err)
		}
		want("A-02", "A-02")
		s.wantStatus(t, "B-02 available")
		transfer(newborn.ID, "B-02")
		transfer(newborn.ID, "A-02") // and back to its mother
		want("A-02", "A-02")
		s.wantStatus(t, "B-02 cleaning")
		s.clock.pass(time.Minute)
		s.discharge(t, mother.ID, hospital.Improved)
		if alone := s.wantBed(t, newborn.ID, "A-02"); alone.WithMother {
			t.Error("its mother has left, and the newborn lies with her")
		}
		s.wantStatus(t, "A-02 occupied")
		s.discharge(t, newborn.ID, hospital.Improved)
		s.wantStatus(t, "A-02 cleaning")
		s.sound(t)
	})
}

func TestANewbornOfAWaitingMotherComesIntoHerBed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		mother := h.admit(t, "Uwase Marie", "")
		newborn, _, err := h.Admit(t.Context(), nurse,
			hospital.AdmitCommand{PatientName: "Uwase Baby", MotherAdmissionID: mother.ID})
		if err != nil {
			t.Fatal(err)
		}
		d, err := h.ManagementDashboard(t.Context(), hospital.System)
		if err != nil || d.WaitingCount != 1 || d.PatientCount != 2 {
			t.Errorf("waiting %d of %d patients, error %v", d.WaitingCount, d.PatientCount, err)
		}
		_, err = h.Transfer(t.Context(), nurse, mother.ID,
			hospital.TransferCommand{BedID: h.bed(t, "A-01").ID})
		if err != nil {
			t.Fatal(err)
		}
		h.wantBed(t, newborn.ID, "A-01")
		if _, err := h.UndoTransfer(t.Context(), nurse, mother.ID, hospital.UndoCommand{}); err != nil {
			t.Fatal(err)
		}
		h.wantBed(t, newborn.ID, "")
		h.sound(t)
		if _, err := h.CancelAdmission(t.Context(), nurse, mother.ID, undo); err != nil {
			t.Fatal(err)
		}
		h.sound(t)
		father, _, err := h.Admit(t.Context(), nurse,
			hospital.AdmitCommand{PatientName: "Habimana Jean", Sex: "male"})
		if err != nil {
			t.Fatal(err)
		}
		for id, code := range map[int64]string{4711: "stay_unknown", mother.ID: "mother_left",
			father.ID: "mother_wrong"} {
			refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
				_, _, err := h.Admit(t.Context(), nurse,
					hospital.AdmitCommand{PatientName: "Another Baby", MotherAdmissionID: id})
				return err
			})
			if got := wrongFields(refusal); !maps.Equal(got,
				map[string]string{"mother_admission_id": code}) {
				t.Errorf("got %v, want %s", got, code)
			}
		}
	})
}
