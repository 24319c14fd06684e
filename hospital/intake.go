package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Eaten is how much of a meal was eaten.
type Eaten string

// How much can have been eaten.
const (
	EatenAll  Eaten = "all"
	EatenHalf Eaten = "half"
	EatenNone Eaten = "none"
)

// EatenAmounts lists them as they are offered.
var EatenAmounts = []Eaten{EatenAll, EatenHalf, EatenNone}

// Intake is how much of a delivered meal was eaten, as it was seen when the tray was collected.
type Intake struct {
	Eaten  Eaten
	Reason string // why not all; may be empty
	At     time.Time
	By     string // who recorded it
}

// IntakeCommand is what RecordIntake needs.
type IntakeCommand struct {
	Eaten  Eaten
	Reason string // why not all; may be empty
	// As OrderCommand's.
	AdmissionID int64
	Version     int64
}

// RecordIntake keeps how much of a delivered order was eaten. It may be given again: the last one
// stands, and the audit has them all. Invalid names wrong fields; Conflict where the order has not
// been delivered, or is for an address, or is another patient's.
func (h *Hospital) RecordIntake(ctx context.Context, actor Actor, orderID int64,
	cmd IntakeCommand) error {
	if err := actor.need(RecordIntake); err != nil {
		return err
	}
	cmd.Reason = tidy(cmd.Reason)
	wrong := fields{}
	checkChoices(wrong, "eaten", []Eaten{cmd.Eaten}, EatenAmounts, true)
	wrong.text("reason", cmd.Reason, LongestReason)
	if err := wrong.err(); err != nil {
		return err
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		o, err := c.lockOrder(ctx, orderID)
		if err != nil {
			return err
		}
		return c.recordIntake(ctx, o, cmd)
	})
}

