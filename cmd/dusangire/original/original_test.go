package original_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// What the original system claimed and did not do, as docs/original-guide.md lists it: each is seen
// here from outside alone, over HTTP and real sockets, so that none of it can come back unnoticed.
// The rules behind them have tests of their own in hospital and handlers.

// object is a JSON object.
type object = dusangiretest.Object

// bedsOf are a ward's beds by number, as its page gives them to a program.
func bedsOf(
	c dusangiretest.Client, board hospital.WardBoard,
) (ward object, beds map[string]object) {
	c.T.Helper()
	ward, beds = c.Read(dusangiretest.WardPath(board)), map[string]object{}
	for _, bed := range ward["beds"].([]any) {
		beds[bed.(object)["bed_number"].(string)] = bed.(object)
	}
	return ward, beds
}

// In the original the only broadcasts were those that a client asked for; no view sent any, and no
// page opened a socket.
func TestAPlainFormOfOneReachesTheSocketsOfOthersUnasked(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	nurse, manager := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.WardManagement)
	ward, numbers := manager.Watch("/ws"+strings.Replace(dusangiretest.WardPath(board), "wards", "ward", 1), dusangiretest.AsJSON), manager.Watch("/ws/dashboard/ward_management/", dusangiretest.AsJSON)
	ward.NextObject("ward_status")
	numbers.NextObject("dashboard_update")
	nurse.Submit("/admissions", url.Values{"patient_name": {"Uwase Marie"}, "bed_id": {fmt.Sprint(board.Beds[0].ID)}})
	if change := ward.NextObject("bed_status_change"); change["status"] != "occupied" || change["bed_id"] != float64(board.Beds[0].ID) {
		t.Errorf("the ward's socket heard %v", change)
	}
	if update := numbers.NextObject("dashboard_update"); update["patient_count"] != 1.0 {
		t.Errorf("the dashboard's socket heard %v", update)
	}
	for path, role := range map[string]hospital.Role{dusangiretest.WardPath(board): hospital.MedicalStaff, dusangiretest.BedPath(board.Beds[0]): hospital.MedicalStaff,
		"/dashboard/medical_staff/": hospital.MedicalStaff, "/dashboard/ward_management/": hospital.WardManagement,
		"/dashboard/kitchen/": hospital.KitchenStaff, "/dashboard/delivery/": hospital.DeliveryStaff, "/home/": hospital.Customer} {
		live, _ := s.SignIn(role).Page(path).Find("#socket").Attr("hx-ws:connect")
		if !strings.HasPrefix(live, "/ws/") {
			t.Errorf("the page %s opens no socket", path)
		}
	}
}

// In the original what WebSockets need was commented out of the requirements, and what was to serve
// them served HTTP alone.
func TestTheProgramAloneServesSocketsOnThePortOfItsPages(t *testing.T) {
	t.Parallel()
	s := dusangiretest.Invocation{Args: []string{"--demo"}}.Serve(t)
	nurse := s.Client().SignInAs(string(hospital.MedicalStaff), "dusangire")
	live := nurse.Watch("/ws/dashboard/medical_staff/", dusangiretest.AsJSON)
	if update := live.NextObject("dashboard_update"); update["patient_count"].(float64) < 1 {
		t.Errorf("the socket says %v", update)
	}
	if page := nurse.Page("/dashboard/medical_staff/"); page.Find("#metrics").Length() != 1 {
		t.Error("the page should stand on the same port")
	}
}

// In the original the status of any ward with a bed failed, for it read what a bed does not have.
func TestAWardWithBedsAndPatientsTellsItsStatusOnConnect(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	nurse := s.SignIn(hospital.MedicalStaff)
	nurse.Admit("Uwase Marie", board.Beds[1])
	data := nurse.Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON).NextObject("ward_status")["data"].(object)
	beds := data["beds"].([]any)
	if len(beds) != 3 || data["total_beds"] != 3.0 || data["occupied_beds"] != 1.0 {
		t.Fatalf("the status is %v", data)
	}
	taken, free := beds[1].(object), beds[0].(object)
	if taken["assigned_date"] == nil || taken["patient"].(object)["name"] != "Uwase Marie" || free["assigned_date"] != nil || free["patient"] != nil {
		t.Errorf("the beds are %v", beds)
	}
}

