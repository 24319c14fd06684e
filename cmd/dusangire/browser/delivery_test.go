package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// staff is somebody of a role who gives commands without any browser.
func staff(role hospital.Role) hospital.Actor {
	return hospital.Actor{Username: "test", Role: role}
}

// trays is a server with a ward and a tray that stands ready for the patient in each of its first beds.
type trays struct {
	*dusangiretest.Server
	ward       hospital.WardBoard
	admissions []hospital.Admission
	ready      []hospital.Delivery
}

func mustServeTrays(t *testing.T, n int) trays {
	t.Helper()
	s, ward := dusangiretest.MustServeWard(t, n+4, nil)
	all := trays{Server: s, ward: ward}
	rice, err := s.Hospital.AddDish(t.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: "Rice"}, Meals: hospital.Meals, Station: "hot",
		Diets: hospital.Diets, Textures: []hospital.Texture{hospital.RegularTexture}, Available: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []hospital.PatientName{"Uwase Marie", "Mugisha Jean", "Keza Ange"}[:n] {
		admission, _, err := s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: name, BedID: ward.Beds[i].ID,
			Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
		all.admissions = append(all.admissions, admission)
		all.ready = append(all.ready, all.cook(admission, rice))
	}
	return all
}

// cook makes a dish for a patient and returns the delivery of the tray.
func (s trays) cook(admission hospital.Admission, dish hospital.Dish) hospital.Delivery {
	s.T.Helper()
	order, _, err := s.Hospital.PlaceOrder(s.T.Context(), staff(hospital.MedicalStaff), hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: hospital.Snack, Dishes: []int64{dish.ID}})
	if err != nil {
		s.T.Fatal(err)
	}
	for _, step := range []func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error){s.Hospital.ConfirmOrder, s.Hospital.StartOrder, s.Hospital.ReadyOrder} {
		if _, err := step(s.T.Context(), staff(hospital.KitchenStaff), order.ID, hospital.OrderCommand{}); err != nil {
			s.T.Fatal(err)
		}
	}
	detail, err := s.Hospital.OrderDetail(s.T.Context(), staff(hospital.Admin), order.ID)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.now(detail.DeliveryID)
}

// now reads a delivery as it stands.
func (s trays) now(id int64) hospital.Delivery {
	s.T.Helper()
	d, err := s.Hospital.Delivery(s.T.Context(), staff(hospital.Admin), id)
	if err != nil {
		s.T.Fatal(err)
	}
	return d.Delivery
}

// untilIs waits until a delivery is in a state.
func (s trays) untilIs(d hospital.Delivery, want hospital.DeliveryStatus) hospital.Delivery {
	s.T.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(dusangiretest.Soon)
	for {
		now := s.now(d.ID)
		if now.Status == want {
			return now
		}
		select {
		case <-look.C:
		case <-late:
			s.T.Fatalf("the delivery is %s, want %s", now.Status, want)
		}
	}
}

// lines counts the lines of the audit of an action on deliveries.
func (s trays) lines(action, to string) (n int) {
	s.T.Helper()
	err := hospitaltest.Database(s.T, s.Database).QueryRowContext(s.T.Context(),
		`SELECT count(*) FROM audit WHERE action = $1 AND to_state = $2`, action, to).Scan(&n)
	if err != nil {
		s.T.Fatal(err)
	}
	return n
}

// onTheWay is a courier's tablet with all trays on their way.
func (s trays) onTheWay() *screen {
	s.T.Helper()
	p := visitorAs(s.Server, hospital.DeliveryStaff)
	p.have(look{"tablet", 820, 1180, true, "light"})
	p.openLive("/dashboard/delivery/")
	for _, d := range s.ready {
		p.press(fmt.Sprintf("#tray-%d button", d.ID))
		p.until("the tray to be the courier's", fmt.Sprintf(`document.querySelector("#mine > #delivery-%d")`, d.ID))
	}
	p.untilAnswered()
	p.press("#carry button")
	for _, d := range s.ready {
		p.untilSays(stop(d)+" .card", "in transit")
	}
	p.untilAnswered()
	return p
}

