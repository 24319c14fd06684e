package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/static"
	"dusangire/views"
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

// liveRoute is a line of the table that opens a socket: it says what the socket shows.
type liveRoute struct {
	path       views.Path
	permission hospital.Permission
	watch      func(echo.Context) (hub.View, action, error)
}

// entry is what a noun brings to the table: a Route, a liveRoute, or a screen, which is one of
// each.
type entry interface {
	routes() ([]Route, []liveRoute)
}

func (r Route) routes() ([]Route, []liveRoute)     { return []Route{r}, nil }
func (r liveRoute) routes() ([]Route, []liveRoute) { return nil, []liveRoute{r} }

func get(path views.Path, permission hospital.Permission, handle echo.HandlerFunc) Route {
	return Route{http.MethodGet, string(path), permission, handle}
}

func post(path views.Path, permission hospital.Permission, handle echo.HandlerFunc) Route {
	return Route{http.MethodPost, string(path), permission, handle}
}

// Routes is the table of everything that can be asked. Paths that end in a slash answer without it
// too.
func (s *Server) Routes() []Route {
	var all []Route
	for _, one := range s.table() {
		requests, sockets := one.routes()
		all = append(all, requests...)
		for _, r := range sockets {
			all = append(all, get(r.path, r.permission, s.socket(r)))
		}
	}
	return all
}

// table is what can be asked, noun by noun.
func (s *Server) table() []entry {
	table := slices.Concat(s.generalRoutes(), s.wardRoutes(), s.bedRoutes(), s.admissionRoutes(),
		s.patientRoutes(), s.orderRoutes(), s.kitchenRoutes(), s.deliveryRoutes(), s.addressRoutes(),
		s.notificationRoutes(), s.menuRoutes(), s.userRoutes(), s.accountRoutes(),
		s.invitationRoutes(), s.setupRoutes(), s.fileRoutes())
	if s.Gallery {
		table = append(table, get("/gallery", Anyone, s.gallery))
	}
	return table
}

func (s *Server) generalRoutes() []entry {
	return []entry{
		get("/", Anyone, s.home),
		get(views.LoginPath, Anyone, s.loginPage),
		post(views.LoginPath, Anyone, s.login),
		post(views.LogoutPath, Anyone, s.logout),
		post(views.LanguagePath, Anyone, s.setLanguage),
		get(views.SettingsPath, hospital.ManageSettings, s.settingsPage),
		post(views.SetPath, hospital.ManageSettings, s.setSettings),
		get(views.MealsPath, hospital.ManageMenu, s.mealsPage),
		post(views.NewMealPath, hospital.ManageMenu, s.addMeal),
		post(views.MealsPath+":code", hospital.ManageMenu, s.setMeal),
		post(views.MealsPath+":code/sequence", hospital.ManageMenu, s.setMealSequence),
		get(staticRoute, Anyone, echo.WrapHandler(static.Handler())),
		get("/healthz", Anyone, s.healthz),
		get("/readyz", Anyone, s.readyz),
	}
}

func (s *Server) wardRoutes() []entry {
	return []entry{
		s.ward(),
		get(views.WardsPath, hospital.ArrangeWards, s.wardsPage),
		post(views.NewWardPath, hospital.SetUpWards, s.addWard),
		post("/wards/:id", hospital.ArrangeWards, s.setWard),
		post(views.WardPath+"move", hospital.ArrangeWards, s.moveWard),
		post(views.WardPath+"beds", hospital.ArrangeWards, s.addBeds),
		post(views.WardPath+"round", hospital.OrderRounds, s.orderMealRound),
		get(views.HandoverPath, hospital.ReadWards, s.handover),
		get(views.MealListPath, hospital.ReadMealLists, s.mealList),
		s.medicalDashboard(),
		s.managementDashboard(),
		s.housekeeping(),
		liveRoute{"/ws/dashboard/:role/", hospital.ReadOwnSession, noDashboard},
	}
}

func (s *Server) bedRoutes() []entry {
	return []entry{
		get(views.BedPath, hospital.ReadWards, s.bedPage),
		post("/beds/:id", hospital.ArrangeWards, s.setBed),
		post(views.BedPath+"retire", hospital.ArrangeWards, s.retireBed),
		post(views.BedPath+"status", hospital.ChangeBeds, s.setBedStatus),
		post(views.BedPath+"clean", hospital.CleanBeds, s.cleanBed),
		post(views.BedPath+"patients", hospital.AdmitPatients, s.findPatients),
	}
}

