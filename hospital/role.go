package hospital

import "slices"

// Role is what a person does in the hospital. Everyone has exactly one.
type Role string

// The roles: docs/contract.md#roles says what each does.
const (
	MedicalStaff   Role = "medical_staff"
	WardManagement Role = "ward_management"
	KitchenStaff   Role = "kitchen"
	DeliveryStaff  Role = "delivery"
	Customer       Role = "customer"
	Admin          Role = "admin"
)

// Roles lists every role, in the order in which people are shown them.
var Roles = []Role{MedicalStaff, WardManagement, KitchenStaff, DeliveryStaff, Customer, Admin}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Permission is one thing that a person may or may not do. Routes, sockets and commands all ask for
// a Permission, never for a role, so the table below is the only place that says who may do what.
type Permission string

// The permissions. Each names an act, as the audit does.
const (
	// sign out, own preferences: everyone signed in
	ReadOwnSession Permission = "own_session"
	ListWards      Permission = "wards.list" // which wards there are
	// a ward's board with patients' names
	ReadWards               Permission = "wards.read"
	ReadClinical            Permission = "clinical.read"        // reason for admission, notes
	ReadMedicalDashboard    Permission = "dashboard.medical"    // /dashboard/medical_staff/
	ReadManagementDashboard Permission = "dashboard.management" // /dashboard/ward_management/
	AdmitPatients           Permission = "admissions.admit"
	TransferPatients        Permission = "admissions.transfer"
	PlanDischarges          Permission = "admissions.plan"
	DischargePatients       Permission = "admissions.discharge"
	// discharge with the outcome "deceased"
	RecordDeaths Permission = "admissions.record_death"
	// reserve, release, cleaning, maintenance
	ChangeBeds Permission = "beds.change"
	// take a bed out of service, and back
	CloseBeds   Permission = "beds.close"
	SetUpWards  Permission = "wards.set_up" // create wards with their beds
	ManageUsers Permission = "users.manage"
	// diet, texture, allergies, nil by mouth
	OrderDiets Permission = "diets.order"
	// a customer for their own patients and addresses only
	OrderMeals Permission = "orders.place"
	// with a written reason, what Hazard.Overridable allows
	OverrideHazards Permission = "orders.override"
	OrderRounds     Permission = "orders.round"     // a meal for each patient of a ward
	ReadOrders      Permission = "orders.read"      // orders of today and yesterday
	ReadPastOrders  Permission = "orders.read_past" // orders of any day
	// one order; a customer their own only
	FollowOrders Permission = "orders.follow"
	ReadKitchen  Permission = "dashboard.kitchen" // /dashboard/kitchen/
	CookOrders   Permission = "orders.cook"       // start, ready, recall
	// that wait for it, or are held and safe again
	ConfirmOrders Permission = "orders.confirm"
	// one's own; any for the kitchen and medical staff
	CancelOrders   Permission = "orders.cancel"
	ManageMenu     Permission = "menu.manage"        // dishes, and which are available
	ReadDeliveries Permission = "dashboard.delivery" // /dashboard/delivery/, and addresses
	// claim, depart, deliver, fail, locate
	CarryDeliveries Permission = "deliveries.carry"
	// every courier's, not only one's own and those that wait
	OverseeDeliveries Permission = "deliveries.oversee"
	// one delivery; a customer their own only
	FollowDeliveries Permission = "deliveries.follow"
	// zones, and one address; a customer their own only
	ReadAddresses    Permission = "addresses.read"
	ManageZones      Permission = "zones.manage"
	OrderForPatients Permission = "customer.home"  // a customer's own page and addresses
	LinkCustomers    Permission = "customers.link" // let a customer order for a patient
)

// permitted is the table of who may do what. Admin stands in every row, as docs/contract.md#roles
// has it, but one: to set a hazard aside is a clinical act.
var permitted = map[Permission][]Role{
	ReadOwnSession:          Roles,
	ListWards:               {MedicalStaff, WardManagement, KitchenStaff, Admin},
	ReadWards:               {MedicalStaff, WardManagement, Admin},
	ReadClinical:            {MedicalStaff, Admin},
	ReadMedicalDashboard:    {MedicalStaff, Admin},
	ReadManagementDashboard: {WardManagement, Admin},
	AdmitPatients:           {MedicalStaff, WardManagement, Admin},
	TransferPatients:        {MedicalStaff, WardManagement, Admin},
	PlanDischarges:          {MedicalStaff, WardManagement, Admin},
	DischargePatients:       {MedicalStaff, WardManagement, Admin},
	RecordDeaths:            {MedicalStaff, Admin},
	ChangeBeds:              {MedicalStaff, WardManagement, Admin},
	CloseBeds:               {WardManagement, Admin},
	SetUpWards:              {Admin},
	ManageUsers:             {Admin},
	OrderDiets:              {MedicalStaff, Admin},
	OrderMeals:              {MedicalStaff, WardManagement, Customer, Admin},
	OverrideHazards:         {MedicalStaff},
	OrderRounds:             {MedicalStaff, WardManagement, KitchenStaff, Admin},
	ReadOrders:              {MedicalStaff, WardManagement, KitchenStaff, DeliveryStaff, Admin},
	ReadPastOrders:          {MedicalStaff, WardManagement, Admin},
	FollowOrders:            Roles,
	ReadKitchen:             {KitchenStaff, Admin},
	CookOrders:              {KitchenStaff, Admin},
	ConfirmOrders:           {MedicalStaff, KitchenStaff, Admin},
	CancelOrders:            {MedicalStaff, WardManagement, KitchenStaff, Customer, Admin},
	ManageMenu:              {KitchenStaff, Admin},
	ReadDeliveries:          {DeliveryStaff, Admin},
	CarryDeliveries:         {DeliveryStaff, Admin},
	OverseeDeliveries:       {Admin},
	FollowDeliveries:        {MedicalStaff, WardManagement, DeliveryStaff, Customer, Admin},
	ReadAddresses:           {DeliveryStaff, Customer, Admin},
	ManageZones:             {Admin},
	OrderForPatients:        {Customer, Admin},
	LinkCustomers:           {WardManagement, Admin},
}

// May reports whether the role holds the permission. An unknown permission is held by nobody.
func (r Role) May(p Permission) bool { return slices.Contains(permitted[p], r) }

// Actor is who reads or gives a command: a signed-in person, the simulated staff, or the system
// itself.
type Actor struct {
	UserID    int64 // 0 for the system
	Username  string
	Role      Role
	RequestID string // of the HTTP request, for the audit; may be empty
	SessionID int64  // 0 for whoever needs none

	holds Permission // of an actor without a role: the one thing that it may do
}

// System is the hospital acting by itself, as when a reservation runs out.
var System = Actor{Username: "system", Role: Admin}

// HolderOf is the actor as whom a screen is read that is drawn once for all who hold a permission.
// It may do that and nothing else; who watches the screen is asked each by themselves.
func HolderOf(p Permission) Actor { return Actor{holds: p} }

// need returns a Forbidden error unless the actor holds the permission.
func (a Actor) need(p Permission) error {
	if a.Role.May(p) || p != "" && a.holds == p {
		return nil
	}
	return Refuse(Forbidden, "forbidden",
		"Your role may not do this. Ask a colleague whose work it is.")
}
