package hospital_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dusangire/hospital"
)

// There is no way around safety: whatever people, couriers and the clock do, in whatever order, no
// tray becomes ready, departs or is handed over against which anything speaks that nobody has
// overridden; and once the hospital has looked at its clock, nothing speaks against any order that
// is still to go that way. Every change on the kitchen's wall is announced, and orders take the
// steps of the table only.
func TestAfterAnyHistoryNoDangerousTrayIsOnItsWay(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		dishes := []hospital.Dish{s.dish,
			s.add(t, "Tea", with("milk")),
			s.add(t, "Bread", func(d *hospital.Dish) {
				d.Allergens, d.MayContain, d.Station = []hospital.Allergen{"gluten"}, []hospital.Allergen{"milk", "eggs"}, "cold"
			}),
			s.add(t, "Beef", func(d *hospital.Dish) {
				d.Diets, d.Textures = []hospital.Diet{hospital.DietGeneral, hospital.DietHighProtein}, []hospital.Texture{7}
			}),
		}
		rapid.Check(t, func(rt *rapid.T) {
			s.clear(t, dishes)
			k := &kitchenStory{service: s, t: t, rt: rt, dishes: dishes}
			for range 2 {
				k.admitSomeone()
			}
			before := k.look()
			for range rapid.IntRange(20, 80).Draw(rt, "commands") {
				s.heard.take()
				name, err := k.command()
				if err != nil {
					k.isRefusal(name, err)
				}
				after := k.look()
				k.judge(name, before, after)
				before = after
			}
			s.sound(t)
			if t.Failed() {
				rt.Error("after the history above the fixture is not sound")
			}
		})
	})
}

// clear empties the fixture for another history and puts the menu back as it was.
func (s *service) clear(t testing.TB, dishes []hospital.Dish) {
	t.Helper()
	for _, statement := range []string{`DELETE FROM delivery`, `DELETE FROM order_dish`, `DELETE FROM order_part`, `DELETE FROM meal_order`, `DELETE FROM customer_link`,
		`DELETE FROM notification_read`, `DELETE FROM notification`, `DELETE FROM bed_assignment`, `DELETE FROM admission`, `DELETE FROM patient`,
		`UPDATE bed SET status = 'available', status_reason = '', reserved_until = NULL`} {
		s.exec(t, statement)
	}
	for _, dish := range dishes {
		dish.Version = 0
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, dish))
	}
}

// kitchenStory is one random history.
type kitchenStory struct {
	*service
	t          *testing.T
	rt         *rapid.T
	dishes     []hospital.Dish
	admissions []int64
	late       bool // time has passed and the hospital has not looked at its clock since
}

// pick draws one of some.
func pick[T any](k *kitchenStory, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(k.rt, label)
}

// admitSomeone admits a patient whom the customer may order for, into a free bed if there is one.
func (k *kitchenStory) admitSomeone() {
	cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", Allergies: hospital.Allergies{Known: true}}
	free, err := k.FreeBeds(k.t.Context())
	if err != nil {
		k.rt.Fatal(err)
	}
	if len(free) > 0 {
		cmd.BedID = free[0].ID
	}
	a, _, err := k.Admit(k.t.Context(), nurse, cmd)
	if err != nil {
		k.rt.Fatal(err)
	}
	k.link(k.t, k.customer, a)
	k.admissions = append(k.admissions, a.ID)
}

// often is how often commands are given, compared with each other: orders must come far for much to
// go wrong.
var often = map[string]int{"place": 4, "further": 12, "confirm": 1, "start": 1, "ready": 1, "recall": 1, "cancel": 1, "allergies": 3, "diet": 2,
	"nil by mouth": 3, "recipe": 2, "transfer": 1, "discharge": 1, "round": 1, "depart": 1, "deliver": 1, "fail": 1, "time": 5, "sweep": 1,
	"part": 3, "items": 3, "substitute": 2, "start meal": 1}

