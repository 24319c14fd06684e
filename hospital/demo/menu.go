package demo

import (
	"slices"

	"dusangire/hospital"
)

// The diets of the everyday kitchen, and those that the station of special diets cooks for: without salt, mild, and some without
// much potassium. A main dish is for the one kind or the other, so that nobody gets two.
var (
	everyday = []hospital.Diet{hospital.DietGeneral, hospital.DietHighProtein, hospital.DietDiabetic, hospital.DietLowFat}
	special  = []hospital.Diet{hospital.DietLowSodium, hospital.DietCardiac, hospital.DietRenal, hospital.DietUlcer}
	hearty   = []hospital.Diet{hospital.DietGeneral, hospital.DietHighProtein} // with more fat, salt or sugar than the others may have
)

// Textures that the kitchen can serve a dish at. Who is at 5 or 6 may also eat what is smooth, and the kitchen thickens drinks up to 2.
var (
	whole  = levels(7, 7)
	soft   = levels(5, 7) // minced, soft or as it is
	mashed = levels(4, 7)
	smooth = levels(3, 7) // sieved too
	soup   = levels(2, 4) // sieved
	thin   = levels(0, 2)
	drink  = append(levels(0, 2), 7)
	yogurt = append(levels(2, 4), 7)
)

// levels lists the textures from one level to another.
func levels(from, to hospital.Texture) (all []hospital.Texture) {
	for t := from; t <= to; t++ {
		all = append(all, t)
	}
	return all
}

// The occasions at which a dish is served.
var (
	breakfast  = []hospital.Meal{hospital.Breakfast}
	main       = []hospital.Meal{hospital.Lunch, hospital.Dinner}
	snack      = []hospital.Meal{hospital.Snack}
	supplement = []hospital.Meal{hospital.Supplement}
	anyMeal    = []hospital.Meal{hospital.Breakfast, hospital.Lunch, hospital.Dinner, hospital.Snack}
)

// menu is what the demo's kitchen cooks. Allergens are those of the usual recipes, with stock cubes, milling and frying oil in mind;
// nutrition is an estimate for a usual serving from common tables of food composition. The Kinyarwanda names need a native reader.
var menu = slices.Concat(breakfasts, mains, specialDiets, sides, supplements)

// Currency is that of the demo's prices.
const Currency hospital.Currency = "RWF"

// Menu is what the demo's kitchen cooks, for a hospital that begins with it.
func Menu() []hospital.Dish {
	dishes := slices.Clone(menu)
	for i := range dishes {
		dishes[i].Available = true
	}
	return dishes
}

// nutrition is given as kilocalories, grams of protein, carbohydrate and fat, and milligrams of sodium and potassium.
func nutrition(kcal, protein, carbohydrate, fat, sodium, potassium int) hospital.Nutrition {
	return hospital.Nutrition{EnergyKcal: kcal, ProteinG: protein, CarbohydrateG: carbohydrate, FatG: fat, SodiumMg: sodium, PotassiumMg: potassium}
}

// contains lists allergens.
func contains(allergens ...hospital.Allergen) []hospital.Allergen { return allergens }

// but are the diets without some.
func but(diets []hospital.Diet, without ...hospital.Diet) []hospital.Diet {
	return slices.DeleteFunc(slices.Clone(diets), func(d hospital.Diet) bool { return slices.Contains(without, d) })
}

