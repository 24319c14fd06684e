package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"dusangire/hospital/internal/store"
)

// Admission is one patient's time in the hospital, from coming to leaving. A patient has at most
// one open admission, and a bed at most one.
type Admission struct {
	ID                int64
	PatientID         int64
	PatientName       PatientName
	BedID             int64 // 0: admitted, waiting for a bed
	BedNumber         string
	WardID            int64
	WardName          string
	AdmittedAt        time.Time
	BedSince          time.Time // zero where BedID is 0
	ExpectedDischarge time.Time // zero: nobody has said
	DischargePlanned  bool      // pending: the bed stays occupied until the patient leaves
	DischargedAt      time.Time // zero: open
	Outcome           Outcome   // empty: open, or cancelled
	Cancelled         bool      // it never was, and ended at DischargedAt
	LateReason        string    // why it was entered later than the patient came; may be empty
	Leave             Leave     // zero: the patient is here
	MotherAdmissionID int64     // of a newborn; 0: not known, or no newborn
	WithMother        bool      // lies in no bed of its own but wherever its mother does
	Sex               string    // of the patient
	Placement
	Fitness // of the bed and its ward
	Version int64
}

// Outcome says how an admission ended.
type Outcome string

// The outcomes of a discharge.
const (
	Improved      Outcome = "improved"
	Stable        Outcome = "stable"
	Discharged    Outcome = "discharged"
	Referred      Outcome = "referred"
	AgainstAdvice Outcome = "against_advice"
	Deceased      Outcome = "deceased" // needs RecordDeaths
)

// Outcomes lists them in the order in which people are shown them.
var Outcomes = []Outcome{Improved, Stable, Discharged, Referred, AgainstAdvice, Deceased}

// Valid reports whether o is one of Outcomes.
func (o Outcome) Valid() bool { return slices.Contains(Outcomes, o) }

// AdmissionReasons are the usual reasons, offered as suggestions; any text will do.
var AdmissionReasons = []string{"emergency", "planned", "routine", "follow_up", "transfer"}

// Longest texts, in characters.
const (
	LongestName   = 120
	LongestReason = 200
	LongestNotes  = 2000
)

// AdmitCommand is what Admit needs: PatientID, or PatientName for someone who was never here.
type AdmitCommand struct {
	PatientID   int64
	PatientName PatientName
	// These are only for someone who was never here.
	BirthDate     time.Time // zero: unknown; not in the future
	Sex           string    // "", or as in Patient
	PatientNumber string    // the hospital's; "": the next of the running ones
	ConfirmNew    bool      // although somebody on record may be the same person

	BedID      int64 // 0: admitted without a bed
	BedVersion int64 // of the bed as the person saw it; 0 where they did not say
	Reason     string
	// Diet and Texture left out, "" and nil, are those of the patient's last admission, and general
	// and regular for someone who was never here.
	Diet    Diet
	Texture *Texture
	// Allergies are added to the person's record. Those on record that are not named here wait to be
	// confirmed.
	Allergies         Allergies
	ExpectedDischarge time.Time
	Placement         Placement // an empty isolation means none, an empty priority routine
	OverrideReason    string    // for taking a bed that is kept for others; may be empty
	AdmittedAt        time.Time // zero: now; at most LongestAdmission ago
	LateReason        string    // why it is entered so late; required for a time that is past
	MotherAdmissionID int64     // of a newborn, who without a bed lies with its mother
	// may be empty; the same one of the same person gets the first answer
	IdempotencyKey string
}

// TransferCommand is what Transfer needs.
type TransferCommand struct {
	BedID      int64
	BedVersion int64 // of that bed as the person saw it; 0 where they did not say
	Reason     string
	// OverrideReason is for taking a bed that is kept for others; may be empty.
	OverrideReason string
	// What the person saw; 0 where they did not say.
	AdmissionID int64 // the admission; another one: Conflict "another_patient"
	Version     int64 // of the admission; another one now: Conflict "stay_outdated"
}

// PlanDischargeCommand is what PlanDischarge needs.
type PlanDischargeCommand struct {
	Expected    time.Time // zero takes the plan back
	AdmissionID int64     // as TransferCommand's
	Version     int64
}