// command gives a random command, which may be nonsense.
func (k *kitchenStory) command() (name string, err error) {
	commands := map[string]func() error{
		"place": k.placeSomething, "further": k.goFurther, "confirm": k.step("confirm"), "start": k.step("start"), "ready": k.step("ready"),
		"recall": k.step("recall"), "cancel": k.step("cancel"), "allergies": k.setAllergies, "diet": k.setDietOrTexture,
		"nil by mouth": k.setNilByMouth, "recipe": k.setRecipe, "transfer": k.moveSomeone, "discharge": k.letGo, "round": k.giveRound,
		"depart": k.departWithSomething, "deliver": k.deliverSomething, "fail": k.failSomething, "time": k.letTimePass, "sweep": k.sweep,
		"part": k.doPart, "items": k.changeItems, "substitute": k.substitute, "start meal": k.startMeal,
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		names = append(names, slices.Repeat([]string{name}, often[name])...)
	}
	name = pick(k, "command", names...)
	return name, commands[name]()
}

// goFurther takes an order one step toward its patient, as the kitchen and the courier do all day.
// Where the safety check refuses, the order must be stopped.
func (k *kitchenStory) goFurther() error {
	var going []hospital.Order
	for _, o := range k.look().orders {
		if !o.Status.Ended() && o.Stopped == "" {
			going = append(going, o)
		}
	}
	if len(going) == 0 {
		return nil
	}
	slices.SortFunc(going, func(a, b hospital.Order) int { return int(a.ID - b.ID) })
	o := pick(k, "order", going...)
	err := k.next(o)
	if refusal, ok := err.(*hospital.Error); ok && refusal.Code == "hazards" {
		if now := k.order(k.t, o.ID); now.Status != hospital.OrderHeld && now.Stopped == "" {
			k.rt.Errorf("order %d was refused a step for its hazards (%s) and is %s", o.ID, refusal, now.Status)
		}
	}
	return err
}

// next takes an order one step further.
func (k *kitchenStory) next(o hospital.Order) error {
	ctx, reason := k.t.Context(), ""
	switch o.Status {
	case hospital.OrderPending, hospital.OrderHeld:
		if pick(k, "override", true, false, false) {
			reason = "Asked for by the family"
		}
		_, err := k.ConfirmOrder(ctx, nurse, o.ID, hospital.OrderCommand{Reason: reason})
		return err
	case hospital.OrderConfirmed:
		_, err := k.StartOrder(ctx, cook, o.ID, hospital.OrderCommand{})
		return err
	case hospital.OrderPreparing:
		_, err := k.ReadyOrder(ctx, cook, o.ID, hospital.OrderCommand{})
		return err
	case hospital.OrderReady:
		return k.departWith(k.deliveryOf(k.t, o))
	}
	d := k.deliveryOf(k.t, o)
	_, err := k.Deliver(ctx, k.courier, d.ID, hospital.DeliverCommand{BedCode: d.BedNumber})
	return err
}

// admission is one of the story's last, or one that does not exist.
func (k *kitchenStory) admission() int64 {
	return pick(k, "admission", append(slices.Clone(k.admissions[max(0, len(k.admissions)-3):]),
		4711)...)
}