var breakfasts = []hospital.Dish{
	{
		Name:  hospital.DishName{En: "Sorghum and soya porridge", Fr: "Bouillie de sorgho et soja", Rw: "Igikoma cy'amasaka na soya"},
		Meals: breakfast, Station: "porridge", Textures: smooth, Price: 800,
		Allergens: contains("soya"), MayContain: contains("gluten", "peanuts"),
		Diets:     but(hospital.Diets, hospital.DietDiabetic, hospital.DietRenal, hospital.DietUlcer),
		Nutrition: nutrition(345, 13, 62, 5, 20, 480),
	},
	{
		Name:  hospital.DishName{En: "Finger millet porridge, unsweetened", Fr: "Bouillie d'éleusine sans sucre", Rw: "Igikoma cy'uburo kitarimo isukari"},
		Meals: breakfast, Station: "porridge", Textures: smooth, Price: 800,
		MayContain: contains("gluten"),
		Diets:      but(hospital.Diets, hospital.DietHighProtein, hospital.DietRenal, hospital.DietUlcer),
		Nutrition:  nutrition(235, 6, 50, 1, 15, 290),
	},
	{
		Name:  hospital.DishName{En: "Rice porridge, plain", Fr: "Bouillie de riz nature", Rw: "Igikoma cy'umuceri"},
		Meals: breakfast, Station: "porridge", Textures: smooth, Price: 800,
		Diets:     but(hospital.Diets, hospital.DietHighProtein, hospital.DietDiabetic),
		Nutrition: nutrition(175, 4, 40, 0, 10, 60),
	},
	{
		Name:  hospital.DishName{En: "Rice water, strained", Fr: "Eau de riz filtrée", Rw: "Amazi y'umuceri ayunguruye"},
		Meals: breakfast, Station: "porridge", Textures: thin, Price: 800,
		Diets:     hospital.Diets,
		Nutrition: nutrition(60, 1, 14, 0, 5, 20),
	},
	{
		Name:  hospital.DishName{En: "Tea with milk", Fr: "Thé au lait", Rw: "Icyayi n'amata"},
		Meals: []hospital.Meal{hospital.Breakfast, hospital.Snack}, Station: "hot", Textures: drink, Price: 800,
		Allergens: contains("milk"),
		Diets:     hearty,
		Nutrition: nutrition(117, 4, 14, 5, 55, 200),
	},
	{
		Name:  hospital.DishName{En: "Black tea without sugar", Fr: "Thé noir sans sucre", Rw: "Icyayi cy'umukara kitarimo isukari"},
		Meals: []hospital.Meal{hospital.Breakfast, hospital.Snack}, Station: "hot", Textures: drink, Price: 800,
		Diets:     but(hospital.Diets, hospital.DietUlcer),
		Nutrition: nutrition(4, 0, 1, 0, 5, 60),
	},
	{
		Name:  hospital.DishName{En: "Boiled eggs", Fr: "Œufs durs", Rw: "Amagi atogosheje"},
		Meals: breakfast, Station: "hot", Textures: soft, Price: 1000,
		Allergens: contains("eggs"),
		Diets:     but(everyday, hospital.DietLowFat),
		Nutrition: nutrition(155, 13, 1, 11, 125, 125),
	},
	{
		Name:  hospital.DishName{En: "Wholemeal bread", Fr: "Pain complet", Rw: "Umugati w'ingano zuzuye"},
		Meals: breakfast, Station: "cold", Textures: whole, Price: 800,
		Allergens: contains("gluten"), MayContain: contains("eggs", "milk", "sesame", "soya"),
		Diets:     everyday,
		Nutrition: nutrition(203, 8, 36, 3, 380, 200),
	},
	{
		Name:  hospital.DishName{En: "White bread, unsalted", Fr: "Pain blanc sans sel", Rw: "Umugati utarimo umunyu"},
		Meals: breakfast, Station: "cold", Textures: whole, Price: 800,
		Allergens: contains("gluten"), MayContain: contains("eggs", "milk"),
		Diets:     special,
		Nutrition: nutrition(210, 6, 42, 2, 10, 90),
	},
	{
		Name:  hospital.DishName{En: "Mandazi", Fr: "Beignets (amandazi)", Rw: "Amandazi"},
		Meals: []hospital.Meal{hospital.Breakfast, hospital.Snack}, Station: "cold", Textures: whole, Price: 800,
		Allergens: contains("eggs", "gluten", "milk"), MayContain: contains("peanuts", "sesame", "soya"),
		Diets:     []hospital.Diet{hospital.DietGeneral},
		Nutrition: nutrition(356, 7, 46, 16, 250, 110),
	},
	{
		Name:  hospital.DishName{En: "Bananas", Fr: "Bananes", Rw: "Imineke"},
		Meals: []hospital.Meal{hospital.Breakfast, hospital.Snack}, Station: "cold", Textures: mashed, Price: 800,
		Diets:     but(hospital.Diets, hospital.DietDiabetic, hospital.DietRenal),
		Nutrition: nutrition(185, 2, 42, 1, 2, 700),
	},
}

