package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// This file is how patients come in and go out by file: who they are by their numbers, and the
// admission that is open. A line without a bed, a diet, a reason and a time of admission is about
// somebody on record who is not here.

// patientLayout is a file of patients.
var patientLayout = layout{
	permission: ExchangePatients,
	columns: []string{"number", "name", "birth_date", "sex", "national_id", "phone", "language",
		"allergies", "severe_allergies", "bed_number", "diet", "texture", "reason", "admitted_at",
		"expected_discharge"},
	key: 1,
	fields: map[string]string{"patient_name": "name", "patient_number": "number",
		"severe": "severe_allergies", "bed_id": "bed_number", "late_reason": "admitted_at"},
	take: takePatient, list: listPatients,
}

// importReason is what the audit and a late admission have as their reason.
const importReason = "import"

// patientLine is what a line says of a patient.
type patientLine struct {
	who       Record
	allergies Allergies
	stay      AdmitCommand // of no bed yet
	bed       string       // its number; "": none
	admitted  bool         // it says anything of an admission
}

// takePatient puts the patient of a line on record, or corrects it, and admits them, or changes
// their admission.
func takePatient(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	return command(ctx, h, actor, func(ctx context.Context, c *change) (fileOutcome, error) {
		id, err := c.ownerOf(ctx, tidy(r.cell("number")))
		if err != nil {
			return lineUnchanged, err
		}
		if id == 0 {
			return lineAdded, c.addFromFile(ctx, r)
		}
		before, err := readIdentity(ctx, c.tx, id)
		if err != nil {
			return lineUnchanged, err
		}
		if before.MergedInto != 0 {
			return lineUnchanged, patientMerged()
		}
		recorded := len(c.entries)
		err = c.setFromFile(ctx, before, r)
		return changedIf(len(c.entries) > recorded), err
	})
}

// patientLine reads a line about a patient as they stand; the zero Record: who is not on record.
func (r *fileRow) patientLine(ctx context.Context, stands Record) patientLine {
	who := stands
	who.Name = PatientName(r.text("name", string(stands.Name)))
	who.Number = tidy(r.cell("number"))
	if r.has("birth_date") {
		who.BirthDate = dayOf(r.day("birth_date"))
	}
	who.Sex = cmp.Or(r.text("sex", stands.Sex), "unknown")
	who.NationalID = r.text("national_id", stands.NationalID)
	who.Phone = tidyPhone(r.text("phone", stands.Phone))
	who.Language = r.text("language", stands.Language)
	line := patientLine{who: who, allergies: r.allergies(), bed: tidy(r.cell("bed_number"))}
	line.stay = AdmitCommand{Reason: tidy(r.cell("reason")), Diet: Diet(tidy(r.cell("diet"))),
		AdmittedAt: r.moment(ctx, "admitted_at"), ExpectedDischarge: r.moment(ctx, "expected_discharge")}
	if r.cell("texture") != "" {
		line.stay.Texture = new(Texture(r.amount("texture", 0)))
	}
	if !line.stay.AdmittedAt.IsZero() {
		line.stay.LateReason = importReason
	}
	line.stay.tidy()
	for _, column := range []string{"bed_number", "diet", "texture", "reason", "admitted_at",
		"expected_discharge"} {
		line.admitted = line.admitted || r.cell(column) != ""
	}
	return line
}

// allergies are what a line says of allergies. Nothing said is not the same as none.
func (r *fileRow) allergies() (a Allergies) {
	for _, word := range listIn[string](r, "allergies", nil) {
		if word == NoKnownAllergies {
			a.Known = true
			continue
		}
		a.Allergens = append(a.Allergens, ParseAllergen(word)...)
	}
	for _, word := range listIn[string](r, "severe_allergies", nil) {
		a.Severe = append(a.Severe, ParseAllergen(word)...)
	}
	if a.Known && len(a.Allergens) > 0 {
		r.wrong.refuse("allergies", "none_and_some", "Say none, or which, not both.")
	}
	a.tidy()
	return a
}