// DischargeCommand is what Discharge needs.
type DischargeCommand struct {
	Outcome     Outcome
	Notes       string
	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// LongestAdmission is how far ahead a discharge can be expected.
const LongestAdmission = 366 * 24 * time.Hour

// Admit opens an admission. Invalid names each wrong field (unknown bed or patient included);
// Conflict where the bed can't take anyone (Current is the BoardBed), its ward is closed, the
// patient's death is on record, the patient is already admitted (Current is the Admission), or was
// at that time, somebody else lay in the bed then, the patient is said to have no allergies and has
// some on record (Current is the AllergyRecord), or somebody on record may be the same person
// (Current are the Patients) and ConfirmNew is not set. With an IdempotencyKey that this person
// used before for the same thing it changes nothing and returns the admission that the first one
// opened, as it stands now, with replayed true; for another thing it is Invalid.
func (h *Hospital) Admit(ctx context.Context, actor Actor,
	cmd AdmitCommand) (a Admission, replayed bool, err error) {
	if err := actor.need(AdmitPatients); err != nil {
		return Admission{}, false, err
	}
	cmd.tidy()
	said := cmd
	said.IdempotencyKey, said.BedVersion = "", 0 // a repeated command need not have seen the same
	return create(ctx, h, actor, creation[Admission]{
		name: "admission.admit", key: cmd.IdempotencyKey, said: said,
		make: func(ctx context.Context, c *change) (int64, error) { return c.admit(ctx, cmd) },
		read: readAdmission,
	})
}

// tidy brings the command into the one form in which it is checked, compared and kept.
func (cmd *AdmitCommand) tidy() {
	cmd.PatientName = PatientName(tidy(string(cmd.PatientName)))
	cmd.PatientNumber = tidy(cmd.PatientNumber)
	cmd.Reason = tidy(cmd.Reason)
	cmd.Sex = cmp.Or(cmd.Sex, "unknown")
	cmd.BirthDate = dayOf(cmd.BirthDate)
	cmd.ExpectedDischarge = conceivable(cmd.ExpectedDischarge.UTC().Truncate(time.Millisecond))
	cmd.Allergies.tidy()
	cmd.Placement.tidy()
	cmd.OverrideReason = tidy(cmd.OverrideReason)
	cmd.AdmittedAt = conceivable(cmd.AdmittedAt.UTC().Truncate(time.Millisecond))
	cmd.LateReason = tidy(cmd.LateReason)
}

// conceivable is the time, or the nearest one whose year has four digits, since others can't be
// written down. No time that is kept is anywhere near.
func conceivable(t time.Time) time.Time {
	switch {
	case t.Year() < 1:
		return time.Date(1, time.January, 1, 0, 0, 0, 1, time.UTC)
	case t.Year() > 9999:
		return time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// check finds what is wrong with the fields, apart from what only the database knows.
func (cmd AdmitCommand) check(now time.Time) fields {
	wrong := fields{}
	switch {
	case cmd.PatientID != 0 && cmd.PatientName != "":
		wrong.refuse("patient_name", "patient_twice",
			"Choose a known patient or give a new name, not both.")
	case cmd.PatientID == 0 && cmd.PatientName == "":
		wrong.refuse("patient_name", "name_missing", "Give the patient's name.")
	}
	wrong.text("patient_name", string(cmd.PatientName), LongestName)
	wrong.letters("patient_name", string(cmd.PatientName))
	wrong.person(cmd.BirthDate, cmd.Sex, now)
	wrong.identifier("patient_number", cmd.PatientNumber)
	wrong.text("reason", cmd.Reason, LongestReason)
	if cmd.Diet != "" && !cmd.Diet.Valid() {
		refuseChoice(wrong, "diet", Diets)
	}
	if cmd.Texture != nil && !cmd.Texture.Valid() {
		wrong.refuse("texture", "texture", "Choose a texture from 0 to 7.")
	}
	wrong.allergies(cmd.Allergies)
	wrong.placement(cmd.Placement)
	wrong.text("override_reason", cmd.OverrideReason, LongestReason)
	wrong.admittedAt(cmd.AdmittedAt, cmd.LateReason, now)
	earliest := now
	if !cmd.AdmittedAt.IsZero() {
		earliest = cmd.AdmittedAt
	}
	wrong.expectedDischarge(cmd.ExpectedDischarge, earliest.Add(-time.Minute), now)
	return wrong
}

// expectedDischarge records that a discharge is expected before the earliest possible time, or too
// far ahead. Zero is no time.
func (f fields) expectedDischarge(expected, earliest, now time.Time) {
	if expected.IsZero() {
		return
	}
	switch {
	case expected.Before(earliest):
		f.refuse("expected_discharge", "too_early",
			"Nobody can be discharged before being admitted. Give a later time.")
	case expected.After(now.Add(LongestAdmission)):
		f.refuse("expected_discharge", "too_late", "Give a time within a year from now.")
	}
}

// admit opens the admission and returns its id.
func (c *change) admit(ctx context.Context, cmd AdmitCommand) (int64, error) {
	open, place, err := c.lockAdmitted(ctx, cmd)
	if err != nil {
		return 0, err
	}
	if err := c.checkAdmitted(ctx, cmd, open, place); err != nil {
		return 0, err
	}
	if cmd.PatientID == 0 {
		if cmd.PatientID, err = c.addPatient(ctx, cmd); err != nil {
			return 0, err
		}
	}
	diet, err := c.firstDiet(ctx, cmd)
	if err != nil {
		return 0, err
	}
	return c.insertAdmission(ctx, cmd, diet, place)
}

// lockAdmitted locks whom and what an admission is about: the patient, whose open admission it
// returns (0: none), the mother and the bed. Invalid names each wrong field.
func (c *change) lockAdmitted(ctx context.Context,
	cmd AdmitCommand) (open int64, in place, err error) {
	wrong := cmd.check(c.now)
	if cmd.PatientID == 0 {
		if err := c.lockNewcomers(ctx); err != nil {
			return 0, in, err
		}
	}
	if open, err = c.lockPatient(ctx, cmd.PatientID, wrong); err != nil {
		return 0, in, err
	}
	mother, err := c.lockMotherOf(ctx, cmd, wrong)
	if err != nil {
		return 0, in, err
	}
	if in, err = c.lockPlace(ctx, cmd, mother, wrong); err != nil {
		return 0, in, err
	}
	if err := c.knowWard(ctx, cmd.Placement.WantedWardID, wrong); err != nil {
		return 0, in, err
	}
	return open, in, wrong.err()
}

// checkAdmitted refuses an admission that the rules speak against, of what is locked.
func (c *change) checkAdmitted(ctx context.Context, cmd AdmitCommand, open int64, in place) error {
	if open != 0 {
		return c.alreadyAdmitted(ctx, open)
	}
	if err := c.checkRecord(ctx, cmd.PatientID); err != nil {
		return err
	}
	if in.ID != 0 && !in.withMother {
		if err := c.checkFreeInVersion(ctx, in.Bed, cmd.BedVersion); err != nil {
			return err
		}
		if err := c.checkReserved(ctx, in.Bed, cmd.PatientID, cmd.OverrideReason); err != nil {
			return err
		}
	}
	if err := c.checkOverlaps(ctx, cmd, in); err != nil {
		return err
	}
	if cmd.PatientID != 0 {
		return nil
	}
	return c.checkNew(ctx, cmd)
}

// firstDiet is what a patient who is being admitted may eat, with what was said of their allergies
// put on their record.
func (c *change) firstDiet(ctx context.Context, cmd AdmitCommand) (d DietOrder, err error) {
	diet, texture, err := c.lastNeeds(ctx, cmd.PatientID)
	if err != nil {
		return d, err
	}
	d.Diet = cmp.Or(cmd.Diet, diet, DietGeneral)
	d.Texture = *cmp.Or(cmd.Texture, texture, new(RegularTexture))
	d.Confirmed, err = c.noteAtAdmission(ctx, cmd.PatientID, cmd.Allergies)
	return d, err
}

// lockTarget locks the bed that a field names, or records that there is none. No bed at all is the
// zero Bed.
func (c *change) lockTarget(ctx context.Context, id int64, wrong fields) (Bed, error) {
	if id == 0 {
		return Bed{}, nil
	}
	bed, err := c.lockBed(ctx, id)
	if IsKind(err, NotFound) {
		wrong.refuse("bed_id", "bed_unknown", "There is no such bed. Choose one of the list.")
		return Bed{}, nil
	}
	return bed, err
}

// alreadyAdmitted says where the patient lies already.
func (c *change) alreadyAdmitted(ctx context.Context, admissionID int64) error {
	open, err := readAdmission(ctx, c.tx, admissionID)
	if err != nil {
		return err
	}
	return open.conflict("already_admitted",
		"%s is already admitted and is %s. Transfer the patient instead.",
		c.actor.called(open.PatientName), Whereabouts(open.BedNumber))
}

// Whereabouts is where somebody is who is admitted: the number of their bed, or nothing while they
// wait for one. In a sentence it is so many words.
type Whereabouts string

// String says it in English.
func (w Whereabouts) String() string {
	if w == "" {
		return "waiting for a bed"
	}
	return "in bed " + string(w)
}

// insertAdmission inserts the admission of a patient who is locked or new and may eat this, in a
// locked bed, with the mother or in none, and returns its id.
func (c *change) insertAdmission(ctx context.Context, cmd AdmitCommand, diet DietOrder,
	in place) (id int64, err error) {
	admitted, bedSince := c.now, time.Time{}
	if !cmd.AdmittedAt.IsZero() {
		admitted = cmd.AdmittedAt
	}
	if in.ID != 0 {
		bedSince = latest(admitted, in.motherSince)
	}
	id, err = c.insert(ctx, `INSERT INTO admission (patient_id, bed_id, bed_since, admitted_at,
			reason, diet, texture, allergies_confirmed, expected_discharge, late_reason,
			mother_admission_id, with_mother, isolation, priority, wanted_ward_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`,
		cmd.PatientID, reference(in.ID), instant(bedSince), instant(admitted), cmd.Reason,
		diet.Diet, diet.Texture, diet.Confirmed, instant(cmd.ExpectedDischarge),
		cmd.LateReason, reference(cmd.MotherAdmissionID), in.withMother,
		cmd.Placement.Isolation, cmd.Placement.Priority, reference(cmd.Placement.WantedWardID))
	if refusal := uniqueViolation(err, in.Bed); refusal != nil {
		return 0, refusal
	}
	if err != nil {
		return 0, fmt.Errorf("open an admission: %w", err)
	}
	c.record(entry{action: "admission.admit", entity: "admission", entityID: id,
		patientID: cmd.PatientID, wardID: in.WardID, to: in.Number, reason: cmd.LateReason,
		version: 1}, Admission{ID: id, WardID: in.WardID})
	if in.ID != 0 {
		err := c.occupy(ctx, &in.Bed, assignment{admissionID: id, since: bedSince,
			act: byAdmission, withMother: in.withMother})
		if err != nil {
			return 0, err
		}
	}
	return id, c.touchCustomers(ctx, Order{AdmissionID: id})
}

// uniqueViolation turns the complaint of the unique indexes about an admission into the refusal
// that the checks before it would have made; nil for any other error. It is the last line of
// defence: behind the locks it should not happen.
func uniqueViolation(err error, bed Bed) error {
	switch store.Violated(err) {
	case "admission_bed_id":
		return Refuse(Conflict, "bed_just_taken", "Bed %s has just been taken. Choose another bed.",
			bed.Number)
	case "admission_patient_id":
		return Refuse(Conflict, "just_admitted",
			"This patient has just been admitted. Transfer the patient instead.")
	}
	return nil
}

// Transfer moves the patient to another bed, or to a first one, in one transaction: the old bed
// goes to cleaning and the new one is occupied together. Errors as for Admit; NotFound where there
// is no such admission; Conflict too when it has ended, has another version, or the patient already
// lies there.
func (h *Hospital) Transfer(ctx context.Context, actor Actor, admissionID int64,
	cmd TransferCommand) (Admission, error) {
	if err := actor.need(TransferPatients); err != nil {
		return Admission{}, err
	}
	cmd.Reason, cmd.OverrideReason = tidy(cmd.Reason), tidy(cmd.OverrideReason)
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.transfer(ctx, admission, cmd)
		})
}

// transfer moves the patient of a locked admission, and the newborns who lie with her.
func (c *change) transfer(ctx context.Context, admission Admission, to TransferCommand) error {
	wrong := fields{}
	wrong.text("reason", to.Reason, LongestReason)
	wrong.text("override_reason", to.OverrideReason, LongestReason)
	if to.BedID == 0 {
		wrong.refuse("bed_id", "bed_missing", "Choose a bed.")
	}
	if to.BedID == admission.BedID && to.BedID != 0 {
		return admission.conflict("same_bed", "%s already lies in bed %s. Choose another bed.",
			c.actor.called(admission.PatientName), admission.BedNumber)
	}
	joins, err := c.joinsMother(ctx, admission, to.BedID)
	if err != nil {
		return err
	}
	newborns, err := c.lockNewborns(ctx, admission)
	if err != nil {
		return err
	}
	old, target, err := c.lockBeds(ctx, admission.BedID, to.BedID, wrong)
	if err != nil {
		return err
	}
	if err := wrong.err(); err != nil {
		return err
	}
	if !joins {
		if err := c.checkFreeInVersion(ctx, target, to.BedVersion); err != nil {
			return err
		}
		err := c.checkReserved(ctx, target, admission.PatientID, to.OverrideReason)
		if err != nil {
			return err
		}
	}
	at := latest(c.now, admission.BedSince, admission.AdmittedAt)
	return c.move(ctx, admission, newborns, relocation{from: old, to: target, at: at,
		act: byTransfer, reason: to.Reason, withMother: joins})
}

// lockBeds locks the bed that a patient leaves and the one that a field names, the lower id first
// like everyone else.
func (c *change) lockBeds(ctx context.Context, leftID, wantedID int64,
	wrong fields) (left, wanted Bed, err error) {
	if wantedID < leftID {
		wanted, left, err = c.lockBeds(ctx, wantedID, leftID, wrong)
		return left, wanted, err
	}
	if left, err = c.lockTarget(ctx, leftID, wrong); err != nil {
		return left, wanted, err
	}
	wanted, err = c.lockTarget(ctx, wantedID, wrong)
	return left, wanted, err
}

// PlanDischarge marks the admission for discharge at a time, or takes that back. The bed stays
// occupied. A plan that already stands changes nothing. Invalid for a time before the admission or
// more than a year ahead; NotFound where there is no such admission; Conflict when it has ended or
// has another version.
func (h *Hospital) PlanDischarge(ctx context.Context, actor Actor, admissionID int64,
	cmd PlanDischargeCommand) (Admission, error) {
	if err := actor.need(PlanDischarges); err != nil {
		return Admission{}, err
	}
	expected := cmd.Expected.UTC().Truncate(time.Millisecond)
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.planDischarge(ctx, admission, expected)
		})
}

