package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/handlers"
	"dusangire/hospital"
	"dusangire/static"
)

// may is the table of who may do what, written out a second time: whoever changes the rules changes them here too, or
// did not mean to.
var may = map[hospital.Permission][]hospital.Role{
	"own_session": {"medical_staff", "ward_management", "kitchen", "delivery", "housekeeping",
		"customer", "admin"},
	"wards.list":              {"medical_staff", "ward_management", "kitchen", "admin"},
	"wards.read":              {"medical_staff", "ward_management", "admin"},
	"clinical.read":           {"medical_staff", "admin"},
	"dashboard.medical":       {"medical_staff", "admin"},
	"dashboard.management":    {"ward_management", "admin"},
	"admissions.admit":        {"medical_staff", "ward_management", "admin"},
	"admissions.transfer":     {"medical_staff", "ward_management", "admin"},
	"patients.read":           {"medical_staff", "ward_management", "admin"},
	"patients.correct":        {"medical_staff", "ward_management", "admin"},
	"patients.merge":          {"ward_management", "admin"},
	"patients.exchange":       {"admin"},
	"files.exchange":          {"kitchen", "admin"},
	"admissions.plan":         {"medical_staff", "ward_management", "admin"},
	"admissions.discharge":    {"medical_staff", "ward_management", "admin"},
	"admissions.edit":         {"medical_staff", "ward_management", "admin"},
	"admissions.record_death": {"medical_staff", "admin"},
	"admissions.cancel":       {"medical_staff", "ward_management", "admin"},
	"admissions.reopen":       {"medical_staff", "admin"},
	"admissions.leave":        {"medical_staff", "ward_management", "admin"},
	"beds.change":             {"medical_staff", "ward_management", "admin"},
	"beds.close":              {"ward_management", "admin"},
	"wards.arrange":           {"ward_management", "admin"},
	"beds.clean":              {"housekeeping", "medical_staff", "ward_management", "admin"},
	"beds.rank_cleaning":      {"ward_management", "admin"},
	"dashboard.housekeeping":  {"housekeeping", "admin"},
	"wards.set_up":            {"admin"},
	"users.manage":            {"admin"},
	"settings.manage":         {"admin"},
	"diets.order":             {"medical_staff", "admin"},
	"customer.home":           {"customer", "admin"},
	"customers.link":          {"ward_management", "admin"},
	"customers.invite":        {"medical_staff", "ward_management", "admin"},
	"addresses.read":          {"delivery", "customer", "admin"},
	"zones.manage":            {"admin"},
	"dashboard.delivery":      {"delivery", "admin"},
	"deliveries.carry":        {"delivery", "admin"},
	"deliveries.oversee":      {"admin"},
	"deliveries.follow":       {"medical_staff", "ward_management", "delivery", "customer", "admin"},
	"deliveries.resend":       {"kitchen", "delivery", "admin"},
	"orders.intake":           {"medical_staff", "delivery", "admin"},
	"dashboard.kitchen":       {"kitchen", "admin"},
	"orders.cook":             {"kitchen", "admin"},
	"tickets.print":           {"kitchen", "admin"},
	"orders.confirm":          {"medical_staff", "kitchen", "admin"},
	"orders.change":           {"medical_staff", "kitchen", "customer", "admin"},
	"orders.cancel":           {"medical_staff", "ward_management", "kitchen", "customer", "admin"},
	"wards.meal_list":         {"medical_staff", "ward_management", "kitchen", "admin"},
	"menu.manage":             {"kitchen", "admin"},
	"menu.forecast":           {"medical_staff", "kitchen", "admin"},
	"orders.round":            {"medical_staff", "ward_management", "kitchen", "admin"},
	"orders.place":            {"medical_staff", "ward_management", "customer", "admin"},
	"orders.follow":           {"medical_staff", "ward_management", "kitchen", "delivery", "customer", "admin"},
}

// anyone stands where a route is for people who are not signed in too.
const anyone = "anyone"

// rule is what a route of the table does for whom.
type rule struct {
	permission string // a key of may, or anyone
	path       string // where the route is asked; {bed}, {ward} and {admission} are put in
	signedOut  int    // for anyone: what a stranger gets
	permitted  int    // what one gets who may; for a socket the close code, 0 where it stays open
}

// rules know every route. Commands are sent a field that none of them knows, so that one who may gets 422 and nothing changes.
var rules = map[string]rule{
	"GET /":          {anyone, "/", 303, 303},
	"GET /login":     {anyone, "/login", 200, 303},
	"POST /login":    {anyone, "/login", 422, 422},
	"POST /logout":   {anyone, "/logout", 204, 204},
	"POST /language": {anyone, "/language", 422, 422},
	"GET /static/*":  {anyone, static.Path("app.css"), 200, 200},
	"GET /healthz":   {anyone, "/healthz", 200, 200},
	"GET /readyz":    {anyone, "/readyz", 200, 200},
	"GET /gallery":   {anyone, "/gallery", 200, 200},

	"GET /dashboard/medical_staff/":   {"dashboard.medical", "/dashboard/medical_staff/", 0, 200},
	"GET /dashboard/ward_management/": {"dashboard.management", "/dashboard/ward_management/", 0, 200},
	"GET /dashboard/kitchen/":         {"dashboard.kitchen", "/dashboard/kitchen/", 0, 200},
	"GET /dashboard/housekeeping/":    {"dashboard.housekeeping", "/dashboard/housekeeping/", 0, 200},
	"GET /wards/:id/":                 {"wards.read", "/wards/{ward}/", 0, 200},
	"GET /beds/:id/":                  {"wards.read", "/beds/{bed}/", 0, 200},
	"GET /admissions/:id/":            {"wards.read", "/admissions/{admission}/", 0, 200},
	"GET /users/":                     {"users.manage", "/users/", 0, 200},
	"GET /settings/":                  {"settings.manage", "/settings/", 0, 200},
	"POST /settings":                  {"settings.manage", "/settings", 0, 422},
	"GET /meals/":                     {"menu.manage", "/meals/", 0, 200},
	"POST /meals":                     {"menu.manage", "/meals", 0, 422},
	"POST /meals/:code":               {"menu.manage", "/meals/lunch", 0, 422},
	"POST /meals/:code/sequence":      {"menu.manage", "/meals/lunch/sequence", 0, 422},
	"POST /users":                     {"users.manage", "/users", 0, 422},
	"GET /users/:id/":                 {"users.manage", "/users/{user}/", 0, 200},
	"POST /users/:id":                 {"users.manage", "/users/{user}", 0, 422},
	"POST /users/:id/reset":           {"users.manage", "/users/{user}/reset", 0, 422},
	"POST /users/:id/sessions/end":    {"users.manage", "/users/{user}/sessions/end", 0, 422},
	"GET /account/":                   {"own_session", "/account/", 0, 200},
	"POST /account/password":          {"own_session", "/account/password", 0, 422},
	"POST /account/sessions/:id/end":  {"own_session", "/account/sessions/4711/end", 0, 422},
	"GET /password/:token":            {anyone, "/password/nothing", 404, 404},
	"POST /password/:token":           {anyone, "/password/nothing", 404, 404},
	"GET /setup/:token":               {anyone, "/setup/nothing", 404, 404},
	"POST /setup/:token":              {anyone, "/setup/nothing", 404, 404},
	"GET /setup/":                     {"wards.set_up", "/setup/", 0, 200},
	"GET /setup/wards/":               {"wards.set_up", "/setup/wards/", 0, 200},
	"POST /setup/wards/":              {"wards.set_up", "/setup/wards", 0, 422},
	"GET /setup/hospital/":            {"wards.set_up", "/setup/hospital/", 0, 200},
	"POST /setup/hospital/":           {"wards.set_up", "/setup/hospital", 0, 422},
	"GET /setup/meals/":               {"wards.set_up", "/setup/meals/", 0, 200},
	"POST /setup/meals/":              {"wards.set_up", "/setup/meals", 0, 422},
	"GET /setup/menu/":                {"wards.set_up", "/setup/menu/", 0, 200},
	"POST /setup/menu/":               {"wards.set_up", "/setup/menu", 0, 422},
	"GET /join/":                      {anyone, "/join/", 200, 200},
	"POST /join":                      {anyone, "/join", 422, 422},
	"GET /join/:code":                 {anyone, "/join/nothing", 404, 404},
	"POST /join/:code":                {anyone, "/join/nothing", 404, 404},
	"GET /admissions/:id/invitations/": {"customers.invite",
		"/admissions/{admission}/invitations/", 0, 200},
	"POST /admissions/:id/invitations": {"customers.invite",
		"/admissions/{admission}/invitations", 0, 422},
	"POST /admissions/:id/invitations/remove": {"customers.invite",
		"/admissions/{admission}/invitations/remove", 0, 422},

	"POST /admissions": {"admissions.admit", "/admissions", 0, 422},
	"POST /admissions/:id/transfer": {"admissions.transfer", "/admissions/{admission}/transfer",
		0, 422},
	"POST /admissions/:id/plan-discharge": {"admissions.plan",
		"/admissions/{admission}/plan-discharge", 0, 422},
	"POST /admissions/:id/discharge": {"admissions.discharge",
		"/admissions/{admission}/discharge", 0, 422},
	"POST /admissions/:id":         {"admissions.edit", "/admissions/{admission}", 0, 422},
	"GET /wards/:id/handover/":     {"wards.read", "/wards/{ward}/handover/", 0, 200},
	"GET /wards/:id/list/":         {"wards.meal_list", "/wards/{ward}/list/", 0, 200},
	"POST /admissions/:id/diet":    {"diets.order", "/admissions/{admission}/diet", 0, 422},
	"POST /patients/:id/allergies": {"diets.order", "/patients/{patient}/allergies", 0, 422},
	"POST /beds/:id/status":        {"beds.change", "/beds/{bed}/status", 0, 422},
	"POST /beds/:id/patients":      {"admissions.admit", "/beds/{bed}/patients", 0, 422},

	"GET /patients/search":       {"patients.read", "/patients/search", 0, 200},
	"POST /patients/search":      {"patients.read", "/patients/search", 0, 422},
	"GET /patients/:id/":         {"patients.read", "/patients/{patient}/", 0, 200},
	"POST /patients/:id":         {"patients.correct", "/patients/{patient}", 0, 422},
	"POST /patients/:id/merge":   {"patients.merge", "/patients/{patient}/merge", 0, 422},
	"POST /patients/:id/unmerge": {"patients.merge", "/patients/{patient}/unmerge", 0, 422},

	"POST /admissions/:id/cancel": {"admissions.cancel", "/admissions/{admission}/cancel", 0, 422},
	"POST /admissions/:id/reopen": {"admissions.reopen", "/admissions/{admission}/reopen", 0, 422},
	"POST /admissions/:id/undo-transfer": {"admissions.transfer",
		"/admissions/{admission}/undo-transfer", 0, 422},
	"POST /admissions/:id/swap":   {"admissions.transfer", "/admissions/{admission}/swap", 0, 422},
	"POST /admissions/:id/leave":  {"admissions.leave", "/admissions/{admission}/leave", 0, 422},
	"POST /admissions/:id/return": {"admissions.leave", "/admissions/{admission}/return", 0, 422},

	"GET /admissions/:id/care/": {"wards.read", "/admissions/{admission}/care/", 0, 200},
	"POST /beds/:id":            {"wards.arrange", "/beds/{bed}", 0, 422},
	"POST /wards/:id":           {"wards.arrange", "/wards/{ward}", 0, 422},
	"GET /wards/":               {"wards.arrange", "/wards/", 0, 200},
	"POST /wards":               {"wards.set_up", "/wards", 0, 422},
	"POST /wards/:id/move":      {"wards.arrange", "/wards/{ward}/move", 0, 422},
	"POST /wards/:id/beds":      {"wards.arrange", "/wards/{ward}/beds", 0, 422},
	"POST /beds/:id/retire":     {"wards.arrange", "/beds/{bed}/retire", 0, 422},
	"GET /waiting/":             {"wards.read", "/waiting/", 0, 200},
	"POST /waiting/patients":    {"admissions.admit", "/waiting/patients", 0, 422},
	"GET /ws/waiting/":          {"wards.read", "/ws/waiting/", 0, 0},
	"POST /beds/:id/clean":      {"beds.clean", "/beds/{bed}/clean", 0, 422},

	"POST /orders/:id/confirm":        {"orders.confirm", "/orders/{order}/confirm", 0, 422},
	"POST /orders/:id/start":          {"orders.cook", "/orders/{order}/start", 0, 422},
	"POST /orders/:id/ready":          {"orders.cook", "/orders/{order}/ready", 0, 422},
	"POST /orders/:id/recall":         {"orders.cook", "/orders/{order}/recall", 0, 422},
	"POST /orders/:id/cancel":         {"orders.cancel", "/orders/{order}/cancel", 0, 422},
	"POST /orders/:id/parts/:station": {"orders.cook", "/orders/{order}/parts/hot", 0, 422},
	"POST /orders/:id/items":          {"orders.change", "/orders/{order}/items", 0, 422},
	"POST /dishes/:id/substitute":     {"orders.cook", "/dishes/{dish}/substitute", 0, 422},
	"GET /kitchen/without/":           {"menu.forecast", "/kitchen/without/", 0, 200},
	"GET /ws/kitchen/without/":        {"menu.forecast", "/ws/kitchen/without/", 0, 0},
	"POST /kitchen/start":             {"orders.cook", "/kitchen/start", 0, 422},
	"POST /kitchen/made":              {"orders.cook", "/kitchen/made", 0, 422},
	"POST /wards/:id/round":           {"orders.round", "/wards/{ward}/round", 0, 422},
	"GET /tickets/":                   {"tickets.print", "/tickets/", 0, 200},
	"GET /kitchen/past/":              {"dashboard.kitchen", "/kitchen/past/", 0, 200},
	"POST /kitchen/past/close":        {"orders.cook", "/kitchen/past/close", 0, 422},
	"POST /orders":                    {"orders.place", "/orders", 0, 422},
	"GET /orders/:id/":                {"orders.follow", "/orders/{order}/", 0, 200},
	"GET /ws/order/:id/":              {"orders.follow", "/ws/order/{order}/", 0, 0},

	"GET /home/":                {"customer.home", "/home/", 0, 200},
	"GET /admissions/:id/menu/": {"orders.place", "/admissions/{admission}/menu/", 0, 200},
	"GET /addresses/:id/menu/":  {"customer.home", "/addresses/{address}/menu/", 0, 200},
	"POST /admissions/:id/customers": {"customers.link", "/admissions/{admission}/customers", 0,
		422},
	"POST /admissions/:id/customers/remove": {"customers.link",
		"/admissions/{admission}/customers/remove", 0, 422},
	"GET /ws/home/":              {"customer.home", "/ws/home/", 0, 0},
	"GET /addresses/":            {"customer.home", "/addresses/", 0, 200},
	"GET /addresses/:id/":        {"addresses.read", "/addresses/{address}/", 0, 200},
	"POST /addresses":            {"customer.home", "/addresses", 0, 422},
	"POST /addresses/:id":        {"customer.home", "/addresses/{address}", 0, 422},
	"POST /addresses/:id/remove": {"customer.home", "/addresses/{address}/remove", 0, 422},
	"GET /zones/":                {"addresses.read", "/zones/", 0, 200},
	"GET /zones/:id/":            {"addresses.read", "/zones/{zone}/", 0, 200},
	"POST /zones":                {"zones.manage", "/zones", 0, 422},
	"POST /zones/:id":            {"zones.manage", "/zones/{zone}", 0, 422},
	"POST /zones/:id/remove":     {"zones.manage", "/zones/{zone}/remove", 0, 422},

	"GET /import/":               {"files.exchange", "/import/", 0, 200},
	"GET /import/wards/":         {"wards.set_up", "/import/wards/", 0, 200},
	"POST /import/wards":         {"wards.set_up", "/import/wards", 0, 415},
	"GET /export/wards":          {"wards.set_up", "/export/wards", 0, 200},
	"GET /sample/wards":          {"wards.set_up", "/sample/wards", 0, 200},
	"GET /import/beds/":          {"wards.set_up", "/import/beds/", 0, 200},
	"POST /import/beds":          {"wards.set_up", "/import/beds", 0, 415},
	"GET /export/beds":           {"wards.set_up", "/export/beds", 0, 200},
	"GET /sample/beds":           {"wards.set_up", "/sample/beds", 0, 200},
	"GET /import/users/":         {"users.manage", "/import/users/", 0, 200},
	"POST /import/users":         {"users.manage", "/import/users", 0, 415},
	"GET /export/users":          {"users.manage", "/export/users", 0, 200},
	"GET /sample/users":          {"users.manage", "/sample/users", 0, 200},
	"GET /import/dishes/":        {"menu.manage", "/import/dishes/", 0, 200},
	"POST /import/dishes":        {"menu.manage", "/import/dishes", 0, 415},
	"GET /export/dishes":         {"menu.manage", "/export/dishes", 0, 200},
	"GET /sample/dishes":         {"menu.manage", "/sample/dishes", 0, 200},
	"GET /import/menu/":          {"menu.manage", "/import/menu/", 0, 200},
	"POST /import/menu":          {"menu.manage", "/import/menu", 0, 415},
	"GET /export/menu":           {"menu.manage", "/export/menu", 0, 200},
	"GET /sample/menu":           {"menu.manage", "/sample/menu", 0, 200},
	"GET /import/zones/":         {"zones.manage", "/import/zones/", 0, 200},
	"POST /import/zones":         {"zones.manage", "/import/zones", 0, 415},
	"GET /export/zones":          {"zones.manage", "/export/zones", 0, 200},
	"GET /sample/zones":          {"zones.manage", "/sample/zones", 0, 200},
	"GET /import/patients/":      {"patients.exchange", "/import/patients/", 0, 200},
	"POST /import/patients":      {"patients.exchange", "/import/patients", 0, 415},
	"GET /export/patients":       {"patients.exchange", "/export/patients", 0, 200},
	"GET /sample/patients":       {"patients.exchange", "/sample/patients", 0, 200},
	"GET /notifications/":        {"own_session", "/notifications/", 0, 200},
	"GET /notifications/unread/": {"own_session", "/notifications/unread/", 0, 200},
	"POST /notifications/read":   {"own_session", "/notifications/read", 0, 422},

	"GET /dishes/":              {"menu.manage", "/dishes/", 0, 200},
	"GET /dishes/new/":          {"menu.manage", "/dishes/new/", 0, 200},
	"GET /dishes/:id/":          {"menu.manage", "/dishes/{dish}/", 0, 200},
	"POST /dishes":              {"menu.manage", "/dishes", 0, 422},
	"POST /dishes/:id":          {"menu.manage", "/dishes/{dish}", 0, 422},
	"POST /dishes/:id/retire":   {"menu.manage", "/dishes/{dish}/retire", 0, 422},
	"POST /dishes/:id/sold-out": {"menu.manage", "/dishes/{dish}/sold-out", 0, 422},
	"POST /dishes/:id/restore":  {"menu.manage", "/dishes/{dish}/restore", 0, 422},

	"GET /menu/":              {"menu.forecast", "/menu/", 0, 303},
	"GET /menu/plan/":         {"menu.manage", "/menu/plan/", 0, 200},
	"POST /menu/plan":         {"menu.manage", "/menu/plan", 0, 422},
	"POST /menu/plan/entries": {"menu.manage", "/menu/plan/entries", 0, 422},
	"GET /menu/forecast/":     {"menu.forecast", "/menu/forecast/", 0, 200},

	"GET /dashboard/delivery/":       {"dashboard.delivery", "/dashboard/delivery/", 0, 200},
	"GET /deliveries/:id/":           {"deliveries.follow", "/deliveries/{delivery}/", 0, 200},
	"POST /deliveries/claim":         {"deliveries.carry", "/deliveries/claim", 0, 422},
	"POST /deliveries/depart":        {"deliveries.carry", "/deliveries/depart", 0, 422},
	"POST /deliveries/:id/claim":     {"deliveries.carry", "/deliveries/{delivery}/claim", 0, 422},
	"POST /deliveries/:id/release":   {"deliveries.carry", "/deliveries/{delivery}/release", 0, 422},
	"POST /deliveries/:id/depart":    {"deliveries.carry", "/deliveries/{delivery}/depart", 0, 422},
	"POST /deliveries/:id/deliver":   {"deliveries.carry", "/deliveries/{delivery}/deliver", 0, 422},
	"POST /deliveries/:id/fail":      {"deliveries.carry", "/deliveries/{delivery}/fail", 0, 422},
	"POST /deliveries/:id/location":  {"deliveries.carry", "/deliveries/{delivery}/location", 0, 422},
	"POST /deliveries/:id/undo":      {"deliveries.carry", "/deliveries/{delivery}/undo", 0, 422},
	"POST /deliveries/:id/new-code":  {"deliveries.carry", "/deliveries/{delivery}/new-code", 0, 422},
	"POST /deliveries/:id/resend":    {"deliveries.resend", "/deliveries/{delivery}/resend", 0, 422},
	"POST /deliveries/:id/hand-over": {"deliveries.carry", "/deliveries/{delivery}/hand-over", 0, 422},
	"POST /deliveries/hand-over":     {"deliveries.carry", "/deliveries/hand-over", 0, 422},
	"POST /carts":                    {"orders.cook", "/carts", 0, 422},
	"POST /carts/:id/claim":          {"deliveries.carry", "/carts/1/claim", 0, 422},
	"POST /carts/:id/release":        {"deliveries.carry", "/carts/1/release", 0, 422},
	"POST /carts/:id/depart":         {"deliveries.carry", "/carts/1/depart", 0, 422},
	"GET /wards/:id/trays/":          {"orders.intake", "/wards/{ward}/trays/", 0, 200},
	"POST /orders/:id/intake":        {"orders.intake", "/orders/{order}/intake", 0, 422},
	"GET /ws/delivery/:id/":          {"deliveries.follow", "/ws/delivery/{delivery}/", 0, 0},
	"GET /ws/dashboard/delivery/":    {"dashboard.delivery", "/ws/dashboard/delivery/", 0, 0},

	"GET /ws/ward/:id/":                {"wards.read", "/ws/ward/{ward}/", 0, 0},
	"GET /ws/admission/:id/":           {"wards.read", "/ws/admission/{admission}/", 0, 0},
	"GET /ws/address/:id/":             {"addresses.read", "/ws/address/{address}/", 0, 0},
	"GET /ws/notifications/":           {"own_session", "/ws/notifications/", 0, 0},
	"GET /ws/dashboard/medical_staff/": {"dashboard.medical", "/ws/dashboard/medical_staff/", 0, 0},
	"GET /ws/dashboard/housekeeping/": {"dashboard.housekeeping", "/ws/dashboard/housekeeping/", 0,
		0},
	"GET /ws/dashboard/ward_management/": {"dashboard.management", "/ws/dashboard/ward_management/", 0, 0},
	"GET /ws/dashboard/kitchen/":         {"dashboard.kitchen", "/ws/dashboard/kitchen/", 0, 0},
	"GET /ws/dashboard/:role/":           {"own_session", "/ws/dashboard/porter/", 0, 4404},
}

