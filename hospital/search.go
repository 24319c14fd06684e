package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dusangire/hospital/internal/spelling"
	"dusangire/hospital/internal/store"
)

// This file is how a patient is found. A search has three steps: who is in the hospital now, since
// they are few and mostly the ones who are meant; then those whose keys in the database fit, first
// exactly, then by their beginnings, then with a typing error, until there are enough; and last
// each of them is compared with what was asked, which decides who fits and who fits best.

// MostFound is the most patients that a search lists.
const MostFound = 20

// LongestQuery is how much may be searched for, in characters.
const LongestQuery = 120

// mostCandidates is how many the database offers at each step. It is more than are shown, since
// some don't fit, and so few that to compare them takes no time.
const mostCandidates = 300

// SearchPatients lists up to MostFound patients who fit text, best first: by any part of each word
// of their name in any order, whatever its accents and apostrophes, one typing error forgiven in a
// word of five letters or more; by their number, national id or phone; and by the bed in which they
// lie. Records that were merged into others show as those. Empty text finds nobody; Invalid for one
// that is too long.
func (h *Hospital) SearchPatients(ctx context.Context, actor Actor,
	text string) ([]Patient, error) {
	if utf8.RuneCountInString(text) > LongestQuery {
		wrong := fields{}
		wrong.refuse("q", "too_long", "Use at most %d characters.", LongestQuery)
		return nil, wrong.err()
	}
	query := parseQuery(text)
	return readAs(ctx, h, actor, ReadPatients,
		func(ctx context.Context, q *sql.Tx) ([]Patient, error) {
			if len(query) == 0 {
				return nil, nil
			}
			return h.search(ctx, q, query)
		})
}

// FindPatients is SearchPatients for choosing who comes back: who died here is left out.
func (h *Hospital) FindPatients(ctx context.Context, actor Actor,
	text string) ([]Patient, error) {
	found, err := h.SearchPatients(ctx, actor, text)
	return slices.DeleteFunc(found, func(p Patient) bool { return p.Died }), err
}

// term is what stands between two spaces of a query.
type term struct {
	whole string   // all its letters and digits, as of a number: hn202417
	words []string // as of a name: marie and claire
}

// parseQuery is what a text asks for.
func parseQuery(text string) []term {
	if phone, ok := normalPhone(tidy(text)); ok {
		number := spelling.Word(phone)
		return []term{{number, []string{number}}}
	}
	var query []term
	for sent := range strings.FieldsSeq(visible(text)) {
		if words := spelling.Words(sent); len(words) > 0 {
			query = append(query, term{strings.Join(words, ""), words})
		}
	}
	return query
}

// candidate is a patient who may be meant.
type candidate struct {
	Patient
	words      []string // what they are found by
	mergedInto int64    // 0: not merged
	merit      int      // how badly they fit; 0 is best
}

// search gathers candidates until enough of them fit.
func (h *Hospital) search(ctx context.Context, q *sql.Tx, query []term) ([]Patient, error) {
	// First the ids alone: joined, PostgreSQL reads all patients that ever were, where it has not
	// counted the admissions yet.
	here, err := queryIDs(ctx, q, `SELECT patient_id FROM admission WHERE discharged_at IS NULL`)
	if err != nil {
		return nil, wrap(err, "read who is in the hospital")
	}
	present, err := candidatesByID(ctx, q, here)
	if err != nil {
		return nil, err
	}
	found := fitting(present, query)
	for _, wanted := range [][][]store.Key{exactly(query), beginning(query), mistyped(query)} {
		if len(found) >= MostFound {
			break
		}
		if len(wanted) == 0 {
			continue
		}
		ids, err := h.db.SearchPatients(ctx, q, wanted, mostCandidates)
		if err != nil {
			return nil, err
		}
		more, err := candidatesByID(ctx, q, unknown(ids, found))
		if err != nil {
			return nil, err
		}
		found = append(found, fitting(more, query)...)
	}
	if err := toSurvivors(ctx, q, found); err != nil {
		return nil, err
	}
	return best(found), nil
}

// toSurvivors puts in the place of each record that was merged the one that it was merged into.
func toSurvivors(ctx context.Context, q *sql.Tx, found []candidate) error {
	for i := range found {
		for found[i].mergedInto != 0 {
			into, err := candidatesByID(ctx, q, []int64{found[i].mergedInto})
			if err != nil {
				return err
			}
			into[0].merit = found[i].merit
			found[i] = into[0]
		}
	}
	return nil
}

// unknown are those ids that are not among the found.
func unknown(ids []int64, found []candidate) []int64 {
	return slices.DeleteFunc(ids, func(id int64) bool {
		return slices.ContainsFunc(found, func(c candidate) bool { return c.ID == id })
	})
}

// best are the best of the candidates, each person once: who fits better first, then who is in the
// hospital, then who came last.
func best(found []candidate) []Patient {
	slices.SortFunc(found, func(a, b candidate) int {
		away := func(c candidate) int { return min(int(c.AdmissionID), 1) }
		return cmp.Or(cmp.Compare(a.merit, b.merit), cmp.Compare(away(b), away(a)),
			cmp.Compare(b.ID, a.ID))
	})
	var patients []Patient
	seen := map[int64]bool{}
	for _, c := range found {
		if len(patients) < MostFound && !seen[c.ID] {
			seen[c.ID] = true
			patients = append(patients, c.Patient)
		}
	}
	return patients
}

// exactly are the keys that the words of a query are themselves. Each list is one word's; a term
// that is one number is offered with each of its words.
func exactly(query []term) [][]store.Key {
	return keysOf(query, func(word string) []store.Key { return []store.Key{{Text: word}} })
}

