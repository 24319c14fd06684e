package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dusangire/hospital/internal/store"
)

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
	Name       DishName // the English one is of no other dish that is not retired
	Meals      []Meal   // at which it is served
	Station    Station
	Allergens  []Allergen // it contains these
	MayContain []Allergen // traces are possible
	Diets      []Diet     // it suits these
	Textures   []Texture  // levels of IDDSI at which the kitchen can serve it
	Nutrition  Nutrition
	Price      int   // in the smallest unit of the currency; for inpatients the hospital pays
	Available  bool  // it is cooked at present
	Version    int64 // counts the dish's changes

	// SoldOutUntil is until when there is nothing left of it; SubstituteID the dish that is offered
	// instead, 0 for none. An order keeps neither.
	SoldOutUntil time.Time `json:"-"`
	SubstituteID int64     `json:"-"`
	// RetiredAt is since when it is off the menu for good; zero: it is not. An order does not keep
	// it.
	RetiredAt time.Time `json:"-"`
}

// MostNutrition is the most of anything that a serving has, in the unit of its field.
const MostNutrition = 10_000

// tidy brings the dish into the one form in which it is checked, compared and kept.
func (d *Dish) tidy(s *Settings) {
	d.Name = DishName{En: tidy(d.Name.En), Fr: tidy(d.Name.Fr), Rw: tidy(d.Name.Rw)}
	d.Station = cmp.Or(d.Station, Unrouted)
	d.Meals = inOrder(s.allMeals(), d.Meals)
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
func (d Dish) check(s *Settings) error {
	wrong := fields{}
	wrong.line("name_en", d.Name.En, LongestName, "Give the dish a name.")
	wrong.text("name_fr", d.Name.Fr, LongestName)
	wrong.text("name_rw", d.Name.Rw, LongestName)
	wrong.letters("name_en", d.Name.En)
	wrong.letters("name_fr", d.Name.Fr)
	wrong.letters("name_rw", d.Name.Rw)
	checkChoices(wrong, "meals", d.Meals, s.allMeals(), true)
	checkChoices(wrong, "station", []Station{d.Station}, Stations, true)
	checkChoices(wrong, "allergens", d.Allergens, Allergens, false)
	checkChoices(wrong, "may_contain", d.MayContain, Allergens, false)
	if slices.ContainsFunc(d.MayContain, func(a Allergen) bool {
		return slices.Contains(d.Allergens, a)
	}) {
		wrong.refuse("may_contain", "allergen_twice",
			"Name an allergen as in the dish or as a trace, not as both.")
	}
	checkChoices(wrong, "diets", d.Diets, Diets, true)
	unknown := func(t Texture) bool { return !t.Valid() }
	if len(d.Textures) == 0 || slices.ContainsFunc(d.Textures, unknown) {
		wrong.refuse("textures", "texture", "Choose a texture from 0 to 7.")
	}
	for i, amount := range d.Nutrition.amounts() {
		if amount < 0 || amount > MostNutrition {
			wrong.refuse(NutritionFields[i], "range", "Give amounts from 0 to %d.", MostNutrition)
		}
	}
	wrong.money("price", d.Price, s.Currency)
	return wrong.err()
}

// NutritionFields are the fields of Nutrition as commands and files name them.
var NutritionFields = []string{"energy_kcal", "protein_g", "carbohydrate_g", "fat_g", "sodium_mg",
	"potassium_mg"}

// amounts are those of NutritionFields.
func (n Nutrition) amounts() []int {
	return []int{n.EnergyKcal, n.ProteinG, n.CarbohydrateG, n.FatG, n.SodiumMg, n.PotassiumMg}
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
	return h.AddDishOnce(ctx, actor, dish, "")
}

// AddDishOnce is AddDish under an idempotency key, which works as for Admit.
func (h *Hospital) AddDishOnce(ctx context.Context, actor Actor, dish Dish,
	key string) (Dish, error) {
	if err := h.checkDish(ctx, actor, &dish); err != nil {
		return Dish{}, err
	}
	added, _, err := create(ctx, h, actor, creation[Dish]{
		name: "dish.add", key: key, said: dish,
		make: func(ctx context.Context, c *change) (int64, error) { return c.addDish(ctx, dish) },
		read: readDish,
	})
	return added, err
}

// checkDish tidies a dish that somebody wants to keep, and returns why they can't.
func (h *Hospital) checkDish(ctx context.Context, actor Actor, dish *Dish) error {
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	dish.tidy(settings)
	return cmp.Or(actor.need(ManageMenu), dish.check(settings))
}

// addDish inserts a dish and returns its id.
func (c *change) addDish(ctx context.Context, dish Dish) (id int64, err error) {
	id, err = c.insert(ctx, `INSERT INTO dish (name_en, name_fr, name_rw, meals, station,
			allergens, may_contain, diets, textures, energy_kcal, protein_g, carbohydrate_g, fat_g,
			sodium_mg, potassium_mg, price, available)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		RETURNING id`, dish.values()...)
	if err != nil {
		return 0, dish.writeError(err)
	}
	c.record(entry{action: "dish.add", entity: "dish", entityID: id, to: dish.Name.En, version: 1},
		dish)
	return id, nil
}

// values are what the columns of a dish are to hold, apart from its id and version.
func (d Dish) values() []any {
	n := d.Nutrition
	return []any{d.Name.En, d.Name.Fr, d.Name.Rw, list[Meal](d.Meals), d.Station,
		list[Allergen](d.Allergens), list[Allergen](d.MayContain), list[Diet](d.Diets),
		list[Texture](d.Textures), n.EnergyKcal, n.ProteinG, n.CarbohydrateG, n.FatG, n.SodiumMg,
		n.PotassiumMg, d.Price, d.Available}
}

// dishFields are the fields of a dish as commands name them, in the order of values and codes.
var dishFields = slices.Concat([]string{"name_en", "name_fr", "name_rw", "meals", "station",
	"allergens", "may_contain", "diets", "textures"}, NutritionFields,
	[]string{"price", "available"})

// codes are the values of dishFields as the audit keeps them.
func (d Dish) codes() []string {
	codes := []string{d.Name.En, d.Name.Fr, d.Name.Rw, commas(d.Meals), string(d.Station),
		commas(d.Allergens), commas(d.MayContain), commas(d.Diets),
		joined(d.Textures, ",", func(t Texture) string { return strconv.Itoa(int(t)) })}
	for _, amount := range append(d.Nutrition.amounts(), d.Price) {
		codes = append(codes, strconv.Itoa(amount))
	}
	return append(codes, strconv.FormatBool(d.Available))
}

// commas lists codes.
func commas[T ~string](codes []T) string {
	return joined(codes, ",", func(code T) string { return string(code) })
}

// changesTo are the fields in which two dishes may differ.
func (d Dish) changesTo(to Dish) []coded {
	was, is := d.codes(), to.codes()
	changes := make([]coded, len(dishFields))
	for i, field := range dishFields {
		changes[i] = coded{field, was[i], is[i]}
	}
	return changes
}

// writeError words why a dish could not be written.
func (d Dish) writeError(err error) error {
	if store.Violated(err) == "dish_name_en" {
		return Refuse(Conflict, "dish_name_taken",
			"There is a dish %s already. Choose another name.", d.Name.En)
	}
	return fmt.Errorf("keep dish %d: %w", d.ID, err)
}

// SetDish changes a dish: its recipe, or whether it is cooked at present. In the same transaction
// every open order with it is checked anew, as for SetDiet. What already stands changes nothing.
// Invalid names wrong fields; NotFound where there is no such dish; Conflict for a name that is
// taken, for a dish that is retired, and for a version other than 0 that is not the dish's.
func (h *Hospital) SetDish(ctx context.Context, actor Actor, dish Dish) (Dish, error) {
	if err := h.checkDish(ctx, actor, &dish); err != nil {
		return Dish{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Dish, error) {
		before, err := c.lockServedDish(ctx, dish.ID, dish.Version)
		if err != nil {
			return before, err
		}
		return c.setDish(ctx, before, dish)
	})
}

// lockDish keeps a dish from everyone else until the commit and returns it as it stands. NotFound
// where there is none.
func (c *change) lockDish(ctx context.Context, id int64) (Dish, error) {
	if _, err := c.lock(ctx, "dish", id); err != nil {
		return Dish{}, err
	}
	return readDish(ctx, c.tx, id)
}

// lockServedDish is lockDish for a command about a dish that is not retired and that its giver saw
// in a version; 0 is any.
func (c *change) lockServedDish(ctx context.Context, id, seen int64) (Dish, error) {
	dish, err := c.lockDish(ctx, id)
	if err != nil {
		return dish, err
	}
	if !dish.RetiredAt.IsZero() {
		return dish, Refuse(Conflict, "dish_retired",
			"%s is off the menu for good. Bring it back before you change it.", dish.Name.En).
			With(dish)
	}
	return dish, c.checkDishVersion(ctx, dish, seen)
}

// checkDishVersion refuses a command whose giver saw another version of a locked dish; 0 is any.
func (c *change) checkDishVersion(ctx context.Context, dish Dish, seen int64) error {
	if seen == 0 || seen == dish.Version {
		return nil
	}
	outdated := Refuse(Conflict, "dish_outdated",
		"%s has changed meanwhile. Look again before you change it.", dish.Name.En)
	return c.withChanges(ctx, outdated.With(dish), "dish", dish.ID, seen, dish.Version)
}

// unknownDish is the refusal of a dish that does not exist.
func unknownDish() error { return Refuse(NotFound, "dish_unknown", "There is no such dish.") }

// readDish reads one dish, retired or not. NotFound where there is none.
func readDish(ctx context.Context, q *sql.Tx, id int64) (Dish, error) {
	dish, err := scanDish(q.QueryRowContext(ctx, selectDish+` WHERE dish.id = $1`, id))
	return dish, wrapRow(err, unknownDish, "read dish %d", id)
}

// setDish changes a locked dish and returns it with its new version.
func (c *change) setDish(ctx context.Context, before, dish Dish) (Dish, error) {
	from, to := codesOf(before.changesTo(dish)...)
	if to == "" {
		return before, nil
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE dish SET name_en = $1, name_fr = $2, name_rw = $3,
			meals = $4, station = $5, allergens = $6, may_contain = $7, diets = $8, textures = $9,
			energy_kcal = $10, protein_g = $11, carbohydrate_g = $12, fat_g = $13, sodium_mg = $14,
			potassium_mg = $15, price = $16, available = $17, version = version + 1
		WHERE id = $18 RETURNING version`, append(dish.values(), dish.ID)...).Scan(&dish.Version)
	if err != nil {
		return dish, dish.writeError(err)
	}
	c.record(entry{action: "dish.set", entity: "dish", entityID: dish.ID, from: from, to: to,
		version: dish.Version}, dish)
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

// RetireDish takes a dish off the menu and the plan for good: nobody can order it any more, and its
// name is free again. Orders that have it keep it. NotFound and Conflict as for SetDish; one that
// is retired already stays so.
func (h *Hospital) RetireDish(ctx context.Context, actor Actor, id, version int64) error {
	return h.changeAs(ctx, actor, ManageMenu, func(ctx context.Context, c *change) error {
		dish, err := c.lockDish(ctx, id)
		if err != nil || !dish.RetiredAt.IsZero() {
			return err
		}
		if err := c.checkDishVersion(ctx, dish, version); err != nil {
			return err
		}
		return cmp.Or(c.unplan(ctx, id), c.keepRetired(ctx, dish, c.now))
	})
}

// RestoreDish puts a retired dish on the menu again, as it was. NotFound where there is no such
// dish, Conflict where it has another version, or another dish has its name by now.
func (h *Hospital) RestoreDish(ctx context.Context, actor Actor, id, version int64) error {
	return h.changeAs(ctx, actor, ManageMenu, func(ctx context.Context, c *change) error {
		dish, err := c.lockDish(ctx, id)
		if err != nil || dish.RetiredAt.IsZero() {
			return err
		}
		if err := c.checkDishVersion(ctx, dish, version); err != nil {
			return err
		}
		return c.keepRetired(ctx, dish, time.Time{})
	})
}

// keepRetired keeps since when a locked dish is retired; zero: it is not.
func (c *change) keepRetired(ctx context.Context, dish Dish, since time.Time) error {
	_, err := c.exec(ctx, `UPDATE dish SET retired_at = $2, version = version + 1 WHERE id = $1`,
		dish.ID, instant(since))
	if err != nil {
		return dish.writeError(err)
	}
	e := entry{action: "dish.retire", entity: "dish", entityID: dish.ID, from: dish.Name.En,
		version: dish.Version + 1}
	if since.IsZero() {
		e.action, e.from, e.to = "dish.restore", "", dish.Name.En
	}
	c.record(e, dish)
	return nil
}

const selectDish = `SELECT dish.id, dish.name_en, dish.name_fr, dish.name_rw, dish.meals,
	dish.station, dish.allergens, dish.may_contain, dish.diets, dish.textures, dish.energy_kcal,
	dish.protein_g, dish.carbohydrate_g, dish.fat_g, dish.sodium_mg, dish.potassium_mg, dish.price,
	dish.available, dish.version, dish.retired_at, dish.sold_out_until, dish.substitute_id
	FROM dish`

func scanDish(row scanner) (d Dish, err error) {
	n := &d.Nutrition
	err = row.Scan(&d.ID, &d.Name.En, &d.Name.Fr, &d.Name.Rw, (*list[Meal])(&d.Meals), &d.Station,
		(*list[Allergen])(&d.Allergens), (*list[Allergen])(&d.MayContain), (*list[Diet])(&d.Diets),
		(*list[Texture])(&d.Textures), &n.EnergyKcal, &n.ProteinG, &n.CarbohydrateG, &n.FatG,
		&n.SodiumMg, &n.PotassiumMg, &d.Price, &d.Available, &d.Version, (*instant)(&d.RetiredAt),
		(*instant)(&d.SoldOutUntil), (*reference)(&d.SubstituteID))
	return d, err
}

// Dishes lists the dishes that are not retired by name, for whoever looks after the menu.
func (h *Hospital) Dishes(ctx context.Context, actor Actor) ([]Dish, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, ManageMenu, func(ctx context.Context, q *sql.Tx) ([]Dish, error) {
		dishes, err := readDishes(ctx, q, func(d Dish) bool { return d.RetiredAt.IsZero() })
		for i, dish := range dishes {
			dishes[i] = dish.at(now)
		}
		return dishes, err
	})
}

// RetiredDishes lists the dishes that are off the menu for good, by name.
func (h *Hospital) RetiredDishes(ctx context.Context, actor Actor) ([]Dish, error) {
	return readAs(ctx, h, actor, ManageMenu, func(ctx context.Context, q *sql.Tx) ([]Dish, error) {
		return readDishes(ctx, q, func(d Dish) bool { return !d.RetiredAt.IsZero() })
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

// DishDetail is a dish with what has happened to it.
type DishDetail struct {
	Dish
	Events []DishEvent // the newest first, at most dishEventsShown

	Substitutes []Dish    // what can be offered instead of it, by name
	DayEnds     time.Time // when today does
}

// DishEvent is one thing that happened to a dish.
type DishEvent struct {
	At      time.Time
	By      string // the login of who did it
	Action  DishAction
	Changes []Change // where it was set, or sold out
}

// DishAction is what was done to a dish.
type DishAction string

// DishActions lists what can be done to a dish.
var DishActions = []DishAction{"add", "set", "sold_out", "restock", "retire", "restore"}

// dishEventsShown is how far back the history of a dish is shown; the audit keeps all of it.
const dishEventsShown = 100

// DishDetail reads a dish, retired or not, with its history. NotFound where there is none.
func (h *Hospital) DishDetail(ctx context.Context, actor Actor, id int64) (DishDetail, error) {
	return readAs(ctx, h, actor, ManageMenu,
		func(ctx context.Context, q *sql.Tx) (d DishDetail, err error) {
			if err := d.read(ctx, q, id, h.clock(ctx)); err != nil {
				return d, err
			}
			rows, err := q.QueryContext(ctx, `SELECT at, actor, action, from_state, to_state
				FROM audit WHERE entity = 'dish' AND entity_id = $1 ORDER BY at DESC, id DESC
				LIMIT $2`, id, dishEventsShown)
			d.Events, err = collect(rows, err, scanDishEvent)
			return d, wrap(err, "read what has happened to dish %d", id)
		})
}

// read reads a dish as it is at a moment, with what can be offered instead.
func (d *DishDetail) read(ctx context.Context, q *sql.Tx, id int64, now time.Time) error {
	dish, err := readDish(ctx, q, id)
	if err != nil {
		return err
	}
	d.Dish, d.DayEnds = dish.at(now), SettingsOf(ctx).dayEnds(now)
	d.Substitutes, err = readDishes(ctx, q, func(other Dish) bool {
		return other.RetiredAt.IsZero() && other.Available && !other.SoldOut(now) &&
			other.standsInFor(dish)
	})
	return err
}

// scanDishEvent reads a line of the audit. What was kept before changes were is an event without
// them.
func scanDishEvent(row scanner) (e DishEvent, err error) {
	var action, from, to string
	err = row.Scan((*instant)(&e.At), &e.By, &action, &from, &to)
	e.Action = DishAction(strings.TrimPrefix(action, "dish."))
	if e.Action != "retire" && from != "" {
		e.Changes = codedChanges(from, to)
	}
	return e, err
}
