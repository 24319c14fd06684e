package hospital_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// Whatever people do in whatever order: deliveries keep to their table and to their orders, no tray
// is handed over at another bed than its patient's, and no screen changes without one of its topics
// having moved.
func TestWhateverPeopleDoDeliveriesKeepTheirRulesAndScreensAreTold(t *testing.T) {
	t.Parallel()
	plays := map[string]*play{
		"SQLite":     newPlay(t, newService(t, newFixture(t, hospitaltest.SQLite(t)))),
		"PostgreSQL": newPlay(t, newService(t, newFixture(t, hospitaltest.PostgreSQL(t)))),
	}
	rapid.Check(t, func(r *rapid.T) {
		p := plays[rapid.SampledFrom(slices.Sorted(maps.Keys(plays))).Draw(r, "database")]
		p.begin(r)
		for range 10 {
			p.act(r)
			p.hold(r)
		}
	})
}

// play is a service in which everybody does anything.
type play struct {
	*service
	t          *testing.T
	admissions []hospital.Admission
	homes      []hospital.Address
	peanuts    hospital.Dish
	lines      int // of the audit that were looked at
}

// newPlay adds to a service what is needed to play.
func newPlay(t *testing.T, s *service) *play {
	t.Helper()
	p := &play{service: s, t: t}
	p.homes = []hospital.Address{s.addressOf(t, s.customer, "Home"), s.addressOf(t, s.customer, "Work"), s.addressOf(t, s.stranger, "Theirs")}
	peanuts := s.dish
	peanuts.ID, peanuts.Name.En, peanuts.Allergens = 0, "Isombe", []hospital.Allergen{"peanuts"}
	var err error
	if p.peanuts, err = s.AddDish(t.Context(), admin, peanuts); err != nil {
		t.Fatal(err)
	}
	return p
}

// begin puts two patients into beds and one into none, and for each of them and for an address a
// meal somewhere on its way.
func (p *play) begin(r *rapid.T) {
	p.empty(p.t)
	p.exec(p.t, `DELETE FROM customer_link`)
	p.clock.pass(24 * time.Hour)
	p.admissions = []hospital.Admission{p.patient(p.t, "Uwase Marie", "A-01"), p.patient(p.t, "Uwase Marine", "A-02"), p.patient(p.t, "Keza Ange", "")}
	p.link(p.t, p.customer, p.admissions[0])
	for _, i := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(r, "orders")[:2] {
		cmd := hospital.PlaceOrderCommand{AddressID: p.homes[0].ID, Meal: hospital.Lunch, Dishes: []int64{p.dish.ID}}
		actor := p.customer
		if i < 3 {
			cmd.AddressID, cmd.AdmissionID, actor = 0, p.admissions[i].ID, nurse
		}
		reached := rapid.IntRange(0, 4).Draw(r, "reached")
		if reached == 0 {
			continue
		}
		o, _, err := p.PlaceOrder(p.t.Context(), actor, cmd)
		if err != nil {
			p.t.Fatal(err)
		}
		if reached > 1 {
			d := p.cooked(p.t, o)
			p.bringDelivery(p.t, p.admissions[0], d, []hospital.DeliveryStatus{hospital.DeliveryUnassigned, hospital.DeliveryAssigned, hospital.DeliveryInTransit}[reached-2])
		}
	}
	p.lines = p.auditLines(p.t)
}

// act does one thing and looks at some screens before and after it.
func (p *play) act(r *rapid.T) {
	screens := p.screens(r)
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(screens))), 1, 3, rapid.ID).Draw(r, "screens")
	before := map[string]screen{}
	for _, name := range names {
		before[name] = screens[name]()
	}
	commands := p.commands(r)
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(commands))).Draw(r, "command")
	err := commands[name]()
	if _, ok := errors.AsType[*hospital.Error](err); err != nil && !ok {
		r.Fatalf("%s: %v", name, err)
	}
	for _, screen := range names {
		after := screens[screen]()
		if after.content != before[screen].content && maps.Equal(after.topics, before[screen].topics) {
			r.Fatalf("%s (%v) changed the screen %s without its topics %v\nfrom %s\nto %s", name, err, screen, after.topics, before[screen].content, after.content)
		}
	}
}

// screen is what somebody sees, and where its topics stood.
type screen struct {
	content string
	topics  map[hospital.Topic]int64
}

