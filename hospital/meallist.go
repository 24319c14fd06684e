package hospital

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// NoMeal says why a patient gets nothing at a meal.
type NoMeal string

// Why a patient gets nothing.
const (
	NoMealFasting     NoMeal = "nil_by_mouth"
	NoMealHeld        NoMeal = "held"         // for the patient's safety, or while they are away
	NoMealUndelivered NoMeal = "undelivered"  // it did not reach the patient
	NoMealCancelled   NoMeal = "cancelled"    // somebody took it back
	NoMealNeverAsked  NoMeal = "never_asked"  // nobody has asked about allergies
	NoMealNothingFits NoMeal = "nothing_fits" // no dish on the menu is safe for the patient
	NoMealNotOrdered  NoMeal = "not_ordered"  // nobody has ordered yet
)

// NoMeals lists every reason.
var NoMeals = []NoMeal{NoMealFasting, NoMealHeld, NoMealUndelivered, NoMealCancelled,
	NoMealNeverAsked, NoMealNothingFits, NoMealNotOrdered}

// MealList is who of a ward gets what at a meal, read in one snapshot: to be printed, and good for
// the moment that it was read. A newborn with its mother is fed with her, and is on it only where
// something was ordered for it.
type MealList struct {
	Ward
	Meal  Meal
	Day   time.Time // midnight UTC of the day in the hospital
	Due   time.Time // when it is eaten
	At    time.Time // when it was read
	Lines []MealLine
}

// MealLine is one patient of a ward's list, in the order of their beds.
type MealLine struct {
	AdmissionID int64
	PatientName PatientName // empty for roles without ReadWards
	Initials    string
	BedNumber   string
	Diet        DietOrder
	Orders      []Order // what the patient gets; empty where that is nothing
	Why         NoMeal  // why the patient gets nothing; empty where they get something
	// The order that came to nothing; its ID is 0 where there was none. Who is on leave has it held
	// for that all the same.
	Last Order

	withMother bool // a newborn in the mother's bed
}

// MealList reads who of a ward gets what at the meal's next serving; an empty meal is the main one
// that comes next. Invalid for a meal that there is not, NotFound where there is no such ward.
func (h *Hospital) MealList(ctx context.Context, actor Actor, wardID int64,
	meal Meal) (MealList, error) {
	return readAs(ctx, h, actor, ReadMealLists,
		func(ctx context.Context, q *sql.Tx) (MealList, error) {
			list := MealList{Meal: meal, At: h.clock(ctx)}
			if meal == "" {
				list.Meal = SettingsOf(ctx).comingMeal(list.At)
			}
			wrong := fields{}
			checkChoices(wrong, "meal", []Meal{list.Meal}, SettingsOf(ctx).MealCodes(), true)
			if err := wrong.err(); err != nil {
				return list, err
			}
			err := list.read(ctx, q, wardID)
			for i := range list.Lines {
				if !actor.Role.May(ReadWards) {
					list.Lines[i].PatientName = ""
				}
			}
			return list, err
		})
}

// comingMeal is the main meal that comes next.
func (s *Settings) comingMeal(now time.Time) Meal {
	return slices.MinFunc(s.MainMeals(), func(a, b Meal) int {
		return s.next(a, 0, now).due.Compare(s.next(b, 0, now).due)
	})
}

// comingRound is the main meal whose rounds are the next not to be over at a moment, and of which
// day.
func (s *Settings) comingRound(now time.Time) (coming Meal, day time.Time) {
	var first time.Time
	for _, meal := range s.MainMeals() {
		for ahead := range 3 { // a round may begin on the evening before
			on := s.Day(now).AddDate(0, 0, ahead)
			at, _ := s.Serves(meal, 0, on)
			begins := s.roundBegins(meal, at.Add(s.Meal(meal).lastTurn()))
			if begins.After(now) && (first.IsZero() || begins.Before(first)) {
				coming, day, first = meal, on, begins
			}
		}
	}
	return coming, day
}

