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
	Housekeeping   Role = "housekeeping"
	Customer       Role = "customer"
	Admin          Role = "admin"
)

// Roles lists every role, in the order in which people are shown them.
var Roles = []Role{MedicalStaff, WardManagement, KitchenStaff, DeliveryStaff, Housekeeping,
	Customer, Admin}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Permission is one thing that a person may or may not do. Routes, sockets and commands all ask for
// a Permission, never for a role, so the table below is the only place that says who may do what.
type Permission string

// The permissions. Each names an act, as the audit does.
const (
	ReadOwnSession          Permission = "own_session"             // sign out, own preferences
	ListWards               Permission = "wards.list"              // which wards there are
	ReadWards               Permission = "wards.read"              // boards with patients' names
	ReadClinical            Permission = "clinical.read"           // reason for admission, notes
	ReadMedicalDashboard    Permission = "dashboard.medical"       // /dashboard/medical_staff/
	ReadManagementDashboard Permission = "dashboard.management"    // /dashboard/ward_management/
	AdmitPatients           Permission = "admissions.admit"        // into a bed, or to wait for one
	ReadPatients            Permission = "patients.read"           // look for one, and open a record
	CorrectPatients         Permission = "patients.correct"        // name, number, next of kin
	MergePatients           Permission = "patients.merge"          // two records of one person
	ExchangePatients        Permission = "patients.exchange"       // all of them, by file
	ExchangeFiles           Permission = "files.exchange"          // the kinds that they may
	TransferPatients        Permission = "admissions.transfer"     // to another bed
	PlanDischarges          Permission = "admissions.plan"         // the bed stays occupied
	DischargePatients       Permission = "admissions.discharge"    // without a death
	CancelAdmissions        Permission = "admissions.cancel"       // that never were
	ReopenAdmissions        Permission = "admissions.reopen"       // take a discharge back
	RecordLeave             Permission = "admissions.leave"        // and that a patient is back
	RecordDeaths            Permission = "admissions.record_death" // discharge with "deceased"
	// isolation, priority, a note for the next shift
	EditAdmissions    Permission = "admissions.edit"
	ChangeBeds        Permission = "beds.change"            // reserve, release, clean, mend
	CloseBeds         Permission = "beds.close"             // and take into service again
	ArrangeWards      Permission = "wards.arrange"          // what wards and beds are fit for
	ReadCleaning      Permission = "dashboard.housekeeping" // /dashboard/housekeeping/
	CleanBeds         Permission = "beds.clean"             // start, and say when it is done
	RankCleaning      Permission = "beds.rank_cleaning"     // what is cleaned first
	SetUpWards        Permission = "wards.set_up"           // create wards with their beds
	ManageUsers       Permission = "users.manage"           // logins and their passwords
	ManageSettings    Permission = "settings.manage"        // name, zone, currency, languages
	OrderDiets        Permission = "diets.order"            // nil by mouth too
	OrderMeals        Permission = "orders.place"           // a customer for their own only
	OverrideHazards   Permission = "orders.override"        // as Hazard.Overridable allows
	OrderRounds       Permission = "orders.round"           // for each patient of a ward
	ReadMealLists     Permission = "wards.meal_list"        // the kitchen without names
	ReadOrders        Permission = "orders.read"            // of today and yesterday
	ReadPastOrders    Permission = "orders.read_past"       // of any day
	FollowOrders      Permission = "orders.follow"          // one; a customer their own only
	ReadKitchen       Permission = "dashboard.kitchen"      // /dashboard/kitchen/
	CookOrders        Permission = "orders.cook"            // start, ready, recall
	PrintTickets      Permission = "tickets.print"          // that go with the trays
	ConfirmOrders     Permission = "orders.confirm"         // pending, or held and safe again
	CancelOrders      Permission = "orders.cancel"          // any for kitchen and medical staff
	ChangeOrders      Permission = "orders.change"          // their dishes; a customer's own
	ManageMenu        Permission = "menu.manage"            // dishes, and what there is when
	ReadForecasts     Permission = "menu.forecast"          // what a meal will take
	ReadDeliveries    Permission = "dashboard.delivery"     // /dashboard/delivery/
	CarryDeliveries   Permission = "deliveries.carry"       // claim, depart, deliver, fail
	OverseeDeliveries Permission = "deliveries.oversee"     // every courier's
	FollowDeliveries  Permission = "deliveries.follow"      // one; a customer their own only
	ResendDeliveries  Permission = "deliveries.resend"      // a courier their own only
	RecordIntake      Permission = "orders.intake"          // how much of a meal was eaten
	ReadAddresses     Permission = "addresses.read"         // one; a customer their own; zones
	ManageZones       Permission = "zones.manage"           // names and charges
	OrderForPatients  Permission = "customer.home"          // a customer's page and addresses
	LinkCustomers     Permission = "customers.link"         // let one order for a patient
	InviteCaregivers  Permission = "customers.invite"       // with a slip, for a stay
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
	ReadPatients:            {MedicalStaff, WardManagement, Admin},
	CorrectPatients:         {MedicalStaff, WardManagement, Admin},
	MergePatients:           {WardManagement, Admin},
	ExchangePatients:        {Admin},
	ExchangeFiles:           {KitchenStaff, Admin},
	TransferPatients:        {MedicalStaff, WardManagement, Admin},
	PlanDischarges:          {MedicalStaff, WardManagement, Admin},
	DischargePatients:       {MedicalStaff, WardManagement, Admin},
	CancelAdmissions:        {MedicalStaff, WardManagement, Admin},
	ReopenAdmissions:        {MedicalStaff, Admin},
	RecordLeave:             {MedicalStaff, WardManagement, Admin},
	RecordDeaths:            {MedicalStaff, Admin},
	EditAdmissions:          {MedicalStaff, WardManagement, Admin},
	ChangeBeds:              {MedicalStaff, WardManagement, Admin},
	CloseBeds:               {WardManagement, Admin},
	ArrangeWards:            {WardManagement, Admin},
	ReadCleaning:            {Housekeeping, Admin},
	CleanBeds:               {Housekeeping, MedicalStaff, WardManagement, Admin},
	RankCleaning:            {WardManagement, Admin},
	SetUpWards:              {Admin},
	ManageUsers:             {Admin},
	ManageSettings:          {Admin},
	OrderDiets:              {MedicalStaff, Admin},
	OrderMeals:              {MedicalStaff, WardManagement, Customer, Admin},
	OverrideHazards:         {MedicalStaff},
	OrderRounds:             {MedicalStaff, WardManagement, KitchenStaff, Admin},
	ReadMealLists:           {MedicalStaff, WardManagement, KitchenStaff, Admin},
	ReadOrders:              {MedicalStaff, WardManagement, KitchenStaff, DeliveryStaff, Admin},
	ReadPastOrders:          {MedicalStaff, WardManagement, Admin},
	ReadKitchen:             {KitchenStaff, Admin},
	CookOrders:              {KitchenStaff, Admin},
	PrintTickets:            {KitchenStaff, Admin},
	ConfirmOrders:           {MedicalStaff, KitchenStaff, Admin},
	CancelOrders:            {MedicalStaff, WardManagement, KitchenStaff, Customer, Admin},
	ChangeOrders:            {MedicalStaff, KitchenStaff, Customer, Admin},
	ManageMenu:              {KitchenStaff, Admin},
	ReadForecasts:           {MedicalStaff, KitchenStaff, Admin},
	ReadDeliveries:          {DeliveryStaff, Admin},
	CarryDeliveries:         {DeliveryStaff, Admin},
	OverseeDeliveries:       {Admin},
	FollowDeliveries:        {MedicalStaff, WardManagement, DeliveryStaff, Customer, Admin},
	ResendDeliveries:        {KitchenStaff, DeliveryStaff, Admin},
	RecordIntake:            {MedicalStaff, DeliveryStaff, Admin},
	ReadAddresses:           {DeliveryStaff, Customer, Admin},
	ManageZones:             {Admin},
	OrderForPatients:        {Customer, Admin},
	LinkCustomers:           {WardManagement, Admin},
	InviteCaregivers:        {MedicalStaff, WardManagement, Admin},
	FollowOrders: {MedicalStaff, WardManagement, KitchenStaff, DeliveryStaff, Customer,
		Admin},
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
