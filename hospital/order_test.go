package hospital_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// add puts a dish that suits everyone on the menu, after a change.
func (s *service) add(t testing.TB, name string, change func(d *hospital.Dish)) hospital.Dish {
	t.Helper()
	dish := plain(0)
	dish.Name, dish.Meals, dish.Station, dish.Price, dish.Available = hospital.DishName{En: name}, hospital.Meals, "hot", 800, true
	if change != nil {
		change(&dish)
	}
	added, err := s.AddDish(t.Context(), cook, dish)
	if err != nil {
		t.Fatalf("add %s: %v", name, err)
	}
	return added
}

// with makes a dish contain allergens.
func with(allergens ...hospital.Allergen) func(*hospital.Dish) {
	return func(d *hospital.Dish) { d.Allergens = allergens }
}

// diet changes what a patient may eat.
func (s *service) diet(t testing.TB, a hospital.Admission, to hospital.DietCommand) hospital.Admission {
	t.Helper()
	changed, err := s.SetDiet(t.Context(), nurse, a.ID, to)
	if err != nil {
		t.Fatalf("change the diet of admission %d: %v", a.ID, err)
	}
	return changed
}

// allergic is the change that a patient is allergic to these; none is having asked, and that what
// was on record was wrong.
func allergic(allergens ...hospital.Allergen) hospital.DietCommand {
	return hospital.DietCommand{Allergies: &hospital.Allergies{Known: true, Allergens: allergens},
		Reason: "tested"}
}

// fasting is the change that a patient must not eat from one moment until another; zero is no
// moment.
func fasting(from, until time.Time) hospital.DietCommand {
	return hospital.DietCommand{NilByMouth: &hospital.Window{From: from, Until: until}}
}

// place orders a snack of some dishes for a patient as the nurse.
func (s *service) place(t testing.TB, a hospital.Admission, reason string, dishes ...hospital.Dish) (hospital.Order, error) {
	t.Helper()
	cmd := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, OverrideReason: reason}
	for _, dish := range dishes {
		cmd.Dishes = append(cmd.Dishes, dish.ID)
	}
	o, _, err := s.PlaceOrder(t.Context(), nurse, cmd)
	return o, err
}

// must is for commands that must be taken.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(result T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

// bringTo places an order of the plain dish and takes it to any status, as people would. A held one
// has nothing against it any more.
func (s *service) bringTo(t testing.TB, a hospital.Admission, status hospital.OrderStatus) hospital.Order {
	t.Helper()
	ctx, ok := t.Context(), must[hospital.Order](t)
	o := ok(s.place(t, a, "", s.dish))
	if status == hospital.OrderPending {
		return o
	}
	if status == hospital.OrderCancelled {
		return ok(s.CancelOrder(ctx, nurse, o.ID, hospital.OrderCommand{}))
	}
	o = ok(s.ConfirmOrder(ctx, cook, o.ID, hospital.OrderCommand{}))
	if status == hospital.OrderConfirmed {
		return o
	}
	if status == hospital.OrderHeld {
		s.diet(t, a, fasting(s.clock.Now(), time.Time{}))
		s.diet(t, a, fasting(time.Time{}, time.Time{}))
		return s.order(t, o.ID)
	}
	o = ok(s.StartOrder(ctx, cook, o.ID, hospital.OrderCommand{}))
	if status == hospital.OrderPreparing {
		return o
	}
	o = ok(s.ReadyOrder(ctx, cook, o.ID, hospital.OrderCommand{}))
	if status == hospital.OrderReady {
		return o
	}
	d := s.depart(t, s.courier, s.deliveryOf(t, o).ID)
	switch status {
	case hospital.OrderDelivered:
		s.handOver(t, s.courier, d.ID, d.BedNumber)
	case hospital.OrderUndelivered:
		must[hospital.Delivery](t)(s.FailDelivery(ctx, s.courier, d.ID, "asleep", hospital.CourierCommand{}))
	}
	return s.order(t, o.ID)
}

