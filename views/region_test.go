package views_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"dusangire/hospital"
	"dusangire/hub/freshness"
	"dusangire/views"
	"dusangire/views/text"
)

// livePages are the pages that have regions.
func livePages() map[string]struct {
	page    templ.Component
	regions []views.Region
} {
	board, medical, management, news, order := sampleBoard(), sampleMedical(), sampleManagement(), sampleNews(), sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()...))
	p, withNews := wardPage(), wardPage()
	withNews.News = &news
	type live = struct {
		page    templ.Component
		regions []views.Region
	}
	home, inbox, address := sampleHome(), sampleInbox(), sampleAddress()
	return map[string]live{
		"home":          {views.HomePage(p, home), views.HomeRegions(home)},
		"notifications": {views.NotificationsPage(p, inbox), views.InboxRegions(inbox)},
		"address":       {views.AddressPage(p, address, true, nil, views.Form{}), views.AddressRegions(address)},
		"ward":          {views.WardPage(p, board, nil), views.WardRegions(board)},
		"bed": {views.WardPage(p, board,
			views.BedPanel(*p.Viewer, detail(board.Beds[0]), views.Form{})), views.WardRegions(board)},
		"bed choice": {views.BedChoicePage(p, sampleBedChoice(), views.Form{}),
			views.BedChoiceRegions(sampleBedChoice())},
		"medical": {views.MedicalDashboardPage(withNews, medical), append(views.MedicalRegions(medical), views.NewsRegion(news))},
		"waiting": {views.WaitingListPage(p, sampleWaiting(), views.Form{}),
			views.WaitingRegions(sampleWaiting())},
		"order":      {views.OrderPage(p, order, views.Form{}), views.OrderRegions(order, *p.Viewer)},
		"management": {views.ManagementDashboardPage(p, management), views.ManagementRegions(management)},
		"housekeeping": {views.HousekeepingPage(housekeepingPage(), sampleCleaning(), ""),
			views.HousekeepingRegions(sampleCleaning())},
		"round":   {views.RoundPage(roundPage(), sampleRound(), nil), views.RoundRegions(sampleRound())},
		"kitchen": {views.KitchenPage(kitchenPage(), sampleKitchen(), sampleWall()), views.KitchenRegions(sampleKitchen(), sampleWall())},
		"production": {views.KitchenPage(kitchenPage(), servedKitchen(), servedWall("")),
			views.KitchenRegions(servedKitchen(), servedWall(""))},
		"line": {views.KitchenPage(kitchenPage(), servedKitchen(), servedWall(views.LineView)),
			views.KitchenRegions(servedKitchen(), servedWall(views.LineView))},
		"delivery": {views.DeliveryPage(deliveryPage(), sampleDelivery()), views.DeliveryRegions(sampleDelivery(), hospital.Customer)},
	}
}

// hubID is what the hub takes for an id of a region.
var hubID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func TestARegionIsOneElementWithItsID(t *testing.T) {
	for name, live := range livePages() {
		seen := map[string]bool{freshness.MarkerID: true}
		for _, r := range withItems(live.regions) {
			body := draw(t, text.En, r.Component)
			start, _, _ := strings.Cut(body, ">")
			if !strings.HasPrefix(start, "<") || !strings.Contains(start, ` id="`+r.ID+`"`) {
				t.Errorf("%s: region %s starts with %s>", name, r.ID, start)
			}
			if roots := parse(t, body); len(roots) != 1 {
				t.Errorf("%s: region %s has %d roots, want 1", name, r.ID, len(roots))
			}
			if !hubID.MatchString(r.ID) {
				t.Errorf("%s: %q is no id that the hub takes", name, r.ID)
			}
			if seen[r.ID] {
				t.Errorf("%s: two regions are called %s", name, r.ID)
			}
			seen[r.ID] = true
		}
	}
}

// withItems are regions with the items of those that have any.
func withItems(regions []views.Region) []views.Region {
	var all []views.Region
	for _, r := range regions {
		all = append(append(all, r), r.Items...)
	}
	return all
}

