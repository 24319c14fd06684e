package views_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
	"dusangire/views"
)

func TestTheCalendarsWeeksBeginWhereTheHospitalsDo(t *testing.T) {
	for day, want := range map[hospital.WeekDay][2]string{
		"monday": {"MonTueWedThuFriSatSun", "2 Feb"}, "saturday": {"SatSunMonTueWedThuFri", "31 Jan"},
		"sunday": {"SunMonTueWedThuFriSat", "1 Feb"},
	} {
		settings := *hospital.SettingsOf(t.Context())
		settings.WeekStarts = day
		ctx := hospital.WithSettings(t.Context(), &settings)
		var page strings.Builder
		plan := samplePlan() // today is Tuesday 3 February, the second day of three
		component := views.MenuPlanPage(views.Page{Viewer: &views.Viewer{Role: hospital.KitchenStaff}},
			plan, nil, views.PlanSlot{Date: plan.Today.AddDate(0, 0, 9)}, views.Form{})
		if err := component.Render(ctx, &page); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(page.String()))
		if err != nil {
			t.Fatal(err)
		}
		calendar := doc.Find("table.calendar")
		first := strings.TrimSpace(calendar.Find("td").First().Text())
		if got := calendar.Find("th").Text(); got != want[0] || first != want[1] {
			t.Errorf("with weeks from %s the days are %s, from %s; want %s from %s", day, got, first,
				want[0], want[1])
		}
		if calendar.Find("td").Length() != 35 || calendar.Find("td.other").Length() != 1 {
			t.Errorf("it has %d days", calendar.Find("td").Length())
		}
		today := calendar.Find("td.today a")
		if today.AttrOr("aria-label", "") != "Tue 3 Feb, Day 2" ||
			today.AttrOr("href", "") != "/menu/plan/?date=2026-02-03#exception" {
			t.Errorf("today is %v", today.Nodes)
		}
		if got := doc.Find("#exception-date").AttrOr("value", ""); got != "2026-02-12" {
			t.Errorf("the date that was chosen is filled in as %q", got)
		}
	}
}