// see is a screen of something that was read; a refusal shows itself, and no topics: whoever is
// refused watches nothing.
func see(thing any, revisions hospital.Revisions, err error) screen {
	if err != nil {
		return screen{content: err.Error()}
	}
	text, err := json.Marshal(thing)
	if err != nil {
		return screen{content: err.Error()}
	}
	return screen{content: string(text), topics: revisions.Topics}
}

// screens are those that anybody may look at.
func (p *play) screens(r *rapid.T) map[string]func() screen {
	ctx := p.t.Context()
	all := map[string]func() screen{
		"kitchen": func() screen {
			board, err := p.KitchenBoard(ctx, hospital.System)
			moved := board.Revisions
			board.Revisions = hospital.Revisions{}
			return see(board, moved, err)
		},
	}
	for name, actor := range map[string]hospital.Actor{"courier": p.courier, "second": p.second, "admin": admin} {
		all["board of "+name] = func() screen {
			board, err := p.DeliveryBoard(ctx, actor)
			moved := board.Revisions
			board.Revisions = hospital.Revisions{}
			return see(board, moved, err)
		}
	}
	for name, actor := range map[string]hospital.Actor{"customer": p.customer, "stranger": p.stranger, "courier": p.courier, "nurse": nurse, "cook": cook} {
		all["inbox of "+name] = func() screen {
			inbox, err := p.Inbox(ctx, actor)
			moved := inbox.Revisions
			inbox.Revisions = hospital.Revisions{}
			return see(inbox, moved, err)
		}
	}
	for name, actor := range map[string]hospital.Actor{"customer": p.customer, "stranger": p.stranger} {
		all["home of "+name] = func() screen {
			home, err := p.CustomerHome(ctx, actor)
			moved := home.Revisions
			home.Revisions = hospital.Revisions{}
			return see(home, moved, err)
		}
	}
	for _, address := range p.homes {
		all["address "+address.Label] = func() screen {
			watch, err := p.Address(ctx, p.courier, address.ID)
			moved := watch.Revisions
			watch.Revisions = hospital.Revisions{}
			return see(watch, moved, err)
		}
	}
	if id := p.some(r, "delivery"); id != 0 {
		for name, actor := range map[string]hospital.Actor{"customer": p.customer, "admin": admin} {
			all["delivery for "+name] = func() screen {
				watch, err := p.Delivery(ctx, actor, id)
				moved := watch.Revisions
				watch.Revisions = hospital.Revisions{}
				if err != nil {
					// That it may not be seen is told by the same topics as what it is.
					if moved, err = p.Revisions(ctx, []hospital.Topic{hospital.DeliveryTopic(id)}); err != nil {
						p.t.Fatal(err)
					}
					return screen{content: "refused", topics: moved.Topics}
				}
				return see(watch, moved, err)
			}
		}
	}
	return all
}

// some is one of the open ones of a table, at times one of the newest, or 0.
func (p *play) some(r *rapid.T, table string) int64 {
	open := p.number(p.t, `SELECT count(*) FROM `+table+` WHERE ended_at IS NULL`)
	if open > 0 && rapid.IntRange(0, 9).Draw(r, "ended "+table) > 0 {
		return int64(p.number(p.t, `SELECT id FROM `+table+` WHERE ended_at IS NULL ORDER BY id LIMIT 1 OFFSET $1`, rapid.IntRange(0, open-1).Draw(r, table)))
	}
	newest := p.number(p.t, `SELECT COALESCE(max(id), 0) FROM `+table)
	return int64(max(0, newest-rapid.IntRange(0, 3).Draw(r, table)))
}

