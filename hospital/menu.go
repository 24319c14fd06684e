package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"dusangire/hospital/internal/store"
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

// Main reports whether a patient gets the meal once a day: a second open order for it is refused.
func (m Meal) Main() bool { return m == Breakfast || m == Lunch || m == Dinner }

// Station is where in the kitchen a dish is made.
type Station string

// Stations lists them in the order in which the kitchen is shown them. A dish of no station stands
// under "unrouted", so that nothing can be invisible.
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
	Price      int   // in the smallest unit of the currency; for inpatients the hospital pays
	Available  bool  // today
	Version    int64 // counts the dish's changes
}

// MostPrice is the highest price of a dish, in the smallest unit of the currency: more is a slip of the finger.
const MostPrice = 100_000

// mostNutrition is the most of anything that a serving has, in the unit of its field.
const mostNutrition = 10_000

// tidy brings the dish into the one form in which it is checked, compared and kept.
func (d *Dish) tidy() {
	d.Name = DishName{En: tidy(d.Name.En), Fr: tidy(d.Name.Fr), Rw: tidy(d.Name.Rw)}
	d.Station = cmp.Or(d.Station, Unrouted)
	d.Meals = inOrder(Meals, d.Meals)
	d.Allergens = sortedSet(d.Allergens)
	d.MayContain = sortedSet(d.MayContain)
	d.Diets = inOrder(Diets, d.Diets)
	d.Textures = sortedSet(d.Textures)
}

// sortedSet lists what was chosen, once each.
func sortedSet[T cmp.Ordered](chosen []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(chosen)))
}

