package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dusangire/hospital"
)

// How the simulated kitchen works.
const (
	stoves       = 14               // tickets that are prepared at once
	cooksAhead   = time.Hour        // before a meal is due it is begun
	usualSnacks  = 16               // tickets besides the main meals that the demo is held near
	lookAfter    = 45 * time.Second // an order waits at least so long for the cook who confirms it
	tooLateAfter = 2 * time.Hour    // after it was due nobody eats it any more
)

// job is a step that a ticket waits for.
type job struct {
	name   string
	ticket hospital.Ticket
	do     step
	reason string
}

// Cook lets the kitchen take one ticket a step further, or somebody order something.
func (s *Staff) Cook(ctx context.Context) error {
	board, err := s.h.KitchenBoard(ctx, hospital.System)
	if err != nil {
		return fmt.Errorf("read the kitchen's wall: %w", err)
	}
	s.forgetTickets(board)
	if snacks(s.h.KnownSettings(), board) < usualSnacks && s.rng.IntN(3) == 0 {
		return s.order(ctx, board.At)
	}
	for _, j := range s.jobs(board) {
		o, err := j.do(ctx, cook, j.ticket.OrderID, hospital.OrderCommand{Reason: j.reason, Version: j.ticket.Version})
		done, err := s.did(ctx, j.name, err == nil, err)
		if err != nil {
			return err
		}
		if done {
			s.tickets[o.ID] = o.StatusSince
			return nil
		}
	}
	return nil
}

// forgetTickets forgets what is no longer on the wall.
func (s *Staff) forgetTickets(board hospital.KitchenBoard) {
	for id := range s.tickets {
		if !slices.ContainsFunc(board.Tickets, func(t hospital.Ticket) bool { return t.OrderID == id }) {
			delete(s.tickets, id)
		}
	}
}

// snacks counts the open tickets that are for no main meal.
func snacks(s *hospital.Settings, board hospital.KitchenBoard) (n int) {
	for _, ticket := range board.Tickets {
		if !ticket.Status.Ended() && !s.Meal(ticket.Meal).Main {
			n++
		}
	}
	return n
}

// jobs lists what there is to do, the most urgent first: what is cooked is taken off the stove, then the wall is kept in order, and
// only then something more is begun. Tickets come as the wall shows them, by when they are due.
func (s *Staff) jobs(board hospital.KitchenBoard) []job {
	var ready, orderly, begin []job
	for _, t := range board.Tickets {
		while := handsOff
		if t.Status == hospital.OrderPending {
			while = lookAfter
		}
		if t.Status.Ended() || t.Status == hospital.OrderInTransit || !s.tickets.untouched(t.OrderID, t.StatusSince, board.At, while) {
			continue
		}
		switch {
		case board.At.After(t.Due.Add(tooLateAfter)):
			orderly = append(orderly, job{"cancel what is too late", t, s.h.CancelOrder, "Too late to be served"})
		case t.Stopped == hospital.StoppedDischarged:
			orderly = append(orderly, job{"clear away what a patient left", t, s.h.CancelOrder, "The patient has left"})
		case t.Status == hospital.OrderPending, t.Status == hospital.OrderHeld && len(t.HeldFor) == 0:
			orderly = append(orderly, job{"confirm an order", t, s.h.ConfirmOrder, ""})
		case t.Status == hospital.OrderPreparing && board.At.Sub(t.StatusSince) >= s.cooking(t.OrderID):
			ready = append(ready, job{"make a tray ready", t, s.h.ReadyOrder, ""})
		case t.Status == hospital.OrderConfirmed && board.Counts[hospital.OrderPreparing] < stoves && t.Due.Sub(board.At) < cooksAhead:
			begin = append(begin, job{"begin to cook", t, s.h.StartOrder, ""})
		}
	}
	return slices.Concat(ready, orderly, begin)
}

// cooking is how long an order takes: four to eight minutes at the demo's usual pace.
func (s *Staff) cooking(order int64) time.Duration { return time.Duration(60+order*7%60) * s.pace }

// order lets somebody order something: mostly a nurse for a patient, at times for all who came to a ward after its meal round, or a
// customer for themselves.
func (s *Staff) order(ctx context.Context, now time.Time) error {
	name, do := "order a snack", s.orderSnack
	switch s.rng.IntN(10) {
	case 0, 1:
		name, do = "order late trays", s.orderLate
	case 2:
		name, do = "order to an address", s.orderParcel
	}
	done, err := do(ctx, now)
	_, err = s.did(ctx, name, done, err)
	return err
}

