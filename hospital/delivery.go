package hospital

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DeliveryStatus is the state of a delivery.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryUnassigned DeliveryStatus = "unassigned" // the tray is ready and nobody's
	DeliveryAssigned   DeliveryStatus = "assigned"   // a courier has claimed it
	DeliveryInTransit  DeliveryStatus = "in_transit"
	DeliveryDelivered  DeliveryStatus = "delivered"
	DeliveryFailed     DeliveryStatus = "failed"   // with a reason
	DeliveryReturned   DeliveryStatus = "returned" // stopped on its way and brought back
	DeliveryCancelled  DeliveryStatus = "cancelled"
)

// DeliveryStatuses lists the states in the order in which counts are shown.
var DeliveryStatuses = []DeliveryStatus{DeliveryUnassigned, DeliveryAssigned, DeliveryInTransit,
	DeliveryDelivered, DeliveryFailed, DeliveryReturned, DeliveryCancelled}

// deliverySteps is the table of the steps of a delivery.
var deliverySteps = map[DeliveryStatus][]DeliveryStatus{
	DeliveryUnassigned: {DeliveryAssigned, DeliveryCancelled},
	DeliveryAssigned:   {DeliveryInTransit, DeliveryUnassigned, DeliveryCancelled},
	DeliveryInTransit:  {DeliveryDelivered, DeliveryFailed, DeliveryReturned},
}

// deliveryWords are the states as a sentence about a delivery says them.
var deliveryWords = map[DeliveryStatus]string{
	DeliveryUnassigned: "waiting for a courier",
	DeliveryAssigned:   "claimed and not on its way yet",
	DeliveryInTransit:  "on its way",
	DeliveryDelivered:  "delivered",
	DeliveryFailed:     "undelivered",
	DeliveryReturned:   "brought back",
	DeliveryCancelled:  "cancelled",
}

// Ended reports whether nothing follows after s.
func (s DeliveryStatus) Ended() bool { return len(deliverySteps[s]) == 0 }

// Delivery is bringing one ready order to its patient's bed or its address. Where it goes is never
// stored: it follows the patient until it ends, and where it ended stays.
type Delivery struct {
	ID        int64
	OrderID   int64
	Status    DeliveryStatus
	CourierID int64 // 0: nobody's
	Courier   string
	BedID     int64 // of the patient now; 0 for an address or while the patient has no bed
	BedNumber string
	WardCode  string
	// for people: "MED-A-05, Medicine, women", or the address; empty while the patient has no bed
	Destination string
	MovedFrom   string // the bed for which it departed, where the patient lies elsewhere now
	Stopped     string // as Order.Stopped: bring it back
	Latitude    *float64
	Longitude   *float64
	LocatedAt   time.Time
	StatusSince time.Time // when the status was saved
	DoneAt      time.Time // when its courier handed it over or gave up, as their tablet says
	ReceivedBy  string
	FailReason  string
	Version     int64
}

// FailReasons are the usual reasons for a failed delivery, offered as suggestions.
var FailReasons = []string{"asleep", "away", "refused", "nil_by_mouth_sign", "not_found", "spilled"}

// CourierCommand is what claiming, releasing, departing and failing need.
type CourierCommand struct {
	// What the courier saw; 0 where they did not say.
	AdmissionID int64 // the admission that it is for; another one: Conflict "another_patient"
	Version     int64 // of the delivery

	// may be empty; a tablet may send a command again, and it happens once under its key
	IdempotencyKey string
	TappedAt       time.Time // of failing: when that was, by the tablet's clock; zero: now
}

// step is what the command is about, under the name of its step; what the step does is still to be
// said.
func (cmd CourierCommand) step(delivery int64, name string) deliveryStep {
	return deliveryStep{name: name, key: cmd.IdempotencyKey, delivery: delivery,
		precondition: precondition{cmd.AdmissionID, cmd.Version}}
}

// DeliverCommand is what Deliver needs.
type DeliverCommand struct {
	// scanned or typed: must be the number of the bed where the patient lies now, or for an address
	// its delivery code
	BedCode    string
	ReceivedBy string // who took it: one of Receivers, or a name

	// These four are as CourierCommand's.
	AdmissionID    int64
	Version        int64
	IdempotencyKey string
	TappedAt       time.Time
}

// Receivers are those who usually take a tray, offered as suggestions.
var Receivers = []string{"patient", "nurse", "relative"}

// LongestBedCode is the most characters of what is scanned or typed at the bedside.
const LongestBedCode = 40

// A courier may give mostTries wrong codes at an address, then claim the delivery anew for another
// code, and that mostRenewals times. After that the delivery takes another courier: mostWrongCodes
// of one are all.
const (
	mostTries      = 5
	mostRenewals   = 2
	mostWrongCodes = mostTries * (1 + mostRenewals)
)

// deliveryRow is a delivery with what only its commands need to know.
type deliveryRow struct {
	Delivery
	PatientID     int64
	WardID        int64 // of BedID
	DepartedBedID int64
	CourierGone   bool   // the courier's login is disabled, or of another role by now
	AddressID     int64  // 0 for a bed
	Zone          string // of the address
	Code          string // asked for at an address; empty for a bed
	Tries         int    // wrong ones given for this code
	Wrong         int    // wrong codes that its courier has given for this delivery in all
	EndedAt       time.Time
}

