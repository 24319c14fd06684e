package hospital_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// steps is the table of the states of a bed written down a second time: where a person may take it
// from each.
var steps = map[hospital.BedStatus]string{
	hospital.BedAvailable:   "reserved cleaning maintenance closed",
	hospital.BedReserved:    "available closed",
	hospital.BedOccupied:    "",
	hospital.BedCleaning:    "available maintenance closed",
	hospital.BedMaintenance: "cleaning closed",
	hospital.BedClosed:      "cleaning",
}

// In the original, any status was accepted from any other.
func TestABedTakesTheStepsOfItsTableAndNoOther(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, from := range hospital.BedStatuses {
			if next := strings.Fields(steps[from]); !slices.EqualFunc(hospital.NextBedStatuses(from), next,
				func(s hospital.BedStatus, word string) bool { return string(s) == word }) {
				t.Errorf("from %s a bed may become %v, want %v", from, hospital.NextBedStatuses(from), next)
			}
		}
		const number = "A-01"
		for _, from := range hospital.BedStatuses {
			for _, to := range hospital.BedStatuses {
				if to == hospital.BedOccupied {
					continue
				}
				h.exec(t, `UPDATE admission SET discharged_at = admitted_at, outcome = 'stable' WHERE discharged_at IS NULL`)
				h.exec(t, `UPDATE bed_assignment SET until = since WHERE until IS NULL`)
				h.exec(t, `UPDATE bed SET status = 'available', status_reason = '', reserved_until = NULL`)
				h.bring(t, number, from)
				keptOtherwise := from == hospital.BedReserved && to == hospital.BedReserved
				allowed := slices.Contains(strings.Fields(steps[from]), string(to)) || keptOtherwise
				h.step(t, number, to, allowed)
			}
		}
	})
}

// step orders a step that must be allowed, or refused with the bed as it stands.
func (h *fixture) step(t *testing.T, number string, to hospital.BedStatus, allowed bool) {
	t.Helper()
	before := h.bed(t, number)
	h.clock.pass(time.Minute)
	order := func() error {
		_, err := h.SetBedStatus(t.Context(), manager, before.ID, hospital.BedStatusCommand{Status: to, Reason: "lamp  broken", Version: before.Version})
		return err
	}
	if !allowed {
		code := "bed_step"
		switch before.Status {
		case to:
			code = "bed_already"
		case hospital.BedOccupied:
			code = "bed_occupied"
		}
		refusal := h.refuses(t, hospital.Conflict, code, order)
		if !reflect.DeepEqual(refusal.Current, before) {
			t.Errorf("%s to %s: the refusal shows %+v, want %+v", before.Status, to, refusal.Current, before)
		}
		if !strings.Contains(refusal.Message, number) {
			t.Errorf("%s to %s: the refusal does not name the bed: %s", before.Status, to, refusal)
		}
		return
	}
	if err := order(); err != nil {
		t.Errorf("%s to %s: %v", before.Status, to, err)
		return
	}
	want := before.Bed
	want.Status, want.StatusSince, want.Version, want.StatusReason, want.ReservedUntil = to, h.clock.Now(), before.Version+1, "", time.Time{}
	switch to {
	case hospital.BedReserved:
		want.StatusReason, want.ReservedUntil = "lamp broken", h.clock.Now().Add(12*time.Hour)
	case hospital.BedMaintenance, hospital.BedClosed:
		want.StatusReason = "lamp broken"
	}
	if got := h.bed(t, number).Bed; got != want {
		t.Errorf("%s to %s: the bed is %+v, want %+v", before.Status, to, got, want)
	}
}

func TestTheRefusalOfAStepNamesTheStepsThatAreAllowed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedMaintenance)
		refusal := h.refuses(t, hospital.Conflict, "bed_step", func() error {
			_, err := h.SetBedStatus(t.Context(), manager, h.bed(t, "A-01").ID, hospital.BedStatusCommand{Status: hospital.BedAvailable})
			return err
		})
		if want := "Bed A-01 is in maintenance. From there it can only become: being cleaned, closed."; refusal.Message != want {
			t.Errorf("got %q, want %q", refusal.Message, want)
		}
	})
}

// In the original, an unknown status was stored as it came. A bed could be called occupied with
// nobody in it.
func TestNobodySetsAnUnknownStatusOrOccupiedByHand(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01").ID
		for status, code := range map[hospital.BedStatus]string{
			"":          "bed_status_unknown",
			"completed": "bed_status_unknown",
			"Available": "bed_status_unknown",
			"occupied":  "bed_status_not_by_hand",
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := h.SetBedStatus(t.Context(), manager, bed, hospital.BedStatusCommand{Status: status})
				return err
			})
			if got := wrongFields(refusal)["status"]; got != code {
				t.Errorf("status %q: got %q, want %q", status, got, code)
			}
		}
	})
}

