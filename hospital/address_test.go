package hospital_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// defaults lists the labels of a customer's addresses, the default in brackets.
func (s *service) defaults(t testing.TB, customer hospital.Actor) string {
	t.Helper()
	addresses, err := s.Addresses(t.Context(), customer)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, a := range addresses {
		label := a.Label
		if a.Default {
			label = "[" + label + "]"
		}
		labels = append(labels, label)
	}
	return strings.Join(labels, " ")
}

func TestAnAddressKeepsWhatWasSaid(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, replayed, err := s.AddAddress(t.Context(), s.customer, hospital.AddressCommand{Label: " Mama  Rose ", FullName: "Rose Uwe\u0301ra",
			Phone: "(0788) 123-456", Line1: "KG 7 Ave 12\n", Line2: " House  3", City: "Kigali", Instructions: "Green  gate", ZoneID: s.zone.ID})
		if err != nil || replayed {
			t.Fatalf("replayed %t, error %v", replayed, err)
		}
		want := hospital.Address{ID: a.ID, OwnerID: s.customer.UserID, Label: "Mama Rose", FullName: "Rose Uwéra", Phone: "+250788123456", Line1: "KG 7 Ave 12",
			Line2: "House 3", City: "Kigali", Zone: s.zone, Instructions: "Green gate", Default: true, Version: 1}
		if a != want {
			t.Errorf("the command returned %+v\nwant %+v", a, want)
		}
		watch, err := s.Address(t.Context(), s.customer, a.ID)
		if err != nil || watch.Address != want || len(watch.Others) != 0 {
			t.Errorf("read %+v and error %v", watch, err)
		}
		if got := a.OneLine(); got != "KG 7 Ave 12, House 3, Kigali" {
			t.Errorf("in one line it is %q", got)
		}
	})
}

func TestTelephoneNumbersAreThoseOfRwanda(t *testing.T) {
	s := newService(t, newFixture(t, hospitaltest.SQLite(t)))
	for given, want := range map[string]string{
		"0788123456": "+250788123456", "+250788123456": "+250788123456", "250 788 123 456": "+250788123456", "00250-788-123-456": "+250788123456",
		"+250 (788) 12.34.56": "+250788123456", "0252 580 000": "+250252580000", "0722 000 000": "+250722000000",
		"788123456": "", "07881234567": "", "078812345": "", "+251788123456": "", "+2500788123456": "", "0888123456": "", "phone": "", "+250٧٨٨١٢٣٤٥٦": "", "0788 123 45a": "",
	} {
		fields := s.fields("Home")
		fields.Phone = given
		a, _, err := s.AddAddress(t.Context(), s.login(t, fmt.Sprintf("%x", given), hospital.Customer), fields)
		if want == "" {
			if got := wrongFields(refused(t, err, hospital.Invalid, "fields")); !maps.Equal(got, map[string]string{"phone": "phone"}) {
				t.Errorf("%q: got %v", given, got)
			}
		} else if err != nil || a.Phone != want {
			t.Errorf("%q became %q and error %v, want %q", given, a.Phone, err, want)
		}
	}
}

func TestAnAddressNamesEveryWrongFieldAtOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		existing := s.addressOf(t, s.customer, "Home")
		long := strings.Repeat("é", 301)
		for name, test := range map[string]struct {
			fields hospital.AddressCommand
			want   map[string]string
		}{
			"nothing": {hospital.AddressCommand{}, map[string]string{"label": "required", "full_name": "required", "phone": "required",
				"address_line1": "required", "city": "required", "zone_id": "required"}},
			"too long": {hospital.AddressCommand{Label: long, FullName: long, Phone: long, Line1: long, Line2: long, City: long, Instructions: long, ZoneID: 4711},
				map[string]string{"label": "too_long", "full_name": "too_long", "phone": "too_long", "address_line1": "too_long", "address_line2": "too_long",
					"city": "too_long", "instructions": "too_long", "zone_id": "zone_unknown"}},
			"unwritable": {hospital.AddressCommand{Label: "a\x00", FullName: "a\xff", Phone: "0788123456", Line1: "a\u202eb", Line2: "\a", City: "a\x7f", Instructions: "\u2066",
				ZoneID: s.zone.ID}, map[string]string{"label": "characters", "full_name": "characters", "address_line1": "characters", "address_line2": "characters",
				"city": "characters", "instructions": "characters"}},
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, _, err := s.AddAddress(t.Context(), s.customer, test.fields)
				return err
			})
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
			refusal = s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.SetAddress(t.Context(), s.customer, existing.ID, test.fields)
				return err
			})
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s, changed: got %v, want %v", name, got, test.want)
			}
		}
		fields := s.fields(strings.Repeat("é", hospital.LongestLabel))
		fields.FullName, fields.City = strings.Repeat("é", hospital.LongestName), strings.Repeat("é", hospital.LongestName)
		fields.Line1, fields.Line2 = strings.Repeat("é", hospital.LongestLine), strings.Repeat("é", hospital.LongestLine)
		fields.Instructions = strings.Repeat("é", hospital.LongestInstructions)
		if _, _, err := s.AddAddress(t.Context(), s.customer, fields); err != nil {
			t.Errorf("the longest texts: %v", err)
		}
	})
}