// visitor is someone at the door.
type visitor struct {
	who   string
	token string
	role  hospital.Role // empty: nobody as far as the server knows
}

// may reports whether the literal table lets the visitor do it.
func (v visitor) may(permission string) bool {
	return slices.Contains(may[hospital.Permission(permission)], v.role)
}

func TestPermissionsAreAsWrittenHere(t *testing.T) {
	for permission, roles := range may {
		for _, role := range hospital.Roles {
			if got, want := role.May(permission), slices.Contains(roles, role); got != want {
				t.Errorf("may %s do %s: %t, want %t", role, permission, got, want)
			}
		}
	}
	if hospital.Role("porter").May("own_session") || hospital.Role("").May("own_session") || hospital.Admin.May("no.such.permission") {
		t.Error("who or what is unknown may nothing")
	}
}

// In the original any logged-in user of any role could join any role's group, and what changed
// states checked only that somebody was signed in.
//
// TestEveryRouteLetsInExactlyWhoMay asks every route of the server's own table as every kind of visitor.
func TestEveryRouteLetsInExactlyWhoMay(t *testing.T) {
	h := newFixture(t, settings{})
	strangers, people := h.visitors()
	fill := h.furnish()
	before := h.contents()
	for _, route := range h.server.Routes() {
		name := route.Method + " " + route.Path
		rule, known := rules[name]
		if !known {
			t.Errorf("%s is not in the test's table: write down who may and what they get", name)
			continue
		}
		if want := permissionOf(rule); route.Permission != want {
			t.Errorf("%s asks for %q, want %q", name, route.Permission, want)
		}
		if name == "POST /logout" {
			continue // it ends sessions; TestSigningOut has it
		}
		rule.path = fill.Replace(rule.path)
		t.Run(name, func(t *testing.T) {
			h := h.within(t)
			for _, v := range append(strangers, people...) {
				if strings.HasPrefix(route.Path, "/ws/") {
					h.checkSocketDoor(rule, v)
				} else {
					h.checkDoor(route, rule, v)
				}
			}
		})
	}
	if after := h.contents(); after != before {
		t.Error("asking at doors changed the database")
	}
}

