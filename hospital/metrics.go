package hospital

import (
	"context"
	"time"
)

// Metrics are the hospital's numbers, exact at the moment they were read.
type Metrics struct {
	OccupancyRate     float64 // BedCounts.OccupancyRate over all open wards
	PatientCount      int     // open admissions, those without a bed too
	PendingDischarges int     // open admissions that are marked for discharge
	ActiveWards       int     // open wards with at least one bed in service
}

// StayLine is a stay as the dashboards' lists show it.
type StayLine struct {
	AdmissionID       int64
	PatientName       PatientName
	BedID             int64 // 0: waiting for a bed
	BedNumber         string
	WardID            int64
	WardName          string
	AdmittedAt        time.Time
	ExpectedDischarge time.Time
}

// BedLine is a bed as the dashboards' lists show it.
type BedLine struct {
	ID       int64
	Number   string
	WardID   int64
	WardName string
	Since    time.Time
	Reason   string
}

// ListLimit is the most lines a dashboard's list has; what is beyond it is counted.
const ListLimit = 12

// MedicalDashboard is what medical staff see first, read in one snapshot. Lists are of the wards it was asked for,
// oldest need first; recent admissions newest first.
type MedicalDashboard struct {
	Metrics
	Wards             []WardSummary
	RecentAdmissions  []StayLine // of the last 24 hours, at most ListLimit
	PendingDischarges []StayLine // at most ListLimit, soonest first
	Waiting           []StayLine // admitted without a bed: of the whole hospital, longest wait first, at most ListLimit
	WaitingCount      int
	PendingCount      int // of the wards asked for, beyond the limit too
	At                time.Time
	Revisions         // of MetricsTopic
}

// ManagementDashboard is what ward managers see first, read in one snapshot.
type ManagementDashboard struct {
	Metrics
	Counts            BedCounts // of all open wards
	Wards             []WardSummary
	PendingDischarges []StayLine
	PendingCount      int
	BedsToClean       []BedLine // longest first, at most ListLimit
	CleaningCount     int
	Waiting           []StayLine
	WaitingCount      int
	At                time.Time
	Revisions         // of MetricsTopic
}

// MedicalDashboard reads it for some wards; none given means all.
func (h *Hospital) MedicalDashboard(ctx context.Context, wardIDs []int64) (MedicalDashboard, error) {
	panic("unbuilt")
}

// ManagementDashboard reads it.
func (h *Hospital) ManagementDashboard(ctx context.Context) (ManagementDashboard, error) {
	panic("unbuilt")
}
