package views_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"dusangire/hospital"
	"dusangire/hub/hubtest"
	"dusangire/static"
	"dusangire/views"
	"dusangire/views/browsertest"
	"dusangire/views/text"
)

// policy is the content security policy under which the pages must work.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// site serves the sample hospital: the pages, and a socket into which the test writes frames.
type site struct {
	*httptest.Server
	t       *testing.T
	sockets chan *websocket.Conn // each page's socket as it opens

	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by "METHOD /path"; what stands here comes before the sample pages
}

func newSite(t *testing.T) *site {
	s := &site{t: t, sockets: make(chan *websocket.Conn, 64), answers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	s.answer("GET "+string(views.UnreadPath), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotModified) // what the bell asks, whenever a page is looked at
	})
	return s
}

// answer replaces what the site says to one request.
func (s *site) answer(request string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[request] = h
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
	s.mu.Lock()
	answer, special := s.answers[r.Method+" "+r.URL.Path]
	s.mu.Unlock()
	switch {
	case special:
		answer(w, r)
	case strings.HasPrefix(r.URL.Path, "/ws/"):
		s.socket(w, r)
	case strings.HasPrefix(r.URL.Path, "/static/"):
		static.Handler().ServeHTTP(w, r)
	default:
		s.page(w, r)
	}
}

// socket hands the connection to the test and reads from it until it ends, as the hub does.
func (s *site) socket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"dusangire.html"}})
	if err != nil {
		return
	}
	defer c.CloseNow() // else a ping of a socket that the page threw away would wait for its answer
	s.sockets <- c
	for {
		if _, _, err := c.Read(context.Background()); err != nil {
			return
		}
	}
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	lang := text.Lang(r.URL.Query().Get("lang"))
	if lang == "" {
		lang = text.En
	}
	c := samplePage(r)
	if c == nil {
		w.WriteHeader(http.StatusNotFound)
		c = views.ProblemPage(views.Page{Title: "404", Viewer: viewer(hospital.MedicalStaff)}, 404, text.T(text.With(r.Context(), lang), "problem.404"))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := c.Render(text.With(r.Context(), lang), w); err != nil {
		s.t.Errorf("render %s: %v", r.URL, err)
	}
}

// samplePage is the page of a path; nil where there is none.
func samplePage(r *http.Request) templ.Component {
	board := sampleBoard()
	page := wardPage()
	switch r.URL.Path {
	case "/login":
		return views.LoginPage(views.Page{Title: "Sign in", Path: "/login"}, views.Form{Name: views.FormLogin})
	case "/login/refused":
		return views.LoginPage(views.Page{Title: "Sign in", Path: "/login"}, views.Form{Name: views.FormLogin, Problem: "The name or the password is wrong."})
	case "/dashboard/medical_staff/":
		d := sampleMedical()
		return views.MedicalDashboardPage(livePage("Medical staff", hospital.MedicalStaff, r.URL.Path, "/ws"+r.URL.Path, d.Revisions), d)
	case "/dashboard/ward_management/":
		d := sampleManagement()
		return views.ManagementDashboardPage(livePage("Ward management", hospital.WardManagement, r.URL.Path, "/ws"+r.URL.Path, d.Revisions), d)
	case "/wards/2/":
		return views.WardPage(page, board, nil)
	case "/wards/2/open":
		return views.WardPage(page, board, views.BedPanel(*page.Viewer, detail(board.Beds[4]), views.Form{}))
	case "/wards/2/admit":
		return views.WardPage(page, board, views.BedPanel(*page.Viewer, detail(board.Beds[3]), refusedAdmission()))
	case "/admissions/71/":
		b := sampleBedChoice()
		return views.BedChoicePage(
			livePage("Choose a bed", hospital.Admin, r.URL.Path, "/ws/admission/71/", b.Revisions), b,
			views.Form{})
	case "/dashboard/kitchen/":
		return views.KitchenPage(kitchenPage(), sampleKitchen(), sampleWall())
	case views.HousekeepingPath:
		return views.HousekeepingPage(housekeepingPage(), sampleCleaning(), "")
	case "/dashboard/delivery/":
		return views.RoundPage(roundPage(), sampleRound(), nil)
	case "/dashboard/delivery/alarm":
		return views.RoundPage(roundPage(), sampleRound(), &views.Alarm{Code: "wrong_bed", Sentence: "MED-A-06 is not this patient's bed.", Delivery: 2})
	case "/deliveries/4/":
		return views.DeliveryPage(deliveryPage(), sampleDelivery())
	case "/wards/2/handover/":
		return views.HandoverPage(handoverPage(), sampleHandover())
	case "/wards/2/list/":
		return views.MealListPage(mealListPage(), sampleMealList(), sampleWards())
	case "/users/":
		return views.UsersPage(views.Page{Title: "Accounts", Viewer: viewer(hospital.Admin), Path: r.URL.Path}, sampleUsers(), sampleWards(),
			views.Form{Key: "key"})
	case "/problem":
		return views.ProblemPage(views.Page{Title: "403", Viewer: viewer(hospital.KitchenStaff)}, 403, "Your role may not do this. Ask a colleague whose work it is.")
	case "/gallery":
		return views.GalleryPage(views.Page{Title: "Gallery", Viewer: viewer(hospital.Admin), Path: r.URL.Path})
	}
	return sampleBedPage(r, board)
}

