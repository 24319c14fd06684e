package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// These tests hold that people find their way: to every ward, and from bed to bed.

func TestEveryWardCanBeReachedHoweverManyAndHoweverNarrow(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	for n := 1; n < 30; n++ {
		_, err := s.Hospital.AddWard(t.Context(), hospital.System,
			hospital.AddWardCommand{Code: fmt.Sprintf("W%d", n), Name: fmt.Sprintf("Ward %d", n), Beds: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []hospital.Role{hospital.MedicalStaff, hospital.Admin} {
		p := visitorAs(s, role)
		for _, width := range []int64{1366, 820, 390} {
			p.resize(width, 768)
			p.openLive(dusangiretest.WardPath(board))
			p.untilSays(".places summary", board.Code)
			if cut := ask[[]string](p,
				`[...document.querySelectorAll(".top nav > ul a")].filter((a) => a.offsetParent && (a.getBoundingClientRect().right > innerWidth || a.scrollWidth > a.clientWidth + 1)).map((a) => a.innerText)`); len(cut) > 0 {
				t.Errorf("%s at %d: these links are cut off: %q", role, width, cut)
			}
			p.press(".places summary")
			codes := ask[[]string](p,
				`[...document.querySelectorAll(".places .wards a b")].map((b) => b.innerText)`)
			if len(codes) != 30 {
				t.Fatalf("%s at %d: the menu has %d wards, want 30", role, width, len(codes))
			}
			for place, code := range []string{"W1", "W2", "W3"} {
				if at := len(codes) - 29 + place; codes[at] != code {
					t.Errorf("%s at %d: ward %d of the menu is %s, want %s", role, width, at+1, codes[at], code)
				}
			}
			p.key(kb.Escape)
			p.press(".places summary")
			p.follow(".places .wards li:last-child a")
			p.untilSays("h1", "Ward 29")
		}
	}
}

func TestWardsThatHaveRoomStandInOneLine(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	for n := range 8 {
		_, err := s.Hospital.AddWard(t.Context(), hospital.System,
			hospital.AddWardCommand{Code: fmt.Sprintf("SU%d", n), Name: "Surgery", Beds: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	p := visitorAs(s, hospital.MedicalStaff)
	for _, width := range []int64{1366, 1345, 1920} {
		p.resize(width, 768)
		p.openLive(dusangiretest.WardPath(board))
		got := ask[[]int](p, `[[...document.querySelectorAll(".top nav > .wards a")].filter((a) => a.offsetParent).length, new Set([...document.querySelectorAll(".top nav > ul a")].map((a) => Math.round(a.getBoundingClientRect().top))).size]`)
		if got[0] != 9 || got[1] != 1 {
			t.Errorf("at %d there are %d wards in %d lines, want 9 in one", width, got[0], got[1])
		}
		if room := ask[float64](p, `document.getElementById("head-q").getBoundingClientRect().width`); room < 100 {
			t.Errorf("at %d the search beside them is %.0f px wide", width, room)
		}
	}
	p.resize(1300, 768)
	p.until("the menu in their place",
		`document.querySelector(".places").offsetParent && !document.querySelector(".top nav > .wards a").offsetParent`)
}

func TestArrowsLeadFromBedToBedAndASlashToTheSearch(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 12, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	on := func(place int) string { return focusOn(card(board.Beds[place]) + " > a") }
	ask[chromedp.Void](p, `document.querySelector("`+card(board.Beds[0])+` > a").focus()`)
	columns := ask[int](p,
		`getComputedStyle(document.querySelector(".board")).gridTemplateColumns.split(" ").length`)
	p.key(kb.ArrowRight)
	p.until("the next bed", on(1))
	p.key(kb.ArrowDown)
	p.until("the bed below", on(1+columns))
	p.key(kb.ArrowLeft)
	p.until("the one before", on(columns))
	p.key(kb.ArrowUp)
	p.until("the one above", on(0))
	p.key(kb.End)
	p.until("the last", on(11))
	p.key(kb.Enter)
	p.untilOpen(board.Beds[11])
	p.key("/")
	p.until("the search", `document.activeElement.matches('[type="search"]')`)
	p.do(chromedp.KeyEvent("a/b"))
	if got := ask[string](p, `document.activeElement.value`); !strings.HasSuffix(got, "a/b") {
		t.Errorf("a slash in the search writes %q", got)
	}
}