// recordIntake keeps how much of a locked order was eaten.
func (c *change) recordIntake(ctx context.Context, o Order, cmd IntakeCommand) error {
	if err := authorizeOrder(ctx, c.tx, c.now, c.actor, o); err != nil {
		return err
	}
	err := o.checkPrecondition(c.actor, precondition{cmd.AdmissionID, cmd.Version})
	switch {
	case err != nil:
		return c.withChanges(ctx, err, "order", o.ID, cmd.Version, o.Version)
	case o.AdmissionID == 0:
		return o.conflict(c.actor, "intake_address",
			"Order %d went to an address. What is eaten there nobody sees.", o.ID)
	case o.Status != OrderDelivered:
		return o.conflict(c.actor, "not_delivered",
			"Order %d is %s. Say how much was eaten once it has been delivered.", o.ID,
			orderWords[o.Status])
	}
	before, err := readIntake(ctx, c.tx, o.ID)
	if err != nil || before.Eaten == cmd.Eaten && before.Reason == cmd.Reason {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO intake (order_id, eaten, reason, recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id) DO UPDATE SET eaten = $2, reason = $3,
			recorded_at = $4, recorded_by = $5`,
		o.ID, cmd.Eaten, cmd.Reason, instant(c.now), reference(c.actor.UserID))
	if err != nil {
		return fmt.Errorf("keep the intake of order %d: %w", o.ID, err)
	}
	e := o.entry("order.intake")
	e.from, e.to = string(before.Eaten), string(cmd.Eaten)
	c.record(e, o, topicOnly(DeliveriesTopic))
	return c.touchCustomers(ctx, o)
}

// forgetIntake takes back how much of a locked order was eaten: it was not delivered after all.
func (c *change) forgetIntake(ctx context.Context, o *Order) error {
	before, err := readIntake(ctx, c.tx, o.ID)
	if err != nil || before.Eaten == "" {
		return err
	}
	if _, err := c.exec(ctx, `DELETE FROM intake WHERE order_id = $1`, o.ID); err != nil {
		return fmt.Errorf("forget the intake of order %d: %w", o.ID, err)
	}
	e := o.entry("order.intake")
	e.from = string(before.Eaten)
	c.record(e, *o)
	return nil
}

// readIntake reads how much of an order was eaten; Eaten is empty where nobody has said.
func readIntake(ctx context.Context, q *sql.Tx, orderID int64) (i Intake, err error) {
	err = q.QueryRowContext(ctx, `SELECT intake.eaten, intake.reason, intake.recorded_at,
			COALESCE(app_user.username, '')
		FROM intake LEFT JOIN app_user ON app_user.id = intake.recorded_by
		WHERE intake.order_id = $1`, orderID).Scan(&i.Eaten, &i.Reason, (*instant)(&i.At), &i.By)
	if errors.Is(err, sql.ErrNoRows) {
		return Intake{}, nil
	}
	return i, wrap(err, "read the intake of order %d", orderID)
}

// TrayOut is a delivered tray that is still at its patient: nobody has said what was eaten.
type TrayOut struct {
	OrderID     int64
	AdmissionID int64
	Meal        Meal
	BedNumber   string // where it was handed over
	Initials    string // of the patient
	DeliveredAt time.Time
}

// TraysOut is how many trays of a ward are still out.
type TraysOut struct {
	WardID   int64
	WardCode string
	Trays    int
}

// traysOutLast is how long after it was delivered a tray is looked for.
const traysOutLast = 6 * time.Hour

// traysOut are the trays that are still out: those delivered after $1 and before $2.
const traysOut = ` FROM delivery
	JOIN meal_order ON meal_order.id = delivery.order_id
	JOIN admission ON admission.id = meal_order.admission_id
	JOIN bed ON bed.id = delivery.ended_bed_id
	JOIN ward ON ward.id = bed.ward_id
	WHERE delivery.ended_at > $1 AND delivery.ended_at < $2 AND delivery.status = 'delivered'
	AND NOT EXISTS (SELECT 1 FROM intake WHERE intake.order_id = meal_order.id)`

// countTraysOut counts the trays that are still out, by ward.
func countTraysOut(ctx context.Context, q *sql.Tx, now time.Time) ([]TraysOut, error) {
	rows, err := q.QueryContext(ctx, `SELECT ward.id, ward.code, COUNT(*)`+traysOut+`
		GROUP BY ward.id, ward.code ORDER BY ward.code`,
		instant(now.Add(-traysOutLast)), uncounted(now))
	counts, err := collect(rows, err, func(row scanner) (out TraysOut, err error) {
		return out, row.Scan(&out.WardID, &out.WardCode, &out.Trays)
	})
	return counts, wrap(err, "count the trays that are out")
}

// WardTraysOut are the trays of one ward that are still out, by bed.
type WardTraysOut struct {
	Ward
	Trays []TrayOut
	At    time.Time
}

// TraysOut lists the trays of a ward that are still out. NotFound where there is no such ward.
func (h *Hospital) TraysOut(ctx context.Context, actor Actor, wardID int64) (WardTraysOut, error) {
	return readAs(ctx, h, actor, RecordIntake,
		func(ctx context.Context, q *sql.Tx) (out WardTraysOut, err error) {
			out.At = h.clock(ctx)
			if out.Ward, err = readWard(ctx, q, wardID); err != nil {
				return out, err
			}
			out.Trays, err = readTraysOut(ctx, q, wardID, out.At)
			return out, err
		})
}

func readTraysOut(ctx context.Context, q *sql.Tx, wardID int64, now time.Time) ([]TrayOut, error) {
	rows, err := q.QueryContext(ctx, `SELECT meal_order.id, admission.id, meal_order.meal,
			bed.number, delivery.ended_at,
			(SELECT name FROM patient WHERE patient.id = admission.patient_id)`+traysOut+`
		AND bed.ward_id = $3 ORDER BY length(bed.number), bed.number, meal_order.id`,
		instant(now.Add(-traysOutLast)), uncounted(now), wardID)
	form := SettingsOf(ctx).WallNames
	trays, err := collect(rows, err, func(row scanner) (tray TrayOut, err error) {
		var name PatientName
		err = row.Scan(&tray.OrderID, &tray.AdmissionID, &tray.Meal, &tray.BedNumber,
			(*instant)(&tray.DeliveredAt), &name)
		tray.Initials = name.onWall(form)
		return tray, err
	})
	return trays, wrap(err, "read the trays that are out in ward %d", wardID)
}
