package handlers_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub"
)

// TestNoCommandForgetsAScreen lets everybody give every command there is, in any order, and looks at live screens before and after each:
// one that changed must watch a topic that moved. So neither a command can forget to move a topic, nor a view to watch one.
func TestNoCommandForgetsAScreen(t *testing.T) {
	t.Parallel()
	histories, commands, looks := uint64(1), 300, 4
	if os.Getenv("DUSANGIRE_FAULTS") == "large" {
		histories, commands, looks = 10, 1000, 8
	}
	for history := range histories {
		l := newLife(t, history)
		l.looks = looks
		for n := 0; n < commands || n < 20*commands && len(l.neverDone()) > 0; n++ {
			l.live(n)
		}
		if never := l.neverDone(); len(never) > 0 {
			t.Errorf("these commands never succeeded, so nothing is known of them: %v", never)
		}
		t.Logf("commands that succeeded: %v", l.did)
	}
}

// life is a hospital in which anybody does anything.
type life struct {
	*fixture
	r                   *rand.Rand
	tokens              map[string]string // by username
	ids                 func(query string, args ...any) []int64
	text                func(query string, args ...any) string
	written             func() int64 // another number after each change of the database
	rice, isombe        hospital.Dish
	looks               int            // at how many screens anybody looks around each command
	did                 map[string]int // commands that succeeded
	commands            map[string]commandToGive
	couriers, customers []string
}

// commandToGive is one command: by whom, and what it is given. An id of 0 in the path is any that is there.
type commandToGive struct {
	who    []string
	id     string // the query for the ids that the path may have
	fields func() map[string]any
}

func newLife(t *testing.T, seed uint64) *life {
	t.Helper()
	h := newFixture(t, settings{beds: 3})
	l := &life{fixture: h, r: rand.New(rand.NewPCG(seed, 1)), tokens: map[string]string{}, did: map[string]int{},
		couriers: []string{"delivery", "second"}, customers: []string{"customer", "stranger"}}
	h.addUser("second", hospital.DeliveryStaff)
	h.addUser("stranger", hospital.Customer)
	l.signIn()
	l.rice, l.isombe = h.dish("Rice", hospital.Stations[0]), h.dish("Isombe", hospital.Stations[0], "peanuts")
	_, err := h.hospital.AddZone(t.Context(), hospital.System,
		hospital.ZoneCommand{Name: "Shelter", Charge: 500})
	h.must(err)
	db := hospitaltest.Database(t, h.database)
	l.ids = func(query string, args ...any) (found []int64) {
		rows, err := db.QueryContext(t.Context(), query, args...)
		h.must(err)
		defer rows.Close()
		for rows.Next() {
			var id int64
			h.must(rows.Scan(&id))
			found = append(found, id)
		}
		h.must(rows.Err())
		return found
	}
	l.text = func(query string, args ...any) (found string) {
		_ = db.QueryRowContext(t.Context(), query, args...).Scan(&found) // none: nothing
		return found
	}
	beside, err := db.Conn(t.Context())
	h.must(err)
	t.Cleanup(func() { beside.Close() })
	l.written = func() (version int64) {
		h.must(beside.QueryRowContext(t.Context(), `PRAGMA data_version`).Scan(&version))
		return version
	}
	l.commands = l.commandsToGive()
	return l
}

// signIn signs everybody in, again after some hours.
func (l *life) signIn() {
	l.t.Helper()
	for _, role := range hospital.Roles {
		l.tokens[string(role)] = l.token(string(role))
	}
	for _, name := range []string{"second", "stranger"} {
		l.tokens[name] = l.token(name)
	}
}