func TestOneOfACustomersAddressesIsTheDefault(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		is := func(want string) {
			t.Helper()
			if got := s.defaults(t, s.customer); got != want {
				t.Errorf("the addresses are %q, want %q", got, want)
			}
		}
		owner := s.customer.UserID
		home := s.addressOf(t, s.customer, "Home")
		s.clock.pass(time.Minute)
		work := s.addressOf(t, s.customer, "Work")
		s.clock.pass(time.Minute)
		is("[Home] Work")
		other := s.addressOf(t, s.stranger, "Elsewhere")

		fields := s.fields("Rose")
		fields.Default = true
		var rose hospital.Address
		topics := s.moved(t, func() (err error) { rose, _, err = s.AddAddress(t.Context(), s.customer, fields); return err })
		if want := strings.Fields(topicsOf("address:%d address:%d addresses:%d", home.ID, rose.ID, owner)); !slices.Equal(topics, slices.Sorted(slices.Values(want))) {
			t.Errorf("moved %v, want %v", topics, want)
		}
		is("[Rose] Home Work")

		fields = s.fields("Work")
		fields.Default = true
		s.moves(t, topicsOf("address:%d address:%d addresses:%d", work.ID, rose.ID, owner), func() error {
			_, err := s.SetAddress(t.Context(), s.customer, work.ID, fields)
			return err
		})
		is("[Work] Home Rose")
		s.moves(t, "", func() error { _, err := s.SetAddress(t.Context(), s.customer, work.ID, fields); return err })

		fields.Default, fields.City = false, "Huye"
		s.moves(t, topicsOf("address:%d addresses:%d", work.ID, owner), func() error { _, err := s.SetAddress(t.Context(), s.customer, work.ID, fields); return err })
		is("[Work] Home Rose")

		s.moves(t, topicsOf("address:%d address:%d addresses:%d", work.ID, home.ID, owner), func() error { return s.RemoveAddress(t.Context(), s.customer, work.ID, 0) })
		is("[Home] Rose")
		s.moves(t, topicsOf("address:%d addresses:%d", rose.ID, owner), func() error { return s.RemoveAddress(t.Context(), s.customer, rose.ID, 0) })
		s.moves(t, topicsOf("address:%d addresses:%d", home.ID, owner), func() error { return s.RemoveAddress(t.Context(), s.customer, home.ID, 0) })
		is("")
		again := s.addressOf(t, s.customer, "Again")
		if !again.Default {
			t.Error("the only address is not the default")
		}
		if watch, err := s.Address(t.Context(), s.stranger, other.ID); err != nil || !watch.Default || watch.Version != 1 {
			t.Errorf("somebody else's address became %+v, error %v", watch, err)
		}
	})
}

func TestThereIsOneDefaultWhateverHappensAtOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		fields := make([]hospital.AddressCommand, 8)
		for i := range fields {
			zone, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: fmt.Sprint("Zone ", i)})
			if err != nil {
				t.Fatal(err)
			}
			fields[i] = s.fields(fmt.Sprint("address ", i))
			fields[i].ZoneID, fields[i].Default = zone.ID, i%2 == 0
		}
		known := make([]int64, len(fields))
		var all sync.WaitGroup
		for i, f := range fields {
			all.Go(func() {
				a, _, err := s.AddAddress(t.Context(), s.customer, f)
				if err != nil {
					t.Errorf("add: %v", err)
				}
				known[i] = a.ID
			})
		}
		all.Wait()
		s.oneDefault(t)
		for i, f := range fields {
			all.Go(func() {
				f.Default = true
				if _, err := s.SetAddress(t.Context(), s.customer, known[i], f); err != nil && i%2 == 0 {
					t.Errorf("set: %v", err)
				}
			})
			if i%2 == 1 {
				all.Go(func() {
					if err := s.RemoveAddress(t.Context(), s.customer, known[i], 0); err != nil {
						t.Errorf("remove: %v", err)
					}
				})
			}
		}
		all.Wait()
		s.oneDefault(t)
	})
}

// oneDefault checks that the customer has exactly one default.
func (s *service) oneDefault(t testing.TB) {
	t.Helper()
	if got := s.defaults(t, s.customer); strings.Count(got, "[") != 1 {
		t.Errorf("the addresses are %q, want one default", got)
	}
}

