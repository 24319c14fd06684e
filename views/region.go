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
	PartsID      = "parts"    // which beds or wards the page has a place for
	WardHeadID   = "ward"     // a ward's name and whether it is open
	WardCountsID = "counts"   // a ward's numbers
	MetricsID    = "metrics"  // the hospital's numbers
	TotalsID     = "totals"   // the last row of the table of wards
	WaitingID    = "waiting"  // patients without a bed
	PendingID    = "pending"  // stays marked for discharge
	RecentID     = "recent"   // recent admissions
	CleaningID   = "cleaning" // beds to clean
	NewsID       = "news"     // what a dashboard's role was told lately
	HeldID       = "held"     // meals that are held
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
)

// BedID is the id of a bed's card.
func BedID(id int64) string { return "bed-" + number(id) }

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

func bedIDs(b hospital.WardBoard) string {
	return idsOf(b.Beds, func(bed hospital.BoardBed) int64 { return bed.ID })
}

func wardIDs(wards []hospital.WardSummary) string {
	return idsOf(wards, func(ward hospital.WardSummary) int64 { return ward.ID })
}

// BedRegion is one bed's card.
func BedRegion(b hospital.BoardBed) Region { return Region{ID: BedID(b.ID), Component: bedCard(b)} }

// WardRegions lists what changes on a ward's page: its name, its numbers, and each bed's card by
// itself.
func WardRegions(b hospital.WardBoard) []Region {
	regions := []Region{
		{ID: PartsID, Component: parts(bedIDs(b))},
		{ID: WardHeadID, Component: wardHead(b.Ward)},
		{ID: WardCountsID, Component: wardCounts(b.WardSummary)},
	}
	for _, bed := range b.Beds {
		regions = append(regions, BedRegion(bed))
	}
	return regions
}

// MedicalRegions lists what changes on the dashboard of medical staff: the numbers, each ward's
// tile, each list.
func MedicalRegions(d hospital.MedicalDashboard) []Region {
	regions := []Region{
		{ID: PartsID, Component: parts(wardIDs(d.Wards))},
		{ID: MetricsID, Component: metrics(d.Metrics)},
		{ID: MissedID, Component: missedRounds(d.Missed, MedicalPath)},
		{ID: HeldID, Component: heldList(d.Held, d.HeldCount)},
		{ID: FastedID, Component: fastedList(d.Fasted, d.FastedCount)},
		{ID: WaitingID, Component: waitingList(d.Waiting, d.WaitingCount)},
		{ID: PendingID, Component: pendingList(d.PendingDischarges, d.PendingCount)},
		{ID: RecentID, Component: recentList(d.RecentAdmissions)},
	}
	for _, ward := range d.Wards {
		regions = append(regions, Region{ID: WardTileID(ward.ID), Component: wardTile(ward)})
	}
	return regions
}

// ManagementRegions lists what changes on the dashboard of ward managers: the numbers, each ward's
// row, their total, each list.
func ManagementRegions(d hospital.ManagementDashboard) []Region {
	regions := []Region{
		{ID: PartsID, Component: parts(wardIDs(d.Wards))},
		{ID: MetricsID, Component: metrics(d.Metrics)},
		{ID: MissedID, Component: missedRounds(d.Missed, ManagementPath)},
		{ID: TotalsID, Component: wardTotals(d.Counts, d.Metrics.PendingDischarges)},
		{ID: WaitingID, Component: waitingList(d.Waiting, d.WaitingCount)},
		{ID: CleaningID, Component: cleaningList(d.BedsToClean, d.CleaningCount)},
		{ID: PendingID, Component: pendingList(d.PendingDischarges, d.PendingCount)},
	}
	for _, ward := range d.Wards {
		regions = append(regions, Region{ID: WardTileID(ward.ID), Component: wardRow(ward)})
	}
	return regions
}

// mostNews is how many notifications stand over a dashboard at once, the newest.
const mostNews = 4

// NewsRegion is what the role of a dashboard was told lately, each notification by itself.
func NewsRegion(n hospital.News) Region {
	list := emptyList(NewsID, newsList())
	for _, n := range n.Notifications[:min(len(n.Notifications), mostNews)] {
		list.add(newsID(n.ID), newsItem(n))
	}
	return list
}

