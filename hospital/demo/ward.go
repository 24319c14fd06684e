package demo

import (
	"math/rand/v2"
	"slices"
	"time"

	"dusangire/hospital"
)

// day is what a length of stay is counted in.
const day = 24 * time.Hour

// adult is the age from which nobody lies on a children's ward.
const adult = 15

// ward is whom a ward of the demo hospital takes, and how its beds stand when the demo opens. What it
// is, and which beds it has, stands in wards.csv and beds.csv.
type ward struct {
	code         string
	opening      hospital.BedCounts
	takes        func(person) bool
	arrivals     float64       // how often patients from outside come here, against the other wards; 0: only from other wards
	lengthOfStay time.Duration // how long a patient usually stays
	diets        []hospital.Diet
	textures     []hospital.Texture // of those old enough to chew
	reasons      []string           // for admission
	isolation    hospital.Isolation // of each patient
}

// The codes of wards that patients pass through in one direction or the other, and of the one where they are fed up.
const (
	emergency   = "URG"
	intensive   = "ICU"
	nutritional = "NUT"
)

// wards are the demo hospital's, in the order of the way through the buildings. Where a diet stands twice, it is twice as usual.
var wards = []ward{
	{
		code:     emergency,
		opening:  hospital.BedCounts{Total: 12, Available: 2, Occupied: 8, Cleaning: 1, Closed: 1},
		takes:    anyone,
		arrivals: 50, lengthOfStay: 5 * time.Hour,
		diets:    []hospital.Diet{hospital.DietGeneral, hospital.DietGeneral, hospital.DietGeneral, hospital.DietDiabetic},
		textures: []hospital.Texture{7, 7, 7, 6},
		reasons:  []string{"Road accident, open leg wound", "High fever and shivering", "Chest pain since this morning", "Severe dehydration", "Burn on the forearm"},
	},
	{
		code:     "MED-A",
		opening:  hospital.BedCounts{Total: 24, Available: 2, Reserved: 1, Occupied: 20, Cleaning: 1},
		takes:    func(p person) bool { return p.sex == female && p.age >= adult },
		arrivals: 3, lengthOfStay: 6 * day,
		diets:    []hospital.Diet{hospital.DietDiabetic, hospital.DietDiabetic, hospital.DietLowSodium, hospital.DietLowSodium, hospital.DietGeneral, hospital.DietGeneral, hospital.DietUlcer, hospital.DietLowFat},
		textures: []hospital.Texture{7, 7, 7, 7, 6, 6, 5},
		reasons:  []string{"Pneumonia", "Diabetes out of balance", "High blood pressure, headache", "Severe malaria", "Stomach ulcer, bleeding"},
	},
	{
		code:     "MED-B",
		opening:  hospital.BedCounts{Total: 24, Available: 2, Occupied: 20, Cleaning: 1, Maintenance: 1},
		takes:    func(p person) bool { return p.sex == male && p.age >= adult },
		arrivals: 3, lengthOfStay: 6 * day,
		diets:    []hospital.Diet{hospital.DietRenal, hospital.DietRenal, hospital.DietRenal, hospital.DietLowSodium, hospital.DietCardiac, hospital.DietDiabetic, hospital.DietGeneral, hospital.DietGeneral},
		textures: []hospital.Texture{7, 7, 7, 7, 6, 6, 5},
		reasons:  []string{"Kidney failure, fluid limit", "Heart failure, swollen legs", "Pneumonia", "Severe malaria", "Liver disease"},
	},
	{
		code:     "SURG",
		opening:  hospital.BedCounts{Total: 20, Available: 2, Reserved: 2, Occupied: 15, Cleaning: 1},
		takes:    func(p person) bool { return p.age >= adult },
		arrivals: 10, lengthOfStay: 4 * day,
		diets:    []hospital.Diet{hospital.DietGeneral, hospital.DietGeneral, hospital.DietHighProtein, hospital.DietHighProtein, hospital.DietLowFat, hospital.DietUlcer},
		textures: []hospital.Texture{6, 6, 6, 7, 7, 4},
		reasons:  []string{"Hernia repair", "Gallbladder removal", "Broken thigh, plate and screws", "Appendicitis", "Goitre operation"},
	},
	{
		code:         intensive,
		opening:      hospital.BedCounts{Total: 8, Available: 1, Reserved: 1, Occupied: 6},
		takes:        func(p person) bool { return p.age >= adult },
		lengthOfStay: 4 * day,
		diets:        []hospital.Diet{hospital.DietHighProtein, hospital.DietHighProtein, hospital.DietRenal, hospital.DietCardiac},
		// Hardly anyone eats here; those who do begin again with liquids.
		textures: []hospital.Texture{3, 3, 4, 2},
		reasons:  []string{"Septic shock", "Head injury", "Breathing failure", "Watch after heart attack"},
	},
	{
		code:     "PED",
		opening:  hospital.BedCounts{Total: 18, Available: 2, Occupied: 14, Cleaning: 1, Maintenance: 1},
		takes:    func(p person) bool { return p.age < adult },
		arrivals: 4, lengthOfStay: 4 * day,
		diets:    []hospital.Diet{hospital.DietGeneral, hospital.DietGeneral, hospital.DietGeneral, hospital.DietHighProtein, hospital.DietDiabetic},
		textures: []hospital.Texture{7, 7, 6},
		reasons:  []string{"Asthma attack", "Severe malaria", "Broken arm", "Bronchiolitis", "Diarrhoea, dehydrated"},
	},
	{
		code:     nutritional,
		opening:  hospital.BedCounts{Total: 8, Available: 2, Occupied: 6},
		takes:    func(p person) bool { return p.age < 5 },
		arrivals: 2, lengthOfStay: 15 * day,
		diets:    []hospital.Diet{hospital.DietHighProtein},
		textures: []hospital.Texture{4, 5, 6},
		reasons:  []string{"Severe acute malnutrition", "Malnutrition with swelling", "Poor weight gain after measles"},
	},
	{
		code:     "MAT",
		opening:  hospital.BedCounts{Total: 22, Available: 2, Reserved: 1, Occupied: 17, Cleaning: 2},
		takes:    func(p person) bool { return p.sex == female && p.age >= 16 && p.age <= 44 },
		arrivals: 16, lengthOfStay: 2 * day,
		diets:    []hospital.Diet{hospital.DietGeneral, hospital.DietGeneral, hospital.DietGeneral, hospital.DietHighProtein, hospital.DietDiabetic, hospital.DietLowSodium},
		textures: []hospital.Texture{7, 7, 7, 7, 6},
		reasons:  []string{"Labour", "Caesarean, planned", "High blood pressure in pregnancy", "After birth, observation"},
	},
	{
		code:      "ISO",
		isolation: hospital.AirborneIsolation,
		opening:   hospital.BedCounts{Total: 6, Available: 1, Occupied: 4, Maintenance: 1},
		takes:     func(p person) bool { return p.age >= adult },
		arrivals:  2, lengthOfStay: 8 * day,
		diets:    []hospital.Diet{hospital.DietHighProtein, hospital.DietHighProtein, hospital.DietGeneral},
		textures: []hospital.Texture{7, 7, 6},
		reasons:  []string{"Tuberculosis, first weeks of treatment", "Measles", "Cholera suspected"},
	},
	{
		code:     "PRIV",
		opening:  hospital.BedCounts{Total: 10, Reserved: 1, Occupied: 8, Maintenance: 1},
		takes:    func(p person) bool { return p.age >= adult },
		arrivals: 4, lengthOfStay: 3 * day,
		diets:    []hospital.Diet{hospital.DietCardiac, hospital.DietLowFat, hospital.DietDiabetic, hospital.DietGeneral, hospital.DietGeneral},
		textures: []hospital.Texture{7, 7, 7, 6},
		reasons:  []string{"Knee replacement", "Heart check after chest pain", "Kidney stones", "Back operation"},
	},
}