func TestAPageDrawsItsRegionsAsTheSocketDoes(t *testing.T) {
	for name, live := range livePages() {
		page := draw(t, text.Rw, live.page)
		for _, r := range live.regions {
			if !strings.Contains(page, draw(t, text.Rw, r.Whole())) {
				t.Errorf("the page %s does not contain region %s as it is pushed", name, r.ID)
			}
		}
		if n := strings.Count(page, ` id="live"`); n != 1 {
			t.Errorf("the page %s has %d stamps, want 1", name, n)
		}
	}
}

// allPages is every page, by a name.
func allPages() map[string]templ.Component {
	p, board := wardPage(), sampleBoard()
	plain := views.Page{Title: "Plain", Viewer: viewer(hospital.Admin), Path: "/"}
	pages := map[string]templ.Component{
		"ward with a refused form": views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[3]), refusedAdmission())),
		"ward with an open bed":    views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[4]), views.Form{})),
		"ward with a menu":         views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[6]), views.Form{Key: "k", Offer: bedsideOffer()})),
		"ward with a refused order": views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[6]), views.Form{Name: views.FormOrder, Key: "k",
			Offer: bedsideOffer(), Errors: map[string]string{"items": "Choose something to eat.", "override_reason": "Say why."}})),
		"ward with a refused diet": views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[4]), views.Form{Name: views.FormDiet,
			Errors: map[string]string{"allergies": "Choose.", "severe": "Choose.", "diet": "Choose.", "texture": "Choose."}})),
		"ward with a refused cancel": views.WardPage(p, board, views.BedPanel(*p.Viewer, detail(board.Beds[6]), views.Form{Name: "cancel-16",
			Errors: map[string]string{"reason": "Say why."}})),
		"refused order": views.OrderPage(p, sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()[1])), views.Form{Name: "confirm-12",
			Errors: map[string]string{"reason": "Say why."}}),
		"kitchen with a refusal": views.KitchenPage(kitchenPage(), sampleKitchen(), views.Wall{View: views.TicketsView, Wards: sampleWards(), Filter: hospital.KitchenFilter{Station: "hot"},
			Notes: []string{"There is no meal."}, Refused: 7, Refusal: "Order 7 has changed meanwhile."}),
		"login": views.LoginPage(views.Page{Title: "Login"},
			views.Form{Name: views.FormLogin, Errors: map[string]string{"username": "Who?"}}),
		"menu of a patient": views.MenuPage(plain, sampleOffer(), views.Form{Key: "k"}),
		"addresses": views.AddressesPage(plain,
			[]hospital.Address{sampleAddress().Address}, nil, views.Form{Key: "k"}),
		"address that is refused": views.AddressPage(p, sampleAddress(), true, nil,
			views.Form{Name: views.FormAddress, Errors: map[string]string{"phone": "Which?"}}),
		"zones": views.ZonesPage(plain,
			[]hospital.Zone{{ID: 1, Name: "Town", Charge: 2000}, {ID: 2, Name: "Shelter"}}, 2,
			views.Form{Key: "k"}),
		"dishes": views.DishesPage(plain, sampleDishes(), sampleDishes()[2:],
			views.DishFilter{Meal: hospital.Lunch, Station: "hot"}),
		"no dish": views.DishesPage(plain, nil, nil, views.DishFilter{}),
		"new dish that is refused": views.NewDishPage(plain, hospital.Dish{}, views.Form{Key: "k",
			Name: views.FormDish, Errors: map[string]string{"name_en": "Which?", "meals": "When?",
				"station": "Where?", "allergens": "Choose.", "may_contain": "Choose.",
				"diets": "For whom?", "textures": "How?", "fat_g": "How much?", "price": "What?",
				"available": "Is it?"}}),
		"dish": views.DishPage(plain, sampleDishDetail(0), true, views.Form{}),
		"retired dish": views.DishPage(plain, sampleDishDetail(2), false, views.Form{
			Name: views.FormRestore, Problem: "There is a dish Rice already."}),
		"matrix": views.MatrixPage(plain, sampleDishes(), views.DishFilter{}),
		"sold out": views.DishPage(plain, sampleDishDetail(1), false, views.Form{
			Name:   views.FormSoldOut,
			Errors: map[string]string{"until": "When?", "substitute_id": "Which?"}}),
		"plan": views.MenuPlanPage(plain, samplePlan(), sampleDishes(),
			views.PlanSlot{Day: 2, Meal: hospital.Lunch}, views.Form{}),
		"plan that is refused": views.MenuPlanPage(plain, samplePlan(), nil,
			views.PlanSlot{Date: samplePlan().Today, Meal: hospital.Lunch}, views.Form{
				Name: views.FormEntry, Errors: map[string]string{"day": "When?", "date": "When?",
					"meal": "Which?", "items": "What?"}}),
		"no plan": views.MenuPlanPage(plain, hospital.MenuPlan{Today: samplePlan().Today}, nil,
			views.PlanSlot{}, views.Form{Name: views.FormCycle, Errors: map[string]string{
				"days": "How many?", "starts_on": "When?"}}),
		"forecast":            views.ForecastPage(plain, sampleForecast()),
		"forecast of nothing": views.ForecastPage(plain, hospital.Forecast{Meal: hospital.Snack}),
		"care of who waits": views.CarePage(plain,
			detail(hospital.BoardBed{Admission: sampleAdmission(3)}), sampleWards(), views.Form{}),
		"round with an alarm": views.RoundPage(roundPage(), sampleRound(),
			&views.Alarm{Code: "wrong_bed", Sentence: "Wrong.", Delivery: 2}),
		"past orders": views.PastOrdersPage(kitchenPage(), overdueKitchen(), nil,
			views.Form{}),
		"nothing past": views.PastOrdersPage(kitchenPage(), hospital.KitchenBoard{At: now},
			nil, views.Form{}),
		"kitchen with a past": views.KitchenPage(kitchenPage(), overdueKitchen(), sampleWall()),
		"empty round":         views.RoundPage(roundPage(), hospital.DeliveryBoard{At: now}, nil),
		"handover":            views.HandoverPage(handoverPage(), sampleHandover()),
		"tray tickets":        views.TrayTicketsPage(trayTicketsPage(), sampleTrayTickets("a4")),
		"tickets to print":    views.TrayTicketsPage(trayTicketsPage(), trayTicketChoice()),
		"meal list": views.MealListPage(mealListPage(), sampleMealList(),
			sampleWards()),
		"users": views.UsersPage(plain, sampleUsers(), sampleWards(),
			views.Form{Key: "key"}),
		"user": views.UserPageOf(plain, sampleUsers()[0], sampleWards(),
			&views.Slip{URL: "http://board.example/password/token", Until: now}, views.Form{}),
		"account": views.AccountPageOf(plain, sampleAccount(), true, views.Form{}),
		"choose password": views.ChoosePasswordPage(plain,
			hospital.PasswordLink{User: sampleUsers()[0]}, views.Form{}),
		"invitations": views.InvitationsPage(plain, sampleInvitations(),
			&views.Slip{URL: "http://board.example/join/K7QM4-3XPRT", Code: "K7QM4-3XPRT",
				Until: now}, views.Form{Key: "key"}),
		"code":           views.CodePage(plain, views.Form{}),
		"first":          views.FirstPage(plain, views.Form{}),
		"setup":          views.SetupOverview(sampleMissing())(plain),
		"setup complete": views.SetupOverview(nil)(plain),
		"setup of wards": views.SetupWards(sampleWards(), views.Form{})(plain),
		"setup of meals": views.MealsStep(hospital.SettingsOf(context.Background()), views.Form{})(plain),
		"setup of menu":  views.SetupMenu(3, views.Form{})(plain),
		"join": views.JoinPage(plain, hospital.Invitation{Place: "Paediatrics, PED-05"},
			views.Form{}),
		"problem": views.ProblemPage(plain, 404, "It is gone."),
		"gallery": views.GalleryPage(plain),
		"chosen meanwhile": views.BedChoicePage(plain,
			hospital.BedChoice{Admission: hospital.Admission{ID: 71, PatientName: names[4], BedID: 4,
				BedNumber: "MED-A-04"}, At: now}, views.Form{}),
		"housekeeping with a refusal": views.HousekeepingPage(housekeepingPage(), sampleCleaning(),
			"Bed SURG-03 is being cleaned by alice already."),
		"nothing to clean": views.HousekeepingPage(housekeepingPage(),
			hospital.CleaningBoard{At: now}, ""),
	}
	for name, live := range livePages() {
		pages[name] = live.page
	}
	for _, b := range board.Beds {
		pages["bed "+b.Number] = views.WardPage(p, board,
			views.BedPanel(*p.Viewer, detail(b), views.Form{Key: "k"}))
	}
	return pages
}