// newsID is the id of a notification over a dashboard.
func newsID(id int64) string { return "news-" + number(id) }

// OrderRegions lists what changes on the page of an order, as somebody sees it.
func OrderRegions(d hospital.OrderDetail, v Viewer) []Region {
	return []Region{{ID: OrderID, Component: orderCard(d, v, Form{})}}
}

// InboxRegions lists what changes on the page of a person's notifications: how many are unread, and
// each by itself.
func InboxRegions(inbox hospital.Inbox) []Region {
	return []Region{{ID: InboxHeadID, Component: inboxHead(inbox)}, inboxRegion(inbox)}
}

func inboxRegion(inbox hospital.Inbox) Region {
	list := emptyList(InboxID, inboxList())
	for _, n := range inbox.Notifications {
		list.add(noticeID(n.ID), notice(n))
	}
	return list
}

// TicketID is the id of a ticket on the kitchen's wall.
func TicketID(orderID int64) string { return "ticket-" + number(orderID) }

// LaneID is the id of a lane's tickets, LaneCountID that of their number.
func LaneID(lane string) string      { return "lane-" + lane }
func LaneCountID(lane string) string { return "count-" + lane }

// StationID is the id of what a station has still to cook, DishCountID that of one dish.
func StationID(s hospital.Station) string { return "cook-" + string(s) }
func DishCountID(dishID int64) string     { return "dish-" + number(dishID) }

// KitchenRegions lists what changes on a wall of the kitchen: the tickets of each lane and their
// number, how many are on their way, and each dish that is still to be cooked. The board is
// filtered already.
func KitchenRegions(b hospital.KitchenBoard, w Wall) []Region {
	regions := []Region{
		{ID: TransitID, Component: inTransit(b)},
		{ID: MissedID, Component: missedRounds(b.Missed, WallPath(w.Filter))},
		{ID: PastID, Component: pastStrip(b.PastDays())},
	}
	for _, lane := range lanes {
		tickets := laneRegion(b, w, lane)
		count := Region{ID: LaneCountID(lane), Component: laneCount(lane, len(tickets.Items))}
		regions = append(regions, tickets, count)
	}
	for _, station := range hospital.Stations {
		regions = append(regions, stationRegion(b, station))
	}
	return regions
}

// laneRegion is the tickets of a lane, in the order of the board.
func laneRegion(b hospital.KitchenBoard, w Wall, lane string) Region {
	list := emptyList(LaneID(lane), laneList(lane))
	for _, t := range b.Tickets {
		if laneOf(t) == lane {
			list.add(TicketID(t.OrderID), ticketCard(t, w.Filter, b.At, w.refusalOf(t)))
		}
	}
	return list
}

// noticeID is the id of a notification in its reader's list.
func noticeID(id int64) string { return "notice-" + number(id) }

// AddressRegions lists what changes on the page of an address.
func AddressRegions(w hospital.AddressWatch) []Region {
	return []Region{{ID: AddressID, Component: addressCard(w.Address)}}
}

// HomeRegions lists what changes on a customer's page: what they were told, each order by itself,
// whom and where they can order for.
func HomeRegions(home hospital.CustomerHome) []Region {
	return []Region{
		{ID: HomeNewsID, Component: homeNews(home)},
		ordersRegion(home),
		{ID: PatientsID, Component: homePatients(home.Stays, home.At)},
		{ID: AddressesID, Component: homeAddresses(home.Addresses)},
	}
}

func ordersRegion(home hospital.CustomerHome) Region {
	list := emptyList(OrdersID, ordersList())
	for _, o := range home.Orders {
		list.add(orderItemID(o.ID), orderItem(o))
	}
	return list
}

// orderItemID is the id of an order in its customer's list.
func orderItemID(id int64) string { return "order-" + number(id) }

// stationRegion is what a station has still to cook.
func stationRegion(b hospital.KitchenBoard, s hospital.Station) Region {
	list := emptyList(StationID(s), stationList(s))
	for _, dish := range b.ToCook {
		if dish.Station == s {
			list.add(DishCountID(dish.DishID), dishCount(dish))
		}
	}
	return list
}
