package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
)

// This file is a patient's record: who somebody is, and every time they were here. Each opening of
// it is in the audit.

// Record is what the hospital knows of a person, whether they are here or not.
type Record struct {
	Patient
	NationalID     string
	Phone          string
	NextOfKinName  string
	NextOfKinPhone string
	Language       string // a tag such as "rw"; "": unknown
	MergedInto     int64  // the record that took this one's place; 0: none did
	Merged         []MergedRecord
	Noted          []NotedAllergy    // Allergies with who noted them
	AllergyHistory []AllergyChange   // the newest first
	Admissions     []RecordAdmission // the newest first
	Customers      []string          // the logins that may order for them
	Version        int64
}

// MergedRecord is a record that was merged into another, for as long as that can be undone.
type MergedRecord struct {
	PatientID int64
	Number    string
	At        time.Time
}

// RecordAdmission is one admission of a record with all that was written of it, and its newest
// meals, at most MealsOnRecord.
type RecordAdmission struct {
	AdmissionDetail
	Meals []Order // the newest first
}

// MealsOnRecord is how many meals of an admission its patient's record shows.
const MealsOnRecord = 30

// Record reads a patient's record and puts into the audit that the actor opened it. NotFound where
// there is none.
func (h *Hospital) Record(ctx context.Context, actor Actor, id int64) (Record, error) {
	if err := actor.need(ReadPatients); err != nil {
		return Record{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Record, error) {
		record, err := c.shownRecord(ctx, id)
		if err != nil {
			return record, err
		}
		c.note(entry{action: "patient.open", entity: "patient", entityID: id, patientID: id})
		return record, nil
	})
}

// readRecord reads all of a record that the actor may know.
func readRecord(ctx context.Context, q *sql.Tx, actor Actor, id int64,
	now time.Time) (r Record, err error) {
	if r, err = readIdentity(ctx, q, id); err != nil {
		return r, err
	}
	if r.Merged, err = mergedRecords(ctx, q, id, now); err != nil {
		return r, err
	}
	if r.Customers, err = customersOf(ctx, q, id); err != nil {
		return r, err
	}
	if r.AllergyHistory, err = allergyHistory(ctx, q, id); err != nil {
		return r, err
	}
	r.Admissions, err = recordAdmissions(ctx, q, actor, id, now)
	return r, err
}

// readIdentity reads who somebody is.
func readIdentity(ctx context.Context, q *sql.Tx, id int64) (r Record, err error) {
	all, err := candidatesByID(ctx, q, []int64{id})
	if err != nil {
		return r, err
	}
	if len(all) == 0 {
		return r, unknownPatient()
	}
	r.Patient, r.MergedInto = all[0].Patient, all[0].mergedInto
	var allergies AllergyRecord
	err = q.QueryRowContext(ctx, `SELECT national_id, phone, next_of_kin_name, next_of_kin_phone,
			language, allergies, version FROM patient WHERE id = $1`, id).
		Scan(&r.NationalID, &r.Phone, &r.NextOfKinName, &r.NextOfKinPhone, &r.Language,
			(*notedList)(&allergies), &r.Version)
	r.Noted = allergies.Noted
	return r, wrap(err, "read patient %d", id)
}

// unknownPatient is the refusal of a patient that a path names and that does not exist.
func unknownPatient() error {
	return Refuse(NotFound, "patient_none", "There is no such patient.")
}