func TestOnlyWhoMayCloseBedsTakesOneOutOfServiceAndBack(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01").ID
		h.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, err := h.SetBedStatus(t.Context(), nurse, bed, hospital.BedStatusCommand{Status: hospital.BedClosed})
			return err
		})
		h.set(t, "A-01", hospital.BedClosed)
		h.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, err := h.SetBedStatus(t.Context(), nurse, bed, hospital.BedStatusCommand{Status: hospital.BedCleaning})
			return err
		})
		h.set(t, "A-01", hospital.BedCleaning)
		if _, err := h.SetBedStatus(t.Context(), nurse, bed, hospital.BedStatusCommand{Status: hospital.BedAvailable}); err != nil {
			t.Errorf("a nurse could not finish the cleaning: %v", err)
		}
	})
}

func TestABedChangesOnlyForWhoSawItsPresentVersion(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		seen := h.bed(t, "A-01")
		h.set(t, "A-01", hospital.BedReserved)
		h.set(t, "A-01", hospital.BedAvailable)
		refusal := h.refuses(t, hospital.Conflict, "bed_outdated", func() error {
			_, err := h.SetBedStatus(t.Context(), nurse, seen.ID, hospital.BedStatusCommand{Status: hospital.BedCleaning, Version: seen.Version})
			return err
		})
		now := h.bed(t, "A-01")
		if !reflect.DeepEqual(refusal.Current, now) {
			t.Errorf("the refusal shows %+v, want %+v", refusal.Current, now)
		}
		changed, err := h.SetBedStatus(t.Context(), nurse, seen.ID, hospital.BedStatusCommand{Status: hospital.BedCleaning, Version: now.Version})
		if err != nil {
			t.Fatalf("with the present version: %v", err)
		}
		if changed != h.bed(t, "A-01").Bed {
			t.Errorf("the command returned %+v, the board shows %+v", changed, h.bed(t, "A-01").Bed)
		}
	})
}

func TestAnUnknownBedIsNotFound(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.refuses(t, hospital.NotFound, "bed_unknown", func() error {
			_, err := h.SetBedStatus(t.Context(), manager, 4711, hospital.BedStatusCommand{Status: hospital.BedCleaning})
			return err
		})
		_, err := h.BedDetail(t.Context(), nurse, 4711)
		refused(t, err, hospital.NotFound, "bed_unknown")
	})
}

func TestAReasonHasItsLimit(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for reason, code := range map[string]string{
			strings.Repeat("é", hospital.LongestReason+1): "too_long",
			"torn\x00mattress":   "characters",
			"torn\xffmattress":   "characters",
			"torn\u202emattress": "characters",
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := h.SetBedStatus(t.Context(), manager, h.bed(t, "A-01").ID, hospital.BedStatusCommand{Status: hospital.BedMaintenance, Reason: reason})
				return err
			})
			if got := wrongFields(refusal)["reason"]; got != code {
				t.Errorf("reason %q: got %q, want %q", reason, got, code)
			}
		}
		if _, err := h.SetBedStatus(t.Context(), manager, h.bed(t, "A-01").ID,
			hospital.BedStatusCommand{Status: hospital.BedMaintenance, Reason: strings.Repeat("é", hospital.LongestReason)}); err != nil {
			t.Errorf("the longest reason: %v", err)
		}
	})
}

func TestAReservationRunsOutByItself(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedReserved)
		h.clock.pass(time.Hour)
		h.set(t, "B-01", hospital.BedReserved)
		h.set(t, "B-02", hospital.BedMaintenance)

		h.clock.pass(hospital.ReservationLasts - time.Hour - time.Millisecond)
		h.release(t, 0)
		h.clock.pass(time.Millisecond)
		h.heard.take()
		lines := h.auditLines(t)
		h.release(t, 1)
		if bed := h.bed(t, "A-01"); bed.Status != hospital.BedAvailable || !bed.ReservedUntil.IsZero() || bed.StatusReason != "" {
			t.Errorf("the bed is %+v, want it available", bed)
		}
		if bed := h.bed(t, "B-01"); bed.Status != hospital.BedReserved {
			t.Errorf("the bed that was reserved later is %s already", bed.Status)
		}
		if got := h.audited(t, lines); !slices.Equal(got, []string{"bed.status reserved>available"}) {
			t.Errorf("the audit says %v", got)
		}
		if got := h.heard.take(); len(got) != 1 {
			t.Errorf("announced %v, want one change", got)
		}
		h.clock.pass(time.Hour)
		h.release(t, 1)
		h.release(t, 0)
		h.sound(t)
	})
}