// sampleBedPage is the page or panel of a bed of the sample board.
func sampleBedPage(r *http.Request, board hospital.WardBoard) templ.Component {
	for _, b := range board.Beds {
		if r.URL.Path != fmt.Sprintf("/beds/%d/", b.ID) {
			continue
		}
		page := wardPage()
		panel := views.BedPanel(*page.Viewer, detail(b), views.Form{Key: "key"})
		if r.Header.Get("HX-Request") != "" {
			return panel
		}
		return views.WardPage(page, board, panel)
	}
	return nil
}

func refusedAdmission() views.Form {
	return views.Form{
		Name: views.FormAdmit, Problem: "Some fields need another look.", Key: "key", Query: "Uwa",
		Values: map[string][]string{"birth_date": {"2031-01-01"}, "allergies[]": {"milk", "none"}},
		Errors: map[string]string{
			"patient_name": "Give the patient’s name.", "birth_date": "The date of birth lies in the future.", "allergies": "Choose allergens or none, not both.",
		},
		Known: []hospital.Patient{
			{ID: 7, Name: names[0], BirthDate: time.Date(1984, 7, 9, 0, 0, 0, 0, time.UTC), Sex: "female", Admitted: true},
			{ID: 8, Name: "Uwase Marie", Sex: "female"},
		},
	}
}

func sampleUsers() []hospital.User {
	var users []hospital.User
	for i, role := range hospital.Roles {
		users = append(users, hospital.User{ID: int64(i + 1), Username: string(role), Role: role, Demo: i < 4, Disabled: i == 4, CreatedAt: now})
	}
	users[0].Wards = []int64{2, 3}
	return users
}

// send writes a frame into a page's socket.
func send(t *testing.T, c *websocket.Conn, frame string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatalf("write to the page's socket: %v", err)
	}
}

// nextSocket waits for a page to connect, by a socket that it does not replace at once.
func (s *site) nextSocket(t *testing.T) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for {
		select {
		case c := <-s.sockets:
			if c.Ping(ctx) == nil {
				return c
			}
		case <-ctx.Done():
			t.Fatal("no page opened its socket")
		}
	}
}

// keepLive answers every socket with a stamp at once and each second, as a hub whose topics never move.
func (s *site) keepLive() {
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	s.t.Cleanup(func() { stop(); done.Wait() })
	done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case c := <-s.sockets:
				done.Go(func() { s.stampEachSecond(ctx, c) })
			}
		}
	})
}

func (s *site) stampEachSecond(ctx context.Context, c *websocket.Conn) {
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for c.Write(ctx, websocket.MessageText, []byte(frame(s.t, text.En, stampOf("ward:2=118")))) == nil {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// endBrowser is set by the one start of the browser.
var endBrowser = func() {}

// theBrowser starts Chromium when it is first asked for.
var theBrowser = sync.OnceValues(func() (context.Context, error) {
	ctx, end, err := browsertest.Start()
	endBrowser = end
	return ctx, err
})

func TestMain(m *testing.M) {
	hubtest.RunMany(3)
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// newTab opens a tab of its own profile. Whatever it writes to the console as an error fails the test.
func newTab(t *testing.T) context.Context {
	t.Helper()
	browser, err := theBrowser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	tab, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, stop := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// look sets the size and theme of a tab.
func look(t *testing.T, tab context.Context, width, height int64, theme string) {
	t.Helper()
	do(t, tab, chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
	if err != nil {
		t.Fatalf("set the theme %s: %v", theme, err)
	}
}

func do(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, steps...); err != nil {
		t.Fatalf("browser: %v", err)
	}
}

// stirs says that the page is about to move what it shows, under a finger that is on its way: its
// typeface has not arrived, or the banner of a page that does not become live opens in a second.
const stirs = `document.fonts.status !== "loaded" ||
	(document.getElementById("banner")?.getAnimations() ?? []).some((a) =>
		a.playState === "running" && a.effect.getTiming().delay <= 1000)`

// clickOn clicks on what css selects, once it lies where it stays.
func clickOn(t *testing.T, tab context.Context, css string) {
	t.Helper()
	until(t, tab, css+" to lie still", "!("+stirs+")")
	do(t, tab, chromedp.Click(chromedp.CSS(css)))
}

// untilCame waits for what a handler tells of.
func untilCame(t *testing.T, what string, came <-chan struct{}) {
	t.Helper()
	select {
	case <-came:
	case <-time.After(time.Minute):
		t.Fatalf("waited in vain for %s", what)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, tab context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be true.
func until(t *testing.T, tab context.Context, what, expression string) {
	t.Helper()
	if _, err := chromedp.Run(tab, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		t.Fatalf("waited for %s (%s): %v", what, expression, err)
	}
}