// claimable reports whether anybody may take the delivery: nobody has it, or its courier can't go
// on with it.
func (r deliveryRow) claimable() bool {
	return !r.Status.Ended() && (r.CourierID == 0 || r.CourierGone || r.Wrong >= mostWrongCodes)
}

// courierGone is the condition on a courier that they carry no more: disabled, or of another role.
const courierGone = `(courier.disabled OR courier.role NOT IN ('delivery', 'admin'))`

// The columns and tables of deliveries. A delivery that has ended shows where it ended; any other
// one follows the patient.
const (
	deliveryColumns = `delivery.id, delivery.order_id, delivery.status, delivery.courier_id,
		COALESCE(courier.username, ''), COALESCE(` + courierGone + `, FALSE), bed.id,
		COALESCE(bed.number, ''), bed.ward_id, COALESCE(ward.code, ''), COALESCE(ward.name, ''),
		delivery.departed_bed_id, COALESCE(departed.number, ''), meal_order.stopped,
		delivery.latitude, delivery.longitude, delivery.located_at, delivery.status_since,
		delivery.done_at, delivery.received_by, delivery.fail_reason, delivery.version,
		admission.patient_id, delivery.code, delivery.tries, COALESCE(wrong_code.given, 0),
		delivery.ended_place, delivery.ended_at, meal_order.address_id,
		COALESCE(address.line1, ''), COALESCE(address.line2, ''), COALESCE(address.city, ''),
		COALESCE(zone.name, '')`
	deliveryTables = ` FROM delivery
		JOIN meal_order ON meal_order.id = delivery.order_id
		LEFT JOIN app_user courier ON courier.id = delivery.courier_id
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN bed ON bed.id = CASE WHEN delivery.ended_at IS NOT NULL THEN delivery.ended_bed_id
			WHEN admission.discharged_at IS NULL THEN admission.bed_id END
		LEFT JOIN ward ON ward.id = bed.ward_id
		LEFT JOIN bed departed ON departed.id = delivery.departed_bed_id
		LEFT JOIN address ON address.id = meal_order.address_id
		LEFT JOIN zone ON zone.id = address.zone_id
		LEFT JOIN wrong_code ON wrong_code.delivery_id = delivery.id
			AND wrong_code.courier_id = delivery.courier_id`
	selectDelivery = `SELECT ` + deliveryColumns + deliveryTables
)

// scanDelivery reads a row that begins with deliveryColumns and has more columns after them.
func scanDelivery(row scanner, more ...any) (r deliveryRow, err error) {
	var ward, departed, endedPlace string
	var address Address
	var latitude, longitude degrees
	err = row.Scan(append([]any{&r.ID, &r.OrderID, &r.Status, (*reference)(&r.CourierID),
		&r.Courier, &r.CourierGone, (*reference)(&r.BedID), &r.BedNumber, (*reference)(&r.WardID),
		&r.WardCode, &ward, (*reference)(&r.DepartedBedID), &departed, &r.Stopped, &latitude,
		&longitude, (*instant)(&r.LocatedAt), (*instant)(&r.StatusSince), (*instant)(&r.DoneAt),
		&r.ReceivedBy, &r.FailReason, &r.Version, (*reference)(&r.PatientID), &r.Code, &r.Tries,
		&r.Wrong, &endedPlace, (*instant)(&r.EndedAt), (*reference)(&r.AddressID), &address.Line1,
		&address.Line2, &address.City, &r.Zone}, more...)...)
	switch {
	case err != nil:
		return r, err
	case !r.EndedAt.IsZero():
		r.Destination = endedPlace
	case r.BedID != 0:
		r.Destination = r.BedNumber + ", " + ward
	default:
		r.Destination = address.OneLine()
	}
	r.Latitude, r.Longitude = latitude.value, longitude.value
	if r.DepartedBedID != 0 && r.BedID != 0 && r.DepartedBedID != r.BedID {
		r.MovedFrom = departed
	}
	return r, nil
}

// degrees are a latitude or longitude as a column holds it: millionths, a tenth of a metre; NULL
// for nil.
type degrees struct{ value *float64 }

// Value returns what the column is to hold.
func (d degrees) Value() (driver.Value, error) {
	if d.value == nil {
		return nil, nil
	}
	return int64(math.Round(*d.value * 1e6)), nil
}

// Scan takes what the column holds.
func (d *degrees) Scan(column any) error {
	millionths, set, err := integerIn(column)
	d.value = nil
	if set {
		d.value = new(float64(millionths) / 1e6)
	}
	return err
}

// unknownDelivery is the refusal of a delivery that does not exist or is not for this person:
// nobody learns which.
func unknownDelivery() error {
	return Refuse(NotFound, "delivery_unknown", "There is no such delivery.")
}

// readDelivery reads one delivery. NotFound where there is none.
func readDelivery(ctx context.Context, q *sql.Tx, id int64) (deliveryRow, error) {
	r, err := scanDelivery(q.QueryRowContext(ctx, selectDelivery+` WHERE delivery.id = $1`, id))
	return r, wrapRow(err, unknownDelivery, "read delivery %d", id)
}

// conflict is a refusal of the actor because of the state in which the delivery stands.
func (r deliveryRow) conflict(actor Actor, code, format string, args ...any) error {
	return Refuse(Conflict, code, format, args...).With(r.shownTo(actor))
}