func TestIDsOnAPageAreUniqueAndWhatPointsToOneFindsIt(t *testing.T) {
	for name, page := range allPages() {
		ids := map[string]int{}
		var pointers []string
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					ids[a.Val]++
				case "for", "aria-describedby", "aria-labelledby", "list", "form":
					pointers = append(pointers, strings.Fields(a.Val)...)
				case "href", "hx-target:inherited":
					if target, local := strings.CutPrefix(a.Val, "#"); local {
						pointers = append(pointers, target)
					}
				}
			}
		})
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has %d elements with the id %q", name, n, id)
			}
		}
		for _, p := range pointers {
			if ids[p] == 0 {
				t.Errorf("%s points to #%s, which it does not have", name, p)
			}
		}
	}
}

// tellsDiet matches what a page says of a patient's diet, texture or allergies.
func tellsDiet() *regexp.Regexp {
	words := []string{`Allergy: .*`, `Severe allergy: .*`, `Allergies not asked`, `None known`,
		`IDDSI \d .*`, `Nil by mouth( from .*)?`}
	for _, diet := range hospital.Diets {
		words = append(words, regexp.QuoteMeta(text.T(text.With(context.Background(), text.En), "diet."+string(diet))))
	}
	return regexp.MustCompile(`^(` + strings.Join(words, "|") + `)$`)
}

