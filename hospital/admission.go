package hospital

import (
	"context"
	"time"
)

// Admission is one stay of one patient. A patient has at most one open admission, and a bed at most one.
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
	DischargePlanned  bool      // pending discharge: the bed stays occupied until the patient leaves
	DischargedAt      time.Time // zero: open
	Outcome           Outcome
	Version           int64
}

// Outcome says how a stay ended.
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

// AdmissionReasons are the usual reasons, offered as suggestions; any text will do.
var AdmissionReasons = []string{"emergency", "planned", "routine", "follow_up", "transfer"}

// Longest texts, in characters.
const (
	LongestName   = 120
	LongestReason = 200
	LongestNotes  = 2000
)

// NewAdmission is what Admit needs: PatientID, or PatientName for someone who was never here.
type NewAdmission struct {
	PatientID         int64
	PatientName       PatientName
	BirthDate         time.Time // zero: unknown; not in the future
	Sex               string    // "", or as in Patient
	BedID             int64     // 0: admitted without a bed
	Reason            string
	Diet              Diet     // "" means general
	Texture           *Texture // nil means regular
	Allergies         Allergies
	ExpectedDischarge time.Time
	IdempotencyKey    string // may be empty; the same key of the same person again gets the first answer
}

// TransferTo is what Transfer needs.
type TransferTo struct {
	BedID   int64
	Reason  string
	Version int64 // of the admission as the person saw it; 0 where they did not say
}

// DischargePlan is what PlanDischarge needs.
type DischargePlan struct {
	Expected time.Time // zero takes the plan back
	Version  int64
}

// Leaving is what Discharge needs.
type Leaving struct {
	Outcome Outcome
	Notes   string
	Version int64
}

// Admit opens a stay. Invalid names each wrong field (unknown bed or patient included); Conflict where the bed can't take
// anyone (Current is the Bed), its ward is closed, or the patient is already admitted (Current is the Admission).
// With an IdempotencyKey that this person used before for the same thing it changes nothing and returns the first answer
// with replayed true; for another thing it is Invalid.
func (h *Hospital) Admit(ctx context.Context, actor Actor, cmd NewAdmission) (a Admission, replayed bool, err error) {
	panic("unbuilt")
}

// Transfer moves the patient to another bed, or to a first one, in one transaction: the old bed goes to cleaning and the new
// one is occupied together. Errors as for Admit; Conflict too when the stay has ended or the patient already lies there.
func (h *Hospital) Transfer(ctx context.Context, actor Actor, admissionID int64, to TransferTo) (Admission, error) {
	panic("unbuilt")
}

// PlanDischarge marks the stay for discharge at a time, or takes that back. The bed stays occupied.
// Invalid for a time before the admission or more than a year ahead; Conflict when the stay has ended.
func (h *Hospital) PlanDischarge(ctx context.Context, actor Actor, admissionID int64, plan DischargePlan) (Admission, error) {
	panic("unbuilt")
}

// Discharge ends the stay and leaves its bed in cleaning. Invalid without an outcome; Conflict when it has already ended.
func (h *Hospital) Discharge(ctx context.Context, actor Actor, admissionID int64, leaving Leaving) (Admission, error) {
	panic("unbuilt")
}

// Admission reads one stay. NotFound where there is none.
func (h *Hospital) Admission(ctx context.Context, id int64) (Admission, error) { panic("unbuilt") }
