package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// Allergen is one of the 14 that EU regulation 1169/2011, annex II, names.
type Allergen string

// Allergens lists them by the codes that commands and JSON use.
var Allergens = []Allergen{"gluten", "crustaceans", "eggs", "fish", "peanuts", "soya", "milk",
	"nuts", "celery", "mustard", "sesame", "sulphites", "lupin", "molluscs"}

// otherWords are what people and other systems call allergens. Shellfish is both kinds, for
// safety's sake.
var otherWords = map[string][]Allergen{
	"peanut": {"peanuts"}, "groundnut": {"peanuts"}, "groundnuts": {"peanuts"},
	"nut": {"nuts"}, "tree_nuts": {"nuts"}, "egg": {"eggs"}, "soy": {"soya"}, "wheat": {"gluten"},
	"dairy": {"milk"}, "lactose": {"milk"}, "shellfish": {"crustaceans", "molluscs"},
	"crustacean": {"crustaceans"}, "mollusc": {"molluscs"}, "mollusks": {"molluscs"},
	"sulfites": {"sulphites"}, "sulphite": {"sulphites"},
}

// ParseAllergen finds the allergens that a word means, in any case: one of Allergens or another
// usual word for them. An unknown word is returned as it is, to be refused.
func ParseAllergen(word string) []Allergen {
	word = strings.ToLower(strings.TrimSpace(word))
	if meant, found := otherWords[word]; found {
		return meant
	}
	return []Allergen{Allergen(word)}
}

// Valid reports whether a is one of Allergens.
func (a Allergen) Valid() bool { return slices.Contains(Allergens, a) }

// Allergies is what is known of a patient's food allergies. Never asked is not the same as none
// known.
type Allergies struct {
	Known     bool       // somebody asked
	Allergens []Allergen // sorted, no doubles; empty and Known: none
	Severe    []Allergen // those of Allergens that nobody may override; sorted, no doubles
}

// NoKnownAllergies is the word in a command's list of allergies that says: asked, and there are
// none.
const NoKnownAllergies = "none"

// tidy brings allergies into the one form in which they are checked, compared and kept. Naming one
// is having asked.
func (a *Allergies) tidy() {
	a.Allergens, a.Severe = sortedSet(a.Allergens), sortedSet(a.Severe)
	a.Known = a.Known || len(a.Allergens) > 0
}

// allergies records what is wrong with a field of allergies.
func (f fields) allergies(a Allergies) {
	if slices.ContainsFunc(a.Allergens, func(one Allergen) bool { return !one.Valid() }) {
		refuseChoice(f, "allergies", append([]Allergen{NoKnownAllergies}, Allergens...))
	}
	unnamed := func(one Allergen) bool { return !slices.Contains(a.Allergens, one) }
	if slices.ContainsFunc(a.Severe, unnamed) {
		f.refuse("severe", "severe_unnamed", "A severe allergy must be among the allergies.")
	}
}

// same reports whether two tidied allergies say the same.
func (a Allergies) same(b Allergies) bool {
	return a.Known == b.Known && slices.Equal(a.Allergens, b.Allergens) &&
		slices.Equal(a.Severe, b.Severe)
}

// codes are the allergies as the audit keeps them, such as "allergies=milk,peanuts severe=peanuts".
func (a Allergies) codes() string {
	if !a.Known {
		return "allergies=never_asked"
	}
	text := "allergies=" + allergenCodes(a.Allergens)
	if len(a.Severe) > 0 {
		text += " severe=" + allergenCodes(a.Severe)
	}
	return text
}

// allergenCodes lists allergens by their codes; none is "none".
func allergenCodes(allergens []Allergen) string {
	if len(allergens) == 0 {
		return NoKnownAllergies
	}
	return joined(allergens, ",", func(a Allergen) string { return string(a) })
}

// NotedAllergy is one allergy on a person's record.
type NotedAllergy struct {
	Allergen Allergen
	Severe   bool
	NotedBy  string    // who named it, or last said otherwise how bad it is; "" where nobody knows
	NotedAt  time.Time // when they did
}

