package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Forecast is what a meal of a day will take as things stand: the trays that are ordered already,
// and those that its rounds will order. It is shown before the rounds, so that who would get
// nothing is looked after in time.
type Forecast struct {
	Meal     Meal
	Date     time.Time // midnight UTC
	Due      time.Time // when it is eaten; zero: nobody knows yet, of a meal without a time of its own
	At       time.Time // when it was read
	Trays    int
	Dishes   []DishForecast // by station and name
	Without  []ForecastLine // who would get nothing, by ward and bed
	Defaults []DefaultMeal  // what a round orders, by diet and texture
}

// DishForecast is how often a dish will be served.
type DishForecast struct {
	Dish      Dish
	Count     int
	ByTexture map[Texture]int // by what the patients need; regular for an address
}

// ForecastLine is a patient who would get nothing.
type ForecastLine struct {
	AdmissionID int64
	PatientName PatientName // empty for roles without ReadWards
	Initials    string
	BedNumber   string // empty for who waits for a bed
	WardCode    string
	Diet        DietOrder
	Why         NoMeal
}

// DefaultMeal is what a round orders for somebody of a diet and a texture who has no allergies.
type DefaultMeal struct {
	Diet    Diet
	Texture Texture
	Dishes  []Dish // empty: nothing fits
}

// Forecast reads what a meal of a day will take. An empty meal is the main one whose round comes
// next, on that day where a date is given, and without a date, midnight UTC, it is of the meal's next
// serving. Invalid names wrong fields.
func (h *Hospital) Forecast(ctx context.Context, actor Actor, meal Meal,
	date time.Time) (Forecast, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, ReadForecasts, func(ctx context.Context,
		q *sql.Tx) (Forecast, error) {
		f := Forecast{Meal: meal, Date: date, At: now}
		if settings := SettingsOf(ctx); meal == "" {
			var day time.Time
			f.Meal, day = settings.comingRound(latest(now, settings.At(date, 0)))
			if date.IsZero() {
				f.Date = day
			}
		}
		return readForecast(ctx, q, actor, f)
	})
}

// readForecast reads the forecast of what stands in f of its meal and date.
func readForecast(ctx context.Context, q *sql.Tx, actor Actor, f Forecast) (Forecast, error) {
	settings := SettingsOf(ctx)
	if f.Meal == "" {
		f.Meal = settings.comingMeal(f.At)
	}
	if f.Date.IsZero() {
		f.Date = settings.next(f.Meal, 0, f.At).date
	}
	if err := f.check(settings); err != nil {
		return f, err
	}
	err := f.read(ctx, q)
	for i := range f.Without {
		if !actor.Role.May(ReadWards) {
			f.Without[i].PatientName = ""
		}
	}
	return f, err
}

// check returns what is wrong with what was asked for.
func (f Forecast) check(s *Settings) error {
	wrong, today := fields{}, s.Day(f.At)
	checkChoices(wrong, "meal", []Meal{f.Meal}, s.MealCodes(), true)
	if f.Date.Before(today) || far(f.Date, today) {
		wrong.refuse("date", "plan_date", "Choose a date from today to a year ahead.")
	}
	return wrong.err()
}

// read reads the orders that there are, and judges what the rounds will do.
func (f *Forecast) read(ctx context.Context, q *sql.Tx) error {
	settings := SettingsOf(ctx)
	s := settings.on(f.Meal, 0, f.Date, f.At)
	if settings.Meal(f.Meal).Timed || f.Date.Equal(settings.Day(f.At)) {
		f.Due = s.due
	}
	menu, err := readMenu(ctx, q, f.Meal, s)
	if err != nil {
		return err
	}
	orders, err := ordersWhere(ctx, q, `meal_order.service_date = $1 AND meal_order.meal = $2`,
		instant(f.Date), f.Meal)
	if err != nil {
		return err
	}
	eaters, err := readEaters(ctx, q)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.AdmissionID == 0 && o.comes() {
			f.serve(o.Dishes, RegularTexture)
		}
	}
	done, err := f.roundsDone(ctx, q)
	if err != nil {
		return err
	}
	for _, e := range eaters {
		at, _ := settings.Serves(f.Meal, e.wardID, f.Date)
		e.inRound = e.wardID != 0 && !done[e.wardID] && !f.At.After(at)
		e.roundAt = latest(f.At, settings.roundBegins(f.Meal, at))
		f.count(e, settings.Meal(f.Meal), orders, menu, settings.on(f.Meal, e.wardID, f.Date, f.At))
	}
	f.Defaults = defaultMeals(menu, f.At, s)
	slices.SortFunc(f.Dishes, DishForecast.compare)
	return nil
}

// roundsDone returns the wards for which no round is to come: it is over, or was missed.
func (f *Forecast) roundsDone(ctx context.Context, q *sql.Tx) (map[int64]bool, error) {
	wards, err := queryIDs(ctx, q, `SELECT ward_id FROM meal_round WHERE service_date = $1
		AND meal = $2`, instant(f.Date), f.Meal)
	return setOf(wards), wrap(err, "read which wards had a round of %s", f.Meal)
}