// What tells a diet or an allergy is hatched when it is old. What asks for one, in a form, and what names the field are not.
func TestWhateverTellsADietOrAnAllergyIsMarkedAsVital(t *testing.T) {
	tells, told := tellsDiet(), map[string]int{}
	for name, page := range allPages() {
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			for part := range n.ChildNodes() {
				words := strings.TrimSpace(part.Data)
				if part.Type != html.TextNode || !tells.MatchString(words) || within(part, asksOrNames) {
					continue
				}
				told[name]++
				if !within(part, isVital) {
					t.Errorf("%s says %q where it is never hatched", name, words)
				}
			}
		})
	}
	for _, name := range []string{"gallery", "ward", "kitchen", "round", "home"} {
		if told[name] == 0 {
			t.Errorf("nothing on %s tells a diet, so this proves nothing; it is told on %v", name, told)
		}
	}
}

func asksOrNames(n *html.Node) bool {
	return slices.Contains([]atom.Atom{atom.Form, atom.Summary, atom.Dt, atom.Th, atom.H2, atom.H3, atom.H4}, n.DataAtom)
}

func isVital(n *html.Node) bool {
	return slices.Contains(strings.Fields(attribute(n, "class")), "vital")
}

// within reports whether what holds of an element that a node is in.
func within(n *html.Node, holds func(*html.Node) bool) bool {
	for n = n.Parent; n != nil; n = n.Parent {
		if holds(n) {
			return true
		}
	}
	return false
}

func TestEveryFormNamesWhatItChangesAndWorksWithoutAScript(t *testing.T) {
	for name, page := range allPages() {
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			if n.Data != "form" {
				return
			}
			action, post := attribute(n, "action"), attribute(n, "hx-post")
			if attribute(n, "method") == "get" && strings.HasPrefix(action, "/") && post == "" {
				return // it asks for another part of the page, and changes nothing
			}
			if attribute(n, "method") != "post" || !strings.HasPrefix(action, "/") {
				t.Errorf("%s: the form for %q is not posted to a path", name, action)
			}
			if post != "" && post != action {
				t.Errorf("%s: a form goes to %s with the script and to %s without", name, post, action)
			}
			if strings.HasPrefix(action, "/admissions/") && fieldNamed(n, "bed_id") == nil && fieldNamed(n, "version") == nil {
				t.Errorf("%s: %s does not say on which state it acts", name, action)
			}
			if action == "/admissions" && fieldNamed(n, "idempotency_key") == nil {
				t.Errorf("%s: an admission without an idempotency key can be done twice", name)
			}
		})
	}
}

func fieldNamed(n *html.Node, name string) (found *html.Node) {
	walk([]*html.Node{n}, func(n *html.Node) {
		if attribute(n, "name") == name {
			found = n
		}
	})
	return found
}