// orderForAll places an order that one of each role may see: the customer is linked to its patient.
func (h *fixture) orderForAll(admission hospital.Admission) (id int64) {
	h.t.Helper()
	users, err := h.hospital.Users(h.t.Context(), hospital.System)
	h.must(err)
	for _, user := range users {
		if user.Role == hospital.Customer {
			h.must(h.hospital.LinkCustomer(h.t.Context(), actor(hospital.Admin), user.ID,
				admission.PatientID))
		}
	}
	o, _, err := h.hospital.PlaceOrder(h.t.Context(), actor(hospital.MedicalStaff), hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: hospital.Lunch,
		Dishes: []int64{h.dish("Rice", "hot").ID}})
	h.must(err)
	return o.ID
}

// within is the fixture as a subtest sees it.
func (h *fixture) within(t testing.TB) *fixture {
	inner := *h
	inner.t = t
	return &inner
}

// furnish puts one of each thing into the fixture, on its way where it has one, and returns what puts
// their ids into the path of a rule.
func (h *fixture) furnish() *strings.Replacer {
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	order := h.orderForAll(admission)
	tray := h.tray(admission)
	address := h.address(h.as(hospital.Customer), "Home", h.zone("Shelter", 500))
	parcel := h.orderTo(address)
	h.cook(parcel.ID, "confirm", "start", "ready")
	carry(h, h.as(hospital.DeliveryStaff), parcel.ID)
	return strings.NewReplacer("{ward}", fmt.Sprint(h.a.ID),
		"{user}", fmt.Sprint(h.addUser("somebody", hospital.KitchenStaff).ID),
		"{bed}", fmt.Sprint(h.bed(h.a, 1).ID), "{admission}", fmt.Sprint(admission.ID),
		"{patient}", fmt.Sprint(admission.PatientID),
		"{order}", fmt.Sprint(order), "{delivery}", fmt.Sprint(tray.ID),
		"{dish}", fmt.Sprint(h.dish("Beans", "hot").ID),
		"{address}", fmt.Sprint(address.ID), "{zone}", fmt.Sprint(address.Zone.ID))
}

