package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
)

// TestPeopleWriteMoneyWithDecimalsAndProgramsInTheSmallestUnit also holds that an amount that was
// begun in one currency is not taken for one of another.
func TestPeopleWriteMoneyWithDecimalsAndProgramsInTheSmallestUnit(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	dish := h.dish("Isombe", "hot")
	path := fmt.Sprintf("/dishes/%d", dish.ID)
	begun := filled(h.get(path, admin, browser).html().Find("form.card").First())
	changed := h.post("/settings", admin, browser, url.Values{"currency": {"EUR"}})
	said := h.get(changed.header.Get("Location"), admin, browser).html().Find(".saved").Text()
	if !strings.Contains(said, "What was 1\u00a0500\u00a0RWF is 15.00\u00a0EUR now") {
		t.Errorf("who changes the currency is told %q", said)
	}
	begun.Set("price", "1300")
	stale := h.post(path, admin, browser, begun)
	if wrong := stale.html().Find("#dish-price-error").Text(); !strings.Contains(wrong, "EUR by now") {
		t.Errorf("an amount begun in RWF: %d %q", stale.status, wrong)
	}
	price := func() int {
		return int(parseObject(t, h.get(path, admin, program).body).int("price"))
	}
	for written, want := range map[string]int{"12.50": 1250, "7,5": 750, "8": 800} {
		got := h.post(path, admin, browser, url.Values{"price": {written}})
		if got.status != http.StatusSeeOther || price() != want {
			t.Errorf("who types %s gets %d, and it costs %d", written, got.status, price())
		}
		shown := h.get(path, admin, browser).html().Find("#dish-price").AttrOr("value", "")
		if shown != hospital.Currency("EUR").Write(want) {
			t.Errorf("%d is shown as %q", want, shown)
		}
	}
	stands := price()
	for _, wrong := range []any{12.5, "12.50", "12,50", -1} {
		h.post(path, admin, program, map[string]any{"price": wrong}).
			problem(http.StatusUnprocessableEntity)
	}
	for _, wrong := range []string{"12.505", "1.000,00", "", "-1", "12 EUR"} {
		got := h.post(path, admin, browser, url.Values{"price": {wrong}})
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", wrong, got.status)
		}
	}
	if price() != stands {
		t.Errorf("what was refused has set %d", price())
	}
	zone := h.post("/zones", admin, browser, url.Values{"name": {"Town"}, "charge": {"2,50"}})
	zones := h.get("/zones/", admin, program).body
	if zone.status != http.StatusSeeOther || !strings.Contains(zones, `"charge":250`) {
		t.Errorf("a charge of 2,50: %d, %s", zone.status, zones)
	}
}
