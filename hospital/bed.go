package hospital

import (
	"context"
	"time"
)

// BedStatus is the state of a bed. "Pending discharge" is not one: it belongs to the admission.
type BedStatus string

// The states of a bed.
const (
	BedAvailable   BedStatus = "available"
	BedReserved    BedStatus = "reserved"
	BedOccupied    BedStatus = "occupied"
	BedCleaning    BedStatus = "cleaning"
	BedMaintenance BedStatus = "maintenance"
	BedClosed      BedStatus = "closed"
)

// BedStatuses lists the states in the order in which counts are shown.
var BedStatuses = []BedStatus{BedAvailable, BedReserved, BedOccupied, BedCleaning, BedMaintenance, BedClosed}

// bedSteps is the table of the steps that a person may order with SetBedStatus. Occupied is neither a source nor a
// target here: only admissions, transfers and discharges fill and empty a bed. Nothing leads from maintenance or
// closed straight to available: such a bed is cleaned first.
var bedSteps = map[BedStatus][]BedStatus{
	BedAvailable:   {BedReserved, BedCleaning, BedMaintenance, BedClosed},
	BedReserved:    {BedAvailable, BedClosed},
	BedCleaning:    {BedAvailable, BedMaintenance, BedClosed},
	BedMaintenance: {BedCleaning, BedClosed},
	BedClosed:      {BedCleaning},
}

// NextBedStatuses lists what SetBedStatus accepts for a bed in status s; empty for an occupied bed.
// The caller must not change the slice.
func NextBedStatuses(s BedStatus) []BedStatus { return bedSteps[s] }

// Bed is a place for one patient.
type Bed struct {
	ID            int64
	WardID        int64
	WardName      string
	Number        string // unique in the hospital, such as "MED-A-05"; it is also what is scanned at the bedside
	Status        BedStatus
	StatusReason  string // why it is reserved, in maintenance or closed; may be empty
	StatusSince   time.Time
	ReservedUntil time.Time // for a reserved bed: when it becomes available again by itself
	Version       int64     // counts the bed's changes, for commands that must not act on an outdated view
}

// BedStatusChange is what SetBedStatus needs.
type BedStatusChange struct {
	Status  BedStatus
	Reason  string
	Version int64 // the version the person saw; 0 where they did not say. Another one now: Conflict
}

// ReservationLasts is how long a reservation stands before the bed is available again by itself.
const ReservationLasts = 12 * time.Hour

// BedDetail is one bed with all that its page shows to a person of the actor's role.
type BedDetail struct {
	BoardBed
	WardOpen  bool
	BirthDate time.Time // of the patient; zero: unknown
	Sex       string
	Reason    string           // for admission; read only for roles that hold ReadClinical, else empty
	Waiting   []WaitingPatient // for a bed that can take someone: who waits for a bed
	FreeBeds  []FreeBed        // for an occupied bed: where its patient could go
	At        time.Time        // when it was read
	Revisions                  // of the ward's topic and of MetricsTopic
}

// FreeBed is a bed that a patient could be put into.
type FreeBed struct {
	ID       int64
	Number   string
	WardName string
	Status   BedStatus // available or reserved
}

// WaitingPatient is an admitted patient without a bed.
type WaitingPatient struct {
	AdmissionID int64
	PatientName PatientName
	AdmittedAt  time.Time
}

// BedDetail reads a bed's page. NotFound where there is no such bed.
func (h *Hospital) BedDetail(ctx context.Context, actor Actor, bedID int64) (BedDetail, error) {
	panic("unbuilt")
}

// SetBedStatus takes a bed from one state to another as bedSteps allows. Invalid for a status that nobody can set
// by hand, Conflict with the current Bed for a step that the table lacks, Forbidden where closing or reopening is not
// for this role. Setting the state that the bed already has is a Conflict too.
func (h *Hospital) SetBedStatus(ctx context.Context, actor Actor, bedID int64, change BedStatusChange) (Bed, error) {
	panic("unbuilt")
}

// ReleaseExpiredReservations makes every bed available whose reservation has run out, and returns how many.
func (h *Hospital) ReleaseExpiredReservations(ctx context.Context) (int, error) { panic("unbuilt") }