// addFromFile puts somebody on record who was not, and admits them where the line says so.
func (c *change) addFromFile(ctx context.Context, r *fileRow) error {
	line := r.patientLine(ctx, Record{})
	if err := c.checkNewLine(ctx, &line); err != nil {
		return err
	}
	if err := c.lockNewcomers(ctx); err != nil {
		return err
	}
	who := line.who
	noted := AllergyRecord{}.noted(line.allergies, c.actor.Username, c.now)
	id, err := c.insert(ctx, `INSERT INTO patient (name, name_folded, birth_date, sex, number,
			national_id, phone, language, allergies, identifiers_folded)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, who.Name,
		who.Name.folded(), instant(who.BirthDate), who.Sex, who.Number, who.NationalID, who.Phone,
		who.Language, notedList(noted), foldIdentifiers(who.Number, who.NationalID, who.Phone))
	if err := violatedNumber(err); err != nil {
		return wrapUnlessRefusal(err, "add a patient")
	}
	// Nobody watches a patient who was not here.
	c.record(entry{action: "patient.add", entity: "patient", entityID: id, patientID: id,
		version: 1, to: line.allergies.codes(), reason: importReason}, topicOnly(MetricsTopic))
	if !line.admitted {
		return nil
	}
	return c.admitFromFile(ctx, id, line)
}

// checkNewLine finds all that is wrong with a line about somebody who is not on record, and the bed
// that it names.
func (c *change) checkNewLine(ctx context.Context, line *patientLine) (err error) {
	wrong := fields{}
	if line.admitted {
		named := line.stay
		named.PatientName = line.who.Name
		wrong = named.check(c.now)
	}
	wrong.allergies(line.allergies)
	if line.stay.BedID, err = c.bedOfLine(ctx, line.bed, wrong); err != nil {
		return err
	}
	return mergeFields(wrong, line.who.check(identityFields, importReason, c.now))
}

// mergeFields adds to what is wrong with some fields what an error says of others, and returns both
// as one error, or the error where it is of another kind.
func mergeFields(wrong fields, err error) error {
	refusal := refusalOf(err)
	if err != nil && (refusal == nil || refusal.Kind != Invalid) {
		return err
	}
	if refusal != nil {
		for field, reason := range refusal.Fields {
			wrong[field] = reason
		}
	}
	return wrong.err()
}

// admitFromFile opens the admission that a line is about, in the bed that was found.
func (c *change) admitFromFile(ctx context.Context, patientID int64, line patientLine) error {
	cmd := line.stay
	cmd.PatientID, cmd.Allergies = patientID, line.allergies
	_, err := c.admit(ctx, cmd)
	return err
}

// bedOfLine is the bed that a line names, 0 where it names none. It records where there is no such
// bed.
func (c *change) bedOfLine(ctx context.Context, number string, wrong fields) (int64, error) {
	if number == "" {
		return 0, nil
	}
	beds, err := queryIDs(ctx, c.tx, `SELECT id FROM bed
		WHERE number = $1 AND retired_at IS NULL`, number)
	if err != nil {
		return 0, wrap(err, "find a bed")
	}
	if len(beds) == 0 {
		wrong.refuse("bed_id", "bed_number_unknown", "There is no bed %s.", number)
		return 0, nil
	}
	return beds[0], nil
}

// setFromFile makes a patient who is on record what a line says.
func (c *change) setFromFile(ctx context.Context, before Record, r *fileRow) error {
	line := r.patientLine(ctx, before)
	if len(line.who.differing(before)) > 0 {
		if err := c.correctFromFile(ctx, before.ID, line.who); err != nil {
			return err
		}
	}
	if err := c.allergiesFromFile(ctx, before, line.allergies); err != nil {
		return err
	}
	if !line.admitted {
		return nil
	}
	wrong := fields{}
	var err error
	if line.stay.BedID, err = c.bedOfLine(ctx, line.bed, wrong); err != nil {
		return err
	}
	if err := wrong.err(); err != nil {
		return err
	}
	ended, err := c.endedSince(ctx, before.ID, line.stay.AdmittedAt)
	switch {
	case err != nil || ended:
		return err
	case before.AdmissionID == 0:
		return c.admitFromFile(ctx, before.ID, line)
	}
	return c.setStayFromFile(ctx, before.AdmissionID, line)
}

// correctFromFile corrects who a patient is.
func (c *change) correctFromFile(ctx context.Context, id int64, to Record) error {
	record, err := c.lockRecord(ctx, id, precondition{})
	if err != nil {
		return err
	}
	return c.correct(ctx, record, CorrectPatientCommand{Name: &to.Name, BirthDate: &to.BirthDate,
		Sex: &to.Sex, NationalID: &to.NationalID, Phone: &to.Phone, Language: &to.Language,
		Reason: importReason})
}

// allergiesFromFile adds to a patient's allergies those that a line names. It takes none off: who
// has written the file has not always seen the record.
func (c *change) allergiesFromFile(ctx context.Context, patient Record, said Allergies) error {
	if !said.Known && len(said.Severe) == 0 {
		return nil
	}
	wrong := fields{}
	wrong.allergies(said)
	if err := wrong.err(); err != nil {
		return err
	}
	known := patient.Allergies
	if len(known.Allergens) > 0 && len(said.Allergens) == 0 {
		return refuseField("allergies", "allergies_on_record_file", "This patient has allergies on "+
			"record, which a file can't take off. Change them on the patient's page.")
	}
	said.Allergens = slices.Concat(said.Allergens, known.Allergens)
	said.Severe = slices.Concat(said.Severe, known.Severe)
	said.tidy()
	if said.same(known) {
		return nil
	}
	return c.setAllergies(ctx, patient.ID, AllergyCommand{Allergies: said, Reason: importReason})
}

// endedSince reports whether a line is about an admission that has ended, which a file does not
// open again: it began when the line says.
func (c *change) endedSince(ctx context.Context, patientID int64, at time.Time) (bool, error) {
	if at.IsZero() {
		return false, nil
	}
	ended, err := scanValue[bool](c.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM admission
		WHERE patient_id = $1 AND admitted_at = $2 AND discharged_at IS NOT NULL)`,
		patientID, instant(at)))
	return ended, wrap(err, "read whether patient %d was here at that time", patientID)
}