// What a path's id may be.
const (
	openAdmissions = `SELECT id FROM admission WHERE discharged_at IS NULL`
	openOrders     = `SELECT id FROM meal_order WHERE ended_at IS NULL`
	openDeliveries = `SELECT id FROM delivery WHERE ended_at IS NULL`
	anyPatient     = `SELECT id FROM patient`
	mergedPatients = `SELECT id FROM patient WHERE merged_into IS NOT NULL`
	endedOnes      = `SELECT id FROM admission WHERE discharged_at IS NOT NULL AND NOT cancelled`
	awayOnes       = `SELECT id FROM admission WHERE discharged_at IS NULL AND leave_since IS NOT NULL`
	movedOnes      = `SELECT admission_id FROM bed_assignment WHERE until IS NULL AND act = 'transfer'
		ORDER BY since DESC LIMIT 2`
	lyingOnes = `SELECT id FROM admission WHERE discharged_at IS NULL AND bed_id IS NOT NULL`
	anyBed    = `SELECT id FROM bed`
	freeBeds  = `SELECT id FROM bed WHERE status = 'available'`
	addresses = `SELECT id FROM address WHERE removed_at IS NULL`
	zones     = `SELECT id FROM zone`
	// those that nobody has to be able to order
	otherDishes   = `SELECT id FROM dish WHERE name_en LIKE 'Dish %'`
	retiredDishes = `SELECT id FROM dish WHERE retired_at IS NOT NULL`
	newestOrders  = `SELECT id FROM meal_order WHERE ended_at IS NULL OR ended_at > $1
		ORDER BY id DESC LIMIT 3`
	newestTrays = `SELECT id FROM delivery WHERE ended_at IS NULL OR ended_at > $1
		ORDER BY id DESC LIMIT 3`
	admissions = `SELECT id FROM admission ORDER BY id DESC LIMIT 3`
)