// badness orders allergies by how bad they are.
func (n NotedAllergy) badness() int {
	if n.Severe {
		return 1
	}
	return 0
}

// AllergyRecord is what is known of a person's food allergies. It is the person's: each admission
// begins with it, and what is learnt in one is known in the next.
type AllergyRecord struct {
	PatientID   int64
	Known       bool           // somebody asked, ever
	Noted       []NotedAllergy // by their codes; empty and Known: none
	AdmissionID int64          // the open admission; 0: not admitted
	AdmittedAt  time.Time      // of the open admission
	Confirmed   bool           // somebody has confirmed or changed it in the open admission
	Version     int64          // of the patient
}

// Allergies are those of the record, whoever noted them.
func (r AllergyRecord) Allergies() Allergies {
	a := Allergies{Known: r.Known}
	for _, noted := range r.Noted {
		a.Allergens = append(a.Allergens, noted.Allergen)
		if noted.Severe {
			a.Severe = append(a.Severe, noted.Allergen)
		}
	}
	return a
}

// noted is the record with these allergies. What stays as it was stays noted by who noted it.
func (r AllergyRecord) noted(to Allergies, by string, at time.Time) AllergyRecord {
	before := r.Noted
	r.Known, r.Noted = to.Known, nil
	for _, allergen := range to.Allergens {
		one := NotedAllergy{allergen, slices.Contains(to.Severe, allergen), by, at}
		i := slices.IndexFunc(before, func(n NotedAllergy) bool { return n.Allergen == allergen })
		if i >= 0 && before[i].Severe == one.Severe {
			one = before[i]
		}
		r.Noted = append(r.Noted, one)
	}
	return r
}

// united is the record with what another one has besides. Of two notes of one allergy the severe
// one stays, else the earlier one.
func (r AllergyRecord) united(other AllergyRecord) AllergyRecord {
	r.Known = r.Known || other.Known
	all := slices.Concat(r.Noted, other.Noted)
	slices.SortStableFunc(all, func(a, b NotedAllergy) int {
		return cmp.Or(cmp.Compare(a.Allergen, b.Allergen), cmp.Compare(b.badness(), a.badness()),
			a.NotedAt.Compare(b.NotedAt))
	})
	r.Noted = slices.CompactFunc(all,
		func(a, b NotedAllergy) bool { return a.Allergen == b.Allergen })
	return r
}

// AllergyCommand is what SetAllergies needs.
type AllergyCommand struct {
	Allergies Allergies
	Omitted   Omitted // as DietCommand's
	Reason    string  // needed to take off all that is on record
	// What the person saw; 0 where they did not say.
	AdmissionID int64 // the patient's open admission; another one: Conflict "another_patient"
	Version     int64 // of the patient; another one now: Conflict "patient_outdated"
}

// SetAllergies says what a person's allergies are, admitted or not. To say what is on record
// already confirms it. Every open order is checked anew, as by SetDiet. Invalid names wrong fields;
// NotFound where there is no such patient; Conflict where another admission or version is there
// than was seen, or all that is on record would be taken off without a reason.
func (h *Hospital) SetAllergies(ctx context.Context, actor Actor, patientID int64,
	cmd AllergyCommand) (AllergyRecord, error) {
	if err := actor.need(OrderDiets); err != nil {
		return AllergyRecord{}, err
	}
	cmd.Allergies.tidy()
	cmd.Reason = tidy(cmd.Reason)
	return command(ctx, h, actor, func(ctx context.Context, c *change) (AllergyRecord, error) {
		if err := c.setAllergies(ctx, patientID, cmd); err != nil {
			return AllergyRecord{}, err
		}
		return readAllergies(ctx, c.tx, patientID)
	})
}