// untilAnswered waits until the page has the answer to every tap, which may come after the frame
// that shows what became of it. Until then the next tap on the same tray does nothing.
func (p *screen) untilAnswered() {
	p.t.Helper()
	p.until("an answer to every tap", `!document.querySelector("#outbox :is([data-state=waiting], [data-state=sending])")`)
}

func stop(d hospital.Delivery) string { return fmt.Sprintf("#delivery-%d", d.ID) }

// openStop presses a stop's card and waits until it is open and a scanner's keys would go into its field.
func (p *screen) openStop(d hospital.Delivery) {
	p.t.Helper()
	p.press(stop(d) + " > .card")
	p.untilReady(d)
}

func (p *screen) untilReady(d hospital.Delivery) {
	p.t.Helper()
	p.until("the stop to be open and ready for a scan", `document.activeElement === document.querySelector("`+stop(d)+`:target [name=bed_code]") && !document.getElementById("alarm").open`)
}

// scan types a code as a scanner does: its keys, then Enter.
func (p *screen) scan(code string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(code + kb.Enter))
}

// untilAlarmed waits for an alarm over the whole screen.
func (p *screen) untilAlarmed(words ...string) {
	p.t.Helper()
	for _, word := range words {
		p.untilSays("#alarm[open]", word)
	}
	p.until("the alarm to cover everything", `(() => {
		const corners = [[1, 1], [innerWidth - 2, 1], [1, innerHeight - 2], [innerWidth - 2, innerHeight - 2]];
		return corners.every(([x, y]) => document.elementFromPoint(x, y)?.closest("#alarm"));
	})()`)
}

// understand acknowledges an alarm.
func (p *screen) understand() {
	p.t.Helper()
	p.press("#alarm a")
	p.until("the alarm to be gone", `!document.getElementById("alarm").open`)
}

// untilEmpty waits until nothing that was tapped waits any more.
func (p *screen) untilSent() {
	p.t.Helper()
	p.until("everything to be sent", `!document.querySelector("#outbox li[data-state=waiting], #outbox li[data-state=sending]")`)
}

func TestATrayGoesFromItsClaimToTheRightBedAndOthersFollow(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 2)
	first := s.ready[0]
	courier, nurse := visitorAs(s.Server, hospital.DeliveryStaff), visitorAs(s.Server, hospital.MedicalStaff)
	courier.have(look{"tablet", 820, 1180, true, "light"})
	courier.openLive("/")
	courier.mark()
	nurse.openLive(fmt.Sprintf("/deliveries/%d/", first.ID))
	nurse.mark()
	if text := ask[string](courier, `document.querySelector("main").innerText`); strings.Contains(text, "Uwase") || strings.Contains(text, "Mugisha") {
		t.Errorf("before the claim the tablet shows a patient's name: %s", text)
	}
	courier.press("#ready .round button")
	courier.untilSays("#mine", "Uwase Marie")
	courier.untilSays("#mine", "Mugisha Jean")
	nurse.untilSays("#delivery .now", "Claimed")
	courier.press("#carry button")
	nurse.untilSays("#delivery .now", "In transit")
	courier.press("#carry a")
	courier.untilReady(first)

	courier.foresees("409")
	courier.scan("MED-A-02")
	courier.untilAlarmed("Wrong bed", "MED-A-02 is not this patient's bed")
	courier.key(kb.Escape)
	courier.key(kb.Escape)
	courier.untilAlarmed("Wrong bed")
	if d := s.now(first.ID); d.Status != hospital.DeliveryInTransit {
		t.Errorf("at the wrong bed the delivery became %s", d.Status)
	}
	courier.understand()
	courier.untilReady(first)
	if code := courier.value(stop(first) + " [name=bed_code]"); code != "" {
		t.Errorf("the wrong code still stands in the field: %q", code)
	}

	courier.scan("med-a-01")
	nurse.untilSays("#delivery .now", "Delivered")
	nurse.untilSays("#delivery", "Patient")
	courier.until("the stop to leave the round", `!document.querySelector("`+stop(first)+`")`)
	courier.untilSays("#outbox", "Saved")
	courier.untilSays("#carry a", "Next: MED-A-02")
	if d := s.now(first.ID); d.Status != hospital.DeliveryDelivered || d.ReceivedBy != "patient" {
		t.Errorf("the delivery is %+v", d)
	}
	if wrong, delivered := s.lines("delivery.wrong_bed", "MED-A-02"), s.lines("delivery.status", "delivered"); wrong != 1 || delivered != 1 {
		t.Errorf("the audit has %d wrong beds and %d handovers, want one of each", wrong, delivered)
	}
	courier.wantSamePage()
	nurse.wantSamePage()
}

