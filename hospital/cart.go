package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Cart is the checked trays of one ward and meal that were handed to the couriers together. Each
// tray is delivered by itself. A tray that is stopped, or that somebody takes alone, leaves it.
type Cart struct {
	ID          int64
	WardID      int64
	WardCode    string
	WardName    string
	Meal        Meal
	ServiceDate time.Time // midnight UTC of the day in the hospital
	ReadyAt     time.Time
	CourierID   int64 // who claimed it; 0: nobody
	Courier     string
	Departed    bool // a tray of it is on its way, or was
	Trays       int  // that are still to be handed over
	Version     int64

	courierGone bool
}

// topics are those of the wall, which shows how far each ward is, and of the couriers' tablets.
func (Cart) topics() []Topic { return []Topic{KitchenTopic, DeliveriesTopic} }

// claimable reports whether anybody may take the cart.
func (k Cart) claimable() bool { return k.CourierID == 0 || k.courierGone }

// CartCommand is what MakeCart needs.
type CartCommand struct {
	WardID         int64
	Meal           Meal
	IdempotencyKey string
}

// MakeCart hands the checked trays of a ward's meal to the couriers as one cart, and returns it with
// the orders of that ward and meal that are not on it and why: they go by themselves. Invalid for a
// ward or a meal that there is not; Conflict "cart_empty" where no tray is checked that nobody has
// claimed. An IdempotencyKey works as for Admit.
func (h *Hospital) MakeCart(ctx context.Context, actor Actor, cmd CartCommand) (cart Cart,
	left []LeftOut, replayed bool, err error) {
	if err := actor.need(CookOrders); err != nil {
		return Cart{}, nil, false, err
	}
	said := cmd
	said.IdempotencyKey = ""
	cart, replayed, err = create(ctx, h, actor, creation[Cart]{
		name: "cart.make", key: cmd.IdempotencyKey, said: said,
		make: func(ctx context.Context, c *change) (int64, error) { return c.makeCart(ctx, cmd) },
		read: readCart,
	})
	if err != nil {
		return Cart{}, nil, false, err
	}
	left, err = readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]LeftOut, error) {
		return leftOfCart(ctx, q, actor, cart)
	})
	return cart, left, replayed, err
}

// makeCart puts the checked trays of a ward's meal on a new cart and returns its id.
func (c *change) makeCart(ctx context.Context, cmd CartCommand) (int64, error) {
	ward, err := c.checkCart(ctx, cmd)
	if err != nil {
		return 0, err
	}
	id, err := c.insert(ctx, `INSERT INTO cart (ward_id, meal, service_date, ready_at)
		VALUES ($1, $2, $3, $4) RETURNING id`, cmd.WardID, cmd.Meal,
		instant(SettingsOf(ctx).kitchenDay(cmd.Meal, c.now)), instant(c.now))
	if err != nil {
		return 0, fmt.Errorf("make a cart: %w", err)
	}
	deliveries, err := c.checkedTrays(ctx, cmd)
	if err != nil {
		return 0, err
	}
	on := 0
	for _, delivery := range deliveries {
		put, err := c.putOnCart(ctx, delivery, id)
		if err != nil {
			return 0, err
		}
		if put {
			on++
		}
	}
	if on == 0 {
		return 0, Refuse(Conflict, "cart_empty",
			"No tray of ward %s is checked and waits. Check the trays first.", ward.Code)
	}
	c.record(entry{action: "cart.make", entity: "cart", entityID: id, wardID: cmd.WardID,
		to: fmt.Sprintf("%s, %d", cmd.Meal, on), version: 1}, Cart{})
	return id, nil
}

// checkCart returns the ward of a cart, or what is wrong with the fields.
func (c *change) checkCart(ctx context.Context, cmd CartCommand) (Ward, error) {
	wrong := fields{}
	checkChoices(wrong, "meal", []Meal{cmd.Meal}, SettingsOf(ctx).allMeals(), true)
	ward, err := readWard(ctx, c.tx, cmd.WardID)
	if IsKind(err, NotFound) {
		wrong.refuse("ward_id", "ward_unknown", "There is no such ward.")
	} else if err != nil {
		return ward, err
	}
	return ward, wrong.err()
}

// ordersOfCart is the condition on meal_order and its bed for the orders of one ward's meal that are
// cooked now: $1 is the ward, $2 the meal, $3 its day, and what was due before $4 is past.
const ordersOfCart = `bed.ward_id = $1 AND meal_order.meal = $2 AND meal_order.service_date <= $3
	AND meal_order.ended_at IS NULL AND meal_order.due >= $4 AND admission.discharged_at IS NULL`

