package handlers_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"dusangire/handlers"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub"
	"dusangire/hub/hubtest"
)

// TestMain lets stand what the tests' PostgreSQL keeps open until the process ends, and what the Redis client ends only a second
// after it was closed. Nothing else may be left.
func TestMain(m *testing.M) {
	hubtest.RunMany(3)
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// soon is how long a test waits for what must happen; only a test that fails reaches it.
const soon = time.Minute

// password is what every login of these tests has.
const password = "correct horse battery"

// fixture is a hospital behind its doors, on a free port, with two wards.
type fixture struct {
	t        testing.TB
	hospital *hospital.Hospital
	hub      *hub.Hub
	server   *handlers.Server
	web      *httptest.Server
	clock    *clock
	log      *logged
	database string
	a, b     hospital.Ward
	staff    map[hospital.Role]bool // of which roles there is a login, named like the role
}

// settings are what a fixture may have otherwise than usual.
type settings struct {
	database       string // URL; empty: SQLite
	bus            hub.Bus
	allowedHosts   []string
	trustedProxies []string
	beds           int // of each ward; 0: 8
	tls            bool
	pace           int      // most commands of a customer within a minute; 0: as many as they like
	joins          *fixture // a second node on the first one's database
}

// newFixture opens a fixture and closes it with the test.
func newFixture(t testing.TB, s settings) *fixture {
	t.Helper()
	h := &fixture{t: t, clock: &clock{now: morning()}, log: &logged{}, database: s.database, staff: map[hospital.Role]bool{}}
	switch {
	case s.joins != nil:
		h.database, h.a, h.b, h.staff = s.joins.database, s.joins.a, s.joins.b, s.joins.staff
	case h.database == "":
		h.database = hospitaltest.SQLite(t)
	}
	if s.bus == nil {
		s.bus = hub.NewMemoryBus()
	}
	if s.allowedHosts == nil {
		s.allowedHosts = []string{"127.0.0.1"}
	}
	if s.beds == 0 {
		s.beds = 8
	}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.hospital = hospitaltest.Open(t, hospital.Options{DatabaseURL: h.database, Now: h.clock.Now,
		Announce: func(r hospital.Revisions) { h.hub.Announce(r) }})
	metrics := prometheus.NewRegistry()
	h.hub = handlers.NewHub(h.hospital, hub.Config{Bus: s.bus, Log: log, Metrics: metrics})
	h.server = handlers.New(handlers.Config{Hospital: h.hospital, Hub: h.hub, Log: log, AllowedHosts: s.allowedHosts,
		TrustedProxies: networks(t, s.trustedProxies), Gatherer: metrics, Gallery: true,
		CommandsAMinute: cmp.Or(s.pace, 1_000_000)})
	h.web = httptest.NewUnstartedServer(h.server.Handler())
	h.web.Config.DisableGeneralOptionsHandler = true // as the program does
	h.open(s.tls)
	if s.joins == nil {
		h.settle(s.beds)
	}
	return h
}

// open starts to serve; the end of the test drains as the program does.
func (h *fixture) open(secure bool) {
	running, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = h.hub.Run(running) })
	if secure {
		h.web.StartTLS()
	} else {
		h.web.Start()
	}
	h.t.Cleanup(func() {
		within, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		h.hub.Drain(within)
		h.web.Client().CloseIdleConnections()
		h.web.Close()
		stop()
		work.Wait()
	})
}

// settle sets up the wards.
func (h *fixture) settle(beds int) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, ward := range []struct {
		into *hospital.Ward
		new  hospital.AddWardCommand
	}{
		{&h.a, hospital.AddWardCommand{Code: "A", Name: "Medicine, women", Block: "B1", Beds: beds}},
		{&h.b, hospital.AddWardCommand{Code: "B", Name: "Surgery", Block: "B2", Beds: beds}},
	} {
		added, err := h.hospital.AddWard(ctx, hospital.System, ward.new)
		h.must(err)
		*ward.into = added
	}
}

// employ makes sure that there is a login of each of the roles, named like the role.
func (h *fixture) employ(roles ...hospital.Role) {
	h.t.Helper()
	for _, role := range roles {
		if !h.staff[role] {
			h.staff[role] = true
			h.addUser(string(role), role)
		}
	}
}

func (h *fixture) addUser(name string, role hospital.Role) hospital.User {
	h.t.Helper()
	user, err := h.hospital.AddUser(h.t.Context(), hospital.System, hospital.AddUserCommand{Username: name, Role: role, Password: password})
	h.must(err)
	return user
}

