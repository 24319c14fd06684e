package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Meal is an occasion to eat, by its code.
type Meal string

// The meals that a new hospital begins with.
const (
	Breakfast  Meal = "breakfast"
	Lunch      Meal = "lunch"
	Dinner     Meal = "dinner"
	Snack      Meal = "snack"
	Supplement Meal = "supplement"
)

// Meals lists them.
var Meals = []Meal{Breakfast, Lunch, Dinner, Snack, Supplement}

// MealKind is a meal as one hospital has it.
type MealKind struct {
	ID       int64
	Code     Meal
	Name     DishName      // English is never empty
	Timed    bool          // it is served at Serve; else within the hour
	Serve    time.Duration // on the hospital's clocks, after midnight
	CutOff   time.Duration // before it is served: until then it can be ordered without being late
	Main     bool          // a patient gets it once a day, by a round where nobody has ordered
	Position int           // in which order people are shown the meals
	Enabled  bool          // it is served at present
	Turns    []WardTurn    // in the order in which the wards get it; the others get it at Serve
	Version  int64
}

// WardTurn is when a ward gets a meal: its offset later than others.
type WardTurn struct {
	WardID int64
	Offset time.Duration
}

// firstMeals are those of a database that nobody has set up.
var firstMeals = []MealKind{
	{Code: Breakfast, Name: DishName{"Breakfast", "Petit-déjeuner", "Ifunguro rya mu gitondo"},
		Timed: true, Serve: 7 * time.Hour, CutOff: 45 * time.Minute, Main: true, Position: 1},
	{Code: Lunch, Name: DishName{"Lunch", "Déjeuner", "Ifunguro rya saa sita"}, Timed: true,
		Serve: 12*time.Hour + 30*time.Minute, CutOff: 90 * time.Minute, Main: true, Position: 2},
	{Code: Dinner, Name: DishName{"Dinner", "Dîner", "Ifunguro rya nimugoroba"}, Timed: true,
		Serve: 18*time.Hour + 30*time.Minute, CutOff: 90 * time.Minute, Main: true, Position: 3},
	{Code: Snack, Name: DishName{"Snack", "Collation", "Akanyenyeri"}, Position: 4},
	{Code: Supplement, Name: DishName{"Supplement", "Complément", "Inyongera"}, Position: 5},
}

// enabled are meals that are all served, each at its first version.
func enabled(kinds []MealKind) []MealKind {
	all := slices.Clone(kinds)
	for i := range all {
		all[i].ID, all[i].Enabled, all[i].Version = int64(i+1), true, 1
	}
	return all
}

// Meal is a meal of the hospital, served at present or not; its ID is 0 where there is none.
func (s *Settings) Meal(code Meal) MealKind {
	i := slices.IndexFunc(s.Meals, func(k MealKind) bool { return k.Code == code })
	if i < 0 {
		return MealKind{Code: code}
	}
	return s.Meals[i]
}

// MealCodes lists the meals that are served at present, in the order in which people are shown
// them.
func (s *Settings) MealCodes() []Meal {
	return s.mealsWhere(func(k MealKind) bool { return k.Enabled })
}

// allMeals lists every meal, also those that are not served at present.
func (s *Settings) allMeals() []Meal {
	return s.mealsWhere(func(MealKind) bool { return true })
}

// MainMeals lists the main meals that are served at present.
func (s *Settings) MainMeals() []Meal {
	return s.mealsWhere(func(k MealKind) bool { return k.Enabled && k.Main })
}

func (s *Settings) mealsWhere(wanted func(MealKind) bool) []Meal {
	var codes []Meal
	for _, k := range s.Meals {
		if wanted(k) {
			codes = append(codes, k.Code)
		}
	}
	return codes
}

// offset is how much later than others a ward gets the meal.
func (k MealKind) offset(wardID int64) time.Duration {
	for _, turn := range k.Turns {
		if turn.WardID == wardID {
			return turn.Offset
		}
	}
	return 0
}

// Serves is when a ward gets a meal of a day, where it has a time of its own. Ward 0 is any that
// has no turn.
func (s *Settings) Serves(m Meal, wardID int64, day time.Time) (at time.Time, timed bool) {
	kind := s.Meal(m)
	return s.At(day, kind.Serve).Add(kind.offset(wardID)), kind.Timed
}

// orderBy is until when a meal that is served then can be ordered without being late.
func (s *Settings) orderBy(m Meal, served time.Time) time.Time {
	return served.Add(-s.Meal(m).CutOff)
}

// roundBegins is when the round of a meal that is served then is ordered by itself.
func (s *Settings) roundBegins(m Meal, served time.Time) time.Time {
	return s.orderBy(m, served).Add(-roundsBegin)
}

// readMealKinds reads the meals in the order in which people are shown them.
func readMealKinds(ctx context.Context, q *sql.Tx) ([]MealKind, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, code, name_en, name_fr, name_rw,
		COALESCE(serve_minute, -1), cut_off_minutes, main, position, enabled, version
		FROM meal_kind ORDER BY position, id`)
	kinds, err := collect(rows, err, scanMealKind)
	if err != nil {
		return nil, wrap(err, "read the meals")
	}
	rows, err = q.QueryContext(ctx, `SELECT meal_id, ward_id, offset_minutes FROM meal_turn
		ORDER BY meal_id, position`)
	err = eachRow(rows, err, func(row scanner) error {
		var mealID, minutes int64
		var turn WardTurn
		err := row.Scan(&mealID, &turn.WardID, &minutes)
		turn.Offset = time.Duration(minutes) * time.Minute
		i := slices.IndexFunc(kinds, func(k MealKind) bool { return k.ID == mealID })
		kinds[i].Turns = append(kinds[i].Turns, turn)
		return err
	})
	return kinds, wrap(err, "read when wards get their meals")
}

func scanMealKind(row scanner) (k MealKind, err error) {
	var serve, cutOff int64
	err = row.Scan(&k.ID, &k.Code, &k.Name.En, &k.Name.Fr, &k.Name.Rw, &serve, &cutOff, &k.Main,
		&k.Position, &k.Enabled, &k.Version)
	k.Timed = serve >= 0
	k.Serve = max(0, time.Duration(serve)*time.Minute)
	k.CutOff = time.Duration(cutOff) * time.Minute
	return k, err
}

// mealOf reads one meal. NotFound where there is none.
func mealOf(ctx context.Context, q *sql.Tx, code Meal) (MealKind, error) {
	kinds, err := readMealKinds(ctx, q)
	if err != nil {
		return MealKind{}, err
	}
	i := slices.IndexFunc(kinds, func(k MealKind) bool { return k.Code == code })
	if i < 0 {
		return MealKind{}, Refuse(NotFound, "meal_unknown", "There is no such meal.")
	}
	return kinds[i], nil
}

// wardOf is the ward in which the patient of an admission lies; 0 where in none.
func wardOf(ctx context.Context, q *sql.Tx, admissionID int64) (int64, error) {
	wards, err := queryIDs(ctx, q, `SELECT bed.ward_id FROM admission
		JOIN bed ON bed.id = admission.bed_id WHERE admission.id = $1`, admissionID)
	return cmp.Or(append(wards, 0)...), wrap(err, "read where admission %d lies", admissionID)
}

// lastTurn is how much later than others the last ward gets the meal.
func (k MealKind) lastTurn() (last time.Duration) {
	for _, turn := range k.Turns {
		last = max(last, turn.Offset)
	}
	return last
}