// In the original "in transit" was no status, the delivery dashboard failed on it, and the id in
// the path was ignored: there was one group for all.
func TestASocketOfADeliveryTellsOfThatDeliveryAloneThroughInTransit(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	rice, nurse, cook, courier := s.Dish("Rice"), s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.KitchenStaff), s.SignIn(hospital.DeliveryStaff)
	var deliveries []string
	for i, name := range []string{"Uwase Marie", "Mugisha Jean"} {
		admission := nurse.Admit(name, board.Beds[i])
		order := nurse.Create("/orders", object{"admission_id": admission["id"], "meal": "lunch", "items": []int64{rice.ID}})
		cook.Steps(order, "confirm", "start", "ready")
		id := courier.Read(fmt.Sprintf("/orders/%v/", order["id"]))["delivery_id"]
		deliveries = append(deliveries, fmt.Sprintf("/deliveries/%v/", id))
	}
	mine := nurse.Watch("/ws"+strings.Replace(deliveries[0], "deliveries", "delivery", 1), dusangiretest.AsJSON)
	mine.NextObject("delivery_status")
	for _, step := range [][2]string{{"claim", "assigned"}, {"depart", "in_transit"}} {
		courier.Command(deliveries[1]+step[0], object{}) // the other one first
		courier.Command(deliveries[0]+step[0], object{})
		if update := mine.NextObject("delivery_status_update"); update["status"] != step[1] || fmt.Sprintf("/deliveries/%v/", update["delivery_id"]) != deliveries[0] {
			t.Errorf("the delivery's socket heard %v, want it to be %s", update, step[1])
		}
	}
	if page := courier.Page("/dashboard/delivery/"); !strings.Contains(page.Find("main").Text(), board.Beds[0].Number) {
		t.Error("the courier's dashboard should show what is on its way")
	}
	courier.Command(deliveries[0]+"deliver", object{"bed_code": board.Beds[0].Number, "received_by": "the patient"})
	if update := mine.NextObject("delivery_status_update"); update["status"] != "delivered" {
		t.Errorf("then it heard %v", update)
	}
}

// In the original the id in the path of an address's socket was ignored, and nothing was ever sent
// to it.
func TestASocketOfAnAddressTellsOfThatAddressAndOfItsZonesCharge(t *testing.T) {
	t.Parallel()
	s, _ := dusangiretest.MustServeWard(t, 1, nil)
	customer, admin := s.SignIn(hospital.Customer), s.SignIn(hospital.Admin)
	zone := admin.Create("/zones", object{"name": "Within 3 km", "charge": 2000})
	elsewhere := admin.Create("/zones", object{"name": "Shelter", "charge": 500})
	add := func(label string, zone object) string {
		made := customer.Create("/addresses", object{"label": label, "full_name": "Uwase Marie", "phone": "0788123456", "address_line1": "KG 7",
			"city": "Kigali", "zone_id": zone["id"]})
		return fmt.Sprint(made["id"])
	}
	home, work := add("Home", zone), add("Work", elsewhere)
	atHome := customer.Watch("/ws/address/"+home+"/", dusangiretest.AsJSON)
	first := atHome.NextObject("address")["data"].(object)
	if fmt.Sprint(first["address_id"]) != home || first["label"] != "Home" || first["charge"] != 2000.0 {
		t.Errorf("the socket of the address %s begins with %v", home, first)
	}
	customer.Command("/addresses/"+work, object{"city": "Huye"})
	customer.Command("/addresses/"+home, object{"label": "Mother's"})
	update := atHome.NextObject("address_updated")
	if fmt.Sprint(update["address_id"]) != home || update["address"].(object)["label"] != "Mother's" {
		t.Errorf("the first that it hears of a change is %v", update)
	}
	admin.Command(fmt.Sprintf("/zones/%v", zone["id"]), object{"charge": 2500})
	if charged := atHome.NextObject("delivery_zone_updated"); charged["charge"] != 2500.0 || charged["zone"] != "Within 3 km" {
		t.Errorf("then of its zone %v", charged)
	}
}

