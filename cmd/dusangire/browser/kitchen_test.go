package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/hospital"
)

const wall = "/dashboard/kitchen/?view=tickets"

// ticketCard is the card of an order on the wall.
func ticketCard(id int64) string { return fmt.Sprintf("#ticket-%d", id) }

// untilIn waits until a ticket stands in a lane.
func (p *screen) untilIn(lane string, id int64) {
	p.t.Helper()
	p.until(fmt.Sprintf("ticket %d to stand in lane %s", id, lane), fmt.Sprintf(`document.querySelector("#lane-%s > #ticket-%d")`, lane, id))
}

// tap touches what css selects with a finger.
func (p *screen) tap(css string) {
	p.t.Helper()
	x, y := p.point(css)
	for _, touch := range []input.DispatchTouchEventParams{
		{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}},
		{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
	} {
		if _, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, touch); err != nil {
			p.t.Fatalf("touch %s: %v", css, err)
		}
	}
}

// evenly is when orders are due that come every so many minutes, the first being late.
func evenly(minutes int) func(n int) time.Duration {
	return func(n int) time.Duration { return time.Duration(n*minutes-10) * time.Minute }
}

// cooks opens so many screens of the kitchen, live.
func (k *kitchen) cooks(n int) []*screen {
	k.T.Helper()
	screens := make([]*screen, n)
	for i := range screens {
		screens[i] = visitorAs(k.Server, hospital.KitchenStaff)
		screens[i].openLive(wall)
	}
	return screens
}

// TestATicketGoesItsWayByMouseTouchAndKeysAndEveryScreenFollows bumps and recalls with everything that a cook has at hand.
func TestATicketGoesItsWayByMouseTouchAndKeysAndEveryScreenFollows(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 4, evenly(15))
	screens := k.cooks(2)
	p, other := screens[0], screens[1]
	everywhere := func(lane string, id int64) {
		t.Helper()
		for _, s := range screens {
			s.untilIn(lane, id)
		}
	}
	tickets := k.tickets()
	first, second, third, last := tickets[0].OrderID, tickets[1].OrderID, tickets[2].OrderID, tickets[3].OrderID
	other.mark()
	p.press(ticketCard(first) + " .bump")
	everywhere("confirmed", first)
	p.until("the lanes to be counted anew", `document.getElementById("count-pending").textContent === "3" && document.getElementById("count-confirmed").textContent === "1"`)
	p.until("its dishes to be counted", `[...document.querySelectorAll(".cook li")].length === 3`)
	p.press(ticketCard(first) + " .back")
	everywhere("pending", first)

	p.have(look{"tablet", 820, 1180, true, "light"})
	p.tap(ticketCard(second) + " .bump")
	everywhere("confirmed", second)
	p.tap(ticketCard(second) + " .back")
	everywhere("pending", second)
	p.have(look{"wall", 1920, 1080, false, "light"})

	p.until("the first lane to have the numbers", `document.querySelector("#lane-pending > li:nth-child(3) kbd")?.textContent === "3"`)
	p.key("3") // chooses the third
	p.until("the ticket to have the focus", focusOn(ticketCard(third)+" .bump"))
	p.key("3") // and takes it on
	everywhere("confirmed", third)
	p.until("the focus to follow the ticket", focusOn(ticketCard(third)+" .bump"))
	p.until("its lane to have the numbers now", `document.querySelector("`+ticketCard(third)+` kbd").textContent === "1" && !document.querySelector("#lane-pending kbd")`)
	p.key("r")
	everywhere("pending", third)

	p.until("the ticket to be chosen still", focusOn(ticketCard(third)+" .bump"))
	p.key(kb.ArrowDown)
	p.until("the focus to be on the next ticket", focusOn(ticketCard(last)+" .bump"))
	p.key(kb.Enter)
	everywhere("confirmed", last)
	p.until("the focus to follow the ticket", focusOn(ticketCard(last)+" .bump"))
	p.key(kb.ArrowLeft)
	p.until("the focus to be in the lane before", focusOn(ticketCard(first)+" .bump"))
	p.key(kb.ArrowRight)
	p.until("the focus to be in the next lane", focusOn(ticketCard(last)+" .bump"))
	p.key(kb.Escape)
	p.until("nothing to be chosen", `document.activeElement === document.body`)
	other.wantSamePage()
}