func TestAPatientWhoIsMovedOnTheWayIsToldLoudly(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	d, to := s.ready[0], s.ward.Beds[4]
	p.openStop(d)
	if _, err := s.Hospital.Transfer(t.Context(), staff(hospital.MedicalStaff), s.admissions[0].ID, hospital.TransferCommand{BedID: to.ID}); err != nil {
		t.Fatal(err)
	}
	p.untilAlarmed("Another bed", "Moved to "+to.Number+", not MED-A-01 any more")
	p.understand()
	p.untilSays(stop(d)+":target .bedside h3", to.Number)
	p.untilSays(stop(d)+":target .notice-moved", "not MED-A-01 any more")
	p.untilReady(d)
	p.foresees("409")
	p.scan("MED-A-01")
	p.untilAlarmed("Wrong bed", to.Number)
	p.understand()
	p.untilReady(d)
	p.open("/dashboard/delivery/") // what was understood is not shouted again
	p.untilLive()
	if ask[bool](p, `document.getElementById("alarm").open`) {
		t.Error("a reload sounds the alarm that was acknowledged")
	}
	p.openStop(d)
	p.scan(to.Number)
	s.untilIs(d, hospital.DeliveryDelivered)
}

func TestAStoppedTrayIsNotGivenAndComesBack(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	d := s.ready[0]
	p.openStop(d)
	fasting := hospital.DietCommand{NilByMouth: &hospital.Window{From: time.Now()}}
	if _, err := s.Hospital.SetDiet(t.Context(), staff(hospital.MedicalStaff), s.admissions[0].ID, fasting); err != nil {
		t.Fatal(err)
	}
	p.untilAlarmed("Stop: do not give", "Must not be given. Bring it back.", "nil by mouth")
	p.understand()
	p.untilSays(stop(d)+" .bedside .notice-stop", "nil by mouth")
	if ask[bool](p, `!!document.querySelector("`+stop(d)+` .handover")`) {
		t.Error("a stopped tray can still be handed over")
	}
	p.press(stop(d) + " .acts button")
	s.untilIs(d, hospital.DeliveryReturned)
	p.until("the stop to leave the round", `!document.querySelector("`+stop(d)+`")`)
}

func TestATrayThatCouldNotBeHandedOverSaysWhy(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 2)
	p := s.onTheWay()
	p.openStop(s.ready[0])
	p.press(stop(s.ready[0]) + " summary")
	p.press(stop(s.ready[0]) + " [value=asleep]")
	if d := s.untilIs(s.ready[0], hospital.DeliveryFailed); d.FailReason != "asleep" {
		t.Errorf("failed because %q", d.FailReason)
	}
	p.until("the stop to leave the round", `!document.querySelector("`+stop(s.ready[0])+`")`)
	p.openStop(s.ready[1])
	p.press(stop(s.ready[1]) + " summary")
	p.write(stop(s.ready[1])+"-reason", "The door is locked")
	p.do(chromedp.KeyEvent(kb.Enter))
	if d := s.untilIs(s.ready[1], hospital.DeliveryFailed); d.FailReason != "The door is locked" {
		t.Errorf("failed because %q", d.FailReason)
	}
}

// offline takes the line away from the tablet, or gives it back.
func (p *screen) offline(off bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
	}); err != nil {
		p.t.Fatalf("emulate the network: %v", err)
	}
	if _, err := chromedp.Call(p.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}); err != nil {
		p.t.Fatalf("emulate the network: %v", err)
	}
	if !off {
		return
	}
	p.until("the page to know that there is no line", `document.body.dataset.live === "no" && "begun" in document.body.dataset`)
}

