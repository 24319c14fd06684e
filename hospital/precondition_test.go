package hospital_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// told writes changes one a line, to be compared.
func told(refusal *hospital.Error) []string {
	var lines []string
	for _, c := range refusal.Changes {
		lines = append(lines, fmt.Sprintf("%s: %v → %v by %s at %s", c.Field, c.From, c.To, c.By, c.At.Format("15:04")))
	}
	return lines
}

// wantTold says what a refusal must tell.
func wantTold(t *testing.T, refusal *hospital.Error, want ...string) {
	t.Helper()
	if got := told(refusal); !slices.Equal(got, want) {
		t.Errorf("the refusal %q tells of\n%q\nwant\n%q", refusal.Code, got, want)
	}
}

func TestWhoSawAnOlderAdmissionIsToldWhatHasChangedSince(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.diet(t, a, allergic("milk"))
		renal := hospital.DietRenal
		seen := s.diet(t, a, hospital.DietCommand{Diet: &renal}).Version
		texture := hospital.Texture(4)
		peanuts := hospital.Allergies{Allergens: []hospital.Allergen{"milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
		s.clock.pass(time.Minute)
		s.diet(t, a, hospital.DietCommand{Texture: &texture, Allergies: &peanuts})
		leaves := s.clock.Now().Add(2 * time.Hour).UTC()
		s.clock.pass(time.Minute)
		if _, err := s.PlanDischarge(t.Context(), manager, a.ID, hospital.PlanDischargeCommand{Expected: leaves}); err != nil {
			t.Fatal(err)
		}
		s.clock.pass(time.Minute)
		if _, err := s.Transfer(t.Context(), manager, a.ID, hospital.TransferCommand{BedID: s.bed(t, "A-02").ID}); err != nil {
			t.Fatal(err)
		}
		at := func(minutes int) string {
			return s.clock.Now().UTC().Add(time.Duration(minutes) * time.Minute).Format("15:04")
		}
		want := []string{
			"texture: 7 → 4 by nurse at " + at(-2),
			"allergies: [milk] → [milk peanuts] by nurse at " + at(-2),
			"severe: [] → [peanuts] by nurse at " + at(-2),
			fmt.Sprintf("expected_discharge: <nil> → %v by manager at %s", leaves.Truncate(time.Second), at(-1)),
			"bed_number: A-01 → A-02 by manager at " + at(0),
		}
		for name, command := range s.aboutAdmission(t, a.ID, 0, seen) {
			refusal := s.refuses(t, hospital.Conflict, "stay_outdated", command)
			if now, _ := refusal.Current.(hospital.Admission); now.BedNumber != "A-02" {
				t.Errorf("%s: the refusal shows %+v", name, refusal.Current)
			}
			wantTold(t, refusal, want...)
		}
		if _, err := s.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Improved}); err != nil {
			t.Fatal(err)
		}
		for _, command := range s.aboutAdmission(t, a.ID, 0, seen) {
			wantTold(t, refused(t, command(), hospital.Conflict, "stay_ended"), append(slices.Clone(want),
				"status: admitted → discharged by nurse at "+at(0),
				"outcome: <nil> → improved by nurse at "+at(0))...)
		}
	})
}

// aboutAdmission are the commands on an admission, by somebody who meant an admission and saw a
// version; 0: they did not say.
func (s *service) aboutAdmission(t *testing.T, id, meant, version int64) map[string]func() error {
	renal := hospital.DietRenal
	return map[string]func() error{
		"transfer": func() error {
			_, err := s.Transfer(t.Context(), manager, id, hospital.TransferCommand{BedID: s.bed(t, "A-05").ID, AdmissionID: meant, Version: version})
			return err
		},
		"plan": func() error {
			_, err := s.PlanDischarge(t.Context(), nurse, id, hospital.PlanDischargeCommand{Expected: s.clock.Now().Add(time.Hour), AdmissionID: meant, Version: version})
			return err
		},
		"discharge": func() error {
			_, err := s.Discharge(t.Context(), nurse, id, hospital.DischargeCommand{Outcome: hospital.Stable, AdmissionID: meant, Version: version})
			return err
		},
		"diet": func() error {
			_, err := s.SetDiet(t.Context(), nurse, id, hospital.DietCommand{Diet: &renal, AdmissionID: meant, Version: version})
			return err
		},
		"edit": func() error {
			note := "Ask for the X-ray."
			_, err := s.EditAdmission(t.Context(), nurse, id,
				hospital.EditAdmissionCommand{Note: &note, AdmissionID: meant, Version: version})
			return err
		},
		"link": func() error { return s.AdmissionAsSeen(t.Context(), manager, id, meant, version) },
	}
}

func TestACommandMeantForAnotherPatientIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		meant, delivery := s.tray(t, "A-01")
		there := s.patient(t, "Keza Ange", "A-02")
		for name, command := range s.aboutAdmission(t, there.ID, meant.ID, there.Version) {
			refusal := s.refuses(t, hospital.Conflict, "another_patient", command)
			if now, _ := refusal.Current.(hospital.Admission); now.ID != there.ID || refusal.Changes == nil || len(refusal.Changes) > 0 {
				t.Errorf("%s: the refusal shows %+v and tells of %q", name, refusal.Current, told(refusal))
			}
		}
		bed := s.bed(t, "A-02")
		refusal := s.refuses(t, hospital.Conflict, "another_patient", func() error {
			_, err := s.SetBedStatus(t.Context(), manager, bed.ID, hospital.BedStatusCommand{Status: hospital.BedCleaning, AdmissionID: meant.ID})
			return err
		})
		if !reflect.DeepEqual(refusal.Current, bed) {
			t.Errorf("the refusal shows %+v", refusal.Current)
		}
		for name, command := range s.steps(t, cook, s.order(t, delivery.OrderID), hospital.OrderCommand{AdmissionID: there.ID}) {
			refusal := s.refuses(t, hospital.Conflict, "another_patient", command)
			if now, _ := refusal.Current.(hospital.Order); now.ID != delivery.OrderID {
				t.Errorf("%s: the refusal shows %+v", name, refusal.Current)
			}
		}
		step := hospital.CourierCommand{AdmissionID: there.ID}
		for _, command := range []func() error{
			func() error { _, err := s.ClaimDelivery(t.Context(), s.courier, delivery.ID, step); return err },
			func() error { _, err := s.DepartDelivery(t.Context(), s.courier, delivery.ID, step); return err },
			func() error {
				_, err := s.FailDelivery(t.Context(), s.courier, delivery.ID, "asleep", step)
				return err
			},
			func() error {
				_, err := s.Deliver(t.Context(), s.courier, delivery.ID, hospital.DeliverCommand{BedCode: "A-01", AdmissionID: there.ID})
				return err
			},
		} {
			s.refuses(t, hospital.Conflict, "another_patient", command)
		}

		// Of an admission that has ended somebody who meant another one learns nothing.
		if _, err := s.Discharge(t.Context(), nurse, there.ID, hospital.DischargeCommand{Outcome: hospital.Improved}); err != nil {
			t.Fatal(err)
		}
		for name, command := range s.aboutAdmission(t, there.ID, meant.ID, 0) {
			if refusal := s.refuses(t, hospital.Conflict, "another_patient", command); refusal.Current != nil {
				t.Errorf("%s: the refusal shows %+v", name, refusal.Current)
			}
		}
	})
}

func TestABedIsTakenOnlyAsItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		admission := h.admit(t, "Uwase Marie", "A-01")
		seen := h.bed(t, "A-02")
		if _, err := h.SetBedStatus(t.Context(), manager, seen.ID, hospital.BedStatusCommand{Status: hospital.BedReserved}); err != nil {
			t.Fatal(err)
		}
		at := h.clock.Now().Format("15:04")
		for _, command := range []func() error{
			func() error {
				_, err := h.Transfer(t.Context(), manager, admission.ID, hospital.TransferCommand{BedID: seen.ID, BedVersion: seen.Version})
				return err
			},
			func() error {
				_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: seen.ID, BedVersion: seen.Version, IdempotencyKey: "k"})
				return err
			},
			func() error {
				_, err := h.SetBedStatus(t.Context(), nurse, seen.ID, hospital.BedStatusCommand{Status: hospital.BedAvailable, Version: seen.Version})
				return err
			},
		} {
			wantTold(t, h.refuses(t, hospital.Conflict, "bed_outdated", command), "status: available → reserved by manager at "+at)
		}
		// Under the same key, after another look.
		first, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: seen.ID, BedVersion: seen.Version + 1, IdempotencyKey: "k"})
		again, replayed, errAgain := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: seen.ID, IdempotencyKey: "k"})
		if err != nil || errAgain != nil || !replayed || again.ID != first.ID {
			t.Errorf("admitted as %d, then %d (%v), %v, %v", first.ID, again.ID, replayed, err, errAgain)
		}
		taken := h.refuses(t, hospital.Conflict, "bed_taken", func() error {
			_, err := h.Transfer(t.Context(), manager, admission.ID, hospital.TransferCommand{BedID: seen.ID, BedVersion: seen.Version})
			return err
		})
		wantTold(t, taken, "status: available → occupied by nurse at "+at)
	})
}

func TestOrdersDeliveriesAddressesAndZonesTellWhatHasChanged(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, delivery := s.tray(t, "A-01")
		o := s.order(t, delivery.OrderID)
		at := s.clock.Now().Format("15:04")
		for _, command := range s.steps(t, cook, o, hospital.OrderCommand{Version: o.Version - 1}) {
			wantTold(t, s.refuses(t, hospital.Conflict, "order_outdated", command), "status: preparing → ready by cook at "+at)
		}
		s.claim(t, s.courier, delivery.ID)
		wantTold(t, s.refuses(t, hospital.Conflict, "delivery_outdated", func() error {
			_, err := s.DepartDelivery(t.Context(), s.courier, delivery.ID, hospital.CourierCommand{Version: delivery.Version})
			return err
		}), "status: unassigned → assigned by jean at "+at)

		order := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}, Version: a.Version}
		changed := s.diet(t, a, allergic("milk"))
		if _, err := s.PlanDischarge(t.Context(), manager, a.ID, hospital.PlanDischargeCommand{Expected: s.clock.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		s.link(t, s.customer, a)
		order.Version = changed.Version - 1
		refusal := s.refuses(t, hospital.Conflict, "stay_outdated", func() error { _, _, err := s.PlaceOrder(t.Context(), s.customer, order); return err })
		wantTold(t, refusal, "allergies: [] → [milk] by  at "+at)
		if refusal.Current != nil {
			t.Errorf("a customer is shown %+v", refusal.Current)
		}

		home := s.addressOf(t, s.customer, "Home")
		moved := s.fields("Mother’s")
		if _, err := s.SetAddress(t.Context(), s.customer, home.ID, moved); err != nil {
			t.Fatal(err)
		}
		for _, command := range []func() error{
			func() error {
				moved.Version = home.Version
				_, err := s.SetAddress(t.Context(), s.customer, home.ID, moved)
				return err
			},
			func() error { return s.RemoveAddress(t.Context(), s.customer, home.ID, home.Version) },
		} {
			wantTold(t, s.refuses(t, hospital.Conflict, "address_outdated", command), "label: <nil> → Mother’s by claudine at "+at)
		}

		if _, err := s.SetZone(t.Context(), admin, s.zone.ID, hospital.ZoneCommand{Name: "Shelter 2", Charge: 700, Version: s.zone.Version}); err != nil {
			t.Fatal(err)
		}
		refusal = s.refuses(t, hospital.Conflict, "zone_outdated", func() error {
			_, err := s.SetZone(t.Context(), admin, s.zone.ID, hospital.ZoneCommand{Name: "Shelter", Charge: 600, Version: s.zone.Version})
			return err
		})
		wantTold(t, refusal, "name: Shelter → Shelter 2 by admin at "+at, "charge: 500 → 700 by admin at "+at)
	})
}