// invalidTransition is the refusal of a step of the actor's that the table lacks.
func (r deliveryRow) invalidTransition(actor Actor) error {
	return r.conflict(actor, "delivery_step",
		"The delivery of order %d is %s. That can't be done now.", r.OrderID,
		deliveryWords[r.Status])
}

// checkVersion returns why a command must not act on the version that the actor saw, or nil.
// Version 0 is none.
func (r deliveryRow) checkVersion(actor Actor, version int64) error {
	if version == 0 || version == r.Version {
		return nil
	}
	return r.conflict(actor, "delivery_outdated",
		"The delivery of order %d has changed meanwhile: it is %s now. Look again before you go on.",
		r.OrderID, deliveryWords[r.Status])
}

// checkTransition returns why the actor may not take the delivery to another state, or nil: the
// table must have the step, and the delivery must be the actor's.
func (r deliveryRow) checkTransition(actor Actor, to DeliveryStatus, version int64) error {
	switch {
	case r.CourierID == 0 && !r.Status.Ended():
		return r.conflict(actor, "delivery_unclaimed",
			"Nobody has claimed the delivery of order %d. Claim it first.", r.OrderID)
	case r.CourierID != actor.UserID && r.CourierID != 0:
		return Refuse(Forbidden, "delivery_not_yours",
			"This delivery is %s's. Only its courier may go on with it.", r.Courier)
	case !slices.Contains(deliverySteps[r.Status], to):
		return r.invalidTransition(actor)
	}
	return r.checkVersion(actor, version)
}

// lockDelivery keeps a delivery from everyone else until the commit and returns it as it stands.
// NotFound where there is none. Whoever needs its order too locks that first.
func (c *change) lockDelivery(ctx context.Context, id int64) (deliveryRow, error) {
	if _, err := c.lock(ctx, "delivery", id); err != nil {
		return deliveryRow{}, err
	}
	return readDelivery(ctx, c.tx, id)
}

// lockReadableDelivery is lockDelivery for one that the actor gives a command about. NotFound too
// where they may not read it.
func (c *change) lockReadableDelivery(ctx context.Context, id int64) (deliveryRow, error) {
	r, err := c.lockDelivery(ctx, id)
	if err == nil {
		err = r.authorize(c.now, c.actor)
	}
	return r, err
}

// lockOpenDelivery keeps the delivery of a locked order from everyone else. ok is false where it
// has none that has not ended.
func (c *change) lockOpenDelivery(ctx context.Context,
	o Order) (r deliveryRow, ok bool, err error) {
	open, err := queryIDs(ctx, c.tx,
		`SELECT id FROM delivery WHERE order_id = $1 AND ended_at IS NULL`, o.ID)
	if err != nil || len(open) == 0 {
		return deliveryRow{}, false, wrap(err, "read the delivery of order %d", o.ID)
	}
	r, err = c.lockDelivery(ctx, open[0])
	return r, true, err
}

// putDelivery takes a locked delivery to a status, with its other fields as they stand in r, and
// records it. It is the only way for a delivery to change.
func (c *change) putDelivery(ctx context.Context, r *deliveryRow, to DeliveryStatus) error {
	from := r.Status
	r.Status = to
	if from != to {
		r.StatusSince = c.now
	}
	var endedAt time.Time
	var endedBed int64
	var endedPlace string
	if to.Ended() {
		endedAt, endedBed, endedPlace = c.now, r.BedID, r.Destination
		r.Latitude, r.Longitude, r.LocatedAt = nil, nil, time.Time{}
	}
	row := c.tx.QueryRowContext(ctx, `UPDATE delivery SET status = $2, status_since = $3,
			courier_id = $4, departed_bed_id = $5, code = $6, tries = $7, latitude = $8,
			longitude = $9, located_at = $10, received_by = $11, fail_reason = $12, ended_at = $13,
			ended_bed_id = $14, ended_place = $15, done_at = $16, version = version + 1
		WHERE id = $1 RETURNING version`,
		r.ID, r.Status, instant(r.StatusSince), reference(r.CourierID), reference(r.DepartedBedID),
		r.Code, r.Tries, degrees{r.Latitude}, degrees{r.Longitude}, instant(r.LocatedAt),
		r.ReceivedBy, r.FailReason, instant(endedAt), reference(endedBed), endedPlace,
		instant(r.DoneAt))
	err := row.Scan(&r.Version)
	if err != nil {
		return fmt.Errorf("take delivery %d to %s: %w", r.ID, to, err)
	}
	e := r.entry("delivery.status")
	e.from, e.to, e.version = string(from), string(to), r.Version
	if slices.Contains(FailReasons, r.FailReason) {
		e.reason = r.FailReason
	}
	c.record(e, r)
	return nil
}

// entry is a line of the audit about the delivery.
func (r deliveryRow) entry(action string) entry {
	return entry{action: action, entity: "delivery", entityID: r.ID, patientID: r.PatientID,
		wardID: r.WardID}
}

// openDelivery makes the delivery of a locked order that has just become ready.
func (c *change) openDelivery(ctx context.Context, o Order) error {
	code := ""
	if o.AddressID != 0 {
		code = newCode()
	}
	id, err := c.insert(ctx, `INSERT INTO delivery (order_id, status, status_since, ready_at, code)
		VALUES ($1, $2, $3, $3, $4) RETURNING id`,
		o.ID, DeliveryUnassigned, instant(c.now), code)
	if err != nil {
		return fmt.Errorf("open the delivery of order %d: %w", o.ID, err)
	}
	r, err := readDelivery(ctx, c.tx, id)
	if err != nil {
		return err
	}
	e := r.entry("delivery.status")
	e.to, e.version = string(DeliveryUnassigned), r.Version
	c.record(e, r)
	return nil
}

