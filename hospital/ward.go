package hospital

import (
	"context"
	"time"
)

// Ward is a nursing unit with beds.
type Ward struct {
	ID    int64
	Code  string // short and unique, such as "MED-A"
	Name  string
	Block string // where it is, such as "B1"
	Open  bool   // a closed ward takes nobody in and is not counted as active
}

// NewWard is what AddWard needs.
type NewWard struct {
	Code, Name, Block string
	Beds              int // how many beds to create, numbered CODE-01 and so on
}

// BedCounts counts the beds of a ward, or of all, by status. The statuses' counts add up to Total.
type BedCounts struct {
	Total, Available, Reserved, Occupied, Cleaning, Maintenance, Closed int
}

// InService is the number of beds that occupancy is measured against: all but the closed ones.
func (c BedCounts) InService() int { return c.Total - c.Closed }

// OccupancyRate is the occupied beds over the beds in service in percent, rounded to one decimal; 0 where none is in service.
func (c BedCounts) OccupancyRate() float64 { panic("unbuilt") }

// WardSummary is a ward with its numbers, as the dashboards show it.
type WardSummary struct {
	Ward
	Counts            BedCounts
	PendingDischarges int
}

// WardBoard is everything on the board of one ward, read in one snapshot. For roles that hold ReadWards.
type WardBoard struct {
	WardSummary
	Beds      []BoardBed // in the order of their numbers
	At        time.Time  // when it was read
	Revisions            // of the ward's topic
}

// BoardBed is one bed as the board shows it, with the least that staff at a glance need of its patient.
type BoardBed struct {
	Bed
	Stay *BoardStay // nil where nobody lies in it
}

// BoardStay is a stay as the board shows it: no reason, no notes.
type BoardStay struct {
	AdmissionID       int64
	PatientID         int64
	PatientName       PatientName
	AdmittedAt        time.Time
	BedSince          time.Time // when the patient came to this bed
	ExpectedDischarge time.Time // zero: nobody has said
	DischargePlanned  bool      // marked for discharge: counted as pending
	Diet              Diet
	Texture           Texture
	NilByMouth        bool
	Allergies         Allergies
	Version           int64 // of the admission: moves with every change of the stay, for commands that must not act on an outdated view
}

// Wards lists all wards in the order of their codes, without reading their beds.
func (h *Hospital) Wards(ctx context.Context) ([]Ward, error) { panic("unbuilt") }

// WardBoard reads a ward's board. NotFound where there is no such ward.
func (h *Hospital) WardBoard(ctx context.Context, wardID int64) (WardBoard, error) { panic("unbuilt") }

// AddWard creates a ward with its beds, all available. For setting a hospital up.
func (h *Hospital) AddWard(ctx context.Context, actor Actor, ward NewWard) (Ward, error) {
	panic("unbuilt")
}
