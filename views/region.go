package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"dusangire/hospital"
)

// Region is one part of a live page that changes by itself: the root element of Component has the
// id ID.
type Region struct {
	ID        string
	Component templ.Component
	// Items are not nil for a list whose items come and go by themselves. Component is then the
	// list with nothing in it.
	Items []Region
}

// emptyList is a list as a region, to be filled by add.
func emptyList(id string, list templ.Component) Region {
	return Region{ID: id, Component: list, Items: []Region{}}
}

// add puts an item at the end of a list.
func (r *Region) add(id string, item templ.Component) {
	r.Items = append(r.Items, Region{ID: id, Component: item})
}

// Whole draws a region with its items in it, as a page has it.
func (r Region) Whole() templ.Component {
	items := make([]templ.Component, len(r.Items))
	for i, item := range r.Items {
		items[i] = item.Component
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return r.Component.Render(templ.WithChildren(ctx, templ.Join(items...)), w)
	})
}

// The ids of the regions that a page has once.
const (
	HospitalID   = "hospital" // its name, in the head of every page
	PartsID      = "parts"    // which beds or wards the page has a place for
	WardHeadID   = "ward"     // a ward's name and whether it is open
	WardCountsID = "counts"   // a ward's numbers
	MetricsID    = "metrics"  // the hospital's numbers
	TotalsID     = "totals"   // the last row of the table of wards
	WaitingID    = "waiting"  // patients without a bed
	PendingID    = "pending"  // admissions marked for discharge
	RecentID     = "recent"   // recent admissions
	CleaningID   = "cleaning" // beds to clean
	NewsID       = "news"     // what the page's readers were told lately
	HeldID       = "held"     // meals that are held
	WithoutID    = "nothing"  // who gets nothing at a meal
	FastedID     = "fasted"   // who may eat again
	OrderID      = "order"    // an order on its own page
	InboxID      = "inbox"    // a person's notifications
	InboxHeadID  = "inbox-head"
	AddressID    = "address" // an address on its own page
	HomeNewsID   = "unread"  // of a customer: what they have not read
	OrdersID     = "orders"
	PatientsID   = "patients"
	AddressesID  = "addresses"
	TransitID    = "transit" // how many trays are on their way

	ToCleanListID   = "to-clean" // the beds to clean, for those who clean
	CleaningTallyID = "cleaning-tally"
)

// BedID is the id of a bed's card.
func BedID(id int64) string { return "bed-" + number(id) }

// ToCleanID is the id of a bed in the list of those to clean.
func ToCleanID(bedID int64) string { return "clean-" + number(bedID) }

// WardTileID is the id of a ward's tile on the medical dashboard and of its row on the management
// dashboard.
func WardTileID(id int64) string { return "ward-" + number(id) }

// idsOf lists beds or wards by number in the order in which they stand on a page.
func idsOf[T any](all []T, id func(T) int64) string {
	var ids strings.Builder
	for _, one := range all {
		ids.WriteString(number(id(one)) + " ")
	}
	return ids.String()
}

// BedRegion is one bed's card.
func BedRegion(b hospital.BoardBed) Region { return Region{ID: BedID(b.ID), Component: bedCard(b)} }
