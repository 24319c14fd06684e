package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// SubstituteCommand is what SubstituteDish needs.
type SubstituteCommand struct {
	WithID int64 // of the dish that is given instead
	Meal   Meal  // of the orders; "": every one
}

// Substitution says what became of the orders with a dish.
type Substitution struct {
	Changed int
	LeftOut []LeftOut // by ward and bed
}

// SubstituteDish gives another dish instead of one on every open order that is not ready, of the
// servings that the kitchen works on and earlier ones that are not past, each by itself. It leaves
// out, as they are, those whose patients must not have it, and those whose station has done its
// part. For an address the price is never higher than it was. It may be given again. NotFound where
// there is no such dish; Invalid for what can't be given, and for a meal that there is not.
func (h *Hospital) SubstituteDish(ctx context.Context, actor Actor, id int64,
	cmd SubstituteCommand) (s Substitution, err error) {
	if err := actor.need(CookOrders); err != nil {
		return s, err
	}
	with, err := h.ordersWith(ctx, id, cmd)
	if err != nil {
		return s, err
	}
	err = h.together(ctx, func(ctx context.Context) error {
		for _, one := range with {
			changed, err := command(ctx, h, actor, func(ctx context.Context,
				c *change) (bool, error) {
				return c.substitute(ctx, one.OrderID, id, cmd.WithID)
			})
			switch refusal := refusalOf(err); {
			case changed:
				s.Changed++
			case refusal != nil && refusal.Kind == Conflict:
				one.Why = refusal
				s.LeftOut = append(s.LeftOut, one)
			case err != nil:
				return fmt.Errorf("substitute on order %d: %w", one.OrderID, err)
			}
		}
		return nil
	})
	return s, err
}

// ordersWith checks a substitution and lists the orders with the dish, by ward and bed.
func (h *Hospital) ordersWith(ctx context.Context, id int64,
	cmd SubstituteCommand) ([]LeftOut, error) {
	now := h.clock(ctx)
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]LeftOut, error) {
		if _, err := readDish(ctx, q, id); err != nil {
			return nil, err
		}
		settings, wrong := SettingsOf(ctx), fields{}
		meals := settings.allMeals()
		if cmd.Meal != "" {
			checkChoices(wrong, "meal", []Meal{cmd.Meal}, meals, true)
			meals = []Meal{cmd.Meal}
		}
		if err := cmd.check(ctx, q, id, now, wrong); err != nil {
			return nil, err
		}
		if err := wrong.err(); err != nil {
			return nil, err
		}
		var all []LeftOut
		for _, meal := range meals {
			some, err := workedOn(ctx, q, meal, now, `EXISTS (SELECT 1 FROM order_dish
				WHERE order_dish.order_id = meal_order.id AND order_dish.dish_id = $4)`, id)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, nil
	})
}

// check records why a dish can't be given instead of another.
func (cmd SubstituteCommand) check(ctx context.Context, q *sql.Tx, id int64, now time.Time,
	wrong fields) error {
	const field = "with_id"
	with, err := readDish(ctx, q, cmd.WithID)
	switch {
	case IsKind(err, NotFound) || err == nil && !with.RetiredAt.IsZero():
		wrong.refuse(field, "dish_unknown", "There is no such dish. Choose from the menu.")
		return nil
	case err != nil:
		return err
	case with.ID == id:
		wrong.refuse(field, "substitute_same", "Choose another dish than the one that is sold out.")
	case !with.Available || with.SoldOut(now):
		wrong.refuse(field, "dish_unavailable",
			"There is no %s left today. Choose something else.", with.Name.En)
	case cmd.Meal != "" && !slices.Contains(with.Meals, cmd.Meal):
		wrong.refuse(field, "dish_meal",
			"%s is not served at this meal. Choose something else.", with.Name.En)
	}
	return nil
}

// substitute gives another dish on one order, unless somebody has meanwhile.
func (c *change) substitute(ctx context.Context, orderID, id, withID int64) (bool, error) {
	var with Dish
	for _, one := range sortedSet([]int64{id, withID}) {
		dish, err := c.lockDish(ctx, one)
		if err != nil {
			return false, err
		}
		if one == withID {
			with = dish
		}
	}
	o, err := c.lockOrder(ctx, orderID)
	if err != nil {
		return false, err
	}
	dishes := slices.Clone(o.Dishes)
	for i, dish := range dishes {
		if dish.ID == id {
			dishes[i] = with
		}
	}
	if o.Status.Ended() || o.Status == OrderInTransit || sameDishes(dishes, o.Dishes) {
		return false, nil
	}
	if err := c.checkSubstitution(ctx, o, id, with, dishes); err != nil {
		return false, err
	}
	price := o.Price - priceOf(o.Dishes) + priceOf(dishes)
	return true, c.putItems(ctx, &o, dishes, min(o.Price, price))
}

// checkSubstitution returns why a locked order is left out, or nil.
func (c *change) checkSubstitution(ctx context.Context, o Order, id int64, with Dish,
	dishes []Dish) error {
	if !slices.Contains(with.Meals, o.Meal) {
		return o.conflict(c.actor, "dish_meal",
			"%s is not served at this meal. Choose something else.", with.Name.En)
	}
	for _, dish := range o.Dishes {
		if dish.ID == id && o.Status == OrderPreparing && o.Parts.Done(dish.Station) {
			return o.conflict(c.actor, "part_done", "Order %d has it on its tray already.", o.ID)
		}
	}
	return c.checkItems(ctx, o, dishes)
}
