package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// ownSights are the pages on which a hospital is made one's own: its first administrator, what
// differs from others, its meals and its menu, and files.
func ownSights(t testing.TB, s *dusangiretest.Server) []sight {
	t.Helper()
	empty := dusangiretest.MustServe(t, nil)
	link, err := empty.Hospital.NewSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	planADay(t, s)
	dish := s.Dish("Stew that is changed", "milk")
	refused := func(path, change, button string) func(*screen) {
		return func(p *screen) {
			p.foresees("422")
			p.open(path)
			ask[chromedp.Void](p, `for (const form of document.forms) form.noValidate = true;`+change)
			p.follow(button)
			p.until("the focus to be on the refusal, in its form",
				`document.activeElement.matches("form > .refusal")`)
		}
	}
	return []sight{
		{"first", "", func(p *screen) { p.url = empty.URL; p.open("/setup/" + link.Token) }},
		{"settings", hospital.Admin, at("/settings/")},
		{"meals", hospital.KitchenStaff, at("/meals/?meal=lunch&sequence=dinner")},
		{"meals-refused", hospital.KitchenStaff, refused("/meals/?meal=lunch",
			`document.getElementById("meal-lunch-form-name_en").value = ""`, "#meal-lunch .primary")},
		{"dishes", hospital.KitchenStaff, at("/dishes/")},
		{"dish", hospital.KitchenStaff, at(fmt.Sprintf("/dishes/%d/", dish.ID))},
		{"matrix", hospital.KitchenStaff, at("/dishes/?view=matrix")},
		{"plan", hospital.KitchenStaff, at("/menu/plan/?day=1&meal=lunch")},
		{"forecast", hospital.Admin, at("/menu/forecast/?meal=lunch")},
		{"files", hospital.Admin, at("/import/")},
		// Its script gets the refusal as a part of the page, with status 200.
		{"import-refused", hospital.Admin, func(p *screen) {
			p.open("/import/beds/")
			p.press(".import summary")
			p.choose("#import-pasted", "bed_number,ward_code\nMED-A-99,NOWHERE\n")
			p.press(".import .primary")
			p.until("the lines that are wrong", `document.querySelector(".wrong-lines td") !== null`)
		}},
	}
}

// planADay makes a cycle of one day, so that the page of the plan has its table.
func planADay(t testing.TB, s *dusangiretest.Server) {
	t.Helper()
	today := time.Now().UTC().Truncate(24 * time.Hour)
	err := s.Hospital.SetMenuCycle(t.Context(), hospital.System,
		hospital.MenuCycleCommand{Days: new(1), StartsOn: &today})
	if err != nil {
		t.Fatal(err)
	}
}