func TestAPanelOffersWhatTheRoleMay(t *testing.T) {
	board := sampleBoard()
	offers := func(role hospital.Role, b hospital.BoardBed) string {
		return draw(t, text.En, views.BedPanel(*viewer(role), detail(b), views.Form{}))
	}
	for _, c := range []struct {
		what     string
		has      bool
		role     hospital.Role
		bed      hospital.BoardBed
		contains string
	}{
		{"medical staff may record a death", true, hospital.MedicalStaff, board.Beds[0], `value="deceased"`},
		{"ward management may not record a death", false, hospital.WardManagement, board.Beds[0], `value="deceased"`},
		{"medical staff read the reason for admission", true, hospital.MedicalStaff, board.Beds[0], "Planned surgery"},
		{"ward management may not read the reason for admission", false, hospital.WardManagement, board.Beds[0], "Planned surgery"},
		{"ward management may close a bed", true, hospital.WardManagement, board.Beds[3], `value="closed"`},
		{"medical staff may not close a bed", false, hospital.MedicalStaff, board.Beds[3], `value="closed"`},
		{"medical staff may not reopen a closed bed", false, hospital.MedicalStaff, board.Beds[23], `/status"`},
		{"ward management may reopen a closed bed", true, hospital.WardManagement, board.Beds[23], `/status"`},
		{"an available bed takes patients", true, hospital.MedicalStaff, board.Beds[3],
			`id="form-admit"`},
		{"a bed in cleaning takes nobody", false, hospital.MedicalStaff, board.Beds[8],
			`id="form-admit"`},
		{"an occupied bed takes nobody", false, hospital.MedicalStaff, board.Beds[0], `id="form-admit"`},
	} {
		if got := strings.Contains(offers(c.role, c.bed), c.contains); got != c.has {
			t.Errorf("%s: got %v, want %v", c.what, got, c.has)
		}
	}
}

func TestNobodyIsAdmittedIntoAClosedWard(t *testing.T) {
	d := detail(sampleBoard().Beds[3])
	d.WardOpen = false
	panel := draw(t, text.En, views.BedPanel(*viewer(hospital.Admin), d, views.Form{}))
	if strings.Contains(panel, `action="/admissions`) || !strings.Contains(panel, "takes nobody in") {
		t.Errorf("the panel of a bed in a closed ward offers to fill it:\n%s", panel)
	}
}

func TestARefusedFieldSaysSoToEveryone(t *testing.T) {
	roots := parse(t, draw(t, text.En, views.BedPanel(*viewer(hospital.Admin), detail(sampleBoard().Beds[3]), refusedAdmission())))
	for _, field := range []string{"patient_name", "birth_date"} {
		var control, sentence *html.Node
		walk(roots, func(n *html.Node) {
			switch attribute(n, "id") {
			case "admit-" + field:
				control = n
			case "admit-" + field + "-error":
				sentence = n
			}
		})
		if control == nil || attribute(control, "aria-invalid") != "true" || attribute(control, "aria-describedby") != "admit-"+field+"-error" {
			t.Errorf("the field %s is not marked as wrong", field)
		}
		if sentence == nil || sentence.FirstChild.Data != refusedAdmission().Errors[field] {
			t.Errorf("the field %s does not say what is wrong", field)
		}
	}
	alerts := 0
	walk(roots, func(n *html.Node) {
		if attribute(n, "role") == "alert" {
			alerts++
		}
	})
	if alerts != 1 {
		t.Errorf("the panel has %d alerts, want 1", alerts)
	}
}

func TestARefusedAdmissionKeepsTheChoiceOfAKnownPatient(t *testing.T) {
	form := views.Form{Name: views.FormAdmit, Problem: "No.", Values: map[string][]string{"patient_id": {"8"}}}
	for what, f := range map[string]views.Form{
		"found again": {Name: form.Name, Problem: form.Problem, Values: form.Values, Query: "Uwa", Known: []hospital.Patient{{ID: 8, Name: "Uwase Marie"}}},
		"not found":   form,
	} {
		checked := ""
		walk(parse(t, draw(t, text.En, views.BedPanel(*viewer(hospital.Admin), detail(sampleBoard().Beds[3]), f))), func(n *html.Node) {
			for _, a := range n.Attr {
				if a.Key == "checked" && attribute(n, "name") == "patient_id" {
					checked += attribute(n, "value")
				}
			}
		})
		if checked != "8" {
			t.Errorf("with the patient %s, the choice is %q, want 8", what, checked)
		}
	}
}