// commands is what anybody may do next, most of it likely to be refused now and then.
func (p *play) commands(r *rapid.T) map[string]func() error {
	ctx := p.t.Context()
	admission := p.admissions[rapid.IntRange(0, len(p.admissions)-1).Draw(r, "admission")]
	courier := rapid.SampledFrom([]hospital.Actor{p.courier, p.courier, p.courier, p.second}).Draw(r, "courier")
	customer := rapid.SampledFrom([]hospital.Actor{p.customer, p.stranger}).Draw(r, "customer")
	orderer := rapid.SampledFrom([]hospital.Actor{nurse, customer}).Draw(r, "orderer")
	address := rapid.SampledFrom(p.homes).Draw(r, "address")
	meal := rapid.SampledFrom([]hospital.Meal{hospital.Lunch, hospital.Snack}).Draw(r, "meal")
	dish := rapid.SampledFrom([]int64{p.dish.ID, p.peanuts.ID}).Draw(r, "dish")
	bed := rapid.SampledFrom([]string{"A-03", "A-04", "B-01"}).Draw(r, "bed")
	order, delivery := p.some(r, "meal_order"), p.some(r, "delivery")
	number := rapid.IntRange(0, 3).Draw(r, "number")

	steps := map[string]func() error{
		"order for an admission": func() error {
			_, _, err := p.PlaceOrder(ctx, orderer, hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: meal, Dishes: []int64{dish}})
			return err
		},
		"order for an address": func() error {
			_, _, err := p.PlaceOrder(ctx, customer, hospital.PlaceOrderCommand{AddressID: address.ID, Meal: meal, Dishes: []int64{dish}})
			return err
		},
		"confirm": func() error { _, err := p.ConfirmOrder(ctx, cook, order, hospital.OrderCommand{}); return err },
		"recall":  func() error { _, err := p.RecallOrder(ctx, cook, order, hospital.OrderCommand{}); return err },
		"cancel": func() error {
			_, err := p.CancelOrder(ctx, cook, order, hospital.OrderCommand{Reason: "burnt"})
			return err
		},
		"release": func() error {
			_, err := p.ReleaseDelivery(ctx, courier, delivery, hospital.CourierCommand{})
			return err
		},
		"fail": func() error {
			_, err := p.FailDelivery(ctx, courier, delivery, "asleep", hospital.CourierCommand{})
			return err
		},
		"locate": func() error { _, err := p.LocateDelivery(ctx, courier, delivery, float64(number), 30); return err },
		"transfer": func() error {
			_, err := p.Transfer(ctx, nurse, admission.ID,
				hospital.TransferCommand{BedID: p.bed(p.t, bed).ID})
			return err
		},
		"discharge": func() error {
			_, err := p.Discharge(ctx, nurse, admission.ID, hospital.DischargeCommand{Outcome: []hospital.Outcome{hospital.Improved, hospital.Deceased}[number%2]})
			return err
		},
		"allergy": func() error {
			allergies := hospital.Allergies{Known: true}
			if number > 0 {
				allergies.Allergens = []hospital.Allergen{"peanuts"}
			}
			_, err := p.SetDiet(ctx, nurse, admission.ID,
				hospital.DietCommand{Allergies: &allergies, Reason: "tested"})
			return err
		},
		"set address": func() error {
			fields := p.fields(address.Label)
			fields.City, fields.Default = fmt.Sprint("City ", number), number == 0
			_, err := p.SetAddress(ctx, customer, address.ID, fields)
			return err
		},
		"set zone": func() error {
			_, err := p.SetZone(ctx, admin, p.zone.ID, hospital.ZoneCommand{Name: fmt.Sprint("Zone ", number/2), Charge: 100 * number})
			return err
		},
		"read": func() error {
			actor := []hospital.Actor{p.customer, p.courier, nurse, cook}[number]
			return p.ReadNotifications(ctx, actor, 1<<40)
		},
		"link": func() error {
			return p.LinkCustomer(ctx, manager, customer.UserID, admission.PatientID)
		},
		"unlink": func() error {
			return p.UnlinkCustomer(ctx, manager, customer.UserID, admission.PatientID)
		},
		"renew the code": func() error { // as if it had been tried too often
			p.exec(p.t, `UPDATE delivery SET tries = 5 WHERE id = $1 AND code <> ''`, delivery)
			_, err := p.ClaimDelivery(ctx, courier, delivery, hospital.CourierCommand{})
			return err
		},
	}
	for i := range 3 { // what brings a tray forward is done more often than what stops it
		steps[fmt.Sprint("start ", i)] = func() error { _, err := p.StartOrder(ctx, cook, order, hospital.OrderCommand{}); return err }
		steps[fmt.Sprint("ready ", i)] = func() error { _, err := p.ReadyOrder(ctx, cook, order, hospital.OrderCommand{}); return err }
		steps[fmt.Sprint("claim ", i)] = func() error { _, err := p.ClaimDelivery(ctx, courier, delivery, hospital.CourierCommand{}); return err }
		steps[fmt.Sprint("depart ", i)] = func() error {
			_, err := p.DepartDelivery(ctx, courier, delivery, hospital.CourierCommand{})
			return err
		}
		steps[fmt.Sprint("deliver ", i)] = func() error { return p.tryToDeliver(courier, delivery, number) }
	}
	return steps
}