// inOrder lists what was chosen once each in the order of all; what is not of all comes last.
func inOrder[T ~string](all, chosen []T) []T {
	place := func(one T) int {
		if i := slices.Index(all, one); i >= 0 {
			return i
		}
		return len(all)
	}
	sorted := slices.Clone(chosen)
	slices.SortFunc(sorted, func(a, b T) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
	return slices.Compact(sorted)
}

// check returns what is wrong with the fields of a tidied dish.
func (d Dish) check() error {
	wrong := fields{}
	if d.Name.En == "" {
		wrong.refuse("name", "required", "Give the dish a name.")
	}
	for field, name := range map[string]string{"name": d.Name.En, "name_fr": d.Name.Fr,
		"name_rw": d.Name.Rw} {
		wrong.text(field, name, LongestName)
		wrong.letters(field, name)
	}
	checkChoices(wrong, "meals", d.Meals, Meals, true)
	checkChoices(wrong, "station", []Station{d.Station}, Stations, true)
	checkChoices(wrong, "allergens", d.Allergens, Allergens, false)
	checkChoices(wrong, "may_contain", d.MayContain, Allergens, false)
	checkChoices(wrong, "diets", d.Diets, Diets, true)
	unknown := func(t Texture) bool { return !t.Valid() }
	if len(d.Textures) == 0 || slices.ContainsFunc(d.Textures, unknown) {
		wrong.refuse("textures", "texture", "Choose a texture from 0 to 7.")
	}
	n := d.Nutrition
	amounts := []int{n.EnergyKcal, n.ProteinG, n.CarbohydrateG, n.FatG, n.SodiumMg, n.PotassiumMg}
	if slices.Min(amounts) < 0 || slices.Max(amounts) > mostNutrition {
		wrong.refuse("nutrition", "range", "Give amounts from 0 to %d.", mostNutrition)
	}
	if d.Price < 0 || d.Price > MostPrice {
		wrong.refuse("price", "range", "Give a price from 0 to %d.", MostPrice)
	}
	return wrong.err()
}

// checkChoices records that a list holds something that can't be chosen, or nothing where something
// is needed.
func checkChoices[T ~string](wrong fields, field string, chosen, all []T, needed bool) {
	if needed && len(chosen) == 0 {
		wrong.refuse(field, "required", "Choose at least one.")
	}
	for _, one := range chosen {
		if !slices.Contains(all, one) {
			refuseChoice(wrong, field, all)
		}
	}
}

// AddDish puts a dish on the menu. Invalid names wrong fields, Conflict a name that is taken.
func (h *Hospital) AddDish(ctx context.Context, actor Actor, dish Dish) (Dish, error) {
	return h.changeMenu(ctx, actor, dish, (*change).addDish)
}

// changeMenu runs a command that makes a dish what it is to be.
func (h *Hospital) changeMenu(ctx context.Context, actor Actor, dish Dish,
	do func(*change, context.Context, Dish) (Dish, error)) (Dish, error) {
	dish.tidy()
	if err := cmp.Or(actor.need(ManageMenu), dish.check()); err != nil {
		return Dish{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Dish, error) {
		return do(c, ctx, dish)
	})
}

// addDish inserts a dish and returns it with its id.
func (c *change) addDish(ctx context.Context, dish Dish) (Dish, error) {
	err := c.tx.QueryRowContext(ctx, `INSERT INTO dish (name_en, name_fr, name_rw, meals, station,
			allergens, may_contain, diets, textures, energy_kcal, protein_g, carbohydrate_g, fat_g,
			sodium_mg, potassium_mg, price, available)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		RETURNING id, version`, dish.values()...).Scan(&dish.ID, &dish.Version)
	if err != nil {
		return dish, dish.writeError(err)
	}
	c.record(entry{action: "dish.add", entity: "dish", entityID: dish.ID, to: dish.Name.En}, dish)
	return dish, nil
}

// values are what the columns of a dish are to hold, apart from its id and version.
func (d Dish) values() []any {
	n := d.Nutrition
	return []any{d.Name.En, d.Name.Fr, d.Name.Rw, list[Meal](d.Meals), d.Station,
		list[Allergen](d.Allergens), list[Allergen](d.MayContain), list[Diet](d.Diets),
		list[Texture](d.Textures), n.EnergyKcal, n.ProteinG, n.CarbohydrateG, n.FatG, n.SodiumMg,
		n.PotassiumMg, d.Price, d.Available}
}

// writeError words why a dish could not be written.
func (d Dish) writeError(err error) error {
	if store.Violated(err) == "dish_name_en" {
		return Refuse(Conflict, "dish_name_taken",
			"There is a dish %s already. Choose another name.", d.Name.En)
	}
	return fmt.Errorf("keep dish %d: %w", d.ID, err)
}

// SetDish changes a dish: its recipe, or whether there is any today. In the same transaction every
// open order with it is checked anew, as for SetDiet. Invalid names wrong fields; NotFound where
// there is no such dish; Conflict for a name that is taken, and for a version other than 0 that is
// not the dish's.
func (h *Hospital) SetDish(ctx context.Context, actor Actor, dish Dish) (Dish, error) {
	return h.changeMenu(ctx, actor, dish, (*change).setDish)
}

// lockDish keeps a dish from everyone else until the commit and returns it as it stands. NotFound
// where there is none.
func (c *change) lockDish(ctx context.Context, id int64) (Dish, error) {
	if _, err := c.lock(ctx, "dish", id); err != nil {
		return Dish{}, err
	}
	dish, err := scanDish(c.tx.QueryRowContext(ctx, selectDish+` WHERE dish.id = $1`, id))
	return dish, wrapRow(err, unknownDish, "read dish %d", id)
}

// unknownDish is the refusal of a dish that does not exist.
func unknownDish() error { return Refuse(NotFound, "dish_unknown", "There is no such dish.") }

// setDish changes a dish and returns it with its new version.
func (c *change) setDish(ctx context.Context, dish Dish) (Dish, error) {
	before, err := c.lockDish(ctx, dish.ID)
	if err != nil {
		return dish, err
	}
	if dish.Version != 0 && dish.Version != before.Version {
		return dish, Refuse(Conflict, "dish_outdated",
			"%s has changed meanwhile. Look again before you change it.", before.Name.En).With(before)
	}
	err = c.tx.QueryRowContext(ctx, `UPDATE dish SET name_en = $1, name_fr = $2, name_rw = $3,
			meals = $4, station = $5, allergens = $6, may_contain = $7, diets = $8, textures = $9,
			energy_kcal = $10, protein_g = $11, carbohydrate_g = $12, fat_g = $13, sodium_mg = $14,
			potassium_mg = $15, price = $16, available = $17, version = version + 1
		WHERE id = $18 RETURNING version`, append(dish.values(), dish.ID)...).Scan(&dish.Version)
	if err != nil {
		return dish, dish.writeError(err)
	}
	c.record(entry{action: "dish.set", entity: "dish", entityID: dish.ID, to: dish.Name.En}, dish)
	return dish, c.recheckEaters(ctx, dish.ID)
}

// recheckEaters checks the open orders with a locked dish, which has changed, anew.
func (c *change) recheckEaters(ctx context.Context, dishID int64) error {
	admissions, err := queryIDs(ctx, c.tx, `SELECT DISTINCT meal_order.admission_id FROM meal_order
		JOIN order_dish ON order_dish.order_id = meal_order.id
		WHERE meal_order.ended_at IS NULL AND meal_order.admission_id IS NOT NULL
		AND order_dish.dish_id = $1
		ORDER BY meal_order.admission_id`, dishID)
	if err != nil {
		return fmt.Errorf("read who is to eat dish %d: %w", dishID, err)
	}
	for _, admission := range admissions {
		if err := c.lockAdmission(ctx, admission); err != nil {
			return err
		}
		if err := c.recheckAdmission(ctx, admission); err != nil {
			return err
		}
	}
	return nil
}

const selectDish = `SELECT dish.id, dish.name_en, dish.name_fr, dish.name_rw, dish.meals,
	dish.station, dish.allergens, dish.may_contain, dish.diets, dish.textures, dish.energy_kcal,
	dish.protein_g, dish.carbohydrate_g, dish.fat_g, dish.sodium_mg, dish.potassium_mg, dish.price,
	dish.available, dish.version FROM dish`

func scanDish(row scanner) (d Dish, err error) {
	n := &d.Nutrition
	err = row.Scan(&d.ID, &d.Name.En, &d.Name.Fr, &d.Name.Rw, (*list[Meal])(&d.Meals), &d.Station,
		(*list[Allergen])(&d.Allergens), (*list[Allergen])(&d.MayContain), (*list[Diet])(&d.Diets),
		(*list[Texture])(&d.Textures), &n.EnergyKcal, &n.ProteinG, &n.CarbohydrateG, &n.FatG,
		&n.SodiumMg, &n.PotassiumMg, &d.Price, &d.Available, &d.Version)
	return d, err
}

// Dishes lists everything that was ever on the menu by name, for whoever looks after it.
func (h *Hospital) Dishes(ctx context.Context, actor Actor) ([]Dish, error) {
	return readAs(ctx, h, actor, ManageMenu, func(ctx context.Context, q *sql.Tx) ([]Dish, error) {
		return readDishes(ctx, q, func(Dish) bool { return true })
	})
}

// Menu lists the available dishes of a meal by name.
func (h *Hospital) Menu(ctx context.Context, actor Actor, meal Meal) ([]Dish, error) {
	return readAs(ctx, h, actor, OrderMeals, func(ctx context.Context, q *sql.Tx) ([]Dish, error) {
		return readMenu(ctx, q, meal)
	})
}

// readMenu lists the available dishes of a meal by name.
func readMenu(ctx context.Context, q *sql.Tx, meal Meal) ([]Dish, error) {
	return readDishes(ctx, q, func(d Dish) bool {
		return d.Available && slices.Contains(d.Meals, meal)
	})
}

// readDishes lists the dishes that are wanted by name.
func readDishes(ctx context.Context, q *sql.Tx, wanted func(Dish) bool) ([]Dish, error) {
	rows, err := q.QueryContext(ctx, selectDish)
	dishes, err := collect(rows, err, scanDish)
	dishes = slices.DeleteFunc(dishes, func(d Dish) bool { return !wanted(d) })
	slices.SortFunc(dishes, func(a, b Dish) int {
		return cmp.Or(cmp.Compare(a.Name.En, b.Name.En), cmp.Compare(a.ID, b.ID))
	})
	return dishes, wrap(err, "read the menu")
}

// OfferedDish is a dish as one patient's menu shows it: crossed out with the reasons where it
// conflicts.
type OfferedDish struct {
	Dish
	Hazards []Hazard
}

// MenuFor lists the dishes of a meal for a patient, each with what speaks against it if it were
// ordered now. NotFound for an unknown admission; a customer may ask for their own patient only.
func (h *Hospital) MenuFor(ctx context.Context, actor Actor, admissionID int64,
	meal Meal) ([]OfferedDish, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, OrderMeals,
		func(ctx context.Context, q *sql.Tx) ([]OfferedDish, error) {
			diet, err := dietFor(ctx, q, actor, admissionID)
			if err != nil {
				return nil, err
			}
			dishes, err := readMenu(ctx, q, meal)
			return diet.judge(dishes, now, SettingsOf(ctx).next(meal, now).due), err
		})
}

