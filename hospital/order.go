package hospital

import (
	"context"
	"time"
)

// OrderStatus is the state of an order, which the kitchen calls a ticket.
type OrderStatus string

// The states of an order.
const (
	OrderPending     OrderStatus = "pending"     // placed; a conflict that was overridden, or a late one, waits for a look
	OrderConfirmed   OrderStatus = "confirmed"   // the kitchen will cook it
	OrderPreparing   OrderStatus = "preparing"   // is being cooked
	OrderReady       OrderStatus = "ready"       // the tray stands ready; its delivery waits for a courier
	OrderInTransit   OrderStatus = "in_transit"  // on its way; only its delivery moves it
	OrderDelivered   OrderStatus = "delivered"   // ended: confirmed at the bedside or the door
	OrderHeld        OrderStatus = "held"        // stopped for the patient's safety; goes on only after a new check
	OrderCancelled   OrderStatus = "cancelled"   // ended
	OrderUndelivered OrderStatus = "undelivered" // ended: the delivery failed
)

// orderSteps is the table of the steps that people order. In transit, delivered and undelivered are reached by the
// order's delivery alone, held by the safety check alone.
var orderSteps = map[OrderStatus][]OrderStatus{
	OrderPending:   {OrderConfirmed, OrderCancelled},
	OrderConfirmed: {OrderPreparing, OrderPending, OrderCancelled},
	OrderPreparing: {OrderReady, OrderConfirmed, OrderCancelled},
	OrderReady:     {OrderPreparing, OrderCancelled},
	OrderHeld:      {OrderConfirmed, OrderCancelled}, // confirming a held order checks it anew
}

// Order is one meal for one patient or one address.
type Order struct {
	ID             int64
	AdmissionID    int64 // 0: for an address
	AddressID      int64 // 0: for a patient in the hospital
	Meal           Meal
	ServiceDate    time.Time // midnight UTC of the day in Kigali
	Due            time.Time // when it is to be eaten
	Dishes         []Dish    // as they were when ordered
	Notes          string
	Status         OrderStatus
	HeldFor        []Hazard // for held
	Stopped        string   // code of why the tray must come back: "hazard", "discharged"; empty: it need not
	OverrideReason string   // prints on the ticket
	OverriddenBy   string
	Late           bool // placed after the cut-off
	Price          int  // RWF, with the zone's charge; 0 for inpatients
	PlacedBy       int64
	PlacedAt       time.Time
	StatusSince    time.Time
	CancelReason   string
	Version        int64
}

// NewOrder is what PlaceOrder needs: for a stay or for an address, not both.
type NewOrder struct {
	AdmissionID    int64
	AddressID      int64
	Meal           Meal
	Dishes         []int64
	Notes          string
	OverrideReason string // at least 10 characters; from medical staff only
	IdempotencyKey string
}

// Step is what confirming, starting, readying, recalling and cancelling need.
type Step struct {
	Reason  string // required to cancel what is being prepared or ready
	Version int64  // of the order as the person saw it; 0 where they did not say
}

// PlaceOrder places an order. Without hazards it is confirmed at once, unless it is late. Conflict, code "hazards", with the hazards in
// words and as Current ([]Hazard) where something speaks against it and it is not, or can't be, overridden; Conflict
// "meal_twice" for a second open order of the same main meal; Forbidden where a customer orders for somebody else's patient.
func (h *Hospital) PlaceOrder(ctx context.Context, actor Actor, order NewOrder) (o Order, replayed bool, err error) {
	panic("unbuilt")
}

// ConfirmOrder accepts a pending order, or takes up a held one after a new safety check. Conflict as for PlaceOrder.
func (h *Hospital) ConfirmOrder(ctx context.Context, actor Actor, id int64, step Step) (Order, error) {
	panic("unbuilt")
}

// StartOrder begins to cook a confirmed order. It checks anew: with a hazard the order is held instead and the answer is a Conflict.
func (h *Hospital) StartOrder(ctx context.Context, actor Actor, id int64, step Step) (Order, error) {
	panic("unbuilt")
}