var mains = []hospital.Dish{
	{
		// The hidden allergen: cassava leaves are cooked in groundnut paste, and in some kitchens with small dried fish.
		Name:  hospital.DishName{En: "Cassava ugali with isombe", Fr: "Pâte de manioc et isombe", Rw: "Ubugali bw'imyumbati n'isombe"},
		Meals: main, Station: "hot", Textures: soft, Price: 2000,
		Allergens: contains("peanuts"), MayContain: contains("fish"),
		Diets:     hearty,
		Nutrition: nutrition(645, 16, 105, 18, 480, 1150),
	},
	{
		Name:  hospital.DishName{En: "Rice and beans", Fr: "Riz et haricots", Rw: "Umuceri n'ibishyimbo"},
		Meals: main, Station: "hot", Textures: mashed, Price: 1500,
		MayContain: contains("celery"),
		Diets:      everyday,
		Nutrition:  nutrition(560, 21, 105, 6, 420, 900),
	},
	{
		Name:  hospital.DishName{En: "Agatogo with beef", Fr: "Agatogo au bœuf", Rw: "Agatogo n'inyama y'inka"},
		Meals: main, Station: "hot", Textures: mashed, Price: 3000,
		Allergens: contains("celery"), MayContain: contains("gluten", "soya"),
		Diets:     hearty,
		Nutrition: nutrition(520, 27, 72, 14, 560, 1300),
	},
	{
		Name:  hospital.DishName{En: "Potatoes with chicken", Fr: "Pommes de terre au poulet", Rw: "Ibirayi n'inkoko"},
		Meals: main, Station: "hot", Textures: mashed, Price: 3500,
		MayContain: contains("mustard"),
		Diets:      everyday,
		Nutrition:  nutrition(490, 34, 68, 9, 430, 1250),
	},
	{
		Name:  hospital.DishName{En: "Cassava ugali with indagara", Fr: "Pâte de manioc et petits poissons séchés", Rw: "Ubugali n'indagara"},
		Meals: main, Station: "hot", Textures: whole, Price: 2000,
		Allergens: contains("fish"), MayContain: contains("crustaceans", "molluscs"),
		Diets:     hearty,
		Nutrition: nutrition(590, 30, 95, 10, 620, 700),
	},
	{
		Name:  hospital.DishName{En: "Tilapia with cooking bananas", Fr: "Tilapia aux bananes à cuire", Rw: "Tilapiya n'ibitoke"},
		Meals: main, Station: "hot", Textures: levels(6, 7), Price: 4500,
		Allergens: contains("fish"), MayContain: contains("crustaceans"),
		Diets:     everyday,
		Nutrition: nutrition(477, 33, 66, 9, 390, 1280),
	},
	{
		Name:  hospital.DishName{En: "Sweet potatoes with beef", Fr: "Patates douces au bœuf", Rw: "Ibijumba n'inyama y'inka"},
		Meals: main, Station: "hot", Textures: mashed, Price: 3000,
		MayContain: contains("celery"),
		Diets:      hearty,
		Nutrition:  nutrition(555, 29, 78, 14, 410, 1200),
	},
	{
		Name:  hospital.DishName{En: "Pumpkin with beans", Fr: "Courge aux haricots", Rw: "Ibihaza n'ibishyimbo"},
		Meals: main, Station: "hot", Textures: smooth, Price: 1500,
		Diets:     everyday,
		Nutrition: nutrition(380, 18, 68, 4, 260, 1150),
	},
	{
		Name:  hospital.DishName{En: "Maize ugali with amaranth greens", Fr: "Pâte de maïs et amarante", Rw: "Ubugali bw'ibigori na dodo"},
		Meals: main, Station: "hot", Textures: soft, Price: 1500,
		MayContain: contains("peanuts"),
		Diets:      but(everyday, hospital.DietHighProtein),
		Nutrition:  nutrition(475, 13, 88, 8, 350, 980),
	},
	{
		Name:  hospital.DishName{En: "Vegetable soup, sieved", Fr: "Soupe de légumes passée", Rw: "Isupu y'imboga iyunguruye"},
		Meals: main, Station: "hot", Textures: soup, Price: 1000,
		Allergens: contains("celery"), MayContain: contains("milk"),
		Diets:     everyday,
		Nutrition: nutrition(190, 6, 28, 6, 300, 620),
	},
	{
		Name:  hospital.DishName{En: "Clear beef broth", Fr: "Bouillon de bœuf clair", Rw: "Umufa w'inyama y'inka"},
		Meals: main, Station: "hot", Textures: thin, Price: 1000,
		Diets:     everyday,
		Nutrition: nutrition(41, 6, 2, 1, 320, 150),
	},
}

