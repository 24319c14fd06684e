package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Diet is what a patient is to eat, by its usual code.
type Diet string

// The diets that can be ordered.
const (
	DietGeneral     Diet = "general"
	DietDiabetic    Diet = "diabetic"
	DietLowSodium   Diet = "low_sodium"
	DietHighProtein Diet = "high_protein"
	DietLowFat      Diet = "low_fat"
	DietRenal       Diet = "renal"
	DietCardiac     Diet = "cardiac"
	DietUlcer       Diet = "ulcer"
)

// Diets lists every diet in the order in which people are shown them.
var Diets = []Diet{DietGeneral, DietDiabetic, DietLowSodium, DietHighProtein, DietLowFat, DietRenal,
	DietCardiac, DietUlcer}

// Valid reports whether d is one of Diets.
func (d Diet) Valid() bool { return slices.Contains(Diets, d) }

// Texture is a level of the IDDSI framework, 0 (thin) to 7 (regular food).
type Texture int

// RegularTexture is food as it is usually served.
const RegularTexture Texture = 7

// Valid reports whether t is a level of the framework.
func (t Texture) Valid() bool { return t >= 0 && t <= 7 }

// DietOrder is what a patient may eat. It belongs to the admission and follows the patient from bed
// to bed; the allergies are the person's.
type DietOrder struct {
	Diet       Diet
	Texture    Texture
	Allergies  Allergies // of the person's record
	Confirmed  bool      // somebody has confirmed or changed Allergies in this admission
	NilByMouth Window
	OnLeave    bool // the patient is away: nothing may be given until they are back
	Ended      bool // the admission has ended: nothing may be given any more
}

// Window is a span of time. Without a beginning there is none; without an end it lasts until
// somebody ends it.
type Window struct{ From, Until time.Time }

// Holds reports whether t lies in the window.
func (w Window) Holds(t time.Time) bool {
	return !w.From.IsZero() && !t.Before(w.From) && (w.Until.IsZero() || t.Before(w.Until))
}

// Over reports whether the window has ended by t.
func (w Window) Over(t time.Time) bool { return !w.Until.IsZero() && !t.Before(w.Until) }

// MealsMissed counts the main meals whose time has come in the window by now: what a patient who
// must not eat has gone without.
func (w Window) MealsMissed(s *Settings, now time.Time) (missed int) {
	if w.From.IsZero() {
		return 0
	}
	end := now
	if w.Over(now) {
		end = w.Until
	}
	for day := s.Day(w.From); !day.After(s.Day(end)); day = day.AddDate(0, 0, 1) {
		for _, meal := range s.MainMeals() {
			at, _ := s.Serves(meal, 0, day)
			if w.Holds(at) && !at.After(end) {
				missed++
			}
		}
	}
	return missed
}

// tidy brings the window into the form in which it is kept: UTC, to the millisecond.
func (w *Window) tidy() {
	for _, t := range []*time.Time{&w.From, &w.Until} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
}

// DietCommand is what SetDiet needs: only what is given changes.
type DietCommand struct {
	Diet       *Diet
	Texture    *Texture
	Allergies  *Allergies
	NilByMouth *Window // an empty one takes it back
	Omitted    Omitted
	// SentAlong says that nobody has asked the patient: Allergies that are on record as they are
	// stay unconfirmed.
	SentAlong bool
	Reason    string // needed to take off all allergies that are on record

	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// Omitted are the parts of a DietCommand that were left out, although the whole that they belong to
// is given. What was left out stays as it is. Where no time of nil by mouth stands, or it is over,
// a new one begins now and lasts until somebody ends it.
type Omitted struct {
	Allergens bool // the command says only which of the allergies are severe
	Severe    bool // those of the allergies that were severe stay so
	From      bool // of NilByMouth
	Until     bool // of NilByMouth
}

// SetDiet changes what a patient may eat, and checks every open order of the admission anew in the
// same transaction: what now conflicts is held, or stopped on its way, and the kitchen is told. An
// order that conflicts no longer stays held until a person confirms it. What already stands changes
// nothing; allergies that do are confirmed. Invalid names wrong fields; NotFound where there is no
// such admission; Conflict when it has ended or has another version, or all allergies on record
// would be taken off without a reason.
func (h *Hospital) SetDiet(ctx context.Context, actor Actor, admissionID int64,
	cmd DietCommand) (Admission, error) {
	if err := actor.need(OrderDiets); err != nil {
		return Admission{}, err
	}
	cmd.tidy()
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Admission, error) {
		if cmd.Allergies != nil {
			if _, err := c.lockPatientOf(ctx, admissionID); err != nil {
				return Admission{}, err
			}
		}
		seen := precondition{cmd.AdmissionID, cmd.Version}
		admission, err := c.lockOpenAdmission(ctx, admissionID, seen)
		if err == nil {
			err = c.setDiet(ctx, admission, cmd)
		}
		if err != nil {
			return admission, err
		}
		return readAdmission(ctx, c.tx, admissionID)
	})
}

// tidy brings the change into the one form in which it is checked and kept, without touching what
// the caller gave.
func (to *DietCommand) tidy() {
	to.Reason = tidy(to.Reason)
	if to.Allergies != nil {
		allergies := *to.Allergies
		allergies.tidy()
		to.Allergies = &allergies
	}
	if to.NilByMouth != nil {
		window := *to.NilByMouth
		window.tidy()
		to.NilByMouth = &window
	}
}

// check returns what is wrong with the fields, as they are when nothing is omitted any more.
func (to DietCommand) check(now time.Time) error {
	wrong := fields{}
	if to.Diet != nil && !to.Diet.Valid() {
		refuseChoice(wrong, "diet", Diets)
	}
	if to.Texture != nil && !to.Texture.Valid() {
		wrong.refuse("texture", "texture", "Choose a texture from 0 to 7.")
	}
	if to.Allergies != nil {
		wrong.allergies(*to.Allergies)
	}
	if to.NilByMouth != nil {
		wrong.nilByMouth(*to.NilByMouth, now)
	}
	wrong.text("reason", to.Reason, LongestReason)
	return wrong.err()
}

// nilByMouth records what is wrong with a window in which a patient must not eat.
func (f fields) nilByMouth(w Window, now time.Time) {
	if w.From.IsZero() && !w.Until.IsZero() {
		f.refuse("nil_by_mouth_from", "window_start", "Say when it begins.")
	}
	if !w.Until.IsZero() && !w.Until.After(w.From) {
		f.refuse("nil_by_mouth_until", "window_order", "It must end after it begins.")
	}
	for field, t := range map[string]time.Time{"nil_by_mouth_from": w.From,
		"nil_by_mouth_until": w.Until} {
		if t.After(now.Add(LongestAdmission)) {
			f.refuse(field, "too_late", "Give a time within a year from now.")
		}
	}
}

// completed returns the command with nothing omitted: the parts that stay are those of the diet
// order as it stands.
func (to DietCommand) completed(standing DietOrder, now time.Time) DietCommand {
	if to.Allergies != nil {
		allergies, kept := *to.Allergies, standing.Allergies
		if to.Omitted.Allergens {
			allergies.Known, allergies.Allergens = kept.Known, kept.Allergens
		}
		if to.Omitted.Severe {
			allergies.Severe = slices.DeleteFunc(slices.Clone(kept.Severe),
				func(a Allergen) bool { return !slices.Contains(allergies.Allergens, a) })
		}
		to.Allergies = &allergies
	}
	if to.NilByMouth != nil {
		window, kept := *to.NilByMouth, standing.NilByMouth
		if kept.From.IsZero() || kept.Over(now) {
			kept = Window{From: now}
		}
		if to.Omitted.From {
			window.From = kept.From
		}
		if to.Omitted.Until {
			window.Until = kept.Until
		}
		to.NilByMouth = &window
	}
	to.Omitted = Omitted{}
	return to
}

// on returns the diet order with the change made.
func (to DietCommand) on(d DietOrder) DietOrder {
	if to.Diet != nil {
		d.Diet = *to.Diet
	}
	if to.Texture != nil {
		d.Texture = *to.Texture
	}
	if to.Allergies != nil {
		stays := to.SentAlong && to.Allergies.same(d.Allergies)
		d.Confirmed = to.Allergies.Known && (d.Confirmed || !stays)
		d.Allergies = *to.Allergies
	}
	if to.NilByMouth != nil {
		d.NilByMouth = *to.NilByMouth
	}
	return d
}

// setDiet changes the diet order of a locked admission.
func (c *change) setDiet(ctx context.Context, admission Admission, to DietCommand) error {
	before, err := readDiet(ctx, c.tx, admission.ID)
	if err != nil {
		return err
	}
	to = to.completed(before, c.now)
	if err := to.check(c.now); err != nil {
		return err
	}
	after := to.on(before)
	if after.same(before) {
		return nil
	}
	if to.Allergies != nil {
		record, err := readAllergies(ctx, c.tx, admission.PatientID)
		if err != nil {
			return err
		}
		if err := c.noteAllergies(ctx, record, after.Allergies, to.Reason); err != nil {
			return err
		}
	}
	_, err = c.exec(ctx, `UPDATE admission SET diet = $2, texture = $3, allergies_confirmed = $4,
			nil_by_mouth_from = $5, nil_by_mouth_until = $6, nil_by_mouth_seen = $7,
			version = version + 1
		WHERE id = $1`, admission.ID, after.Diet, after.Texture, after.Confirmed,
		instant(after.NilByMouth.From), instant(after.NilByMouth.Until),
		after.NilByMouth.Holds(c.now))
	if err != nil {
		return fmt.Errorf("set the diet of admission %d: %w", admission.ID, err)
	}
	return c.dietChanged(ctx, admission, before, after)
}

// dietChanged puts into the audit how the diet order of a locked admission has changed, and checks
// its open orders anew.
func (c *change) dietChanged(ctx context.Context, admission Admission,
	before, after DietOrder) error {
	e := admission.entry("admission.diet")
	e.from, e.to = before.codes(), after.codes()
	c.record(e, admission)
	if err := c.recheckAdmission(ctx, admission.ID); err != nil {
		return err
	}
	_, err := c.touchOpenOrders(ctx, admission.ID)
	return err
}

// same reports whether two diet orders say the same.
func (d DietOrder) same(other DietOrder) bool {
	return d.Diet == other.Diet && d.Texture == other.Texture && d.Allergies.same(other.Allergies) &&
		d.Confirmed == other.Confirmed &&
		d.NilByMouth.From.Equal(other.NilByMouth.From) &&
		d.NilByMouth.Until.Equal(other.NilByMouth.Until)
}

// codes is the diet order as the audit keeps it, such as "renal texture=4 allergies=milk,peanuts
// severe=peanuts".
func (d DietOrder) codes() string {
	text := fmt.Sprintf("%s texture=%d %s", d.Diet, d.Texture, d.Allergies.codes())
	if d.Allergies.Known && !d.Confirmed {
		text += " unconfirmed"
	}
	if !d.NilByMouth.From.IsZero() {
		text += " nil_by_mouth=" + d.NilByMouth.From.Format(time.RFC3339) + "/"
		if !d.NilByMouth.Until.IsZero() {
			text += d.NilByMouth.Until.Format(time.RFC3339)
		}
	}
	return text
}

// dietColumns are the columns of an admission and its patient that are the diet order.
const dietColumns = `admission.diet, admission.texture, patient.allergies,
	admission.allergies_confirmed, admission.nil_by_mouth_from, admission.nil_by_mouth_until,
	admission.leave_since IS NOT NULL, admission.discharged_at IS NOT NULL`

// columns are where dietColumns go.
func (d *DietOrder) columns() []any {
	return []any{&d.Diet, &d.Texture, (*allergyList)(&d.Allergies), &d.Confirmed,
		(*instant)(&d.NilByMouth.From), (*instant)(&d.NilByMouth.Until), &d.OnLeave, &d.Ended}
}

// readDiet reads the diet order of an admission. NotFound where there is none.
func readDiet(ctx context.Context, q *sql.Tx, admissionID int64) (d DietOrder, err error) {
	err = q.QueryRowContext(ctx, `SELECT `+dietColumns+`
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.id = $1`, admissionID).Scan(d.columns()...)
	return d, wrapRow(err, unknownAdmission, "read the diet of admission %d", admissionID)
}

// dietFor reads the diet order of an admission for somebody who orders meals for it. NotFound where
// there is no such admission, and for a customer where it is not their patient's.
func dietFor(ctx context.Context, q *sql.Tx, actor Actor, admissionID int64) (DietOrder, error) {
	if actor.Role.May(ReadOrders) {
		return readDiet(ctx, q, admissionID)
	}
	linked, err := linkedTo(ctx, q, actor, admissionID)
	if err == nil && !linked {
		err = unknownAdmission()
	}
	if err != nil {
		return DietOrder{}, err
	}
	return readDiet(ctx, q, admissionID)
}
