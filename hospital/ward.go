package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"
)

// Ward is a nursing unit with beds.
type Ward struct {
	ID    int64
	Code  string // short and unique, such as "MED-A"
	Name  string
	Block string // where it is, such as "B1"
	// Wards stand in the order of their positions, those of the same one in that of their codes.
	Position int
	Open     bool // a closed ward takes nobody in and is not counted as active
	Sex      WardSex
	// such as "Cardiology"; may be empty
	Speciality string
	Version    int64 // counts its changes
}

// AddWardCommand is what AddWard needs.
type AddWardCommand struct {
	Code       string  // 1–12 of A–Z, 0–9 and hyphen, unique
	Name       string  // at most LongestName characters
	Block      string  // may be empty
	Position   *int    // 0 to LastPosition; nil: after those that have one
	Sex        WardSex // empty: AnySex
	Speciality string  // may be empty
	Closed     bool
	Beds       int // how many beds to create, at most MostBeds, numbered CODE-01 and so on

	IdempotencyKey string
}

// MostBeds is the most beds that a ward can have.
const MostBeds = 500

// LastPosition is the last place among wards.
const LastPosition = 9999

// BedCounts counts the beds of a ward, or of all, by status. The statuses' counts add up to Total.
type BedCounts struct {
	Total, Available, Reserved, Occupied, Cleaning, Maintenance, Closed int
}

// InService is the number of beds that occupancy is measured against: all but the closed ones.
func (c BedCounts) InService() int { return c.Total - c.Closed }

// OccupancyRate is the occupied beds over the beds in service in percent, rounded to one decimal; 0
// where none is in service.
func (c BedCounts) OccupancyRate() float64 {
	if c.InService() == 0 {
		return 0
	}
	return math.Round(1000*float64(c.Occupied)/float64(c.InService())) / 10
}

// count counts n beds in a status.
func (c *BedCounts) count(status BedStatus, n int) {
	c.Total += n
	switch status {
	case BedAvailable:
		c.Available += n
	case BedReserved:
		c.Reserved += n
	case BedOccupied:
		c.Occupied += n
	case BedCleaning:
		c.Cleaning += n
	case BedMaintenance:
		c.Maintenance += n
	case BedClosed:
		c.Closed += n
	}
}

// plus adds other's counts.
func (c BedCounts) plus(other BedCounts) BedCounts {
	c.count(BedAvailable, other.Available)
	c.count(BedReserved, other.Reserved)
	c.count(BedOccupied, other.Occupied)
	c.count(BedCleaning, other.Cleaning)
	c.count(BedMaintenance, other.Maintenance)
	c.count(BedClosed, other.Closed)
	return c
}

// WardSummary is a ward with its numbers, as the dashboards show it.
type WardSummary struct {
	Ward
	Counts            BedCounts
	PendingDischarges int
}

// WardBoard is everything on the board of one ward, read in one snapshot. For roles that hold
// ReadWards.
type WardBoard struct {
	WardSummary
	Beds      []BoardBed // in the order of their numbers
	At        time.Time  // when it was read
	Revisions            // of the ward's topic
}

// BoardBed is one bed as the board shows it, with the least that staff at a glance need of its
// patient.
type BoardBed struct {
	Bed
	Admission *BoardAdmission // nil where nobody lies in it
	Late      bool            // it is in cleaning and should be clean by now
}

// BoardAdmission is an admission as the board shows it: no reason, no notes.
type BoardAdmission struct {
	AdmissionID        int64
	PatientID          int64
	PatientName        PatientName
	AdmittedAt         time.Time
	BedSince           time.Time // when the patient came to this bed
	ExpectedDischarge  time.Time // zero: nobody has said
	DischargePlanned   bool      // marked for discharge: counted as pending
	Overdue            bool      // the planned time of discharge is over
	Diet               Diet
	Texture            Texture
	NilByMouth         bool
	NilByMouthFrom     time.Time // when it begins where that is within FastingAhead; else zero
	Allergies          Allergies
	AllergiesConfirmed bool // in this admission
	Sex                string
	Isolation          Isolation
	LeaveSince         time.Time   // zero: the patient is here
	LeaveUntil         time.Time   // when they are expected back; zero: nobody has said
	WithMother         bool        // a newborn in the mother's bed, which no board shows by itself
	Newborns           int         // who lie with their mother in this bed
	Meals              []BoardMeal // open orders that are not past, the next due first
	Version            int64       // counts the admission's changes
}