func TestADoubleTapTakesOneTicketOneStep(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 6, evenly(15))
	p := k.cooks(1)[0]
	first := k.tickets()[0].OrderID
	x, y := p.point(ticketCard(first) + " .bump")
	for range 3 { // impatiently, and the next ticket moves to where the finger is
		p.do(chromedp.MouseClickXY(x, y))
	}
	p.untilIn("confirmed", first)
	p.press(ticketCard(k.tickets()[5].OrderID) + " .bump") // another one, elsewhere, a moment later
	p.untilIn("confirmed", k.tickets()[5].OrderID)
	for i, ticket := range k.tickets() {
		if want := map[bool]hospital.OrderStatus{true: hospital.OrderConfirmed, false: hospital.OrderPending}[i == 0 || i == 5]; ticket.Status != want {
			t.Errorf("ticket %d is %s, want %s", i+1, ticket.Status, want)
		}
	}
}

// TestATicketThatChangedUnderTheFingerIsNotBumped holds the tap back until somebody else has taken the same step.
func TestATicketThatChangedUnderTheFingerIsNotBumped(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 3, evenly(15))
	screens := k.cooks(2)
	slow, quick := screens[0], screens[1]
	id := k.tickets()[0].OrderID
	pressed, release := slow.hold("*/orders/*")
	slow.foresees("409")
	slow.press(ticketCard(id) + " .bump")
	pressed()
	slow.until("the ticket to show that it waits", `document.querySelector("`+ticketCard(id)+`[aria-busy='true']")`)
	quick.press(ticketCard(id) + " .bump")
	quick.untilIn("confirmed", id)
	slow.untilIn("confirmed", id)
	release()
	slow.untilSays(ticketCard(id)+" .refusal", "has changed meanwhile")
	if n := ask[int](slow, `document.querySelectorAll(".tickets > li").length`); n != 3 {
		t.Errorf("the board has %d tickets, want 3", n)
	}
	if got := k.ticket(id).Status; got != hospital.OrderConfirmed {
		t.Errorf("the ticket is %s", got)
	}
	k.bring(k.tickets()[1].OrderID, hospital.OrderConfirmed) // other frames leave the words where they are
	slow.untilIn("confirmed", k.tickets()[1].OrderID)
	slow.untilSays(ticketCard(id)+" .refusal", "has changed meanwhile")
	slow.press(ticketCard(id) + " .refusal")
	slow.until("the words to go when they were read", `!document.querySelector(".refusal")`)
}

// listening spies on the tones that a page plays: their frequencies, in hertz.
func (p *screen) listening() {
	p.t.Helper()
	ask[chromedp.Void](p, `window.tones = [];
		const start = OscillatorNode.prototype.start;
		OscillatorNode.prototype.start = function (...when) { tones.push(this.frequency.value); return start.apply(this, when); };
		void 0`)
}

// alarmTone is the frequency that only the alarm has.
const alarmTone = "988"

func TestAHeldTicketIsLoudUntilSomebodyHasHeardIt(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 3, evenly(15))
	p := k.cooks(1)[0]
	p.listening()
	k.bring(k.tickets()[1].OrderID, hospital.OrderConfirmed)
	p.untilIn("confirmed", k.tickets()[1].OrderID)
	if got := ask[int](p, `tones.length`); got != 0 {
		t.Errorf("before anybody asked for sound there were %d tones", got)
	}
	p.untilSays("#sound", "sound is off")
	p.press("#sound")
	p.untilSays("#sound", "sound is on")
	p.until("a tone that says so", `tones.length > 0 && !tones.includes(`+alarmTone+`)`)

	held := k.tickets()[0]
	k.allergic(0, "gluten") // which is in nothing that was ordered: nothing is held
	p.untilSays(ticketCard(held.OrderID), "severe allergy: gluten")
	p.untilSays(ticketCard(held.OrderID)+" .changed", "changed")
	k.holdFor(0)
	p.untilIn("held", held.OrderID)
	p.untilSays("#kitchen-alarm", held.BedNumber)
	p.untilSays(ticketCard(held.OrderID), "held: the patient is nil by mouth")
	p.until("the alarm", `tones.includes(`+alarmTone+`)`)
	p.until("the alarm again", `tones.filter((tone) => tone === `+alarmTone+`).length > 4`)
	p.press("#heard")
	p.until("the alarm to be over", `document.getElementById("kitchen-alarm").hidden && !document.querySelector("[data-alarm]")`)
	p.until("the ticket to stay where it is, by its words", `getComputedStyle(document.querySelector("`+ticketCard(held.OrderID)+` .stop")).display !== "none"`)

	p.press("#sound")
	p.untilSays("#sound", "sound is off")
}

