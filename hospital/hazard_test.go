package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dusangire/hospital"
)

// allTextures are the levels of the framework.
func allTextures() (all []hospital.Texture) {
	for texture := hospital.Texture(0); texture.Valid(); texture++ {
		all = append(all, texture)
	}
	return all
}

// eater is a patient against whose meals nothing speaks.
func eater() hospital.DietOrder {
	return hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: hospital.Allergies{Known: true}}
}

// plain is a dish that suits everyone.
func plain(id int64) hospital.Dish {
	return hospital.Dish{ID: id, Name: hospital.DishName{En: fmt.Sprintf("Dish %d", id)}, Diets: hospital.Diets, Textures: allTextures()}
}

// kinds lists hazards as "kind dish allergen", for comparing.
func kinds(hazards []hospital.Hazard) string {
	var all []string
	for _, z := range hazards {
		text := string(z.Kind)
		if z.DishID != 0 {
			text += fmt.Sprintf(" %d", z.DishID)
		}
		for _, more := range []string{string(z.Allergen), string(z.Diet)} {
			if more != "" {
				text += " " + more
			}
		}
		if z.Severe {
			text += " severe"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func TestWhatSpeaksAgainstAMeal(t *testing.T) {
	now := morning
	noon := now.Add(3 * time.Hour)
	window := func(from, until time.Duration) hospital.Window {
		w := hospital.Window{From: now.Add(from)}
		if until != 0 {
			w.Until = now.Add(until)
		}
		return w
	}
	allergic := func(d *hospital.DietOrder, allergens ...hospital.Allergen) { d.Allergies.Allergens = allergens }
	for name, test := range map[string]struct {
		patient func(d *hospital.DietOrder)
		dish    func(d *hospital.Dish)
		want    string
	}{
		"nothing":                     {},
		"contains an allergen":        {patient: func(d *hospital.DietOrder) { allergic(d, "milk") }, dish: func(d *hospital.Dish) { d.Allergens = []hospital.Allergen{"eggs", "milk"} }, want: "allergen 1 milk"},
		"contains another allergen":   {patient: func(d *hospital.DietOrder) { allergic(d, "milk") }, dish: func(d *hospital.Dish) { d.Allergens = []hospital.Allergen{"eggs"} }},
		"contains two":                {patient: func(d *hospital.DietOrder) { allergic(d, "eggs", "milk") }, dish: func(d *hospital.Dish) { d.Allergens = []hospital.Allergen{"eggs", "milk"} }, want: "allergen 1 eggs; allergen 1 milk"},
		"contains one that is severe": {patient: func(d *hospital.DietOrder) { allergic(d, "milk"); d.Allergies.Severe = d.Allergies.Allergens }, dish: func(d *hospital.Dish) { d.Allergens = []hospital.Allergen{"milk"} }, want: "allergen 1 milk severe"},
		"may contain one":             {patient: func(d *hospital.DietOrder) { allergic(d, "nuts") }, dish: func(d *hospital.Dish) { d.MayContain = []hospital.Allergen{"nuts"} }, want: "may_contain 1 nuts"},
		"contains and may contain one": {patient: func(d *hospital.DietOrder) { allergic(d, "nuts") }, dish: func(d *hospital.Dish) {
			d.Allergens, d.MayContain = []hospital.Allergen{"nuts"}, []hospital.Allergen{"nuts"}
		}, want: "allergen 1 nuts"},
		"peanuts are no nuts":               {patient: func(d *hospital.DietOrder) { allergic(d, "nuts") }, dish: func(d *hospital.Dish) { d.Allergens = []hospital.Allergen{"peanuts"} }},
		"nobody asked":                      {patient: func(d *hospital.DietOrder) { d.Allergies = hospital.Allergies{} }, want: "never_asked"},
		"the diet does not allow it":        {patient: func(d *hospital.DietOrder) { d.Diet = hospital.DietRenal }, dish: func(d *hospital.Dish) { d.Diets = []hospital.Diet{hospital.DietGeneral} }, want: "diet 1 renal"},
		"a general diet is a diet":          {dish: func(d *hospital.Dish) { d.Diets = []hospital.Diet{hospital.DietRenal} }, want: "diet 1 general"},
		"served at the level":               {patient: func(d *hospital.DietOrder) { d.Texture = 4 }, dish: func(d *hospital.Dish) { d.Textures = []hospital.Texture{4} }},
		"not served at the level":           {patient: func(d *hospital.DietOrder) { d.Texture = 4 }, dish: func(d *hospital.Dish) { d.Textures = []hospital.Texture{3, 5, 7} }, want: "texture 1"},
		"thin is a level":                   {patient: func(d *hospital.DietOrder) { d.Texture = 0 }, dish: func(d *hospital.Dish) { d.Textures = []hospital.Texture{1} }, want: "texture 1"},
		"who eats regular food eats softer": {dish: func(d *hospital.Dish) { d.Textures = []hospital.Texture{3} }},
		"a dish of no texture fits nobody":  {dish: func(d *hospital.Dish) { d.Textures = nil }, want: "texture 1"},
		"nil by mouth now":                  {patient: func(d *hospital.DietOrder) { d.NilByMouth = window(-time.Hour, time.Minute) }, want: "nil_by_mouth"},
		"nil by mouth without an end":       {patient: func(d *hospital.DietOrder) { d.NilByMouth = window(0, 0) }, want: "nil_by_mouth"},
		"nil by mouth at the meal":          {patient: func(d *hospital.DietOrder) { d.NilByMouth = window(2*time.Hour, 4*time.Hour) }, want: "nil_by_mouth"},
		"nil by mouth between":              {patient: func(d *hospital.DietOrder) { d.NilByMouth = window(time.Hour, 3*time.Hour) }},
		"nil by mouth is over":              {patient: func(d *hospital.DietOrder) { d.NilByMouth = window(-time.Hour, 0); d.NilByMouth.Until = now }},
		"an end without a beginning":        {patient: func(d *hospital.DietOrder) { d.NilByMouth = hospital.Window{Until: noon.Add(time.Hour)} }},
		"the stay has ended":                {patient: func(d *hospital.DietOrder) { d.Ended = true }, want: "not_admitted"},
		"everything": {
			patient: func(d *hospital.DietOrder) {
				*d = hospital.DietOrder{Diet: hospital.DietRenal, Texture: 2, NilByMouth: window(0, 0), Ended: true,
					Allergies: hospital.Allergies{Allergens: []hospital.Allergen{"fish", "milk"}, Severe: []hospital.Allergen{"fish"}}}
			},
			dish: func(d *hospital.Dish) {
				d.Diets, d.Textures = nil, nil
				d.Allergens, d.MayContain = []hospital.Allergen{"milk"}, []hospital.Allergen{"fish"}
			},
			want: "not_admitted; nil_by_mouth; never_asked; may_contain 1 fish severe; allergen 1 milk; diet 1 renal; texture 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			patient, dish := eater(), plain(1)
			if test.patient != nil {
				test.patient(&patient)
			}
			if test.dish != nil {
				test.dish(&dish)
			}
			// Twice on the tray is the same reason once.
			if got := kinds(patient.Hazards([]hospital.Dish{dish, plain(2), dish}, now, noon)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWhatMedicalStaffMayOverride(t *testing.T) {
	for kind, want := range map[hospital.HazardKind]bool{
		hospital.HazardAllergen:    true,
		hospital.HazardMayContain:  true,
		hospital.HazardNeverAsked:  true,
		hospital.HazardDiet:        true,
		hospital.HazardTexture:     false,
		hospital.HazardNilByMouth:  false,
		hospital.HazardNotAdmitted: false,
		"something new":            false,
	} {
		if got := (hospital.Hazard{Kind: kind}).Overridable(); got != want {
			t.Errorf("%s can be overridden: %t, want %t", kind, got, want)
		}
	}
	if (hospital.Hazard{Kind: hospital.HazardAllergen, Severe: true}).Overridable() {
		t.Error("a severe allergy can be overridden")
	}
}

// The check is asked about trays; this asks it about each dish, said in another way.
func TestATrayIsSafeExactlyIfEachOfItsDishesIs(t *testing.T) {
	subset := func(rt *rapid.T, label string) []hospital.Allergen {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(hospital.Allergens), 0, 4, rapid.ID[hospital.Allergen]).Draw(rt, label)
	}
	rapid.Check(t, func(rt *rapid.T) {
		hours := func(label string) time.Time {
			return morning.Add(time.Duration(rapid.IntRange(-5, 5).Draw(rt, label)) * time.Hour)
		}
		d := hospital.DietOrder{Diet: rapid.SampledFrom(hospital.Diets).Draw(rt, "diet"), Texture: hospital.Texture(rapid.IntRange(0, 7).Draw(rt, "texture")),
			Allergies: hospital.Allergies{Known: rapid.Bool().Draw(rt, "asked"), Allergens: subset(rt, "allergies")}, Ended: rapid.Bool().Draw(rt, "ended")}
		if rapid.Bool().Draw(rt, "nil by mouth") {
			d.NilByMouth = hospital.Window{From: hours("from"), Until: hours("until")}
		}
		now, eaten := hours("now"), hours("eaten")
		dishes := make([]hospital.Dish, rapid.IntRange(0, 3).Draw(rt, "dishes"))
		safe := d.Allergies.Known && !d.Ended
		for _, t := range []time.Time{now, eaten} {
			if w := d.NilByMouth; !w.From.IsZero() && w.From.Compare(t) <= 0 && t.Before(w.Until) {
				safe = false
			}
		}
		for i := range dishes {
			dishes[i] = hospital.Dish{ID: int64(i + 1), Allergens: subset(rt, "allergens"), MayContain: subset(rt, "traces"),
				Diets:    rapid.SliceOfN(rapid.SampledFrom(hospital.Diets), 1, 8).Draw(rt, "diets"),
				Textures: rapid.SliceOfN(rapid.SampledFrom(allTextures()), 0, 8).Draw(rt, "textures")}
			for _, allergen := range d.Allergies.Allergens {
				safe = safe && !slices.Contains(slices.Concat(dishes[i].Allergens, dishes[i].MayContain), allergen)
			}
			regular := d.Texture == hospital.RegularTexture && len(dishes[i].Textures) > 0
			safe = safe && slices.Contains(dishes[i].Diets, d.Diet) && (regular || slices.Contains(dishes[i].Textures, d.Texture))
		}
		if hazards := d.Hazards(dishes, now, eaten); (len(hazards) == 0) != safe {
			rt.Fatalf("%+v with %+v is safe: %t, and the check says %s", d, dishes, safe, kinds(hazards))
		}
	})
}