func (s *Server) admissionRoutes() []entry {
	h, choice := s.Hospital, s.bedChoice()
	return []entry{
		get(views.AdmissionPath, hospital.ReadWards, s.admissionPage),
		liveRoute{choice.socket, choice.permission, choice.watch},
		get(views.AdmissionPath+"menu/", hospital.OrderMeals, s.menu(ofAdmission)),
		s.waitingList(),
		post(views.WaitingPath+"patients", hospital.AdmitPatients, s.findForWaiting),
		get(views.CarePath, hospital.ReadWards, s.carePage),
		post(views.AdmissionsPath, hospital.AdmitPatients, s.admit),
		post(views.AdmissionsPath+"/:id", hospital.EditAdmissions, s.editAdmission),
		post(views.AdmissionPath+"transfer", hospital.TransferPatients, s.transfer),
		post(views.AdmissionPath+"plan-discharge", hospital.PlanDischarges, s.planDischarge),
		post(views.AdmissionPath+"discharge", hospital.DischargePatients, s.discharge),
		post(views.AdmissionPath+"cancel", hospital.CancelAdmissions,
			s.takeBack(views.FormCancelAdmission, h.CancelAdmission)),
		post(views.AdmissionPath+"reopen", hospital.ReopenAdmissions, s.reopen),
		post(views.AdmissionPath+"undo-transfer", hospital.TransferPatients,
			s.takeBack(views.FormUndoTransfer, h.UndoTransfer)),
		post(views.AdmissionPath+"swap", hospital.TransferPatients, s.swap),
		post(views.AdmissionPath+"leave", hospital.RecordLeave, s.leave),
		post(views.AdmissionPath+"return", hospital.RecordLeave, s.comeBack),
		post(views.AdmissionPath+"diet", hospital.OrderDiets, s.setDiet),
		post(views.AllergiesPath, hospital.OrderDiets, s.setAllergies),
		post(views.AdmissionPath+"customers", hospital.LinkCustomers,
			s.changeLink(h.LinkCustomer)),
		post(views.AdmissionPath+"customers/remove", hospital.LinkCustomers,
			s.changeLink(h.UnlinkCustomer)),
	}
}

func (s *Server) orderRoutes() []entry {
	h := s.Hospital
	return []entry{
		s.order(),
		s.customerHome(),
		post(views.OrdersPath, hospital.OrderMeals, s.placeOrder),
		post(views.OrderPath+"confirm", hospital.ConfirmOrders, s.stepOrder(h.ConfirmOrder)),
		post(views.OrderPath+"start", hospital.CookOrders, s.stepOrder(h.StartOrder)),
		post(views.OrderPath+"ready", hospital.CookOrders, s.stepOrder(h.ReadyOrder)),
		post(views.OrderPath+"recall", hospital.CookOrders, s.stepOrder(h.RecallOrder)),
		post(views.OrderPath+"cancel", hospital.CancelOrders, s.stepOrder(h.CancelOrder)),
		post(views.OrderPath+"parts/:station", hospital.CookOrders, s.setPart()),
		post(views.OrderPath+"items", hospital.ChangeOrders, s.setItems),
	}
}

func (s *Server) kitchenRoutes() []entry {
	return []entry{
		s.kitchen(),
		get(views.TicketsPath, hospital.PrintTickets, s.trayTickets),
		post(views.StartMealPath, hospital.CookOrders, s.startMeal),
		post(views.MadePath, hospital.CookOrders, s.makeDish),
		post(views.CartsPath, hospital.CookOrders, s.makeCart),
		post(views.DishPath+"substitute", hospital.CookOrders, s.substituteDish),
		s.without(),
		get(views.PastOrdersPath, hospital.ReadKitchen, s.pastOrders),
		post(views.PastOrdersPath+"close", hospital.CookOrders, s.closePastOrders),
	}
}

func (s *Server) deliveryRoutes() []entry {
	const carry = hospital.CarryDeliveries
	h := s.Hospital
	return []entry{
		s.round(),
		s.delivery(),
		post(views.DeliveriesPath+"claim", carry, s.takeRound(h.ClaimDelivery)),
		post(views.DeliveriesPath+"depart", carry, s.takeRound(h.DepartDelivery)),
		post(views.DeliveryPath+"claim", carry, s.takeDelivery(h.ClaimDelivery)),
		post(views.DeliveryPath+"release", carry, s.takeDelivery(h.ReleaseDelivery)),
		post(views.DeliveryPath+"depart", carry, s.takeDelivery(h.DepartDelivery)),
		post(views.DeliveryPath+"deliver", carry, s.deliver()),
		post(views.DeliveryPath+"fail", carry, s.fail()),
		post(views.DeliveryPath+"location", carry, s.locate()),
		post(views.DeliveryPath+"undo", carry, s.takeDelivery(h.UndoDelivery)),
		post(views.DeliveryPath+"new-code", carry, s.takeDelivery(h.RenewDeliveryCode)),
		post(views.DeliveryPath+"resend", hospital.ResendDeliveries, s.resend),
		post(views.DeliveryPath+"hand-over", carry, s.handOver()),
		post(views.DeliveriesPath+"hand-over", carry, s.handOverRound),
		post(views.CartPath+"claim", carry, s.stepCart(s.claimCart)),
		post(views.CartPath+"release", carry, s.stepCart(h.ReleaseCart)),
		post(views.CartPath+"depart", carry, s.departCart),
		get(views.TraysOutPath, hospital.RecordIntake, s.traysOut),
		post(views.OrderPath+"intake", hospital.RecordIntake, s.recordIntake),
	}
}