// permitsNoLine says that the test takes the line away, and may give it back.
func (p *screen) permitsNoLine() {
	for _, part := range []string{"ERR_INTERNET_DISCONNECTED", "WebSocket connection to", "htmx:ws:error"} {
		p.permits(part)
	}
}

// outboxSays are the lines of the outbox.
func (p *screen) outboxSays() []string {
	p.t.Helper()
	return ask[[]string](p, `[...document.querySelectorAll("#outbox li")].map((e) => e.innerText.replace(/\s+/g, " "))`)
}

func TestWithoutALineWhatIsTappedIsKeptAndSentOnceInItsOrder(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 3)
	p := s.onTheWay()
	p.foresees("ERR_INTERNET_DISCONNECTED")
	p.foresees("WebSocket connection to")
	p.foresees("htmx:ws:error")
	p.offline(true)
	p.untilSays("#banner", "Showing the state of")
	p.untilSays("#mine", "Uwase Marie") // the last known round is there

	p.openStop(s.ready[0])
	p.untilSays(stop(s.ready[0])+" .no-line", "No line")
	p.scan("MED-A-02")
	p.untilAlarmed("Wrong bed", "MED-A-02 is not this patient's bed") // nobody has to be asked for that
	p.understand()
	p.untilReady(s.ready[0])
	p.write(stop(s.ready[0])+" .handover [data-words]", "her sister")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("the field to ask for the code", `document.querySelector("`+stop(s.ready[0])+` [name=bed_code]:invalid")`)
	p.press(stop(s.ready[0]) + " [name=bed_code]")
	p.scan("MED-A-01")
	p.untilAlarmed("Not done", "names and free texts are not kept")
	p.understand()
	ask[chromedp.Void](p, `document.querySelectorAll("`+stop(s.ready[0])+` input:not([type=radio])").forEach((field) => { field.value = ""; })`)
	p.press(stop(s.ready[0]) + " [name=bed_code]")
	p.scan("MED-A-01")
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.untilSays("#outbox", "Hand over MED-A-01")
	p.untilSays("#carry a", "Next: MED-A-02")
	p.openStop(s.ready[1])
	p.press(stop(s.ready[1]) + " summary")
	p.press(stop(s.ready[1]) + " [value=away]")
	p.untilSays("#outbox", "Waiting to be sent (2)")
	p.wantNotSaved()
	for _, d := range s.ready {
		if now := s.now(d.ID); now.Status != hospital.DeliveryInTransit {
			t.Errorf("a delivery is %s without a line", now.Status)
		}
	}
	p.wantNoNamesKept()
	p.untilTold("htmx:ws:error") // a new socket was tried in vain, as was what waits
	p.untilTold("ERR_INTERNET_DISCONNECTED")
	tapped := time.Now()

	before := len(p.commandsAnswered())
	p.offline(false)
	done, failed := s.untilIs(s.ready[0], hospital.DeliveryDelivered), s.untilIs(s.ready[1], hospital.DeliveryFailed)
	if failed.FailReason != "away" {
		t.Errorf("failed because %q", failed.FailReason)
	}
	if done.DoneAt.After(tapped) || done.StatusSince.Before(tapped) {
		t.Errorf("it was tapped before %v and is said to have been done at %v and saved at %v", tapped, done.DoneAt, done.StatusSince)
	}
	p.untilSent()
	p.untilLive()
	p.until("the round to follow", `document.querySelectorAll("#mine .stop").length === 1`)
	sent := p.commandsAnswered()[before:]
	want := []string{fmt.Sprintf("%s/deliveries/%d/deliver", s.URL, s.ready[0].ID), fmt.Sprintf("%s/deliveries/%d/fail", s.URL, s.ready[1].ID)}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
	if handovers, failures := s.lines("delivery.status", "delivered"), s.lines("delivery.status", "failed"); handovers != 1 || failures != 1 {
		t.Errorf("the audit has %d handovers and %d failures, want one of each", handovers, failures)
	}
}

// wantNotSaved fails the test if the tablet says of what was done at a bedside that it is saved.
func (p *screen) wantNotSaved() {
	p.t.Helper()
	for _, line := range p.outboxSays() {
		if strings.Contains(strings.ToLower(line), "hand") && strings.Contains(line, "Saved") {
			p.t.Errorf("the server has not said that it is saved, and the tablet does: %s", line)
		}
	}
}

// wantNoNamesKept fails the test if the tablet has kept what tells of a patient.
func (p *screen) wantNoNamesKept() {
	p.t.Helper()
	kept := ask[string](p, `JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})`)
	for _, secret := range []string{"Uwase", "Marie", "Mugisha", "Keza", "1984", "sister", "Rice"} {
		if strings.Contains(kept, secret) {
			p.t.Errorf("the tablet keeps %q: %s", secret, kept)
		}
	}
}

// gate lets requests to a path through or breaks them, before they reach the server or after it has answered.
type gate struct {
	open    atomic.Bool
	left    atomic.Bool // the page is loaded anew, and takes back what stands at the gate
	mu      sync.Mutex
	arrived []string // the idempotency keys of those that the server got
}

// stand puts a gate before what matches the pattern; answers: what breaks is the answer.
func (p *screen) stand(pattern string, answers bool) *gate {
	p.t.Helper()
	g := &gate{}
	stage := fetch.RequestStageRequest
	if answers {
		stage = fetch.RequestStageResponse
	}
	paused := chromedp.Events(p.ctx, fetch.RequestPaused)
	if _, err := chromedp.Call(p.ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern, RequestStage: stage}}}); err != nil {
		p.t.Fatalf("stand before %s: %v", pattern, err)
	}
	var standing sync.WaitGroup
	standing.Go(func() {
		for request, err := range paused {
			if err != nil {
				return // the page is closed
			}
			err := g.meet(p.ctx, request, answers)
			takenBack := g.left.Load() && err != nil && strings.Contains(err.Error(), "Invalid InterceptionId")
			if err != nil && p.ctx.Err() == nil && !takenBack {
				p.t.Errorf("at the gate of %s: %v", pattern, err)
			}
		}
	})
	p.t.Cleanup(func() { p.close(); standing.Wait() })
	return g
}

func (g *gate) meet(ctx context.Context, request fetch.EventRequestPaused, answers bool) error {
	if answers || g.open.Load() {
		g.mu.Lock()
		key, _ := request.Request.Headers["Idempotency-Key"].(string)
		g.arrived = append(g.arrived, key)
		g.mu.Unlock()
	}
	if g.open.Load() {
		_, err := chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: request.RequestID})
		return err
	}
	_, err := chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: request.RequestID, ErrorReason: network.ErrorReasonConnectionReset})
	return err
}

// keys are those of the requests that the server got.
func (g *gate) keys() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.arrived)
}

func TestWhatWaitsSurvivesAReload(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 2)
	p := s.onTheWay()
	p.foresees("ERR_CONNECTION_RESET")
	g := p.stand("*/deliver", false)
	p.openStop(s.ready[0])
	p.scan("MED-A-01")
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.untilTold("ERR_CONNECTION_RESET")
	p.openStop(s.ready[1])
	p.write(stop(s.ready[1])+" .handover [data-words]", "her sister")
	p.press(stop(s.ready[1]) + " [name=bed_code]")
	p.scan("MED-A-02")
	p.untilSays("#outbox", "Waiting to be sent (2)")
	p.wantNoNamesKept()

	g.left.Store(true)
	p.openLive("/dashboard/delivery/")
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.untilSays("#outbox li[data-state=waiting]", "Hand over MED-A-01")
	p.untilSays("#outbox li[data-state=unknown]", "Not known whether it was saved") // its text was not kept, so it is not sent
	g.open.Store(true)
	if d := s.untilIs(s.ready[0], hospital.DeliveryDelivered); d.ReceivedBy != "patient" {
		t.Errorf("received by %q", d.ReceivedBy)
	}
	p.untilSent()
	p.openLive("/dashboard/delivery/") // nothing is left to be sent
	if says := p.outboxSays(); len(says) != 1 || !strings.Contains(says[0], "MED-A-02") {
		t.Errorf("after another reload the outbox says %q", says)
	}
	p.press("#outbox li button")
	p.until("the outbox to be empty", `document.getElementById("outbox").hidden`)
	if keys := g.keys(); len(keys) != 1 || keys[0] == "" {
		t.Errorf("the server got %q, want one tap", keys)
	}
	if n := s.lines("delivery.status", "delivered"); n != 1 || s.now(s.ready[1].ID).Status != hospital.DeliveryInTransit {
		t.Errorf("%d handovers, and the other delivery is %s", n, s.now(s.ready[1].ID).Status)
	}
}