// checkedTrays lists the deliveries of checked trays of a ward's meal that wait for a courier and
// are on no cart.
func (c *change) checkedTrays(ctx context.Context, cmd CartCommand) ([]int64, error) {
	settings := SettingsOf(ctx)
	ids, err := queryIDs(ctx, c.tx, `SELECT delivery.id
		FROM meal_order
		JOIN delivery ON delivery.order_id = meal_order.id AND delivery.ended_at IS NULL
		JOIN admission ON admission.id = meal_order.admission_id
		JOIN bed ON bed.id = admission.bed_id
		WHERE `+ordersOfCart+` AND meal_order.status = 'ready' AND delivery.cart_id IS NULL
		AND delivery.status = 'unassigned' ORDER BY delivery.id`, cmd.WardID, cmd.Meal,
		instant(settings.kitchenDay(cmd.Meal, c.now)), instant(settings.pastBefore(c.now)))
	return ids, wrap(err, "read the checked trays of ward %d", cmd.WardID)
}

// putOnCart puts a delivery that nobody has claimed on a cart. It reports whether it did: somebody
// may have claimed it meanwhile.
func (c *change) putOnCart(ctx context.Context, delivery, cart int64) (bool, error) {
	r, err := c.lockDelivery(ctx, delivery)
	if err != nil || r.Status != DeliveryUnassigned || r.CartID != 0 {
		return false, err
	}
	_, err = c.exec(ctx, `UPDATE delivery SET cart_id = $2, version = version + 1 WHERE id = $1`,
		delivery, cart)
	if err != nil {
		return false, fmt.Errorf("put delivery %d on a cart: %w", delivery, err)
	}
	c.touch(r)
	return true, nil
}

// selectCart reads carts with their ward, courier and how many trays are still to be handed over.
const selectCart = `SELECT cart.id, cart.ward_id, ward.code, ward.name, cart.meal,
		cart.service_date, cart.ready_at, cart.courier_id, COALESCE(courier.username, ''),
		COALESCE(` + courierGone + `, FALSE), cart.version,
		EXISTS (SELECT 1 FROM delivery WHERE delivery.cart_id = cart.id
			AND delivery.departed_bed_id IS NOT NULL),
		(SELECT COUNT(*) FROM delivery WHERE delivery.cart_id = cart.id
			AND delivery.ended_at IS NULL
			AND COALESCE(delivery.courier_id, 0) = COALESCE(cart.courier_id, 0))
	FROM cart JOIN ward ON ward.id = cart.ward_id
	LEFT JOIN app_user courier ON courier.id = cart.courier_id`

func scanCart(row scanner) (k Cart, err error) {
	err = row.Scan(&k.ID, &k.WardID, &k.WardCode, &k.WardName, &k.Meal,
		(*instant)(&k.ServiceDate), (*instant)(&k.ReadyAt), (*reference)(&k.CourierID), &k.Courier,
		&k.courierGone, &k.Version, &k.Departed, &k.Trays)
	return k, err
}

// readCart reads one. NotFound where there is none.
func readCart(ctx context.Context, q *sql.Tx, id int64) (Cart, error) {
	k, err := scanCart(q.QueryRowContext(ctx, selectCart+` WHERE cart.id = $1`, id))
	return k, wrapRow(err, unknownCart, "read cart %d", id)
}

func unknownCart() error { return Refuse(NotFound, "cart_unknown", "There is no such cart.") }

// readOpenCarts reads the carts that have trays to be handed over still, by ward and age.
func readOpenCarts(ctx context.Context, q *sql.Tx) ([]Cart, error) {
	rows, err := q.QueryContext(ctx, selectCart+` WHERE cart.id IN (SELECT delivery.cart_id
		FROM delivery WHERE delivery.ended_at IS NULL AND delivery.cart_id IS NOT NULL)`)
	carts, err := collect(rows, err, scanCart)
	carts = slices.DeleteFunc(carts, func(k Cart) bool { return k.Trays == 0 })
	slices.SortFunc(carts, func(a, b Cart) int {
		return cmp.Or(cmp.Compare(a.WardCode, b.WardCode), cmp.Compare(a.ID, b.ID))
	})
	return carts, wrap(err, "read the carts")
}