// steps are the commands that take an order from one status to another.
func (s *service) steps(t testing.TB, actor hospital.Actor, o hospital.Order, step hospital.OrderCommand) map[string]func() error {
	command := func(do func(h *hospital.Hospital) (hospital.Order, error)) func() error {
		return func() error {
			_, err := do(s.Hospital)
			return err
		}
	}
	ctx := t.Context()
	return map[string]func() error{
		"confirm": command(func(h *hospital.Hospital) (hospital.Order, error) { return h.ConfirmOrder(ctx, actor, o.ID, step) }),
		"start":   command(func(h *hospital.Hospital) (hospital.Order, error) { return h.StartOrder(ctx, actor, o.ID, step) }),
		"ready":   command(func(h *hospital.Hospital) (hospital.Order, error) { return h.ReadyOrder(ctx, actor, o.ID, step) }),
		"recall":  command(func(h *hospital.Hospital) (hospital.Order, error) { return h.RecallOrder(ctx, actor, o.ID, step) }),
		"cancel":  command(func(h *hospital.Hospital) (hospital.Order, error) { return h.CancelOrder(ctx, actor, o.ID, step) }),
	}
}

func TestAnOrderTakesExactlyTheStepsOfTheTable(t *testing.T) {
	const no, closed, recall = "order_step", "order_closed", "order_recall"
	table := map[hospital.OrderStatus]map[string]string{
		hospital.OrderPending:     {"confirm": "confirmed", "start": no, "ready": no, "recall": recall, "cancel": "cancelled"},
		hospital.OrderConfirmed:   {"confirm": no, "start": "preparing", "ready": no, "recall": "pending", "cancel": "cancelled"},
		hospital.OrderPreparing:   {"confirm": no, "start": no, "ready": "ready", "recall": "confirmed", "cancel": "cancelled"},
		hospital.OrderReady:       {"confirm": no, "start": no, "ready": no, "recall": "preparing", "cancel": "cancelled"},
		hospital.OrderHeld:        {"confirm": "confirmed", "start": no, "ready": no, "recall": recall, "cancel": "cancelled"},
		hospital.OrderInTransit:   {"confirm": closed, "start": closed, "ready": closed, "recall": recall, "cancel": closed},
		hospital.OrderDelivered:   {"confirm": closed, "start": closed, "ready": closed, "recall": recall, "cancel": closed},
		hospital.OrderCancelled:   {"confirm": closed, "start": closed, "ready": closed, "recall": recall, "cancel": closed},
		hospital.OrderUndelivered: {"confirm": closed, "start": closed, "ready": closed, "recall": recall, "cancel": closed},
	}
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		for status, want := range table {
			for _, name := range slices.Sorted(maps.Keys(want)) {
				o := s.bringTo(t, a, status)
				if o.Status != status {
					t.Fatalf("the order was brought to %s, want %s", o.Status, status)
				}
				command := s.steps(t, cook, o, hospital.OrderCommand{Reason: "for the test", Version: o.Version})[name]
				if slices.Contains([]string{no, closed, recall}, want[name]) {
					refusal := s.refuses(t, hospital.Conflict, want[name], command)
					if !reflect.DeepEqual(refusal.Current, o) {
						t.Errorf("%s of a %s one shows %+v, want %+v", name, status, refusal.Current, o)
					}
				} else {
					s.takes(t, o, command, hospital.OrderStatus(want[name]))
				}
				s.end(t, o.ID)
			}
		}
	})
}

// takes gives a command that must take an order to a status, and checks what is kept of it.
func (s *service) takes(t testing.TB, o hospital.Order, command func() error, to hospital.OrderStatus) {
	t.Helper()
	s.clock.pass(time.Minute)
	lines := s.auditLines(t)
	if err := command(); err != nil {
		t.Errorf("from %s to %s: %v", o.Status, to, err)
		return
	}
	after := s.order(t, o.ID)
	if after.Status != to || after.StatusSince != s.clock.Now() || after.Version <= o.Version {
		t.Errorf("from %s it came to %s since %v, version %d after %d; want %s", o.Status, after.Status, after.StatusSince, after.Version, o.Version, to)
	}
	line := fmt.Sprintf("order.status %s>%s", o.Status, to)
	if got := s.audited(t, lines); !slices.Contains(got, line) {
		t.Errorf("the audit says %v, want %q", got, line)
	}
	if begun := to == hospital.OrderPreparing || to == hospital.OrderReady; to != hospital.OrderCancelled && after.Begun != begun {
		t.Errorf("from %s to %s: begun is %t", o.Status, to, after.Begun)
	}
}

