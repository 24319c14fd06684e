package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/static"
)

// Route is one line of the table: what may be asked, by whom, and who answers.
type Route struct {
	Method     string
	Path       string
	Permission hospital.Permission // Anyone: signed in or not
	handle     echo.HandlerFunc
}

// Anyone stands where a route needs nobody to be signed in.
const Anyone hospital.Permission = ""

const staticRoute = "/static/*"

// Routes is the table of everything that can be asked. Paths that end in a slash answer without it too.
func (s *Server) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []Route{
		{get, "/", Anyone, s.home},
		{get, "/login", Anyone, s.loginPage},
		{post, "/login", Anyone, s.login},
		{post, "/logout", Anyone, s.logout},
		{post, "/language", Anyone, s.setLanguage},
		{get, staticRoute, Anyone, echo.WrapHandler(static.Handler())},

		{get, "/dashboard/medical_staff/", hospital.ReadMedicalDashboard, s.medicalDashboard},
		{get, "/dashboard/ward_management/", hospital.ReadManagementDashboard, s.managementDashboard},
		{get, "/dashboard/delivery/", hospital.ReadDeliveries, s.roundPage},
		{get, "/dashboard/kitchen/", hospital.ReadKitchen, s.kitchenDashboard},
		{get, "/wards/:id/", hospital.ReadWards, s.wardPage},
		{get, "/beds/:id/", hospital.ReadWards, s.bedPage},
		{get, "/admissions/:id/", hospital.ReadWards, s.admissionPage},
		{get, "/orders/:id/", hospital.FollowOrders, s.orderPage},
		{get, "/deliveries/:id/", hospital.FollowDeliveries, s.deliveryPage},
		{get, "/users/", hospital.ManageUsers, s.usersPage},

		{post, "/admissions", hospital.AdmitPatients, s.admit},
		{post, "/admissions/:id/transfer", hospital.TransferPatients, s.transfer},
		{post, "/admissions/:id/plan-discharge", hospital.PlanDischarges, s.planDischarge},
		{post, "/admissions/:id/discharge", hospital.DischargePatients, s.discharge},
		{post, "/orders", hospital.OrderMeals, s.placeOrder},
		{post, "/admissions/:id/diet", hospital.OrderDiets, s.setDiet},
		{post, "/beds/:id/status", hospital.ChangeBeds, s.setBedStatus},
		{post, "/beds/:id/patients", hospital.AdmitPatients, s.findPatients},
		{post, "/orders/:id/confirm", hospital.ConfirmOrders, s.stepOrder(s.Hospital.ConfirmOrder)},
		{post, "/orders/:id/start", hospital.CookOrders, s.stepOrder(s.Hospital.StartOrder)},
		{post, "/orders/:id/ready", hospital.CookOrders, s.stepOrder(s.Hospital.ReadyOrder)},
		{post, "/orders/:id/recall", hospital.CookOrders, s.stepOrder(s.Hospital.RecallOrder)},
		{post, "/orders/:id/cancel", hospital.CancelOrders, s.stepOrder(s.Hospital.CancelOrder)},
		{post, "/wards/:id/round", hospital.OrderRounds, s.orderRound},
		{get, "/kitchen/past/", hospital.ReadKitchen, s.pastOrders},
		{post, "/kitchen/past/close", hospital.CookOrders, s.closePastOrders},
		{post, "/deliveries/claim", hospital.CarryDeliveries, s.takeRound(s.Hospital.ClaimDelivery)},
		{post, "/deliveries/depart", hospital.CarryDeliveries, s.takeRound(s.Hospital.DepartDelivery)},
		{post, "/deliveries/:id/claim", hospital.CarryDeliveries, s.takeDelivery(s.Hospital.ClaimDelivery)},
		{post, "/deliveries/:id/release", hospital.CarryDeliveries, s.takeDelivery(s.Hospital.ReleaseDelivery)},
		{post, "/deliveries/:id/depart", hospital.CarryDeliveries, s.takeDelivery(s.Hospital.DepartDelivery)},
		{post, "/deliveries/:id/deliver", hospital.CarryDeliveries, s.deliver()},
		{post, "/deliveries/:id/fail", hospital.CarryDeliveries, s.fail()},
		{post, "/deliveries/:id/location", hospital.CarryDeliveries, s.locate()},

		{get, "/home/", hospital.OrderForPatients, s.customerHome},
		{get, "/admissions/:id/menu/", hospital.OrderMeals, s.stayMenu},
		{get, "/addresses/:id/menu/", hospital.OrderForPatients, s.addressMenu},
		{post, "/admissions/:id/customers", hospital.LinkCustomers, s.linkCustomer},
		{post, "/admissions/:id/customers/remove", hospital.LinkCustomers, s.unlinkCustomer},
		{get, "/addresses/", hospital.OrderForPatients, s.addressesPage},
		{get, "/addresses/:id/", hospital.ReadAddresses, s.addressPage},
		{post, "/addresses", hospital.OrderForPatients, s.addAddress},
		{post, "/addresses/:id", hospital.OrderForPatients, s.setAddress},
		{post, "/addresses/:id/remove", hospital.OrderForPatients, s.removeAddress},
		{get, "/zones/", hospital.ReadAddresses, s.zonesPage},
		{get, "/zones/:id/", hospital.ReadAddresses, s.zonePage},
		{post, "/zones", hospital.ManageZones, s.addZone},
		{post, "/zones/:id", hospital.ManageZones, s.setZone},
		{get, "/notifications/", hospital.ReadOwnSession, s.notificationsPage},
		{post, "/notifications/read", hospital.ReadOwnSession, s.readNotifications},

		{get, "/ws/ward/:id/", hospital.ReadWards, s.liveWard},
		{get, "/ws/order/:id/", hospital.FollowOrders, s.liveOrder},
		{get, "/ws/home/", hospital.OrderForPatients, s.liveHome},
		{get, "/ws/address/:id/", hospital.ReadAddresses, s.liveAddress},
		{get, "/ws/notifications/", hospital.ReadOwnSession, s.liveNotifications},
		{get, "/ws/dashboard/medical_staff/", hospital.ReadMedicalDashboard, s.liveMedicalDashboard},
		{get, "/ws/dashboard/ward_management/", hospital.ReadManagementDashboard, s.liveManagementDashboard},
		{get, "/ws/delivery/:id/", hospital.FollowDeliveries, s.liveDelivery},
		{get, "/ws/dashboard/delivery/", hospital.ReadDeliveries, s.liveRound},
		{get, "/ws/dashboard/kitchen/", hospital.ReadKitchen, s.liveKitchen},
		{get, "/ws/dashboard/:role/", hospital.ReadOwnSession, s.liveDashboard},

		{get, "/healthz", Anyone, s.healthz},
		{get, "/readyz", Anyone, s.readyz},
	}
	if s.Gallery {
		routes = append(routes, Route{get, "/gallery", Anyone, s.gallery})
	}
	return routes
}

// register gives the table to Echo. A socket checks its permission itself, because it refuses with a close code, and can be asked
// over plain HTTP too.
func (s *Server) register(e *echo.Echo) {
	for _, r := range s.Routes() {
		handle := s.permitted(r)
		if isSocket(r.Path) {
			handle = s.socket(r)
			for _, path := range spellings(framePath(r.Path)) {
				e.GET(path, s.frame(r))
			}
		}
		for _, path := range spellings(r.Path) {
			e.Add(r.Method, path, handle)
			if r.Method == http.MethodGet && !isSocket(path) {
				e.HEAD(path, handle)
			}
		}
	}
}

// spellings are the path with and without its trailing slash.
func spellings(path string) []string {
	switch {
	case path == "/" || strings.HasSuffix(path, "*"):
		return []string{path}
	case strings.HasSuffix(path, "/"):
		return []string{path, strings.TrimSuffix(path, "/")}
	}
	return []string{path, path + "/"}
}

func isSocket(path string) bool { return strings.HasPrefix(path, "/ws/") }

// isLive reports whether a path is for the scripts of live pages and for programs, which ask it again and again.
func isLive(path string) bool { return isSocket(path) || isFrame(path) }