var specialDiets = []hospital.Dish{
	{
		Name:  hospital.DishName{En: "Rice with chicken, unsalted", Fr: "Riz au poulet sans sel", Rw: "Umuceri n'inkoko bitarimo umunyu"},
		Meals: main, Station: "special", Textures: mashed, Price: 3000,
		Diets:     special,
		Nutrition: nutrition(430, 26, 66, 7, 90, 380),
	},
	{
		Name:  hospital.DishName{En: "Steamed fish with mashed potatoes, unsalted", Fr: "Poisson vapeur et purée sans sel", Rw: "Ifi n'ibirayi binombye bitarimo umunyu"},
		Meals: main, Station: "special", Textures: mashed, Price: 4000,
		Allergens: contains("fish", "milk"), MayContain: contains("crustaceans"),
		Diets:     but(special, hospital.DietRenal),
		Nutrition: nutrition(400, 29, 55, 7, 130, 1150),
	},
	{
		Name:  hospital.DishName{En: "Pasta with cabbage and carrots, unsalted", Fr: "Pâtes au chou et aux carottes sans sel", Rw: "Makaroni n'amashu na karoti bitarimo umunyu"},
		Meals: main, Station: "special", Textures: soft, Price: 1500,
		Allergens: contains("gluten"), MayContain: contains("eggs"),
		Diets:     but(special, hospital.DietUlcer),
		Nutrition: nutrition(400, 13, 75, 5, 40, 350),
	},
	{
		Name:  hospital.DishName{En: "Steamed cooking bananas with pumpkin, unsalted", Fr: "Bananes à cuire et courge vapeur sans sel", Rw: "Ibitoke n'ibihaza bitarimo umunyu"},
		Meals: main, Station: "special", Textures: mashed, Price: 1500,
		Diets:     but(special, hospital.DietRenal),
		Nutrition: nutrition(362, 6, 80, 2, 15, 1150),
	},
	{
		Name:  hospital.DishName{En: "Rice and chicken soup, sieved, unsalted", Fr: "Soupe de riz et poulet passée sans sel", Rw: "Isupu y'umuceri n'inkoko iyunguruye itarimo umunyu"},
		Meals: main, Station: "special", Textures: soup, Price: 1500,
		Diets:     special,
		Nutrition: nutrition(213, 14, 28, 5, 70, 220),
	},
	{
		Name:  hospital.DishName{En: "Clear chicken broth, unsalted", Fr: "Bouillon de poulet clair sans sel", Rw: "Umufa w'inkoko utarimo umunyu"},
		Meals: main, Station: "special", Textures: thin, Price: 1000,
		Diets:     special,
		Nutrition: nutrition(37, 6, 1, 1, 60, 140),
	},
}