// planDischarge sets or takes back the plan of a locked admission.
func (c *change) planDischarge(ctx context.Context, admission Admission, expected time.Time) error {
	wrong := fields{}
	wrong.expectedDischarge(expected, admission.AdmittedAt, c.now)
	if err := wrong.err(); err != nil {
		return err
	}
	planned := !expected.IsZero()
	if planned == admission.DischargePlanned &&
		(!planned || expected.Equal(admission.ExpectedDischarge)) {
		return nil
	}
	_, err := c.exec(ctx, `UPDATE admission SET discharge_planned = $2, expected_discharge = $3,
		version = version + 1 WHERE id = $1`, admission.ID, planned, instant(expected))
	if err != nil {
		return fmt.Errorf("plan the discharge of admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.plan_discharge")
	e.from = admission.plan()
	e.to = Admission{DischargePlanned: planned, ExpectedDischarge: expected}.plan()
	c.record(e, admission)
	return nil
}

// entry is a line of the audit about a change of the admission.
func (a Admission) entry(action string) entry {
	return entry{action: action, entity: "admission", entityID: a.ID, patientID: a.PatientID,
		wardID: a.WardID, version: a.Version + 1}
}

// plan is the state of the discharge plan, as the audit keeps it.
func (a Admission) plan() string {
	if !a.DischargePlanned {
		return ""
	}
	return a.ExpectedDischarge.UTC().Format(time.RFC3339)
}

// Discharge ends the admission and leaves its bed in cleaning. Invalid without an outcome; NotFound
// where there is no such admission; Conflict when it has already ended or has another version;
// Forbidden to record a death without RecordDeaths.
func (h *Hospital) Discharge(ctx context.Context, actor Actor, admissionID int64,
	cmd DischargeCommand) (Admission, error) {
	if err := actor.need(DischargePatients); err != nil {
		return Admission{}, err
	}
	if cmd.Outcome == Deceased {
		if err := actor.need(RecordDeaths); err != nil {
			return Admission{}, err
		}
	}
	cmd.Notes = tidyLines(cmd.Notes)
	if err := cmd.check(); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.discharge(ctx, admission, cmd)
		})
}