// When a page with an open stop is loaded, the browser scrolls to the stop in its first frame, and may
// take the focus from the field that a scanner types into.
func TestAStopIsReadyForAScanThoughTheBrowserTakesTheFocusAway(t *testing.T) {
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	p.before(`addEventListener("load", () => requestAnimationFrame(() => {
		document.activeElement.blur();
		window.taken = true;
	}))`)
	p.openLive("/dashboard/delivery/?again=1" + stop(s.ready[0]))
	p.until("the browser to take the focus away", "window.taken")
	p.untilReady(s.ready[0])
}

func TestATapWhoseAnswerIsLostHappensOnce(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	p.foresees("ERR_CONNECTION_RESET")
	g := p.stand("*/deliver", true)
	p.openStop(s.ready[0])
	p.scan("MED-A-01")
	s.untilIs(s.ready[0], hospital.DeliveryDelivered)
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.untilTold("ERR_CONNECTION_RESET")
	p.wantNotSaved()
	g.open.Store(true)
	p.untilSays("#outbox li[data-state=saved]", "Hand over MED-A-01")
	if keys := slices.Compact(g.keys()); len(keys) != 1 || len(g.keys()) < 2 {
		t.Errorf("the server got %q, want one key again and again", g.keys())
	}
	if n := s.lines("delivery.status", "delivered"); n != 1 {
		t.Errorf("the audit has %d handovers", n)
	}
}

func TestACourierShowsWhereTheyAreOnlyAfterATapAndWhileOnTheWay(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	d := s.ready[0]
	p, customer := s.onTheWay(), visitorAs(s.Server, hospital.Customer)
	users, err := s.Hospital.Users(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if user.Role == hospital.Customer {
			if err := s.Hospital.LinkCustomer(t.Context(), staff(hospital.WardManagement), user.ID, s.admissions[0].PatientID); err != nil {
				t.Fatal(err)
			}
		}
	}
	customer.openLive(fmt.Sprintf("/deliveries/%d/", d.ID))
	p.at(-1.95, 30.06)
	const badge = `document.querySelector("#sharing .badge").offsetHeight > 0`
	if ask[bool](p, badge) || s.now(d.ID).Latitude != nil {
		t.Error("the place is shown before anybody asked for it")
	}
	p.press("#sharing button")
	p.until("the badge", badge)
	customer.untilSays("#location", "1.95000° S, 30.06000° E")
	p.at(-1.96, 30.07) // within ten seconds: not told
	p.openStop(d)
	p.scan("MED-A-01")
	s.untilIs(d, hospital.DeliveryDelivered)
	customer.untilSays("#delivery .now", "Delivered")
	customer.until("the place to be forgotten", `document.getElementById("location").innerText.trim() === ""`)
	p.until("the sharing to have ended", `document.querySelector("#sharing button").getAttribute("aria-pressed") === "false"`)
	if n := p.requestsFor(fmt.Sprintf("/deliveries/%d/location", d.ID)); n != 1 {
		t.Errorf("the place was told %d times within ten seconds, want once", n)
	}
}