// commandsToGive are all commands, by their routes.
func (l *life) commandsToGive() map[string]commandToGive {
	desk, cook := []string{"medical_staff", "ward_management", "admin"}, []string{"kitchen", "admin"}
	nothing := func() map[string]any { return map[string]any{} }
	reason := func() map[string]any { return map[string]any{"reason": pick(l, "burnt", "asleep", "")} }
	address := func() map[string]any {
		return map[string]any{"label": pick(l, "Home", "Work"), "full_name": "Keza Ange", "phone": "0788123456", "address_line1": fmt.Sprint("KG ", l.r.IntN(4)),
			"city": "Kigali", "zone_id": l.some(zones), "is_default": l.r.IntN(2) == 0}
	}
	zone := func() map[string]any {
		return map[string]any{"name": fmt.Sprint("Zone ", l.r.IntN(4)), "charge": 100 * l.r.IntN(4)}
	}
	return map[string]commandToGive{
		"/admissions": {desk, "", l.newPatient},
		"/admissions/:id/transfer": {desk, openAdmissions, func() map[string]any {
			return map[string]any{"bed_id": l.some(pick(l, anyBed, freeBeds))}
		}},
		"/admissions/:id": {desk, openAdmissions, func() map[string]any {
			return map[string]any{"isolation": string(pick(l, hospital.Isolations...)),
				"wanted_ward_id": pick(l, l.a.ID, l.b.ID),
				"note":           fmt.Sprint("Note ", l.r.IntN(1000))}
		}},
		"/admissions/:id/plan-discharge": {desk, openAdmissions,
			func() map[string]any { return map[string]any{"expected_discharge": l.moment()} }},
		"/admissions/:id/discharge": {desk, openAdmissions,
			func() map[string]any { return map[string]any{"outcome": pick(l, "improved", "deceased", "")} }},
		"/admissions/:id/cancel":        {desk, openAdmissions, reason},
		"/admissions/:id/reopen":        {desk, endedOnes, reason},
		"/admissions/:id/undo-transfer": {desk, movedOnes, nothing},
		"/admissions/:id/swap": {desk, lyingOnes, func() map[string]any {
			return map[string]any{"with": l.some(lyingOnes)}
		}},
		"/admissions/:id/leave":            {desk, openAdmissions, reason},
		"/admissions/:id/return":           {desk, awayOnes, nothing},
		"/admissions/:id/diet":             {desk, openAdmissions, l.newDiet},
		"/patients/:id/allergies":          {desk, `SELECT id FROM patient`, l.newAllergies},
		"/admissions/:id/customers":        {desk, openAdmissions, func() map[string]any { return map[string]any{"username": pick(l, l.customers...)} }},
		"/admissions/:id/customers/remove": {desk, openAdmissions, func() map[string]any { return map[string]any{"username": pick(l, l.customers...)} }},
		"/patients/:id": {desk, anyPatient, func() map[string]any {
			return map[string]any{"name": fmt.Sprint("Umurwayi ", l.r.IntN(1000)),
				"reason": pick(l, "misheard", "misread", "")}
		}},
		"/patients/:id/merge": {[]string{"ward_management"}, anyPatient, func() map[string]any {
			return map[string]any{"into": l.some(anyPatient), "reason": "the same person"}
		}},
		"/patients/:id/unmerge": {[]string{"ward_management"}, mergedPatients, nothing},
		"/beds/:id/status":      {desk, anyBed, l.newStatus},
		"/beds/:id": {desk, anyBed, func() map[string]any {
			return map[string]any{"features": pick(l, []string{}, []string{"oxygen"},
				[]string{"isolation", "cot"}), "staffed": l.r.IntN(3) > 0,
				"ward_id":    pick(l, l.a.ID, l.b.ID),
				"bed_number": fmt.Sprint("BED-", l.r.IntN(20))}
		}},
		"/beds/:id/retire": {[]string{"ward_management"}, freeBeds, func() map[string]any {
			if len(l.ids(freeBeds)) < 3 { // else nobody lies anywhere any more
				return map[string]any{"version": 4711}
			}
			return reason()
		}},
		"/wards": {[]string{"admin"}, "", func() map[string]any {
			return map[string]any{"code": fmt.Sprint("W", l.r.IntN(4)), "name": "Ward", "beds": 1}
		}},
		"/wards/:id/move": {desk, `SELECT id FROM ward`, func() map[string]any {
			return map[string]any{"step": string(pick(l, hospital.WardSteps...))}
		}},
		"/wards/:id/beds": {desk, `SELECT id FROM ward`, func() map[string]any {
			if len(l.ids(freeBeds)) > 8 {
				return map[string]any{}
			}
			return map[string]any{"count": 1}
		}},
		"/wards/:id": {desk, `SELECT id FROM ward`, func() map[string]any {
			return map[string]any{"sex": string(pick(l, hospital.WardSexes...)),
				"speciality": pick(l, "", "Heart"), "name": fmt.Sprint("Ward ", l.r.IntN(100)),
				"code": fmt.Sprint("C", l.r.IntN(100)), "is_open": l.r.IntN(10) > 0}
		}},
		"/beds/:id/clean": {[]string{"housekeeping", "ward_management"},
			`SELECT id FROM bed WHERE status = 'cleaning'`, func() map[string]any {
				return map[string]any{"step": string(pick(l, hospital.CleaningSteps...))}
			}},
		"/orders":             {append(slices.Clone(l.customers), "medical_staff"), "", l.newOrder},
		"/orders/:id/confirm": {cook, openOrders, reason},
		"/orders/:id/start":   {cook, openOrders, reason},
		"/orders/:id/ready":   {cook, openOrders, reason},
		"/orders/:id/recall":  {cook, openOrders, reason},
		"/orders/:id/parts/:station": {cook, openOrders, func() map[string]any {
			return map[string]any{"done": l.r.IntN(3) > 0}
		}},
		"/orders/:id/items": {append(slices.Clone(l.customers), "medical_staff", "kitchen"), openOrders,
			func() map[string]any {
				return map[string]any{"items": pick(l, []int64{l.rice.ID}, []int64{l.isombe.ID},
					[]int64{l.rice.ID, l.isombe.ID})}
			}},
		"/dishes/:id/substitute": {cook, `SELECT id FROM dish`, func() map[string]any {
			return map[string]any{"with_id": pick(l, l.rice.ID, l.isombe.ID), "meal": pick(l, "", "snack")}
		}},
		"/kitchen/start": {cook, "", func() map[string]any {
			return map[string]any{"meal": pick(l, "snack", "lunch"), "ward_id": pick[any](l, "", l.a.ID)}
		}},
		"/kitchen/made": {cook, "", func() map[string]any {
			return map[string]any{"item_id": l.rice.ID, "meal": "snack", "texture": 7,
				"count": l.r.IntN(20) - 5}
		}},
		"/orders/:id/cancel": {append(slices.Clone(l.customers), "medical_staff", "kitchen"), openOrders, reason},
		"/wards/:id/round": {[]string{"kitchen", "medical_staff", "ward_management"}, `SELECT id FROM ward`, func() map[string]any {
			none := hospital.Snack // which has no round: else there would be too many orders to finish one
			return map[string]any{"meal": string(pick(l, hospital.Lunch, hospital.Dinner, none, none, none, none, none, none))}
		}},
		"/kitchen/past/close": {cook, "", func() map[string]any { // seldom with success, for it takes the trays away
			return map[string]any{"reason": pick(l, "power cut", "", "", "", "", "", "", "")}
		}},
		"/dishes":            {cook, "", l.newDish},
		"/dishes/:id":        {cook, otherDishes, l.newDish},
		"/dishes/:id/retire": {cook, otherDishes, nothing},
		"/menu/plan": {cook, "", func() map[string]any {
			return map[string]any{"days": 1 + l.r.IntN(3), "starts_on": l.clock.Now().Format(time.DateOnly)}
		}},
		"/menu/plan/entries": {cook, "", func() map[string]any { // everything, so that all can be ordered
			return map[string]any{"day": 1, "meal": "snack",
				"items": pick(l, []int64{}, []int64{l.rice.ID, l.isombe.ID})}
		}},
		"/dishes/:id/sold-out": {cook, `SELECT id FROM dish`, func() map[string]any {
			return pick(l, map[string]any{}, map[string]any{"until": ""}, map[string]any{"until": ""},
				map[string]any{"substitute_id": l.rice.ID})
		}},
		"/dishes/:id/restore":      {cook, retiredDishes, nothing},
		"/deliveries/claim":        {l.couriers, "", func() map[string]any { return map[string]any{"delivery_ids": l.ids(openDeliveries)} }},
		"/deliveries/depart":       {l.couriers, "", func() map[string]any { return map[string]any{"delivery_ids": l.ids(openDeliveries)} }},
		"/deliveries/:id/claim":    {l.couriers, openDeliveries, nothing},
		"/deliveries/:id/release":  {l.couriers, openDeliveries, nothing},
		"/deliveries/:id/depart":   {l.couriers, openDeliveries, nothing},
		"/deliveries/:id/deliver":  {l.couriers, openDeliveries, nil}, // by deliver
		"/deliveries/:id/fail":     {l.couriers, openDeliveries, reason},
		"/deliveries/:id/location": {l.couriers, openDeliveries, func() map[string]any { return map[string]any{"latitude": l.r.IntN(3), "longitude": 30} }},
		"/addresses":               {l.customers, "", address},
		"/addresses/:id":           {l.customers, addresses, address},
		"/addresses/:id/remove":    {l.customers, addresses, nothing},
		"/settings":                {[]string{"admin"}, "", l.settings},
		"/meals":                   {[]string{"admin", "kitchen"}, "", l.newMeal},
		"/meals/:code":             {[]string{"admin", "kitchen"}, "", l.meal},
		"/meals/:code/sequence":    {[]string{"admin", "kitchen"}, "", l.sequence},
		"/zones":                   {[]string{"admin"}, "", zone},
		"/zones/:id":               {[]string{"admin"}, zones, zone},
		"/zones/:id/remove":        {[]string{"admin"}, zones, nothing},
		"/notifications/read":      {slices.Collect(maps.Keys(l.tokens)), "", func() map[string]any { return map[string]any{"up_to": 1 + l.r.IntN(200)} }},
	}
}

