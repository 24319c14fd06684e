package demo

// The zones of zones.csv that the demo's customers live in.
const (
	staffHouses = "Staff houses"
	shelter     = "Relatives' shelter"
	outside     = "Outside, within 3 km"
)
