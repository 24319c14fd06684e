package browser_test

import (
	"fmt"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// toCleanRow is a bed in the list of those who clean.
func toCleanRow(bed hospital.BoardBed) string { return fmt.Sprintf("#clean-%d", bed.ID) }

// tapNext taps what comes next with a bed, as one does who has waited for the last tap to show.
func (p *screen) tapNext(bed hospital.BoardBed) {
	p.t.Helper()
	p.until("the last tap to be over", `performance.now() - (window.tappedAt ?? -1000) > 700`)
	ask[float64](p, `window.tappedAt = performance.now()`)
	p.press(toCleanRow(bed) + " button")
}

// TestABedIsCleanedWithOneTapAStep on a phone, while a manager looks at the board.
func TestABedIsCleanedWithOneTapAStep(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	first, urgent := board.Beds[0], board.Beds[2]
	for _, bed := range board.Beds[:3] {
		dusangiretest.SetBedStatus(t, s, bed, hospital.BedCleaning)
	}
	cleaner, manager := visitorAs(s, hospital.Housekeeping), visitorAs(s, hospital.WardManagement)
	cleaner.resize(390, 844)
	cleaner.openLive("/dashboard/housekeeping/")
	manager.openLive(dusangiretest.WardPath(board))
	manager.untilSays(card(first), "dirty since")

	manager.openBed(urgent)
	manager.press(`.panel button[value="stat"]`)
	cleaner.untilSays("#to-clean > li:first-child", urgent.Number)
	cleaner.untilSays("#to-clean > li:first-child", "clean first")
	manager.untilSays(card(urgent), "clean first")
	low := ask[int](cleaner, `[...document.querySelectorAll("main button, .top a, .top summary")]
		.filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 44).length`)
	if low > 0 {
		t.Errorf("%d things to tap are lower than 44 px", low)
	}

	cleaner.tapNext(first)
	for p, place := range map[*screen]string{cleaner: toCleanRow(first), manager: card(first)} {
		p.untilSays(place, "housekeeping is cleaning since")
		p.untilSays(place+" .age", "0 min")
	}
	cleaner.tapNext(first)
	cleaner.until("the bed to leave the list",
		fmt.Sprintf(`!document.querySelector("%s")`, toCleanRow(first)))
	manager.untilSays(card(first), "available")
}

// TestTheSecondHalfOfADoubleTapIsNoStep, whatever has come under the finger.
func TestTheSecondHalfOfADoubleTapIsNoStep(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	first, second := board.Beds[0], board.Beds[1]
	for _, bed := range board.Beds[:2] {
		dusangiretest.SetBedStatus(t, s, bed, hospital.BedCleaning)
	}
	p := visitorAs(s, hospital.Housekeeping)
	p.openLive("/dashboard/housekeeping/")
	ask[bool](p, fmt.Sprintf(`["%s", "%s"].every((row) => {
		document.querySelector(row + " button").click();
		return true;
	})`, toCleanRow(first), toCleanRow(second)))
	p.untilSays(toCleanRow(first), "housekeeping is cleaning")
	if n := p.requestsFor(fmt.Sprintf("/beds/%d/clean", second.ID)); n > 0 {
		t.Error("the second tap was taken for a step with another bed")
	}
}

func TestARefusedStepOfCleaningIsShownAtItsBed(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	bed := board.Beds[1]
	dusangiretest.SetBedStatus(t, s, bed, hospital.BedCleaning)
	p := visitorAs(s, hospital.Housekeeping)
	p.openLive("/dashboard/housekeeping/")
	p.foresees("409")
	ask[string](p, fmt.Sprintf(`document.querySelector("%s [name=version]").value = "1"`,
		toCleanRow(bed)))
	p.tapNext(bed)
	p.untilSays(toCleanRow(bed)+" .refusal", "has changed meanwhile")
}

// TestADurationIsCountedBetweenFrames: it grows while the server sends nothing but heartbeats.
func TestADurationIsCountedBetweenFrames(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	bed := board.Beds[0]
	dusangiretest.SetBedStatus(t, s, bed, hospital.BedCleaning)
	p := visitorAs(s, hospital.WardManagement)
	p.openLive(dusangiretest.WardPath(board))
	for _, c := range []struct{ seconds, before, after string }{
		{"119", "1 min", "2 min"}, {"3599", "59 min", "1 h 0 min"}, {"86399", "23 h 59 min", "1 d 0 h"},
	} {
		ask[string](p, fmt.Sprintf(`document.querySelector("%s .age").dateTime =
			new Date(Date.parse(document.getElementById("live").dateTime) - %s * 1000 + 4000).toISOString()`,
			card(bed), c.seconds))
		p.untilSays(card(bed)+" .age", c.before)
		p.untilSays(card(bed)+" .age", c.after)
	}
}
