package hospital

import "time"

// HazardKind says why a dish must not go to a patient.
type HazardKind string

// The kinds of hazard, FEATURES section 4e.
const (
	HazardAllergen    HazardKind = "allergen"     // contains one the patient is allergic to
	HazardMayContain  HazardKind = "may_contain"  // may contain traces of one
	HazardNeverAsked  HazardKind = "never_asked"  // nobody asked about allergies: unknown is not none
	HazardDiet        HazardKind = "diet"         // the diet does not allow it
	HazardTexture     HazardKind = "texture"      // can't be served at the patient's texture
	HazardNilByMouth  HazardKind = "nil_by_mouth" // the patient must not eat now, or at the time of the meal
	HazardNotAdmitted HazardKind = "not_admitted" // the stay has ended
)

// Hazard is one reason why a dish, or any dish at all, must not go to a patient.
type Hazard struct {
	Kind     HazardKind
	DishID   int64 // 0: any dish
	DishName DishName
	Allergen Allergen // for HazardAllergen and HazardMayContain
	Severe   bool     // for HazardAllergen
}

// Overridable reports whether medical staff may let it pass with a written reason. Nobody may for a severe allergy, a texture,
// nil by mouth or a stay that has ended: for these the diet order is changed, or the food.
func (z Hazard) Overridable() bool {
	switch z.Kind {
	case HazardAllergen:
		return !z.Severe
	case HazardMayContain, HazardNeverAsked, HazardDiet:
		return true
	}
	return false
}

// DietOrder is what a patient may eat. It belongs to the stay and follows the patient from bed to bed.
type DietOrder struct {
	Diet       Diet
	Texture    Texture
	Allergies  Allergies
	NilByMouth Window
}

// Window is a span of time. Without a beginning there is none; without an end it lasts until somebody ends it.
type Window struct{ From, Until time.Time }

// Holds reports whether t lies in the window.
func (w Window) Holds(t time.Time) bool {
	return !w.From.IsZero() && !t.Before(w.From) && (w.Until.IsZero() || t.Before(w.Until))
}

// Hazards is THE safety check: everything that speaks against giving the dishes to the patient, now or at the time they are to
// be eaten. It is asked when an order is placed, confirmed, started and made ready, when its delivery departs and at the bedside, and
// for every open order when a diet order changes. It is a pure function so that it can be tested whole.
func (d DietOrder) Hazards(dishes []Dish, now, eaten time.Time) []Hazard { panic("unbuilt") }