// silent are the commands that no screen could show.
var silent = []string{"/login", "/logout", "/language", "/beds/:id/patients", "/waiting/patients",
	"/patients/search", "/users", "/users/:id", "/users/:id/reset", "/users/:id/sessions/end",
	"/account/password", "/account/sessions/:id/end", "/password/:token", "/join", "/join/:code",
	"/admissions/:id/invitations", "/admissions/:id/invitations/remove", "/setup/:token",
	"/setup/hospital/", "/setup/meals/", "/setup/wards/", "/setup/menu/",
	// What a file says is done by the commands of its kind.
	"/import/wards", "/import/beds", "/import/zones", "/import/users", "/import/dishes",
	"/import/menu", "/import/patients"}

// pick is one of some.
func pick[T any](l *life, some ...T) T { return some[l.r.IntN(len(some))] }

// some is one of the ids that a query finds; rarely, and where there is none, one of nothing.
func (l *life) some(query string) int64 {
	if found := l.ids(query); len(found) > 0 && l.r.IntN(20) > 0 {
		return pick(l, found...)
	}
	return 4711
}

func (l *life) moment() any {
	if l.r.IntN(3) == 0 {
		return ""
	}
	return l.clock.Now().Add(time.Duration(1+l.r.IntN(300)) * time.Minute)
}