func permissionOf(r rule) hospital.Permission {
	if r.permission == anyone {
		return handlers.Anyone
	}
	return hospital.Permission(r.permission)
}

// visitors are all who can stand at a door: those whom the server does not know, and one of each role.
func (h *fixture) visitors() (strangers, people []visitor) {
	h.t.Helper()
	for _, name := range []string{"expired", "disabled", "signed-out", "new-password"} {
		h.addUser(name, hospital.Admin)
	}
	expired := h.token("expired")
	h.clock.pass(12*time.Hour - time.Minute)
	disabled, signedOut, newPassword := h.token("disabled"), h.token("signed-out"), h.token("new-password")
	h.must(h.hospital.DisableUser(h.t.Context(), hospital.System, "disabled"))
	h.must(h.hospital.SignOut(h.t.Context(), signedOut))
	h.must(h.hospital.SetPassword(h.t.Context(), hospital.System, "new-password", password))
	for _, role := range hospital.Roles {
		people = append(people, visitor{string(role), h.token(string(role)), role})
	}
	h.clock.pass(time.Minute)
	strangers = []visitor{
		{"nobody", "", ""}, {"someone with an invented token", strings.Repeat("x", 43), ""},
		{"someone whose session has run out", expired, ""}, {"someone disabled", disabled, ""},
		{"someone who signed out", signedOut, ""}, {"someone with a new password", newPassword, ""},
	}
	return strangers, people
}