var sides = []hospital.Dish{
	{
		Name:  hospital.DishName{En: "Stewed apple", Fr: "Compote de pommes", Rw: "Pome zitetse"},
		Meals: anyMeal, Station: "cold", Textures: smooth, Price: 800,
		Diets:     hospital.Diets,
		Nutrition: nutrition(80, 0, 20, 0, 3, 130),
	},
	{
		Name:  hospital.DishName{En: "Avocado", Fr: "Avocat", Rw: "Avoka"},
		Meals: []hospital.Meal{hospital.Lunch, hospital.Dinner, hospital.Snack}, Station: "cold", Textures: mashed, Price: 800,
		Diets:     but(hospital.Diets, hospital.DietLowFat, hospital.DietRenal, hospital.DietUlcer),
		Nutrition: nutrition(165, 2, 6, 15, 7, 485),
	},
	{
		Name:  hospital.DishName{En: "Fruit salad", Fr: "Salade de fruits", Rw: "Imbuto zivanze"},
		Meals: []hospital.Meal{hospital.Lunch, hospital.Dinner, hospital.Snack}, Station: "cold", Textures: whole, Price: 1000,
		Diets:     but(hospital.Diets, hospital.DietRenal, hospital.DietUlcer),
		Nutrition: nutrition(80, 1, 19, 0, 3, 260),
	},
	{
		Name:  hospital.DishName{En: "Cabbage salad with mayonnaise", Fr: "Salade de chou à la mayonnaise", Rw: "Salade y'amashu na mayoneze"},
		Meals: main, Station: "cold", Textures: whole, Price: 1000,
		Allergens: contains("eggs", "mustard"), MayContain: contains("celery"),
		Diets:     hearty,
		Nutrition: nutrition(112, 2, 8, 8, 210, 230),
	},
	{
		Name:  hospital.DishName{En: "Ikivuguto, fermented milk", Fr: "Lait fermenté (ikivuguto)", Rw: "Ikivuguto"},
		Meals: []hospital.Meal{hospital.Breakfast, hospital.Dinner, hospital.Snack}, Station: "cold", Textures: yogurt, Price: 1000,
		Allergens: contains("milk"),
		Diets:     but(everyday, hospital.DietLowFat),
		Nutrition: nutrition(152, 8, 12, 8, 110, 370),
	},
	{
		Name:  hospital.DishName{En: "Passion fruit juice", Fr: "Jus de maracuja", Rw: "Umutobe wa marakuja"},
		Meals: snack, Station: "cold", Textures: drink, Price: 1000,
		MayContain: contains("sulphites"),
		Diets:      but(hospital.Diets, hospital.DietDiabetic, hospital.DietRenal, hospital.DietUlcer),
		Nutrition:  nutrition(112, 1, 27, 0, 10, 300),
	},
	{
		Name:  hospital.DishName{En: "Water", Fr: "Eau", Rw: "Amazi"},
		Meals: snack, Station: "cold", Textures: drink, Price: 800,
		Diets: hospital.Diets,
	},
	{
		Name:  hospital.DishName{En: "Roasted groundnuts", Fr: "Arachides grillées", Rw: "Ubunyobwa bukaranze"},
		Meals: snack, Station: "cold", Textures: whole, Price: 800,
		Allergens: contains("peanuts"), MayContain: contains("nuts", "sesame"),
		Diets:     but(everyday, hospital.DietLowFat),
		Nutrition: nutrition(240, 10, 7, 19, 5, 270),
	},
	{
		Name:  hospital.DishName{En: "Sambusa with beef", Fr: "Samoussa au bœuf", Rw: "Sambusa y'inyama y'inka"},
		Meals: snack, Station: "hot", Textures: whole, Price: 1200,
		Allergens: contains("gluten"), MayContain: contains("celery", "eggs", "mustard", "soya"),
		Diets:     []hospital.Diet{hospital.DietGeneral},
		Nutrition: nutrition(278, 10, 28, 14, 390, 210),
	},
}

// supplements are not for sale.
var supplements = []hospital.Dish{
	{
		Name:  hospital.DishName{En: "F-75 therapeutic milk", Fr: "Lait thérapeutique F-75", Rw: "Amata avura F-75"},
		Meals: supplement, Station: "special", Textures: levels(0, 7),
		Allergens: contains("milk"), MayContain: contains("soya"),
		Diets:     hearty,
		Nutrition: nutrition(150, 2, 26, 4, 28, 310),
	},
	{
		Name:  hospital.DishName{En: "F-100 therapeutic milk", Fr: "Lait thérapeutique F-100", Rw: "Amata avura F-100"},
		Meals: supplement, Station: "special", Textures: levels(0, 7),
		Allergens: contains("milk"), MayContain: contains("soya"),
		Diets:     hearty,
		Nutrition: nutrition(203, 6, 20, 11, 88, 490),
	},
	{
		Name:  hospital.DishName{En: "Ready-to-use therapeutic paste", Fr: "Pâte thérapeutique prête à l'emploi", Rw: "Umutsima uvura witeguye kuribwa"},
		Meals: supplement, Station: "special", Textures: mashed,
		Allergens: contains("milk", "peanuts", "soya"),
		Diets:     hearty,
		Nutrition: nutrition(500, 13, 42, 31, 250, 1050),
	},
	{
		Name:  hospital.DishName{En: "High-protein milk drink", Fr: "Boisson lactée hyperprotéinée", Rw: "Amata yongerewemo poroteyine"},
		Meals: supplement, Station: "cold", Textures: append(levels(0, 3), 7), Price: 1500,
		Allergens: contains("milk", "soya"),
		Diets:     append(slices.Clone(hearty), hospital.DietUlcer),
		Nutrition: nutrition(240, 18, 26, 7, 150, 450),
	},
}