func (l *life) newPatient() map[string]any {
	patient := map[string]any{"patient_name": fmt.Sprint("Umurwayi ", l.r.IntN(1000)),
		"reason": "routine", "birth_date": "1990-02-03", "confirm_new": true}
	if l.r.IntN(4) > 0 {
		patient["bed_id"], patient["override_reason"] = l.some(anyBed), pick(l, "", "full")
	} else {
		patient["priority"] = string(pick(l, hospital.Priorities...))
	}
	if l.r.IntN(6) == 0 {
		patient["mother_admission_id"] = l.some(openAdmissions)
		if l.r.IntN(2) == 0 {
			delete(patient, "bed_id")
		}
	}
	maps.Copy(patient, l.eats())
	return patient
}

// newStatus is what a bed is to be, at times for a patient, who may have one.
func (l *life) newStatus() map[string]any {
	to := pick(l, hospital.BedStatuses...)
	fields := map[string]any{"status": string(to), "reason": pick(l, "", "paint")}
	if to == hospital.BedReserved && l.r.IntN(2) == 0 {
		fields["patient_id"] = l.some(anyPatient)
	}
	return fields
}

// eats is some of what is known of what somebody eats.
func (l *life) eats() map[string]any {
	known := map[string]any{}
	if l.r.IntN(2) == 0 {
		known["diet"] = string(pick(l, hospital.Diets...))
	}
	if l.r.IntN(3) == 0 {
		known["texture"] = l.r.IntN(8)
	}
	switch l.r.IntN(4) {
	case 0:
		known["allergies"] = []string{"peanuts"}
	case 1:
		known["allergies"], known["severe"] = []string{"peanuts", "milk"}, []string{"peanuts"}
	case 2:
		known["allergies"] = []string{"none"}
	}
	return known
}

func (l *life) newDiet() map[string]any {
	diet := l.eats()
	if l.r.IntN(4) == 0 {
		diet["nil_by_mouth"] = l.r.IntN(2) == 0
	}
	if len(diet) == 0 {
		diet["diet"] = "renal"
	}
	return diet
}

func (l *life) newAllergies() map[string]any {
	known := l.eats()
	delete(known, "diet")
	delete(known, "texture")
	known["reason"] = pick(l, "", "asked again")
	return known
}

func (l *life) newDish() map[string]any {
	return map[string]any{"name_en": fmt.Sprint("Dish ", l.r.IntN(1000)), "meals": []string{"snack"},
		"diets": []string{"general"}, "textures": []int{7},
		"allergens": pick(l, []string{}, []string{"milk"}), "available": l.r.IntN(2) == 0}
}

func (l *life) newOrder() map[string]any {
	order := map[string]any{"meal": "snack", "items": []int64{pick(l, l.rice, l.rice, l.isombe).ID}}
	if l.r.IntN(4) == 0 {
		order["address_id"] = l.some(addresses)
	} else {
		order["admission_id"] = l.some(openAdmissions)
	}
	if l.r.IntN(4) == 0 {
		order["override_reason"] = "the doctor asks for it"
	}
	return order
}

func (l *life) newMeal() map[string]any {
	return map[string]any{"code": pick(l, "tea", "supper", "brunch"), "name_en": "Tea",
		"serve_at": "16:00", "enabled": false}
}

// meal changes a meal that nobody orders here.
func (l *life) meal() map[string]any {
	return map[string]any{"name_en": pick(l, "Supplement", "Extra"), "cut_off_minutes": l.r.IntN(3)}
}

func (l *life) sequence() map[string]any {
	return map[string]any{"ward_ids": []int64{l.a.ID}, "offset_minutes": []int{l.r.IntN(30)}}
}

func (l *life) settings() map[string]any {
	return map[string]any{"hospital_name": pick(l, "Hills", "Kibagabaga"),
		"currency": pick(l, "RWF", "EUR"), "wall_names": pick(l, "initials", "bed"),
		"time_zone": pick(l, "Africa/Kigali", "Africa/Kigali", "Africa/Nairobi")}
}

