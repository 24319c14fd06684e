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
	return s.admissionDetail(t, a).Order
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
			to   hospital.DietCommand
			want func()
		}{
			{hospital.DietCommand{Diet: &renal}, func() { want.Diet = renal }},
			{hospital.DietCommand{Texture: &minced}, func() { want.Texture = minced }},
			{allergic(), func() { want.Allergies, want.Confirmed = hospital.Allergies{Known: true}, true }},
			{hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"soya", "milk", "soya"}, Severe: []hospital.Allergen{"soya", "soya"}}},
				func() {
					want.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "soya"}, Severe: []hospital.Allergen{"soya"}}
				}},
			{fasting(morning.Add(time.Hour+1234567), time.Time{}), func() { want.NilByMouth.From = morning.Add(time.Hour + time.Millisecond) }},
			{hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"milk"}}},
				func() { want.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk"}} }},
			{fasting(time.Time{}, time.Time{}), func() { want.NilByMouth = hospital.Window{} }},
			{hospital.DietCommand{Allergies: &hospital.Allergies{}, Reason: "of another patient"},
				func() { want.Allergies, want.Confirmed = hospital.Allergies{}, false }},
		} {
			changed := s.diet(t, a, step.to)
			step.want()
			if got := s.dietOf(t, a); !reflect.DeepEqual(got, want) {
				t.Errorf("after %+v it is %+v, want %+v", step.to, got, want)
			}
			if changed.Version != a.Version+1 {
				t.Errorf("the admission went from version %d to %d", a.Version, changed.Version)
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

// A change that adds an allergy and says nothing of how bad they are must not make a severe one
// mild, nor one that speaks of an end move a beginning.
func TestWhatADietChangeDoesNotSayStaysAsItIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		now := morning
		severe := func(allergens, severe []hospital.Allergen) hospital.DietCommand {
			return hospital.DietCommand{Allergies: &hospital.Allergies{Known: true, Allergens: allergens, Severe: severe}, Omitted: hospital.Omitted{Severe: severe == nil}}
		}
		window := func(from, until time.Time, fromUnsaid, untilUnsaid bool) hospital.DietCommand {
			return hospital.DietCommand{NilByMouth: &hospital.Window{From: from, Until: until}, Omitted: hospital.Omitted{From: fromUnsaid, Until: untilUnsaid}}
		}
		none := time.Time{}
		for _, step := range []struct {
			what   string
			passes time.Duration
			to     hospital.DietCommand
			want   func(now time.Time) hospital.DietOrder
		}{
			{"two allergies, one severe", 0, severe([]hospital.Allergen{"milk", "peanuts"}, []hospital.Allergen{"peanuts"}), nil},
			{"another allergy", 0, severe([]hospital.Allergen{"eggs", "peanuts"}, nil), func(time.Time) hospital.DietOrder {
				return hospital.DietOrder{Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}}
			}},
			{"which are severe alone", 0, hospital.DietCommand{Allergies: &hospital.Allergies{Severe: []hospital.Allergen{"eggs", "peanuts"}},
				Omitted: hospital.Omitted{Allergens: true}}, func(time.Time) hospital.DietOrder {
				both := []hospital.Allergen{"eggs", "peanuts"}
				return hospital.DietOrder{Allergies: hospital.Allergies{Known: true, Allergens: both, Severe: both}}
			}},
			{"that none of them is", 0, hospital.DietCommand{Allergies: &hospital.Allergies{}, Omitted: hospital.Omitted{Allergens: true}}, func(time.Time) hospital.DietOrder {
				return hospital.DietOrder{Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs", "peanuts"}}}
			}},
			{"the severe one was a mistake", 0, severe([]hospital.Allergen{"eggs"}, nil), func(time.Time) hospital.DietOrder {
				return hospital.DietOrder{Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs"}}}
			}},
			{"nil by mouth", time.Minute, window(none, none, true, true), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: now}}
			}},
			{"nil by mouth until", time.Hour, window(none, morning.Add(5*time.Hour), true, false), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: morning.Add(time.Minute), Until: morning.Add(5 * time.Hour)}}
			}},
			{"nil by mouth again", time.Hour, window(none, none, true, true), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: morning.Add(time.Minute), Until: morning.Add(5 * time.Hour)}}
			}},
			{"nil by mouth from before", 0, window(morning, none, false, true), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: morning, Until: morning.Add(5 * time.Hour)}}
			}},
			{"nil by mouth when the last time is over", 4 * time.Hour, window(none, none, true, true), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: now}}
			}},
			{"tomorrow", 0, window(morning.AddDate(0, 0, 1), none, false, false), nil},
			{"until tomorrow's noon", 0, window(none, morning.AddDate(0, 0, 1).Add(time.Hour), true, false), func(now time.Time) hospital.DietOrder {
				return hospital.DietOrder{NilByMouth: hospital.Window{From: morning.AddDate(0, 0, 1), Until: morning.AddDate(0, 0, 1).Add(time.Hour)}}
			}},
		} {
			s.clock.pass(step.passes)
			now = now.Add(step.passes)
			s.diet(t, a, step.to)
			if step.want == nil {
				continue
			}
			got, want := s.dietOf(t, a), step.want(now)
			if step.to.Allergies != nil && !reflect.DeepEqual(got.Allergies, want.Allergies) || step.to.NilByMouth != nil && got.NilByMouth != want.NilByMouth {
				t.Errorf("after %s it is %+v, want %+v", step.what, got, want)
			}
		}
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, err := s.SetDiet(t.Context(), nurse, a.ID, window(none, morning, true, false))
			return err
		})
		if got := wrongFields(refusal); got["nil_by_mouth_until"] != "window_order" {
			t.Errorf("an end before the beginning that stands: %v", got)
		}
	})
}

