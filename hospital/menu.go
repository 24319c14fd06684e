package hospital

import (
	"context"
	"slices"
	"time"
)

// Meal is an occasion to eat.
type Meal string

// The meals of a day.
const (
	Breakfast  Meal = "breakfast"
	Lunch      Meal = "lunch"
	Dinner     Meal = "dinner"
	Snack      Meal = "snack"
	Supplement Meal = "supplement"
)

// Meals lists them in the order in which people are shown them.
var Meals = []Meal{Breakfast, Lunch, Dinner, Snack, Supplement}

// Valid reports whether m is one of Meals.
func (m Meal) Valid() bool { return slices.Contains(Meals, m) }

// Main reports whether a patient gets the meal once a day: a second order for it is refused.
func (m Meal) Main() bool { return m == Breakfast || m == Lunch || m == Dinner }

// Station is where in the kitchen a dish is made.
type Station string

// Stations lists them in the order in which the kitchen is shown them. A dish of no station stands under "unrouted",
// so that nothing can be invisible.
var Stations = []Station{"hot", "cold", "porridge", "special", Unrouted}

// Unrouted is the lane of dishes that no station claims.
const Unrouted Station = "unrouted"

// DishName is what a dish is called. English is never empty.
type DishName struct{ En, Fr, Rw string }

// Nutrition is per serving.
type Nutrition struct {
	EnergyKcal, ProteinG, CarbohydrateG, FatG, SodiumMg, PotassiumMg int
}

// Dish is something on the menu.
type Dish struct {
	ID         int64
	Name       DishName
	Meals      []Meal // at which it is served
	Station    Station
	Allergens  []Allergen // it contains these
	MayContain []Allergen // traces are possible
	Diets      []Diet     // it suits these
	Textures   []Texture  // levels of IDDSI at which the kitchen can serve it
	Nutrition  Nutrition
	Price      int  // Rwandan francs; for inpatients the hospital pays
	Available  bool // today
}

// AddDish puts a dish on the menu. Invalid names wrong fields.
func (h *Hospital) AddDish(ctx context.Context, actor Actor, dish Dish) (Dish, error) {
	panic("unbuilt")
}

// Menu lists the available dishes of a meal by name.
func (h *Hospital) Menu(ctx context.Context, meal Meal) ([]Dish, error) { panic("unbuilt") }

// OfferedDish is a dish as one patient's menu shows it: crossed out with the reasons where it conflicts.
type OfferedDish struct {
	Dish
	Hazards []Hazard
}

// MenuFor lists the dishes of a meal for a patient, each with what speaks against it now. NotFound for an unknown stay;
// a customer may ask for their own patient only.
func (h *Hospital) MenuFor(ctx context.Context, actor Actor, admissionID int64, meal Meal) ([]OfferedDish, error) {
	panic("unbuilt")
}

// MealTime is when a meal is served and until when it can be ordered without being late.
type MealTime struct {
	Serve  time.Duration // after midnight in Kigali
	CutOff time.Duration // before Serve
}

// MealTimes are the hospital's rounds: breakfast 07:00, lunch 12:30, dinner 18:30; a snack or supplement is served within the hour.
var MealTimes = map[Meal]MealTime{
	Breakfast: {7 * time.Hour, 45 * time.Minute},
	Lunch:     {12*time.Hour + 30*time.Minute, 90 * time.Minute},
	Dinner:    {18*time.Hour + 30*time.Minute, 90 * time.Minute},
}