// judge says of each dish what speaks against it if the patient were to eat it then.
func (d DietOrder) judge(dishes []Dish, now, due time.Time) []OfferedDish {
	offered := make([]OfferedDish, len(dishes))
	for i, dish := range dishes {
		offered[i] = OfferedDish{Dish: dish, Hazards: d.Hazards([]Dish{dish}, now, due)}
	}
	return offered
}

// Offer is what can be ordered for a meal, for a patient or for an address, read in one snapshot.
type Offer struct {
	Admission CustomerAdmission // of the patient; its AdmissionID is 0 for an address
	Address   Address           // its ID is 0 for a patient
	Meal      Meal
	Servings  []Serving // of every meal, the next of each
	// for an address nothing speaks against any: nobody here knows who will eat it
	Dishes []OfferedDish
	At     time.Time
}

// Serving is when a meal that is ordered now will be eaten.
type Serving struct {
	Meal Meal
	Due  time.Time
	Late bool // after the cut-off
}

// Offer reads what the actor can order for an admission or for an address of theirs, the other id
// being 0. An empty meal is the main meal that comes next. Invalid without one of the two or for a
// meal that there is not; NotFound as for MenuFor and Address.
func (h *Hospital) Offer(ctx context.Context, actor Actor, admissionID, addressID int64,
	meal Meal) (Offer, error) {
	if err := actor.need(OrderMeals); err != nil {
		return Offer{}, err
	}
	settings, err := h.Settings(ctx)
	if err != nil {
		return Offer{}, err
	}
	o := Offer{At: h.clock(ctx)}
	o.plan(settings, meal)
	wrong := fields{}
	if (admissionID == 0) == (addressID == 0) {
		wrong.refuse("admission_id", "order_for", "Order for a patient or for an address.")
	}
	if !o.Meal.Valid() {
		refuseChoice(wrong, "meal", Meals)
	}
	if err := wrong.err(); err != nil {
		return Offer{}, err
	}
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Offer, error) {
		dishes, err := readMenu(ctx, q, o.Meal)
		switch {
		case err != nil:
			return o, err
		case addressID != 0:
			err = o.toAddress(ctx, q, actor, addressID, dishes)
		default:
			err = o.toAdmission(ctx, q, actor, admissionID, dishes)
		}
		return o, err
	})
}