// check returns what is wrong with the fields.
func (cmd DischargeCommand) check() error {
	wrong := fields{}
	if !cmd.Outcome.Valid() {
		refuseChoice(wrong, "outcome", Outcomes)
	}
	wrong.text("notes", cmd.Notes, LongestNotes)
	return wrong.err()
}

// discharge ends a locked admission.
func (c *change) discharge(ctx context.Context, admission Admission, cmd DischargeCommand) error {
	ends, err := c.endsLinks(ctx, admission)
	if err != nil {
		return err
	}
	if ends || cmd.Outcome == Deceased {
		if err := c.tellWatchers(ctx, admission.PatientID); err != nil {
			return err
		}
	}
	newborns, err := c.lockNewborns(ctx, admission)
	if err != nil {
		return err
	}
	at := latest(c.now, admission.BedSince, admission.AdmittedAt)
	_, err = c.exec(ctx, `UPDATE admission SET discharged_at = $2, outcome = $3, notes = $4,
		version = version + 1 WHERE id = $1`, admission.ID, instant(at), cmd.Outcome, cmd.Notes)
	if err != nil {
		return fmt.Errorf("end admission %d: %w", admission.ID, err)
	}
	if err := c.endAssignment(ctx, admission.ID, at); err != nil {
		return err
	}
	err = c.leaveBed(ctx, admission, newborns, func(bed *Bed) error {
		return c.putBed(ctx, bed, BedCleaning, "")
	})
	if err != nil {
		return err
	}
	e := admission.entry("admission.discharge")
	e.from, e.to = admission.BedNumber, string(cmd.Outcome)
	c.record(e, admission)
	return c.endOrders(ctx, admission, cmd.Outcome)
}