// TestTheTabletIsHeldInOneHand: nothing to press is lower than 56 px, and what comes next lies where the thumb is.
func TestTheTabletIsHeldInOneHand(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 2)
	p := visitorAs(s.Server, hospital.DeliveryStaff)
	p.have(look{"tablet", 820, 1180, true, "light"})
	low := func(where string) {
		t.Helper()
		for _, what := range ask[[]string](p, `[...document.querySelectorAll("main :is(a[href], button, summary, input:not([type=hidden], [type=radio]), label:has([type=radio]))")]
			.filter((e) => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().height < 55.5)
			.map((e) => Math.round(e.getBoundingClientRect().height) + " px: " + e.outerHTML.slice(0, 100))`) {
			t.Errorf("%s: too low for a thumb, %s", where, what)
		}
	}
	atTheThumb := func(where, css string) {
		t.Helper()
		p.until(where+": what comes next to lie at the bottom", `(() => {
			const r = document.querySelector("`+css+`").getBoundingClientRect();
			return r.bottom <= innerHeight && r.top > innerHeight * 0.75 && r.width > innerWidth * 0.8;
		})()`)
	}
	p.openLive("/dashboard/delivery/")
	low("what waits")
	p.press("#ready .round button")
	p.untilSays("#carry button", "Set off with 2")
	low("a round that is claimed")
	atTheThumb("a round that is claimed", "#carry button")
	p.press("#carry button")
	p.untilSays("#carry a", "Next: MED-A-01")
	low("a round on its way")
	atTheThumb("a round on its way", "#carry a")
	p.press("#carry a")
	p.untilReady(s.ready[0])
	low("the bedside")
	atTheThumb("the bedside", stop(s.ready[0])+" .handover .primary")
	p.press(stop(s.ready[0]) + " summary")
	low("the reasons")
	p.foresees("409")
	p.press(stop(s.ready[0]) + " [name=bed_code]")
	p.scan("MED-A-02")
	p.untilAlarmed("Wrong bed")
	low("the alarm")
}

// at puts the tablet somewhere and lets it say so.
func (p *screen) at(latitude, longitude float64) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: browser.PermissionSettingGranted, Origin: p.url,
		BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID})
	if err != nil {
		p.t.Fatalf("permit the place: %v", err)
	}
	_, err = chromedp.Call(p.ctx, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &latitude, Longitude: &longitude, Accuracy: new(5.0)})
	if err != nil {
		p.t.Fatalf("be somewhere: %v", err)
	}
}

// carriedTray puts two trays of a ward of the demo hospital in place: one that waits, and one that its courier carries to a patient of whom
// everything unusual is known.
func carriedTray(t testing.TB, s *dusangiretest.Server, ward hospital.WardBoard) hospital.Delivery {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var textures []hospital.Texture
	for level := hospital.Texture(0); level.Valid(); level++ {
		textures = append(textures, level)
	}
	dish, err := s.Hospital.AddDish(t.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: "A dish for everyone"}, Meals: hospital.Meals, Station: "hot",
		Diets: hospital.Diets, Textures: textures, Available: true})
	must(err)
	purée, allergies := hospital.Texture(4), hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
	var cooked []hospital.Delivery
	for _, bed := range ward.Beds {
		if bed.Admission == nil || len(cooked) == 2 {
			continue
		}
		_, err := s.Hospital.SetDiet(t.Context(), staff(hospital.MedicalStaff), bed.Admission.AdmissionID, hospital.DietCommand{Texture: &purée, Allergies: &allergies, NilByMouth: &hospital.Window{}})
		must(err)
		cooked = append(cooked, trays{Server: s}.cook(hospital.Admission{ID: bed.Admission.AdmissionID},
			dish))
	}
	users, err := s.Hospital.Users(t.Context(), hospital.System)
	must(err)
	for _, user := range users {
		if user.Username == string(hospital.DeliveryStaff) {
			courier := hospital.Actor{UserID: user.ID, Username: user.Username, Role: user.Role}
			_, err := s.Hospital.ClaimDelivery(t.Context(), courier, cooked[0].ID, hospital.CourierCommand{})
			must(err)
			_, err = s.Hospital.DepartDelivery(t.Context(), courier, cooked[0].ID, hospital.CourierCommand{})
			must(err)
		}
	}
	return cooked[0]
}
