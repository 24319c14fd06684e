package hospital_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// service is a fixture with what it takes to bring meals: couriers and customers who can sign in, a
// zone and a dish that suits everyone.
type service struct {
	*fixture
	courier, second    hospital.Actor
	customer, stranger hospital.Actor
	zone               hospital.Zone
	dish               hospital.Dish
}

// onEachService runs test with a fresh service on SQLite and on PostgreSQL.
func onEachService(t *testing.T, test func(t *testing.T, s *service)) {
	t.Helper()
	onEach(t, func(t *testing.T, h *fixture) { test(t, newService(t, h)) })
}

// newService adds to a fixture what it takes to bring meals.
func newService(t testing.TB, h *fixture) *service {
	t.Helper()
	s := &service{fixture: h}
	s.courier, s.second = s.login(t, "jean", hospital.DeliveryStaff), s.login(t, "aline", hospital.DeliveryStaff)
	s.customer, s.stranger = s.login(t, "claudine", hospital.Customer), s.login(t, "stranger", hospital.Customer)
	var err error
	if s.zone, err = s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Shelter", Charge: 500}); err != nil {
		t.Fatal(err)
	}
	var textures []hospital.Texture
	for texture := hospital.Texture(0); texture.Valid(); texture++ {
		textures = append(textures, texture)
	}
	if s.dish, err = s.AddDish(t.Context(), admin, hospital.Dish{Name: hospital.DishName{En: "Rice"}, Meals: hospital.Meals, Station: "hot",
		Diets: hospital.Diets, Textures: textures, Price: 1200, Available: true}); err != nil {
		t.Fatal(err)
	}
	h.heard.take()
	return s
}

// login adds someone who can sign in, behind the hospital's back, since hashing a password takes
// its time.
func (h *fixture) login(t testing.TB, name string, role hospital.Role) hospital.Actor {
	t.Helper()
	h.exec(t, `INSERT INTO app_user (username, role, password_hash, created_at) VALUES ($1, $2, '', $3)`, name, role, h.clock.Now().UnixMilli())
	id := h.number(t, `SELECT id FROM app_user WHERE username = $1`, name)
	return hospital.Actor{UserID: int64(id), Username: name, Role: role, RequestID: "r-" + name}
}

// patient admits someone without allergies; an empty number means without a bed.
func (s *service) patient(t testing.TB, name hospital.PatientName, number string) hospital.Admission {
	t.Helper()
	cmd := hospital.AdmitCommand{PatientName: name, Allergies: hospital.Allergies{Known: true},
		BirthDate:  time.Date(1990, 1, 2, 0, 0, 0, 0, time.UTC),
		ConfirmNew: true}
	if number != "" {
		cmd.BedID = s.bed(t, number).ID
	}
	a, _, err := s.Admit(t.Context(), nurse, cmd)
	if err != nil {
		t.Fatalf("admit into %q: %v", number, err)
	}
	return a
}

// link lets the customer order for a patient.
func (s *service) link(t testing.TB, customer hospital.Actor, a hospital.Admission) {
	t.Helper()
	if err := s.LinkCustomer(t.Context(), manager, customer.UserID, a.PatientID); err != nil {
		t.Fatal(err)
	}
}

// orderFor orders the dish for a patient.
func (s *service) orderFor(t testing.TB, actor hospital.Actor, a hospital.Admission, meal hospital.Meal) hospital.Order {
	t.Helper()
	o, _, err := s.PlaceOrder(t.Context(), actor, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: meal, Dishes: []int64{s.dish.ID}})
	if err != nil {
		t.Fatalf("order for admission %d: %v", a.ID, err)
	}
	return o
}

// confirm lets the cook accept an order.
func (s *service) confirm(t testing.TB, o hospital.Order) hospital.Order {
	t.Helper()
	o, err := s.ConfirmOrder(t.Context(), cook, o.ID, hospital.OrderCommand{})
	if err != nil {
		t.Fatalf("confirm an order: %v", err)
	}
	return o
}

// cooked takes an order to ready, from pending or confirmed, and returns its delivery.
func (s *service) cooked(t testing.TB, o hospital.Order) hospital.Delivery {
	t.Helper()
	if o.Status == hospital.OrderPending {
		o = s.confirm(t, o)
	}
	for _, step := range []func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error){s.StartOrder, s.ReadyOrder} {
		if _, err := step(t.Context(), cook, o.ID, hospital.OrderCommand{}); err != nil {
			t.Fatalf("cook order %d: %v", o.ID, err)
		}
	}
	return s.deliveryOf(t, o)
}

// deliveryOf reads the newest delivery of an order.
func (s *service) deliveryOf(t testing.TB, o hospital.Order) hospital.Delivery {
	t.Helper()
	return s.delivery(t, int64(s.number(t, `SELECT max(id) FROM delivery WHERE order_id = $1`, o.ID)))
}