func TestACancelledTicketStaysStruckThroughUntilItIsSeen(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 3, evenly(15))
	screens := k.cooks(2)
	p, other := screens[0], screens[1]
	id := k.tickets()[0].OrderID
	k.bring(id, hospital.OrderPreparing)
	p.untilIn("preparing", id)
	p.press(ticketCard(id) + " a")
	p.untilSays("#cancel", k.ticket(id).BedNumber)
	p.foresees("422")
	p.press("#cancel .primary") // without a reason
	p.untilSays(ticketCard(id)+" .refusal", "say why")
	p.press(ticketCard(id) + " a")
	p.press("#cancel .reason:nth-child(2)")
	p.press("#cancel .primary")
	for _, s := range screens {
		s.untilIn("ended", id)
		s.untilSays(ticketCard(id), "cancelled: spoiled or spilled")
	}
	if line := ask[string](p, `getComputedStyle(document.querySelector("`+ticketCard(id)+` dd")).textDecorationLine`); line != "line-through" {
		t.Errorf("what is not to be cooked is drawn with %q", line)
	}
	p.press(ticketCard(id) + " .seen")
	p.until("the ticket to be gone", `!document.querySelector("`+ticketCard(id)+`").checkVisibility()`)
	k.bring(k.tickets()[1].OrderID, hospital.OrderConfirmed)
	p.untilIn("confirmed", k.tickets()[1].OrderID)
	if ask[bool](p, `document.querySelector("`+ticketCard(id)+`").checkVisibility()`) {
		t.Error("the ticket came back")
	}
	if !ask[bool](other, `document.querySelector("`+ticketCard(id)+`").checkVisibility()`) {
		t.Error("what one screen has seen is gone from the other")
	}
}

func TestAWallAtAStationShowsItsTicketsAndThoseOfNobody(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 6, evenly(15))
	p := k.cooks(1)[0]
	p.press(".filters details:first-child summary")
	p.follow(`.filters a[href*="station=porridge"]`)
	p.untilLive()
	p.mark()
	shown := `[...document.querySelectorAll(".tickets > li")].map((li) => li.id).join(" ")`
	porridge := k.tickets()[3] // the only one with any
	if got := ask[string](p, shown); got != fmt.Sprintf("ticket-%d", porridge.OrderID) {
		t.Errorf("the wall shows %s", got)
	}
	orders := map[string]hospital.Order{}
	for name, dish := range map[string]string{"elsewhere": "Ubugali", "here": "Igikoma cy’amasaka", "nowhere": "Umutobe"} {
		o, _, err := k.Hospital.PlaceOrder(t.Context(), hospital.System, hospital.PlaceOrderCommand{AdmissionID: k.admissions[0].ID, Meal: hospital.Supplement, Dishes: []int64{k.menu[dish].ID}})
		k.must(err)
		orders[name] = o
	}
	p.untilIn("pending", orders["here"].ID)
	p.untilIn("pending", orders["nowhere"].ID)
	if ask[bool](p, `!!document.getElementById("ticket-`+fmt.Sprint(orders["elsewhere"].ID)+`")`) {
		t.Error("another station's ticket is shown")
	}
	p.wantSamePage()
}

func TestTicketsStandByWhenTheyAreDueWhereverTheyMove(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 8, evenly(15))
	p := k.cooks(1)[0]
	order := func(lane string) string {
		return `[...document.querySelectorAll("#lane-` + lane + ` > li")].map((li) => li.id.slice(7)).join(" ")`
	}
	var ids []string
	for _, ticket := range k.tickets() {
		ids = append(ids, fmt.Sprint(ticket.OrderID))
	}
	for _, n := range []int{5, 1, 7, 3} { // in no order
		k.bring(k.tickets()[n].OrderID, hospital.OrderConfirmed)
	}
	in := func(places ...int) string {
		var found []string
		for _, n := range places {
			found = append(found, ids[n])
		}
		return strings.Join(found, " ")
	}
	p.until("the confirmed ones in their order", order("confirmed")+` === "`+in(1, 3, 5, 7)+`"`)
	p.until("the others in theirs", order("pending")+` === "`+in(0, 2, 4, 6)+`"`)
}

// TestTheChoiceFollowsItsTicketWhileFramesArrive lets others change the board between the choice and the bump.
func TestTheChoiceFollowsItsTicketWhileFramesArrive(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 6, evenly(15))
	p := k.cooks(1)[0]
	tickets := k.tickets()
	chosen := tickets[2].OrderID
	p.key("3")
	p.until("the third to be chosen", focusOn(ticketCard(chosen)+" .bump"))
	k.bring(tickets[0].OrderID, hospital.OrderConfirmed)
	p.untilIn("confirmed", tickets[0].OrderID)
	p.untilSays(ticketCard(chosen)+" kbd", "2")
	k.allergic(2, "lupin") // the chosen one itself is drawn anew
	p.untilSays(ticketCard(chosen), "lupin")
	p.until("it still to be chosen", focusOn(ticketCard(chosen)+" .bump"))
	p.key("3") // which is another ticket by now: it is chosen, and nothing is bumped
	p.until("the ticket that is third now to be chosen", focusOn(ticketCard(tickets[3].OrderID)+" .bump"))
	p.key("2")
	p.until("the first choice again", focusOn(ticketCard(chosen)+" .bump"))
	p.key("2")
	p.untilIn("confirmed", chosen)
	if got := k.ticket(tickets[3].OrderID).Status; got != hospital.OrderPending {
		t.Errorf("the other ticket is %s", got)
	}
	p.press("#keys")
	p.until("no numbers where the keys are off", `!document.querySelector(".tickets kbd") && document.getElementById("legend").hidden`)
	p.key("1")
	p.key("1")
	p.press("#keys")
	p.until("the numbers again", `document.querySelector(".tickets kbd")`)
	if got := k.ticket(tickets[1].OrderID).Status; got != hospital.OrderPending {
		t.Errorf("with the keys off a ticket became %s", got)
	}
}

// scrolled are the parts of the board that hold more than they show, and the page if it is higher than the screen.
const scrolled = `[document.documentElement, ...document.querySelectorAll(".lanes, .lane, .cook")].filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
	.map((e) => e.className + " " + e.scrollWidth + "×" + e.scrollHeight + " in " + e.clientWidth + "×" + e.clientHeight)`

func TestTwelveTicketsFitOnTheWallWithoutScrolling(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 12, evenly(7))
	p := k.cooks(1)[0]
	states := []hospital.OrderStatus{hospital.OrderPending, hospital.OrderConfirmed, hospital.OrderPreparing, hospital.OrderReady}
	fits := func(what string) {
		t.Helper()
		for _, language := range []string{"en", "fr", "rw"} {
			p.speak(language)
			for _, scheme := range []string{"light", "dark"} {
				p.have(look{"wall", 1920, 1080, false, scheme})
				p.openLive(wall)
				if n := ask[int](p, `document.querySelectorAll(".tickets > li").length`); n != 12 {
					t.Fatalf("the wall has %d tickets", n)
				}
				if beyond := ask[[]string](p, scrolled); len(beyond) > 0 {
					t.Errorf("%s, %s, %s: more than fits: %q", what, language, scheme, beyond)
				}
				if small := ask[[]string](p, tooSmallToRead); len(small) > 0 {
					t.Errorf("%s, %s: too small to be read from three metres: %q", what, language, small)
				}
			}
		}
	}
	fits("all of them pending")
	for i, ticket := range k.tickets() {
		k.bring(ticket.OrderID, states[i%len(states)])
	}
	fits("three in each lane")
}

// tooSmallToRead are the texts of tickets that are drawn smaller than 16 px, and what must not be missed below 20 px, on a screen of 1920×1080.
const tooSmallToRead = `[...document.querySelectorAll(".tickets *")].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
	.filter((e) => parseFloat(getComputedStyle(e).fontSize) < (e.matches("a > b, time, .severe, .warn, .ask, .safety .stop") ? 20 : 16))
	.map((e) => e.outerHTML.slice(0, 80) + getComputedStyle(e).fontSize)`

// speak sets the language of the screen's person.
func (p *screen) speak(language string) {
	p.t.Helper()
	ask[chromedp.Void](p, `fetch("/language", {method: "POST", redirect: "manual", body: new URLSearchParams({language: "`+language+`", back: "/"})}).then(() => {})`)
}