// checkDoor asks a page or gives a command, as a program and as a browser does.
func (h *fixture) checkDoor(route handlers.Route, r rule, v visitor) {
	h.t.Helper()
	for _, as := range []audience{program, browser} {
		q := question{method: route.Method, path: r.path, as: as, token: v.token}
		if route.Method == http.MethodPost {
			q.fields = map[string]any{"no_such_field": 1}
		}
		got := h.ask(q)
		want := h.expected(route, r, v, as)
		if got.status != want {
			h.t.Errorf("%s as a %s gets %d, want %d: %.200s", v.who, as, got.status, want, got.body)
			continue
		}
		if as == program && want >= 400 {
			got.problem(want)
		}
		if want == http.StatusSeeOther && r.permission != anyone && v.role == "" && got.header.Get("Location") != "/login?next="+strings.ReplaceAll(r.path, "/", "%2F") {
			h.t.Errorf("%s should be led to sign in and back: %s", v.who, got.header.Get("Location"))
		}
	}
}

// expected is the status that docs/contract.md#commands gives for a visitor at a door.
func (h *fixture) expected(route handlers.Route, r rule, v visitor, as audience) int {
	switch {
	case r.permission == anyone && v.role == "":
		return r.signedOut
	case route.Path == "/addresses/:id/menu/" && v.role == hospital.Admin:
		return http.StatusNotFound // to an address its owner alone orders
	case r.permission == anyone || v.may(r.permission):
		return permittedStatus(route, r, as)
	case v.role != "":
		return http.StatusForbidden
	case as == browser && route.Method == http.MethodGet:
		return http.StatusSeeOther
	}
	return http.StatusUnauthorized
}

