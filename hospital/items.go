package hospital

import (
	"context"
	"fmt"
	"slices"
)

// ItemsCommand is what SetItems needs.
type ItemsCommand struct {
	Dishes []int64 // all that the order is to have; one that is there twice is served twice
	// What the person saw; 0 where they did not say.
	AdmissionID int64
	Version     int64 // of the order
}

// SetItems gives an order other dishes: a customer theirs until the cut-off and until it is begun,
// the kitchen and medical staff any until it is ready. Nothing that speaks against them is let pass
// here: Conflict "hazards" as for PlaceOrder. A part is to be done again where its dishes have
// changed, and a held order against which nothing speaks any more waits to be confirmed. What
// already stands changes nothing. Conflict "cut_off", "order_begun" and "order_items" where it is
// too late.
func (h *Hospital) SetItems(ctx context.Context, actor Actor, id int64,
	cmd ItemsCommand) (Order, error) {
	if err := actor.need(ChangeOrders); err != nil {
		return Order{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Order, error) {
		o, dishes, err := c.lockItems(ctx, id, cmd)
		if err != nil {
			return Order{}, err
		}
		if err := c.checkItems(ctx, o, dishes); err != nil {
			return Order{}, err
		}
		err = c.putItems(ctx, &o, dishes, o.Price-priceOf(o.Dishes)+priceOf(dishes))
		return o.shownTo(actor), err
	})
}

// lockItems locks dishes that an order is to have, then the order, and returns both. What it has
// already stays as it was ordered.
func (c *change) lockItems(ctx context.Context, id int64, cmd ItemsCommand) (o Order, dishes []Dish,
	err error) {
	if o, err = readOrder(ctx, c.tx, id); err != nil {
		return o, nil, err
	}
	if err := c.authorizeStep(ctx, o); err != nil {
		return o, nil, err
	}
	wrong, has := fields{}, map[int64]bool{}
	wrong.dishes(cmd.Dishes)
	for _, dish := range o.Dishes {
		has[dish.ID] = true
	}
	added := slices.DeleteFunc(slices.Clone(cmd.Dishes), func(id int64) bool { return has[id] })
	known, err := c.lockDishes(ctx, PlaceOrderCommand{Meal: o.Meal, Dishes: added},
		serving{date: o.ServiceDate, due: latest(c.now, o.Due)}, wrong)
	if err != nil {
		return o, nil, err
	}
	if o, err = c.lockOrder(ctx, id); err != nil {
		return o, nil, err
	}
	err = o.checkPrecondition(c.actor, precondition{cmd.AdmissionID, cmd.Version})
	if err != nil {
		return o, nil, c.withChanges(ctx, err, "order", o.ID, cmd.Version, o.Version)
	}
	return o, chosen(cmd.Dishes, slices.Concat(o.Dishes, known)), wrong.err()
}

// chosen are the dishes with these ids, each as it first stands among the known ones.
func chosen(ids []int64, known []Dish) []Dish {
	var dishes []Dish
	for _, id := range ids {
		i := slices.IndexFunc(known, func(d Dish) bool { return d.ID == id })
		if i >= 0 {
			dishes = append(dishes, known[i])
		}
	}
	return dishes
}

// checkItems returns why the actor can't give a locked order these dishes, or nil.
func (c *change) checkItems(ctx context.Context, o Order, dishes []Dish) error {
	if err := c.checkChangeable(ctx, o); err != nil {
		return err
	}
	o.Dishes = dishes
	hazards, err := c.hazardsOf(ctx, o)
	if err == nil && len(hazards) > 0 {
		err = dangerous(c.actor, hazards)
	}
	return err
}

// checkChangeable refuses other dishes for a locked order for which it is too late.
func (c *change) checkChangeable(ctx context.Context, o Order) error {
	staff := c.actor.Role.May(ReadOrders)
	switch {
	case o.Status.Ended() || o.Status == OrderReady || o.Status == OrderInTransit:
		return o.conflict(c.actor, "order_items",
			"Order %d is %s, and its dishes can't be changed any more.", o.ID, orderWords[o.Status])
	case !staff && o.Begun:
		return o.conflict(c.actor, "order_begun",
			"The kitchen has begun to cook order %d. Ask the ward to cancel it.", o.ID)
	case staff:
		return nil
	}
	served, timed := SettingsOf(ctx).Serves(o.Meal, o.wardID, o.ServiceDate)
	if timed && c.now.After(SettingsOf(ctx).orderBy(o.Meal, served)) {
		return o.conflict(c.actor, "cut_off",
			"It is too late to change order %d. Ask the ward.", o.ID)
	}
	return nil
}

// priceOf is what dishes cost.
func priceOf(dishes []Dish) (price int) {
	for _, dish := range dishes {
		price += dish.Price
	}
	return price
}

// sameDishes reports whether two orders of dishes are the same, whatever their order.
func sameDishes(one, other []Dish) bool {
	return slices.Equal(sortedIDs(one), sortedIDs(other))
}

func sortedIDs(dishes []Dish) []int64 {
	ids := make([]int64, len(dishes))
	for i, dish := range dishes {
		ids[i] = dish.ID
	}
	slices.Sort(ids)
	return ids
}

// putItems gives a locked order other dishes, which were checked, and a price where it is for an
// address. Whoever follows the order is told by its screens.
func (c *change) putItems(ctx context.Context, o *Order, dishes []Dish, price int) error {
	if sameDishes(o.Dishes, dishes) {
		return nil
	}
	if o.AddressID == 0 {
		price = 0 // the hospital pays
	}
	was := o.Dishes
	o.Dishes = dishes
	if _, err := c.exec(ctx, `DELETE FROM order_dish WHERE order_id = $1`, o.ID); err != nil {
		return fmt.Errorf("take the dishes of order %d: %w", o.ID, err)
	}
	if err := c.insertDishes(ctx, *o); err != nil {
		return err
	}
	if err := c.redoParts(ctx, o, was); err != nil {
		return err
	}
	_, err := c.exec(ctx, `UPDATE meal_order SET price = $2, version = version + 1 WHERE id = $1`,
		o.ID, price)
	if err != nil {
		return fmt.Errorf("change the dishes of order %d: %w", o.ID, err)
	}
	if *o, err = readOrder(ctx, c.tx, o.ID); err != nil {
		return err
	}
	e := o.entry("order.items")
	e.from, e.to, e.version = dishNames(was), dishNames(o.Dishes), o.Version
	c.record(e, *o)
	if err := c.touchCustomers(ctx, *o); err != nil {
		return err
	}
	return c.recheck(ctx, o)
}

// redoParts forgets the parts of a locked order whose dishes were others.
func (c *change) redoParts(ctx context.Context, o *Order, was []Dish) error {
	of := func(station Station, dishes []Dish) []Dish {
		return slices.DeleteFunc(slices.Clone(dishes), func(d Dish) bool {
			return d.Station != station
		})
	}
	for _, station := range Stations {
		if sameDishes(of(station, was), of(station, o.Dishes)) {
			continue
		}
		if err := c.forgetParts(ctx, o, `station = $2`, station); err != nil {
			return err
		}
	}
	return nil
}

// dishNames are dishes as the audit names them.
func dishNames(dishes []Dish) string {
	return joined(dishes, "; ", func(d Dish) string { return d.Name.En })
}