func TestAnAllergyThatNobodyAskedForLooksOtherThanNone(t *testing.T) {
	card := func(a hospital.Allergies) string {
		b := sampleBoard().Beds[0]
		admission := *sampleAdmission(0)
		admission.Allergies = a
		b.Admission = &admission
		return draw(t, text.En, views.BedRegion(b).Component)
	}
	unknown, none, some := card(hospital.Allergies{}), card(hospital.Allergies{Known: true}), card(hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk"}})
	if !strings.Contains(unknown, "Allergies not asked") || strings.Contains(none, "llerg") || !strings.Contains(some, "Allergy: milk") {
		t.Errorf("unknown, none and milk are drawn as\n%s\n%s\n%s", unknown, none, some)
	}
}

func TestACardNamesThreeAllergensAndCountsTheRest(t *testing.T) {
	b := sampleBoard().Beds[0]
	admission := *sampleAdmission(0)
	admission.Allergies = hospital.Allergies{Known: true, Allergens: hospital.Allergens}
	b.Admission = &admission
	if got := draw(t, text.En, views.BedRegion(b).Component); !strings.Contains(got, "gluten, crustaceans, eggs, 11 more") {
		t.Errorf("14 allergens are drawn as %s", got)
	}
	panel := draw(t, text.En, views.BedPanel(*viewer(hospital.MedicalStaff), detail(b), views.Form{}))
	for _, a := range hospital.Allergens {
		if !strings.Contains(panel, string(a)) {
			t.Errorf("the panel does not name %s", a)
		}
	}
}

func TestAChangedAdmissionChangesTheCardsVersion(t *testing.T) {
	before := sampleBoard().Beds[0]
	after := before
	admission := *before.Admission
	admission.Version++
	after.Admission = &admission
	versions := []string{}
	for _, b := range []hospital.BoardBed{before, after} {
		for _, c := range []templ.Component{views.BedRegion(b).Component, views.BedPanel(*viewer(hospital.Admin), detail(b), views.Form{})} {
			versions = append(versions, attribute(parse(t, draw(t, text.En, c))[0], "data-version"))
		}
	}
	if versions[0] != versions[1] || versions[2] != versions[3] || versions[0] == versions[2] {
		t.Errorf("card, panel before and after have the versions %v", versions)
	}
}

// parse reads HTML as the contents of a template, where a row may stand by itself, and returns its elements.
func parse(t testing.TB, source string) []*html.Node {
	t.Helper()
	if strings.HasPrefix(source, "<!") {
		doc, err := html.Parse(strings.NewReader(source))
		if err != nil {
			t.Fatal(err)
		}
		return []*html.Node{doc}
	}
	nodes, err := html.ParseFragment(strings.NewReader("<template>"+source+"</template>"), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var roots []*html.Node
	for n := nodes[0].FirstChild; n != nil; n = n.NextSibling {
		if n.Type == html.ElementNode {
			roots = append(roots, n)
		}
	}
	return roots
}

// walk visits every element below and among the nodes.
func walk(nodes []*html.Node, visit func(*html.Node)) {
	for _, n := range nodes {
		if n.Type == html.ElementNode {
			visit(n)
		}
		walk(slices.Collect(n.ChildNodes()), visit)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// overdueKitchen is a kitchen with tickets of yesterday and a round that was missed.
func overdueKitchen() hospital.KitchenBoard {
	b := sampleKitchen()
	b.Past = b.Tickets[:2]
	b.Tickets = b.Tickets[2:]
	b.Missed = []hospital.MissedRound{{Ward: sampleWards()[0], Meal: hospital.Lunch, Patients: 12}}
	return b
}

// TestACardSaysWhatIsAheadAndWhatIsLate, each with a word of its own.
func TestACardSaysWhatIsAheadAndWhatIsLate(t *testing.T) {
	card := func(change func(*hospital.BoardBed)) string {
		bed := sampleBed(sampleWards()[1], 1, hospital.BedOccupied)
		bed.Admission = &hospital.BoardAdmission{AdmissionID: 1, PatientName: "Uwase Marie",
			Allergies: hospital.Allergies{Known: true}, Texture: hospital.RegularTexture,
			Diet: hospital.DietGeneral, BedSince: now}
		change(&bed)
		return draw(t, text.En, views.BedRegion(bed).Component)
	}
	for what, c := range map[string]struct {
		change    func(*hospital.BoardBed)
		has, lack string
	}{
		"nil by mouth tonight": {func(
			b *hospital.BoardBed) {
			b.Admission.NilByMouthFrom = now.Add(time.Hour)
		},
			`class="ahead">Nil by mouth from 15:32`, `class="stop"`},
		"nil by mouth now": {func(b *hospital.BoardBed) { b.Admission.NilByMouth = true },
			`class="stop">Nil by mouth<`, `class="ahead"`},
		"a severe allergy and another": {func(b *hospital.BoardBed) {
			b.Admission.Allergies = hospital.Allergies{Known: true,
				Allergens: []hospital.Allergen{"eggs", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
		}, `class="severe">Severe allergy: peanuts</i><i class="warn">Allergy: eggs<`, "none"},
		"a man in a ward for women": {func(b *hospital.BoardBed) {
			b.Admission.Sex, b.WardSex = "male", hospital.FemaleWard
		}, `class="warn">Ward for women<`, "staffed"},
		"a woman in a ward for men": {func(b *hospital.BoardBed) {
			b.Admission.Sex, b.WardSex = "female", hospital.MaleWard
		}, `class="warn">Ward for men<`, "staffed"},
		"a woman in a ward for women": {func(b *hospital.BoardBed) {
			b.Admission.Sex, b.WardSex = "female", hospital.FemaleWard
		}, "Uwase Marie", `class="warn"`},
		"isolation without a room for it": {func(b *hospital.BoardBed) {
			b.Admission.Isolation = hospital.AirborneIsolation
		}, `class="warn">No isolation room<`, "Ward for"},
		"a patient in a bed without staff": {func(b *hospital.BoardBed) {
			b.Staffed = false
		}, `class="warn">Bed not staffed<`, "Ward for"},
		"an overdue discharge": {func(b *hospital.BoardBed) {
			b.Admission.DischargePlanned, b.Admission.Overdue = true, true
			b.Admission.ExpectedDischarge = now.Add(-time.Hour)
		}, `class="overdue">Overdue 3 Feb 13:32`, "Leaves"},
		"a discharge that is not": {func(b *hospital.BoardBed) {
			b.Admission.DischargePlanned, b.Admission.ExpectedDischarge = true, now.Add(time.Hour)
		}, "Leaves 3 Feb 15:32", "Overdue"},
		"a bed that is dirty for long": {func(b *hospital.BoardBed) {
			b.Admission, b.Status, b.StatusSince, b.Late = nil, hospital.BedCleaning, now, true
		}, `class="late">Late<`, "first"},
		"a bed that is cleaned first": {func(b *hospital.BoardBed) {
			b.Admission, b.Status, b.StatusSince, b.Cleaning.Stat = nil, hospital.BedCleaning, now, true
		}, `class="first">Clean first<`, `class="late"`},
		"a bed that somebody cleans": {func(b *hospital.BoardBed) {
			b.Admission, b.Status = nil, hospital.BedCleaning
			b.Cleaning = hospital.Cleaning{StartedAt: now, By: "alice"}
		}, "alice is cleaning since 3 Feb 14:32", "Dirty"},
	} {
		got := regexp.MustCompile(`\s+(<|$)`).ReplaceAllString(card(c.change), "$1")
		got = regexp.MustCompile(`>\s+`).ReplaceAllString(got, ">")
		if !strings.Contains(got, c.has) || strings.Contains(got, c.lack) {
			t.Errorf("%s should be drawn with %q and without %q: %s", what, c.has, c.lack, got)
		}
	}
}

// TestADurationIsLeftToThePageToCount, since one that the server draws is old as soon as it stands
// there.
func TestADurationIsLeftToThePageToCount(t *testing.T) {
	for name, page := range allPages() {
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			if attribute(n, "class") == "age" && (n.FirstChild != nil || attribute(n, "datetime") == "") {
				t.Errorf("%s draws a duration by itself", name)
			}
		})
	}
}
