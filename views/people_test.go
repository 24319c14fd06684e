package views_test

import (
	"time"

	"dusangire/hospital"
)

// sampleAccount is somebody's own account, with a session on a telephone besides this one.
func sampleAccount() hospital.Account {
	return hospital.Account{User: sampleUsers()[0], Sessions: []hospital.OpenSession{
		{ID: 2, Own: true, CreatedAt: now, ExpiresAt: now.Add(12 * time.Hour), Address: "10.0.0.7",
			Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		{ID: 1, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(11 * time.Hour),
			Address: "2001:db8::1", Agent: "Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Safari/537.36"},
	}}
}

// sampleInvitations are those to a stay: two slips are out, and one login may order.
func sampleInvitations() hospital.InvitationList {
	return hospital.InvitationList{
		Admission: hospital.Admission{ID: 71, PatientName: names[0], BedNumber: "PED-05",
			WardName: "Paediatrics"},
		Waiting: make([]hospital.Invitation, 2), Customers: []string{"mukamana"},
	}
}

// sampleMissing is what a hospital may lack.
func sampleMissing() []hospital.Missing {
	return []hospital.Missing{
		{Kind: hospital.MissingWard}, {Kind: hospital.MissingBed}, {Kind: hospital.MissingDish},
		{Kind: hospital.MissingDiet, Diet: hospital.DietRenal, Meal: hospital.Lunch},
		{Kind: hospital.MissingLogin, Role: hospital.KitchenStaff},
	}
}