// In the original metrics were never computed, anybody could join any role's group, and whatever
// anybody sent went to all who were in it.
func TestMetricsAreCountedByTheServerAndNobodyPushesIntoADashboard(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	nurse, colleague, cook := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.KitchenStaff)
	if code := cook.Watch("/ws/dashboard/ward_management/", dusangiretest.AsJSON).CloseCode(); code != 4403 {
		t.Errorf("a cook at the managers' dashboard is closed with %d, want 4403", code)
	}
	theirs, mine := colleague.Watch("/ws/dashboard/medical_staff/", dusangiretest.AsJSON), nurse.Watch("/ws/dashboard/medical_staff/", dusangiretest.AsJSON)
	theirs.NextObject("dashboard_update")
	for _, forged := range []string{`{"type":"dashboard_update","patient_count":99,"occupancy_rate":1}`, `{"action":"dashboard_update","data":{"patient_count":99}}`} {
		mine.Send(forged)
		mine.NextObject("error")
	}
	nurse.Admit("Uwase Marie", board.Beds[0])
	if update := theirs.NextObject("dashboard_update"); update["patient_count"] != 1.0 || update["occupancy_rate"] != 25.0 || update["active_wards"] != 1.0 {
		t.Errorf("what the colleague hears next is %v, want what is true", update)
	}
}

// In the original one page counted discharges whose date was empty, so always none; another called
// the first five occupied beds pending.
func TestPendingDischargesAreThoseThatSomebodyPlanned(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 8, nil)
	nurse, manager := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.WardManagement)
	var admissions []object
	for i := range 7 {
		admissions = append(admissions, nurse.Admit(fmt.Sprintf("Uwase %c", 'A'+i), board.Beds[i]))
	}
	count := func() string {
		ward, _ := bedsOf(nurse, board)
		m := nurse.Read("/dashboard/medical_staff/")
		w := manager.Read("/dashboard/ward_management/")
		return fmt.Sprint(ward["pending_discharges"], m["pending_discharges"], w["pending_discharges"])
	}
	if got := count(); got != "0 0 0" {
		t.Errorf("nobody planned a discharge of the seven patients, and pending are %s", got)
	}
	plan := fmt.Sprintf("/admissions/%v/plan-discharge", admissions[5]["id"])
	nurse.Command(plan, object{"expected_discharge": time.Now().Add(3 * time.Hour)})
	if got := count(); got != "1 1 1" {
		t.Errorf("one discharge is planned, and pending are %s", got)
	}
	nurse.Command(fmt.Sprintf("/admissions/%v/discharge", admissions[5]["id"]),
		object{"outcome": "improved"})
	if got := count(); got != "0 0 0" {
		t.Errorf("the patient has left, and pending are %s", got)
	}
}

// In the original what was not occupied counted as available, of a capacity that somebody had typed
// in.
func TestAvailableIsWhatCanTakeAPatientOfTheBedsThatThereAre(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	manager := s.SignIn(hospital.WardManagement)
	for i, status := range []string{"reserved", "cleaning", "maintenance", "closed"} {
		manager.Command(dusangiretest.BedPath(board.Beds[i])+"status", object{"status": status})
	}
	manager.Admit("Uwase Marie", board.Beds[4])
	ward, _ := bedsOf(manager, board)
	want := map[string]float64{"total_beds": 6, "available_beds": 1, "reserved_beds": 1, "cleaning_beds": 1, "maintenance_beds": 1, "closed_beds": 1,
		"occupied_beds": 1, "occupancy_rate": 20}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if ward[key] != want[key] {
			t.Errorf("%s is %v, want %v", key, ward[key], want[key])
		}
	}
}