// orderID is one of the story's, or one that does not exist; those on which something can happen
// are likelier.
func (k *kitchenStory) orderID() int64 {
	ids := []int64{4711}
	for id, o := range k.look().orders {
		if !o.Status.Ended() || id%5 == 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return pick(k, "order", ids...)
}

func (k *kitchenStory) placeSomething() error {
	cmd := hospital.PlaceOrderCommand{AdmissionID: k.admission(), Meal: pick(k, "meal", hospital.Snack, hospital.Snack, hospital.Lunch, hospital.Dinner, hospital.Breakfast)}
	cmd.Dishes = k.someDishes()
	actor := pick(k, "actor", nurse, nurse, nurse, k.customer, k.stranger)
	if actor.Role == hospital.MedicalStaff {
		cmd.OverrideReason = pick(k, "reason", "", "Asked for by the family")
	}
	_, _, err := k.PlaceOrder(k.t.Context(), actor, cmd)
	return err
}

func (k *kitchenStory) step(name string) func() error {
	return func() error {
		actor := pick(k, "actor", cook, cook, nurse, k.customer)
		reason := pick(k, "reason", "", "Asked for by the family")
		return k.steps(k.t, actor, hospital.Order{ID: k.orderID()}, hospital.OrderCommand{Reason: reason})[name]()
	}
}

func (k *kitchenStory) doPart() error {
	_, err := k.SetPart(k.t.Context(), cook, k.orderID(), pick[hospital.Station](k, "station", "hot",
		"hot", "cold"), pick(k, "done", true, true, true, false), hospital.OrderCommand{})
	return err
}

// someDishes are one or two.
func (k *kitchenStory) someDishes() (ids []int64) {
	for range rapid.IntRange(1, 2).Draw(k.rt, "dishes") {
		ids = append(ids, pick(k, "dish", k.dishes...).ID)
	}
	return ids
}

func (k *kitchenStory) changeItems() error {
	_, err := k.SetItems(k.t.Context(), pick(k, "actor", cook, nurse, k.customer), k.orderID(),
		hospital.ItemsCommand{Dishes: k.someDishes()})
	return err
}

func (k *kitchenStory) substitute() error {
	_, err := k.SubstituteDish(k.t.Context(), cook, pick(k, "dish", k.dishes...).ID,
		hospital.SubstituteCommand{WithID: pick(k, "with", k.dishes...).ID})
	return err
}

func (k *kitchenStory) startMeal() error {
	_, err := k.StartMeal(k.t.Context(), cook, hospital.StartMealCommand{
		Meal: pick(k, "meal", hospital.Snack, hospital.Lunch)})
	return err
}

func (k *kitchenStory) setAllergies() error {
	some := func(label string) []hospital.Allergen {
		return rapid.SliceOfNDistinct(rapid.SampledFrom([]hospital.Allergen{"milk", "gluten", "eggs"}), 0, 2, rapid.ID[hospital.Allergen]).Draw(k.rt, label)
	}
	allergies := hospital.Allergies{Known: pick(k, "asked", true, true, true, false), Allergens: some("allergens")}
	if len(allergies.Allergens) > 0 && pick(k, "severe", true, false) {
		allergies.Severe = allergies.Allergens[:1]
	}
	_, err := k.SetDiet(k.t.Context(), nurse, k.admission(),
		hospital.DietCommand{Allergies: &allergies, Reason: "tested"})
	return err
}

func (k *kitchenStory) setDietOrTexture() error {
	diet, texture := pick(k, "diet", hospital.DietGeneral, hospital.DietGeneral, hospital.DietRenal), hospital.Texture(pick(k, "texture", 7, 7, 4))
	_, err := k.SetDiet(k.t.Context(), nurse, k.admission(), hospital.DietCommand{Diet: &diet, Texture: &texture})
	return err
}

func (k *kitchenStory) setNilByMouth() error {
	now := k.clock.Now()
	soon := fasting(now.Add(10*time.Minute), now.Add(40*time.Minute))
	none := fasting(time.Time{}, time.Time{})
	_, err := k.SetDiet(k.t.Context(), nurse, k.admission(), pick(k, "window", none, soon, soon, soon, fasting(now, time.Time{}), fasting(now.Add(-time.Hour), now.Add(time.Hour))))
	return err
}

func (k *kitchenStory) setRecipe() error {
	dish := pick(k, "dish", k.dishes...)
	dish.Version = 0
	if pick(k, "changed", true, false) {
		dish.Allergens = append(slices.Clone(dish.Allergens), pick[hospital.Allergen](k, "allergen", "milk", "eggs"))
	}
	_, err := k.SetDish(k.t.Context(), cook, dish)
	return err
}

func (k *kitchenStory) moveSomeone() error {
	free, err := k.FreeBeds(k.t.Context())
	if err != nil || len(free) == 0 {
		return err
	}
	_, err = k.Transfer(k.t.Context(), nurse, k.admission(), hospital.TransferCommand{BedID: pick(k, "bed", free...).ID})
	return err
}

func (k *kitchenStory) letGo() error {
	_, err := k.Discharge(k.t.Context(), nurse, k.admission(), hospital.DischargeCommand{Outcome: pick(k, "outcome", hospital.Improved, hospital.Deceased)})
	if err == nil {
		k.admitSomeone()
	}
	return err
}

func (k *kitchenStory) giveRound() error {
	_, err := k.OrderMealRound(k.t.Context(), cook, pick(k, "ward", k.a, k.b).ID, pick(k, "meal", hospital.Lunch, hospital.Dinner), k.clock.Now().Add(2*time.Hour))
	return err
}

// deliveryIn is a delivery in one of some states, or one that does not exist.
func (k *kitchenStory) deliveryIn(statuses ...hospital.DeliveryStatus) hospital.Delivery {
	rows, err := k.raw.QueryContext(k.t.Context(), `SELECT id FROM delivery WHERE ended_at IS NULL ORDER BY id`)
	if err != nil {
		k.rt.Fatal(err)
	}
	defer rows.Close()
	some := []hospital.Delivery{{ID: 4711}}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			k.rt.Fatal(err)
		}
		if d := k.delivery(k.t, id); slices.Contains(statuses, d.Status) {
			some = append(some, d)
		}
	}
	if err := rows.Err(); err != nil {
		k.rt.Fatal(err)
	}
	return pick(k, "delivery", some...)
}