// newCode is a delivery code: six digits that nobody can guess better than by trying.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system's randomness never fails
	}
	return fmt.Sprintf("%06d", n.Int64())
}

// cancelDelivery ends the delivery of a locked order that is recalled, held or cancelled, if it has
// one that has not departed. For an order in transit, whose patient has died, it ends the delivery
// without a word to anybody.
func (c *change) cancelDelivery(ctx context.Context, o Order) error {
	r, ok, err := c.lockOpenDelivery(ctx, o)
	if err != nil || !ok {
		return err
	}
	if r.Status == DeliveryInTransit {
		return c.putDelivery(ctx, &r, DeliveryReturned)
	}
	died, err := c.died(ctx, o)
	if err != nil {
		return err
	}
	if !died {
		if err := c.notifyCourier(ctx, r, "delivery_cancelled"); err != nil {
			return err
		}
	}
	return c.putDelivery(ctx, &r, DeliveryCancelled)
}

// stopDelivery tells the courier of a locked order in transit to bring it back: code "hazard" or
// "discharged", as Order.Stopped.
func (c *change) stopDelivery(ctx context.Context, o Order, code string) error {
	r, ok, err := c.lockOpenDelivery(ctx, o)
	if err != nil || !ok {
		return err
	}
	_, err = c.exec(ctx, `UPDATE delivery SET version = version + 1 WHERE id = $1`, r.ID)
	if err != nil {
		return fmt.Errorf("stop delivery %d: %w", r.ID, err)
	}
	e := r.entry("delivery.stop")
	e.to, e.version = code, r.Version+1
	c.record(e, r)
	return c.notifyCourier(ctx, r, "delivery_stopped")
}

// rerouteDelivery tells the courier who is on the way with a locked order that its patient lies
// elsewhere now.
func (c *change) rerouteDelivery(ctx context.Context, o Order) error {
	r, ok, err := c.lockOpenDelivery(ctx, o)
	if err != nil || !ok {
		return err
	}
	if r.Status != DeliveryInTransit || r.BedID == 0 {
		return nil
	}
	return c.notifyCourier(ctx, r, "delivery_moved")
}

// notifyCourier notifies a delivery's courier, unless that is who gave the command and gets its
// answer.
func (c *change) notifyCourier(ctx context.Context, r deliveryRow, code string) error {
	if r.CourierID == 0 || r.CourierID == c.actor.UserID {
		return nil
	}
	about := About{OrderID: r.OrderID, DeliveryID: r.ID, BedNumber: r.BedNumber}
	return c.notifyUser(ctx, r.CourierID, code, about)
}

// touchDelivery tells that what a courier's tablet shows of an order has changed, such as its
// patient's diet.
func (c *change) touchDelivery(ctx context.Context, o Order) error {
	return c.touchDeliveries(ctx, `meal_order.id = $1`, o.ID)
}

// touchDeliveries does it for all open deliveries that a condition selects.
func (c *change) touchDeliveries(ctx context.Context, condition string, args ...any) error {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	ids, err := queryIDs(ctx, c.tx,
		`SELECT delivery.id FROM delivery JOIN meal_order ON meal_order.id = delivery.order_id
		LEFT JOIN address ON address.id = meal_order.address_id
		WHERE delivery.ended_at IS NULL AND `+condition, args...)
	for _, id := range ids {
		c.touch(Delivery{ID: id})
	}
	return wrap(err, "read the open deliveries")
}

// deliveryStep is a command of a courier's on a delivery.
type deliveryStep struct {
	name     string // under which its idempotency key is kept
	key      string // may be empty
	delivery int64
	sent     []string // what else was sent, which the same key must repeat
	precondition

	// done reports whether the actor's delivery is already as the command would make it: a tablet
	// sends again what it got no answer to. nil: the command finds that out by itself.
	done func(r deliveryRow) bool
	run  func(ctx context.Context, c *change, o *Order, r *deliveryRow) error
}

// carry runs a courier's command and returns the delivery as it is then. A command whose key has
// led to something already is not run again. One that was refused is judged anew.
func (h *Hospital) carry(ctx context.Context, actor Actor, cmd deliveryStep) (Delivery, error) {
	if err := actor.need(CarryDeliveries); err != nil {
		return Delivery{}, err
	}
	payload := append([]string{strconv.FormatInt(cmd.delivery, 10)}, cmd.sent...)
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Delivery, error) {
		var after deliveryRow
		_, replayed, err := c.once(ctx, cmd.key, cmd.name, payload, func() (id int64, err error) {
			after, err = c.carry(ctx, cmd)
			return cmd.delivery, c.withChanges(ctx, err, "delivery", cmd.delivery, cmd.version,
				after.Version)
		})
		if replayed {
			after, err = readDelivery(ctx, c.tx, cmd.delivery)
		}
		return after.Delivery, err
	})
}