func (h *fixture) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// token signs in and returns the session's token. Whoever is named like a role is employed first.
func (h *fixture) token(name string) string {
	h.t.Helper()
	if role := hospital.Role(name); role.Valid() {
		h.employ(role)
	}
	token, _, err := h.hospital.SignIn(h.t.Context(), name, password, hospital.Client{Address: "192.0.2.1"})
	h.must(err)
	return token
}

// actor is someone of a role who gives commands to the hospital directly.
func actor(role hospital.Role) hospital.Actor {
	return hospital.Actor{Username: string(role), Role: role}
}

// bed reads one of a ward's beds, the first being 1.
func (h *fixture) bed(ward hospital.Ward, n int) hospital.BoardBed {
	h.t.Helper()
	board, err := h.hospital.WardBoard(h.t.Context(), hospital.System, ward.ID)
	h.must(err)
	return board.Beds[n-1]
}

// admit puts a new patient into a bed; 0 is no bed.
func (h *fixture) admit(name string, bedID int64) hospital.Admission {
	h.t.Helper()
	a, _, err := h.hospital.Admit(h.t.Context(), actor(hospital.MedicalStaff),
		hospital.AdmitCommand{PatientName: hospital.PatientName(name), BedID: bedID, Reason: "routine"})
	h.must(err)
	return a
}

// admitAsked admits a new patient who was asked about allergies and has these.
func (h *fixture) admitAsked(name string, bedID int64, allergens ...hospital.Allergen) hospital.Admission {
	h.t.Helper()
	a, _, err := h.hospital.Admit(h.t.Context(), actor(hospital.MedicalStaff), hospital.AdmitCommand{PatientName: hospital.PatientName(name),
		BedID: bedID, Allergies: hospital.Allergies{Known: true, Allergens: allergens}})
	h.must(err)
	return a
}

// signedIn is the actor behind a token, with their user's id.
func (h *fixture) signedIn(token string) hospital.Actor {
	h.t.Helper()
	session, err := h.hospital.SessionByToken(h.t.Context(), token)
	h.must(err)
	return session.Actor("test")
}

// setBed takes a bed through the steps.
func (h *fixture) setBed(id int64, steps ...hospital.BedStatus) {
	h.t.Helper()
	for _, step := range steps {
		_, err := h.hospital.SetBedStatus(h.t.Context(), actor(hospital.Admin), id, hospital.BedStatusCommand{Status: step})
		h.must(err)
	}
}

// allTextures are all levels at which a dish can be served.
var allTextures = []hospital.Texture{0, 1, 2, 3, 4, 5, 6, 7}

// dish puts a dish on the menu that suits every diet and texture and is served at every meal, with these allergens.
func (h *fixture) dish(name string, station hospital.Station, allergens ...hospital.Allergen) hospital.Dish {
	h.t.Helper()
	dish, err := h.hospital.AddDish(h.t.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: name, Fr: name, Rw: name}, Meals: hospital.Meals,
		Station: station, Allergens: allergens, Diets: hospital.Diets, Textures: allTextures, Price: 1200, Available: true})
	h.must(err)
	return dish
}

// eats changes what a patient may eat: from now on it is known that they are allergic to these, to the last of them severely.
func (h *fixture) eats(admission hospital.Admission, allergens ...hospital.Allergen) {
	h.t.Helper()
	known := hospital.Allergies{Known: true, Allergens: allergens, Severe: allergens[max(0, len(allergens)-1):]}
	_, err := h.hospital.SetDiet(h.t.Context(), actor(hospital.MedicalStaff), admission.ID, hospital.DietCommand{Allergies: &known})
	h.must(err)
}

// order orders a meal of dishes for a patient.
func (h *fixture) order(admission hospital.Admission, meal hospital.Meal, dishes ...hospital.Dish) hospital.Order {
	h.t.Helper()
	cmd := hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: meal}
	for _, dish := range dishes {
		cmd.Dishes = append(cmd.Dishes, dish.ID)
	}
	order, _, err := h.hospital.PlaceOrder(h.t.Context(), actor(hospital.MedicalStaff), cmd)
	h.must(err)
	return order
}

// orderNow reads an order as it stands.
func (h *fixture) orderNow(id int64) hospital.Order {
	h.t.Helper()
	order, err := h.hospital.Order(h.t.Context(), actor(hospital.Admin), id)
	h.must(err)
	return order
}

// cook takes an order through the steps, as the kitchen does.
func (h *fixture) cook(id int64, steps ...string) hospital.Order {
	h.t.Helper()
	commands := map[string]func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error){"confirm": h.hospital.ConfirmOrder,
		"start": h.hospital.StartOrder, "ready": h.hospital.ReadyOrder, "recall": h.hospital.RecallOrder, "cancel": h.hospital.CancelOrder}
	for _, step := range steps {
		_, err := commands[step](h.t.Context(), actor(hospital.KitchenStaff), id, hospital.OrderCommand{Reason: "for the test"})
		h.must(err)
	}
	return h.orderNow(id)
}