// eater is a patient who may get a meal.
type eater struct {
	ForecastLine
	wardID     int64     // 0 for who waits for a bed
	withMother bool      // a newborn in the mother's bed
	inRound    bool      // a round is still to order for the patient
	roundAt    time.Time // when it will choose
}

// readEaters reads who is admitted, by ward and bed.
func readEaters(ctx context.Context, q *sql.Tx) ([]eater, error) {
	rows, err := q.QueryContext(ctx, `SELECT admission.id, patient.name, COALESCE(bed.number, ''),
			COALESCE(ward.code, ''), bed.ward_id, admission.with_mother, `+dietColumns+`
		FROM admission
		JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE admission.discharged_at IS NULL`)
	eaters, err := collect(rows, err, func(row scanner) (e eater, err error) {
		err = row.Scan(append([]any{&e.AdmissionID, &e.PatientName, &e.BedNumber, &e.WardCode,
			(*reference)(&e.wardID), &e.withMother}, e.Diet.columns()...)...)
		e.Initials = e.PatientName.Initials()
		return e, err
	})
	slices.SortFunc(eaters, func(a, b eater) int {
		return cmp.Or(cmp.Compare(a.WardCode, b.WardCode),
			cmp.Compare(len(a.BedNumber), len(b.BedNumber)), cmp.Compare(a.BedNumber, b.BedNumber),
			cmp.Compare(a.AdmissionID, b.AdmissionID))
	})
	return eaters, wrap(err, "read who is to eat")
}

// count adds what a patient gets: what is ordered for them, or else what the round will choose.
func (f *Forecast) count(e eater, kind MealKind, orders []Order, menu []Dish, s serving) {
	own := slices.DeleteFunc(slices.Clone(orders), func(o Order) bool {
		return o.AdmissionID != e.AdmissionID
	})
	if e.Why, _ = e.Diet.without(own, s.due, e.Diet.OnLeave); e.Why == "" {
		for _, o := range own {
			if o.comes() {
				f.serve(o.Dishes, e.Diet.Texture)
			}
		}
		return
	}
	if e.withMother || !kind.Main {
		return // fed with the mother; or nobody has to have this meal
	}
	if e.Why == NoMealNotOrdered && e.inRound {
		plate := e.Diet.plate(menu, e.roundAt, s)
		switch e.Diet.inRound(plate, false, e.roundAt, s) {
		case roundPlaced:
			f.serve(plate, e.Diet.Texture)
			return
		case roundMustNotEat:
			e.Why = NoMealFasting
		default:
			e.Why = NoMealNothingFits
		}
	}
	f.Without = append(f.Without, e.ForecastLine)
}

// serve adds a tray.
func (f *Forecast) serve(dishes []Dish, texture Texture) {
	f.Trays++
	for _, dish := range dishes {
		i := slices.IndexFunc(f.Dishes, func(d DishForecast) bool { return d.Dish.ID == dish.ID })
		if i < 0 {
			i = len(f.Dishes)
			f.Dishes = append(f.Dishes, DishForecast{Dish: dish, ByTexture: map[Texture]int{}})
		}
		f.Dishes[i].Count++
		f.Dishes[i].ByTexture[texture]++
	}
}

// compare sorts by station, then by name.
func (d DishForecast) compare(other DishForecast) int {
	return cmp.Or(cmp.Compare(slices.Index(Stations, d.Dish.Station),
		slices.Index(Stations, other.Dish.Station)),
		cmp.Compare(d.Dish.Name.En, other.Dish.Name.En), cmp.Compare(d.Dish.ID, other.Dish.ID))
}

// defaultMeals is what a round orders of a menu for each diet and texture, regular food first.
func defaultMeals(menu []Dish, now time.Time, s serving) (all []DefaultMeal) {
	for _, diet := range Diets {
		for texture := RegularTexture; texture.Valid(); texture-- {
			order := DietOrder{Diet: diet, Texture: texture, Allergies: Allergies{Known: true}}
			all = append(all, DefaultMeal{diet, texture, order.plate(menu, now, s)})
		}
	}
	return all
}

// MenuGap is a diet for which there is nothing at a meal: a round would leave its patients without.
type MenuGap struct {
	Meal Meal
	Diet Diet
}

// MenuGaps lists the diets for which the menu has nothing of regular texture at the next serving of
// a meal that has rounds, for whoever sets a hospital up.
func (h *Hospital) MenuGaps(ctx context.Context, actor Actor) ([]MenuGap, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, ManageMenu, func(ctx context.Context, q *sql.Tx) ([]MenuGap, error) {
		var gaps []MenuGap
		for _, meal := range SettingsOf(ctx).MainMeals() {
			s := SettingsOf(ctx).next(meal, 0, now)
			menu, err := readMenu(ctx, q, meal, s)
			if err != nil {
				return nil, fmt.Errorf("read what there is at %s: %w", meal, err)
			}
			for _, d := range defaultMeals(menu, now, s) {
				if d.Texture == RegularTexture && len(d.Dishes) == 0 {
					gaps = append(gaps, MenuGap{meal, d.Diet})
				}
			}
		}
		return gaps, nil
	})
}
