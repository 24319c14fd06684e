package program

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dusangire/hospital"
)

// chore is something that has to be done because time has passed.
type chore struct {
	failed string // what the log says when it can't be done
	do     func(context.Context) error
}

// housekeeper does the chores again and again.
type housekeeper struct {
	hospital   *hospital.Hospital
	log        *slog.Logger
	mealRounds bool // are ordered
	clockWrong bool // the machine's clock could not be right when meal rounds were last looked at
}

// choresEvery is also how long the tray of somebody who must not eat any more can wait to be held.
const choresEvery = 10 * time.Second

// run does the chores in their order until ctx ends. What fails is logged and tried again the next
// time.
func (k *housekeeper) run(ctx context.Context) {
	chores := []chore{
		{"reservations that ran out can't be released", k.releaseReservations},
		{"meals of those who must not eat can't be held", k.holdMeals},
		{"screens can't be told what is late", k.showTimeMarks},
		{"a meal round can't be ordered", k.orderMealRounds},
		{"what is over can't be forgotten", k.hospital.ForgetOld},
	}
	tick := time.NewTicker(choresEvery)
	defer tick.Stop()
	for {
		for _, c := range chores {
			if err := c.do(ctx); err != nil && ctx.Err() == nil {
				k.log.Error(c.failed+"; it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (k *housekeeper) releaseReservations(ctx context.Context) error {
	_, err := k.hospital.ReleaseExpiredReservations(ctx)
	return err
}

func (k *housekeeper) holdMeals(ctx context.Context) error {
	_, err := k.hospital.HoldNilByMouth(ctx)
	return err
}

func (k *housekeeper) showTimeMarks(ctx context.Context) error {
	_, err := k.hospital.ShowTimeMarks(ctx)
	return err
}

// orderMealRounds orders the meal rounds that are due, and logs them and those that were missed.
func (k *housekeeper) orderMealRounds(ctx context.Context) error {
	if !k.mealRounds {
		return nil
	}
	rounds, err := k.hospital.OrderDueMealRounds(ctx)
	k.noteClock(err)
	if errors.Is(err, hospital.ErrClock) {
		return nil
	}
	for _, r := range rounds {
		k.log.Info("meal round", "ward", r.Ward.Code, "meal", r.Meal, "placed", r.Placed,
			"had", r.Had, "nil_by_mouth", r.MustNotEat, "without", r.NeverAsked+r.NothingFits)
	}
	missed, missedErr := k.hospital.AnnounceMissedRounds(ctx)
	for _, m := range missed {
		k.log.Warn("meal round missed; the kitchen and the wards are told, and can order it late",
			"ward", m.Ward.Code, "meal", m.Meal, "day", m.Day.Format(time.DateOnly),
			"patients", m.Patients)
	}
	return errors.Join(err, missedErr)
}

// noteClock logs once when the machine's clock is found to be wrong, and once when it is right
// again.
func (k *housekeeper) noteClock(err error) {
	wrong := errors.Is(err, hospital.ErrClock)
	switch {
	case wrong && !k.clockWrong:
		k.log.Warn("no meal round is ordered until this machine's clock is right; set it by NTP",
			"error", err)
	case !wrong && k.clockWrong:
		k.log.Info("this machine's clock is right again; meal rounds are ordered")
	}
	k.clockWrong = wrong
}
