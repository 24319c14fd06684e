package hospital_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"dusangire/hospital"
)

// In the original, nothing ever told who watched an address that its zone's charge was another one.
func TestAZoneMovesExactlyItsAddressesAndTheirOwners(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		outside, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Outside", Charge: 2000})
		if err != nil {
			t.Fatal(err)
		}
		home, work := s.addressOf(t, s.customer, "Home"), s.addressOf(t, s.customer, "Work")
		theirs := s.addressOf(t, s.stranger, "Theirs")
		gone := s.addressOf(t, s.stranger, "Gone")
		if err := s.RemoveAddress(t.Context(), s.stranger, gone.ID, 0); err != nil {
			t.Fatal(err)
		}
		fields := s.fields("Far")
		fields.ZoneID = outside.ID
		third := s.login(t, "third", hospital.Customer)
		if _, _, err := s.AddAddress(t.Context(), third, fields); err != nil {
			t.Fatal(err)
		}
		watchers := topicsOf("zone:%d address:%d address:%d address:%d addresses:%d addresses:%d", s.zone.ID, home.ID, work.ID, theirs.ID,
			s.customer.UserID, s.stranger.UserID)
		set := func(name string, charge int) func() error {
			return func() error {
				_, err := s.SetZone(t.Context(), admin, s.zone.ID, hospital.ZoneCommand{Name: name, Charge: charge})
				return err
			}
		}
		s.moves(t, watchers, set("Shelter", 700))
		watch, err := s.Address(t.Context(), s.customer, home.ID)
		if err != nil || watch.Zone.Charge != 700 || watch.Others[0].Zone.Charge != 700 || watch.Version != home.Version {
			t.Errorf("the address reads %+v and error %v", watch, err)
		}
		s.moves(t, "", set(" Shelter ", 700))
		s.moves(t, watchers, set("Shelters", 700))

		o, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AddressID: home.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if o.Price != s.dish.Price+700 {
			t.Errorf("the order costs %d, want the dish and the charge", o.Price)
		}
		s.moves(t, watchers, set("Shelters", 900))
		if o := s.order(t, o.ID); o.Price != s.dish.Price+700 {
			t.Errorf("after the charge was changed the order costs %d", o.Price)
		}
		s.moves(t, watchers+" kitchen", set("Shelter", 900))
		d := s.cooked(t, o)
		s.moves(t, watchers+topicsOf(" kitchen deliveries delivery:%d", d.ID), set("Shelters", 900))
	})
}

func TestAZoneIsRemovedOnceNoAddressIsInIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		home := s.addressOf(t, s.customer, "Home")
		remove := func(actor hospital.Actor, id, version int64) error {
			return s.RemoveZone(t.Context(), actor, id, version)
		}
		refused(t, remove(cook, s.zone.ID, 0), hospital.Forbidden, "forbidden")
		refused(t, remove(admin, 4711, 0), hospital.NotFound, "zone_unknown")
		refused(t, remove(admin, s.zone.ID, s.zone.Version+1), hospital.Conflict, "zone_outdated")
		refused(t, remove(admin, s.zone.ID, s.zone.Version), hospital.Conflict, "zone_in_use")
		if err := s.RemoveAddress(t.Context(), s.customer, home.ID, 0); err != nil {
			t.Fatal(err)
		}
		lines := s.auditLines(t)
		if err := remove(admin, s.zone.ID, s.zone.Version); err != nil {
			t.Fatal(err)
		}
		if got := s.audited(t, lines); len(got) != 1 ||
			!strings.HasPrefix(got[0], "zone.remove "+s.zone.Name) {
			t.Errorf("the audit says %q", got)
		}
		zones, err := s.Zones(t.Context(), admin)
		if err != nil || slices.ContainsFunc(zones,
			func(z hospital.Zone) bool { return z.ID == s.zone.ID }) {
			t.Errorf("the zones are %+v, error %v", zones, err)
		}
		refused(t, remove(admin, s.zone.ID, 0), hospital.NotFound, "zone_unknown")
		fields := s.fields("Work")
		fields.ZoneID = s.zone.ID
		_, _, err = s.AddAddress(t.Context(), s.customer, fields)
		refused(t, err, hospital.Invalid, "fields")
		again := hospital.ZoneCommand{Name: s.zone.Name, Charge: 100}
		if _, err := s.AddZone(t.Context(), admin, again); err != nil {
			t.Errorf("its name is not free again: %v", err)
		}
	})
}

