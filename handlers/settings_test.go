package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestSettingsAreReadAndChanged(t *testing.T) {
	h := newFixture(t, settings{})
	admin := h.token("admin")
	var stands struct {
		Name      string   `json:"hospital_name"`
		Zone      string   `json:"time_zone"`
		Currency  string   `json:"currency"`
		Decimals  int      `json:"currency_decimals"`
		Languages []string `json:"languages"`
		Hours     int      `json:"session_hours"`
		Version   int64    `json:"version"`
	}
	h.get("/settings/", admin, program).json(&stands)
	if stands.Zone != "Africa/Kigali" || stands.Currency != "RWF" || stands.Version != 1 {
		t.Errorf("at first they are %+v", stands)
	}
	got := h.post("/settings", admin, program, map[string]any{"hospital_name": "Health Sciences",
		"time_zone": "America/St_Johns", "currency": "EUR", "languages": []string{"fr"},
		"default_language": "fr", "session_hours": 8, "version": 1})
	if got.status != http.StatusNoContent {
		t.Fatalf("a program gets %d: %s", got.status, got.body)
	}
	h.get("/settings/", admin, program).json(&stands)
	if stands.Name != "Health Sciences" || stands.Zone != "America/St_Johns" ||
		stands.Currency != "EUR" || stands.Decimals != 2 || stands.Hours != 8 ||
		!slices.Equal(stands.Languages, []string{"fr"}) || stands.Version != 2 {
		t.Errorf("afterwards they are %+v", stands)
	}
	page := h.get("/settings/", admin, browser)
	for _, part := range []string{`lang="fr"`, ">Health Sciences</a>", "Réglages"} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	stale := h.post("/settings", admin, program, map[string]any{"currency": "RWF", "version": 1})
	if stale.status != http.StatusConflict || !strings.Contains(stale.body, `"currency":"EUR"`) {
		t.Errorf("who saw others gets %d: %s", stale.status, stale.body)
	}
	wrong := h.post("/settings", admin, browser, url.Values{"time_zone": {"Mars/Olympus"}})
	if wrong.status != http.StatusUnprocessableEntity ||
		!strings.Contains(wrong.body, "America/St_Johns") {
		t.Errorf("a zone that there is not: %d", wrong.status)
	}
}

func TestEveryScreenOfEveryNodeFollowsTheSettings(t *testing.T) {
	h := newFixture(t, settings{})
	other := newFixture(t, settings{joins: h})
	nurse := h.token("medical_staff")
	screens := map[string]*socket{}
	for name, node := range map[string]*fixture{"own": h, "other": other} {
		screens[name] = node.watch(wardPath(h.a), nurse, asHTML)
		screens[name].next()
	}
	set := hospital.SettingsCommand{HospitalName: new("Health Sciences"),
		TimeZone: new("America/St_Johns")}
	_, err := h.hospital.SetSettings(t.Context(), hospital.System, set)
	h.must(err)
	for name, screen := range screens {
		for frame := ""; !strings.Contains(frame, `data-time-zone="America/St_Johns"`); {
			frame = screen.next()
			if strings.Contains(frame, `id="hospital"`) &&
				!strings.Contains(frame, ">Health Sciences</a>") {
				t.Errorf("the %s node's frame is %s", name, frame)
			}
		}
	}
}

// TestATimeThatIsTypedIsOneMomentOnTheNightsOfAChange: of one that the clocks show twice the first,
// and for one that they skip the moment at which they do.
func TestATimeThatIsTypedIsOneMomentOnTheNightsOfAChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	zone, err := time.LoadLocation("America/St_Johns")
	h.must(err)
	h.post("/settings", h.token("admin"), program, map[string]any{"time_zone": zone.String()})
	path := fmt.Sprintf("/admissions/%d/", h.admit("Uwase Marie", h.bed(h.a, 1).ID).ID)
	_, change := h.clock.Now().In(zone).ZoneBounds()
	for range 2 {
		h.clock.pass(change.Add(-48 * time.Hour).Sub(h.clock.Now()))
		nurse := h.token("medical_staff")
		_, before := change.Add(-time.Second).In(zone).Zone()
		_, after := change.In(zone).Zone()
		shown, want := change.Add(time.Duration(before)*time.Second+30*time.Minute), change
		if after < before { // half an hour before the change, and half an hour after it
			shown, want = shown.Add(-time.Hour), change.Add(-30*time.Minute)
		}
		typed := shown.UTC().Format("2006-01-02T15:04")
		h.post(path+"plan-discharge", nurse, program, map[string]any{"expected_discharge": typed})
		var stay struct {
			Leaves time.Time `json:"expected_discharge"`
		}
		h.get(path, nurse, program).json(&stay)
		if !stay.Leaves.Equal(want) {
			t.Errorf("%s is %s, want %s", typed, stay.Leaves, want)
		}
		_, change = change.In(zone).ZoneBounds()
	}
}
