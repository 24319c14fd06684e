package views

import (
	"net/url"
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
	HandoverPath  Path = "/wards/:id/handover/"
	MealListPath  Path = "/wards/:id/list/"
	BedPath       Path = "/beds/:id/"
	AdmissionPath Path = "/admissions/:id/"
	PatientPath   Path = "/patients/:id/"
	CarePath      Path = "/admissions/:id/care/"

	InvitationsPath Path = "/admissions/:id/invitations/"
	OrderPath       Path = "/orders/:id/"
	DeliveryPath    Path = "/deliveries/:id/"
	CartPath        Path = "/carts/:id/"
	TraysOutPath    Path = "/wards/:id/trays/"
	AddressPath     Path = "/addresses/:id/"
	ZonePath        Path = "/zones/:id/"
	UserPath        Path = "/users/:id/"
)

// OwnSessionPath is one of a person's own sessions, which has no page of its own.
const OwnSessionPath Path = "/account/sessions/:id/"

// PasswordPath is where somebody sets a password with the link that they were given.
const PasswordPath Path = "/password/:token"

// JoinPath is where a caregiver accepts the invitation with a code.
const JoinPath Path = "/join/:code"

// JoinPathOf is the path of the invitation with a code.
func JoinPathOf(code string) string {
	return strings.Replace(string(JoinPath), ":code", url.PathEscape(code), 1)
}

// FirstPath is where the first administrator's account is made.
const FirstPath Path = "/setup/:token"

// FirstPathOf is the path of the link with a token.
func FirstPathOf(token string) string {
	return strings.Replace(string(FirstPath), ":token", token, 1)
}

// PasswordPathOf is the path of the link with a token.
func PasswordPathOf(token string) string {
	return strings.Replace(string(PasswordPath), ":token", token, 1)
}

// AllergiesPath is that of the allergies of a patient's record, whose page has their form.
const AllergiesPath Path = "/patients/:id/allergies"

// The other pages.
const (
	LoginPath         = "/login"
	MedicalPath       = "/dashboard/medical_staff/"
	ManagementPath    = "/dashboard/ward_management/"
	KitchenPath       = "/dashboard/kitchen/"
	WaitingPath       = "/waiting/"
	RoundPath         = "/dashboard/delivery/"
	HousekeepingPath  = "/dashboard/housekeeping/"
	PastOrdersPath    = "/kitchen/past/"
	TicketsPath       = "/tickets/"
	StartMealPath     = "/kitchen/start"
	MadePath          = "/kitchen/made"
	WithoutPath       = "/kitchen/without/"
	HomePath          = "/home/"
	AddressesPath     = "/addresses/"
	ZonesPath         = "/zones/"
	NotificationsPath = "/notifications/"
	WardsPath         = "/wards/"
	UnreadPath        = "/notifications/unread/"
	UsersPath         = "/users/"
	AccountPath       = "/account/"
	CodePath          = "/join/"
	SetupPath         = "/setup/"
	SettingsStepPath  = "/setup/hospital/"
	WardsStepPath     = "/setup/wards/"
	MealsStepPath     = "/setup/meals/"
	MenuStepPath      = "/setup/menu/"
	SettingsPath      = "/settings/"
	MealsPath         = "/meals/"
	SearchPath        = "/patients/search"
	FilesPath         = "/import/"
)

// What makes something new or is about several, and has no page.
const (
	AdmissionsPath = "/admissions"
	PatientsPath   = "/patients/"
	OrdersPath     = "/orders"
	DeliveriesPath = "/deliveries/"
	CartsPath      = "/carts"
	NewAddressPath = "/addresses"
	NewZonePath    = "/zones"
	NewUserPath    = "/users"
	NewWardPath    = "/wards"
	SetPath        = "/settings"
	NewMealPath    = "/meals"
	LanguagePath   = "/language"
	LogoutPath     = "/logout"
)

// ImportPath takes a file of a kind; with a slash behind it is the page that asks for one.
func ImportPath(kind hospital.FileKind) string { return FilesPath + string(kind) }

// ExportPath is the file of all there is of a kind.
func ExportPath(kind hospital.FileKind) string { return "/export/" + string(kind) }

// SamplePath is a file of a kind as it is to be.
func SamplePath(kind hospital.FileKind) string { return "/sample/" + string(kind) }

// Of is the path of the one with a number.
func (p Path) Of(id int64) string { return strings.Replace(string(p), ":id", number(id), 1) }

// MealPath is what changes a meal.
func MealPath(code hospital.Meal) string { return MealsPath + string(code) }

// SavedMealPath is the page of all meals at the place of one, which it says is saved.
func SavedMealPath(code hospital.Meal) string {
	return MealsPath + "?saved=" + string(code) + "#" + mealID(code)
}

// mealID is the id of a meal's place on the page of all.
func mealID(code hospital.Meal) string { return "meal-" + string(code) }

// SavedZonePath is the page of all zones at the place of one, which it says is saved.
func SavedZonePath(id int64) string {
	return ZonesPath + "?saved=" + number(id) + "#" + zoneID(id)
}

// zoneID is the id of a zone's place on the page of all.
func zoneID(id int64) string { return "zone-" + number(id) }

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

// NoticePath leads to what a notification is about; "" where its reader may look up nothing of it.
func NoticePath(n hospital.Notification) string {
	switch n.Target.Kind {
	case hospital.TargetOrder:
		return OrderPath.Of(n.Target.ID)
	case hospital.TargetDelivery:
		return DeliveryPath.Of(n.Target.ID)
	case hospital.TargetAdmission:
		return AdmissionPath.Of(n.Target.ID)
	case hospital.TargetWard:
		return WardPath.Of(n.Target.ID)
	case hospital.TargetKitchen:
		of := hospital.KitchenFilter{Ward: n.About.WardCode, Meal: n.About.Meal}
		return WallPath(Wall{Filter: of})
	}
	return ""
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