// setAllergies changes the record of a patient, whom it locks, and where they are admitted what
// they may eat.
func (c *change) setAllergies(ctx context.Context, id int64, cmd AllergyCommand) error {
	if _, err := c.lock(ctx, "patient", id); err != nil {
		return err
	}
	record, err := readAllergies(ctx, c.tx, id)
	if err != nil {
		return err
	}
	if err := c.checkUnmerged(ctx, id); err != nil {
		return err
	}
	err = record.checkPrecondition(precondition{cmd.AdmissionID, cmd.Version})
	if err := c.withChanges(ctx, err, "patient", id, cmd.Version, record.Version); err != nil {
		return err
	}
	to := DietCommand{Allergies: &cmd.Allergies, Omitted: cmd.Omitted, Reason: cmd.Reason}
	if record.AdmissionID != 0 {
		admission, err := c.lockOpenAdmission(ctx, record.AdmissionID, precondition{})
		if err != nil {
			return err
		}
		return c.setDiet(ctx, admission, to)
	}
	to = to.completed(DietOrder{Allergies: record.Allergies()}, c.now)
	if err := to.check(c.now); err != nil {
		return err
	}
	return c.noteAllergies(ctx, record, *to.Allergies, cmd.Reason)
}

// checkPrecondition returns why a command must not change the record, or nil.
func (r AllergyRecord) checkPrecondition(seen precondition) error {
	switch {
	case seen.admissionID != 0 && seen.admissionID != r.AdmissionID:
		return anotherPatient()
	case seen.version != 0 && seen.version != r.Version:
		return Refuse(Conflict, "patient_outdated",
			"The record of this patient has changed meanwhile. Look again before you change it.").
			With(r)
	}
	return nil
}

// noteAllergies puts on the record of a locked patient what their allergies are.
func (c *change) noteAllergies(ctx context.Context, record AllergyRecord, to Allergies,
	reason string) error {
	before := record.Allergies()
	if to.same(before) {
		return nil
	}
	if len(record.Noted) > 0 && len(to.Allergens) == 0 && reason == "" {
		return record.contradicted()
	}
	return c.writeAllergies(ctx, record, record.noted(to, c.actor.Username, c.now), reason)
}

// writeAllergies makes the record of a locked patient into another one.
func (c *change) writeAllergies(ctx context.Context, record, to AllergyRecord,
	reason string) error {
	if to.Known == record.Known && slices.Equal(to.Noted, record.Noted) {
		return nil
	}
	_, err := c.exec(ctx, `UPDATE patient SET allergies = $2, version = version + 1 WHERE id = $1`,
		record.PatientID, notedList(to))
	if err != nil {
		return wrap(err, "note the allergies of patient %d", record.PatientID)
	}
	c.record(entry{action: "patient.allergies", entity: "patient", entityID: record.PatientID,
		patientID: record.PatientID, version: record.Version + 1, from: record.Allergies().codes(),
		to: to.Allergies().codes(), reason: reason}, to)
	return nil
}

// askAgain makes the allergies of a locked patient unconfirmed in their open admission, where they
// are others than were known there, and checks its open orders anew.
func (c *change) askAgain(ctx context.Context, r AllergyRecord, known Allergies) error {
	if r.AdmissionID == 0 || r.Allergies().same(known) {
		return nil
	}
	admission, err := c.lockOpenAdmission(ctx, r.AdmissionID, precondition{})
	if err != nil {
		return err
	}
	after, err := readDiet(ctx, c.tx, admission.ID)
	if err != nil {
		return err
	}
	before := after
	before.Allergies, after.Confirmed = known, false
	_, err = c.exec(ctx, `UPDATE admission SET allergies_confirmed = FALSE, version = version + 1
		WHERE id = $1`, admission.ID)
	if err != nil {
		return wrap(err, "ask again for the allergies of admission %d", admission.ID)
	}
	return c.dietChanged(ctx, admission, before, after)
}

// contradicted is the refusal to take off all that is on record for no reason.
func (r AllergyRecord) contradicted() error {
	return Refuse(Conflict, "allergies_on_record",
		"This patient has allergies on record, and this would take them off. Leave them as they "+
			"are, or give the reason where diet and allergies are changed.").With(r)
}