func (s *Server) addressRoutes() []entry {
	return []entry{
		s.address(),
		get(views.AddressesPath, hospital.OrderForPatients, s.addressesPage),
		get(views.AddressPath+"menu/", hospital.OrderForPatients, s.menu(ofAddress)),
		post(views.NewAddressPath, hospital.OrderForPatients, s.addAddress),
		post(views.AddressesPath+":id", hospital.OrderForPatients, s.setAddress),
		post(views.AddressPath+"remove", hospital.OrderForPatients, s.removeAddress),
		get(views.ZonesPath, hospital.ReadAddresses, s.zonesPage),
		get(views.ZonePath, hospital.ReadAddresses, s.zonePage),
		post(views.NewZonePath, hospital.ManageZones, s.addZone),
		post(views.ZonesPath+":id", hospital.ManageZones, s.setZone),
		post(views.ZonesPath+":id/remove", hospital.ManageZones, s.removeZone()),
	}
}

func (s *Server) notificationRoutes() []entry {
	return []entry{
		s.notifications(),
		get(views.UnreadPath, hospital.ReadOwnSession, s.unread),
		post(views.NotificationsPath+"read", hospital.ReadOwnSession, s.readNotifications),
	}
}

func (s *Server) fileRoutes() []entry {
	routes := []entry{get(views.FilesPath, hospital.ExchangeFiles, s.filesPage)}
	for _, kind := range hospital.FileKinds {
		may := kind.Permission()
		routes = append(routes,
			get(views.Path(views.ImportPath(kind)+"/"), may, s.importPage(kind)),
			post(views.Path(views.ImportPath(kind)), may, s.importFile(kind)),
			get(views.Path(views.ExportPath(kind)), may, s.exportFile(kind)),
			get(views.Path(views.SamplePath(kind)), may, sampleFile(kind)))
	}
	return routes
}

func (s *Server) menuRoutes() []entry {
	return []entry{
		get(views.DishesPath, hospital.ManageMenu, s.dishes),
		get(views.NewDishPath, hospital.ManageMenu, s.newDish),
		get(views.DishPath, hospital.ManageMenu, s.dishPage),
		post(views.AddDishPath, hospital.ManageMenu, s.addDish),
		post(views.DishesPath+":id", hospital.ManageMenu, s.setDish),
		post(views.DishPath+"retire", hospital.ManageMenu,
			s.dishStep(views.FormRetire, s.Hospital.RetireDish, views.DishPath.Of)),
		post(views.DishPath+"restore", hospital.ManageMenu,
			s.dishStep(views.FormRestore, s.Hospital.RestoreDish, views.SavedDishPath)),
		post(views.DishPath+"sold-out", hospital.ManageMenu, s.sellOutDish),
		get(views.MenuHomePath, hospital.ReadForecasts, s.menuHome),
		get(views.MenuPlanPath, hospital.ManageMenu, s.menuPlan),
		post(views.SetCyclePath, hospital.ManageMenu, s.setCycle),
		post(views.PlanMealPath, hospital.ManageMenu, s.planMeal),
		get(views.ForecastPath, hospital.ReadForecasts, s.forecast),
	}
}

// register gives the table to Echo.
func (s *Server) register(e *echo.Echo) {
	for _, one := range s.table() {
		requests, sockets := one.routes()
		for _, r := range requests {
			s.registerRequest(e, r)
		}
		for _, r := range sockets {
			s.registerSocket(e, r)
		}
	}
}

func (s *Server) registerRequest(e *echo.Echo, r Route) {
	handle := s.authorize(r)
	for _, path := range slashVariants(r.Path) {
		e.Add(r.Method, path, handle)
		if r.Method == http.MethodGet {
			e.HEAD(path, handle)
		}
	}
}

// registerSocket gives Echo a socket, and the same over plain HTTP. Both look themselves at who may
// see it, because they refuse with a close code.
func (s *Server) registerSocket(e *echo.Echo, r liveRoute) {
	for _, path := range slashVariants(string(r.path)) {
		e.GET(path, s.socket(r))
	}
	for _, path := range slashVariants(framePath(r.path)) {
		e.GET(path, s.poll(r))
	}
}

// slashVariants are the path with and without its trailing slash.
func slashVariants(path string) []string {
	switch {
	case path == "/" || strings.HasSuffix(path, "*"):
		return []string{path}
	case strings.HasSuffix(path, "/"):
		return []string{path, strings.TrimSuffix(path, "/")}
	}
	return []string{path, path + "/"}
}

func isSocket(path string) bool { return strings.HasPrefix(path, "/ws/") }

// isLive reports whether a path is for the scripts of live pages and for programs, which ask it
// again and again.
func isLive(path string) bool { return isSocket(path) || isFrame(path) }
