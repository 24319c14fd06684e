package views

import (
	"strings"

	"dusangire/hospital"
)

// Path is the path of a page or a socket as the table of routes has it: with :id where the number
// of the one that it is about stands. Every path is built from these. The commands on what a page
// shows lie below the page: BedPath + "status".
type Path string

// The pages that are about one ward, bed or other thing.
const (
	WardPath      Path = "/wards/:id/"
	BedPath       Path = "/beds/:id/"
	AdmissionPath Path = "/admissions/:id/"
	OrderPath     Path = "/orders/:id/"
	DeliveryPath  Path = "/deliveries/:id/"
	AddressPath   Path = "/addresses/:id/"
	ZonePath      Path = "/zones/:id/"
)

// The other pages.
const (
	LoginPath         = "/login"
	MedicalPath       = "/dashboard/medical_staff/"
	ManagementPath    = "/dashboard/ward_management/"
	KitchenPath       = "/dashboard/kitchen/"
	RoundPath         = "/dashboard/delivery/"
	HousekeepingPath  = "/dashboard/housekeeping/"
	PastOrdersPath    = "/kitchen/past/"
	HomePath          = "/home/"
	AddressesPath     = "/addresses/"
	ZonesPath         = "/zones/"
	NotificationsPath = "/notifications/"
	UsersPath         = "/users/"
)

// What makes something new or is about several, and has no page.
const (
	AdmissionsPath = "/admissions"
	OrdersPath     = "/orders"
	DeliveriesPath = "/deliveries/"
	NewAddressPath = "/addresses"
	NewZonePath    = "/zones"
	LanguagePath   = "/language"
	LogoutPath     = "/logout"
)

// Of is the path of the one with a number.
func (p Path) Of(id int64) string { return strings.Replace(string(p), ":id", number(id), 1) }

// menuPath is what can be ordered for the admission or to the address whose page is at path. No
// meal is the next one.
func menuPath(path string, meal hospital.Meal) string {
	path += "menu/"
	if meal != "" {
		path += "?meal=" + string(meal)
	}
	return path
}

// offeredTo is the path of the admission or of the address that an offer is for.
func offeredTo(o hospital.Offer) string {
	if o.Address.ID != 0 {
		return AddressPath.Of(o.Address.ID)
	}
	return AdmissionPath.Of(o.Admission.AdmissionID)
}

// noticePath leads to the order that a notification is about; "" where there is none to look up.
func noticePath(n hospital.Notification) string {
	if n.OrderID == 0 {
		return ""
	}
	return OrderPath.Of(n.OrderID)
}

// mealPath is a bed with the menu of a meal for its patient.
func mealPath(d hospital.BedDetail, meal hospital.Meal) string {
	return BedPath.Of(d.ID) + "?meal=" + string(meal)
}

// panelPath is where the panel of a bed comes from as it is: with the menu of the meal that
// somebody is about to order.
func panelPath(d hospital.BedDetail, f Form) string {
	if f.Offer == nil {
		return BedPath.Of(d.ID)
	}
	return mealPath(d, f.Offer.Meal)
}
