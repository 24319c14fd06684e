package hospital_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// morning is when the tests' clocks begin.
var morning = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// The people of the tests.
var (
	nurse   = hospital.Actor{UserID: 101, Username: "nurse", Role: hospital.MedicalStaff, RequestID: "r-nurse"}
	manager = hospital.Actor{UserID: 102, Username: "manager", Role: hospital.WardManagement, RequestID: "r-manager"}
	admin   = hospital.Actor{UserID: 103, Username: "admin", Role: hospital.Admin, RequestID: "r-admin"}
	cook    = hospital.Actor{UserID: 104, Username: "cook", Role: hospital.KitchenStaff, RequestID: "r-cook"}
)

// fixture is a hospital of two wards for one test: A with six beds, A-01 to A-06, and B with four.
type fixture struct {
	*hospital.Hospital
	url   string
	raw   *sql.DB // the database behind the hospital's back
	clock *clock
	heard *heard
	a, b  hospital.Ward
}

// onEach runs test with a fresh fixture on SQLite and on PostgreSQL, beside other tests: while one
// waits for a server's answer, another computes.
func onEach(t *testing.T, test func(t *testing.T, h *fixture)) {
	t.Helper()
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) { test(t, newFixture(t, unhurried(url))) })
}

// unhurried is a database on which a command waits for its turn longer than a hospital would put up
// with: on a machine with much else to do, what is tested is who wins, not how soon.
func unhurried(url string) string {
	if strings.HasPrefix(url, "postgres:") {
		url += "&lock_timeout=30s&statement_timeout=30s&idle_in_transaction_session_timeout=30s"
	}
	return url
}

// newFixture builds the two wards on an empty database.
func newFixture(t testing.TB, url string) *fixture {
	t.Helper()
	h := &fixture{url: url, raw: hospitaltest.Database(t, url), clock: &clock{now: morning}, heard: &heard{}}
	h.Hospital = hospitaltest.Open(t, hospital.Options{DatabaseURL: url, Announce: h.heard.announce, Now: h.clock.Now})
	var err error
	if h.a, err = h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "A", Name: "Medicine", Block: "B1", Beds: 6}); err != nil {
		t.Fatal(err)
	}
	if h.b, err = h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "B", Name: "Surgery", Block: "B2", Beds: 4}); err != nil {
		t.Fatal(err)
	}
	h.heard.take()
	return h
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass lets time pass.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// heard keeps what was announced.
type heard struct {
	mu  sync.Mutex
	all []hospital.Revisions
}

func (a *heard) announce(r hospital.Revisions) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, r)
}

