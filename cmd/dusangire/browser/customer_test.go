package browser_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// family is a server with a patient who is allergic to peanuts, a customer who orders for them, and a menu.
type family struct {
	*dusangiretest.Server
	board        hospital.WardBoard
	admission    hospital.Admission
	customer     hospital.Actor
	rice, isombe hospital.Dish
}

func mustServeFamily(t testing.TB) *family {
	t.Helper()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	k := &family{Server: s, board: board}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	k.admission, _, err = s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: board.Beds[0].ID,
		Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"peanuts"}}})
	must(err)
	k.customer = k.person(hospital.Customer)
	must(s.Hospital.LinkCustomer(t.Context(), hospital.System, k.customer.UserID,
		k.admission.PatientID))
	k.rice, k.isombe = k.dish("Rice"), k.dish("Isombe", "peanuts")
	return k
}

// person is the login of a role that mustServeWard made, as one who gives commands to the hospital directly.
func (k *family) person(role hospital.Role) hospital.Actor {
	k.T.Helper()
	users, err := k.Hospital.Users(k.T.Context(), hospital.System)
	if err != nil {
		k.T.Fatal(err)
	}
	for _, user := range users {
		if user.Role == role {
			return hospital.Actor{UserID: user.ID, Username: user.Username, Role: role}
		}
	}
	k.T.Fatalf("nobody is %s", role)
	return hospital.Actor{}
}

// dish puts a dish for everyone on the menu, with these allergens.
func (k *family) dish(name string, allergens ...hospital.Allergen) hospital.Dish {
	k.T.Helper()
	dish, err := k.Hospital.AddDish(k.T.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: name}, Meals: hospital.Meals, Station: "hot",
		Allergens: allergens, Diets: hospital.Diets, Textures: []hospital.Texture{0, 1, 2, 3, 4, 5, 6, 7}, Price: 1200, Available: true})
	if err != nil {
		k.T.Fatal(err)
	}
	return dish
}

// address adds an address of the customer's in a new zone.
func (k *family) address(label, zone string, charge int) hospital.Address {
	k.T.Helper()
	added, err := k.Hospital.AddZone(k.T.Context(), hospital.System, hospital.ZoneCommand{Name: zone, Charge: charge})
	if err != nil {
		k.T.Fatal(err)
	}
	a, _, err := k.Hospital.AddAddress(k.T.Context(), k.customer, hospital.AddressCommand{Label: label, FullName: "Ineza Grace", Phone: "0788123456",
		Line1: "KN 5 Rd", City: "Nyarugenge", ZoneID: added.ID})
	if err != nil {
		k.T.Fatal(err)
	}
	return a
}

// step gives a command for an order or a delivery as a program of the role does.
func (k *family) step(role hospital.Role, path string, fields map[string]any) {
	k.T.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	if status, body := k.SignIn(role).Post(path, fields); status >= 300 {
		k.T.Fatalf("POST %s as %s: %d %s", path, role, status, body)
	}
}

// focus gives the keyboard to what css selects.
func (p *screen) focus(css string) {
	p.t.Helper()
	ask[chromedp.Void](p, `document.querySelector(`+strconv.Quote(css)+`).focus()`)
	p.until(css+" to have the focus", focusOn(css))
}