func TestTheMealsThatAreMissedAreCounted(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour-2, minute, 0, 0, time.UTC) } // in Kigali
	for name, test := range map[string]struct {
		window hospital.Window
		now    time.Time
		want   int
	}{
		"none at all":                {hospital.Window{}, at(23, 20, 0), 0},
		"before it begins":           {hospital.Window{From: at(24, 6, 0)}, at(23, 20, 0), 0},
		"between meals":              {hospital.Window{From: at(23, 8, 0), Until: at(23, 12, 0)}, at(23, 20, 0), 0},
		"lunch":                      {hospital.Window{From: at(23, 8, 0), Until: at(23, 14, 0)}, at(23, 20, 0), 1},
		"lunch to the minute":        {hospital.Window{From: at(23, 12, 30), Until: at(23, 12, 31)}, at(23, 20, 0), 1},
		"up to lunch":                {hospital.Window{From: at(23, 8, 0), Until: at(23, 12, 30)}, at(23, 20, 0), 0},
		"lunch, dinner to come":      {hospital.Window{From: at(23, 8, 0)}, at(23, 18, 0), 1},
		"a night and a morning":      {hospital.Window{From: at(23, 18, 0), Until: at(24, 13, 0)}, at(25, 9, 0), 3},
		"two days and still nothing": {hospital.Window{From: at(23, 6, 0)}, at(24, 19, 0), 6},
	} {
		if got := test.window.MealsMissed(hospital.SettingsOf(t.Context()), test.now); got != test.want {
			t.Errorf("%s: %d meals, want %d", name, got, test.want)
		}
	}
}

func TestADietChangeIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		vegan, solid := hospital.Diet("vegan"), hospital.Texture(8)
		set := func(actor hospital.Actor, id int64, to hospital.DietCommand) func() error {
			return func() error { _, err := s.SetDiet(t.Context(), actor, id, to); return err }
		}
		for name, test := range map[string]struct {
			to   hospital.DietCommand
			want map[string]string
		}{
			"all": {hospital.DietCommand{Diet: &vegan, Texture: &solid, NilByMouth: &hospital.Window{Until: morning},
				Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"cats"}, Severe: []hospital.Allergen{"milk"}}},
				map[string]string{"diet": "unknown_choice", "texture": "texture", "nil_by_mouth_from": "window_start", "allergies": "unknown_choice", "severe": "severe_unnamed"}},
			"ends before it begins": {fasting(morning.Add(time.Hour), morning.Add(time.Hour)), map[string]string{"nil_by_mouth_until": "window_order"}},
			"too far ahead":         {fasting(morning.AddDate(2, 0, 0), time.Time{}), map[string]string{"nil_by_mouth_from": "too_late"}},
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
		_, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", Allergies: hospital.Allergies{Severe: []hospital.Allergen{"milk"}}})
		if got := wrongFields(refused(t, err, hospital.Invalid, "fields")); got["severe"] != "severe_unnamed" {
			t.Errorf("got %v", got)
		}
	})
}

func TestADietChangeIsAuditedAndMovesAllWhoShowIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		lines := s.auditLines(t)
		s.moves(t, topicsOf("ward:%d metrics customer:%d", s.a.ID, s.customer.UserID), func() error {
			_, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietCommand{Allergies: &hospital.Allergies{
				Allergens: []hospital.Allergen{"milk", "eggs"}, Severe: []hospital.Allergen{"milk"}}})
			return err
		})
		want := []string{"admission.diet general texture=7 allergies=none>general texture=7 allergies=eggs,milk severe=milk",
			"patient.allergies allergies=none>allergies=eggs,milk severe=milk"}
		if got := s.audited(t, lines); !slices.Equal(got, want) {
			t.Errorf("the audit says %v, want %v", got, want)
		}
		o := s.bringTo(t, a, hospital.OrderReady)
		d := s.deliveryOf(t, o)
		s.moves(t, topicsOf("ward:%d metrics customer:%d kitchen order:%d deliveries delivery:%d", s.a.ID, s.customer.UserID, o.ID, d.ID), func() error {
			renal := hospital.DietRenal
			_, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietCommand{Diet: &renal})
			return err
		})
	})
}