// The reasons that the demo gives for a bed's state. The staff release and repair only what bears one of them:
// what a person reserved or reported stays as that person left it.
var (
	reservations = []string{"Planned admission this afternoon", "Transfer from a district hospital expected", "Bed for after theatre"}
	faults       = []string{"Brake stuck", "Side rail loose", "Mattress torn", "Call bell silent", "Reading lamp broken"}
	closures     = []string{"Bay being painted"}
)

func anyone(person) bool { return true }

// wardByCode finds one of wards.
func wardByCode(code string) *ward {
	return &wards[slices.IndexFunc(wards, func(w ward) bool { return w.code == code })]
}

// admission is how p is admitted to the ward at a time; the bed is left open.
func (w *ward) admission(rng *rand.Rand, p person, at time.Time) hospital.AdmitCommand {
	texture := w.texture(rng, p)
	return hospital.AdmitCommand{
		PatientName: p.name,
		BirthDate:   p.born(at),
		Sex:         p.sex,
		ConfirmNew:  true, // two people of the census may sound alike
		Placement:   hospital.Placement{Isolation: w.isolation},
		Reason:      pick(rng, w.reasons),
		Diet:        pick(rng, w.diets),
		Texture:     &texture,
		Allergies:   allergies(rng, p),
	}
}

// texture is what p can eat there: the youngest have no teeth, the next few, and very old people chew badly anywhere.
func (w *ward) texture(rng *rand.Rand, p person) hospital.Texture {
	usual := pick(rng, w.textures)
	switch {
	case p.age == 0:
		return min(usual, 3)
	case p.age <= 2:
		return min(usual, 5)
	case p.age >= 85:
		return min(usual, 6)
	}
	return usual
}

// allergies are what is known of p's. Most patients were asked and have none; of a stranger nobody knows.
func allergies(rng *rand.Rand, p person) hospital.Allergies {
	usual := []hospital.Allergen{"eggs", "fish", "milk", "peanuts", "peanuts", "soya", "gluten", "crustaceans"}
	asked, allergic, both := rng.IntN(14) > 0, rng.IntN(6) == 0, rng.IntN(4) == 0
	first, second := pick(rng, usual), pick(rng, usual)
	switch {
	case !asked || p.stranger():
		return hospital.Allergies{}
	case !allergic:
		return hospital.Allergies{Known: true}
	case both && first != second:
		return hospital.Allergies{Known: true, Allergens: []hospital.Allergen{min(first, second), max(first, second)}}
	}
	return hospital.Allergies{Known: true, Allergens: []hospital.Allergen{first}}
}
