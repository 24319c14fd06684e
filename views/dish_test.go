package views_test

import (
	"time"

	"dusangire/hospital"
)

// sampleDishes are an ordinary dish, one with all that can be said of it, and one that is retired.
func sampleDishes() []hospital.Dish {
	rice := hospital.Dish{ID: 1, Name: hospital.DishName{En: "Rice"},
		Meals:   []hospital.Meal{hospital.Lunch},
		Station: "hot", Diets: hospital.Diets, Textures: []hospital.Texture{3, 4, 5, 7}, Price: 1200,
		Available: true, Version: 1}
	isombe := hospital.Dish{ID: 2, Name: hospital.DishName{En: "Cassava ugali with isombe",
		Fr: "Pâte de manioc et isombe", Rw: "Ubugali bw’imyumbati n’isombe"}, Meals: hospital.Meals,
		Station: hospital.Unrouted, Allergens: hospital.Allergens, MayContain: hospital.Allergens,
		Diets: hospital.Diets[:2], Textures: []hospital.Texture{7}, Price: 100_000, Version: 12,
		SoldOutUntil: now, SubstituteID: 1}
	old := rice
	old.ID, old.Name.En, old.RetiredAt = 3, "Old rice", now
	return []hospital.Dish{rice, isombe, old}
}

// sampleDishDetail is one of them with a history.
func sampleDishDetail(n int) hospital.DishDetail {
	return hospital.DishDetail{Dish: sampleDishes()[n], Substitutes: sampleDishes()[:1],
		DayEnds: now, Events: []hospital.DishEvent{
			{At: now, By: "cook", Action: "set", Changes: []hospital.Change{
				{Field: "allergens", From: "milk", To: "milk,nuts"}, {Field: "name_fr", To: "Riz"},
				{Field: "price", From: 1200, To: 1300}, {Field: "available", From: "true", To: "false"}}},
			{At: now, By: "admin", Action: "add"}}}
}

// samplePlan is a cycle of three days, the second of them today, with an exception.
func samplePlan() hospital.MenuPlan {
	today := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	dishes := sampleDishes()[:2]
	return hospital.MenuPlan{Days: 3, StartsOn: today.AddDate(0, 0, -1), Today: today, Version: 2,
		Entries: []hospital.PlanEntry{{Day: 1, Meal: hospital.Lunch, Dishes: dishes},
			{Day: 2, Meal: hospital.Dinner, Dishes: dishes[:1]},
			{Date: today.AddDate(0, 0, 4), Meal: hospital.Breakfast, Dishes: dishes[1:]}}}
}

// sampleForecast is a lunch at which some get nothing.
func sampleForecast() hospital.Forecast {
	f := hospital.Forecast{Meal: hospital.Lunch, Date: samplePlan().Today, Due: now, At: now,
		Trays: 20,
		Dishes: []hospital.DishForecast{{Dish: sampleDishes()[0], Count: 20,
			ByTexture: map[hospital.Texture]int{7: 18, 4: 2}}}}
	for i, why := range hospital.NoMeals {
		f.Without = append(f.Without, hospital.ForecastLine{AdmissionID: int64(i + 1), Why: why,
			PatientName: names[i], Initials: names[i].Initials(), BedNumber: "MED-A-0" + string('1'+rune(i)),
			WardCode: "MED-A"})
	}
	f.Without[1].BedNumber, f.Without[2].PatientName = "", ""
	for _, diet := range hospital.Diets {
		for texture := hospital.RegularTexture; texture.Valid(); texture-- {
			f.Defaults = append(f.Defaults, hospital.DefaultMeal{Diet: diet, Texture: texture,
				Dishes: sampleDishes()[:texture%3]})
		}
	}
	return f
}