// latest returns the latest of some times. Where the clocks of two nodes differ a little, it keeps
// what comes after from being kept as before.
func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// changeAdmission runs a command on an open admission, which it locks first, and returns the
// admission as it is then. What its giver saw must be what is there.
func (h *Hospital) changeAdmission(ctx context.Context, actor Actor, id int64, seen precondition,
	run func(ctx context.Context, c *change, admission Admission) error) (Admission, error) {
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Admission, error) {
		admission, err := c.lockOpenAdmission(ctx, id, seen)
		if err == nil {
			err = run(ctx, c, admission)
		}
		if err != nil {
			return admission, err
		}
		return readAdmission(ctx, c.tx, id)
	})
}

// lockOpenAdmission keeps an open admission from everyone else until the commit and returns it as
// it stands. Conflict where it has ended, or is not what the giver of the command saw.
func (c *change) lockOpenAdmission(ctx context.Context, id int64,
	seen precondition) (Admission, error) {
	admission, err := c.lockWithMother(ctx, id)
	if err != nil {
		return admission, err
	}
	return admission, c.withChanges(ctx, admission.checkPrecondition(c.actor, seen), "admission",
		id, seen.version, admission.Version)
}

// checkPrecondition returns why a command must not change the admission, or nil: it has ended, or
// is not the one or not as its giver saw. Of an admission that has ended, which is on no board,
// somebody who meant another one learns nothing.
func (a Admission) checkPrecondition(actor Actor, seen precondition) error {
	ended := !a.DischargedAt.IsZero()
	switch {
	case seen.admissionID != 0 && seen.admissionID != a.ID:
		refusal := anotherPatient()
		if !ended {
			refusal.Current = a
		}
		return refusal
	case ended:
		return a.ended()
	case seen.version != 0 && seen.version != a.Version:
		return a.outdated(actor)
	}
	return nil
}