// delivery reads a delivery as the admin.
func (s *service) delivery(t testing.TB, id int64) hospital.Delivery {
	t.Helper()
	watch, err := s.Delivery(t.Context(), admin, id)
	if err != nil {
		t.Fatal(err)
	}
	return watch.Delivery
}

// order reads an order as the nurse.
func (s *service) order(t testing.TB, id int64) hospital.Order {
	t.Helper()
	o, err := s.Order(t.Context(), nurse, id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// tray is a lunch that stands ready for a patient in a bed.
func (s *service) tray(t testing.TB, number string) (hospital.Admission, hospital.Delivery) {
	t.Helper()
	a := s.patient(t, "Uwase Marie", number)
	return a, s.cooked(t, s.orderFor(t, nurse, a, hospital.Lunch))
}

// claim claims a delivery.
func (s *service) claim(t testing.TB, actor hospital.Actor, id int64) hospital.Delivery {
	t.Helper()
	d, err := s.ClaimDelivery(t.Context(), actor, id, hospital.CourierCommand{})
	if err != nil {
		t.Fatalf("claim delivery %d: %v", id, err)
	}
	return d
}

// depart claims a delivery and sets off.
func (s *service) depart(t testing.TB, actor hospital.Actor, id int64) hospital.Delivery {
	t.Helper()
	s.claim(t, actor, id)
	d, err := s.DepartDelivery(t.Context(), actor, id, hospital.CourierCommand{})
	if err != nil {
		t.Fatalf("depart with delivery %d: %v", id, err)
	}
	return d
}

// handOver delivers.
func (s *service) handOver(t testing.TB, actor hospital.Actor, id int64, code string) hospital.Delivery {
	t.Helper()
	d, err := s.Deliver(t.Context(), actor, id, hospital.DeliverCommand{BedCode: code})
	if err != nil {
		t.Fatalf("deliver %d: %v", id, err)
	}
	return d
}

// addressOf gives a customer an address.
func (s *service) addressOf(t testing.TB, customer hospital.Actor, label string) hospital.Address {
	t.Helper()
	a, _, err := s.AddAddress(t.Context(), customer, s.fields(label))
	if err != nil {
		t.Fatalf("add an address: %v", err)
	}
	return a
}

// fields are those of an address that is in order.
func (s *service) fields(label string) hospital.AddressCommand {
	return hospital.AddressCommand{Label: label, FullName: "Claudine Uwera", Phone: "0788 123 456", Line1: "KG 7 Ave 12", City: "Kigali", ZoneID: s.zone.ID}
}

// parcel is a snack that stands ready for an address of the customer's.
func (s *service) parcel(t testing.TB) (hospital.Order, hospital.Delivery) {
	t.Helper()
	address := s.addressOf(t, s.customer, "Home")
	o, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AddressID: address.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
	if err != nil {
		t.Fatal(err)
	}
	return o, s.cooked(t, o)
}

// code is the delivery code as its customer sees it.
func (s *service) code(t testing.TB, customer hospital.Actor, id int64) string {
	t.Helper()
	watch, err := s.Delivery(t.Context(), customer, id)
	if err != nil {
		t.Fatal(err)
	}
	return watch.Code
}

// inbox reads someone's notifications.
func (s *service) inbox(t testing.TB, actor hospital.Actor) hospital.Inbox {
	t.Helper()
	inbox, err := s.Inbox(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return inbox
}

// told are the codes of someone's notifications, oldest first.
func (s *service) told(t testing.TB, actor hospital.Actor) []string {
	t.Helper()
	var codes []string
	for _, n := range s.inbox(t, actor).Notifications {
		codes = append(codes, n.Code)
	}
	slices.Reverse(codes)
	return codes
}

// home reads a customer's page.
func (s *service) home(t testing.TB, customer hospital.Actor) hospital.CustomerHome {
	t.Helper()
	home, err := s.CustomerHome(t.Context(), customer)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// round reads a courier's board.
func (s *service) round(t testing.TB, actor hospital.Actor) hospital.DeliveryBoard {
	t.Helper()
	board, err := s.DeliveryBoard(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// moved runs a command that must be taken and returns the topics that it moved, sorted.
func (h *fixture) moved(t testing.TB, command func() error) []string {
	t.Helper()
	h.heard.take()
	if err := command(); err != nil {
		t.Fatalf("a command: %v", err)
	}
	return h.topics()
}

// topics lists what was announced since it was last asked, sorted.
func (h *fixture) topics() []string {
	topics := map[string]bool{}
	for _, revisions := range h.heard.take() {
		for topic := range revisions.Topics {
			topics[string(topic)] = true
		}
	}
	return slices.Sorted(maps.Keys(topics))
}

// moves checks which topics moved; wanted are separated by spaces, in any order.
func (h *fixture) moves(t testing.TB, wanted string, command func() error) {
	t.Helper()
	if got, want := h.moved(t, command), slices.Sorted(slices.Values(strings.Fields(wanted))); !slices.Equal(got, want) {
		t.Errorf("moved %v, want %v", got, want)
	}
}

// topicsOf fills a list of topics with ids.
func topicsOf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