// live gives one command, most of which are refused, and looks at some screens before and after it.
// One that has written nothing can't have changed any: their clock stands still meanwhile.
func (l *life) live(n int) {
	l.t.Helper()
	if n%50 == 49 {
		l.signIn()
	}
	l.clock.pass(time.Duration(l.r.IntN(60)) * time.Second)
	name, do := l.anything(n)
	paths := l.screens()
	before := map[watched]look{}
	for range l.looks {
		screen := pick(l, paths...)
		before[screen] = l.look(screen)
	}
	written := l.written()
	outcome := do()
	if l.written() == written {
		return
	}
	for screen, was := range before {
		if was.refused != "" {
			continue // nobody watches what is refused
		}
		is := l.look(screen)
		moved := l.stand(was.topics)
		if is.shows() != was.shows() && moved == was.stands {
			l.t.Fatalf("%s (%s) changed %s for %s, which watches %v, and none of these moved\nfrom %s\nto %s",
				name, outcome, screen.path, screen.who, was.topics, was.shows(), is.shows())
		}
	}
}

// anything is what happens next.
func (l *life) anything(n int) (name string, do func() string) {
	if n%10 == 9 {
		return l.byItself()
	}
	likely := []string{"/orders", "/orders/:id/confirm", "/orders/:id/start", "/orders/:id/ready", "/deliveries/:id/claim", "/deliveries/:id/depart", "/deliveries/:id/deliver", "/admissions"}
	route := pick(l, slices.Sorted(maps.Keys(l.commands))...)
	if l.r.IntN(2) == 0 {
		route = pick(l, append(likely, l.neverDone()...)...)
	}
	d := l.commands[route]
	path, id := route, int64(0)
	if d.id != "" {
		id = l.some(d.id)
		path = strings.Replace(route, ":id", fmt.Sprint(id), 1)
	}
	path = strings.Replace(path, "/meals/:code", "/meals/supplement", 1)
	path = strings.Replace(path, ":station", string(l.rice.Station), 1)
	fields := d.fields
	if fields == nil {
		fields = func() map[string]any { return l.handover(id) }
	}
	who := pick(l, d.who...)
	if courier := l.courierOf(id); d.id == openDeliveries && courier != "" && l.r.IntN(4) > 0 {
		who = courier
	}
	return route, func() string {
		a := l.post(path, l.tokens[who], program, fields())
		if a.status < 300 {
			l.did[route]++
		}
		if a.status >= http.StatusInternalServerError {
			l.t.Errorf("POST %s: %d %s", path, a.status, a.body)
		}
		return fmt.Sprint(a.status, " ", a.body)
	}
}

// courierOf is who has claimed a delivery; empty: nobody.
func (l *life) courierOf(delivery int64) string {
	return l.text(`SELECT username FROM delivery JOIN app_user ON app_user.id = courier_id WHERE delivery.id = $1`, delivery)
}

// handover is what a courier scans or is told: mostly the right code.
func (l *life) handover(delivery int64) map[string]any {
	code := l.text(`SELECT code FROM delivery WHERE id = $1`, delivery)
	if code == "" {
		code = l.text(`SELECT bed.number FROM delivery JOIN meal_order ON meal_order.id = order_id JOIN admission ON admission.id = admission_id
			JOIN bed ON bed.id = admission.bed_id WHERE delivery.id = $1`, delivery)
	}
	if l.r.IntN(4) == 0 {
		code = "A-01"
	}
	return map[string]any{"bed_code": code, "received_by": "nurse"}
}

// byItself is what nobody orders by a route.
func (l *life) byItself() (name string, do func() string) {
	ctx, said := l.t.Context(), func(err error) string { return fmt.Sprint(err) }
	done := map[string]func() string{
		"release reservations": func() string {
			_, err := l.hospital.ReleaseExpiredReservations(ctx)
			return said(err)
		},
		"hold who is nil by mouth": func() string { _, err := l.hospital.HoldNilByMouth(ctx); return said(err) },
		"show what is late": func() string {
			_,
				err := l.hospital.ShowTimeMarks(ctx)
			return said(err)
		},
		"order a round": func() string {
			_, err := l.hospital.OrderMealRound(ctx, actor(hospital.Admin), pick(l, l.a, l.b).ID, pick(l, hospital.Meals...), l.clock.Now())
			return said(err)
		},
		"change a dish": func() string {
			dish := l.isombe
			dish.Available, dish.Price = l.r.IntN(2) == 0, 1000+l.r.IntN(3)
			_, err := l.hospital.SetDish(ctx, actor(hospital.Admin), dish)
			return said(err)
		},
		"tell of missed rounds": func() string { _, err := l.hospital.AnnounceMissedRounds(ctx); return said(err) },
		"forget":                func() string { return said(l.hospital.ForgetOld(ctx)) },
	}
	if name = pick(l, slices.Sorted(maps.Keys(done))...); name == "release reservations" {
		l.clock.pass(hospital.ReservationLasts) // before anybody looks: what shows a time changes by itself
		l.signIn()                              // who did nothing for so long is signed out
	}
	return name, done[name]
}