// TestTheMinutesAreCountedByTheServersClock sets the page's own clock wrong.
func TestTheMinutesAreCountedByTheServersClock(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 2, func(n int) time.Duration { return time.Duration(n*60-30) * time.Minute })
	p := k.cooks(1)[0]
	late, early := k.tickets()[0].OrderID, k.tickets()[1].OrderID
	ask[chromedp.Void](p, `const real = Date.now; Date.now = () => real() - 86400000; void 0`)
	k.bring(late, hospital.OrderConfirmed)
	p.untilIn("confirmed", late)
	said := func(id int64) string {
		return ask[string](p, `document.querySelector("`+ticketCard(id)+` em").textContent`)
	}
	if got := said(late); !slices.Contains([]string{"Late 30′", "Late 31′"}, got) {
		t.Errorf("the late ticket says %q", got)
	}
	if got := said(early); !slices.Contains([]string{"On time 29′", "On time 28′"}, got) {
		t.Errorf("the other says %q", got)
	}
}

func TestTheWallSaysWhetherTheScreenStaysOn(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 1, evenly(15))
	p := k.cooks(1)[0]
	p.until("the badge to say so", `["on", "off"].includes(document.getElementById("wake").dataset.state) && document.getElementById("wake").innerText.startsWith("Screen")`)
}

// holdFor makes the patient of the nth bed nil by mouth from now on.
func (k *kitchen) holdFor(n int) {
	k.T.Helper()
	_, err := k.Hospital.SetDiet(k.T.Context(), hospital.System, k.admissions[n].ID, hospital.DietCommand{NilByMouth: &hospital.Window{From: time.Now().Add(-time.Minute)}})
	k.must(err)
}

func TestATapWithoutAnAnswerIsToldOnItsTicket(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 2, evenly(15))
	p := k.cooks(1)[0]
	id := k.tickets()[0].OrderID
	p.foresees("htmx:error")
	p.foresees("ERR_CONNECTION_RESET")
	p.intercept("*/orders/*", func(ctx context.Context, request fetch.RequestID) error {
		_, err := chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: "ConnectionReset"})
		return err
	})
	p.press(ticketCard(id) + " .bump")
	p.untilSays(ticketCard(id)+" .refusal", "no answer from the hospital")
	if got := k.ticket(id).Status; got != hospital.OrderPending {
		t.Errorf("the ticket is %s", got)
	}
}

// BenchmarkATicketOf200Moves measures from when a frame arrives in Chromium until the page has swapped it in, dressed it and laid it out anew. An
// operation is one step of one ticket.
func BenchmarkATicketOf200Moves(b *testing.B) {
	quietly(b)
	k := mustServeKitchen(b, 200, evenly(1))
	states := []hospital.OrderStatus{hospital.OrderPending, hospital.OrderConfirmed, hospital.OrderPreparing, hospital.OrderReady}
	for i, ticket := range k.tickets() {
		k.bring(ticket.OrderID, states[i%len(states)])
	}
	p := visitorAs(k.Server, hospital.KitchenStaff)
	p.have(look{"wall", 1920, 1080, false, "light"})
	p.openLive(wall)
	ask[chromedp.Void](p, `let began, bytes;
		document.addEventListener("htmx:ws:before:message:incoming", (event) => { bytes = event.detail.message.data.length; began = performance.now(); }, true);
		window.swaps = [];
		document.addEventListener("htmx:ws:after:message:incoming", (event) => {
			document.body.offsetHeight;
			if (event.detail.message.data.includes('"ticket-')) swaps.push([performance.now() - began, bytes]);
		});
		void 0`)
	moved := k.tickets()[101] // one of the confirmed
	steps := []func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error){k.Hospital.StartOrder, k.Hospital.ReadyOrder, k.Hospital.RecallOrder, k.Hospital.RecallOrder}
	moment := time.NewTicker(apart)
	defer moment.Stop()
	taken := 0
	for b.Loop() {
		<-moment.C
		_, err := steps[taken%len(steps)](b.Context(), hospital.System, moved.OrderID, hospital.OrderCommand{})
		k.must(err)
		taken++
		p.until("the frame", fmt.Sprintf(`swaps.length >= %d`, taken))
	}
	var took []time.Duration
	most := 0.0
	for _, swap := range ask[[][2]float64](p, `swaps`) {
		took = append(took, time.Duration(swap[0]*float64(time.Millisecond)))
		most = max(most, swap[1])
	}
	report(b, "p50-swap-ms", took, 0.5)
	report(b, "p90-swap-ms", took, 0.9)
	report(b, "max-swap-ms", took, 1)
	b.ReportMetric(most, "max-bytes/frame")
}
