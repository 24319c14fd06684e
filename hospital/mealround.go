package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MealRound says what became of the patients of a ward in a meal round. The counts add up to the
// patients who lay in the ward.
type MealRound struct {
	Placed      int // orders that were placed
	Had         int // patients who have, or had, an order for that meal of that day
	OnLeave     int // away: passed over
	MustNotEat  int // nil by mouth now or then: passed over
	NeverAsked  int // nobody has asked about allergies, so nothing is known to be safe: passed over
	NothingFits int // no dish on the menu is safe for the patient
}

// RoundsAhead is how many days ahead a meal round can be ordered.
const RoundsAhead = 7

// OrderMealRound places one order for each patient of a ward who has none for that meal of that
// day, from the menu by their diet, texture and allergies, and returns how many, and who was passed
// over why. It may be given again: patients who have one, whatever became of it, are passed over. A
// round of today that was missed is done by it. day is any time of the day as the hospital's clocks
// show it. Invalid for a meal that has no time of its own and for a day that is past or more than
// RoundsAhead days ahead; NotFound where there is no such ward.
func (h *Hospital) OrderMealRound(ctx context.Context, actor Actor, wardID int64, meal Meal,
	day time.Time) (MealRound, error) {
	if err := actor.need(OrderRounds); err != nil {
		return MealRound{}, err
	}
	settings, err := h.Settings(ctx)
	if err != nil {
		return MealRound{}, err
	}
	day = dayIn(day)
	if err := settings.checkRound(meal, day, settings.Day(h.clock(ctx))); err != nil {
		return MealRound{}, err
	}
	round, _, err := h.orderRound(ctx, actor, wardID, meal, day)
	return round, err
}

// orderRound is OrderMealRound of a day, midnight UTC, that is right, and returns also for whom
// there is nothing.
func (h *Hospital) orderRound(ctx context.Context, actor Actor, wardID int64, meal Meal,
	day time.Time) (round MealRound, without []int64, err error) {
	settings, err := h.Settings(ctx)
	if err != nil {
		return round, nil, err
	}
	today := settings.Day(h.clock(ctx))
	admissionIDs, err := h.admissionsInWard(ctx, wardID)
	if err != nil {
		return round, nil, err
	}
	for _, admissionID := range admissionIDs {
		// A transaction for each patient, so that a long ward keeps nobody waiting. What is placed
		// is placed; the next round passes it over.
		became, err := command(ctx, h, actor,
			func(ctx context.Context, c *change) (roundOutcome, error) {
				return c.orderForRound(ctx, admissionID, wardID, meal, day)
			})
		if err != nil {
			return round, nil, err
		}
		round.count(became)
		if became == roundNeverAsked || became == roundNothingFits {
			without = append(without, admissionID)
		}
	}
	if !day.Equal(today) {
		return round, without, nil
	}
	return round, without, h.change(ctx, actor, func(ctx context.Context, c *change) error {
		return c.endMissed(ctx, wardID, meal, round)
	})
}

// OrderTodaysRound is OrderMealRound for today.
func (h *Hospital) OrderTodaysRound(ctx context.Context, actor Actor, wardID int64,
	meal Meal) (MealRound, error) {
	settings, err := h.Settings(ctx)
	if err != nil {
		return MealRound{}, err
	}
	return h.OrderMealRound(ctx, actor, wardID, meal, settings.Local(h.clock(ctx)))
}

// roundsBegin is how long before the cut-off the rounds of a meal are ordered by themselves: so
// little that people have all but the whole time to choose, and enough that no order of a round is
// late.
const roundsBegin = 2 * time.Minute

// WardRound is a meal round that was due, and what became of the patients in it.
type WardRound struct {
	Ward Ward
	Meal Meal
	Day  time.Time // midnight UTC of the day in the hospital
	MealRound
	Without []int64 // the admissions for which there is nothing
}

