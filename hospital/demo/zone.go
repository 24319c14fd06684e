package demo

import "dusangire/hospital"

// zones are where the demo's couriers bring meals: its own blocks for nothing, and around it for a charge in Rwandan francs.
var zones = []hospital.ZoneCommand{
	{Name: "Block A0"}, {Name: "Block B1"}, {Name: "Block B2"}, {Name: "Block C1"}, {Name: "Block C2"}, {Name: "Block D0"}, {Name: "Block D1"},
	{Name: staffHouses, Charge: 500},
	{Name: shelter, Charge: 500},
	{Name: outside, Charge: 2000},
}

// The zones that the demo's customers live in.
const (
	staffHouses = "Staff houses"
	shelter     = "Relatives' shelter"
	outside     = "Outside, within 3 km"
)