// In the original whoever was signed in could set any status to any text, and there were no rules
// of what may follow what.
func TestStatusesAreChangedByThoseWhoMayToWhatMayFollow(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	nurse, cook, customer := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.KitchenStaff), s.SignIn(hospital.Customer)
	bed := dusangiretest.BedPath(board.Beds[0]) + "status"
	for _, stranger := range []dusangiretest.Client{cook, customer} {
		stranger.Refused(http.StatusForbidden, bed, object{"status": "cleaning"})
	}
	nurse.Refused(http.StatusUnprocessableEntity, bed, object{"status": "completed"})
	nurse.Refused(http.StatusUnprocessableEntity, bed, object{"status": "occupied"})
	admission := nurse.Admit("Uwase Marie", board.Beds[1])
	order := nurse.Create("/orders", object{"admission_id": admission["id"], "meal": "lunch", "items": []int64{s.Dish("Rice").ID}})
	path := fmt.Sprintf("/orders/%v/", order["id"])
	nurse.Refused(http.StatusForbidden, path+"ready", object{})
	cook.Refused(http.StatusConflict, path+"ready", object{})
	cook.Refused(http.StatusNotFound, path+"completed", object{})
	cook.Steps(order, "confirm", "start", "ready")
	s.SignIn(hospital.DeliveryStaff).Refused(http.StatusConflict, fmt.Sprintf("/deliveries/%v/deliver", nurse.Read(path)["delivery_id"]),
		object{"bed_code": board.Beds[1].Number, "received_by": "the patient"})
	if now := nurse.Read(path); now["status"] != "ready" {
		t.Errorf("the order is %v", now)
	}
}

// In the original a discharge freed the bed at once or left the admission open, and a transfer was
// two writes of which one could fail.
func TestADischargeEndsTheAdmissionAndLeavesABedToCleanAndATransferIsOneStep(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	nurse := s.SignIn(hospital.MedicalStaff)
	admission, _ := nurse.Admit("Uwase Marie", board.Beds[0]),
		nurse.Admit("Mugisha Jean", board.Beds[1])
	path := fmt.Sprintf("/admissions/%v/", admission["id"])
	statuses := func() string {
		var all []string
		_, beds := bedsOf(nurse, board)
		for _, bed := range board.Beds {
			all = append(all, beds[bed.Number]["status"].(string))
		}
		return strings.Join(all, " ")
	}
	live := nurse.Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON)
	live.NextObject("ward_status")
	nurse.Refused(http.StatusConflict, path+"transfer", object{"bed_id": board.Beds[1].ID})
	if got := statuses(); got != "occupied occupied available" || nurse.Read(path)["bed_number"] != board.Beds[0].Number {
		t.Errorf("a refused transfer left the beds %s", got)
	}
	nurse.Command(path+"transfer", object{"bed_id": board.Beds[2].ID})
	if status := live.NextObject("ward_status")["data"].(object); status["occupied_beds"] != 2.0 || status["cleaning_beds"] != 1.0 {
		t.Errorf("a transfer is seen as one step: the next status is %v", status)
	}
	nurse.Command(path+"discharge", object{"outcome": "improved"})
	if got := statuses(); got != "cleaning occupied cleaning" {
		t.Errorf("after the discharge the beds are %s", got)
	}
	if ended := nurse.Read(path); ended["status"] != "discharged" || ended["outcome"] != "improved" {
		t.Errorf("the admission that has ended is shown as %v", ended)
	}
	nurse.Refused(http.StatusConflict, path+"discharge", object{"outcome": "improved"})
}

// In the original the buttons of the kitchen were links to nowhere.
func TestTheButtonsOfTheKitchenDoWhatTheySay(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 1, nil)
	nurse, cook := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.KitchenStaff)
	admission := nurse.Admit("Uwase Marie", board.Beds[0])
	order := nurse.Create("/orders", object{"admission_id": admission["id"], "meal": "lunch", "items": []int64{s.Dish("Rice").ID}})
	path := fmt.Sprintf("/orders/%v/", order["id"])
	for _, step := range [][2]string{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}, {"recall", "preparing"}} {
		button := cook.Page("/dashboard/kitchen/?view=tickets").Find(fmt.Sprintf(`button[formaction=%q]`, path+step[0]))
		if button.Length() != 1 {
			t.Fatalf("the wall has no button to %s the ticket", step[0])
		}
		cook.Submit(button.AttrOr("formaction", ""), url.Values{button.AttrOr("name", ""): {button.AttrOr("value", "")}})
		if now := cook.Read(path)["status"]; now != step[1] {
			t.Errorf("the button %s made the order %v, want %s", step[0], now, step[1])
		}
	}
	if links := cook.Page("/dashboard/kitchen/").Find(`a[href="#"], a[href=""], a:not([href])`); links.Length() > 0 {
		t.Errorf("the kitchen has %d links to nowhere", links.Length())
	}
}