// carry locks a delivery with its order and runs a command on them, unless it has happened already.
func (c *change) carry(ctx context.Context, cmd deliveryStep) (deliveryRow, error) {
	if err := c.checkRecipient(ctx, cmd.delivery, cmd.admissionID); err != nil {
		return deliveryRow{}, err
	}
	r, err := readDelivery(ctx, c.tx, cmd.delivery)
	if err != nil {
		return r, err
	}
	o, err := c.lockOrder(ctx, r.OrderID)
	if err != nil {
		return r, err
	}
	if r, err = c.lockReadableDelivery(ctx, cmd.delivery); err != nil {
		return r, err
	}
	own := r.CourierID != 0 && r.CourierID == c.actor.UserID
	if own && cmd.done != nil && cmd.done(r) {
		return r, nil
	}
	err = cmd.run(ctx, c, &o, &r)
	return r, err
}

// checkRecipient refuses unless the delivery is for an admission, which never changes. Of no
// admission nothing is asked.
func (c *change) checkRecipient(ctx context.Context, deliveryID, admissionID int64) error {
	if admissionID == 0 {
		return nil
	}
	meant, err := scanValue[bool](c.tx.QueryRowContext(ctx,
		`SELECT COALESCE(meal_order.admission_id = $2, FALSE)
		FROM delivery JOIN meal_order ON meal_order.id = delivery.order_id WHERE delivery.id = $1`,
		deliveryID, admissionID))
	if err != nil || meant {
		return wrapRow(err, unknownDelivery, "read whom delivery %d is for", deliveryID)
	}
	r, err := readDelivery(ctx, c.tx, deliveryID)
	if err != nil {
		return err
	}
	refusal := anotherPatient()
	if r.authorize(c.now, c.actor) == nil {
		refusal.Current = r.shownTo(c.actor)
	}
	return refusal
}

// ClaimDelivery takes an unassigned delivery for the courier; Conflict with who has it otherwise.
// Claiming one's own again is no error, and gives an address that was locked by wrong codes a new
// one, at most mostRenewals times: after that, Conflict "code_used_up". A delivery whose courier
// carries no more, or may try no more codes, is anybody else's to take over.
func (h *Hospital) ClaimDelivery(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	step := cmd.step(id, "delivery.claim")
	step.run = func(ctx context.Context, c *change, _ *Order, r *deliveryRow) error {
		return c.claim(ctx, r, cmd.Version)
	}
	return h.carry(ctx, actor, step)
}

// claim gives a locked delivery to the actor.
func (c *change) claim(ctx context.Context, r *deliveryRow, version int64) error {
	if r.Status.Ended() {
		return r.invalidTransition(c.actor)
	}
	wrong, err := c.wrongCodes(ctx, r.ID)
	if err != nil {
		return err
	}
	own := r.CourierID == c.actor.UserID
	switch {
	case wrong >= mostWrongCodes && (own || r.claimable()):
		return codeUsedUp(r.OrderID)
	case own && r.Tries < mostTries:
		return nil
	case own:
		return c.renewCode(ctx, r, r.Status)
	case !r.claimable():
		return r.conflict(c.actor, "delivery_claimed",
			"%s has claimed the delivery of order %d. Choose another one.", r.Courier, r.OrderID)
	}
	if err := r.checkVersion(c.actor, version); err != nil {
		return err
	}
	return c.takeOver(ctx, r)
}

// takeOver gives a locked delivery that is claimable to the actor, with another code where the
// last courier has used it up.
func (c *change) takeOver(ctx context.Context, r *deliveryRow) error {
	to := DeliveryAssigned
	if r.Status == DeliveryInTransit {
		to = DeliveryInTransit
	}
	r.CourierID, r.Courier, r.CourierGone = c.actor.UserID, c.actor.Username, false
	if r.Code != "" && r.Tries >= mostTries {
		return c.renewCode(ctx, r, to)
	}
	return c.putDelivery(ctx, r, to)
}

// renewCode takes the delivery to an address to a status with another code, and lets the customer
// know that there were wrong ones.
func (c *change) renewCode(ctx context.Context, r *deliveryRow, to DeliveryStatus) error {
	r.Code, r.Tries = newCode(), 0
	if err := c.putDelivery(ctx, r, to); err != nil {
		return err
	}
	customer, err := scanValue[int64](c.tx.QueryRowContext(ctx, `SELECT address.owner_id
		FROM meal_order JOIN address ON address.id = meal_order.address_id
		WHERE meal_order.id = $1`, r.OrderID))
	if err != nil {
		return fmt.Errorf("read who waits for order %d: %w", r.OrderID, err)
	}
	c.touch(topicOnly(CustomerTopic(customer)))
	about := About{OrderID: r.OrderID, DeliveryID: r.ID}
	return c.notifyUser(ctx, customer, "delivery_code", about)
}

// ReleaseDelivery gives a claimed delivery back before it departs. Only its courier may.
func (h *Hospital) ReleaseDelivery(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	step := cmd.step(id, "delivery.release")
	step.run = func(ctx context.Context, c *change, _ *Order, r *deliveryRow) error {
		if err := r.checkTransition(actor, DeliveryUnassigned, cmd.Version); err != nil {
			return err
		}
		r.CourierID, r.Courier = 0, ""
		return c.putDelivery(ctx, r, DeliveryUnassigned)
	}
	return h.carry(ctx, actor, step)
}