// plan says when each meal is eaten that is ordered now, and chooses the main meal that comes next
// where none is asked for.
func (o *Offer) plan(settings *Settings, meal Meal) {
	o.Meal = meal
	var soonest time.Time
	for _, m := range Meals {
		s := settings.next(m, o.At)
		o.Servings = append(o.Servings, Serving{m, s.due, s.late})
		if meal == "" && m.Main() && (soonest.IsZero() || s.due.Before(soonest)) {
			o.Meal, soonest = m, s.due
		}
	}
}

// toAddress offers the dishes for an address of the actor's.
func (o *Offer) toAddress(ctx context.Context, q *sql.Tx, actor Actor, id int64,
	dishes []Dish) (err error) {
	if o.Address, err = readAddress(ctx, q, id); err != nil {
		return err
	}
	if o.Address.OwnerID != actor.UserID || o.Address.Removed {
		return unknownAddress()
	}
	for _, dish := range dishes {
		o.Dishes = append(o.Dishes, OfferedDish{Dish: dish})
	}
	return nil
}

// toAdmission offers the dishes for a patient, as the patient's diet order judges them.
func (o *Offer) toAdmission(ctx context.Context, q *sql.Tx, actor Actor, id int64,
	dishes []Dish) error {
	diet, err := dietFor(ctx, q, actor, id)
	if err != nil {
		return err
	}
	admissions, err := admissionsWhere(ctx, q, `admission.id = $1`, id)
	if err == nil && len(admissions) == 0 {
		err = unknownAdmission() // it has ended
	}
	if err != nil {
		return err
	}
	o.Admission = admissions[0]
	o.Dishes = diet.judge(dishes, o.At, SettingsOf(ctx).next(o.Meal, o.At).due)
	return nil
}

// MealTime is when a meal is served and until when it can be ordered without being late.
type MealTime struct {
	Serve  time.Duration // on the hospital's clocks, after midnight
	CutOff time.Duration // before Serve
}

// MealTimes are the hospital's rounds: breakfast 07:00, lunch 12:30, dinner 18:30; a snack or
// supplement is served within the hour.
var MealTimes = map[Meal]MealTime{
	Breakfast: {7 * time.Hour, 45 * time.Minute},
	Lunch:     {12*time.Hour + 30*time.Minute, 90 * time.Minute},
	Dinner:    {18*time.Hour + 30*time.Minute, 90 * time.Minute},
}

// withinTheHour is how soon is served what has no time of its own, or is ordered after its time.
const withinTheHour = time.Hour

// lateLasts is how long after its time a meal can still be ordered for the same day, as a late
// tray. After that it is the next day's.
const lateLasts = 2 * time.Hour

// serving is one occasion at which a meal is eaten.
type serving struct {
	date time.Time // midnight UTC of the day in the hospital
	due  time.Time
	late bool // ordered after the cut-off
}

// next is the serving of a meal that is ordered now.
func (s *Settings) next(m Meal, now time.Time) serving {
	day := s.Day(now)
	if at, timed := s.served(m, day); timed && now.After(at.Add(lateLasts)) {
		return s.on(m, day.AddDate(0, 0, 1), now)
	}
	return s.on(m, day, now)
}

// on is the serving of a meal of a day, midnight UTC, that is ordered now.
func (s *Settings) on(m Meal, day, now time.Time) serving {
	due, timed := s.served(m, day)
	if !timed {
		return serving{date: day, due: now.Add(withinTheHour)}
	}
	on := serving{date: day, due: due, late: now.After(due.Add(-MealTimes[m].CutOff))}
	if now.After(due) {
		on.due = now.Add(withinTheHour)
	}
	return on
}

// served is when a meal of a day is served, where it has a time of its own.
func (s *Settings) served(m Meal, day time.Time) (at time.Time, timed bool) {
	times, timed := MealTimes[m]
	return s.At(day, times.Serve), timed
}