// OrderDueMealRounds orders the meal rounds that are due, as the system: in each open ward each
// main meal once a day, from just before its cut-off until it is served. What was missed meanwhile,
// such as during a restart, is ordered late; what was missed until the meal is served is left to
// people, who are told (AnnounceMissedRounds). Where the clock can't be right, nothing is ordered.
// It may be given often, and by several nodes at once. Medical staff are told of the patients for
// whom there is nothing. A round that fails is returned in the error, and is due again; the others
// are ordered all the same.
func (h *Hospital) OrderDueMealRounds(ctx context.Context) ([]WardRound, error) {
	if err := h.plausible(ctx); err != nil {
		return nil, err
	}
	due, err := h.dueRounds(ctx)
	if err != nil {
		return nil, err
	}
	var ordered []WardRound
	var failures []error
	for _, round := range due {
		round.MealRound, round.Without, err = h.orderRound(ctx, System, round.Ward.ID, round.Meal,
			round.Day)
		if err == nil {
			err = h.change(ctx, System, func(ctx context.Context, c *change) error {
				return c.endRound(ctx, round)
			})
		}
		if err == nil {
			ordered = append(ordered, round)
		}
		failures = append(failures, wrap(err, "%s in ward %s", round.Meal, round.Ward.Code))
	}
	return ordered, errors.Join(failures...)
}

// ErrClock says that this machine's clock can't be right, as after a start without a battery:
// nothing that hangs on the day is done by itself until it is.
var ErrClock = errors.New("the clock of this machine is far from when people last worked")

// How far from when people worked of late the clock may be, behind and ahead: a hospital may have
// been closed for a while. Of late is some acts ago, so that the few that a wrong clock has stamped
// already don't speak for it.
const (
	clockBehind = 48 * time.Hour
	clockAhead  = 45 * 24 * time.Hour
	actsAgo     = 50
)

// plausible returns ErrClock where the clock can't be right.
func (h *Hospital) plausible(ctx context.Context) error {
	acts, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]instant, error) {
		rows, err := q.QueryContext(ctx, `SELECT at FROM audit ORDER BY id DESC LIMIT $1`, actsAgo)
		return collect(rows, err, scanValue[instant])
	})
	if err != nil || len(acts) == 0 {
		return err
	}
	now, worked := h.clock(ctx), time.Time(acts[len(acts)-1])
	if now.Before(worked.Add(-clockBehind)) || now.After(worked.Add(clockAhead)) {
		return fmt.Errorf("%w: it shows %s, and they worked at %s", ErrClock,
			now.Format(time.RFC3339), worked.Format(time.RFC3339))
	}
	return nil
}

// dueRounds lists the rounds that are due and not done, by meal and ward.
func (h *Hospital) dueRounds(ctx context.Context) ([]WardRound, error) {
	now := h.clock(ctx)
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (due []WardRound, _ error) {
		settings := SettingsOf(ctx)
		for _, meal := range settings.MainMeals() {
			for _, day := range settings.roundDays(meal, now) {
				wards, err := wardsWithout(ctx, q, meal, day)
				if err != nil {
					return nil, err
				}
				for _, ward := range wards {
					if settings.roundDue(meal, ward.ID, day, now) {
						due = append(due, WardRound{Ward: ward, Meal: meal, Day: day})
					}
				}
			}
		}
		return due, nil
	})
}

// wardsWithout lists the open wards whose round of a day's meal is neither done nor known to be
// missed.
func wardsWithout(ctx context.Context, q *sql.Tx, meal Meal, day time.Time) ([]Ward, error) {
	rows, err := q.QueryContext(ctx, selectWard+` WHERE ward.is_open AND NOT EXISTS (
		SELECT 1 FROM meal_round WHERE service_date = $1 AND meal = $2 AND ward_id = ward.id)
		ORDER BY ward.id`, instant(day), meal)
	wards, err := collect(rows, err, scanWard)
	return wards, wrap(err, "read which wards had no round of %s", meal)
}

// roundDays are the days whose rounds of a meal may be ordered by themselves now: those of a meal
// soon after midnight begin on the day before, and a ward's turn may come after midnight.
func (s *Settings) roundDays(m Meal, now time.Time) (days []time.Time) {
	today := s.Day(now)
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today, today.AddDate(0, 0, 1)} {
		served, _ := s.Serves(m, 0, day)
		if !now.Before(s.roundBegins(m, served)) && !now.After(served.Add(s.Meal(m).lastTurn())) {
			days = append(days, day)
		}
	}
	return days
}