// DepartDelivery sets off with a claimed delivery, after the last safety check in the kitchen: with
// a hazard its order is held, the delivery cancelled and the answer a Conflict. Conflict
// "food_too_old" where hot food has stood for too long.
func (h *Hospital) DepartDelivery(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	step := cmd.step(id, "delivery.depart")
	step.done = func(r deliveryRow) bool { return r.Status == DeliveryInTransit }
	step.run = func(ctx context.Context, c *change, o *Order, r *deliveryRow) error {
		if err := c.checkGoOn(ctx, o, r, DeliveryInTransit, cmd.Version); err != nil {
			return err
		}
		if err := c.checkFood(ctx, *o); err != nil {
			return err
		}
		r.DepartedBedID = r.BedID
		if err := c.putOrder(ctx, o, OrderInTransit); err != nil {
			return err
		}
		return c.putDelivery(ctx, r, DeliveryInTransit)
	}
	return h.carry(ctx, actor, step)
}

// checkGoOn refuses to take a tray further to its patient unless the step is the actor's to take
// and nothing speaks against the order now.
func (c *change) checkGoOn(ctx context.Context, o *Order, r *deliveryRow, to DeliveryStatus,
	version int64) error {
	if err := r.checkTransition(c.actor, to, version); err != nil {
		return err
	}
	if o.Stopped != "" {
		return r.conflict(c.actor, "stopped",
			"Do not hand over order %d. Bring the tray back to the kitchen.", r.OrderID)
	}
	return c.holdIfUnsafe(ctx, o)
}

// Deliver confirms at the bedside, after the last check of all. Conflict, code "hazards", where
// that finds something: then the tray must go back; code "stopped" where it must already; code
// "wrong_bed" where the code is another bed's: that is audited, and the tray stays in transit; code
// "unreadable_code" where it is no bed's at all. At an address the code is the customer's; after
// mostTries wrong ones, "code_locked", the courier has to claim the delivery anew, and after
// mostWrongCodes, "code_used_up", another courier must. Only its courier may.
func (h *Hospital) Deliver(ctx context.Context, actor Actor, id int64,
	cmd DeliverCommand) (Delivery, error) {
	cmd.BedCode, cmd.ReceivedBy = tidy(withoutFrame(cmd.BedCode)), tidy(cmd.ReceivedBy)
	if err := cmp.Or(actor.need(CarryDeliveries), cmd.check()); err != nil {
		return Delivery{}, err
	}
	return h.carry(ctx, actor, deliveryStep{
		name: "delivery.deliver", key: cmd.IdempotencyKey, delivery: id,
		sent:         []string{cmd.BedCode, cmd.ReceivedBy},
		precondition: precondition{cmd.AdmissionID, cmd.Version},
		done:         cmd.done,
		run: func(ctx context.Context, c *change, o *Order, r *deliveryRow) error {
			return c.handOver(ctx, o, r, cmd)
		},
	})
}

// handOver ends a locked delivery at the bedside or the door.
func (c *change) handOver(ctx context.Context, o *Order, r *deliveryRow, cmd DeliverCommand) error {
	if err := c.checkGoOn(ctx, o, r, DeliveryDelivered, cmd.Version); err != nil {
		return err
	}
	if err := c.checkCode(ctx, r, cmd.BedCode); err != nil {
		return err
	}
	r.ReceivedBy, r.DoneAt = cmd.ReceivedBy, r.doneAt(cmd.TappedAt, c.now)
	if err := c.putOrder(ctx, o, OrderDelivered); err != nil {
		return err
	}
	return c.putDelivery(ctx, r, DeliveryDelivered)
}

// check returns what is wrong with the fields.
func (cmd DeliverCommand) check() error {
	wrong := fields{}
	wrong.line("bed_code", cmd.BedCode, LongestBedCode, "Scan or type the code of the bed.")
	wrong.text("received_by", cmd.ReceivedBy, LongestName)
	return wrong.err()
}

// done reports whether exactly this has happened to the delivery.
func (cmd DeliverCommand) done(r deliveryRow) bool {
	return r.Status == DeliveryDelivered && r.ReceivedBy == cmd.ReceivedBy &&
		bareCode(cmd.BedCode) == bareCode(cmp.Or(r.Code, r.BedNumber))
}

// doneAt is when what was tapped happened: by the tablet's clock, as far as that can be right,
// which is after the departure and not later than now.
func (d Delivery) doneAt(tapped, now time.Time) time.Time {
	if tapped.IsZero() || tapped.After(now) {
		return now
	}
	return latest(tapped.UTC().Truncate(time.Millisecond), d.StatusSince)
}

// checkCode compares what was scanned or typed with where the tray must go. Another bed is refused
// and audited.
func (c *change) checkCode(ctx context.Context, r *deliveryRow, given string) error {
	if r.Code != "" {
		return c.checkAddressCode(ctx, r, bareCode(given))
	}
	if r.BedID == 0 {
		return r.conflict(c.actor, "no_bed",
			"The patient of order %d has no bed now. Ask the ward, or bring the tray back.",
			r.OrderID)
	}
	bed, err := c.bedOf(ctx, given)
	switch {
	case err != nil:
		return err
	case bed == r.BedNumber:
		return nil
	case bed == "":
		return unreadable()
	}
	e := r.entry("delivery.wrong_bed")
	e.from, e.to = r.BedNumber, bed
	c.record(e, topicOnly(DeliveryTopic(r.ID)))
	return commitAndRefuse(Refuse(Conflict, "wrong_bed", "%s is not this patient's bed. "+
		"Do not hand over the tray: check the patient and the bed.", bed))
}

