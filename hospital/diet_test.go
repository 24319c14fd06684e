package hospital_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// dietOf reads what a patient may eat.
func (s *service) dietOf(t testing.TB, a hospital.Admission) hospital.DietOrder {
	t.Helper()
	return must[hospital.DietOrder](t)(s.DietOrder(t.Context(), nurse, a.ID))
}

func TestADietChangeChangesOnlyWhatIsGiven(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.admit(t, "Uwase Marie", "A-01")
		want := hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture}
		if got := s.dietOf(t, a); !reflect.DeepEqual(got, want) {
			t.Errorf("at first it is %+v, want %+v", got, want)
		}
		renal, minced := hospital.DietRenal, hospital.Texture(5)
		for _, step := range []struct {
			to   hospital.DietChange
			want func()
		}{
			{hospital.DietChange{Diet: &renal}, func() { want.Diet = renal }},
			{hospital.DietChange{Texture: &minced}, func() { want.Texture = minced }},
			{allergic(), func() { want.Allergies = hospital.Allergies{Known: true} }},
			{hospital.DietChange{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"soya", "milk", "soya"}, Severe: []hospital.Allergen{"soya", "soya"}}},
				func() {
					want.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "soya"}, Severe: []hospital.Allergen{"soya"}}
				}},
			{fasting(morning.Add(time.Hour+1234567), time.Time{}), func() { want.NilByMouth.From = morning.Add(time.Hour + time.Millisecond) }},
			{hospital.DietChange{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"milk"}}},
				func() { want.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk"}} }},
			{fasting(time.Time{}, time.Time{}), func() { want.NilByMouth = hospital.Window{} }},
			{hospital.DietChange{Allergies: &hospital.Allergies{}}, func() { want.Allergies = hospital.Allergies{} }},
		} {
			changed := s.diet(t, a, step.to)
			step.want()
			if got := s.dietOf(t, a); !reflect.DeepEqual(got, want) {
				t.Errorf("after %+v it is %+v, want %+v", step.to, got, want)
			}
			if changed.Version != a.Version+1 {
				t.Errorf("the stay went from version %d to %d", a.Version, changed.Version)
			}
			a = changed
			before := s.contents(t)
			s.heard.take()
			if again := s.diet(t, a, step.to); again != a || s.contents(t) != before || len(s.heard.take()) > 0 {
				t.Errorf("%+v again changed something", step.to)
			}
		}
	})
}

func TestADietChangeIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		vegan, solid := hospital.Diet("vegan"), hospital.Texture(8)
		set := func(actor hospital.Actor, id int64, to hospital.DietChange) func() error {
			return func() error { _, err := s.SetDiet(t.Context(), actor, id, to); return err }
		}
		for name, test := range map[string]struct {
			to   hospital.DietChange
			want map[string]string
		}{
			"all": {hospital.DietChange{Diet: &vegan, Texture: &solid, NilByMouth: &hospital.Window{Until: morning},
				Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"cats"}, Severe: []hospital.Allergen{"milk"}}},
				map[string]string{"diet": "unknown_choice", "texture": "texture", "nil_by_mouth": "window_start", "allergies": "unknown_choice", "severe": "severe_unnamed"}},
			"ends before it begins": {fasting(morning.Add(time.Hour), morning.Add(time.Hour)), map[string]string{"nil_by_mouth": "window_order"}},
			"too far ahead":         {fasting(morning.AddDate(2, 0, 0), time.Time{}), map[string]string{"nil_by_mouth": "too_late"}},
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", set(nurse, a.ID, test.to))
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
		for _, actor := range []hospital.Actor{manager, cook, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", set(actor, a.ID, allergic("milk")))
		}
		outdated := allergic("milk")
		outdated.Version = a.Version + 1
		s.refuses(t, hospital.Conflict, "stay_outdated", set(nurse, a.ID, outdated))
		s.refuses(t, hospital.NotFound, "stay_unknown", set(nurse, 4711, allergic("milk")))
		s.discharge(t, a.ID, hospital.Improved)
		s.refuses(t, hospital.Conflict, "stay_ended", set(nurse, a.ID, allergic("milk")))
		_, _, err := s.Admit(t.Context(), nurse, hospital.NewAdmission{PatientName: "Keza Ange", Allergies: hospital.Allergies{Severe: []hospital.Allergen{"milk"}}})
		if got := wrongFields(refused(t, err, hospital.Invalid, "fields")); got["severe"] != "severe_unnamed" {
			t.Errorf("got %v", got)
		}
	})
}

func TestAllergiesThatWereKeptBeforeSevereOnesWereKnownAreRead(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		for kept, want := range map[string]hospital.Allergies{
			`[]`:                 {Known: true},
			`["milk","peanuts"]`: {Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}},
		} {
			s.exec(t, `UPDATE admission SET allergies = $1`, kept)
			if got := s.dietOf(t, a).Allergies; !reflect.DeepEqual(got, want) {
				t.Errorf("%s is read as %+v, want %+v", kept, got, want)
			}
			// And what knows nothing of severe ones is kept as before.
			s.diet(t, a, allergic("eggs"))
			if n := s.number(t, `SELECT count(*) FROM admission WHERE allergies = '["eggs"]'`); n != 1 {
				t.Error("an allergy that is not severe is kept in another form")
			}
		}
		severe := hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs", "milk"}, Severe: []hospital.Allergen{"milk"}}
		b, _, err := s.Admit(t.Context(), nurse, hospital.NewAdmission{PatientName: "Keza Ange", Allergies: severe, BedID: s.bed(t, "A-02").ID})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.dietOf(t, b).Allergies; !reflect.DeepEqual(got, severe) {
			t.Errorf("admitted with %+v, read %+v", severe, got)
		}
		if got := s.bed(t, "A-02").Stay.Allergies; !reflect.DeepEqual(got, severe) {
			t.Errorf("the board shows %+v", got)
		}
	})
}

func TestADietChangeIsAuditedAndMovesAllWhoShowIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		lines := s.auditLines(t)
		s.moves(t, topicsOf("ward:%d metrics customer:%d", s.a.ID, s.customer.UserID), func() error {
			_, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietChange{Allergies: &hospital.Allergies{
				Allergens: []hospital.Allergen{"milk", "eggs"}, Severe: []hospital.Allergen{"milk"}}})
			return err
		})
		want := []string{"admission.diet general texture=7 allergies=none>general texture=7 allergies=eggs,milk severe=milk"}
		if got := s.audited(t, lines); !slices.Equal(got, want) {
			t.Errorf("the audit says %v, want %v", got, want)
		}
		o := s.bringTo(t, a, hospital.OrderReady)
		d := s.deliveryOf(t, o)
		s.moves(t, topicsOf("ward:%d metrics customer:%d kitchen order:%d deliveries delivery:%d", s.a.ID, s.customer.UserID, o.ID, d.ID), func() error {
			renal := hospital.DietRenal
			_, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietChange{Diet: &renal})
			return err
		})
	})
}
