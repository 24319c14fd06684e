package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// StartMealCommand is what StartMeal needs.
type StartMealCommand struct {
	Meal   Meal
	WardID int64 // 0: every ward, and addresses
	Coming bool  // leave out what is not of a meal that is coming
}

// LeftOut is an order that a command about many has left as it was, or held, and why.
type LeftOut struct {
	OrderID   int64
	BedNumber string // "" for an address, and while the patient has no bed
	Why       *Error
}

// MealStart says what became of the orders of a meal.
type MealStart struct {
	Started int
	LeftOut []LeftOut // by ward and bed
}

// StartMeal begins to cook every confirmed order of a meal as StartOrder does, each by itself:
// those of the serving that the kitchen works on, and earlier ones that are not past. It leaves out
// what must be confirmed before, and what the safety check holds; what is begun already it passes
// over. It may be given again. Invalid for a meal that there is not, and for a ward that there is not.
func (h *Hospital) StartMeal(ctx context.Context, actor Actor,
	cmd StartMealCommand) (start MealStart, err error) {
	if err := actor.need(CookOrders); err != nil {
		return start, err
	}
	waiting, err := h.waitingOrders(ctx, cmd)
	if err != nil {
		return start, err
	}
	err = h.together(ctx, func(ctx context.Context) error {
		for _, one := range waiting {
			started, err := command(ctx, h, actor, func(ctx context.Context,
				c *change) (bool, error) {
				return c.startForMeal(ctx, one.OrderID, cmd)
			})
			switch refusal := refusalOf(err); {
			case started:
				start.Started++
			case refusal != nil && refusal.Kind == Conflict:
				one.Why = refusal
				start.LeftOut = append(start.LeftOut, one)
			case err != nil:
				return fmt.Errorf("start order %d: %w", one.OrderID, err)
			}
		}
		return nil
	})
	return start, err
}

// waitingOrders lists the orders that a command may start, by ward and bed.
func (h *Hospital) waitingOrders(ctx context.Context, cmd StartMealCommand) ([]LeftOut, error) {
	now := h.clock(ctx)
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]LeftOut, error) {
		settings, wrong := SettingsOf(ctx), fields{}
		checkChoices(wrong, "meal", []Meal{cmd.Meal}, settings.allMeals(), true)
		if cmd.WardID != 0 {
			_, err := readWard(ctx, q, cmd.WardID)
			if IsKind(err, NotFound) {
				wrong.refuse("ward_id", "ward_unknown", "There is no such ward.")
			} else if err != nil {
				return nil, err
			}
		}
		if err := wrong.err(); err != nil {
			return nil, err
		}
		return workedOn(ctx, q, cmd.Meal, now, `meal_order.status IN ('pending', 'held', 'confirmed')
			AND ($4 = 0 OR bed.ward_id = $4)`, cmd.WardID)
	})
}

// workedOn lists the open orders of a meal that fit a condition, whose first argument is $4: of the
// serving that the kitchen works on, and earlier ones that are not past, by ward and bed.
func workedOn(ctx context.Context, q *sql.Tx, meal Meal, now time.Time, condition string,
	args ...any) ([]LeftOut, error) {
	settings := SettingsOf(ctx)
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx, `SELECT meal_order.id, COALESCE(bed.number, '')
		FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE meal_order.ended_at IS NULL AND meal_order.due >= $1 AND meal_order.meal = $2
		AND meal_order.service_date <= $3 AND `+condition+`
		ORDER BY ward.position, ward.code, length(bed.number), bed.number, meal_order.id`,
		append([]any{instant(settings.pastBefore(now)), meal,
			instant(settings.kitchenDay(meal, now))}, args...)...)
	orders, err := collect(rows, err, func(row scanner) (one LeftOut, err error) {
		return one, row.Scan(&one.OrderID, &one.BedNumber)
	})
	return orders, wrap(err, "read which orders of %s the kitchen works on", meal)
}

// startForMeal begins to cook one order, unless somebody has meanwhile.
func (c *change) startForMeal(ctx context.Context, id int64, cmd StartMealCommand) (bool, error) {
	o, err := c.lockOrder(ctx, id)
	if err != nil {
		return false, err
	}
	switch o.Status {
	case OrderPending:
		return false, o.conflict(c.actor, "pending", "Order %d waits to be confirmed.", o.ID)
	case OrderHeld:
		return false, o.conflict(c.actor, "held", "Order %d is held for safety.", o.ID)
	case OrderConfirmed:
	default:
		return false, nil
	}
	if cmd.Coming {
		if err := c.checkComing(ctx, o); err != nil {
			return false, err
		}
	}
	err = c.startOrder(ctx, &o, "")
	return err == nil, err
}