// end ends an order that is still open, so that it is in no other one's way.
func (s *service) end(t testing.TB, id int64) {
	t.Helper()
	o := s.order(t, id)
	switch {
	case o.Status == hospital.OrderInTransit:
		must[hospital.Delivery](t)(s.FailDelivery(t.Context(), s.courier, s.deliveryOf(t, o).ID,
			"asleep", hospital.CourierCommand{}))
	case !o.Status.Ended():
		must[hospital.Order](t)(s.CancelOrder(t.Context(), cook, id, hospital.OrderCommand{Reason: "for the test"}))
	}
}

func TestAnOrderKeepsWhatWasSaid(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		tea := s.add(t, "Tea", with("milk"))
		placed, replayed, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch,
			Dishes: []int64{tea.ID, s.dish.ID, tea.ID}, Notes: "  no sugar\nplease "})
		if err != nil || replayed {
			t.Fatalf("got replayed %t and error %v", replayed, err)
		}
		day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		want := hospital.Order{ID: placed.ID, AdmissionID: a.ID, Meal: hospital.Lunch, ServiceDate: day, Due: day.Add(10*time.Hour + 30*time.Minute),
			Dishes: []hospital.Dish{tea, s.dish, tea}, Notes: "no sugar\nplease", Status: hospital.OrderPending, PlacedBy: nurse.UserID,
			PlacedAt: morning, StatusSince: morning, Version: 1, Parts: hospital.Parts{{Station: "hot"}}}
		if got := s.order(t, placed.ID); !reflect.DeepEqual(got, placed) {
			t.Errorf("the command returned %+v\nand %+v is read", placed, got)
		}
		if got, want := fmt.Sprintf("%+v", placed), fmt.Sprintf("%+v", want); !strings.HasPrefix(got, want[:strings.Index(want, " patientID")]) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func TestAnOrderWaitsForALookAndSaysWhetherItIsLate(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour-2, minute, 0, 0, time.UTC) } // in Kigali
	tests := map[string]struct {
		meal hospital.Meal
		now  time.Time
		due  time.Time
		late bool
		days int // from today, of the day that it is of
	}{
		"at the cut-off of lunch":         {hospital.Lunch, at(11, 0), at(12, 30), false, 0},
		"after the cut-off of lunch":      {hospital.Lunch, at(11, 0).Add(time.Millisecond), at(12, 30), true, 0},
		"after lunch was served":          {hospital.Lunch, at(13, 0), at(14, 0), true, 0},
		"two hours after lunch":           {hospital.Lunch, at(14, 30), at(15, 30), true, 0},
		"too long after lunch":            {hospital.Lunch, at(14, 31), at(12, 30).AddDate(0, 0, 1), false, 1},
		"after the cut-off of breakfast":  {hospital.Breakfast, at(6, 16), at(7, 0), true, 0},
		"breakfast in the evening before": {hospital.Breakfast, at(20, 0), at(7, 0).AddDate(0, 0, 1), false, 1},
		"in the first hour of the day":    {hospital.Breakfast, at(0, 30), at(7, 0), false, 0},
		"dinner in the morning":           {hospital.Dinner, at(8, 0), at(18, 30), false, 0},
		"a snack":                         {hospital.Snack, at(23, 30), at(24, 30), false, 0},
		"a supplement":                    {hospital.Supplement, at(3, 0), at(4, 0), false, 0},
	}
	onEachService(t, func(t *testing.T, s *service) {
		for name, test := range tests {
			a := s.patient(t, "Uwase Marie", "")
			s.clock.pass(test.now.Sub(s.clock.Now()))
			o := s.orderFor(t, nurse, a, test.meal)
			if !o.Due.Equal(test.due) || o.Late != test.late || o.Status != hospital.OrderPending {
				t.Errorf("%s: it is due %v, late %t and %s; want %v, %t and pending", name, o.Due, o.Late, o.Status, test.due, test.late)
			}
			if o.ServiceDate != today.AddDate(0, 0, test.days) {
				t.Errorf("%s: it is of %v", name, o.ServiceDate)
			}
		}
	})
}

func TestAnOrderNamesEveryWrongFieldAtOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		gone := s.add(t, "Fish", func(d *hospital.Dish) { d.Available = false })
		porridge := s.add(t, "Porridge", func(d *hospital.Dish) { d.Meals = []hospital.Meal{hospital.Breakfast} })
		many := make([]int64, hospital.MostDishes+1)
		for i := range many {
			many[i] = s.dish.ID
		}
		for name, test := range map[string]struct {
			cmd  hospital.PlaceOrderCommand
			want map[string]string
		}{
			"nothing": {hospital.PlaceOrderCommand{}, map[string]string{"admission_id": "order_for", "meal": "unknown_choice", "items": "required"}},
			"both": {hospital.PlaceOrderCommand{AdmissionID: a.ID, AddressID: 1, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}},
				map[string]string{"admission_id": "order_for"}},
			"unknown dish": {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID, 4711}}, map[string]string{"items": "dish_unknown"}},
			"none left":    {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{gone.ID}}, map[string]string{"items": "dish_unavailable"}},
			"other meal":   {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{porridge.ID}}, map[string]string{"items": "dish_meal"}},
			"too many":     {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: many}, map[string]string{"items": "too_many_dishes"}},
			"texts": {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: "brunch", Dishes: []int64{s.dish.ID}, Notes: strings.Repeat("n", hospital.LongestReason+1), OverrideReason: "because"},
				map[string]string{"meal": "unknown_choice", "notes": "too_long", "override_reason": "too_short"}},
			"long reason": {hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}, OverrideReason: strings.Repeat("r", hospital.LongestReason+1)},
				map[string]string{"override_reason": "too_long"}},
			"unknown admission": {hospital.PlaceOrderCommand{AdmissionID: 4711, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}}, map[string]string{"admission_id": "stay_unknown"}},
			"unknown address":   {hospital.PlaceOrderCommand{AddressID: 4711, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}}, map[string]string{"address_id": "address_unknown"}},
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, _, err := s.PlaceOrder(t.Context(), nurse, test.cmd)
				return err
			})
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
	})
}

func TestAnOrderWithAHazardIsRefusedWithTheReasonsInWords(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		isombe := s.add(t, "Isombe", with("peanuts", "fish"))
		s.diet(t, a, hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"fish", "peanuts"}, Severe: []hospital.Allergen{"fish"}}})
		refusal := s.refuses(t, hospital.Conflict, "hazards", func() error {
			_, err := s.place(t, a, "The patient insists on it", s.dish, isombe)
			return err
		})
		if want := "This must not go to the patient: Isombe contains fish (severe allergy); Isombe contains peanuts (allergy). Choose something else, or have the diet order changed."; refusal.Message != want {
			t.Errorf("got %q, want %q", refusal.Message, want)
		}
		hazards, ok := refusal.Current.([]hospital.Hazard)
		if want := fmt.Sprintf("allergen %d fish severe; allergen %d peanuts", isombe.ID, isombe.ID); !ok || kinds(hazards) != want {
			t.Errorf("the refusal shows %+v, want %s", refusal.Current, want)
		}
		if len(hazards) > 0 && hazards[0].DishName.En != "Isombe" {
			t.Errorf("the hazard is in %+v", hazards[0].DishName)
		}
	})
}

func TestMedicalStaffOverrideWithAReasonThatIsKeptAndAudited(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		tea := s.add(t, "Tea", with("milk"))
		s.diet(t, a, allergic("milk"))
		s.link(t, s.customer, a)
		const reason = "Tolerates boiled milk"
		s.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{tea.ID}, OverrideReason: reason})
			return err
		})
		o := must[hospital.Order](t)(s.place(t, a, " "+reason, tea))
		if o.Status != hospital.OrderPending || o.OverrideReason != reason || o.OverriddenBy != "nurse" || kinds(o.Overridden) != fmt.Sprintf("allergen %d milk", tea.ID) {
			t.Errorf("got %+v", o)
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'order.override' AND entity_id = $1 AND patient_id = $2 AND reason = $3 AND to_state = 'allergen'`, o.ID, a.PatientID, reason); n != 1 {
			t.Errorf("the audit tells of %d overrides, want 1", n)
		}
		if d := s.cooked(t, o); d.Status != hospital.DeliveryUnassigned {
			t.Errorf("its delivery is %+v", d)
		}
		if o := must[hospital.Order](t)(s.place(t, a, reason, s.dish)); o.OverrideReason != "" || o.Status != hospital.OrderPending {
			t.Errorf("with nothing to override it became %+v", o)
		}
	})
}

func TestAnOverrideCoversExactlyWhatItWasGivenFor(t *testing.T) {
	tests := map[string]struct {
		change func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish)
		held   string
	}{
		"nothing changes": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			s.diet(t, a, allergic("milk", "fish"))
		}, ""},
		"another allergen": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			s.diet(t, a, allergic("milk", "soya"))
		}, "allergen %d soya"},
		"it turns out severe": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			s.diet(t, a, hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"milk"}, Severe: []hospital.Allergen{"milk"}}})
		}, "allergen %d milk severe"},
		"another diet": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			renal := hospital.DietRenal
			s.diet(t, a, hospital.DietCommand{Diet: &renal})
		}, "diet %d renal"},
		"back to the diet it was given for": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			ulcer, cardiac := hospital.DietUlcer, hospital.DietCardiac
			s.diet(t, a, hospital.DietCommand{Diet: &ulcer})
			s.diet(t, a, hospital.DietCommand{Diet: &cardiac})
		}, ""},
		"the dish is renamed": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			tea.Name.En = "Chai"
			must[hospital.Dish](t)(s.SetDish(t.Context(), cook, tea))
		}, ""},
		"a recipe gains an allergen": {func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) {
			tea.Allergens = append(tea.Allergens, "eggs")
			s.diet(t, a, allergic("milk", "eggs"))
			must[hospital.Dish](t)(s.SetDish(t.Context(), cook, tea))
		}, "allergen %d eggs"},
	}
	onEachService(t, func(t *testing.T, s *service) {
		for name, test := range tests {
			a := s.patient(t, "Uwase Marie", "")
			cardiac := hospital.DietCardiac
			to := allergic("milk")
			to.Diet = &cardiac
			s.diet(t, a, to)
			tea := s.add(t, "Tea when "+name, func(d *hospital.Dish) {
				d.Allergens, d.Diets = []hospital.Allergen{"milk", "soya"}, []hospital.Diet{hospital.DietGeneral, hospital.DietUlcer}
			})
			o := must[hospital.Order](t)(s.place(t, a, "Asked for by the family", tea))
			test.change(s, t, a, tea)
			got, want := s.order(t, o.ID), ""
			if test.held != "" {
				want = fmt.Sprintf(test.held, tea.ID)
			}
			if kinds(got.HeldFor) != want || (got.Status == hospital.OrderHeld) != (want != "") {
				t.Errorf("%s: it is %s for %q, want it held for %q", name, got.Status, kinds(got.HeldFor), want)
			}
		}
	})
}

func TestASecondOrderForTheSameMainMealIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, b := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "A-02")
		first := s.orderFor(t, nurse, a, hospital.Lunch)
		again := func() error {
			_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
			return err
		}
		refusal := s.refuses(t, hospital.Conflict, "meal_twice", again)
		if !reflect.DeepEqual(refusal.Current, first) {
			t.Errorf("the refusal shows %+v, want %+v", refusal.Current, first)
		}
		s.orderFor(t, nurse, b, hospital.Lunch)
		s.orderFor(t, nurse, a, hospital.Dinner)
		s.orderFor(t, nurse, a, hospital.Snack)
		s.orderFor(t, nurse, a, hospital.Snack)
		must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, first.ID, hospital.OrderCommand{}))
		if err := again(); err != nil {
			t.Errorf("after the first was cancelled: %v", err)
		}
		s.clock.pass(24 * time.Hour)
		if err := again(); err != nil {
			t.Errorf("the next day: %v", err)
		}
		if _, err := s.raw.ExecContext(t.Context(), `UPDATE meal_order SET status = 'pending', ended_at = NULL WHERE id = $1`, first.ID); err == nil {
			t.Error("the database took a second lunch")
		}
	})
}

func TestAnOrderUnderAnIdempotencyKeyIsPlacedOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		cmd := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}, IdempotencyKey: "k"}
		first, replayed, err := s.PlaceOrder(t.Context(), nurse, cmd)
		if err != nil || replayed {
			t.Fatalf("got replayed %t and error %v", replayed, err)
		}
		before := s.contents(t)
		again, replayed, err := s.PlaceOrder(t.Context(), nurse, cmd)
		if err != nil || !replayed || !reflect.DeepEqual(again, first) || s.contents(t) != before {
			t.Errorf("the second time gave %+v, replayed %t, error %v", again, replayed, err)
		}
		cmd.Notes = "and now this"
		refused(t, func() error { _, _, err := s.PlaceOrder(t.Context(), nurse, cmd); return err }(), hospital.Invalid, "idempotency_key_reused")
	})
}

func TestACustomerOrdersForTheirOwnPatientAndAddressOnly(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		mine, other := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "A-02")
		s.link(t, s.customer, mine)
		home, theirs := s.addressOf(t, s.customer, "Home"), s.addressOf(t, s.stranger, "Home")
		place := func(actor hospital.Actor, cmd hospital.PlaceOrderCommand) func() error {
			cmd.Meal, cmd.Dishes = hospital.Snack, []int64{s.dish.ID, s.dish.ID}
			return func() error { _, _, err := s.PlaceOrder(t.Context(), actor, cmd); return err }
		}
		for name, id := range map[string]int64{"somebody else's": other.ID, "nobody's": 4711} {
			t.Log(name)
			s.refuses(t, hospital.Forbidden, "not_your_patient", place(s.customer, hospital.PlaceOrderCommand{AdmissionID: id}))
			s.refuses(t, hospital.NotFound, "stay_unknown", func() error {
				_, err := s.MenuFor(t.Context(), s.customer, id, hospital.Snack)
				return err
			})
		}
		s.refuses(t, hospital.Invalid, "fields", place(s.customer, hospital.PlaceOrderCommand{AddressID: theirs.ID}))
		for _, actor := range []hospital.Actor{cook, s.courier} {
			s.refuses(t, hospital.Forbidden, "forbidden", place(actor, hospital.PlaceOrderCommand{AdmissionID: mine.ID}))
		}
		if err := place(s.customer, hospital.PlaceOrderCommand{AdmissionID: mine.ID})(); err != nil {
			t.Errorf("for the own patient: %v", err)
		}
		if err := place(s.customer, hospital.PlaceOrderCommand{AddressID: home.ID})(); err != nil {
			t.Errorf("for the own address: %v", err)
		}
		if free, paid := s.number(t, `SELECT max(price) FROM meal_order WHERE admission_id IS NOT NULL`), s.number(t, `SELECT max(price) FROM meal_order WHERE address_id = $1`, home.ID); free != 0 || paid != 2*1200+500 {
			t.Errorf("they cost %d and %d, want 0 and %d", free, paid, 2*1200+500)
		}
	})
}

func TestWhoSeesAnOrder(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		s.link(t, s.customer, a)
		for _, actor := range []hospital.Actor{nurse, manager, admin, cook, s.courier, s.customer} {
			if got, err := s.Order(t.Context(), actor, o.ID); err != nil || got.ID != o.ID {
				t.Errorf("%s gets %+v and error %v", actor.Role, got, err)
			}
		}
		_, err := s.Order(t.Context(), s.stranger, o.ID)
		refused(t, err, hospital.NotFound, "order_unknown")
		_, err = s.Order(t.Context(), hospital.Actor{UserID: 9}, o.ID)
		refused(t, err, hospital.Forbidden, "forbidden")
		_, err = s.Order(t.Context(), nurse, 4711)
		refused(t, err, hospital.NotFound, "order_unknown")
	})
}

func TestWhoMayTakeAnOrderAStepFurther(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		may := map[string][]hospital.Role{
			"confirm": {hospital.MedicalStaff, hospital.KitchenStaff, hospital.Admin},
			"start":   {hospital.KitchenStaff, hospital.Admin},
			"ready":   {hospital.KitchenStaff, hospital.Admin},
			"recall":  {hospital.KitchenStaff, hospital.Admin},
			"cancel":  {hospital.MedicalStaff, hospital.KitchenStaff, hospital.Admin},
		}
		from := map[string]hospital.OrderStatus{"confirm": hospital.OrderPending, "start": hospital.OrderConfirmed, "ready": hospital.OrderPreparing,
			"recall": hospital.OrderReady, "cancel": hospital.OrderPreparing}
		for name, roles := range may {
			for _, actor := range []hospital.Actor{nurse, manager, cook, s.courier, s.customer, admin} {
				o := s.bringTo(t, a, from[name])
				command := s.steps(t, actor, o, hospital.OrderCommand{Reason: "for the test"})[name]
				if !slices.Contains(roles, actor.Role) {
					s.refuses(t, hospital.Forbidden, "forbidden", command)
				} else if err := command(); err != nil {
					t.Errorf("%s as %s: %v", name, actor.Role, err)
				}
			}
			kind, code := hospital.Forbidden, "forbidden"
			if name == "cancel" { // a customer may cancel, and learns of no other order
				kind, code = hospital.NotFound, "order_unknown"
			}
			s.refuses(t, kind, code, s.steps(t, s.stranger, s.bringTo(t, a, from[name]), hospital.OrderCommand{})[name])
		}
	})
}

func TestWhoeverPlacedAnOrderMayCancelItUntilItIsBeingPrepared(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		cancel := func(actor hospital.Actor, o hospital.Order, reason string) func() error {
			return func() error {
				_, err := s.CancelOrder(t.Context(), actor, o.ID, hospital.OrderCommand{Reason: reason})
				return err
			}
		}
		ours := s.orderFor(t, s.customer, a, hospital.Lunch)
		s.refuses(t, hospital.NotFound, "order_unknown", cancel(s.stranger, ours, ""))
		if err := cancel(s.customer, ours, "")(); err != nil {
			t.Errorf("before it was begun: %v", err)
		}

		ours = s.orderFor(t, s.customer, a, hospital.Lunch)
		s.confirm(t, ours)
		must[hospital.Order](t)(s.StartOrder(t.Context(), cook, ours.ID, hospital.OrderCommand{}))
		s.refuses(t, hospital.Conflict, "order_begun", cancel(s.customer, ours, "changed our minds"))
		// Held after it was begun it is begun all the same.
		s.diet(t, a, fasting(s.clock.Now(), time.Time{}))
		s.refuses(t, hospital.Conflict, "order_begun", cancel(s.customer, ours, "changed our minds"))
		refusal := s.refuses(t, hospital.Invalid, "fields", cancel(cook, ours, " "))
		if got := wrongFields(refusal); got["reason"] != "required" {
			t.Errorf("got %v", got)
		}
		if err := cancel(nurse, ours, "went to theatre")(); err != nil {
			t.Errorf("medical staff with a reason: %v", err)
		}
		if got := s.order(t, ours.ID); got.CancelReason != "went to theatre" || got.Status != hospital.OrderCancelled {
			t.Errorf("it became %+v", got)
		}
		s.diet(t, a, fasting(time.Time{}, time.Time{}))

		ours = s.orderFor(t, s.customer, a, hospital.Lunch)
		s.diet(t, a, fasting(s.clock.Now(), time.Time{}))
		if err := cancel(s.customer, ours, "")(); err != nil {
			t.Errorf("held before it was begun: %v", err)
		}
	})
}

func TestAStepOnAnOutdatedViewIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		from := map[string]hospital.OrderStatus{"confirm": hospital.OrderPending, "start": hospital.OrderConfirmed, "ready": hospital.OrderPreparing,
			"recall": hospital.OrderReady, "cancel": hospital.OrderConfirmed}
		for name, status := range from {
			o := s.bringTo(t, a, status)
			refusal := s.refuses(t, hospital.Conflict, "order_outdated", s.steps(t, cook, o, hospital.OrderCommand{Version: o.Version + 1})[name])
			if !reflect.DeepEqual(refusal.Current, o) {
				t.Errorf("%s shows %+v, want %+v", name, refusal.Current, o)
			}
			s.refuses(t, hospital.NotFound, "order_unknown", s.steps(t, cook, hospital.Order{ID: 4711}, hospital.OrderCommand{})[name])
		}
	})
}

func TestTheStepsOfAnOrderDoNotCountAsChangesOfItsAdmission(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.bringTo(t, a, hospital.OrderDelivered)
		if now, err := s.Admission(t.Context(), hospital.System, a.ID); err != nil || now.Version != a.Version {
			t.Errorf("the admission has version %d after %d and error %v", now.Version, a.Version, err)
		}
	})
}

func TestEachStepMovesTheTopicsOfAllWhoSeeTheOrder(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		var o hospital.Order
		ctx := t.Context()
		mine := topicsOf("customer:%d inbox:%d kitchen ward:%d", s.customer.UserID, s.customer.UserID, s.a.ID)
		s.moves(t, mine+" order:1", func() (err error) {
			o, _, err = s.PlaceOrder(ctx, s.customer, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
			return err
		})
		mine += topicsOf(" order:%d", o.ID)
		steps := s.steps(t, cook, o, hospital.OrderCommand{})
		s.moves(t, mine, steps["confirm"])
		s.moves(t, mine, steps["recall"])
		s.moves(t, mine, steps["confirm"])
		s.moves(t, mine, steps["start"])
		s.moves(t, mine+" deliveries delivery:1", steps["ready"])
		s.moves(t, mine+" deliveries delivery:1", steps["recall"])
		// What is held, and is held no longer, stands in the list of what medical staff must look
		// at.
		s.moves(t, mine+topicsOf(" metrics inbox:kitchen"), func() error {
			_, err := s.SetDiet(ctx, nurse, a.ID, fasting(s.clock.Now(), time.Time{}))
			return err
		})
		s.moves(t, mine+topicsOf(" metrics"), s.steps(t, cook, o, hospital.OrderCommand{Reason: "burnt"})["cancel"])
	})
}

func TestARecalledTrayCanNoLongerBeClaimed(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		o := s.bringTo(t, a, hospital.OrderReady)
		d := s.claim(t, s.courier, s.deliveryOf(t, o).ID)
		must[hospital.Order](t)(s.RecallOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}))
		if got := s.delivery(t, d.ID); got.Status != hospital.DeliveryCancelled {
			t.Errorf("the delivery is %s", got.Status)
		}
		must[hospital.Order](t)(s.ReadyOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}))
		if again := s.deliveryOf(t, o); again.ID == d.ID || again.Status != hospital.DeliveryUnassigned {
			t.Errorf("made ready again, its delivery is %+v", again)
		}
		must[hospital.Order](t)(s.CancelOrder(t.Context(), cook, o.ID, hospital.OrderCommand{Reason: "spilled"}))
		if got := s.deliveryOf(t, o); got.Status != hospital.DeliveryCancelled {
			t.Errorf("the delivery is %s", got.Status)
		}
	})
}
