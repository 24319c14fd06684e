package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// sampleHandover is a shift in which something of every kind has happened.
func sampleHandover() hospital.Handover {
	ward := sampleBoard().Ward
	person := func(i int) hospital.HandoverPerson {
		return hospital.HandoverPerson{AdmissionID: int64(i + 1), PatientID: int64(i + 1),
			PatientName: names[i], BedNumber: sampleBoard().Beds[i].Number}
	}
	at := now.Add(-time.Hour)
	tonight := hospital.DietOrder{Diet: hospital.DietRenal, Texture: 4,
		NilByMouth: hospital.Window{From: now.Add(10 * time.Hour)}}
	return hospital.Handover{Ward: ward, Since: now.Add(-12 * time.Hour), Until: now,
		Admitted: []hospital.HandoverAdmitted{{HandoverPerson: person(0), At: at,
			Reason: "emergency"}},
		Moved: []hospital.HandoverMove{{HandoverPerson: person(1), At: at, ToBed: "MED-A-02",
			ToWard: ward.Name}},
		Discharged: []hospital.HandoverDischarged{{HandoverPerson: person(2), At: at,
			Outcome: hospital.Referred}},
		Diets: []hospital.HandoverDiet{{HandoverPerson: person(0), Changes: []hospital.Change{
			{Field: "diet", From: "general", To: "renal", By: "nurse", At: at}}}},
		Held: []hospital.HandoverHeld{{HandoverPerson: person(0), OrderID: 7, Meal: hospital.Dinner,
			Due: now, HeldFor: sampleHazards()}},
		Missed: []hospital.HandoverMissed{{HandoverPerson: person(1), Meal: hospital.Lunch, Served: at,
			Why: hospital.NoMealCancelled, Last: hospital.Order{CancelReason: "eats at home"}}},
		Beds: []hospital.Bed{{ID: 9, Number: "MED-A-09", Status: hospital.BedMaintenance,
			StatusSince: at, StatusReason: "wheel"}},
		Patients: []hospital.HandoverPatient{
			{HandoverPerson: person(0), Diet: tonight, Version: 3,
				Note: hospital.ShiftNote{Text: "Ask for the X-ray.", By: "nurse", At: at}},
			{HandoverPerson: person(1), Diet: hospital.DietOrder{Diet: hospital.DietGeneral,
				Texture: hospital.RegularTexture, Allergies: hospital.Allergies{Known: true}}},
		}}
}

// sampleMealList is a list with somebody who gets something and some who get nothing.
func sampleMealList() hospital.MealList {
	list := hospital.MealList{Ward: sampleBoard().Ward, Meal: hospital.Lunch, Day: now, Due: now,
		At: now}
	for i, why := range append([]hospital.NoMeal{""}, hospital.NoMeals...) {
		line := hospital.MealLine{AdmissionID: int64(i + 1), PatientName: names[i],
			BedNumber: sampleBoard().Beds[i].Number, Why: why,
			Diet: hospital.DietOrder{Diet: hospital.DietGeneral, Texture: 4}}
		if why == "" {
			line.Orders = []hospital.Order{{ID: 1, Notes: "no sugar",
				Dishes: []hospital.Dish{{Name: hospital.DishName{En: "Rice"}}}}}
		}
		if why == hospital.NoMealHeld {
			line.Last = hospital.Order{ID: 2, HeldFor: sampleHazards()}
		}
		list.Lines = append(list.Lines, line)
	}
	return list
}

func handoverPage() views.Page {
	return views.Page{Title: "Handover", Viewer: viewer(hospital.MedicalStaff),
		Path: "/wards/2/handover/"}
}

func mealListPage() views.Page {
	return views.Page{Title: "Meal list", Viewer: viewer(hospital.KitchenStaff),
		Path: "/wards/2/list/"}
}

// TestPaperSaysWhatAndWhenAndNothingThatCanBePressed looks at the pages as they print, in a browser
// that is set to be dark.
func TestPaperSaysWhatAndWhenAndNothingThatCanBePressed(t *testing.T) {
	t.Parallel()
	s, tab := newSite(t), newTab(t)
	for path, content := range map[string]string{
		"/wards/2/": ".bed strong", "/wards/2/open": ".panel .facts",
		"/wards/2/handover/": ".shift-note .words", "/wards/2/list/": ".meals .why",
		"/dashboard/ward_management/": "table.wards td",
		"/dashboard/kitchen/":         ".tickets li", "/users/": ".users td",
	} {
		do(t, tab, chromedp.Navigate(s.URL+path))
		_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media:    "print",
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		if err != nil {
			t.Fatal(err)
		}
		pressed := ask[string](t, tab, `[...document.querySelectorAll(
			"nav, button, .bell, .menu, .pill, .banner")].filter((e) => e.checkVisibility())
			.map((e) => e.outerHTML.slice(0, 80)).join("\n")`)
		if pressed != "" {
			t.Errorf("%s prints what can be pressed, or that it is live:\n%s", path, pressed)
		}
		if !ask[bool](t, tab, `document.querySelector("`+content+`").checkVisibility()`) {
			t.Errorf("%s does not print %s", path, content)
		}
		ink := ask[string](t, tab, `getComputedStyle(document.documentElement).color`)
		if ink != "rgb(20, 33, 44)" {
			t.Errorf("%s prints in %s, want dark ink", path, ink)
		}
		said := ask[string](t, tab, `document.querySelector(".state, .as-of").innerText +
			getComputedStyle(document.querySelector("#live") ?? document.body, "::before").content`)
		day := text.Date(t.Context(), now)
		if path == "/users/" {
			day = text.Date(t.Context(), time.Now()) // it was read when it was drawn
		}
		for _, part := range []string{"As of", day, ":"} {
			if !strings.Contains(said, part) {
				t.Errorf("the paper of %s says %q of its time, want %q in it", path, said, part)
			}
		}
	}
}