// tryToDeliver scans a bed that may or may not be the right one; at a door it mostly gives the
// right code.
func (p *play) tryToDeliver(courier hospital.Actor, id int64, number int) error {
	code := fmt.Sprintf("A-%02d", number+1)
	if door := p.number(p.t, `SELECT COALESCE(max(length(code)), 0) FROM delivery WHERE id = $1`, id); door > 0 && number > 0 {
		code = fmt.Sprintf("%06d", p.number(p.t,
			`SELECT CAST(code AS INTEGER) FROM delivery WHERE id = $1`, id))
	}
	lying := p.number(p.t, `SELECT count(*) FROM delivery JOIN meal_order ON meal_order.id = order_id JOIN admission ON admission.id = admission_id
		JOIN bed ON bed.id = bed_id WHERE delivery.id = $1 AND discharged_at IS NULL AND number = $2`, id, code)
	_, err := p.Deliver(p.t.Context(), courier, id, hospital.DeliverCommand{BedCode: code})
	if at := p.number(p.t, `SELECT count(*) FROM delivery WHERE id = $1 AND code = ''`, id); err == nil && at == 1 && lying == 0 {
		return fmt.Errorf("delivery %d was handed over at %s, where its patient does not lie", id, code)
	}
	return err
}

// Whatever they do at once, nobody waits in a circle, and the same holds.
func TestWhateverPeopleDoAtOnceDeliveriesKeepTheirRules(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		p := newPlay(t, s)
		p.admissions = []hospital.Admission{p.patient(t, "Uwase Marie", "A-01"), p.patient(t, "Uwase Marine", "A-02")}
		p.link(t, p.customer, p.admissions[0])
		p.lines = p.auditLines(t)
		for range 6 {
			open := []hospital.Delivery{}
			for _, admission := range p.admissions {
				open = append(open, p.cooked(t, p.orderFor(t, nurse, admission, hospital.Snack)))
			}
			o, _, err := p.PlaceOrder(t.Context(), p.customer, hospital.PlaceOrderCommand{AddressID: p.homes[0].ID, Meal: hospital.Snack, Dishes: []int64{p.dish.ID}})
			if err == nil {
				open = append(open, p.cooked(t, o))
			} else if !hospital.IsKind(err, hospital.TooMany) {
				t.Fatal(err)
			}
			p.allAtOnce(t, open)
			p.hold(t)
		}
	})
}

// allAtOnce lets everybody do something about some deliveries at the same time. Only refusals may
// come of it.
func (p *play) allAtOnce(t *testing.T, open []hospital.Delivery) {
	t.Helper()
	ctx := t.Context()
	var all sync.WaitGroup
	do := func(commands ...func() error) {
		all.Go(func() {
			for _, command := range commands {
				err := command()
				if refusal, ok := errors.AsType[*hospital.Error](err); err != nil && (!ok || refusal.Kind == hospital.Unavailable) {
					t.Errorf("at once with others: %v", err)
				}
			}
		})
	}
	for _, d := range open {
		for _, courier := range []hospital.Actor{p.courier, p.second} {
			do(func() error { _, err := p.ClaimDelivery(ctx, courier, d.ID, hospital.CourierCommand{}); return err },
				func() error { _, err := p.DepartDelivery(ctx, courier, d.ID, hospital.CourierCommand{}); return err },
				func() error { _, err := p.LocateDelivery(ctx, courier, d.ID, 1, 2); return err },
				func() error {
					_, err := p.Deliver(ctx, courier, d.ID, hospital.DeliverCommand{BedCode: "A-01"})
					return err
				},
				func() error {
					_, err := p.Deliver(ctx, courier, d.ID, hospital.DeliverCommand{BedCode: "B-02"})
					return err
				},
				func() error {
					_, err := p.FailDelivery(ctx, courier, d.ID, "asleep", hospital.CourierCommand{})
					return err
				})
		}
		do(func() error { _, err := p.RecallOrder(ctx, cook, d.OrderID, hospital.OrderCommand{}); return err },
			func() error { _, err := p.ReadyOrder(ctx, cook, d.OrderID, hospital.OrderCommand{}); return err })
	}
	for i, admission := range p.admissions {
		from, to := fmt.Sprintf("A-%02d", i+1), fmt.Sprintf("B-%02d", i+1)
		do(func() error {
			_, err := p.Transfer(ctx, nurse, admission.ID, hospital.TransferCommand{BedID: p.bed(t, to).ID})
			return err
		},
			func() error {
				_, err := p.SetDiet(ctx, nurse, admission.ID, hospital.DietCommand{NilByMouth: &hospital.Window{From: p.clock.Now()}})
				return err
			},
			func() error {
				_, err := p.SetDiet(ctx, nurse, admission.ID,
					hospital.DietCommand{NilByMouth: &hospital.Window{}})
				return err
			},
			func() error {
				p.exec(t, `UPDATE bed SET status = 'available' WHERE number = $1 AND status = 'cleaning'`, from)
				_, err := p.Transfer(ctx, nurse, admission.ID,
					hospital.TransferCommand{BedID: p.bed(t, from).ID})
				p.exec(t, `UPDATE bed SET status = 'available' WHERE number = $1 AND status = 'cleaning'`, to)
				return err
			})
	}
	for i, address := range p.homes {
		fields := p.fields(address.Label)
		fields.Default, fields.City = true, fmt.Sprint("City ", open[0].ID, i)
		owner := p.customer
		if i == 2 {
			owner = p.stranger
		}
		do(func() error { _, err := p.SetAddress(ctx, owner, address.ID, fields); return err },
			func() error { return p.ReadNotifications(ctx, owner, 1<<40) })
	}
	do(func() error {
		_, err := p.SetZone(ctx, admin, p.zone.ID, hospital.ZoneCommand{Name: fmt.Sprint("Zone ", open[0].ID), Charge: 1})
		return err
	})
	all.Wait()
}