// release releases what has run out and checks how many it were.
func (h *fixture) release(t *testing.T, want int) {
	t.Helper()
	n, err := h.ReleaseExpiredReservations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n != want {
		t.Errorf("%d reservations had run out, want %d", n, want)
	}
}

func TestAReservedBedThatIsTakenIsNotReleased(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.reserve(t, "A-01", hospital.BedStatusCommand{})
		h.admit(t, "Mugisha Eric", "A-01")
		h.clock.pass(hospital.ReservationLasts + time.Hour)
		h.release(t, 0)
		if bed := h.bed(t, "A-01"); bed.Status != hospital.BedOccupied {
			t.Errorf("the bed is %s, want occupied", bed.Status)
		}
	})
}

func TestABedsPageShowsWhatTheRoleMaySee(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01")
		_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed.ID, Reason: "emergency",
			BirthDate: time.Date(1990, 5, 4, 0, 0, 0, 0, time.UTC), Sex: "female"})
		if err != nil {
			t.Fatal(err)
		}
		for actor, reason := range map[hospital.Actor]string{nurse: "emergency", manager: "", admin: "emergency"} {
			d, err := h.BedDetail(t.Context(), actor, bed.ID)
			if err != nil {
				t.Fatalf("%s: %v", actor.Role, err)
			}
			if d.Reason != reason {
				t.Errorf("%s reads the reason %q, want %q", actor.Role, d.Reason, reason)
			}
			if d.Admission == nil || d.Admission.PatientName != "Uwase Marie" || d.Sex != "female" || d.BirthDate.Format(time.DateOnly) != "1990-05-04" {
				t.Errorf("%s sees %+v with the admission %+v", actor.Role, d, d.Admission)
			}
		}
		for _, role := range []hospital.Role{hospital.KitchenStaff, hospital.DeliveryStaff, hospital.Customer, ""} {
			_, err := h.BedDetail(t.Context(), hospital.Actor{UserID: 9, Role: role}, bed.ID)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
	})
}

func TestABedsPageOffersWhereToAndWho(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Uwase Marie", "A-01")
		first := h.admit(t, "Mugisha Eric", "")
		h.clock.pass(time.Minute)
		second := h.admit(t, "Keza Ange", "")
		h.set(t, "A-02", hospital.BedReserved)
		h.set(t, "A-03", hospital.BedCleaning)
		h.set(t, "A-04", hospital.BedClosed)
		h.set(t, "B-01", hospital.BedMaintenance)

		occupied := h.detail(t, "A-01")
		var free []string
		for _, bed := range occupied.FreeBeds {
			free = append(free, bed.Number+" "+string(bed.Status))
		}
		if want := []string{"A-02 reserved", "A-05 available", "A-06 available", "B-02 available", "B-03 available", "B-04 available"}; !slices.Equal(free, want) {
			t.Errorf("offers the beds %v, want %v", free, want)
		}
		if len(occupied.Waiting) > 0 {
			t.Errorf("an occupied bed is offered to %v", occupied.Waiting)
		}

		waiting := h.detail(t, "A-05").Waiting
		if len(waiting) != 2 || waiting[0].AdmissionID != first.ID || waiting[1].AdmissionID != second.ID || waiting[0].PatientName != "Mugisha Eric" {
			t.Errorf("offers the patients %+v, want the two who wait, the longest wait first", waiting)
		}
		if cleaning := h.detail(t, "A-03"); len(cleaning.Waiting)+len(cleaning.FreeBeds) > 0 {
			t.Errorf("a bed in cleaning offers %+v", cleaning)
		}

		h.exec(t, `UPDATE ward SET is_open = FALSE WHERE code = 'B'`)
		for _, bed := range h.detail(t, "A-01").FreeBeds {
			if bed.WardName == h.b.Name {
				t.Errorf("offers bed %s of a closed ward", bed.Number)
			}
		}
		if d := h.detail(t, "B-02"); d.WardOpen || len(d.Waiting) > 0 {
			t.Errorf("a bed of a closed ward offers %+v", d)
		}
	})
}

// detail reads a bed's page as the nurse.
func (h *fixture) detail(t *testing.T, number string) hospital.BedDetail {
	t.Helper()
	d, err := h.BedDetail(t.Context(), nurse, h.bed(t, number).ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