// orderSnack orders something safe for a patient on one of the wards, rather on a fuller one.
func (s *Staff) orderSnack(ctx context.Context, _ time.Time) (bool, error) {
	now, err := s.look(ctx)
	if err != nil {
		return false, err
	}
	for _, w := range s.wardsBy(now, func(w *ward, summary hospital.WardSummary) float64 { return float64(summary.Counts.Occupied) }) {
		board, err := s.h.WardBoard(ctx, hospital.System, now.byCode[w.code].ID)
		if err != nil {
			return false, fmt.Errorf("read ward %s: %w", w.code, err)
		}
		for _, bed := range draw(s.rng, board.Beds, func(bed hospital.BoardBed) float64 { return 1 })[:min(len(board.Beds), few)] {
			if bed.Admission == nil {
				continue
			}
			admission := bed.Admission
			_, found, err := s.invented(ctx, admission.AdmissionID, admission.PatientID,
				admission.PatientName)
			if err != nil || !found {
				return false, err
			}
			return s.orderFor(ctx, admission.AdmissionID, w.snack())
		}
	}
	return false, nil
}

// snack is what patients of the ward get between the main meals.
func (w *ward) snack() hospital.Meal {
	if w.code == nutritional {
		return hospital.Supplement
	}
	return hospital.Snack
}

// orderFor orders a dish or two that are safe for a patient, if there are any.
func (s *Staff) orderFor(ctx context.Context, admission int64, meal hospital.Meal) (bool, error) {
	cmd, err := s.plateFor(ctx, admission, meal)
	if err != nil || len(cmd.Dishes) == 0 {
		return false, err
	}
	_, _, err = s.h.PlaceOrder(ctx, nurse, cmd)
	return err == nil, err
}

// plateFor is an order of a dish or two that are safe for a patient, or of none where none is.
func (s *Staff) plateFor(ctx context.Context, admission int64, meal hospital.Meal) (hospital.PlaceOrderCommand, error) {
	cmd := hospital.PlaceOrderCommand{AdmissionID: admission, Meal: meal}
	offered, err := s.h.MenuFor(ctx, nurse, admission, meal)
	if err != nil {
		return cmd, err
	}
	safe := draw(s.rng, offered, func(dish hospital.OfferedDish) float64 {
		if len(dish.Hazards) > 0 {
			return 0
		}
		return 1
	})
	for _, dish := range safe[:min(len(safe), 1+s.rng.IntN(2))] {
		cmd.Dishes = append(cmd.Dishes, dish.ID)
	}
	return cmd, nil
}

// orderLate orders the main meal that is being served for those who came to a ward after its round, or may eat again.
func (s *Staff) orderLate(ctx context.Context, at time.Time) (bool, error) {
	now, err := s.look(ctx)
	if err != nil {
		return false, err
	}
	settings := s.h.KnownSettings()
	for _, meal := range settings.MainMeals() {
		due := served(settings, meal, at)
		if at.Before(due.Add(-settings.Meal(meal).CutOff)) || at.After(due.Add(servingLasts)) {
			continue
		}
		w := pick(s.rng, wards)
		round, err := s.h.OrderMealRound(ctx, nurse, now.byCode[w.code].ID, meal, settings.Local(at))
		return round.Placed > 0, err
	}
	return false, nil
}

// orderParcel lets one of the simulated customers order something to their address.
func (s *Staff) orderParcel(ctx context.Context, _ time.Time) (bool, error) {
	logins, err := s.logins(ctx)
	if err != nil {
		return false, err
	}
	who, known := logins[pick(s.rng, customers[1:]).username]
	if !known {
		return false, nil
	}
	addresses, err := s.h.Addresses(ctx, who)
	if err != nil || len(addresses) == 0 {
		return false, err
	}
	menu, err := s.h.Menu(ctx, hospital.System, hospital.Snack)
	if err != nil || len(menu) == 0 {
		return false, err
	}
	_, _, err = s.h.PlaceOrder(ctx, who, hospital.PlaceOrderCommand{AddressID: addresses[0].ID, Meal: hospital.Snack, Dishes: []int64{pick(s.rng, menu).ID, pick(s.rng, menu).ID}})
	return err == nil, err
}

// logins are those of the simulated people who are not disabled, by username.
func (s *Staff) logins(ctx context.Context) (map[string]hospital.Actor, error) {
	users, err := s.h.Users(ctx, hospital.System)
	if err != nil {
		return nil, fmt.Errorf("read the logins: %w", err)
	}
	logins := map[string]hospital.Actor{}
	for _, user := range users {
		if !user.Disabled && !user.Demo {
			logins[user.Username] = actorOf(user)
		}
	}
	return logins, nil
}