func TestAZoneIsAddedOnceForOneKey(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		add := func(name, key string) (hospital.Zone, error) {
			return s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: name, Charge: 2000, IdempotencyKey: key})
		}
		first, err := add("Town", "k1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := add("Town", "k1")
		if err != nil || again != first {
			t.Errorf("the same key leads to %+v and error %v, want %+v", again, err, first)
		}
		s.refuses(t, hospital.Invalid, "idempotency_key_reused", func() error { _, err := add("Village", "k1"); return err })
		s.refuses(t, hospital.Conflict, "zone_name_taken", func() error { _, err := add("Town", "k2"); return err })
	})
}

func TestAZoneNamesEveryWrongField(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for name, test := range map[string]struct {
			zone hospital.ZoneCommand
			want map[string]string
		}{
			"nothing":  {hospital.ZoneCommand{Charge: -1}, map[string]string{"name": "required", "charge": "money"}},
			"too much": {hospital.ZoneCommand{Name: strings.Repeat("n", hospital.LongestName+1), Charge: 5_000_001}, map[string]string{"name": "too_long", "charge": "money"}},
			"broken":   {hospital.ZoneCommand{Name: "a\x00"}, map[string]string{"name": "characters"}},
		} {
			for _, command := range []func() error{
				func() error { _, err := s.AddZone(t.Context(), admin, test.zone); return err },
				func() error { _, err := s.SetZone(t.Context(), admin, s.zone.ID, test.zone); return err },
			} {
				if got := wrongFields(s.refuses(t, hospital.Invalid, "fields", command)); !maps.Equal(got, test.want) {
					t.Errorf("%s: got %v, want %v", name, got, test.want)
				}
			}
		}
		if _, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Block A"}); err != nil {
			t.Fatal(err)
		}
		s.refuses(t, hospital.Conflict, "zone_name_taken", func() error {
			_, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Block  A"})
			return err
		})
		s.refuses(t, hospital.Conflict, "zone_name_taken", func() error {
			_, err := s.SetZone(t.Context(), admin, s.zone.ID, hospital.ZoneCommand{Name: "Block A"})
			return err
		})
		s.refuses(t, hospital.NotFound, "zone_unknown", func() error {
			_, err := s.SetZone(t.Context(), admin, 4711, hospital.ZoneCommand{Name: "Nowhere"})
			return err
		})
		for _, actor := range []hospital.Actor{nurse, manager, cook, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", func() error { _, err := s.AddZone(t.Context(), actor, hospital.ZoneCommand{Name: "Mine"}); return err })
			s.refuses(t, hospital.Forbidden, "forbidden", func() error {
				_, err := s.SetZone(t.Context(), actor, s.zone.ID, hospital.ZoneCommand{Name: "Mine"})
				return err
			})
		}
		zones, err := s.Zones(t.Context(), hospital.System)
		if err != nil || !slices.Equal(zones, []hospital.Zone{{ID: s.zone.ID + 1, Name: "Block A", Version: 1}, s.zone}) {
			t.Errorf("the zones are %+v and error %v", zones, err)
		}
	})
}

func TestNoAddressMissesAChangeOfTheZoneThatItComesTo(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		outside, err := s.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Outside"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			fields := s.fields("Home")
			fields.ZoneID = outside.ID
			a, _, err := s.AddAddress(t.Context(), s.customer, fields)
			if err != nil {
				t.Fatal(err)
			}
			lines := s.auditLines(t)
			var all sync.WaitGroup
			all.Go(func() {
				if _, err := s.SetZone(t.Context(), admin, s.zone.ID, hospital.ZoneCommand{Name: "Shelter", Charge: 1000 + i}); err != nil {
					t.Errorf("set the zone: %v", err)
				}
			})
			all.Go(func() {
				if _, err := s.SetAddress(t.Context(), s.customer, a.ID, s.fields("Home")); err != nil {
					t.Errorf("set the address: %v", err)
				}
			})
			all.Wait()
			watch, err := s.Address(t.Context(), s.customer, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			// Added and changed; and where it came to the zone before the change of that, moved by
			// that too.
			want := int64(2)
			if s.number(t, `SELECT max(CASE WHEN action = 'address.set' THEN id ELSE 0 END) - max(CASE WHEN action = 'zone.set' THEN id ELSE 0 END)
				FROM audit WHERE id > $1`, lines) < 0 {
				want = 3
			}
			if got := watch.Topics[hospital.AddressTopic(a.ID)]; got != want || watch.Zone.Charge != 1000+i {
				t.Errorf("the address's topic stands at %d, want %d; it shows %+v", got, want, watch.Address)
			}
			if err := s.RemoveAddress(t.Context(), s.customer, a.ID, 0); err != nil {
				t.Fatal(err)
			}
		}
	})
}