// permittedStatus differs where a person is led on: from an admission to the patient's bed, from a
// zone to the list.
func permittedStatus(route handlers.Route, r rule, as audience) int {
	if (route.Path == "/admissions/:id/" || route.Path == "/admissions/:id/care/" ||
		route.Path == "/zones/:id/") && as == browser {
		return http.StatusSeeOther
	}
	return r.permitted
}

// checkSocketDoor opens a live path in both representations, with a slash and without.
func (h *fixture) checkSocketDoor(r rule, v visitor) {
	h.t.Helper()
	for _, representation := range []string{asJSON, asHTML} {
		for _, path := range []string{r.path, strings.TrimSuffix(r.path, "/")} {
			s := h.watch(path, v.token, representation)
			want := websocket.StatusCode(r.permitted)
			switch {
			case v.role == "":
				want = 4401
			case !v.may(r.permission):
				want = 4403
			}
			message, err := s.read()
			switch {
			case want == 0 && (err != nil || message == ""):
				h.t.Errorf("%s at %s as %s should get the state at once: %v", v.who, path, representation, err)
			case want != 0 && (message != "" || websocket.CloseStatus(err) != want):
				h.t.Errorf("%s at %s as %s: %v %q, want to be closed with %d and told nothing", v.who, path, representation, err, message, want)
			}
			_ = s.conn.CloseNow()
			if representation == asHTML {
				h.checkFrameDoor(path, v, want)
			}
		}
	}
}

