package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// SoldOut reports whether there will be nothing left of the dish at a moment.
func (d Dish) SoldOut(at time.Time) bool { return at.Before(d.SoldOutUntil) }

// dayEnds is when the day of a moment ends in the hospital.
func (s *Settings) dayEnds(t time.Time) time.Time { return s.At(s.Day(t).AddDate(0, 0, 1), 0) }

// at is the dish as it is at a moment: of what is over it says nothing.
func (d Dish) at(now time.Time) Dish {
	if !d.SoldOut(now) {
		d.SoldOutUntil, d.SubstituteID = time.Time{}, 0
	}
	return d
}

// SoldOutCommand is what SellOutDish needs.
type SoldOutCommand struct {
	Until        time.Time // zero: until the day ends
	SubstituteID int64     // of the dish that is offered instead; 0: none
	Version      int64     // of the dish as the person saw it; 0 where they did not say
}

// SellOutDish says that there is nothing left of a dish until a time, and what is offered instead:
// the menu has that in its place, and the tickets that still wait for the dish offer it where it is
// safe for their patients. Invalid names wrong fields; NotFound and Conflict as for SetDish.
func (h *Hospital) SellOutDish(ctx context.Context, actor Actor, id int64,
	cmd SoldOutCommand) error {
	return h.changeAs(ctx, actor, ManageMenu, func(ctx context.Context, c *change) error {
		if cmd.Until.IsZero() {
			cmd.Until = SettingsOf(ctx).dayEnds(c.now)
		}
		for _, one := range sortedSet([]int64{id, cmp.Or(cmd.SubstituteID, id)}) {
			if _, err := c.lock(ctx, "dish", one); err != nil {
				return err
			}
		}
		dish, err := c.lockServedDish(ctx, id, cmd.Version)
		if err != nil {
			return err
		}
		wrong := fields{}
		if !cmd.Until.After(c.now) {
			wrong.refuse("until", "until_past", "Give a time that is still to come.")
		} else if cmd.Until.After(c.now.Add(farthestPlan)) {
			wrong.refuse("until", "too_late", "Give a time within a year from now.")
		}
		substitute, err := c.checkSubstitute(ctx, dish, cmd, wrong)
		if err != nil {
			return err
		}
		if err := wrong.err(); err != nil {
			return err
		}
		return c.keepSoldOut(ctx, dish, cmd, substitute)
	})
}

// checkSubstitute records why a dish can't be offered instead of a locked one, and returns it.
func (c *change) checkSubstitute(ctx context.Context, dish Dish, cmd SoldOutCommand,
	wrong fields) (substitute Dish, err error) {
	const field = "substitute_id"
	if cmd.SubstituteID == 0 {
		return substitute, nil
	}
	substitute, err = readDish(ctx, c.tx, cmd.SubstituteID)
	switch {
	case IsKind(err, NotFound) || err == nil && !substitute.RetiredAt.IsZero():
		wrong.refuse(field, "dish_unknown", "There is no such dish. Choose from the menu.")
		return substitute, nil
	case err != nil:
		return substitute, err
	case substitute.ID == dish.ID:
		wrong.refuse(field, "substitute_same", "Choose another dish than the one that is sold out.")
	case !substitute.Available || substitute.SoldOut(c.now):
		wrong.refuse(field, "dish_unavailable",
			"There is no %s left today. Choose something else.", substitute.Name.En)
	case !substitute.standsInFor(dish):
		wrong.refuse(field, "dish_meal",
			"%s is not served at this meal. Choose something else.", substitute.Name.En)
	}
	return substitute, nil
}

// standsInFor reports whether a dish is served at a meal at which another one is.
func (d Dish) standsInFor(other Dish) bool {
	return d.ID != other.ID && slices.ContainsFunc(d.Meals, func(m Meal) bool {
		return slices.Contains(other.Meals, m)
	})
}

// RestockDish says that there is some of a dish again. Where it is not sold out it changes nothing.
// NotFound and Conflict as for SetDish.
func (h *Hospital) RestockDish(ctx context.Context, actor Actor, id, version int64) error {
	return h.changeAs(ctx, actor, ManageMenu, func(ctx context.Context, c *change) error {
		dish, err := c.lockServedDish(ctx, id, version)
		if err != nil || !dish.SoldOut(c.now) {
			return err
		}
		return c.keepSoldOut(ctx, dish, SoldOutCommand{}, Dish{})
	})
}

// keepSoldOut keeps until when a locked dish is sold out, and what is offered instead. Without a
// time there is some again.
func (c *change) keepSoldOut(ctx context.Context, dish Dish, cmd SoldOutCommand,
	substitute Dish) error {
	was := dish.at(c.now)
	if was.SoldOutUntil.Equal(cmd.Until) && was.SubstituteID == cmd.SubstituteID {
		return nil
	}
	stoodIn, err := c.substituteOf(ctx, was)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `UPDATE dish SET sold_out_until = $2, substitute_id = $3,
		version = version + 1 WHERE id = $1`, dish.ID, instant(cmd.Until),
		reference(cmd.SubstituteID))
	if err != nil {
		return fmt.Errorf("keep that dish %d is sold out: %w", dish.ID, err)
	}
	e := entry{action: "dish.sold_out", entity: "dish", entityID: dish.ID, version: dish.Version + 1}
	if cmd.Until.IsZero() {
		e.action = "dish.restock"
	}
	e.from, e.to = codesOf(
		coded{"sold_out_until", momentCode(was.SoldOutUntil), momentCode(cmd.Until)},
		coded{"substitute", stoodIn.Name.En, substitute.Name.En})
	c.record(e, dish, topicOnly(KitchenTopic))
	return nil
}

// substituteOf is the dish that is offered instead of another; the zero Dish for none.
func (c *change) substituteOf(ctx context.Context, dish Dish) (Dish, error) {
	if dish.SubstituteID == 0 {
		return Dish{}, nil
	}
	return readDish(ctx, c.tx, dish.SubstituteID)
}

// momentCode is a time as the audit keeps it; "" for none.
func momentCode(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// soldOutDish is a dish of which nothing is left, with what is offered instead.
type soldOutDish struct {
	Dish
	substitute Dish // its ID is 0 where nothing is, or that is not there either
}

// readSoldOut reads which dishes are sold out now, by id.
func readSoldOut(ctx context.Context, q *sql.Tx, now time.Time) (map[int64]soldOutDish, error) {
	dishes, err := readDishes(ctx, q, func(d Dish) bool { return d.RetiredAt.IsZero() })
	if err != nil {
		return nil, err
	}
	sold := map[int64]soldOutDish{}
	for _, dish := range dishes {
		if !dish.SoldOut(now) {
			continue
		}
		one := soldOutDish{Dish: dish}
		i := slices.IndexFunc(dishes, func(d Dish) bool { return d.ID == dish.SubstituteID })
		if i >= 0 && dishes[i].Available && !dishes[i].SoldOut(now) {
			one.substitute = dishes[i]
		}
		sold[dish.ID] = one
	}
	return sold, nil
}

// markSoldOut says on tickets that still wait to be cooked of which dishes there is nothing left,
// and offers what is there instead where it is safe for the patient.
func markSoldOut(ctx context.Context, q *sql.Tx, tickets []Ticket, now time.Time) error {
	sold, err := readSoldOut(ctx, q, now)
	if err != nil || len(sold) == 0 {
		return err
	}
	for _, t := range tickets {
		if t.Status.Ended() || t.Status == OrderReady || t.Status == OrderInTransit {
			continue
		}
		for i, dish := range t.Dishes {
			one, isSold := sold[dish.ID]
			t.Dishes[i].SoldOut = isSold
			if isSold && t.mayHave(one.substitute) {
				t.Dishes[i].SubstituteID = one.substitute.ID
				t.Dishes[i].Substitute = one.substitute.Name
			}
		}
	}
	return nil
}

// mayHave reports whether a dish is safe for whom the ticket is for. Of who eats at an address
// nothing is known.
func (t Ticket) mayHave(dish Dish) bool {
	if dish.ID == 0 || !slices.Contains(dish.Meals, t.Meal) {
		return false
	}
	order := DietOrder{Diet: t.Diet, Texture: t.Texture, Allergies: t.Allergies}
	return t.Destination != "" || len(order.hazardsIn(dish)) == 0
}
