package views_test

import "dusangire/hospital"

// sampleDishes are an ordinary dish, one with all that can be said of it, and one that is retired.
func sampleDishes() []hospital.Dish {
	rice := hospital.Dish{ID: 1, Name: hospital.DishName{En: "Rice"}, Meals: []hospital.Meal{hospital.Lunch},
		Station: "hot", Diets: hospital.Diets, Textures: []hospital.Texture{3, 4, 5, 7}, Price: 1200,
		Available: true, Version: 1}
	isombe := hospital.Dish{ID: 2, Name: hospital.DishName{En: "Cassava ugali with isombe",
		Fr: "Pâte de manioc et isombe", Rw: "Ubugali bw’imyumbati n’isombe"}, Meals: hospital.Meals,
		Station: hospital.Unrouted, Allergens: hospital.Allergens, MayContain: hospital.Allergens,
		Diets: hospital.Diets[:2], Textures: []hospital.Texture{7}, Price: 100_000, Version: 12}
	old := rice
	old.ID, old.Name.En, old.RetiredAt = 3, "Old rice", now
	return []hospital.Dish{rice, isombe, old}
}

// sampleDishDetail is one of them with a history.
func sampleDishDetail(n int) hospital.DishDetail {
	return hospital.DishDetail{Dish: sampleDishes()[n], Events: []hospital.DishEvent{
		{At: now, By: "cook", Action: "set", Changes: []hospital.Change{
			{Field: "allergens", From: "milk", To: "milk,nuts"}, {Field: "name_fr", To: "Riz"},
			{Field: "price", From: "1200", To: "1300"}, {Field: "available", From: "true", To: "false"}}},
		{At: now, By: "admin", Action: "add"}}}
}
