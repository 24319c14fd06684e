package hospital

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// HazardKind says why a dish must not go to a patient.
type HazardKind string

// The kinds of hazard.
const (
	HazardAllergen   HazardKind = "allergen"    // contains one the patient is allergic to
	HazardMayContain HazardKind = "may_contain" // may contain traces of one
	HazardNeverAsked HazardKind = "never_asked" // nobody asked about allergies: unknown is not none
	HazardDiet       HazardKind = "diet"        // the diet does not allow it
	HazardTexture    HazardKind = "texture"     // can't be served at the patient's texture

	// the patient must not eat now, or at the time of the meal
	HazardNilByMouth  HazardKind = "nil_by_mouth"
	HazardNotAdmitted HazardKind = "not_admitted" // the admission has ended
	HazardOnLeave     HazardKind = "on_leave"     // the patient is away
)

// Hazard is one reason why a dish, or any dish at all, must not go to a patient.
type Hazard struct {
	Kind     HazardKind
	DishID   int64 // 0: any dish
	DishName DishName
	Allergen Allergen // for HazardAllergen and HazardMayContain
	Severe   bool     // for HazardAllergen and HazardMayContain
	Diet     Diet     // for HazardDiet: the one that does not allow it
}

// Overridable reports whether medical staff may let it pass with a written reason. Nobody may for a
// severe allergy, a texture, nil by mouth, a leave or an admission that has ended: for these the
// diet order is changed, or the food, or the patient comes back.
func (z Hazard) Overridable() bool {
	switch z.Kind {
	case HazardAllergen:
		return !z.Severe
	case HazardMayContain, HazardNeverAsked, HazardDiet:
		return true
	}
	return false
}

// same reports whether two hazards are one reason, whatever the dish is called. A severe allergy is
// another reason than the same allergy before it was known to be severe, and so is another diet.
func (z Hazard) same(other Hazard) bool {
	z.DishName, other.DishName = DishName{}, DishName{}
	return z == other
}

// words is the hazard as an English sentence says it.
func (z Hazard) words() string {
	switch z.Kind {
	case HazardAllergen:
		if z.Severe {
			return fmt.Sprintf("%s contains %s (severe allergy)", z.DishName.En, z.Allergen)
		}
		return fmt.Sprintf("%s contains %s (allergy)", z.DishName.En, z.Allergen)
	case HazardMayContain:
		return fmt.Sprintf("%s may contain traces of %s (allergy)", z.DishName.En, z.Allergen)
	case HazardNeverAsked:
		return "nobody has asked about allergies"
	case HazardDiet:
		return fmt.Sprintf("%s is not part of the diet %s", z.DishName.En,
			strings.ReplaceAll(string(z.Diet), "_", " "))
	case HazardTexture:
		return fmt.Sprintf("%s can't be served at the patient's texture", z.DishName.En)
	case HazardNilByMouth:
		return "the patient is nil by mouth"
	case HazardNotAdmitted:
		return "the stay has ended"
	case HazardOnLeave:
		return "the patient is on leave"
	}
	return string(z.Kind)
}

// Hazards is THE safety check: everything that speaks against giving the dishes to the patient, now
// or at the time they are to be eaten. It is asked when an order is placed, confirmed, started and
// made ready, when its delivery departs and at the bedside, and for every open order when a diet
// order changes. It is a pure function so that it can be tested whole.
func (d DietOrder) Hazards(dishes []Dish, now, eaten time.Time) []Hazard {
	var all []Hazard
	find := func(z Hazard) {
		if !slices.Contains(all, z) {
			all = append(all, z)
		}
	}
	if d.Ended {
		find(Hazard{Kind: HazardNotAdmitted})
	}
	if d.OnLeave && !d.Ended {
		find(Hazard{Kind: HazardOnLeave})
	}
	if d.NilByMouth.Holds(now) || d.NilByMouth.Holds(eaten) {
		find(Hazard{Kind: HazardNilByMouth})
	}
	if !d.Allergies.Known {
		find(Hazard{Kind: HazardNeverAsked})
	}
	for _, dish := range dishes {
		for _, z := range d.hazardsIn(dish) {
			find(z)
		}
	}
	return all
}

// hazardsIn is what speaks against one dish.
func (d DietOrder) hazardsIn(dish Dish) (all []Hazard) {
	for _, allergen := range d.Allergies.Allergens {
		z := Hazard{DishID: dish.ID, DishName: dish.Name, Allergen: allergen,
			Severe: slices.Contains(d.Allergies.Severe, allergen)}
		switch {
		case slices.Contains(dish.Allergens, allergen):
			z.Kind = HazardAllergen
		case slices.Contains(dish.MayContain, allergen):
			z.Kind = HazardMayContain
		default:
			continue
		}
		all = append(all, z)
	}
	if !slices.Contains(dish.Diets, d.Diet) {
		all = append(all, Hazard{Kind: HazardDiet, DishID: dish.ID, DishName: dish.Name,
			Diet: d.Diet})
	}
	if !dish.servedAt(d.Texture) {
		all = append(all, Hazard{Kind: HazardTexture, DishID: dish.ID, DishName: dish.Name})
	}
	return all
}

// servedAt reports whether the dish can be served at a patient's texture. Who eats regular food
// eats any texture.
func (d Dish) servedAt(patient Texture) bool {
	return slices.Contains(d.Textures, patient) || patient == RegularTexture && len(d.Textures) > 0
}

// uncovered lists the hazards that none of the overridden ones is. An override covers exactly the
// hazards that it was given for.
func uncovered(hazards, overridden []Hazard) []Hazard {
	return slices.DeleteFunc(slices.Clone(hazards), func(z Hazard) bool {
		return z.Overridable() && slices.ContainsFunc(overridden, z.same)
	})
}

// Overridable reports whether medical staff may let all of them pass.
func Overridable(hazards []Hazard) bool {
	return !slices.ContainsFunc(hazards, func(z Hazard) bool { return !z.Overridable() })
}

// Hazards are the reasons why something must not go to a patient, as a refusal gives them.
type Hazards []Hazard

// String says them in English.
func (all Hazards) String() string {
	return joined(all, "; ", Hazard.words)
}

// dangerous is the refusal to let somebody go on with an order because of its hazards. It says what
// they themselves can do.
func dangerous(actor Actor, hazards []Hazard) error {
	advice := Refuse(Conflict, "hazards_stand",
		"Choose something else, or have the diet order changed.")
	switch {
	case !Overridable(hazards):
	case actor.Role.May(OverrideHazards):
		advice = Refuse(Conflict, "hazards_yours",
			"Choose something else, or give a reason to let it pass.")
	default:
		advice = Refuse(Conflict, "hazards_overridable",
			"Choose something else, or ask medical staff, who may let it pass with a written reason.")
	}
	return Refuse(Conflict, "hazards", "This must not go to the patient: %s. %s",
		Hazards(hazards), advice).With(hazards)
}