// setStayFromFile makes the open admission of a patient what a line says.
func (c *change) setStayFromFile(ctx context.Context, id int64, line patientLine) error {
	if _, err := c.lockPatientOf(ctx, id); err != nil {
		return err
	}
	stay, err := c.lockOpenAdmission(ctx, id, precondition{})
	if err != nil {
		return err
	}
	if at := line.stay.AdmittedAt; !at.IsZero() && !at.Equal(stay.AdmittedAt) {
		return refuseField("admitted_at", "admitted_otherwise",
			"This patient is here since another time. Leave this empty, or give that time.")
	}
	for _, set := range []func(context.Context, Admission, patientLine) error{
		c.bedFromFile, c.dietFromFile, c.reasonFromFile, c.planFromFile,
	} {
		if err := set(ctx, stay, line); err != nil {
			return err
		}
		if stay, err = readAdmission(ctx, c.tx, id); err != nil {
			return err
		}
	}
	return nil
}

// bedFromFile moves the patient of a locked admission to the bed that a line names.
func (c *change) bedFromFile(ctx context.Context, stay Admission, line patientLine) error {
	if line.bed == "" || line.bed == stay.BedNumber {
		return nil
	}
	return c.transfer(ctx, stay, TransferCommand{BedID: line.stay.BedID, Reason: importReason})
}

// dietFromFile sets what the patient of a locked admission may eat.
func (c *change) dietFromFile(ctx context.Context, stay Admission, line patientLine) error {
	cmd := DietCommand{Texture: line.stay.Texture}
	if line.stay.Diet != "" {
		cmd.Diet = &line.stay.Diet
	}
	return c.setDiet(ctx, stay, cmd)
}

// reasonFromFile sets why the patient of a locked admission was admitted.
func (c *change) reasonFromFile(ctx context.Context, stay Admission, line patientLine) error {
	if line.stay.Reason == "" {
		return nil
	}
	wrong := fields{}
	wrong.text("reason", line.stay.Reason, LongestReason)
	if err := wrong.err(); err != nil {
		return err
	}
	rows, err := c.exec(ctx, `UPDATE admission SET reason = $2, version = version + 1
		WHERE id = $1 AND reason <> $2`, stay.ID, line.stay.Reason)
	if err != nil {
		return fmt.Errorf("set the reason of admission %d: %w", stay.ID, err)
	}
	if rows > 0 {
		c.record(stay.entry("admission.reason"), stay)
	}
	return nil
}