func TestAnAddressIsAddedOnceForOneKey(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		fields := s.fields("Home")
		fields.IdempotencyKey = "key"
		ids := make([]int64, 6)
		var all sync.WaitGroup
		var fresh int
		var mu sync.Mutex
		for i := range ids {
			all.Go(func() {
				a, replayed, err := s.AddAddress(t.Context(), s.customer, fields)
				if err != nil {
					t.Errorf("add: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ids[i] = a.ID; !replayed {
					fresh++
				}
			})
		}
		all.Wait()
		if len(slices.Compact(ids)) != 1 || fresh != 1 || s.defaults(t, s.customer) != "[Home]" {
			t.Errorf("one key gave the addresses %v, %d times a new one", ids, fresh)
		}
		fields.City = "Huye"
		refused(t, func() error { _, _, err := s.AddAddress(t.Context(), s.customer, fields); return err }(), hospital.Invalid, "idempotency_key_reused")
		fields.IdempotencyKey = strings.Repeat("k", hospital.LongestKey+1)
		s.refuses(t, hospital.Invalid, "idempotency_key", func() error { _, _, err := s.AddAddress(t.Context(), s.customer, fields); return err })
	})
}

func TestAnAddressIsItsOwnersAlone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.addressOf(t, s.customer, "Home")
		set := func(actor hospital.Actor) func() error {
			return func() error { _, err := s.SetAddress(t.Context(), actor, a.ID, s.fields("Mine")); return err }
		}
		remove := func(actor hospital.Actor) func() error {
			return func() error { return s.RemoveAddress(t.Context(), actor, a.ID, 0) }
		}
		s.refuses(t, hospital.NotFound, "address_unknown", set(s.stranger))
		s.refuses(t, hospital.NotFound, "address_unknown", remove(s.stranger))
		inCharge := s.login(t, "keza", hospital.Admin) // has addresses, but not this one
		s.refuses(t, hospital.NotFound, "address_unknown", set(inCharge))
		s.refuses(t, hospital.NotFound, "address_unknown", remove(inCharge))
		for _, actor := range []hospital.Actor{nurse, manager, cook, s.courier, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", set(actor))
			s.refuses(t, hospital.Forbidden, "forbidden", remove(actor))
			s.refuses(t, hospital.Forbidden, "forbidden", func() error { _, _, err := s.AddAddress(t.Context(), actor, s.fields("Mine")); return err })
			_, err := s.Addresses(t.Context(), actor)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
		for _, actor := range []hospital.Actor{s.customer, admin} {
			if watch, err := s.Address(t.Context(), actor, a.ID); err != nil || watch.Label != "Home" {
				t.Errorf("%s reads %+v and error %v", actor.Role, watch, err)
			}
		}
		for _, actor := range []hospital.Actor{s.stranger, s.courier} {
			_, err := s.Address(t.Context(), actor, a.ID)
			refused(t, err, hospital.NotFound, "address_unknown")
		}
		_, err := s.Address(t.Context(), s.customer, 4711)
		refused(t, err, hospital.NotFound, "address_unknown")
		for _, actor := range []hospital.Actor{nurse, manager, cook} {
			_, err := s.Address(t.Context(), actor, a.ID)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
		if addresses, err := s.Addresses(t.Context(), s.stranger); err != nil || len(addresses) != 0 {
			t.Errorf("a stranger has %v and error %v", addresses, err)
		}
	})
}

func TestAnAddressShowsItsOwnersOthers(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		home, work := s.addressOf(t, s.customer, "Home"), s.addressOf(t, s.customer, "Work")
		s.addressOf(t, s.stranger, "Elsewhere")
		watch, err := s.Address(t.Context(), s.customer, work.ID)
		if err != nil || len(watch.Others) != 1 || watch.Others[0] != home {
			t.Errorf("shows the others %+v and error %v", watch.Others, err)
		}
		if watch.Topics[hospital.AddressTopic(work.ID)] != 1 || watch.Topics[hospital.AddressesTopic(s.customer.UserID)] != 2 {
			t.Errorf("was read at %+v", watch.Revisions)
		}
		if err := s.RemoveAddress(t.Context(), s.customer, home.ID, 0); err != nil {
			t.Fatal(err)
		}
		if watch, err = s.Address(t.Context(), s.customer, work.ID); err != nil ||
			len(watch.Others) != 0 || len(watch.Gone) != 1 || watch.Gone[0].ID != home.ID {
			t.Errorf("shows %+v as gone and error %v", watch.Gone, err)
		}
		s.clock.pass(hospital.NewsLasts)
		if watch, err = s.Address(t.Context(), s.customer, work.ID); err != nil ||
			len(watch.Gone) != 0 {
			t.Errorf("later shows %+v as gone and error %v", watch.Gone, err)
		}
	})
}