// FastingAhead is how long before it begins the board tells that a patient will be nil by mouth: at
// any hour it tells what is planned for the coming night.
const FastingAhead = 24 * time.Hour

// BoardMeal is an open order as the board shows it: what becomes of a patient's meal, and nothing
// of what it is.
type BoardMeal struct {
	OrderID int64
	Meal    Meal
	Status  OrderStatus
	Stopped string
	Version int64
}

// Wards lists all wards in their order, without reading their beds.
func (h *Hospital) Wards(ctx context.Context, actor Actor) ([]Ward, error) {
	return readAs(ctx, h, actor, ListWards, allWards)
}

// allWards lists all wards in their order.
func allWards(ctx context.Context, q *sql.Tx) ([]Ward, error) {
	rows, err := q.QueryContext(ctx, selectWard)
	wards, err := collect(rows, err, scanWard)
	slices.SortFunc(wards, Ward.compare)
	return wards, err
}

// compare orders wards as people are shown them: by position, and then by code, as people count.
func (w Ward) compare(other Ward) int {
	return cmp.Or(cmp.Compare(w.Position, other.Position), compareCodes(w.Code, other.Code))
}

const (
	wardColumns = `ward.id, ward.code, ward.name, ward.block, ward.position, ward.is_open,
		ward.sex, ward.speciality, ward.version`
	selectWard = `SELECT ` + wardColumns + ` FROM ward`
)

// columns are where wardColumns go.
func (w *Ward) columns() []any {
	return []any{&w.ID, &w.Code, &w.Name, &w.Block, &w.Position, &w.Open, &w.Sex,
		&w.Speciality, &w.Version}
}

// compareCodes orders codes as people count: W2 before W10.
func compareCodes(a, b string) int {
	letterByLetter := cmp.Compare(a, b)
	for a != "" && b != "" {
		partA, restA := cutPart(a)
		partB, restB := cutPart(b)
		if isDigit(partA[0]) && isDigit(partB[0]) {
			numberA, numberB := strings.TrimLeft(partA, "0"), strings.TrimLeft(partB, "0")
			by := cmp.Or(cmp.Compare(len(numberA), len(numberB)), cmp.Compare(numberA, numberB))
			if by != 0 {
				return by
			}
		} else if partA != partB {
			return cmp.Compare(partA, partB)
		}
		a, b = restA, restB
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), letterByLetter)
}