// TestACustomerOrdersAndFollowsTheOrderThroughAllStates: by mouse and keyboard on the menu, then without touching the pages any more.
func TestACustomerOrdersAndFollowsTheOrderThroughAllStates(t *testing.T) {
	t.Parallel()
	k := mustServeFamily(t)
	home := visitor(k.Server)
	home.open("/")
	home.signInByForm(hospital.Customer)
	home.untilLive()
	home.untilSays("#patients", "Uwase Marie")

	home.follow("#patients .button.primary")
	home.untilSays(".dish.refused", "Isombe contains peanuts (allergy)")
	if !ask[bool](home, `document.querySelector(".dish.refused input").disabled`) {
		t.Error("a dish that conflicts can be ticked")
	}
	home.follow(`.meals a[href$="meal=snack"]`)
	home.focus(fmt.Sprintf(`.dish input[value="%d"]`, k.rice.ID))
	home.key(" ")
	home.write("#menu-notes", "Not too hot, please")
	home.follow(".menu-form .primary")
	home.untilLive()
	home.untilSays("#order", "Rice")
	order := home.another()
	order.open(ask[string](home, `location.pathname`))
	order.untilLive()

	home.openLive("/home/")
	told := home.another()
	told.openLive("/notifications/")
	for _, p := range []*screen{home, order, told} {
		p.mark()
	}
	id := ask[int64](home, `Number(document.querySelector("#orders > li").id.replace("order-", ""))`)
	unread := 1
	stands := func(word, title string) {
		t.Helper()
		home.untilSays(fmt.Sprintf("#order-%d .progress [aria-current=step]", id), word)
		order.untilSays("#order .progress [aria-current=step]", word)
		told.untilSays("#inbox > li:first-child", fmt.Sprintf("Order %d %s", id, title))
		told.untilSays("#inbox-head", fmt.Sprintf("Unread: %d", unread))
		home.untilSays("#unread", fmt.Sprintf("Unread: %d", unread))
		unread++
	}
	stands("Pending", "is placed")
	for _, step := range []struct{ command, word, title string }{
		{"confirm", "Confirmed", "is confirmed"}, {"start", "Preparing", "is being prepared"}, {"ready", "Ready", "is ready"},
	} {
		k.step(hospital.KitchenStaff, fmt.Sprintf("/orders/%d/%s", id, step.command), nil)
		stands(step.word, step.title)
	}
	home.until("the link to the delivery", fmt.Sprintf(`document.querySelector("#order-%d a[href^='/deliveries/']")`, id))
	delivery := ask[string](home, fmt.Sprintf(`document.querySelector("#order-%d a[href^='/deliveries/']").getAttribute("href")`, id))
	k.step(hospital.DeliveryStaff, delivery+"claim", nil)
	k.step(hospital.DeliveryStaff, delivery+"depart", nil)
	stands("In transit", "is on its way")
	k.step(hospital.DeliveryStaff, delivery+"deliver", map[string]any{"bed_code": k.board.Beds[0].Number, "received_by": "Uwase Marie"})
	stands("Delivered", "is delivered")
	for _, p := range []*screen{home, order, told} {
		p.wantSamePage()
	}

	told.follow("#inbox-head button")
	told.untilLive()
	told.untilSays("#inbox-head", "Unread: 0")
	home.untilSays("#unread", "Unread: 0")
	home.wantSamePage()
}

// TestAnEditedChargeShowsAtOnceOnTheAddress: the admin edits a zone by form; the customer's pages follow, and what an order will cost.
func TestAnEditedChargeShowsAtOnceOnTheAddress(t *testing.T) {
	t.Parallel()
	k := mustServeFamily(t)
	a := k.address("Home", "Shelter", 500)
	admin, customer := visitorAs(k.Server, hospital.Admin), visitorAs(k.Server, hospital.Customer)
	home := customer.another()
	customer.openLive(fmt.Sprintf("/addresses/%d/", a.ID))
	home.openLive("/home/")
	for _, p := range []*screen{customer, home} {
		p.mark()
	}
	customer.untilSays("#address .charge", "500\u00a0RWF")
	admin.open("/zones/")
	charge := fmt.Sprintf("#zone-%d-charge", a.Zone.ID)
	admin.press(charge)
	ask[bool](admin, `(document.querySelector("`+charge+`").select(), true)`)
	admin.key("1250")
	admin.key(kb.Enter)
	customer.untilSays("#address .charge", "1\u00a0250\u00a0RWF")
	home.untilSays("#addresses", "1\u00a0250\u00a0RWF")
	for _, p := range []*screen{customer, home} {
		p.wantSamePage()
	}
	customer.open(fmt.Sprintf("/addresses/%d/menu/", a.ID))
	customer.press(fmt.Sprintf(`.dish input[value="%d"]`, k.rice.ID))
	customer.press(fmt.Sprintf(`.dish input[value="%d"]`, k.isombe.ID))
	customer.untilSays(".total strong", "Total: 3\u00a0650\u00a0RWF")
	customer.press(fmt.Sprintf(`.dish input[value="%d"]`, k.isombe.ID))
	customer.untilSays(".total strong", "Total: 2\u00a0450\u00a0RWF")
}