// roundDue reports whether now is the time for the round of a meal in a ward to be ordered by
// itself.
func (s *Settings) roundDue(m Meal, wardID int64, day, now time.Time) bool {
	served, _ := s.Serves(m, wardID, day)
	return !now.Before(s.roundBegins(m, served)) && !now.After(served)
}

// endRound keeps that a round is done, unless another node was quicker, and tells the medical staff
// of the ward who gets nothing.
func (c *change) endRound(ctx context.Context, round WardRound) error {
	first, err := c.exec(ctx, `INSERT INTO meal_round (ward_id, service_date, meal)
		VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		round.Ward.ID, instant(round.Day), round.Meal)
	if err != nil || first == 0 {
		return wrap(err, "keep that the round is done")
	}
	c.record(entry{action: "ward.meal_round", entity: "ward", entityID: round.Ward.ID,
		wardID: round.Ward.ID, to: string(round.Meal), reason: round.words()},
		topicOnly(KitchenTopic))
	if len(round.Without) == 0 {
		return nil
	}
	about := aboutRound(round.Ward, round.Meal, round.Day, round.Without)
	return c.notifyWard(ctx, MedicalStaff, "meal_round_gaps", about)
}

// aboutRound is what a notification says of the patients of a ward who get no meal of a day.
func aboutRound(ward Ward, meal Meal, day time.Time, without []int64) About {
	return About{AdmissionIDs: without, WardID: ward.ID, WardCode: ward.Code, Meal: meal,
		ServiceDate: day, Patients: len(without)}
}

// words is what became of the patients, for the audit.
func (r MealRound) words() string {
	return fmt.Sprintf(
		"placed %d, had one %d, on leave %d, nil by mouth %d, never asked %d, nothing fits %d",
		r.Placed, r.Had, r.OnLeave, r.MustNotEat, r.NeverAsked, r.NothingFits)
}

// checkRound returns what is wrong with a round.
func (s *Settings) checkRound(meal Meal, day, today time.Time) error {
	wrong := fields{}
	checkChoices(wrong, "meal", []Meal{meal}, s.MainMeals(), true)
	if day.Before(today) || day.After(today.AddDate(0, 0, RoundsAhead)) {
		wrong.refuse("day", "round_day", "Choose a day from today to %d days ahead.", RoundsAhead)
	}
	return wrong.err()
}

// admissionsInWard lists the open admissions of a ward in the order of their beds. A newborn who
// lies with its mother is fed with her, and is in no round. NotFound where
// there is no such ward.
func (h *Hospital) admissionsInWard(ctx context.Context, wardID int64) ([]int64, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]int64, error) {
		if _, err := readWard(ctx, q, wardID); err != nil {
			return nil, err
		}
		admissions, err := queryIDs(ctx, q,
			`SELECT admission.id FROM admission JOIN bed ON bed.id = admission.bed_id
			WHERE bed.ward_id = $1 AND admission.discharged_at IS NULL
			AND NOT admission.with_mother
			ORDER BY length(bed.number), bed.number`, wardID)
		return admissions, wrap(err, "read who lies in ward %d", wardID)
	})
}

// roundOutcome says what became of one patient in a meal round.
type roundOutcome int

const (
	roundLeft roundOutcome = iota // the patient has left meanwhile, and counts no more
	roundPlaced
	roundHad
	roundOnLeave
	roundMustNotEat
	roundNeverAsked
	roundNothingFits
)

// count counts what became of one patient.
func (r *MealRound) count(became roundOutcome) {
	switch became {
	case roundPlaced:
		r.Placed++
	case roundHad:
		r.Had++
	case roundOnLeave:
		r.OnLeave++
	case roundMustNotEat:
		r.MustNotEat++
	case roundNeverAsked:
		r.NeverAsked++
	case roundNothingFits:
		r.NothingFits++
	}
}

// orderForRound places an order for a patient, if there is to be one, and returns what became of
// the patient.
func (c *change) orderForRound(ctx context.Context, admissionID, wardID int64, meal Meal,
	day time.Time) (roundOutcome, error) {
	s := SettingsOf(ctx).on(meal, wardID, day, c.now)
	plate, err := c.lockPlate(ctx, admissionID, meal, s)
	if err != nil {
		return 0, err
	}
	if err := c.lockAdmission(ctx, admissionID); err != nil {
		return 0, err
	}
	diet, err := readDiet(ctx, c.tx, admissionID)
	if err != nil {
		return 0, err
	}
	had, err := hasOrder(ctx, c.tx, admissionID, meal, s.date)
	if err != nil {
		return 0, err
	}
	if became := diet.inRound(plate, had, c.now, s); became != roundPlaced {
		return became, nil
	}
	o := Order{AdmissionID: admissionID, Meal: meal, ServiceDate: s.date, Due: s.due, Late: s.late,
		Dishes: plate, Status: OrderConfirmed, PlacedBy: c.actor.UserID, PlacedAt: c.now,
		StatusSince: c.now}
	if o.Late {
		o.Status = OrderPending
	}
	_, err = c.insertOrder(ctx, o)
	return roundPlaced, err
}

// lockPlate chooses what a patient is to eat and locks it. Dishes are locked before the admission,
// so the choice is checked again after both.
func (c *change) lockPlate(ctx context.Context, admissionID int64, meal Meal,
	s serving) ([]Dish, error) {
	diet, err := readDiet(ctx, c.tx, admissionID)
	if err != nil {
		return nil, err
	}
	menu, err := readMenu(ctx, c.tx, meal, s)
	if err != nil {
		return nil, err
	}
	plate := diet.plate(menu, c.now, s)
	for _, i := range byID(plate) {
		if plate[i], err = c.lockDish(ctx, plate[i].ID); err != nil {
			return nil, err
		}
	}
	return plate, nil
}

// byID lists the places of dishes in the order of their ids.
func byID(dishes []Dish) []int {
	places := make([]int, len(dishes))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(dishes[a].ID, dishes[b].ID) })
	return places
}

// plate chooses a dish of each station from those that are safe for the patient, rather one that is
// made at the patient's own texture; another one each day where there are several.
func (d DietOrder) plate(menu []Dish, now time.Time, s serving) []Dish {
	var plate []Dish
	day := int(s.date.Unix() / (24 * 60 * 60))
	for _, station := range Stations {
		var safe, usual []Dish
		for _, dish := range menu {
			if dish.Station != station || len(d.Hazards([]Dish{dish}, now, s.due)) > 0 {
				continue
			}
			safe = append(safe, dish)
			if slices.Contains(dish.Textures, d.Texture) {
				usual = append(usual, dish)
			}
		}
		if len(usual) > 0 {
			safe = usual
		}
		if len(safe) > 0 {
			plate = append(plate, safe[day%len(safe)])
		}
	}
	return plate
}

// inRound says what becomes of a locked patient for whom a plate was chosen. A plate that is not
// safe after all, because the diet or a recipe has changed this moment, is not given: the next
// round finds another.
func (d DietOrder) inRound(plate []Dish, had bool, now time.Time, s serving) roundOutcome {
	switch {
	case d.Ended:
		return roundLeft
	case had:
		return roundHad
	case d.OnLeave:
		return roundOnLeave
	case d.NilByMouth.Holds(now) || d.NilByMouth.Holds(s.due):
		return roundMustNotEat
	case !d.Allergies.Known:
		return roundNeverAsked
	case len(plate) == 0 || len(d.Hazards(plate, now, s.due)) > 0:
		return roundNothingFits
	}
	return roundPlaced
}

// hasOrder reports whether an admission has an order for a meal of a day, whatever became of it:
// one that somebody cancelled is not placed again by itself.
func hasOrder(ctx context.Context, q *sql.Tx, admissionID int64, meal Meal,
	date time.Time) (bool, error) {
	has, err := scanValue[bool](q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM meal_order
		WHERE admission_id = $1 AND service_date = $2 AND meal = $3)`,
		admissionID, instant(date), meal))
	return has, wrap(err, "read whether admission %d has an order", admissionID)
}