func (k *kitchenStory) departWithSomething() error {
	return k.departWith(k.deliveryIn(hospital.DeliveryUnassigned, hospital.DeliveryAssigned))
}

func (k *kitchenStory) departWith(d hospital.Delivery) error {
	if _, err := k.ClaimDelivery(k.t.Context(), k.courier, d.ID, hospital.CourierCommand{}); err != nil {
		return err
	}
	_, err := k.DepartDelivery(k.t.Context(), k.courier, d.ID, hospital.CourierCommand{})
	return err
}

func (k *kitchenStory) deliverSomething() error {
	d := k.deliveryIn(hospital.DeliveryInTransit, hospital.DeliveryAssigned)
	_, err := k.Deliver(k.t.Context(), k.courier, d.ID, hospital.DeliverCommand{BedCode: pick(k, "code", d.BedNumber, d.BedNumber, "A-01")})
	return err
}

func (k *kitchenStory) failSomething() error {
	_, err := k.FailDelivery(k.t.Context(), k.courier, k.deliveryIn(hospital.DeliveryInTransit).ID, "asleep", hospital.CourierCommand{})
	return err
}

// letTimePass lets some pass. The hospital looks at its clock some time later.
func (k *kitchenStory) letTimePass() error {
	k.clock.pass(time.Duration(rapid.IntRange(1, 25).Draw(k.rt, "minutes")) * time.Minute)
	k.late = true
	return nil
}

func (k *kitchenStory) sweep() error {
	_, err := k.HoldNilByMouth(k.t.Context())
	k.late = false
	return err
}

// isRefusal checks that a command that was not taken was refused, and did not break.
func (k *kitchenStory) isRefusal(name string, err error) {
	if _, ok := err.(*hospital.Error); !ok {
		k.rt.Errorf("%s broke: %v", name, err)
	}
}

// scene is how the orders and the kitchen's wall stand.
type scene struct {
	orders  map[int64]hospital.Order
	wall    []hospital.Ticket
	kitchen int64 // revision
}

// look reads the scene.
func (k *kitchenStory) look() scene {
	seen := scene{orders: map[int64]hospital.Order{}}
	rows, err := k.raw.QueryContext(k.t.Context(), `SELECT id FROM meal_order`)
	if err != nil {
		k.rt.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			k.rt.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		k.rt.Fatal(err)
	}
	for _, id := range ids {
		seen.orders[id] = k.order(k.t, id)
	}
	board := k.service.kitchen(k.t)
	seen.kitchen = board.Topics[hospital.KitchenTopic]
	for _, ticket := range board.Tickets {
		if !ticket.Status.Ended() { // those leave the wall by themselves
			ticket.NilByMouth = false // follows the clock
			seen.wall = append(seen.wall, ticket)
		}
	}
	return seen
}