// watched is a live path that somebody has open.
type watched struct{ path, who string }

// screens are those that may be open now.
func (l *life) screens() []watched {
	all := []watched{
		{fmt.Sprintf("/ws/ward/%d/", l.a.ID), "medical_staff"}, {fmt.Sprintf("/ws/ward/%d/", l.b.ID), "ward_management"},
		{"/ws/dashboard/medical_staff/", "medical_staff"}, {"/ws/dashboard/ward_management/", "ward_management"},
		{"/ws/dashboard/kitchen/", "kitchen"}, {"/ws/dashboard/delivery/", "delivery"}, {"/ws/dashboard/delivery/", "second"},
		{"/ws/home/", "customer"}, {"/ws/home/", "stranger"}, {"/ws/waiting/", "medical_staff"},
		{"/ws/dashboard/housekeeping/", "housekeeping"}, {"/ws/kitchen/without/", "kitchen"},
	}
	for _, who := range slices.Sorted(maps.Keys(l.tokens)) {
		all = append(all, watched{"/ws/notifications/", who})
	}
	// of what ended earlier, who the patient is may change without a word
	ofLate := l.clock.Now().Add(-40 * time.Hour).UnixMilli()
	for path, ids := range map[string][]int64{"/ws/order/%d/": l.ids(newestOrders, ofLate),
		"/ws/delivery/%d/": l.ids(newestTrays, ofLate), "/ws/address/%d/": l.ids(addresses),
		"/ws/admission/%d/": l.ids(admissions)} {
		for _, id := range ids {
			for _, who := range []string{"customer", "stranger", "delivery", "medical_staff", "admin"} {
				all = append(all, watched{fmt.Sprintf(path, id), who})
			}
		}
	}
	slices.SortFunc(all, func(a, b watched) int { return strings.Compare(a.path+" "+a.who, b.path+" "+b.who) })
	return all
}

// look is what a screen shows, and where the topics stood that it watches, before it was read.
type look struct {
	topics  []hospital.Topic
	stands  string
	regions string
	refused string
}

func (k look) shows() string { return k.regions + k.refused }

// look reads a screen as a new socket would.
func (l *life) look(screen watched) look {
	l.t.Helper()
	view, err := l.server.ViewOf(screen.path, l.tokens[screen.who])
	if err != nil {
		return look{refused: err.Error()}
	}
	k := look{topics: view.Topics, stands: l.stand(view.Topics)}
	state, err := view.Read(l.t.Context())
	if err != nil {
		k.refused = err.Error()
		return k
	}
	if shown := slices.Sorted(maps.Keys(state.Revisions().Topics)); !slices.Equal(shown, slices.Sorted(slices.Values(view.Topics))) {
		l.t.Fatalf("%s shows where %v stand and watches %v", screen.path, shown, view.Topics)
	}
	regions, err := state.HTML()
	l.must(err)
	k.regions = textOf(regions)
	return k
}

func textOf(regions []hub.Region) string {
	var text strings.Builder
	for _, r := range regions {
		text.Write(r.Body)
		text.WriteString(textOf(r.Items))
	}
	return text.String()
}

// stand is where topics stand.
func (l *life) stand(topics []hospital.Topic) string {
	l.t.Helper()
	found, err := l.hospital.Revisions(l.t.Context(), topics)
	l.must(err)
	return fmt.Sprint(found.Topics)
}

// neverDone are the commands that were not given with success yet: one that is always refused proves nothing.
func (l *life) neverDone() (paths []string) {
	for _, r := range l.server.Routes() {
		if r.Method == http.MethodPost && !slices.Contains(silent, r.Path) && l.did[r.Path] == 0 {
			paths = append(paths, r.Path)
		}
	}
	return paths
}
