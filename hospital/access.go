package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// This file says who may read which order, delivery, address and admission. Each read asks here, so
// a page, its JSON, its frames and its socket can't differ; commands ask too, and what a refusal
// shows of a thing is what its reader may see. What somebody may not read is not found: nobody
// learns whether it exists.
//
//	                 order                    delivery                    home address
//	medical staff,   any                      any; of a home the zone     –
//	ward management
//	kitchen          of today and yesterday   –                           –
//	courier          of today and yesterday   open ones, of a home that   of their open deliveries,
//	                                          isn't theirs the zone;      and for a day after
//	                                          theirs for a day after
//	customer         theirs                   theirs                      theirs
//	admin            any                      any                         any
//
// An admission is read by the ward roles, also after its end; the reason for it and the notes of
// its end are for those who hold ReadClinical.

// CarriedShows is how long after its end couriers may look up a delivery of theirs and where it
// went.
const CarriedShows = 24 * time.Hour

// authorizeOrder returns NotFound unless the actor may read the order.
func authorizeOrder(ctx context.Context, q *sql.Tx, now time.Time, actor Actor, o Order) error {
	seen, err := ordersSeen(ctx, q, now, actor, o.ID)
	if err == nil && !seen[o.ID] {
		return unknownOrder()
	}
	return err
}

// OrdersSeen returns which of some orders the actor may read, for whoever shows where to read them.
func (h *Hospital) OrdersSeen(ctx context.Context, actor Actor,
	ids ...int64) (map[int64]bool, error) {
	return readAs(ctx, h, actor, FollowOrders,
		func(ctx context.Context, q *sql.Tx) (map[int64]bool, error) {
			return ordersSeen(ctx, q, h.clock(ctx), actor, ids...)
		})
}

// ordersSeen is OrdersSeen in a transaction.
func ordersSeen(ctx context.Context, q *sql.Tx, now time.Time, actor Actor,
	ids ...int64) (map[int64]bool, error) {
	if actor.Role.May(ReadPastOrders) {
		return setOf(ids), nil
	}
	condition, args := ` AND `+followedBy, []any{actor.UserID}
	if actor.Role.May(ReadOrders) {
		yesterday := SettingsOf(ctx).Day(now).AddDate(0, 0, -1)
		condition, args = ` AND meal_order.service_date >= $1`, []any{instant(yesterday)}
	} else if err := actor.need(OrderMeals); err != nil {
		return nil, err
	}
	list, args := oneOf(args, ids)
	// #nosec G202 -- the conditions are those above, and the list is of $n alone
	found, err := queryIDs(ctx, q, `SELECT meal_order.id FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		WHERE meal_order.id IN `+list+condition, args...)
	return setOf(found), wrap(err, "read which orders user %d may read", actor.UserID)
}

func setOf(ids []int64) map[int64]bool {
	set := make(map[int64]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// authorize returns NotFound unless the actor, who is no customer, may read the delivery.
func (r deliveryRow) authorize(now time.Time, actor Actor) error {
	switch {
	case actor.oversees(), !r.Status.Ended():
		return nil
	case r.CourierID == actor.UserID && r.EndedAt.After(now.Add(-CarriedShows)):
		return nil
	}
	return unknownDelivery()
}

// oversees reports whether the actor, who is no customer, reads every delivery there ever was: all
// but couriers.
func (a Actor) oversees() bool {
	return !a.Role.May(CarryDeliveries) || a.Role.May(OverseeDeliveries)
}

// shownTo is the delivery as far as the actor may know of it, who may read it. A home is for the
// customer who lives there, the courier who goes there and admin: for everyone else the zone is
// enough.
func (r deliveryRow) shownTo(actor Actor) Delivery {
	d := r.Delivery
	theirs := r.CourierID == actor.UserID && actor.UserID != 0
	if r.AddressID == 0 || theirs || actor.Role.May(OverseeDeliveries) ||
		!actor.Role.May(ReadOrders) {
		return d
	}
	d.Destination, d.ReceivedBy = r.Zone, ""
	d.Latitude, d.Longitude, d.LocatedAt = nil, nil, time.Time{}
	return d
}

// authorizeAddress returns NotFound unless the actor may read the address.
func authorizeAddress(ctx context.Context, q *sql.Tx, now time.Time, actor Actor, a Address) error {
	if a.OwnerID == actor.UserID || actor.Role.May(OverseeDeliveries) {
		return nil
	}
	if !actor.Role.May(CarryDeliveries) {
		return unknownAddress()
	}
	const to = `SELECT 1 FROM delivery JOIN meal_order ON meal_order.id = delivery.order_id
		WHERE delivery.courier_id = $1 AND meal_order.address_id = $2 AND delivery.ended_at `
	carries, err := scanValue[bool](q.QueryRowContext(ctx,
		`SELECT EXISTS (`+to+`IS NULL) OR EXISTS (`+to+`> $3)`,
		actor.UserID, a.ID, instant(now.Add(-CarriedShows))))
	if err != nil {
		return fmt.Errorf("read whether user %d carries to address %d: %w", actor.UserID, a.ID, err)
	}
	if !carries {
		return unknownAddress()
	}
	return nil
}