// take returns what was announced since it was last asked.
func (a *heard) take() []hospital.Revisions {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

// board reads a ward's board.
func (h *fixture) board(t testing.TB, ward hospital.Ward) hospital.WardBoard {
	t.Helper()
	board, err := h.WardBoard(t.Context(), hospital.System, ward.ID)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// admissionDetail reads all of an admission.
func (h *fixture) admissionDetail(t testing.TB, a hospital.Admission) hospital.AdmissionDetail {
	t.Helper()
	return must[hospital.AdmissionDetail](t)(h.AdmissionDetail(t.Context(), hospital.System, a.ID))
}

// bed reads a bed as its ward's board shows it.
func (h *fixture) bed(t testing.TB, number string) hospital.BoardBed {
	t.Helper()
	for _, ward := range []hospital.Ward{h.a, h.b} {
		for _, bed := range h.board(t, ward).Beds {
			if bed.Number == number {
				return bed
			}
		}
	}
	t.Fatalf("there is no bed %s", number)
	return hospital.BoardBed{}
}

// bedIDs are those of both wards' beds.
func (h *fixture) bedIDs(t testing.TB) (ids []int64) {
	t.Helper()
	for _, ward := range []hospital.Ward{h.a, h.b} {
		for _, bed := range h.board(t, ward).Beds {
			ids = append(ids, bed.ID)
		}
	}
	return ids
}

// admit admits someone who was never here; an empty number means without a bed.
func (h *fixture) admit(t testing.TB, name hospital.PatientName, number string) hospital.Admission {
	t.Helper()
	cmd := hospital.AdmitCommand{PatientName: name}
	if number != "" {
		cmd.BedID = h.bed(t, number).ID
	}
	a, _, err := h.Admit(t.Context(), nurse, cmd)
	if err != nil {
		t.Fatalf("admit into %q: %v", number, err)
	}
	return a
}

// set takes a bed to a status.
func (h *fixture) set(t testing.TB, number string, status hospital.BedStatus) {
	t.Helper()
	if _, err := h.SetBedStatus(t.Context(), manager, h.bed(t, number).ID, hospital.BedStatusCommand{Status: status, Reason: "for the test"}); err != nil {
		t.Fatalf("take bed %s to %s: %v", number, status, err)
	}
}

// bring takes an available bed to any status, as people would.
func (h *fixture) bring(t testing.TB, number string, status hospital.BedStatus) {
	t.Helper()
	switch status {
	case hospital.BedAvailable:
	case hospital.BedOccupied:
		h.admit(t, "Ingabire Diane", number)
	default:
		h.set(t, number, status)
	}
}

// exec changes the database behind the hospital's back.
func (h *fixture) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := h.raw.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// number reads one number from the database behind the hospital's back.
func (h *fixture) number(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := h.raw.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// onPostgreSQL reports which of the two databases it is.
func (h *fixture) onPostgreSQL() bool { return strings.HasPrefix(h.url, "postgres:") }

// refuses runs a command that must be refused with a kind and a code, and must leave no trace: no
// row of any table differs and nothing is announced. It returns the refusal.
func (h *fixture) refuses(t testing.TB, kind hospital.Kind, code string, command func() error) *hospital.Error {
	t.Helper()
	before := h.contents(t)
	h.heard.take()
	refusal := refused(t, command(), kind, code)
	if after := h.contents(t); after != before {
		t.Errorf("a refused command changed the database\nfrom %s\nto %s", before, after)
	}
	if announced := h.heard.take(); len(announced) > 0 {
		t.Errorf("a refused command announced %v", announced)
	}
	return refusal
}

// refused checks that err is a refusal of a kind with a code and with words, and returns it.
func refused(t testing.TB, err error, kind hospital.Kind, code string) *hospital.Error {
	t.Helper()
	refusal, ok := errors.AsType[*hospital.Error](err)
	if !ok {
		t.Fatalf("got error %v, want the refusal %q", err, code)
	}
	if refusal.Kind != kind || refusal.Code != code {
		t.Errorf("got %s %q (%s), want %s %q", refusal.Kind, refusal.Code, refusal, kind, code)
	}
	if refusal.Message == "" {
		t.Errorf("the refusal %q says nothing", code)
	}
	return refusal
}

// wrongFields are the codes of the wrong fields of a refusal, by field.
func wrongFields(refusal *hospital.Error) map[string]string {
	codes := map[string]string{}
	for field, wrong := range refusal.Fields {
		codes[field] = wrong.Code
	}
	return codes
}

// sound checks what must hold whatever happened: a bed is occupied exactly if a patient lies in it,
// history agrees with the present, and every number equals a recount.
func (h *fixture) sound(t testing.TB) {
	t.Helper()
	for what, query := range map[string]string{
		"occupied beds in which nobody lies": `SELECT count(*) FROM bed WHERE status = 'occupied' AND NOT EXISTS (
			SELECT 1 FROM admission WHERE bed_id = bed.id AND discharged_at IS NULL)`,
		"patients in beds that are not occupied": `SELECT count(*) FROM admission JOIN bed ON bed.id = admission.bed_id
			WHERE discharged_at IS NULL AND bed.status <> 'occupied'`,
		"open bed assignments that no open admission has": `SELECT count(*) FROM bed_assignment WHERE until IS NULL AND NOT EXISTS (
			SELECT 1 FROM admission WHERE admission.id = bed_assignment.admission_id AND admission.bed_id = bed_assignment.bed_id
				AND admission.bed_since = bed_assignment.since AND admission.discharged_at IS NULL)`,
		"patients in beds without an open bed assignment": `SELECT count(*) FROM admission WHERE discharged_at IS NULL AND bed_id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM bed_assignment WHERE admission_id = admission.id AND bed_id = admission.bed_id AND until IS NULL)`,
		"patients in two beds at a time": `SELECT count(*) FROM bed_assignment one JOIN bed_assignment other ON other.admission_id = one.admission_id
			AND other.id > one.id AND other.since < COALESCE(one.until, other.since + 1)`,
		"newborns who lie with nobody": `SELECT count(*) FROM admission newborn WHERE with_mother AND
			discharged_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM admission mother WHERE mother.discharged_at IS NULL AND NOT
			mother.with_mother
				AND (mother.bed_id = newborn.bed_id
				OR newborn.bed_id IS NULL AND mother.bed_id IS NULL AND mother.id =
				newborn.mother_admission_id))`,
		"strangers in one bed at a time": `SELECT count(*) FROM bed_assignment one JOIN bed_assignment
			other ON other.bed_id = one.bed_id
			AND other.id <> one.id AND NOT one.with_mother AND NOT other.with_mother
			AND one.since < COALESCE(other.until, one.since + 1) AND other.since < COALESCE(one.until,
			other.since + 1)
			JOIN admission first ON first.id = one.admission_id JOIN admission second ON second.id =
			other.admission_id
			WHERE COALESCE(first.mother_admission_id, first.id) <> COALESCE(second.mother_admission_id,
			second.id)`,
		"patients in two stays at a time": `SELECT count(*) FROM admission one JOIN admission other ON
			other.patient_id = one.patient_id
			AND other.id <> one.id AND NOT one.cancelled AND NOT other.cancelled
			AND one.admitted_at < COALESCE(other.discharged_at, one.admitted_at + 1)
			AND other.admitted_at < COALESCE(one.discharged_at, other.admitted_at + 1)`,
	} {
		if n := h.number(t, query); n != 0 {
			t.Errorf("there are %d %s", n, what)
		}
	}
	h.recount(t)
}

// recount compares every number of the boards and dashboards with one that is counted another way.
func (h *fixture) recount(t testing.TB) {
	t.Helper()
	d, err := h.ManagementDashboard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	medical, err := h.MedicalDashboard(t.Context(), hospital.System, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.Metrics != medical.Metrics {
		t.Errorf("the dashboards disagree: %+v and %+v", d.Metrics, medical.Metrics)
	}
	inService := h.number(t, `SELECT count(*) FROM bed WHERE status <> 'closed' AND ward_id IN (SELECT id FROM ward WHERE is_open)`)
	lying := h.number(t, `SELECT count(*) FROM admission JOIN bed ON bed.id = bed_id JOIN ward ON ward.id = ward_id
		WHERE discharged_at IS NULL AND NOT with_mother AND is_open`)
	want := hospital.Metrics{
		PatientCount:      h.number(t, `SELECT count(*) FROM admission WHERE discharged_at IS NULL`),
		PendingDischarges: h.number(t, `SELECT count(*) FROM admission WHERE discharged_at IS NULL AND discharge_planned`),
		ActiveWards: h.number(t, `SELECT count(*) FROM ward WHERE is_open AND EXISTS (
			SELECT 1 FROM bed WHERE ward_id = ward.id AND status <> 'closed')`),
	}
	if inService > 0 {
		want.OccupancyRate = float64((2000*lying+inService)/(2*inService)) / 10
	}
	if d.Metrics != want {
		t.Errorf("the metrics are %+v, a recount gives %+v", d.Metrics, want)
	}
	for i, ward := range d.Wards {
		board := h.board(t, ward.Ward)
		if board.WardSummary != ward {
			t.Errorf("the dashboard counts %+v, the board %+v", ward, board.WardSummary)
		}
		c := ward.Counts
		if sum := c.Available + c.Reserved + c.Occupied + c.Cleaning + c.Maintenance + c.Closed; sum != c.Total || c.Total != len(board.Beds) {
			t.Errorf("ward %s has %d beds; its counts say %d and add up to %d", ward.Code, len(board.Beds), c.Total, sum)
		}
		if medical.Wards[i] != ward {
			t.Errorf("the dashboards disagree on ward %s: %+v and %+v", ward.Code, ward, medical.Wards[i])
		}
	}
}

// audited lists what the audit says was done since it had some lines, as "action from>to".
func (h *fixture) audited(t testing.TB, since int) []string {
	t.Helper()
	rows, err := h.raw.QueryContext(t.Context(),
		`SELECT action, from_state, to_state FROM audit ORDER BY id LIMIT 1000 OFFSET $1`, since)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var action, from, to string
		if err := rows.Scan(&action, &from, &to); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, action+" "+from+">"+to)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// auditLines counts the lines of the audit.
func (h *fixture) auditLines(t testing.TB) int { return h.number(t, `SELECT count(*) FROM audit`) }

// contents is everything in the database.
func (h *fixture) contents(t testing.TB) string {
	t.Helper()
	return hospitaltest.ContentsOf(t, h.raw)
}

// breakUpdates makes the database fail every update of a table whose new row fits a condition.
func (h *fixture) breakUpdates(t testing.TB, table, condition string) {
	t.Helper()
	if !h.onPostgreSQL() {
		h.exec(t, `CREATE TRIGGER broken BEFORE UPDATE ON `+table+` WHEN `+condition+` BEGIN SELECT RAISE(ABORT, 'broken for the test'); END`)
		return
	}
	h.exec(t, `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken for the test''; END'`)
	h.exec(t, `CREATE TRIGGER broken BEFORE UPDATE ON `+table+` FOR EACH ROW WHEN (`+condition+`) EXECUTE FUNCTION broken()`)
}