// shortestPart is the fewest letters that are looked for within words: so many have keys.
const shortestPart = 3

// beginning are the keys that begin with the words. Shorter ones begin too many keys, and are only
// compared; where all are short there are none.
func beginning(query []term) [][]store.Key {
	return keysOf(query, func(word string) []store.Key {
		if utf8.RuneCountInString(word) < shortestPart {
			return nil
		}
		return []store.Key{{Text: word, Begins: true}}
	})
}

// mistyped are the keys that are one error away from a long word. There are none where no word is
// long enough.
func mistyped(query []term) [][]store.Key {
	long := false
	wanted := keysOf(query, func(word string) []store.Key {
		letters := utf8.RuneCountInString(word)
		if letters < shortestPart {
			return nil
		}
		keys := []store.Key{{Text: word, Begins: true}}
		if letters < spelling.ShortestForErrors || hasDigit(word) {
			return keys
		}
		long = true
		for _, wrong := range spelling.Errors(word) {
			keys = append(keys, store.Key{Text: wrong})
		}
		return keys
	})
	if !long {
		return nil
	}
	return wanted
}

// keysOf asks for one of some keys for each word of a query. A word without keys asks for nothing.
func keysOf(query []term, keys func(word string) []store.Key) [][]store.Key {
	var wanted [][]store.Key
	for _, t := range query {
		for _, word := range t.words {
			one := keys(word)
			if len(one) > 0 && len(t.words) > 1 {
				one = append(one, keys(t.whole)...)
			}
			if len(one) > 0 {
				wanted = append(wanted, one)
			}
		}
	}
	return wanted
}

// candidatesByID reads some patients.
func candidatesByID(ctx context.Context, q *sql.Tx, ids []int64) ([]candidate, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := oneOf(nil, ids)
	return candidates(ctx, q, `patient.id IN `+list, args...)
}

// candidates reads the patients of a condition with where they lie.
func candidates(ctx context.Context, q *sql.Tx, condition string, args ...any) (
	[]candidate, error,
) {
	// #nosec G202 -- the condition is one of this file's own
	rows, err := q.QueryContext(ctx, `SELECT patient.id, patient.name, COALESCE(patient.number, ''),
			patient.birth_date, patient.sex, patient.allergies, patient.name_folded,
			patient.identifiers_folded,
			patient.merged_into, admission.id, COALESCE(bed.number, ''), COALESCE(ward.name, ''),
			EXISTS (SELECT 1 FROM admission AS last WHERE last.patient_id = patient.id
				AND last.outcome = 'deceased')
		FROM patient LEFT JOIN admission
			ON admission.patient_id = patient.id AND admission.discharged_at IS NULL
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE `+condition, args...)
	all, err := collect(rows, err, scanCandidate)
	return all, wrap(err, "read patients")
}

func scanCandidate(row scanner) (c candidate, err error) {
	var name, identifiers string
	err = row.Scan(&c.ID, &c.Name, &c.Number, (*instant)(&c.BirthDate), &c.Sex,
		(*allergyList)(&c.Allergies), &name, &identifiers, (*reference)(&c.mergedInto),
		(*reference)(&c.AdmissionID), &c.BedNumber, &c.WardName, &c.Died)
	c.Admitted = c.AdmissionID != 0
	c.words = strings.Fields(name + " " + identifiers)
	return c, err
}

// fitting are those candidates who fit the query, with their merit.
func fitting(all []candidate, query []term) []candidate {
	var fit []candidate
	for _, c := range all {
		var fits bool
		if c.merit, fits = c.fits(query); fits {
			fit = append(fit, c)
		}
	}
	return fit
}

// fits reports whether a patient has every term of a query, and how badly: 0 is best. Who lies in
// the bed that all terms name fits best of all.
func (c candidate) fits(query []term) (merit int, fits bool) {
	all := ""
	for _, t := range query {
		all += t.whole
	}
	if c.BedNumber != "" && spelling.Word(c.BedNumber) == all {
		return 0, true
	}
	for _, t := range query {
		one, fits := t.in(c.words)
		if !fits {
			return 0, false
		}
		merit += one
	}
	return merit, true
}

// in is how badly a term is among some words: as one, or each of its words by itself.
func (t term) in(words []string) (merit int, fits bool) {
	merit, fits = among(t.whole, words)
	if fits || len(t.words) == 1 {
		return merit, fits
	}
	for _, word := range t.words {
		one, fits := among(word, words)
		if !fits {
			return 0, false
		}
		merit += one
	}
	return merit, true
}

// The merits of a word: how it is found in another.
const (
	isTheWord = iota
	beginsIt
	isPartOfIt
	isMistyped
	fitsNot
)

// among is how badly a word is one of some words.
func among(word string, words []string) (merit int, fits bool) {
	merit = fitsNot
	for _, other := range words {
		merit = min(merit, compare(word, other))
	}
	return merit, merit < fitsNot
}

func compare(word, other string) int {
	letters := utf8.RuneCountInString(word)
	switch {
	case word == other:
		return isTheWord
	case strings.HasPrefix(other, word):
		return beginsIt
	case letters >= shortestPart && strings.Contains(other, word):
		return isPartOfIt
	case letters >= spelling.ShortestForErrors && !hasDigit(word) && spelling.Near(word, other):
		return isMistyped
	}
	return fitsNot
}

// hasDigit reports whether a word is a number or part of one, in which an error is never forgiven:
// the next number is somebody else's.
func hasDigit(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }
