package hospital

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/language"

	"dusangire/hospital/internal/spelling"
	"dusangire/hospital/internal/store"
)

// This file is what tells one person from another, and notices when somebody may be on record
// already.

// LongestIdentifier is the most characters of a patient's number, national id or telephone number.
const LongestIdentifier = 32

// dayOf is a day as it is kept: midnight UTC. Zero stays zero.
func dayOf(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	year, month, day := t.Date()
	return conceivable(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// person records a date of birth and a sex that nobody can have.
func (f fields) person(born time.Time, sex string, now time.Time) {
	if born.After(now) || !born.IsZero() && born.Year() < 1880 {
		f.refuse("birth_date", "birth_date",
			"Give a date of birth that can be right, or leave it empty.")
	}
	for _, known := range Sexes {
		if sex == known {
			return
		}
	}
	refuseChoice(f, "sex", Sexes)
}

// identifier records a number that can't be found or read out. It may be empty.
func (f fields) identifier(field, number string) {
	f.text(field, number, LongestIdentifier)
	f.letters(field, number)
}

// language records what is no tag of a language, such as "rw". It may be empty.
func (f fields) language(field, tag string) {
	f.text(field, tag, LongestIdentifier)
	if _, err := language.Parse(tag); tag != "" && err != nil {
		f.refuse(field, "language_tag", "Give the code of a language, such as rw, fr or sw.")
	}
}

// foldIdentifiers are identifiers as they are searched: each as one word.
func foldIdentifiers(identifiers ...string) string {
	words := make([]string, 0, len(identifiers))
	for _, one := range identifiers {
		if word := spelling.Word(one); word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// tidyPhone is a telephone number as it is kept: one of Rwanda in its one form.
func tidyPhone(phone string) string {
	normal, _ := normalPhone(tidy(phone))
	return normal
}

const nextPatientNumber = "next_patient_number" // in meta

// lockNewcomers lets one command after the other add somebody, so that nobody is added twice at
// once and no number is given twice.
func (c *change) lockNewcomers(ctx context.Context) error {
	_, err := c.exec(ctx, `UPDATE meta SET value = value WHERE name = $1`, nextPatientNumber)
	return wrap(err, "wait for the next patient's number")
}

// nextNumber takes the next of the running numbers that nobody was given by hand.
func (c *change) nextNumber(ctx context.Context) (string, error) {
	for {
		number, err := scanValue[string](c.tx.QueryRowContext(ctx, `UPDATE meta
			SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = $1
			RETURNING CAST(CAST(value AS BIGINT) - 1 AS TEXT)`, nextPatientNumber))
		if err != nil {
			return "", wrap(err, "take the next patient's number")
		}
		owner, err := c.ownerOf(ctx, number)
		if err != nil || owner == 0 {
			return number, err
		}
	}
}

// ownerOf returns the id of the patient who has a number, 0 for nobody.
func (c *change) ownerOf(ctx context.Context, number string) (int64, error) {
	owners, err := queryIDs(ctx, c.tx, `SELECT id FROM patient WHERE number = $1`, number)
	if err != nil || len(owners) == 0 {
		return 0, wrap(err, "read whose a number is")
	}
	return owners[0], nil
}

func numberTaken() *Error {
	return Refuse(Conflict, "number_taken",
		"Another patient has this number. Look it up, or give another one.")
}

// checkNew refuses to add somebody who may be on record: of the same number, or born on the same
// day with a name that sounds alike. Whoever has looked and knows better confirms it; but a number
// is only one person's.
func (c *change) checkNew(ctx context.Context, cmd AdmitCommand) error {
	owner, err := c.ownerOf(ctx, cmd.PatientNumber)
	if err != nil {
		return err
	}
	if owner != 0 && cmd.ConfirmNew {
		return numberTaken()
	}
	if cmd.ConfirmNew {
		return nil
	}
	alike, err := c.alike(ctx, cmd, owner)
	if err != nil || len(alike) == 0 {
		return err
	}
	return Refuse(Conflict, "possible_duplicate",
		"Somebody like this is on record. Choose them, or confirm that this is somebody new.").
		With(alike)
}

// alike lists who may be the one that is to be added: owner, who has the number, and who was born
// on the same day.
func (c *change) alike(ctx context.Context, cmd AdmitCommand, owner int64) ([]Patient, error) {
	born, err := candidates(ctx, c.tx, `patient.id = $1 OR patient.birth_date = $2`, owner,
		instant(cmd.BirthDate))
	if err != nil {
		return nil, err
	}
	var alike []candidate
	for _, one := range born {
		if one.ID == owner || spelling.Alike(string(one.Name), string(cmd.PatientName)) {
			alike = append(alike, one)
		}
	}
	if err := toSurvivors(ctx, c.tx, alike); err != nil {
		return nil, err
	}
	return best(alike), nil
}

// checkRecord refuses to go on with a locked patient whose record was merged into another, or whose
// death is on record.
func (c *change) checkRecord(ctx context.Context, id int64) error {
	if err := c.checkUnmerged(ctx, id); err != nil {
		return err
	}
	return c.checkAlive(ctx, id)
}

// checkUnmerged refuses to go on with a locked patient whose record was merged into another.
func (c *change) checkUnmerged(ctx context.Context, id int64) error {
	into, err := queryIDs(ctx, c.tx,
		`SELECT merged_into FROM patient WHERE id = $1 AND merged_into IS NOT NULL`, id)
	if err != nil {
		return wrap(err, "read whether patient %d was merged", id)
	}
	if len(into) > 0 {
		return patientMerged()
	}
	return nil
}

func patientMerged() *Error {
	return Refuse(Conflict, "patient_merged",
		"This record was merged into another one. Search again, and use that one.")
}

// violatedNumber turns the database's complaint about a number that somebody has into a refusal.
func violatedNumber(err error) error {
	if store.Violated(err) == "patient_number" {
		return numberTaken()
	}
	return err
}

// orNothing is a number as a column holds it: NULL for none, so that many may have none.
func orNothing(number string) any {
	if number == "" {
		return nil
	}
	return number
}
