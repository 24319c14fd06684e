package hospital_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital/hospitaltest"
)

// manyPatients writes patients behind the hospital's back, as a copy of another system's data
// would, with the names of four random syllables or of a few families each.
func (h *fixture) manyPatients(t testing.TB, many int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	const batch = 500
	for from := 0; from < many; from += batch {
		var values []string
		for i := from; i < min(from+batch, many); i++ {
			name := randomName(random)
			values = append(values, fmt.Sprintf("('%s', '%s', 'female', %d, '%[4]d', '%[4]d')",
				name, strings.ToLower(name), int64(i%30000)*86_400_000, 1_000_000+i))
		}
		_, err := h.raw.ExecContext(t.Context(), `INSERT INTO patient
			(name, name_folded, sex, birth_date, number, identifiers_folded)
			VALUES `+strings.Join(values, ", "))
		if err != nil {
			t.Fatal(err)
		}
	}
}

var firstNames = strings.Fields(`Marie Jean Claudine Eric Alice Ange Divine Solange Patrick Emmanuel
	Chantal Jeanne Claude Esperance Innocent Josephine Olivier Grace Vestine Theogene Aline Yvonne
	Beatrice Diane Fabrice Immaculee Lambert Odette Pacifique Rosine Samuel Thierry Valens Xavier`)

func randomName(random *rand.Rand) string {
	syllables := strings.Fields(`uwa ma mu ki nya ra be ha bi ga si ndi ye ku gwi za mpa nku se ru
		ka ge zi shi mbo nta ho ro ri bwe`)
	family := ""
	for range 2 + random.IntN(3) {
		family += syllables[random.IntN(len(syllables))]
	}
	first := firstNames[random.IntN(len(firstNames))]
	name := strings.ToUpper(family[:1]) + family[1:] + " " + first
	if random.IntN(3) == 0 {
		name += " " + firstNames[random.IntN(len(firstNames))]
	}
	return name
}

// A search takes at most 50 ms among half a million, whatever is asked. The slowest of each kind is
// measured, since that is the one for which somebody waits.
func BenchmarkSearchAmongHalfAMillion(b *testing.B) {
	for name, fresh := range map[string]func(testing.TB) string{
		"SQLite": hospitaltest.SQLite, "PostgreSQL": hospitaltest.PostgreSQL,
	} {
		b.Run(name, func(b *testing.B) {
			h := newFixture(b, fresh(b))
			h.manyPatients(b, 500_000)
			for _, text := range []string{"Uwamahoro", "jeanne uwamasi", "marie", "uwa", "an", "u",
				"marie jean", "beatrce", "uwamasi jeane", "immaculee esperence", "1234567", "xyzxyzxyz",
				"mariejeanneclaudine esperancejosephine", "uwa ma ki", "A-01"} {
				b.Run(strings.ReplaceAll(text, " ", "-"), func(b *testing.B) {
					var took []time.Duration
					found := 0
					for b.Loop() {
						began := time.Now()
						patients, err := h.SearchPatients(b.Context(), nurse, text)
						if err != nil {
							b.Fatal(err)
						}
						took, found = append(took, time.Since(began)), len(patients)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(float64(took[0].Microseconds())/1000, "ms-first")
					b.ReportMetric(median(took), "ms-median")
					b.ReportMetric(float64(slices.Max(took).Microseconds())/1000, "ms-slowest")
					b.ReportMetric(float64(found), "found")
				})
			}
		})
	}
}
