package hospital

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"dusangire/hospital/internal/spelling"
	"dusangire/hospital/internal/store"
)

// PatientName is a person's name. It shows itself to templates and JSON but never to the log.
type PatientName string

// LogValue keeps names out of structured logs.
func (PatientName) LogValue() slog.Value { return slog.StringValue("[patient]") }

// Initials is the form of the name for roles that must tell patients apart but not know them: "U.
// M.".
func (n PatientName) Initials() string {
	var parts []string
	for _, word := range strings.Fields(string(n)) {
		parts = append(parts, strings.ToUpper(string([]rune(word)[:1]))+".")
	}
	return strings.Join(parts, " ")
}

// called is the form of a patient's name in what is said to the actor: in full for who sees names,
// so that namesakes are told apart.
func (a Actor) called(name PatientName) string {
	if a.Role.May(ReadWards) {
		return string(name)
	}
	return name.Initials()
}

// folded is the name as it is searched.
func (n PatientName) folded() string { return spelling.Key(string(n)) }

// Sexes lists what a patient's record can say, after FHIR's administrative gender.
var Sexes = []string{"female", "male", "other", "unknown"}

// Patient is a person who was admitted at least once.
type Patient struct {
	ID        int64
	Number    string // the hospital's; "" where none was given
	Name      PatientName
	BirthDate time.Time // midnight UTC; zero: unknown
	Sex       string    // "female", "male", "other", "unknown" (FHIR administrative gender)
	Admitted  bool      // has an open admission now
	Died      bool      // here
	Allergies Allergies // on record

	// Where they are now; 0 and "" for who has no open admission, or no bed.
	AdmissionID         int64
	BedNumber, WardName string
}

// lockPatient keeps a known patient from everyone else until the commit, so that nobody is admitted
// twice at once, and returns the id of the patient's open admission, 0 for none. It records where
// there is no such patient. Id 0 is a new one.
func (c *change) lockPatient(ctx context.Context, id int64, wrong fields) (open int64, err error) {
	if id == 0 {
		return 0, nil
	}
	found, err := c.lock(ctx, "patient", id)
	if err != nil {
		return 0, err
	}
	if !found {
		wrong.refuse("patient_id", "patient_unknown",
			"There is no such patient. Choose one of the list or give a name.")
		return 0, nil
	}
	admissions, err := queryIDs(ctx, c.tx,
		`SELECT id FROM admission WHERE patient_id = $1 AND discharged_at IS NULL`, id)
	if err != nil || len(admissions) == 0 {
		return 0, wrap(err, "read whether patient %d is admitted", id)
	}
	return admissions[0], nil
}

// checkAlive refuses to go on with a locked patient whose death is on record.
func (c *change) checkAlive(ctx context.Context, id int64) error {
	died, err := scanValue[bool](c.tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM admission WHERE patient_id = $1 AND outcome = 'deceased')`,
		id))
	if died {
		return Refuse(Conflict, "patient_deceased",
			"This patient's death is on record. Check whom you chose, or give the name of someone new.")
	}
	return wrap(err, "read whether patient %d lives", id)
}

// addPatient inserts someone who was never here and returns the id. Who has no number is given the
// next one.
func (c *change) addPatient(ctx context.Context, cmd AdmitCommand) (id int64, err error) {
	number := cmd.PatientNumber
	if number == "" {
		if number, err = c.nextNumber(ctx); err != nil {
			return 0, err
		}
	}
	id, err = c.insert(ctx, `INSERT INTO patient
			(name, name_folded, birth_date, sex, number, identifiers_folded)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		cmd.PatientName, cmd.PatientName.folded(), instant(cmd.BirthDate), cmd.Sex, number,
		foldIdentifiers(number))
	if store.Violated(err) == "patient_number" {
		return 0, numberTaken()
	}
	return id, wrap(err, "add a patient")
}
