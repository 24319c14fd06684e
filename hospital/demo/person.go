package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"dusangire/hospital"
)

// The sexes that the demo's patients have, as in hospital.Patient.
const (
	female  = "female"
	male    = "male"
	unknown = "unknown"
)

// person is an invented patient. Age and birthday follow from the name, so that the staff know one of theirs
// again after a restart, and tell them from somebody's patient who happens to be called the same.
type person struct {
	name  hospital.PatientName
	sex   string
	age   int        // in whole years, when first admitted
	month time.Month // of birth; 0 for a stranger
	day   int
}

// stranger reports whether nobody knows who this is.
func (p person) stranger() bool { return p.month == 0 }

// born is the birth date of one who is p.age years old at a time; zero for a stranger.
func (p person) born(at time.Time) time.Time {
	if p.stranger() {
		return time.Time{}
	}
	date := time.Date(at.UTC().Year()-p.age, p.month, p.day, 0, 0, 0, 0, time.UTC)
	if date.AddDate(p.age, 0, 0).After(at) {
		date = date.AddDate(-1, 0, 0)
	}
	return date
}

// is reports whether a patient of the hospital is p.
func (p person) is(name hospital.PatientName, birth time.Time) bool {
	return name == p.name && birth.Month() == p.month && birth.Day() == p.day
}

// regular is a person who is always in the opening state, because the name tries something out. The staff leave them be.
type regular struct {
	person
	ward string
}

// The regulars whom customers care for, so that a customer's page never goes empty.
const (
	childOfTheCustomer hospital.PatientName = "Uwera Ornella"
	youngMother        hospital.PatientName = "Uwingabiye Thérèse Noëlla"
	oldLady            hospital.PatientName = "Nyirabukeye Anastasie"
)

// regulars have names that are none of the census's.
var regulars = []regular{
	// Two pairs that are easily taken for each other, on one ward.
	{person{"Mukamana Claudine", female, 54, time.March, 9}, "MED-A"},
	{person{"Mukamana Claudette", female, 51, time.August, 21}, "MED-A"},
	{person{"Uwimana Marie Claire", female, 38, time.May, 2}, "MED-A"},
	{person{"Uwimana Marie Clarisse", female, 38, time.May, 20}, "MED-A"},
	// The oldest, the youngest, accents, and one who could not say a name: "utazwi", not known.
	{person{oldLady, female, 96, time.January, 4}, "MED-A"},
	{person{"Ineza Ganza", male, 0, time.June, 11}, "PED"},
	{person{childOfTheCustomer, female, 6, time.September, 17}, "PED"},
	{person{youngMother, female, 27, time.October, 30}, "MAT"},
	{person{name: "Utazwi", sex: unknown, age: 40}, intensive},
}

// Rwandan names stand first, given names after them. Some Rwandan names tell the sex.
var (
	womensNames = []string{"Ingabire", "Ishimwe", "Kabatesi", "Kankindi", "Kayitesi", "Mukabutera", "Mukagatare", "Mukakarangwa", "Mukamana",
		"Mukamurenzi", "Mukandori", "Mukantwari", "Mukarugwiza", "Mukashema", "Munezero", "Mutoniwase", "Niyigena", "Nyirahabimana", "Nyiramana",
		"Nyiransabimana", "Tuyishime", "Umubyeyi", "Umuhoza", "Umulisa", "Umurerwa", "Umutoniwase", "Uwamahoro", "Uwera", "Uwimana", "Uwimbabazi", "Uwitonze", "Uwizeyimana"}
	womensGivenNames = []string{"Adeline", "Alice", "Aline", "Alphonsine", "Annonciata", "Assumpta", "Beatrice", "Bernadette", "Christine", "Clementine",
		"Consolee", "Delphine", "Denise", "Donatha", "Emerance", "Epiphanie", "Esther", "Felicite", "Florence", "Gloriose", "Immaculee", "Jacqueline",
		"Jeannette", "Josiane", "Judith", "Laurence", "Liliane", "Lydie", "Marie Rose", "Odile", "Olive", "Pascaline", "Rosine", "Sandrine", "Solange", "Speciose", "Sylvie", "Verene", "Vestine", "Yvette"}
	mensNames = []string{"Bizimana", "Dusabimana", "Gakwaya", "Gatete", "Habimana", "Habineza", "Habumugisha", "Hakizimana", "Harerimana", "Hategekimana",
		"Hitimana", "Irakoze", "Ishimwe", "Karangwa", "Mugabo", "Munyakazi", "Munyentwari", "Mutabazi", "Ndagijimana", "Ndikumana", "Ngendahimana", "Nizeyimana", "Niyonzima",
		"Nkurikiyimana", "Nsabimana", "Nsengimana", "Ntakirutimana", "Rutayisire", "Sebagabo", "Sibomana", "Tuyisenge", "Twizeyimana"}
	mensGivenNames = []string{"Adrien", "Aimable", "Albert", "Alexis", "Aloys", "Ananias", "Antoine", "Athanase", "Augustin", "Callixte", "Canisius",
		"Cyprien", "Damien", "Dieudonne", "Elie", "Emile", "Ephrem", "Etienne", "Faustin", "Felicien", "Fidele", "Gratien", "Gregoire", "Innocent",
		"Isidore", "Janvier", "Jean Bosco", "Jean Marie", "Joel", "Leonidas", "Narcisse", "Pacifique", "Placide", "Protais", "Silas", "Sylvestre", "Theogene", "Theoneste", "Vedaste", "Viateur"}
)

// census is everybody who may fall ill in the demo.
type census struct {
	people []person
	byName map[hospital.PatientName]person
}

// everyone is the census, the same in every process.
var everyone = sync.OnceValue(func() census {
	c := census{byName: map[hospital.PatientName]person{}}
	c.add(female, womensNames, womensGivenNames)
	c.add(male, mensNames, mensGivenNames)
	return c
})

// add puts one person into the census for each pair of a Rwandan and a given name.
func (c *census) add(sex string, names, givenNames []string) {
	for _, name := range names {
		for _, given := range givenNames {
			p := newPerson(hospital.PatientName(name+" "+given), sex)
			c.people = append(c.people, p)
			c.byName[p.name] = p
		}
	}
}

// newPerson gives a name its age and birthday: about 15 % small children, 15 % older ones, 40 % under 45, 30 % above.
func newPerson(name hospital.PatientName, sex string) person {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // a hash takes everything
	// #nosec G404 -- invented people, the same for the same seed; nothing secret
	rng := rand.New(rand.NewPCG(hash.Sum64(), 0))
	p := person{name: name, sex: sex, month: time.Month(1 + rng.IntN(12)), day: 1 + rng.IntN(28)}
	switch share := rng.IntN(100); {
	case share < 15:
		p.age = rng.IntN(5)
	case share < 30:
		p.age = 5 + rng.IntN(10)
	case share < 70:
		p.age = 15 + rng.IntN(30)
	default:
		p.age = 45 + rng.IntN(51)
	}
	return p
}
