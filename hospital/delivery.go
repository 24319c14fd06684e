package hospital

import (
	"context"
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

// deliverySteps is the table of the steps of a delivery.
var deliverySteps = map[DeliveryStatus][]DeliveryStatus{
	DeliveryUnassigned: {DeliveryAssigned, DeliveryCancelled},
	DeliveryAssigned:   {DeliveryInTransit, DeliveryUnassigned, DeliveryCancelled},
	DeliveryInTransit:  {DeliveryDelivered, DeliveryFailed, DeliveryReturned},
}

// Delivery is bringing one ready order to its patient's bed or its address. Where it goes is never stored: it follows the patient.
type Delivery struct {
	ID          int64
	OrderID     int64
	Status      DeliveryStatus
	CourierID   int64 // 0: nobody's
	Courier     string
	BedID       int64 // of the patient now; 0 for an address or while the patient has no bed
	BedNumber   string
	WardCode    string
	Destination string // for people: "MED-A-05, Medicine, women", or the address
	MovedFrom   string // the bed for which it departed, where the patient lies elsewhere now; the courier acknowledges by the new code
	Stopped     string // as Order.Stopped: bring it back
	Latitude    *float64
	Longitude   *float64
	LocatedAt   time.Time
	StatusSince time.Time
	ReceivedBy  string
	FailReason  string
	Version     int64
}

// FailReasons are the usual reasons for a failed delivery, offered as suggestions.
var FailReasons = []string{"asleep", "away", "refused", "nil_by_mouth_sign", "not_found", "spilled"}

// Handover is what Deliver needs.
type Handover struct {
	BedCode    string // scanned or typed: must be the number of the bed where the patient lies now. For an address: its delivery code
	ReceivedBy string // who took it: the patient, or a nurse by name
	Version    int64
}

// ClaimDelivery takes an unassigned delivery for the courier; Conflict with who has it otherwise. Claiming one's own again is no error.
func (h *Hospital) ClaimDelivery(ctx context.Context, actor Actor, id, version int64) (Delivery, error) {
	panic("unbuilt")
}

// DepartDelivery sets off with a claimed delivery, after the last safety check in the kitchen: with a hazard its order is held, the delivery cancelled and the answer a
// Conflict.
func (h *Hospital) DepartDelivery(ctx context.Context, actor Actor, id, version int64) (Delivery, error) {
	panic("unbuilt")
}

// Deliver confirms at the bedside, after the last check of all. Conflict, code "wrong_bed", where the code is not the patient's bed; it is audited and the
// tray stays in transit. Only its courier may.
func (h *Hospital) Deliver(ctx context.Context, actor Actor, id int64, handover Handover) (Delivery, error) {
	panic("unbuilt")
}

// FailDelivery ends a delivery that could not be handed over; its order is undelivered. A stopped one becomes returned. Invalid without a reason.
func (h *Hospital) FailDelivery(ctx context.Context, actor Actor, id int64, reason string, version int64) (Delivery, error) {
	panic("unbuilt")
}

// LocateDelivery keeps where a delivery in transit is. Only its courier may. Latitude and longitude are degrees.
func (h *Hospital) LocateDelivery(ctx context.Context, actor Actor, id int64, latitude, longitude float64) (Delivery, error) {
	panic("unbuilt")
}

// DeliveryWatch is one delivery with the revision that it was read at.
type DeliveryWatch struct {
	Delivery
	At        time.Time
	Revisions // of DeliveryTopic
}

// Delivery reads one for whoever may see it: couriers, ward roles, admin and the customer it is for; NotFound else.
func (h *Hospital) Delivery(ctx context.Context, actor Actor, id int64) (DeliveryWatch, error) {
	panic("unbuilt")
}

// RoundStop is a delivery as the courier's tablet shows it: the two identifiers, what to carry and what must not go wrong.
type RoundStop struct {
	Delivery
	PatientName PatientName // to be asked for at the bedside: the second identifier
	BirthDate   time.Time
	Meal        Meal
	Diet        Diet
	Texture     Texture
	Allergies   Allergies
	Dishes      []TicketDish
	Phone       string // of an address
	ReadySince  time.Time
}

// Round is the deliveries that go to one ward, or one zone, together.
type Round struct {
	Name  string      // ward code and name, or zone
	Stops []RoundStop // by bed number
}

// DeliveryBoard is what a courier's tablet shows: what waits, and the courier's own.
type DeliveryBoard struct {
	Metrics
	Waiting   []Round
	Mine      []Round
	Counts    map[DeliveryStatus]int // of today
	At        time.Time
	Revisions // of DeliveriesTopic and MetricsTopic
}

// DeliveryBoard reads it for a courier; an admin sees all as waiting. For roles that hold ReadDeliveries.
func (h *Hospital) DeliveryBoard(ctx context.Context, actor Actor) (DeliveryBoard, error) {
	panic("unbuilt")
}

// ActiveDeliveries lists those of a courier that are assigned or in transit; for other roles that hold ReadDeliveries, of all couriers.
func (h *Hospital) ActiveDeliveries(ctx context.Context, actor Actor) ([]Delivery, error) {
	panic("unbuilt")
}

// openDelivery makes the delivery of a locked order that has just become ready.
func (c *change) openDelivery(ctx context.Context, o Order) error { panic("unbuilt") }

// cancelDelivery ends the delivery of a locked order that is recalled, held or cancelled, if it has one that has not departed. For an order in
// transit, whose patient has died, it ends the delivery without a word to anybody.
func (c *change) cancelDelivery(ctx context.Context, o Order) error { panic("unbuilt") }

// stopDelivery tells the courier of a locked order in transit to bring it back: code "hazard" or "discharged", as Order.Stopped.
func (c *change) stopDelivery(ctx context.Context, o Order, code string) error { panic("unbuilt") }
