package hospital

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Part is what one station does for an order: all dishes of the order that are made there.
type Part struct {
	Station Station
	DoneAt  time.Time // zero: it is not done
}

// Parts are what the stations do for an order, in the order of Stations.
type Parts []Part

// Done reports whether a station has done its part.
func (p Parts) Done(station Station) bool {
	return slices.ContainsFunc(p, func(one Part) bool {
		return one.Station == station && !one.DoneAt.IsZero()
	})
}

// Left lists the stations whose part is not done.
func (p Parts) Left() (stations []Station) {
	for _, one := range p {
		if one.DoneAt.IsZero() {
			stations = append(stations, one.Station)
		}
	}
	return stations
}

// partsOf are the parts of an order with these dishes.
func partsOf(dishes []Dish, done partsDone) (parts Parts) {
	for _, station := range Stations {
		if slices.ContainsFunc(dishes, func(d Dish) bool { return d.Station == station }) {
			parts = append(parts, Part{station, done[station]})
		}
	}
	return parts
}

// partsOfOrder is a column with the parts of meal_order that are done, which partsDone reads.
const partsOfOrder = `COALESCE((SELECT string_agg(order_part.station || ' ' || order_part.done_at,
	',') FROM order_part WHERE order_part.order_id = meal_order.id), '')`

// partsDone is when stations have done their parts of an order.
type partsDone map[Station]time.Time

// Scan takes what the column partsOfOrder holds.
func (p *partsDone) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("parts are held as %T", column)
	}
	*p = nil
	if text == "" {
		return nil
	}
	*p = partsDone{}
	for one := range strings.SplitSeq(text, ",") {
		station, at, _ := strings.Cut(one, " ")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return fmt.Errorf("a part is held as %q: %w", one, err)
		}
		(*p)[Station(station)] = time.UnixMilli(ms).UTC()
	}
	return nil
}

// SetPart says that a station has done its part of an order, or has not after all. It begins to
// cook an order that is confirmed. That all parts are done makes no order ready: the tray check
// does (ReadyOrder). It checks anew, like StartOrder. NotFound where nothing of the order is made
// there; Conflict where the order is not being cooked.
func (h *Hospital) SetPart(ctx context.Context, actor Actor, id int64, station Station, done bool,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd, orderStep{may: CookOrders,
		run: func(c *change, ctx context.Context, o *Order, _ string) error {
			return c.setPart(ctx, o, station, done)
		}})
}

func (c *change) setPart(ctx context.Context, o *Order, station Station, done bool) error {
	made := slices.ContainsFunc(o.Parts, func(p Part) bool { return p.Station == station })
	cooked := o.Status == OrderPreparing || o.Status == OrderReady
	switch {
	case !made:
		return Refuse(NotFound, "part_unknown", "Nothing of order %d is made there.", o.ID)
	case cooked && o.Parts.Done(station) == done:
		return nil
	case done && o.Status == OrderConfirmed:
		if err := c.startOrder(ctx, o, ""); err != nil {
			return err
		}
	case o.Status != OrderPreparing:
		return o.invalidTransition(c.actor)
	case done:
		if err := c.holdIfUnsafe(ctx, o); err != nil {
			return err
		}
	}
	return c.putPart(ctx, o, station, done)
}

// putPart keeps whether a station has done its part of a locked order.
func (c *change) putPart(ctx context.Context, o *Order, station Station, done bool) error {
	e := o.entry("order.part")
	if done {
		e.to = string(station)
		if err := c.insertParts(ctx, o, false, station); err != nil {
			return err
		}
	} else {
		e.from = string(station)
		err := c.forgetParts(ctx, o, `station = $2`, station)
		if err != nil {
			return err
		}
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE meal_order SET version = version + 1 WHERE id = $1
		RETURNING version`, o.ID).Scan(&o.Version)
	if err != nil {
		return fmt.Errorf("count a change of order %d: %w", o.ID, err)
	}
	e.version = o.Version
	c.record(e, *o)
	return c.touchCustomers(ctx, *o)
}

// checkParts marks what no station has said to have done of a locked order whose tray is checked.
func (c *change) checkParts(ctx context.Context, o *Order) error {
	left := o.Parts.Left()
	if len(left) == 0 {
		return nil
	}
	e := o.entry("order.parts_checked")
	e.to = commas(left)
	c.record(e, *o)
	return c.insertParts(ctx, o, true, left...)
}

// insertParts keeps that parts of a locked order are done, by their stations or by the tray check.
func (c *change) insertParts(ctx context.Context, o *Order, checked bool,
	stations ...Station) error {
	for i, part := range o.Parts {
		if !slices.Contains(stations, part.Station) {
			continue
		}
		_, err := c.exec(ctx, `INSERT INTO order_part (order_id, station, done_at, done_by, checked)
			VALUES ($1, $2, $3, $4, $5)`,
			o.ID, part.Station, instant(c.now), reference(c.actor.UserID), checked)
		if err != nil {
			return fmt.Errorf("keep a part of order %d: %w", o.ID, err)
		}
		o.Parts[i].DoneAt = c.now
	}
	return nil
}

// partsUndone forgets the parts of a locked order that are not done any more once it comes to a
// status: all where it is to be cooked anew, and after a tray check that was taken back those that
// the check alone had marked, and hot food that has stood for too long.
func (c *change) partsUndone(ctx context.Context, o *Order, to OrderStatus) error {
	switch {
	case to == OrderPending || to == OrderConfirmed:
		return c.forgetParts(ctx, o, `TRUE`)
	case to != OrderPreparing || o.Status != OrderReady:
		return nil
	case SettingsOf(ctx).hotFood(o.Parts).tooOld(c.now):
		list, args := oneOf([]any{o.ID}, hotStations)
		return c.forgetParts(ctx, o, `(checked OR station IN `+list+`)`, args[1:]...)
	}
	return c.forgetParts(ctx, o, `checked`)
}

// forgetParts forgets the parts of a locked order that fit a condition, whose $1 is the order.
func (c *change) forgetParts(ctx context.Context, o *Order, condition string, args ...any) error {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := c.tx.QueryContext(ctx, `DELETE FROM order_part WHERE order_id = $1
		AND `+condition+` RETURNING station`, append([]any{o.ID}, args...)...)
	undone, err := collect(rows, err, scanValue[Station])
	if err != nil {
		return fmt.Errorf("forget parts of order %d: %w", o.ID, err)
	}
	for i, part := range o.Parts {
		if slices.Contains(undone, part.Station) {
			o.Parts[i].DoneAt = time.Time{}
		}
	}
	return nil
}