// noteAtAdmission adds to the record of a locked patient what was said of their allergies when they
// were admitted, and reports whether that confirms all that is on record. It takes nothing off: who
// admits has not always seen the record.
func (c *change) noteAtAdmission(ctx context.Context, patientID int64,
	said Allergies) (confirmed bool, err error) {
	if !said.Known {
		return false, nil
	}
	record, err := readAllergies(ctx, c.tx, patientID)
	if err != nil {
		return false, err
	}
	known := record.Allergies()
	if len(known.Allergens) > 0 && len(said.Allergens) == 0 {
		return false, record.contradicted()
	}
	unsaid := func(a Allergen) bool { return !slices.Contains(said.Allergens, a) }
	confirmed = !slices.ContainsFunc(known.Allergens, unsaid)
	said.Allergens = slices.Concat(said.Allergens, known.Allergens)
	said.Severe = slices.Concat(said.Severe, known.Severe)
	said.tidy()
	return confirmed, c.noteAllergies(ctx, record, said, "")
}

// readAllergies reads what is known of a person's allergies. NotFound where there is no such
// patient.
func readAllergies(ctx context.Context, q *sql.Tx, id int64) (r AllergyRecord, err error) {
	err = q.QueryRowContext(ctx,
		`SELECT patient.id, patient.allergies, patient.version, admission.id, admission.admitted_at,
			COALESCE(admission.allergies_confirmed, FALSE)
		FROM patient LEFT JOIN admission ON admission.patient_id = patient.id
		AND admission.discharged_at IS NULL
		WHERE patient.id = $1`, id).
		Scan(&r.PatientID, (*notedList)(&r), &r.Version, (*reference)(&r.AdmissionID),
			(*instant)(&r.AdmittedAt), &r.Confirmed)
	return r, wrapRow(err, unknownPatient, "read the allergies of patient %d", id)
}

// AllergyChange is one change of what is on record of a person's allergies.
type AllergyChange struct {
	From, To Allergies
	By       string
	At       time.Time
	Reason   string
}

// allergyHistory reads from the audit how the allergies of a person came to be as they are, the
// newest change first. What was merged into their record is of it too.
func allergyHistory(ctx context.Context, q *sql.Tx, patientID int64) ([]AllergyChange, error) {
	records, err := recordsOf(ctx, q, patientID)
	if err != nil {
		return nil, err
	}
	list, args := oneOf(nil, records)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx, `SELECT from_state, to_state, actor, at, reason FROM audit
		WHERE entity = 'patient' AND entity_id IN `+list+` AND action = 'patient.allergies'
		ORDER BY id DESC`, args...)
	all, err := collect(rows, err, func(row scanner) (one AllergyChange, err error) {
		var from, to string
		err = row.Scan(&from, &to, &one.By, (*instant)(&one.At), &one.Reason)
		one.From, one.To = allergiesIn(from), allergiesIn(to)
		return one, err
	})
	return all, wrap(err, "read how the allergies of patient %d have changed", patientID)
}

// allergiesIn reads what Allergies.codes has written.
func allergiesIn(codes string) Allergies {
	var d DietOrder
	d.parse(strings.Fields(codes))
	return d.Allergies
}

// lockPatientOf keeps the patient of an admission from everyone else until the commit, and returns
// who it is; 0 where there is no such admission. It is done before the admission is locked.
//
// Until then a merge may give the admission to another patient, so it is looked at again.
func (c *change) lockPatientOf(ctx context.Context, admissionID int64) (locked int64, err error) {
	for {
		patients, err := queryIDs(ctx, c.tx, `SELECT patient_id FROM admission WHERE id = $1`,
			admissionID)
		if err != nil || len(patients) == 0 || patients[0] == locked {
			return locked, wrap(err, "lock the patient of admission %d", admissionID)
		}
		locked = patients[0]
		if _, err := c.lock(ctx, "patient", locked); err != nil {
			return locked, err
		}
	}
}

// lastNeeds is what a patient was to eat in the last admission; nothing for who was never here.
func (c *change) lastNeeds(ctx context.Context, patientID int64) (d Diet, t *Texture, err error) {
	rows, err := c.tx.QueryContext(ctx, `SELECT diet, texture FROM admission WHERE patient_id = $1
		ORDER BY admitted_at DESC, id DESC LIMIT 1`, patientID)
	err = eachRow(rows, err, func(row scanner) error {
		t = new(Texture)
		return row.Scan(&d, t)
	})
	return d, t, wrap(err, "read what patient %d was to eat", patientID)
}