// judge checks what a command did.
func (k *kitchenStory) judge(name string, before, after scene) {
	if !reflect.DeepEqual(before.wall, after.wall) && before.kitchen == after.kitchen {
		k.rt.Errorf("%s changed the wall and did not move its topic\nfrom %+v\nto %+v", name, before.wall, after.wall)
	}
	for id, o := range after.orders {
		was := before.orders[id].Status
		if was != o.Status && !slices.Contains(possible[was], o.Status) {
			k.rt.Errorf("%s took order %d from %q to %s", name, id, was, o.Status)
		}
		danger := k.danger(o)
		onTheWay := o.Status == hospital.OrderInTransit && o.Stopped == ""
		if danger != "" && !k.late && (slices.Contains(inTheKitchen, o.Status) || onTheWay) {
			k.rt.Errorf("after %s order %d is %s in spite of: %s", name, id, o.Status, danger)
		}
		if o.Status == hospital.OrderReady && len(o.Parts.Left()) > 0 {
			k.rt.Errorf("after %s order %d is ready without the part of %v", name, id, o.Parts.Left())
		}
		if danger != "" && was != "" && !sameDishes(before.orders[id], o) {
			k.rt.Errorf("%s gave order %d other dishes in spite of: %s", name, id, danger)
		}
		wentOn := was != o.Status && !o.Status.Ended() || o.Status == hospital.OrderDelivered && was == hospital.OrderInTransit
		if danger != "" && wentOn && o.Status != hospital.OrderHeld && name != "recall" {
			k.rt.Errorf("%s took order %d from %q to %s in spite of: %s", name, id, was, o.Status, danger)
		}
	}
}

// sameDishes reports whether an order has the dishes that it had.
func sameDishes(before, after hospital.Order) bool {
	return slices.EqualFunc(before.Dishes, after.Dishes, func(one, other hospital.Dish) bool {
		return one.ID == other.ID
	})
}

// inTheKitchen are the statuses of orders that are going on there.
var inTheKitchen = []hospital.OrderStatus{hospital.OrderPending, hospital.OrderConfirmed, hospital.OrderPreparing, hospital.OrderReady}

// possible is where an order can come from where, by whatever: people, its delivery, the safety
// check, the end of the admission.
var possible = map[hospital.OrderStatus][]hospital.OrderStatus{
	"":                        {hospital.OrderPending, hospital.OrderConfirmed},
	hospital.OrderPending:     {hospital.OrderConfirmed, hospital.OrderCancelled, hospital.OrderHeld},
	hospital.OrderConfirmed:   {hospital.OrderPreparing, hospital.OrderPending, hospital.OrderCancelled, hospital.OrderHeld},
	hospital.OrderPreparing:   {hospital.OrderReady, hospital.OrderConfirmed, hospital.OrderCancelled, hospital.OrderHeld},
	hospital.OrderReady:       {hospital.OrderInTransit, hospital.OrderPreparing, hospital.OrderCancelled, hospital.OrderHeld},
	hospital.OrderHeld:        {hospital.OrderConfirmed, hospital.OrderCancelled},
	hospital.OrderInTransit:   {hospital.OrderDelivered, hospital.OrderUndelivered, hospital.OrderCancelled},
	hospital.OrderDelivered:   nil,
	hospital.OrderCancelled:   nil,
	hospital.OrderUndelivered: nil,
}

// danger is what speaks against an order now, and no override covers, found from outside: from the
// diet order, the recipes as they are and as they were, and the clock.
func (k *kitchenStory) danger(o hospital.Order) string {
	detail, err := k.AdmissionDetail(k.t.Context(), nurse, o.AdmissionID)
	if err != nil {
		k.rt.Fatal(err)
	}
	diet := detail.Order
	now := must[[]hospital.Dish](k.t)(k.Dishes(k.t.Context(), cook))
	eaten := o.Due
	if k.clock.Now().After(eaten) {
		eaten = k.clock.Now()
	}
	tray := slices.Clone(o.Dishes)
	for _, dish := range now {
		if slices.ContainsFunc(o.Dishes, func(d hospital.Dish) bool { return d.ID == dish.ID }) {
			tray = append(tray, dish)
		}
	}
	covered := map[string]bool{}
	for _, z := range o.Overridden {
		covered[kinds([]hospital.Hazard{z})] = z.Overridable()
	}
	var danger string
	for _, z := range diet.Hazards(tray, k.clock.Now(), eaten) {
		if text := kinds([]hospital.Hazard{z}); !covered[text] {
			danger += fmt.Sprintf("%s; ", text)
		}
	}
	return danger
}