// checkAddressCode compares the code that the customer said. Each wrong one counts; what is no code
// does not.
func (c *change) checkAddressCode(ctx context.Context, r *deliveryRow, given string) error {
	if refusal := r.noMoreCodes(); refusal != nil {
		return refusal
	}
	if len(given) != len(r.Code) || strings.Trim(given, "0123456789") != "" {
		return unreadable()
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(r.Code)) == 1 {
		return nil
	}
	if err := c.countWrongCode(ctx, r); err != nil {
		return err
	}
	if refusal := r.noMoreCodes(); refusal != nil {
		return commitAndRefuse(refusal)
	}
	return commitAndRefuse(Refuse(Conflict, "wrong_code",
		"That is not the code of order %d. Ask the customer again: %d tries are left.",
		r.OrderID, min(mostTries-r.Tries, mostWrongCodes-r.Wrong)))
}

// countWrongCode counts a wrong code that the actor gave for their locked delivery.
func (c *change) countWrongCode(ctx context.Context, r *deliveryRow) error {
	r.Tries++
	r.Wrong++
	_, err := c.exec(ctx, `UPDATE delivery SET tries = $2 WHERE id = $1`, r.ID, r.Tries)
	if err != nil {
		return fmt.Errorf("count a wrong code of delivery %d: %w", r.ID, err)
	}
	_, err = c.exec(ctx, `INSERT INTO wrong_code (delivery_id, courier_id, given)
		VALUES ($1, $2, 1)
		ON CONFLICT (delivery_id, courier_id) DO UPDATE SET given = wrong_code.given + 1`,
		r.ID, c.actor.UserID)
	if err != nil {
		return fmt.Errorf("count a wrong code of user %d: %w", c.actor.UserID, err)
	}
	c.record(r.entry("delivery.wrong_code"), topicOnly(DeliveryTopic(r.ID)))
	if r.Wrong < mostWrongCodes {
		return nil
	}
	c.touch(r) // other couriers may take it over now
	about := About{OrderID: r.OrderID, DeliveryID: r.ID}
	return c.notifyRole(ctx, DeliveryStaff, "delivery_takes_another", about)
}

// noMoreCodes is the refusal of any further code, or nil where the courier may give one.
func (r deliveryRow) noMoreCodes() *Error {
	switch {
	case r.Wrong >= mostWrongCodes:
		return codeUsedUp(r.OrderID)
	case r.Tries >= mostTries:
		return Refuse(Conflict, "code_locked",
			"Too many wrong codes. Claim the delivery again: then the customer sees a new code.")
	}
	return nil
}

// codeUsedUp is the refusal of a courier who has given all the wrong codes that one may.
func codeUsedUp(order int64) *Error {
	return Refuse(Conflict, "code_used_up",
		"You have given too many wrong codes for order %d. "+
			"Another courier must take it over, or bring the tray back.", order)
}

// wrongCodes is how many wrong codes the actor has given for a delivery in all, whoever carries it
// now.
func (c *change) wrongCodes(ctx context.Context, id int64) (int, error) {
	given, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`SELECT COALESCE(SUM(given), 0) FROM wrong_code WHERE delivery_id = $1 AND courier_id = $2`,
		id, c.actor.UserID))
	return given, wrap(err, "read the wrong codes of user %d", c.actor.UserID)
}

// FailDelivery ends a delivery that could not be handed over; its order is undelivered. Invalid
// without a reason. A stopped one becomes returned and needs none: what stopped it is why.
func (h *Hospital) FailDelivery(ctx context.Context, actor Actor, id int64, reason string,
	cmd CourierCommand) (Delivery, error) {
	reason = tidy(reason)
	if err := cmp.Or(actor.need(CarryDeliveries), checkReason(reason)); err != nil {
		return Delivery{}, err
	}
	step := cmd.step(id, "delivery.fail")
	step.sent = []string{reason}
	step.done = func(r deliveryRow) bool {
		return (r.Status == DeliveryFailed || r.Status == DeliveryReturned) && r.FailReason == reason
	}
	step.run = func(ctx context.Context, c *change, o *Order, r *deliveryRow) error {
		return c.fail(ctx, o, r, reason, cmd)
	}
	return h.carry(ctx, actor, step)
}

// fail ends a locked delivery that could not be handed over, or had to come back.
func (c *change) fail(ctx context.Context, o *Order, r *deliveryRow, reason string,
	cmd CourierCommand) error {
	to := o.undeliveredAs()
	if err := r.checkTransition(c.actor, to, cmd.Version); err != nil {
		return err
	}
	if reason == "" && to == DeliveryFailed {
		return refuseField("reason", "required", "Say why it could not be handed over.")
	}
	r.FailReason, r.DoneAt = reason, r.doneAt(cmd.TappedAt, c.now)
	if err := c.putOrder(ctx, o, OrderUndelivered); err != nil {
		return err
	}
	if err := c.putDelivery(ctx, r, to); err != nil {
		return err
	}
	if to == DeliveryReturned {
		return nil
	}
	return c.notifyFailed(ctx, *o, *r)
}

// undeliveredAs is how the delivery of the order ends where nobody got the tray: a stopped one was
// brought back.
func (o Order) undeliveredAs() DeliveryStatus {
	if o.Stopped != "" {
		return DeliveryReturned
	}
	return DeliveryFailed
}