// fataler is a test that can be ended.
type fataler interface {
	Fatalf(format string, args ...any)
}

// hold checks what must hold after everything.
func (p *play) hold(r fataler) {
	for what, query := range map[string]string{
		"orders with two open deliveries": `SELECT count(*) FROM delivery one JOIN delivery other ON other.order_id = one.order_id
			WHERE one.id < other.id AND one.ended_at IS NULL AND other.ended_at IS NULL`,
		"ready orders without a waiting delivery": `SELECT count(*) FROM meal_order WHERE status = 'ready' AND NOT EXISTS (
			SELECT 1 FROM delivery WHERE order_id = meal_order.id AND status IN ('unassigned', 'assigned'))`,
		"orders in transit without their delivery": `SELECT count(*) FROM meal_order WHERE status = 'in_transit' AND NOT EXISTS (
			SELECT 1 FROM delivery WHERE order_id = meal_order.id AND status = 'in_transit')`,
		"open deliveries of orders that are elsewhere": `SELECT count(*) FROM delivery JOIN meal_order ON meal_order.id = order_id
			WHERE delivery.ended_at IS NULL AND meal_order.status NOT IN ('ready', 'in_transit')`,
		"handed over and not delivered": `SELECT count(*) FROM delivery JOIN meal_order ON meal_order.id = order_id
			WHERE delivery.status = 'delivered' AND meal_order.status <> 'delivered'`,
		"deliveries of nobody's that are somewhere": `SELECT count(*) FROM delivery WHERE located_at IS NOT NULL AND status <> 'in_transit'`,
		"owners without exactly one default": `SELECT count(*) FROM app_user WHERE (SELECT count(*) FROM address
			WHERE owner_id = app_user.id AND is_default) <> CASE WHEN EXISTS (
			SELECT 1 FROM address WHERE owner_id = app_user.id AND removed_at IS NULL) THEN 1 ELSE 0 END`,
	} {
		if n := p.number(p.t, query); n != 0 {
			r.Fatalf("there are %d %s", n, what)
		}
	}
	p.keepsToTheTable(r)
}

// keepsToTheTable checks each step of a delivery that the audit has.
func (p *play) keepsToTheTable(r fataler) {
	lines := p.auditLines(p.t)
	for _, line := range p.audited(p.t, p.lines) {
		step, ok := strings.CutPrefix(line, "delivery.status ")
		from, to, _ := strings.Cut(step, ">")
		if !ok || from == "" && to == string(hospital.DeliveryUnassigned) || from == to {
			continue
		}
		if !slices.Contains(strings.Fields(deliverySteps[hospital.DeliveryStatus(from)]), to) {
			r.Fatalf("a delivery went from %q to %q", from, to)
		}
	}
	p.lines = lines
}