// cutPart cuts off the digits with which a code begins, or what comes before its first digit.
func cutPart(code string) (part, rest string) {
	end := 1
	for end < len(code) && isDigit(code[end]) == isDigit(code[0]) {
		end++
	}
	return code[:end], code[end:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func scanWard(row scanner) (w Ward, err error) {
	err = row.Scan(w.columns()...)
	return w, err
}

// readWard reads one ward. NotFound where there is none.
func readWard(ctx context.Context, q *sql.Tx, id int64) (Ward, error) {
	ward, err := scanWard(q.QueryRowContext(ctx, selectWard+` WHERE ward.id = $1`, id))
	return ward, wrapRow(err, unknownWard, "read ward %d", id)
}

// unknownWard is the refusal of a ward that does not exist.
func unknownWard() error { return Refuse(NotFound, "ward_unknown", "There is no such ward.") }

// WardBoard reads a ward's board. NotFound where there is no such ward.
func (h *Hospital) WardBoard(ctx context.Context, actor Actor, wardID int64) (WardBoard, error) {
	return readAs(ctx, h, actor, ReadWards, func(ctx context.Context, q *sql.Tx) (WardBoard, error) {
		return readWardBoard(ctx, q, h.clock(ctx), wardID)
	})
}

// readWardBoard reads a ward's board as of now.
func readWardBoard(ctx context.Context, q *sql.Tx, now time.Time,
	wardID int64) (board WardBoard, err error) {
	board.At = now
	if board.Revisions, err = revisions(ctx, q, WardTopic(wardID)); err != nil {
		return board, err
	}
	if board.Ward, err = readWard(ctx, q, wardID); err != nil {
		return board, err
	}
	rows, err := q.QueryContext(ctx, selectBoardBed+`
		WHERE bed.ward_id = $1 AND bed.retired_at IS NULL
		ORDER BY length(bed.number), bed.number`, wardID)
	board.Beds, err = collect(rows, err, func(row scanner) (BoardBed, error) {
		return scanBoardBed(row, now)
	})
	if err != nil {
		return board, err
	}
	for _, bed := range board.Beds {
		board.Counts.count(bed.Status, 1)
		if bed.Admission != nil && bed.Admission.DischargePlanned {
			board.PendingDischarges++
		}
	}
	return board, readMeals(ctx, q, now, board.Beds)
}

// readMeals adds to the beds of a ward what becomes of their patients' meals, in one statement. It
// asks for the orders of these admissions by their numbers: where PostgreSQL has not counted a
// table yet it would join the beds to all orders there ever were.
func readMeals(ctx context.Context, q *sql.Tx, now time.Time, beds []BoardBed) error {
	admissions := make(map[int64]*BoardAdmission, len(beds))
	var ids []int64
	for _, bed := range beds {
		if bed.Admission != nil {
			admissions[bed.Admission.AdmissionID] = bed.Admission
			ids = append(ids, bed.Admission.AdmissionID)
		}
	}
	list, args := oneOf([]any{instant(SettingsOf(ctx).pastBefore(now))}, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx,
		`SELECT admission_id, id, meal, status, stopped, version FROM meal_order
		WHERE ended_at IS NULL AND due >= $1 AND admission_id IN `+list+` ORDER BY due, id`, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var id int64
		var m BoardMeal
		err := row.Scan(&id, &m.OrderID, &m.Meal, &m.Status, &m.Stopped, &m.Version)
		if err == nil {
			admissions[id].Meals = append(admissions[id].Meals, m)
		}
		return err
	})
	return wrap(err, "read the meals of a ward")
}

// wardSummaries reads every ward with its numbers, in their order.
func wardSummaries(ctx context.Context, q *sql.Tx) ([]WardSummary, error) {
	var wards []WardSummary
	rows, err := q.QueryContext(ctx,
		`SELECT `+wardColumns+`, COALESCE(bed.status, ''), count(bed.id),
			count(admission.id) FILTER (WHERE admission.discharge_planned)
		FROM ward
		LEFT JOIN bed ON bed.ward_id = ward.id AND bed.retired_at IS NULL
		LEFT JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
			AND NOT admission.with_mother
		GROUP BY `+wardColumns+`, bed.status
		ORDER BY ward.id`)
	err = eachRow(rows, err, func(row scanner) error {
		var w Ward
		var status BedStatus
		var beds, pending int
		err := row.Scan(append(w.columns(), &status, &beds, &pending)...)
		if len(wards) == 0 || wards[len(wards)-1].ID != w.ID {
			wards = append(wards, WardSummary{Ward: w})
		}
		summary := &wards[len(wards)-1]
		summary.Counts.count(status, beds)
		summary.PendingDischarges += pending
		return err
	})
	slices.SortFunc(wards, func(a, b WardSummary) int { return a.Ward.compare(b.Ward) })
	return wards, wrap(err, "count the beds")
}