// In the original revenue, efficiency, satisfaction and others were literals.
func TestEveryFigureOfTheManagersIsCounted(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 5, nil)
	manager := s.SignIn(hospital.WardManagement)
	figures := func() string {
		cells := manager.Page("/dashboard/ward_management/").Find("#metrics td").Map(func(_ int, cell *goquery.Selection) string { return cell.Text() })
		return strings.Join(cells, ", ")
	}
	if got := figures(); got != "0.0\u00a0%, 0, 0, 1" {
		t.Errorf("of an empty hospital with one ward the figures are %q", got)
	}
	admission := manager.Admit("Uwase Marie", board.Beds[0])
	manager.Create("/admissions", object{"patient_name": "Mugisha Jean"})
	manager.Command(fmt.Sprintf("/admissions/%v/plan-discharge", admission["id"]), object{"expected_discharge": time.Now().Add(3 * time.Hour)})
	manager.Command(dusangiretest.BedPath(board.Beds[4])+"status", object{"status": "closed"})
	if got := figures(); got != "25.0\u00a0%, 2, 1, 1" {
		t.Errorf("with 1 of 4 beds in service taken, 2 patients and 1 discharge planned they are %q", got)
	}
	for _, bed := range board.Beds[1:4] {
		manager.Command(dusangiretest.BedPath(bed)+"status", object{"status": "closed"})
	}
	if got := figures(); got != "100.0\u00a0%, 2, 1, 1" {
		t.Errorf("with the other beds closed they are %q", got)
	}
	words := strings.ToLower(manager.Page("/dashboard/ward_management/").Find("main").Text())
	for _, invented := range []string{"revenue", "efficiency", "satisfaction", "on time"} {
		if strings.Contains(words, invented) {
			t.Errorf("the managers' page speaks of %s, which nothing here counts", invented)
		}
	}
}

// In the original the demo's beds were occupied at random, without patients, and the menu's prices
// were in dollars.
func TestTheDemosOccupiedBedsHavePatientsAndItsPricesAreFrancs(t *testing.T) {
	t.Parallel()
	s := dusangiretest.Invocation{Args: []string{"--demo"}}.Serve(t)
	nurse := s.Client().SignInAs(string(hospital.MedicalStaff), "dusangire")
	wards := nurse.Read("/dashboard/medical_staff/")["data"].(object)["wards"].([]any)
	patients, someone := 0, object{}
	for _, ward := range wards {
		for _, bed := range nurse.Read(fmt.Sprintf("/wards/%v/", ward.(object)["ward_id"]))["beds"].([]any) {
			bed := bed.(object)
			if (bed["status"] == "occupied") != (bed["patient"] != nil) {
				t.Errorf("bed %v is %v and in it lies %v", bed["bed_number"], bed["status"], bed["patient"])
			}
			if bed["patient"] != nil {
				patients, someone = patients+1, bed
			}
		}
	}
	if patients < 50 {
		t.Fatalf("the demo has %d patients in beds", patients)
	}
	links := nurse.Page(fmt.Sprintf("/beds/%v/", someone["id"])).Find(`form[action*="/admissions/"]`).AttrOr("action", "")
	admission := strings.Split(links, "/")[2]
	menu := nurse.Read("/admissions/" + admission + "/menu/?meal=lunch")
	dishes := menu["items"].([]any)
	for _, dish := range dishes {
		price := dish.(object)["price"].(float64)
		if price != float64(int(price)) || price < 300 || price > 10_000 {
			t.Errorf("%v costs %v, which is no price in Rwandan francs", dish.(object)["name"], price)
		}
	}
	if len(dishes) < 5 {
		t.Errorf("lunch has %d dishes", len(dishes))
	}
}