// outdated is the refusal of a command whose giver saw another version.
func (a Admission) outdated(actor Actor) error {
	return a.conflict("stay_outdated",
		"The stay of %s has changed meanwhile. Look again before you change it.",
		actor.called(a.PatientName))
}

// ended is the refusal to go on with an admission that has ended.
func (a Admission) ended() error {
	return a.conflict("stay_ended",
		"This stay has ended already. Admit the patient again if needed.")
}

// conflict is a refusal because of the state in which the admission stands.
func (a Admission) conflict(code, format string, args ...any) error {
	return Refuse(Conflict, code, format, args...).With(a)
}

// Admission reads one admission. NotFound where there is none.
func (h *Hospital) Admission(ctx context.Context, actor Actor, id int64) (Admission, error) {
	return readAs(ctx, h, actor, ReadWards, func(ctx context.Context, q *sql.Tx) (Admission, error) {
		return readAdmission(ctx, q, id)
	})
}

// readAdmission reads one admission. NotFound where there is none.
func readAdmission(ctx context.Context, q *sql.Tx, id int64) (a Admission, err error) {
	row := q.QueryRowContext(ctx,
		`SELECT admission.id, admission.patient_id, patient.name, admission.bed_id,
			COALESCE(bed.number, ''), bed.ward_id, COALESCE(ward.name, ''), admission.admitted_at,
			admission.bed_since, admission.expected_discharge, admission.discharge_planned,
			admission.discharged_at,
			CASE WHEN admission.cancelled THEN '' ELSE admission.outcome END, admission.cancelled,
			admission.late_reason, admission.leave_since, admission.leave_until,
			admission.leave_reason, admission.mother_admission_id, admission.with_mother,
			patient.sex, `+placementColumns+`, COALESCE(ward.sex, 'any'),
			COALESCE(bed.features, '[]'), COALESCE(bed.staffed, TRUE),
			admission.version
		FROM admission
		JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE admission.id = $1`, id)
	columns := []any{&a.ID, &a.PatientID, &a.PatientName, (*reference)(&a.BedID), &a.BedNumber,
		(*reference)(&a.WardID), &a.WardName, (*instant)(&a.AdmittedAt), (*instant)(&a.BedSince),
		(*instant)(&a.ExpectedDischarge), &a.DischargePlanned, (*instant)(&a.DischargedAt),
		&a.Outcome, &a.Cancelled, &a.LateReason, (*instant)(&a.Leave.Since),
		(*instant)(&a.Leave.Until), &a.Leave.Reason, (*reference)(&a.MotherAdmissionID),
		&a.WithMother, &a.Sex}
	columns = slices.Concat(columns, a.Placement.columns(), a.Fitness.columns())
	err = row.Scan(append(columns, &a.Version)...)
	return a, wrapRow(err, unknownAdmission, "read admission %d", id)
}

// unknownAdmission is the refusal of an admission that does not exist.
func unknownAdmission() error { return Refuse(NotFound, "stay_unknown", "There is no such stay.") }

// lockAdmission keeps an admission, and with it all its orders, from everyone else until the
// commit, without changing it: whoever changes an order of an admission, or what the patient may
// eat, holds the admission first. So the safety check and the step that rests on it are one.
func (c *change) lockAdmission(ctx context.Context, admissionID int64) error {
	_, err := c.lock(ctx, "admission", admissionID)
	return err
}