// checkFrameDoor asks for the same over plain HTTP: who is closed with a code there gets it here, and nothing else.
func (h *fixture) checkFrameDoor(socketPath string, v visitor, want websocket.StatusCode) {
	h.t.Helper()
	path := framePath(socketPath)
	got := h.get(path, v.token, htmx)
	if want == 0 {
		if got.status != http.StatusOK || got.header.Get("Dusangire-Frame") == "" || !strings.Contains(got.body, `<hx-partial hx-target="#live"`) {
			h.t.Errorf("%s at %s should get a frame: %d %v %.200s", v.who, path, got.status, got.header, got.body)
		}
		return
	}
	got.problem(int(want) - 4000)
	if code := got.header.Get("Dusangire-Close"); code != fmt.Sprint(int(want)) || got.header.Get("Dusangire-Frame") != "" || strings.Contains(got.body, "hx-partial") {
		h.t.Errorf("%s at %s: the code %q, want %d and no frame: %.200s", v.who, path, code, want, got.body)
	}
}

func TestAnotherRolesDashboardIsForbiddenAndAnUnknownOneDoesNotExist(t *testing.T) {
	h := newFixture(t, settings{})
	for _, c := range []struct {
		role hospital.Role
		path string
		want websocket.StatusCode
	}{
		{hospital.MedicalStaff, "/ws/dashboard/kitchen/", 4403},
		{hospital.KitchenStaff, "/ws/dashboard/delivery/", 4403},
		{hospital.Customer, "/ws/dashboard/admin/", 4403},
		{hospital.MedicalStaff, "/ws/dashboard/nowhere/", 4404},
		{hospital.Customer, "/ws/dashboard/Medical_Staff/", 4404},
	} {
		if got := h.watch(c.path, h.token(string(c.role))).closeCode(); got != c.want {
			t.Errorf("%s at %s is closed with %d, want %d", c.role, c.path, got, c.want)
		}
	}
}

func TestPathsAnswerWithAndWithoutTheirSlash(t *testing.T) {
	h := newFixture(t, settings{})
	token := h.token("admin")
	for _, path := range []string{"/dashboard/medical_staff", fmt.Sprintf("/wards/%d", h.a.ID), "/users", "/login/", "/healthz/"} {
		if got := h.get(path, token, program).status; got != 200 && got != 303 {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := h.post("/admissions/", token, program, map[string]any{"patient_name": "Uwase Marie"}); got.status != http.StatusCreated {
		t.Errorf("POST /admissions/: %d %s", got.status, got.body)
	}
}

func TestUnknownMethodsAreRefusedAndTheKnownOnesNamed(t *testing.T) {
	h := newFixture(t, settings{})
	token := h.token("admin")
	before := h.contents()
	for _, c := range []struct{ method, path, allow string }{
		{"GET", "/admissions", "POST"}, {"HEAD", "/admissions", "POST"}, {"DELETE", "/admissions", "POST"},
		{"PUT", fmt.Sprintf("/beds/%d/status", h.bed(h.a, 1).ID), "POST"}, {"PATCH", fmt.Sprintf("/wards/%d/", h.a.ID), "GET"},
		{"POST", "/waiting/", "GET"}, {"DELETE", "/login", "POST"}, {"BREW", "/login", "GET"},
		{"POST", fmt.Sprintf("/ws/ward/%d/", h.a.ID), "GET"},
	} {
		got := h.ask(question{method: c.method, path: c.path, as: program, token: token, header: http.Header{"X-Http-Method-Override": {"GET"}}})
		if got.status != http.StatusMethodNotAllowed || !strings.Contains(got.header.Get("Allow"), c.allow) {
			t.Errorf("%s %s: %d, Allow %q; want 405 and %s", c.method, c.path, got.status, got.header.Get("Allow"), c.allow)
		}
		if c.method != "HEAD" {
			got.problem(http.StatusMethodNotAllowed)
		}
	}
	if h.contents() != before {
		t.Error("a method that is not allowed changed the database")
	}
}
