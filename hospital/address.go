package hospital

import (
	"context"
	"time"
)

// Zone is a part of the hospital or its surroundings with a delivery charge.
type Zone struct {
	ID     int64
	Name   string
	Charge int // Rwandan francs
}

// ZoneChange is what SetZone needs.
type ZoneChange struct {
	Name   string
	Charge int
}

// Zones lists them by name.
func (h *Hospital) Zones(ctx context.Context) ([]Zone, error) { panic("unbuilt") }

// AddZone creates a zone. For setting a hospital up.
func (h *Hospital) AddZone(ctx context.Context, actor Actor, zone ZoneChange) (Zone, error) {
	panic("unbuilt")
}

// SetZone changes a zone's name and charge. It moves the topic of every address in it.
func (h *Hospital) SetZone(ctx context.Context, actor Actor, id int64, zone ZoneChange) (Zone, error) {
	panic("unbuilt")
}

// Address is where a customer has meals brought to. One of a customer's addresses is the default, as long as there are any.
type Address struct {
	ID           int64
	OwnerID      int64
	Label        string
	FullName     string
	Phone        string
	Line1, Line2 string
	City         string
	Zone         Zone
	Instructions string
	Default      bool
	Removed      bool
	Version      int64
}

// AddressFields is what AddAddress and SetAddress need.
type AddressFields struct {
	Label, FullName, Phone, Line1, Line2, City, Instructions string
	ZoneID                                                   int64
	Default                                                  bool
	IdempotencyKey                                           string // of AddAddress
	Version                                                  int64  // of SetAddress
}

// AddAddress gives the actor another address. The first one is the default whatever is asked.
func (h *Hospital) AddAddress(ctx context.Context, actor Actor, fields AddressFields) (a Address, replayed bool, err error) {
	panic("unbuilt")
}

// SetAddress changes an address of the actor's. Making it the default takes that from the other one.
func (h *Hospital) SetAddress(ctx context.Context, actor Actor, id int64, fields AddressFields) (Address, error) {
	panic("unbuilt")
}

// RemoveAddress takes an address away; orders that went there keep it. Conflict while an open order goes there.
func (h *Hospital) RemoveAddress(ctx context.Context, actor Actor, id int64) error { panic("unbuilt") }

// AddressWatch is one address with its owner's others, read in one snapshot.
type AddressWatch struct {
	Address
	Others    []Address // the owner's, to tell when one is added or removed
	At        time.Time
	Revisions // of AddressTopic of this one and AddressesTopic of its owner
}

// Address reads one for its owner, couriers and admin; NotFound else.
func (h *Hospital) Address(ctx context.Context, actor Actor, id int64) (AddressWatch, error) {
	panic("unbuilt")
}

// Addresses lists the actor's, the default first.
func (h *Hospital) Addresses(ctx context.Context, actor Actor) ([]Address, error) { panic("unbuilt") }
