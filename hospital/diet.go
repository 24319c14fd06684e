package hospital

import (
	"slices"
	"strings"
)

// Diet is what a patient is to eat, by its usual code.
type Diet string

// The diets that can be ordered.
const (
	DietGeneral     Diet = "general"
	DietDiabetic    Diet = "diabetic"
	DietLowSodium   Diet = "low_sodium"
	DietHighProtein Diet = "high_protein"
	DietLowFat      Diet = "low_fat"
	DietRenal       Diet = "renal"
	DietCardiac     Diet = "cardiac"
	DietUlcer       Diet = "ulcer"
)

// Diets lists every diet in the order in which people are shown them.
var Diets = []Diet{DietGeneral, DietDiabetic, DietLowSodium, DietHighProtein, DietLowFat, DietRenal, DietCardiac, DietUlcer}

// Valid reports whether d is one of Diets.
func (d Diet) Valid() bool { return slices.Contains(Diets, d) }

// Texture is a level of the IDDSI framework, 0 (thin) to 7 (regular food).
type Texture int

// RegularTexture is food as it is usually served.
const RegularTexture Texture = 7

// Valid reports whether t is a level of the framework.
func (t Texture) Valid() bool { return t >= 0 && t <= 7 }

// Allergen is one of the 14 that EU regulation 1169/2011, annex II, names.
type Allergen string

// Allergens lists them by the codes that commands and JSON use.
var Allergens = []Allergen{"gluten", "crustaceans", "eggs", "fish", "peanuts", "soya", "milk", "nuts", "celery",
	"mustard", "sesame", "sulphites", "lupin", "molluscs"}

// otherWords are what people and other systems call allergens. Shellfish is both kinds, for safety's sake.
var otherWords = map[string][]Allergen{
	"peanut": {"peanuts"}, "groundnut": {"peanuts"}, "groundnuts": {"peanuts"}, "nut": {"nuts"}, "tree_nuts": {"nuts"}, "egg": {"eggs"},
	"dairy": {"milk"}, "lactose": {"milk"}, "soy": {"soya"}, "wheat": {"gluten"}, "shellfish": {"crustaceans", "molluscs"},
	"crustacean": {"crustaceans"}, "mollusc": {"molluscs"}, "mollusks": {"molluscs"}, "sulfites": {"sulphites"}, "sulphite": {"sulphites"},
}

// ParseAllergen finds the allergens that a word means, in any case: one of Allergens or another usual word for them. An unknown word
// is returned as it is, to be refused.
func ParseAllergen(word string) []Allergen {
	word = strings.ToLower(strings.TrimSpace(word))
	if meant, found := otherWords[word]; found {
		return meant
	}
	return []Allergen{Allergen(word)}
}

// Valid reports whether a is one of Allergens.
func (a Allergen) Valid() bool { return slices.Contains(Allergens, a) }

// Allergies is what is known of a patient's food allergies. Never asked is not the same as none known.
type Allergies struct {
	Known     bool       // somebody asked
	Allergens []Allergen // sorted, no doubles; empty and Known: none
}

// NoKnownAllergies is the word in a command's list of allergies that says: asked, and there are none.
const NoKnownAllergies = "none"