// planFromFile sets when the patient of a locked admission is expected to leave.
func (c *change) planFromFile(ctx context.Context, stay Admission, line patientLine) error {
	expected := line.stay.ExpectedDischarge
	if expected.IsZero() || expected.Equal(stay.ExpectedDischarge) {
		return nil
	}
	return c.planDischarge(ctx, stay, expected)
}

// listPatients writes everybody on record by number, but for those who have died here and records
// that were merged into others. A newborn who lies with the mother has no bed of its own.
func listPatients(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	numbered, err := patientNumbers(ctx, q)
	if err != nil {
		return err
	}
	slices.SortFunc(numbered, func(a, b numberedPatient) int {
		return compareCodes(a.number, b.number)
	})
	const atOnce = 256 // so many that statements don't count, so few that memory does not
	for some := range slices.Chunk(numbered, atOnce) {
		if err := listSomePatients(ctx, q, some, write); err != nil {
			return err
		}
	}
	return nil
}

// numberedPatient is a patient by number.
type numberedPatient struct {
	id     int64
	number string
}

func patientNumbers(ctx context.Context, q *sql.Tx) ([]numberedPatient, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, number FROM patient
		WHERE number IS NOT NULL AND merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM admission
			WHERE admission.patient_id = patient.id AND admission.outcome = 'deceased')`)
	all, err := collect(rows, err, func(row scanner) (p numberedPatient, err error) {
		err = row.Scan(&p.id, &p.number)
		return p, err
	})
	return all, wrap(err, "read the patients' numbers")
}

// listSomePatients writes patients in their order.
func listSomePatients(ctx context.Context, q *sql.Tx, some []numberedPatient,
	write func(cells ...string) error) error {
	ids := make([]int64, len(some))
	for i, one := range some {
		ids[i] = one.id
	}
	list, args := oneOf(nil, ids)
	lines := make(map[int64][]string, len(some))
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx, `SELECT patient.id, COALESCE(patient.number, ''), patient.name,
			patient.birth_date, patient.sex, patient.national_id, patient.phone, patient.language,
			patient.allergies, COALESCE(bed.number, ''), COALESCE(admission.diet, ''),
			COALESCE(admission.texture, -1), COALESCE(admission.reason, ''), admission.admitted_at,
			admission.expected_discharge
		FROM patient
		LEFT JOIN admission ON admission.patient_id = patient.id AND admission.discharged_at IS NULL
		LEFT JOIN bed ON bed.id = admission.bed_id AND NOT admission.with_mother
		WHERE patient.id IN `+list, args...)
	err = eachRow(rows, err, func(row scanner) error {
		id, cells, err := scanPatientLine(row)
		lines[id] = cells
		return err
	})
	if err != nil {
		return wrap(err, "read patients")
	}
	for _, one := range some {
		if err := write(lines[one.id]...); err != nil {
			return fmt.Errorf("write a patient: %w", err)
		}
	}
	return nil
}

// scanPatientLine reads a row of listSomePatients as the cells of a line.
func scanPatientLine(row scanner) (id int64, cells []string, err error) {
	var r Record
	var stay AdmitCommand
	var allergies Allergies
	var bed string
	texture := -1
	err = row.Scan(&id, &r.Number, &r.Name, (*instant)(&r.BirthDate), &r.Sex, &r.NationalID,
		&r.Phone, &r.Language, (*allergyList)(&allergies), &bed, &stay.Diet, &texture, &stay.Reason,
		(*instant)(&stay.AdmittedAt), (*instant)(&stay.ExpectedDischarge))
	cells = []string{r.Number, string(r.Name), dateCell(r.BirthDate), r.Sex, r.NationalID, r.Phone,
		r.Language, allergies.cell(), listCell(allergies.Severe), bed, string(stay.Diet), "",
		stay.Reason, timeCell(stay.AdmittedAt), timeCell(stay.ExpectedDischarge)}
	if texture >= 0 {
		cells[11] = strconv.Itoa(texture)
	}
	return id, cells, err
}

// cell writes allergies into a cell: nothing where nobody asked.
func (a Allergies) cell() string {
	if a.Known && len(a.Allergens) == 0 {
		return NoKnownAllergies
	}
	return listCell(a.Allergens)
}
