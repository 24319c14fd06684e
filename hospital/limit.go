package hospital

import (
	"context"
	"fmt"
	"time"
)

// How many orders can be open at once, past ones apart, and how many a customer can place in a day.
// More is a mistake, or somebody's mischief that would hide what the kitchen has to cook.
const (
	MostOpenOfCustomer = 20
	MostOpenOfAddress  = 6
	MostOpenOfMeal     = 2 // of a patient and a day, for a meal that is no main one, by customers
	MostADayOfCustomer = 60
)

// ordersEnd is after how long it is worth looking whether an order has come to its end.
const ordersEnd = 10 * time.Minute

// tooMany is the refusal of one more, for the reason that advice gives.
func tooMany(advice *Error) error {
	refusal := Refuse(TooMany, "too_many", "%s Try again later.", advice)
	refusal.RetryAfter = ordersEnd
	return refusal
}

// limitCustomer refuses one more order of a customer who has as many as they may. It locks the
// customer, so that of two at once the second counts the first.
func (c *change) limitCustomer(ctx context.Context) error {
	if c.actor.Role.May(ReadOrders) || c.actor.UserID == 0 {
		return nil
	}
	_, err := c.exec(ctx, `UPDATE app_user SET username = username WHERE id = $1`, c.actor.UserID)
	if err != nil {
		return fmt.Errorf("lock user %d: %w", c.actor.UserID, err)
	}
	open, err := c.countOpen(ctx, `placed_by = $2`, c.actor.UserID)
	if err != nil {
		return err
	}
	if open >= MostOpenOfCustomer {
		return tooMany(Refuse(TooMany, "many_yours",
			"You have %d open orders, which is the most.", open))
	}
	today, err := scanValue[int](c.tx.QueryRowContext(ctx, `SELECT count(*) FROM meal_order
		WHERE placed_by = $1 AND placed_at >= $2`, c.actor.UserID,
		instant(SettingsOf(ctx).DayBegins(c.now))))
	if err == nil && today >= MostADayOfCustomer {
		err = tooMany(Refuse(TooMany, "many_today",
			"You have ordered %d times today, which is the most.", today))
	}
	return err
}

// limitAddress refuses one more order for a locked address that has as many as it may.
func (c *change) limitAddress(ctx context.Context, o Order) error {
	open, err := c.countOpen(ctx, `address_id = $2`, o.AddressID)
	if err == nil && open >= MostOpenOfAddress {
		err = tooMany(Refuse(TooMany, "many_address",
			"There are %d open orders for this address, which is the most.", open))
	}
	return err
}

// limitMeal refuses a customer one more order of a meal for a locked admission that has as many as
// it may. The hospital's own people know what they do.
func (c *change) limitMeal(ctx context.Context, o Order) error {
	if c.actor.Role.May(ReadOrders) {
		return nil
	}
	open, err := c.countOpen(ctx, `admission_id = $2 AND meal = $3 AND service_date = $4`,
		o.AdmissionID, o.Meal, instant(o.ServiceDate))
	if err == nil && open >= MostOpenOfMeal {
		err = tooMany(Refuse(TooMany, "many_meal",
			"This patient has %d open orders for this meal, which is the most.", open))
	}
	return err
}

// countOpen counts the open orders that are not past and fit a condition, whose first argument is
// $2.
func (c *change) countOpen(ctx context.Context, condition string, args ...any) (int, error) {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	open, err := scanValue[int](c.tx.QueryRowContext(ctx, `SELECT count(*) FROM meal_order
		WHERE ended_at IS NULL AND due >= $1 AND `+condition,
		append([]any{instant(SettingsOf(ctx).pastBefore(c.now))}, args...)...))
	return open, wrap(err, "count open orders")
}
