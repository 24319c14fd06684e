package hospital

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Menu lists what can be ordered now for the next serving of a meal, by name.
func (h *Hospital) Menu(ctx context.Context, actor Actor, meal Meal) ([]Dish, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, OrderMeals, func(ctx context.Context, q *sql.Tx) ([]Dish, error) {
		return readMenu(ctx, q, meal, SettingsOf(ctx).next(meal, 0, now))
	})
}

// readMenu lists what there is at a serving of a meal by name: of the dishes that are planned for
// it, or where nothing is planned of all that the meal has, those that are available. What is sold
// out is not there, and what is offered instead is.
func readMenu(ctx context.Context, q *sql.Tx, meal Meal, s serving) ([]Dish, error) {
	served, err := plannedFor(ctx, q, meal, s.date)
	if err != nil {
		return nil, err
	}
	dishes, err := readDishes(ctx, q, func(d Dish) bool {
		return d.RetiredAt.IsZero() && slices.Contains(d.Meals, meal)
	})
	planned := len(served) > 0
	for _, d := range dishes {
		if planned && d.SoldOut(s.due) && slices.Contains(served, d.ID) {
			served = append(served, d.SubstituteID)
		}
	}
	return slices.DeleteFunc(dishes, func(d Dish) bool {
		return !d.Available || d.SoldOut(s.due) || planned && !slices.Contains(served, d.ID)
	}), err
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
			wardID, err := wardOf(ctx, q, admissionID)
			if err != nil {
				return nil, err
			}
			s := SettingsOf(ctx).next(meal, wardID, now)
			dishes, err := readMenu(ctx, q, meal, s)
			return diet.judge(dishes, now, s.due), err
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
	o := Offer{At: h.clock(ctx)}
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Offer, error) {
		wardID, err := wardOf(ctx, q, admissionID)
		if err != nil {
			return o, err
		}
		settings := SettingsOf(ctx)
		o.plan(settings, wardID, meal)
		wrong := fields{}
		if (admissionID == 0) == (addressID == 0) {
			wrong.refuse("admission_id", "order_for", "Order for a patient or for an address.")
		}
		checkChoices(wrong, "meal", []Meal{o.Meal}, settings.MealCodes(), true)
		if err := wrong.err(); err != nil {
			return o, err
		}
		dishes, err := readMenu(ctx, q, o.Meal, settings.next(o.Meal, wardID, o.At))
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
func (o *Offer) plan(settings *Settings, wardID int64, meal Meal) {
	o.Meal, o.Servings = meal, nil
	var soonest time.Time
	for _, m := range settings.MealCodes() {
		s := settings.next(m, wardID, o.At)
		o.Servings = append(o.Servings, Serving{m, s.due, s.late})
		if meal == "" && settings.Meal(m).Main && (soonest.IsZero() || s.due.Before(soonest)) {
			o.Meal, soonest = m, s.due
		}
	}
}

// due is when the chosen meal is eaten.
func (o *Offer) due() time.Time {
	i := slices.IndexFunc(o.Servings, func(s Serving) bool { return s.Meal == o.Meal })
	return o.Servings[i].Due
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
	o.Dishes = diet.judge(dishes, o.At, o.due())
	return nil
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

// next is the serving of a meal that is ordered now for somebody in a ward; 0 is none.
func (s *Settings) next(m Meal, wardID int64, now time.Time) serving {
	day := s.Day(now)
	if at, timed := s.Serves(m, wardID, day); timed && now.After(at.Add(lateLasts)) {
		return s.on(m, wardID, day.AddDate(0, 0, 1), now)
	}
	return s.on(m, wardID, day, now)
}

// on is the serving of a meal of a day that is ordered now.
func (s *Settings) on(m Meal, wardID int64, day, now time.Time) serving {
	due, timed := s.Serves(m, wardID, day)
	if !timed {
		return serving{date: day, due: now.Add(day.Sub(s.Day(now)) + withinTheHour)}
	}
	on := serving{date: day, due: due, late: now.After(s.orderBy(m, due))}
	if now.After(due) {
		on.due = now.Add(withinTheHour)
	}
	return on
}