// discharge ends an admission.
func (h *fixture) discharge(id int64) {
	h.t.Helper()
	_, err := h.hospital.Discharge(h.t.Context(), actor(hospital.MedicalStaff), id, hospital.DischargeCommand{Outcome: hospital.Improved})
	h.must(err)
}

// contents is everything in the database.
func (h *fixture) contents() string {
	h.t.Helper()
	return hospitaltest.Contents(h.t, h.database)
}

// audience is what kind of client asks.
type audience string

const (
	program audience = "program" // JSON in, JSON out
	browser audience = "browser" // plain links and forms
	htmx    audience = "htmx"    // a page that asks for a part of itself
)

// question is one request.
type question struct {
	method string
	path   string
	as     audience
	token  string      // of a session; empty: signed out
	fields any         // url.Values: sent as a form; anything else as JSON; nil: no body
	body   io.Reader   // instead of fields
	header http.Header // besides, or instead of, what the audience sends
	host   string      // instead of the server's own
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// ask sends a request as the audience does and follows no redirect.
func (h *fixture) ask(q question) answer {
	h.t.Helper()
	return h.send(h.request(q))
}

func (h *fixture) send(request *http.Request) answer {
	h.t.Helper()
	client := *h.web.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		h.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	return read(h.t, response)
}

// read takes a response in; where its body breaks off, what came of it.
func read(t testing.TB, response *http.Response) answer {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", response.Request.Method, response.Request.URL.Path, err)
	}
	return answer{t, response.StatusCode, response.Header, string(body)}
}

func (h *fixture) request(q question) *http.Request {
	h.t.Helper()
	body, contentType := q.encode(h.t)
	request, err := http.NewRequestWithContext(h.t.Context(), q.method, h.web.URL+q.path, body)
	h.must(err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	switch q.as {
	case program:
		request.Header.Set("Accept", "application/json")
	case browser:
		request.Header.Set("Accept", "text/html,application/xhtml+xml")
	case htmx:
		request.Header.Set("Accept", "text/html")
		request.Header.Set("HX-Request", "true")
	}
	if q.token != "" {
		request.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, values := range q.header {
		request.Header[name] = values
	}
	if q.host != "" {
		request.Host = q.host
	}
	return request
}

func (q question) encode(t testing.TB) (body io.Reader, contentType string) {
	t.Helper()
	if q.body != nil || q.fields == nil {
		return q.body, ""
	}
	if form, isForm := q.fields.(url.Values); isForm {
		return strings.NewReader(form.Encode()), "application/x-www-form-urlencoded"
	}
	encoded, err := json.Marshal(q.fields)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(encoded), "application/json"
}

// post sends fields as the audience would.
func (h *fixture) post(path, token string, as audience, fields any) answer {
	h.t.Helper()
	return h.ask(question{method: http.MethodPost, path: path, as: as, token: token, fields: fields})
}

func (h *fixture) get(path, token string, as audience) answer {
	h.t.Helper()
	return h.ask(question{method: http.MethodGet, path: path, as: as, token: token})
}

// json reads the body.
func (a answer) json(into any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		a.t.Fatalf("the answer should be JSON: %v: %q", err, a.body)
	}
}

// html reads the body.
func (a answer) html() *goquery.Document {
	a.t.Helper()
	document, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return document
}

// problem is an application/problem+json answer.
type problem struct {
	Type    string            `json:"type"`
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Detail  string            `json:"detail"`
	Errors  map[string]string `json:"errors"`
	Current map[string]any    `json:"current"`
	Code    string            `json:"code"`
	Changes []struct {
		Field    string
		From, To any
		By       *string
		At       string
	} `json:"changes"`
}

// problem checks that the answer is a well-formed refusal with this status, and reads it.
func (a answer) problem(status int) problem {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("Content-Type %q, want application/problem+json: %s", got, a.body)
	}
	var p problem
	a.json(&p)
	if p.Status != status || p.Type == "" || p.Title != http.StatusText(status) || p.Detail == "" {
		a.t.Errorf("a problem needs type, title, status and detail: %s", a.body)
	}
	return p
}

// clock is a clock that stands still until a test lets time pass.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass lets time pass.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func networks(t testing.TB, written []string) []*net.IPNet {
	t.Helper()
	var all []*net.IPNet
	for _, cidr := range written {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, network)
	}
	return all
}

// morning is tomorrow at ten in Kigali, whenever the tests run: what can be ordered hangs on the
// hour. It is not over yet, for the hub goes by the real clock: a session of twelve hours that
// began this morning would have ended tonight.
func morning() time.Time { return time.Now().Truncate(24 * time.Hour).Add(32 * time.Hour) }