func TestAnAddressChangesOnlyForWhoSawItsPresentVersion(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		seen := s.addressOf(t, s.customer, "Home")
		fields := s.fields("Here")
		if _, err := s.SetAddress(t.Context(), s.customer, seen.ID, fields); err != nil {
			t.Fatal(err)
		}
		fields.Version, fields.Label = seen.Version, "There"
		refusal := s.refuses(t, hospital.Conflict, "address_outdated", func() error { _, err := s.SetAddress(t.Context(), s.customer, seen.ID, fields); return err })
		if current, _ := refusal.Current.(hospital.Address); current.Label != "Here" || current.Version != 2 {
			t.Errorf("the refusal shows %+v", refusal.Current)
		}
		fields.Version = 2
		if a, err := s.SetAddress(t.Context(), s.customer, seen.ID, fields); err != nil || a.Label != "There" || a.Version != 3 {
			t.Errorf("got %+v and error %v", a, err)
		}
	})
}

func TestARemovedAddressStaysForWhatWentThere(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		o, d := s.parcel(t)
		id := o.AddressID
		remove := func() error { return s.RemoveAddress(t.Context(), s.customer, id, 0) }
		s.refuses(t, hospital.Conflict, "address_in_use", remove)
		s.depart(t, s.courier, d.ID)
		s.refuses(t, hospital.Conflict, "address_in_use", remove)
		s.handOver(t, s.courier, d.ID, s.code(t, s.customer, d.ID))
		done := s.delivery(t, d.ID)
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		if watch, err := s.Address(t.Context(), s.customer, id); err != nil || !watch.Removed || watch.Default {
			t.Errorf("removed, it reads %+v and error %v", watch, err)
		}
		s.refuses(t, hospital.NotFound, "address_unknown", remove)
		s.refuses(t, hospital.NotFound, "address_unknown", func() error { _, err := s.SetAddress(t.Context(), s.customer, id, s.fields("Home")); return err })
		_, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AddressID: id, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
		if got := wrongFields(refused(t, err, hospital.Invalid, "fields")); got["address_id"] == "" {
			t.Errorf("ordered to a removed address: %v", got)
		}
		if now := s.delivery(t, d.ID); now != done {
			t.Errorf("the delivery was %+v and is %+v", done, now)
		}
	})
}

func TestNoOrderGoesToAnAddressThatIsBeingRemoved(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for range 10 {
			a := s.addressOf(t, s.customer, "Home")
			var all sync.WaitGroup
			var ordered, removed error
			all.Go(func() {
				_, _, ordered = s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AddressID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
			})
			all.Go(func() { removed = s.RemoveAddress(t.Context(), s.customer, a.ID, 0) })
			all.Wait()
			if (ordered == nil) == (removed == nil) {
				t.Errorf("ordered with error %v, removed with error %v: want one of them refused", ordered, removed)
			}
		}
	})
}

func TestACustomerHasALimitedNumberOfAddresses(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for i := range hospital.MostAddresses {
			s.addressOf(t, s.customer, fmt.Sprint("address ", i))
		}
		s.refuses(t, hospital.Conflict, "addresses_many", func() error { _, _, err := s.AddAddress(t.Context(), s.customer, s.fields("more")); return err })
	})
}

func TestAnAddressOfAParcelThatChangesIsSeenByWhoCarriesIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		o, d := s.parcel(t)
		owner := s.customer.UserID
		set := func(change func(*hospital.AddressCommand)) func() error {
			fields := s.fields("Home")
			change(&fields)
			return func() error { _, err := s.SetAddress(t.Context(), s.customer, o.AddressID, fields); return err }
		}
		s.moves(t, topicsOf("address:%d addresses:%d deliveries delivery:%d", o.AddressID, owner, d.ID),
			set(func(f *hospital.AddressCommand) { f.Line1 = "KG 8 Ave 1" }))
		if now := s.delivery(t, d.ID); now.Destination != "KG 8 Ave 1, Kigali" {
			t.Errorf("the delivery goes to %q", now.Destination)
		}
		zone, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Outside", Charge: 2000})
		if err != nil {
			t.Fatal(err)
		}
		s.moves(t, topicsOf("address:%d addresses:%d deliveries delivery:%d kitchen order:%d", o.AddressID, owner, d.ID, o.ID),
			set(func(f *hospital.AddressCommand) { f.Line1, f.ZoneID = "KG 8 Ave 1", zone.ID }))
		if rounds := s.round(t, s.courier).Waiting; len(rounds) != 1 || rounds[0].Name != "Outside" {
			t.Errorf("the tablet shows %+v", rounds)
		}
	})
}