// ReadyOrder ends the cooking and opens the order's delivery. It checks anew, like StartOrder.
func (h *Hospital) ReadyOrder(ctx context.Context, actor Actor, id int64, step Step) (Order, error) {
	panic("unbuilt")
}

// RecallOrder takes an order one step back. From ready it cancels the delivery that waits; Conflict where the courier has departed.
func (h *Hospital) RecallOrder(ctx context.Context, actor Actor, id int64, step Step) (Order, error) {
	panic("unbuilt")
}

// CancelOrder ends an order before it departs. Whoever placed it may until it is being prepared, after that the kitchen or medical staff
// with a reason.
func (h *Hospital) CancelOrder(ctx context.Context, actor Actor, id int64, step Step) (Order, error) {
	panic("unbuilt")
}

// Order reads one. NotFound where there is none, or it is not for this customer.
func (h *Hospital) Order(ctx context.Context, actor Actor, id int64) (Order, error) { panic("unbuilt") }

// OrderMealRound places one order for each patient of a ward who has none for that meal of that day, from the menu by their diet, texture
// and allergies, and returns how many. It may be given again: patients who have one are passed over, and so are those who must not eat.
func (h *Hospital) OrderMealRound(ctx context.Context, actor Actor, wardID int64, meal Meal, day time.Time) (placed int, err error) {
	panic("unbuilt")
}

// Ticket is an order as the kitchen sees it: bed and initials, never the full name, reason or history.
type Ticket struct {
	OrderID        int64
	Status         OrderStatus
	StatusSince    time.Time
	PlacedAt       time.Time
	Due            time.Time
	Meal           Meal
	WardCode       string // "" for an address
	BedNumber      string // "" while the patient waits for a bed, and for an address
	Destination    string // zone, for an address
	Initials       string
	Diet           Diet
	Texture        Texture
	Allergies      Allergies
	Dishes         []TicketDish
	Notes          string
	OverrideReason string
	HeldFor        []Hazard
	Stopped        string
	Late           bool
	Version        int64
}

// TicketDish is a dish as a ticket shows it.
type TicketDish struct {
	ID      int64
	Name    DishName
	Station Station
}

// DishCount is how often a dish is still to be cooked.
type DishCount struct {
	Name    DishName
	Station Station
	Count   int
}

// KitchenBoard is everything on the kitchen's wall, read in one snapshot.
type KitchenBoard struct {
	Metrics
	Tickets   []Ticket // open ones, oldest Due first; of the ended ones those of the last 15 minutes
	ToCook    []DishCount
	Counts    map[OrderStatus]int
	At        time.Time
	Revisions // of KitchenTopic and MetricsTopic
}

// KitchenBoard reads it. For roles that hold ReadKitchen.
func (h *Hospital) KitchenBoard(ctx context.Context) (KitchenBoard, error) { panic("unbuilt") }

// lockOrder keeps an order, and the stay that it is for, from everyone else until the commit and returns it as it stands. NotFound where
// there is none.
func (c *change) lockOrder(ctx context.Context, id int64) (Order, error) { panic("unbuilt") }

// putOrder takes a locked order to a status, keeps its other fields as they stand in o, and records it. It is the only way for an order to change.
func (c *change) putOrder(ctx context.Context, o *Order, to OrderStatus) error { panic("unbuilt") }

// hazardsOf is the safety check of a locked order as things stand now: what speaks against it and no override covers. It checks the
// dishes both as they were ordered and as they are made now.
func (c *change) hazardsOf(ctx context.Context, o Order) ([]Hazard, error) { panic("unbuilt") }

// holdOrder stops a locked order for its hazards and tells the kitchen: one that has not departed is held and its delivery, if any, cancelled; one
// in transit is to be brought back. The caller returns keeping(refusal) where a command is refused because of it.
func (c *change) holdOrder(ctx context.Context, o *Order, hazards []Hazard) error { panic("unbuilt") }