// read reads the patients and their orders.
func (l *MealList) read(ctx context.Context, q *sql.Tx, wardID int64) (err error) {
	if l.Ward, err = readWard(ctx, q, wardID); err != nil {
		return err
	}
	s := SettingsOf(ctx).next(l.Meal, wardID, l.At)
	l.Day, l.Due = s.date, s.due
	if err := l.readLines(ctx, q); err != nil {
		return err
	}
	ids := make([]int64, len(l.Lines))
	for i, line := range l.Lines {
		ids[i] = line.AdmissionID
	}
	list, args := oneOf([]any{instant(s.date), l.Meal}, ids)
	orders, err := ordersWhere(ctx, q, `meal_order.admission_id IN `+list+`
		AND meal_order.service_date = $1 AND meal_order.meal = $2`, args...)
	if err != nil {
		return err
	}
	menu, err := readMenu(ctx, q, l.Meal, s)
	for i := range l.Lines {
		l.Lines[i].judge(orders, menu, l.At, s)
	}
	l.Lines = slices.DeleteFunc(l.Lines, func(line MealLine) bool {
		return line.withMother && len(line.Orders) == 0 && line.Last.ID == 0
	})
	return err
}

// readLines reads who lies in the ward.
func (l *MealList) readLines(ctx context.Context, q *sql.Tx) error {
	rows, err := q.QueryContext(ctx, `SELECT admission.id, patient.name, bed.number,
			admission.with_mother, `+dietColumns+`
		FROM bed
		JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
		JOIN patient ON patient.id = admission.patient_id
		WHERE bed.ward_id = $1
		ORDER BY length(bed.number), bed.number, admission.with_mother, admission.id`, l.ID)
	l.Lines, err = collect(rows, err, func(row scanner) (line MealLine, err error) {
		err = row.Scan(append([]any{&line.AdmissionID, &line.PatientName, &line.BedNumber,
			&line.withMother}, line.Diet.columns()...)...)
		line.Initials = line.PatientName.Initials()
		return line, err
	})
	return wrap(err, "read who lies in ward %d", l.ID)
}

// judge says what the patient gets of the ward's orders, or else why that is nothing.
func (l *MealLine) judge(orders []Order, menu []Dish, now time.Time, s serving) {
	own := slices.DeleteFunc(slices.Clone(orders), func(o Order) bool {
		return o.AdmissionID != l.AdmissionID
	})
	l.Why, l.Last = l.Diet.without(own, s.due, l.Diet.OnLeave)
	if l.Why == NoMealNotOrdered && len(l.Diet.plate(menu, now, s)) == 0 {
		l.Why = NoMealNothingFits
	}
	if l.Why == "" {
		l.Orders = slices.DeleteFunc(own, func(o Order) bool { return !o.comes() })
	}
}

// comes reports whether the patient gets, or got, what was ordered, as things stand.
func (o Order) comes() bool {
	return o.Status == OrderDelivered ||
		!o.Status.Ended() && o.Status != OrderHeld && o.Stopped == ""
}

// without says why a patient gets none of the orders of a meal that is eaten at a time, and which
// of them came to nothing last; "" where the patient gets one. Of who is on leave then it is held,
// whether anything was ordered or not.
func (d DietOrder) without(orders []Order, eaten time.Time, onLeave bool) (why NoMeal,
	last Order) {
	for _, o := range orders {
		if o.comes() {
			return "", o
		}
		last = o
	}
	switch {
	case onLeave:
		last.HeldFor, last.Stopped = []Hazard{{Kind: HazardOnLeave}}, ""
		return NoMealHeld, last
	case d.NilByMouth.Holds(eaten):
		return NoMealFasting, last
	case last.Status == OrderUndelivered:
		return NoMealUndelivered, last
	case last.Status == OrderCancelled:
		return NoMealCancelled, last
	case last.ID != 0:
		return NoMealHeld, last
	case !d.Allergies.Known:
		return NoMealNeverAsked, last
	}
	return NoMealNotOrdered, last
}
