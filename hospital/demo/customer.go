package demo

import (
	"context"
	"fmt"
	"time"

	"dusangire/hospital"
)

// customer orders for somebody in the hospital, and for themselves. Nobody has their telephone numbers: they begin with 0780 000.
type customer struct {
	username  string
	name      string
	patient   hospital.PatientName      // a regular
	allergies []hospital.Allergen       // of the patient
	addresses []hospital.AddressCommand // the first is the default; of each, the zone is named by at
	at        []string
}

// customers are the demo login, a mother whose child must not have groundnuts, and simulated ones.
var customers = []customer{
	{
		username: string(hospital.Customer), name: "Uwera Josiane", patient: childOfTheCustomer, allergies: []hospital.Allergen{"peanuts"},
		addresses: []hospital.AddressCommand{
			{Label: "Shelter", Phone: "0780 000 001", Line1: "Mat 12", Line2: "Women's hall", Instructions: "Ask at the door of the shelter"},
			{Label: "Home", Phone: "0780 000 001", Line1: "KG 999 St 7", Instructions: "Blue gate"},
		},
		at: []string{shelter, outside},
	},
	{
		username: "gatera.paul", name: "Gatera Paul", patient: youngMother,
		addresses: []hospital.AddressCommand{{Label: "Staff house 4", Phone: "0780 000 002", Line1: "Staff house 4"}},
		at:        []string{staffHouses},
	},
	{
		username: "ingabire.rose", name: "Ingabire Rose", patient: oldLady,
		addresses: []hospital.AddressCommand{{Label: "Home", Phone: "0780 000 003", Line1: "KG 998 Ave 21", Instructions: "Second house on the left"}},
		at:        []string{outside},
	},
}

// actorOf is a login as the actor of commands.
func actorOf(u hospital.User) hospital.Actor {
	return hospital.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}
}

// moveIn adds the customers' addresses.
func (o *opening) moveIn(ctx context.Context) error {
	for _, c := range customers {
		who := o.people[c.username]
		for i, address := range c.addresses {
			address.FullName, address.City, address.ZoneID = c.name, "Kigali", o.zones[c.at[i]]
			added, _, err := o.h.AddAddress(ctx, who, address)
			if err != nil {
				return fmt.Errorf("add an address of %s: %w", c.username, err)
			}
			if added.Default {
				o.homes[c.username] = added.ID
			}
		}
	}
	return nil
}

// arrangeCustomers lets the desk link each customer to their patient, of whom allergies are known.
func (o *opening) arrangeCustomers() {
	for _, c := range customers {
		who, s := o.people[c.username], o.regulars[c.patient]
		s.cmd.Allergies = hospital.Allergies{Known: true, Allergens: c.allergies}
		o.happens(s.admitted.Add(20*time.Minute), func(ctx context.Context) error {
			return o.h.LinkCustomer(ctx, desk, who.UserID, s.patient)
		})
	}
}
