package demo

// couriers are the usernames of the simulated couriers.
var couriers = []string{"jean.bosco", "aline", "olivier"}