// leftOfCart lists the orders of a cart's ward and meal that are not on it and have not departed,
// and why.
func leftOfCart(ctx context.Context, q *sql.Tx, actor Actor, cart Cart) ([]LeftOut, error) {
	settings := SettingsOf(ctx)
	rows, err := q.QueryContext(ctx, `SELECT meal_order.id, bed.number
		FROM meal_order
		JOIN admission ON admission.id = meal_order.admission_id
		JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN delivery ON delivery.order_id = meal_order.id AND delivery.ended_at IS NULL
		WHERE `+ordersOfCart+` AND meal_order.status <> 'in_transit'
		AND COALESCE(delivery.cart_id, 0) <> $5
		ORDER BY length(bed.number), bed.number, meal_order.id`, cart.WardID, cart.Meal,
		instant(cart.ServiceDate), instant(settings.pastBefore(cart.ReadyAt)), cart.ID)
	left, err := collect(rows, err, func(row scanner) (one LeftOut, err error) {
		return one, row.Scan(&one.OrderID, &one.BedNumber)
	})
	if err != nil {
		return nil, fmt.Errorf("read what is not on cart %d: %w", cart.ID, err)
	}
	for i, one := range left {
		o, err := readOrder(ctx, q, one.OrderID)
		if err != nil {
			return nil, err
		}
		left[i].Why = notOnCart(actor, o)
	}
	return left, nil
}

// notOnCart is why an open order is not on the cart of its ward.
func notOnCart(actor Actor, o Order) *Error {
	switch o.Status {
	case OrderHeld:
		return refusalOf(o.conflict(actor, "held", "Order %d is held for safety.", o.ID))
	case OrderReady:
		return refusalOf(o.conflict(actor, "taken", "A courier has taken order %d by itself.", o.ID))
	}
	return refusalOf(o.conflict(actor, "not_checked", "The tray of order %d is not checked.", o.ID))
}

// ClaimCart takes a cart for the courier, with all its trays that nobody has taken by themselves.
// Claiming one's own again is no error. Conflict "cart_claimed" where another courier has it,
// "cart_gone" where nothing is left on it, and "cart_outdated" where it has another version than the
// courier saw; 0: they did not say.
func (h *Hospital) ClaimCart(ctx context.Context, actor Actor, id, version int64) (Cart, error) {
	if err := actor.need(CarryDeliveries); err != nil {
		return Cart{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Cart, error) {
		cart, err := c.lockCart(ctx, id)
		switch {
		case err != nil:
			return cart, err
		case cart.CourierID == actor.UserID:
			return cart, nil
		case !cart.claimable():
			return cart, Refuse(Conflict, "cart_claimed",
				"%s has claimed this cart. Choose another one.", cart.Courier).With(cart)
		}
		if err := cart.checkVersion(version); err != nil {
			return cart, err
		}
		return c.claimCart(ctx, cart)
	})
}

// checkVersion returns why a command must not act on the version that the actor saw, or nil.
func (k Cart) checkVersion(version int64) error {
	if version == 0 || version == k.Version {
		return nil
	}
	return Refuse(Conflict, "cart_outdated",
		"The cart for %s has changed meanwhile. Look again before you go on.", k.WardCode).With(k)
}

func cartGone(cart Cart) error {
	return Refuse(Conflict, "cart_gone", "Nothing is left on this cart. Choose another one.").
		With(cart)
}

// lockCart keeps a cart from everyone else until the commit. NotFound where there is none.
func (c *change) lockCart(ctx context.Context, id int64) (Cart, error) {
	if _, err := c.lock(ctx, "cart", id); err != nil {
		return Cart{}, err
	}
	return readCart(ctx, c.tx, id)
}

// claimCart gives a locked cart, and what is on it, to the actor.
func (c *change) claimCart(ctx context.Context, cart Cart) (Cart, error) {
	deliveries, err := c.traysOf(ctx, cart.ID)
	if err != nil {
		return cart, err
	}
	taken := 0
	for _, id := range deliveries {
		r, err := c.lockDelivery(ctx, id)
		if err != nil {
			return cart, err
		}
		if !r.claimable() {
			continue
		}
		taken++
		if err := c.takeOver(ctx, &r); err != nil {
			return cart, err
		}
	}
	if taken == 0 {
		return cart, cartGone(cart)
	}
	return c.putCart(ctx, cart, c.actor.UserID, "cart.claim")
}