// notifyFailed tells the nurses of the ward that a patient has not got a meal.
func (c *change) notifyFailed(ctx context.Context, o Order, r deliveryRow) error {
	if r.BedNumber == "" {
		return nil
	}
	about := About{OrderID: o.ID, DeliveryID: r.ID, AdmissionIDs: []int64{o.AdmissionID},
		WardID: r.WardID, BedNumber: r.BedNumber, Meal: o.Meal}
	return c.notifyWard(ctx, MedicalStaff, "delivery_failed", about)
}

// LocateDelivery keeps where a delivery in transit is, as the last place alone, and forgets it when
// the delivery ends. Only its courier may. Latitude and longitude are degrees; Invalid outside of
// ±90 and ±180.
func (h *Hospital) LocateDelivery(ctx context.Context, actor Actor, id int64,
	latitude, longitude float64) (Delivery, error) {
	if err := actor.need(CarryDeliveries); err != nil {
		return Delivery{}, err
	}
	wrong := fields{}
	if !(math.Abs(latitude) <= 90) {
		wrong.refuse("latitude", "latitude", "A latitude has -90 to 90 degrees.")
	}
	if !(math.Abs(longitude) <= 180) {
		wrong.refuse("longitude", "longitude", "A longitude has -180 to 180 degrees.")
	}
	if err := wrong.err(); err != nil {
		return Delivery{}, err
	}
	var located deliveryRow
	// A line in the audit for each place would be the very history that must not be kept.
	err := h.write(ctx, actor, func(ctx context.Context, c *change) (err error) {
		located, err = c.locate(ctx, id, latitude, longitude)
		return err
	})
	return located.Delivery, err
}

// locate keeps where the actor's delivery is.
func (c *change) locate(ctx context.Context, id int64,
	latitude, longitude float64) (deliveryRow, error) {
	r, err := c.lockReadableDelivery(ctx, id)
	if err != nil {
		return r, err
	}
	switch {
	case r.CourierID != c.actor.UserID:
		return r, Refuse(Forbidden, "delivery_not_yours",
			"This delivery is not yours. Only its courier may go on with it.")
	case r.Status != DeliveryInTransit:
		return r, r.invalidTransition(c.actor)
	}
	_, err = c.exec(ctx,
		`UPDATE delivery SET latitude = $2, longitude = $3, located_at = $4 WHERE id = $1`,
		id, degrees{&latitude}, degrees{&longitude}, instant(c.now))
	if err != nil {
		return r, fmt.Errorf("locate delivery %d: %w", id, err)
	}
	c.touch(topicOnly(DeliveryTopic(id)))
	return readDelivery(ctx, c.tx, id)
}

// DeliveryWatch is one delivery with the revision that it was read at.
type DeliveryWatch struct {
	Delivery
	Code      string // to be told to the courier at the door; empty but for whoever waits there
	OrderSeen bool   // the reader may look up its order
	At        time.Time
	Revisions // of DeliveryTopic
}

// Delivery reads one for whoever may see it: couriers, ward roles, admin and the customer it is
// for; NotFound else.
func (h *Hospital) Delivery(ctx context.Context, actor Actor, id int64) (DeliveryWatch, error) {
	return readAs(ctx, h, actor, FollowDeliveries,
		func(ctx context.Context, q *sql.Tx) (DeliveryWatch, error) {
			return watchDelivery(ctx, q, h.clock(ctx), actor, id)
		})
}

// watchDelivery reads one delivery as far as the actor may know of it.
func watchDelivery(ctx context.Context, q *sql.Tx, now time.Time, actor Actor,
	id int64) (watch DeliveryWatch, err error) {
	watch.At = now
	if watch.Revisions, err = revisions(ctx, q, DeliveryTopic(id)); err != nil {
		return watch, err
	}
	r, err := readDelivery(ctx, q, id)
	if err != nil {
		return watch, err
	}
	watch.Delivery = r.shownTo(actor)
	seen, err := ordersSeen(ctx, q, now, actor, r.OrderID)
	if err != nil {
		return watch, err
	}
	watch.OrderSeen = seen[r.OrderID]
	if actor.Role.May(ReadOrders) {
		return watch, r.authorize(now, actor)
	}
	follows, waits, err := followsOrder(ctx, q, actor.UserID, r.OrderID)
	if err == nil && !follows {
		err = unknownDelivery()
	}
	if waits && !r.Status.Ended() {
		watch.Code = r.Code
	}
	return watch, err
}

// ActiveDeliveries lists those deliveries that are assigned or in transit and that the actor may
// follow: a courier's own, a customer's, and for everyone else who follows deliveries all.
func (h *Hospital) ActiveDeliveries(ctx context.Context, actor Actor) ([]Delivery, error) {
	condition, args := "", []any{actor.UserID}
	switch {
	case !actor.Role.May(ReadOrders):
		condition = ` AND ` + followedBy
	case !actor.oversees():
		condition = ` AND delivery.courier_id = $1`
	default:
		args = nil
	}
	return readAs(ctx, h, actor, FollowDeliveries,
		func(ctx context.Context, q *sql.Tx) ([]Delivery, error) {
			rows, err := q.QueryContext(ctx, selectDelivery+` WHERE delivery.ended_at IS NULL
				AND delivery.courier_id IS NOT NULL`+condition, args...)
			active, err := collect(rows, err, func(row scanner) (Delivery, error) {
				r, err := scanDelivery(row)
				return r.shownTo(actor), err
			})
			// Not in SQL, as for orders: see ordersWhere.
			slices.SortFunc(active, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
			return active, err
		})
}