// TestADashboardIsToldLoudlyAndCanBeQuieted: what medical staff are told stands over their dashboard, folds away by keyboard, and does
// not come back with the next frame or when the page reconnects.
func TestADashboardIsToldLoudlyAndCanBeQuieted(t *testing.T) {
	t.Parallel()
	k := mustServeFamily(t)
	nurse := visitorAs(k.Server, hospital.MedicalStaff)
	nurse.openLive("/dashboard/medical_staff/")
	nurse.mark()
	fail := func() {
		t.Helper()
		order, _, err := k.Hospital.PlaceOrder(t.Context(), k.customer, hospital.PlaceOrderCommand{AdmissionID: k.admission.ID, Meal: hospital.Snack, Dishes: []int64{k.rice.ID}})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []string{"confirm", "start", "ready"} {
			k.step(hospital.KitchenStaff, fmt.Sprintf("/orders/%d/%s", order.ID, step), nil)
		}
		detail, err := k.Hospital.OrderDetail(t.Context(), k.customer, order.ID)
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/deliveries/%d/", detail.DeliveryID)
		k.step(hospital.DeliveryStaff, path+"claim", nil)
		k.step(hospital.DeliveryStaff, path+"depart", nil)
		k.step(hospital.DeliveryStaff, path+"fail", map[string]any{"reason": "asleep"})
	}
	fail()
	nurse.untilSays("#news > :first-child", "was not handed over")
	nurse.until("the words of how loud it is", says("#news > :first-child b", "Attention"))
	nurse.focus("#news summary")
	nurse.key(kb.Enter)
	const seen = `[...document.querySelectorAll("#news > *")].filter((e) => e.offsetHeight > 0).length`
	nurse.until("the news to be folded away", seen+" === 0")
	fail()
	nurse.until("the next news alone", seen+" === 1")
	nurse.wantSamePage()
}

// customerSights are the pages of a customer who has a patient, an address, orders and something to read, those of the admin who looks after
// zones, and a dashboard on which something has just happened.
func customerSights(t testing.TB, s *dusangiretest.Server) []sight {
	t.Helper()
	k := &family{Server: s}
	k.customer = k.person(hospital.Customer)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	k.admission, _, err = s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: "Uwera Aline", Texture: new(hospital.Texture(7)),
		Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}}})
	must(err)
	must(s.Hospital.LinkCustomer(t.Context(), hospital.System, k.customer.UserID,
		k.admission.PatientID))
	k.rice, k.isombe = k.dish("Dish of the tests"), k.dish("Another dish of the tests", "peanuts")
	home := k.address("KN 5 Rd", "KG 11 Ave", 2000)
	menu := fmt.Sprintf("/admissions/%d/menu/", k.admission.ID)
	for _, order := range []hospital.PlaceOrderCommand{
		{AdmissionID: k.admission.ID, Meal: hospital.Snack, Dishes: []int64{k.rice.ID}},
		{AddressID: home.ID, Meal: hospital.Snack, Dishes: []int64{k.isombe.ID}},
	} {
		placed, _, err := s.Hospital.PlaceOrder(t.Context(), k.customer, order)
		must(err)
		for _, step := range []func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error){
			s.Hospital.ConfirmOrder, s.Hospital.StartOrder, s.Hospital.ReadyOrder,
		} {
			_, err := step(t.Context(), hospital.System, placed.ID, hospital.OrderCommand{})
			must(err)
		}
	}
	unfolded := func(show func(*screen)) func(*screen) {
		return func(p *screen) {
			show(p)
			ask[chromedp.Void](p, `for (const part of document.querySelectorAll("main details")) part.open = true`)
		}
	}
	live := func(path string) func(*screen) { return func(p *screen) { p.openLive(path) } }
	return []sight{
		{"home", hospital.Customer, live("/home/")},
		{"home-of-nobody", hospital.Admin, live("/home/")},
		{"menu-of-a-patient", hospital.Customer, at(menu + "?meal=snack")},
		{"menu-refused", hospital.Customer, func(p *screen) {
			p.foresees("422")
			p.open(menu + "?meal=snack")
			p.follow(".menu-form .primary")
		}},
		{"menu-to-an-address", hospital.Customer, func(p *screen) {
			p.open(fmt.Sprintf("/addresses/%d/menu/", home.ID))
			p.press(".dish:first-child input")
		}},
		{"addresses", hospital.Customer, unfolded(at("/addresses/"))},
		{"address", hospital.Customer, unfolded(live(fmt.Sprintf("/addresses/%d/", home.ID)))},
		{"zones", hospital.Admin, at("/zones/")},
		{"zones-to-read", hospital.Customer, at("/zones/")},
		{"notifications", hospital.Customer, live("/notifications/")},
		{"notifications-of-nobody", hospital.DeliveryStaff, live("/notifications/")},
		{"bed-with-customers", hospital.WardManagement, func(p *screen) {
			p.openLive(fmt.Sprintf("/beds/%d/", k.linked(t)))
			p.unfold("customers")
		}},
	}
}

// linked lets the customer order for somebody in a bed too, and returns the bed.
func (k *family) linked(t testing.TB) (bedID int64) {
	t.Helper()
	for _, b := range demoWard(k.Server, "MED-A").Beds {
		if b.Admission != nil {
			if err := k.Hospital.LinkCustomer(t.Context(), hospital.System, k.customer.UserID, b.Admission.PatientID); err != nil {
				t.Fatal(err)
			}
			return b.ID
		}
	}
	t.Fatal("nobody lies in the ward")
	return 0
}