// traysOf lists the deliveries of a cart that have not ended.
func (c *change) traysOf(ctx context.Context, cart int64) ([]int64, error) {
	ids, err := queryIDs(ctx, c.tx, `SELECT id FROM delivery
		WHERE cart_id = $1 AND ended_at IS NULL ORDER BY id`, cart)
	return ids, wrap(err, "read what is on cart %d", cart)
}

// putCart keeps who has a locked cart; courier 0 is nobody.
func (c *change) putCart(ctx context.Context, cart Cart, courier int64, action string) (Cart, error) {
	_, err := c.exec(ctx, `UPDATE cart SET courier_id = $2, version = version + 1 WHERE id = $1`,
		cart.ID, reference(courier))
	if err != nil {
		return cart, fmt.Errorf("keep who has cart %d: %w", cart.ID, err)
	}
	after, err := readCart(ctx, c.tx, cart.ID)
	c.record(entry{action: action, entity: "cart", entityID: cart.ID, wardID: cart.WardID,
		from: cart.Courier, to: after.Courier, version: after.Version}, cart)
	return after, err
}

// DepartCart sets off with the actor's cart: each tray departs as DepartDelivery does, by itself,
// and what the last safety check stops stays in the kitchen. It returns the refusals of those that
// are not on their way. Forbidden where the cart is another courier's; Conflict "cart_unclaimed"
// where it is nobody's, "cart_gone" where nothing is left on it, "cart_outdated" as of ClaimCart.
func (h *Hospital) DepartCart(ctx context.Context, actor Actor, id,
	version int64) (refused []error, err error) {
	trays, err := h.cartOf(ctx, actor, id, version)
	if err != nil {
		return nil, err
	}
	return refused, h.together(ctx, func(ctx context.Context) error {
		for _, tray := range trays {
			_, err := h.DepartDelivery(ctx, actor, tray, CourierCommand{})
			if err != nil && refusalOf(err) == nil {
				return err
			}
			if err != nil {
				refused = append(refused, err)
			}
		}
		return nil
	})
}

// cartOf lists the deliveries of the actor's cart that have not ended and are the actor's.
func (h *Hospital) cartOf(ctx context.Context, actor Actor, id, version int64) ([]int64, error) {
	return readAs(ctx, h, actor, CarryDeliveries,
		func(ctx context.Context, q *sql.Tx) ([]int64, error) {
			cart, err := readCart(ctx, q, id)
			switch {
			case err != nil:
				return nil, err
			case cart.CourierID == 0:
				return nil, Refuse(Conflict, "cart_unclaimed",
					"Nobody has claimed this cart. Claim it first.").With(cart)
			case cart.CourierID != actor.UserID:
				return nil, Refuse(Forbidden, "cart_not_yours",
					"This cart is not yours. Only its courier may go on with it.")
			}
			if err := cart.checkVersion(version); err != nil {
				return nil, err
			}
			ids, err := queryIDs(ctx, q, `SELECT id FROM delivery WHERE cart_id = $1
				AND courier_id = $2 AND ended_at IS NULL ORDER BY id`, id, actor.UserID)
			if err == nil && len(ids) == 0 {
				err = cartGone(cart)
			}
			return ids, wrap(err, "read what is on cart %d", id)
		})
}

// ReleaseCart gives the actor's cart back before it departs, with what is still claimed of it.
func (h *Hospital) ReleaseCart(ctx context.Context, actor Actor, id, version int64) error {
	if err := actor.need(CarryDeliveries); err != nil {
		return err
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		cart, err := c.lockCart(ctx, id)
		switch {
		case err != nil:
			return err
		case cart.CourierID != actor.UserID:
			return Refuse(Forbidden, "cart_not_yours",
				"This cart is not yours. Only its courier may go on with it.")
		case cart.Departed:
			return Refuse(Conflict, "cart_departed", "This cart is on its way already.").With(cart)
		}
		if err := cart.checkVersion(version); err != nil {
			return err
		}
		return c.releaseCart(ctx, cart)
	})
}

func (c *change) releaseCart(ctx context.Context, cart Cart) error {
	deliveries, err := c.traysOf(ctx, cart.ID)
	if err != nil {
		return err
	}
	for _, id := range deliveries {
		r, err := c.lockDelivery(ctx, id)
		if err != nil {
			return err
		}
		if r.CourierID != c.actor.UserID || r.Status != DeliveryAssigned {
			continue
		}
		r.CourierID, r.Courier = 0, ""
		if err := c.putDelivery(ctx, &r, DeliveryUnassigned); err != nil {
			return err
		}
	}
	_, err = c.putCart(ctx, cart, 0, "cart.release")
	return err
}
