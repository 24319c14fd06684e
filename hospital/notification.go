package hospital

import (
	"context"
	"time"
)

// Level says how loud a notification is.
type Level string

// The levels.
const (
	LevelInfo    Level = "info"
	LevelSuccess Level = "success"
	LevelWarning Level = "warning"
	LevelAlert   Level = "alert" // safety: told with sound where sound is on
)

// Notification is something that one person, or everyone of a role, should hear of. Its words name no patient.
type Notification struct {
	ID        int64
	UserID    int64    // 0: for a role
	Role      Role     // for a role
	Code      string   // what happened, for its translation, such as "order_ready"
	Args      []string // what the words are filled with
	Title     string   // English
	Message   string   // English
	Level     Level
	Read      bool
	CreatedAt time.Time
}

// Inbox is a person's notifications, read in one snapshot.
type Inbox struct {
	Unread        int
	Notifications []Notification // newest first, at most 50
	At            time.Time
	Revisions     // of InboxTopic
}

// Inbox reads the actor's own, those for their role included.
func (h *Hospital) Inbox(ctx context.Context, actor Actor) (Inbox, error) { panic("unbuilt") }

// ReadNotifications marks the actor's notifications up to an id as read.
func (h *Hospital) ReadNotifications(ctx context.Context, actor Actor, upTo int64) error {
	panic("unbuilt")
}

// LinkCustomer lets a customer order for a patient: as the patient or a caregiver. For the desk.
func (h *Hospital) LinkCustomer(ctx context.Context, actor Actor, userID, patientID int64) error {
	panic("unbuilt")
}

// CustomerHome is what a customer sees first, read in one snapshot.
type CustomerHome struct {
	Stays     []CustomerStay  // of the patients they are linked to, open ones
	Orders    []CustomerOrder // open ones and those of today, newest first
	Addresses []Address
	Unread    int
	At        time.Time
	Revisions // of CustomerTopic
}

// CustomerStay is a linked patient's stay, as far as ordering needs it.
type CustomerStay struct {
	AdmissionID int64
	PatientName PatientName
	Place       string // ward and bed
	Order       DietOrder
}

// CustomerOrder is an order as its customer follows it.
type CustomerOrder struct {
	Order
	DeliveryID int64 // 0: none yet
	For        string
}

// CustomerHome reads it. For roles that hold OrderForPatients.
func (h *Hospital) CustomerHome(ctx context.Context, actor Actor) (CustomerHome, error) {
	panic("unbuilt")
}

// notifyUser tells one person; the notification's UserID is who.
func (c *change) notifyUser(ctx context.Context, n Notification) error { panic("unbuilt") }

// notifyRole tells everyone of a role; the notification's Role is which.
func (c *change) notifyRole(ctx context.Context, n Notification) error { panic("unbuilt") }

// concernedCustomers lists the customers who follow an order: whoever placed it, if a customer, and those linked to its patient.
func (c *change) concernedCustomers(ctx context.Context, o Order) ([]int64, error) {
	panic("unbuilt")
}