// recordAdmissions reads every admission of a patient, the newest first.
func recordAdmissions(ctx context.Context, q *sql.Tx, actor Actor, patientID int64,
	now time.Time) ([]RecordAdmission, error) {
	ids, err := queryIDs(ctx, q, `SELECT id FROM admission WHERE patient_id = $1
		ORDER BY admitted_at DESC, id DESC`, patientID)
	if err != nil {
		return nil, wrap(err, "read the admissions of patient %d", patientID)
	}
	all := make([]RecordAdmission, len(ids))
	for i, id := range ids {
		if all[i].AdmissionDetail, err = readAdmissionDetail(ctx, q, actor, id, now); err != nil {
			return nil, err
		}
		if all[i].Meals, err = mealsOnRecord(ctx, q, actor, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// mealsOnRecord reads the newest meals of an admission.
func mealsOnRecord(ctx context.Context, q *sql.Tx, actor Actor, id int64) ([]Order, error) {
	orders, err := ordersWhere(ctx, q, `meal_order.id IN (SELECT newest.id FROM meal_order AS newest
		WHERE newest.admission_id = $1 ORDER BY newest.service_date DESC, newest.id DESC LIMIT $2)`,
		id, MealsOnRecord)
	slices.SortFunc(orders, func(a, b Order) int {
		return cmp.Or(b.Due.Compare(a.Due), cmp.Compare(b.ID, a.ID))
	})
	for i, o := range orders {
		orders[i] = o.shownTo(actor)
	}
	return orders, err
}

// CorrectPatientCommand is what CorrectPatient needs. What is nil stays as it is.
type CorrectPatientCommand struct {
	Name           *PatientName
	BirthDate      *time.Time // zero: unknown
	Sex            *string
	Number         *string
	NationalID     *string
	Phone          *string
	NextOfKinName  *string
	NextOfKinPhone *string
	Language       *string
	Reason         string // needed for name, birth date, sex and number
	AdmissionID    int64  // an admission of this person's, 0 where they did not say
	Version        int64  // of the record as the person saw it; 0 where they did not say
}

// apply is the record as the command would have it.
func (cmd CorrectPatientCommand) apply(r Record) Record {
	set := func(field *string, to *string, tidy func(string) string) {
		if to != nil {
			*field = tidy(*to)
		}
	}
	if cmd.Name != nil {
		r.Name = PatientName(tidy(string(*cmd.Name)))
	}
	if cmd.BirthDate != nil {
		r.BirthDate = dayOf(*cmd.BirthDate)
	}
	set(&r.Sex, cmd.Sex, tidy)
	set(&r.Number, cmd.Number, tidy)
	set(&r.NationalID, cmd.NationalID, tidy)
	set(&r.Phone, cmd.Phone, tidyPhone)
	set(&r.NextOfKinName, cmd.NextOfKinName, tidy)
	set(&r.NextOfKinPhone, cmd.NextOfKinPhone, tidyPhone)
	set(&r.Language, cmd.Language, tidy)
	return r
}

// identityFields are those whose change needs a reason: by them a person is known.
var identityFields = []string{"name", "birth_date", "sex", "number"}

// differing are the fields in which two records differ, as commands call them.
func (r Record) differing(from Record) []string {
	var changed []string
	for _, field := range []struct {
		name string
		same bool
	}{
		{"name", r.Name == from.Name}, {"birth_date", r.BirthDate.Equal(from.BirthDate)},
		{"sex", r.Sex == from.Sex}, {"number", r.Number == from.Number},
		{"national_id", r.NationalID == from.NationalID}, {"phone", r.Phone == from.Phone},
		{"next_of_kin_name", r.NextOfKinName == from.NextOfKinName},
		{"next_of_kin_phone", r.NextOfKinPhone == from.NextOfKinPhone},
		{"language", r.Language == from.Language},
	} {
		if !field.same {
			changed = append(changed, field.name)
		}
	}
	return changed
}

// check finds what is wrong with the fields that a correction has changed. What was there before
// them is not judged.
func (r Record) check(changed []string, reason string, now time.Time) error {
	wrong := fields{}
	if r.Name == "" {
		wrong.refuse("name", "name_missing", "Give the patient's name.")
	}
	wrong.text("name", string(r.Name), LongestName)
	wrong.letters("name", string(r.Name))
	wrong.person(r.BirthDate, r.Sex, now)
	if r.Number == "" && slices.Contains(changed, "number") {
		wrong.refuse("number", "number_missing", "Give the patient's number.")
	}
	wrong.identifier("number", r.Number)
	wrong.identifier("national_id", r.NationalID)
	wrong.identifier("phone", r.Phone)
	wrong.text("next_of_kin_name", r.NextOfKinName, LongestName)
	wrong.letters("next_of_kin_name", r.NextOfKinName)
	wrong.identifier("next_of_kin_phone", r.NextOfKinPhone)
	wrong.language("language", r.Language)
	known := func(field string) bool { return slices.Contains(identityFields, field) }
	if reason == "" && slices.ContainsFunc(changed, known) {
		wrong.refuse("reason", "correction_reason",
			"Say why who this is must be corrected, such as: misheard at admission.")
	}
	wrong.text("reason", reason, LongestReason)
	return wrong.err()
}

// CorrectPatient corrects who a patient is, and returns the record. The correction shows on every
// screen and on trays under way. One that changes nothing is none. Invalid names each wrong field;
// NotFound where there is no such patient; Conflict where the number is another's, or the record
// has another version (Current is the Record) or was merged into another.
func (h *Hospital) CorrectPatient(ctx context.Context, actor Actor, id int64,
	cmd CorrectPatientCommand) (Record, error) {
	if err := actor.need(CorrectPatients); err != nil {
		return Record{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Record, error) {
		record, err := c.lockRecord(ctx, id, precondition{cmd.AdmissionID, cmd.Version})
		if err == nil {
			err = c.correct(ctx, record, cmd)
		}
		if err != nil {
			return record, err
		}
		return c.shownRecord(ctx, id)
	})
}

// lockRecord keeps a record from everyone else until the commit and returns who it is. Conflict
// where it was merged, or is not whom or as the giver of the command saw.
func (c *change) lockRecord(ctx context.Context, id int64, seen precondition) (Record, error) {
	if _, err := c.lock(ctx, "patient", id); err != nil {
		return Record{}, err
	}
	record, err := readIdentity(ctx, c.tx, id)
	if err == nil {
		err = c.checkAdmissionOf(ctx, id, seen.admissionID)
	}
	switch {
	case err != nil:
		return record, err
	case seen.version != 0 && seen.version != record.Version:
		return record, c.outdatedRecord(ctx, id, seen.version)
	case record.MergedInto != 0:
		return record, patientMerged()
	}
	return record, nil
}

// checkAdmissionOf refuses an admission that is not the patient's; 0: nobody named one. It may have
// ended: who somebody is does not end with it.
func (c *change) checkAdmissionOf(ctx context.Context, patientID, admissionID int64) error {
	if admissionID == 0 {
		return nil
	}
	var whose int64
	err := c.tx.QueryRowContext(ctx, `SELECT patient_id FROM admission WHERE id = $1`, admissionID).
		Scan(&whose)
	if errors.Is(err, sql.ErrNoRows) || err == nil && whose != patientID {
		return anotherPatient()
	}
	return wrap(err, "read whose admission %d is", admissionID)
}

// outdatedRecord refuses a command whose giver saw an earlier version of a record, and says how it
// stands. The audit keeps no names: what a field says now is taken from the record.
func (c *change) outdatedRecord(ctx context.Context, id, seen int64) error {
	stands, err := c.shownRecord(ctx, id)
	if err != nil {
		return err
	}
	refusal := Refuse(Conflict, "patient_outdated",
		"This record has changed meanwhile. Look again before you change it.").With(stands)
	err = c.withChanges(ctx, refusal, "patient", id, seen, stands.Version)
	for i, one := range refusal.Changes {
		if now, known := stands.values()[one.Field]; known {
			refusal.Changes[i].To = now
		}
	}
	return err
}

// values are what a correction can change, as commands call it; nil: nothing.
func (r Record) values() map[string]any {
	values := map[string]any{"name": told(string(r.Name)), "birth_date": nil, "sex": told(r.Sex),
		"number": told(r.Number), "national_id": told(r.NationalID), "phone": told(r.Phone),
		"next_of_kin_name": told(r.NextOfKinName), "next_of_kin_phone": told(r.NextOfKinPhone),
		"language": told(r.Language)}
	if !r.BirthDate.IsZero() {
		values["birth_date"] = r.BirthDate.Format(time.DateOnly)
	}
	return values
}

// correct writes a correction of a locked record.
func (c *change) correct(ctx context.Context, before Record, cmd CorrectPatientCommand) error {
	r := cmd.apply(before)
	changed := r.differing(before)
	if err := r.check(changed, cmd.Reason, c.now); err != nil {
		return err
	}
	if len(changed) == 0 {
		return nil
	}
	_, err := c.exec(ctx, `UPDATE patient SET name = $2, name_folded = $3, birth_date = $4,
			sex = $5, number = $6, national_id = $7, phone = $8, next_of_kin_name = $9,
			next_of_kin_phone = $10, language = $11, identifiers_folded = $12,
			version = version + 1
		WHERE id = $1`, r.ID, r.Name, r.Name.folded(), instant(r.BirthDate), r.Sex,
		orNothing(r.Number), r.NationalID, r.Phone, r.NextOfKinName, r.NextOfKinPhone, r.Language,
		foldIdentifiers(r.Number, r.NationalID, r.Phone))
	if err := violatedNumber(err); err != nil {
		return wrapUnlessRefusal(err, "correct patient %d", r.ID)
	}
	named := joined(changed, ",", func(field string) string { return field })
	c.record(entry{action: "patient.correct", entity: "patient", entityID: r.ID, patientID: r.ID,
		version: r.Version + 1, to: named, reason: cmd.Reason}, r.Patient)
	return c.renamed(ctx, r.ID, named)
}

// wrapUnlessRefusal is wrap for an error that may be a refusal already.
func wrapUnlessRefusal(err error, format string, args ...any) error {
	if IsKind(err, Conflict) {
		return err
	}
	return wrap(err, format, args...)
}

// recently is how long ago an order may have ended that screens still show.
const recently = 48 * time.Hour

// renamed tells every screen that shows a locked patient that who they are reads otherwise now, the
// boards where a bed is kept for them among these. An
// open admission gets a new version: whoever has begun a form about it learns of it first.
func (c *change) renamed(ctx context.Context, patientID int64, changed string) error {
	open, err := queryIDs(ctx, c.tx,
		`SELECT id FROM admission WHERE patient_id = $1 AND discharged_at IS NULL`, patientID)
	if err != nil {
		return wrap(err, "read whether patient %d is admitted", patientID)
	}
	for _, id := range open {
		if err := c.renamedAdmission(ctx, id, changed); err != nil {
			return err
		}
	}
	kept, err := queryIDs(ctx, c.tx,
		`SELECT DISTINCT ward_id FROM bed WHERE reserved_for = $1`, patientID)
	if err != nil {
		return wrap(err, "read which beds are kept for patient %d", patientID)
	}
	for _, id := range kept {
		c.touch(Ward{ID: id})
	}
	return c.touchTrays(ctx, patientID)
}

func (c *change) renamedAdmission(ctx context.Context, id int64, changed string) error {
	if err := c.lockAdmission(ctx, id); err != nil {
		return err
	}
	admission, err := readAdmission(ctx, c.tx, id)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `UPDATE admission SET version = version + 1 WHERE id = $1`, id)
	if err != nil {
		return wrap(err, "count the change of admission %d", id)
	}
	e := admission.entry("admission.patient")
	e.to = strings.Replace(changed, "name", "patient_name", 1)
	c.record(e, admission)
	_, err = c.touchOpenOrders(ctx, id)
	return err
}

// touchTrays moves what screens show of a patient's orders and trays, also those that ended of
// late, and the customers who follow them.
func (c *change) touchTrays(ctx context.Context, patientID int64) error {
	const ofLate = ` JOIN admission ON admission.id = meal_order.admission_id
		WHERE admission.patient_id = $1
			AND (meal_order.ended_at IS NULL OR meal_order.ended_at >= $2 AND meal_order.ended_at < $3)`
	since := instant(c.now.Add(-recently))
	orders, err := queryIDs(ctx, c.tx, `SELECT meal_order.id FROM meal_order`+ofLate, patientID,
		since, uncounted(c.now))
	if err != nil {
		return wrap(err, "read the orders of patient %d", patientID)
	}
	for _, id := range orders {
		c.touch(topicOnly(OrderTopic(id)), topicOnly(KitchenTopic))
	}
	customers, err := queryIDs(ctx, c.tx, `SELECT id FROM app_user WHERE role = 'customer' AND
		(id IN (SELECT user_id FROM customer_patient WHERE patient_id = $1) OR id IN
			(SELECT meal_order.placed_by FROM meal_order`+ofLate+`))`, patientID, since,
		uncounted(c.now))
	if err != nil {
		return wrap(err, "read who follows patient %d", patientID)
	}
	for _, id := range customers {
		c.touch(topicOnly(CustomerTopic(id)))
	}
	trays, err := queryIDs(ctx, c.tx, `SELECT delivery.id FROM delivery
		JOIN meal_order ON meal_order.id = delivery.order_id`+ofLate, patientID, since,
		uncounted(c.now))
	for _, id := range trays {
		c.touch(Delivery{ID: id})
	}
	return wrap(err, "read the trays of patient %d", patientID)
}
