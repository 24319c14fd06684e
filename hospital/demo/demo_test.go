package demo_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

func TestMain(m *testing.M) {
	hubtest.RunMany(3)
	os.Exit(m.Run())
}

// start is when the demo hospitals of the tests open: a Monday morning.
var start = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)

// open opens a hospital, whose clock stands at start unless the options say otherwise. What need not be shown on each
// database is shown on PostgreSQL: the race detector makes SQLite, which is compiled into the test, ten times slower.
func open(t testing.TB, o hospital.Options) *hospital.Hospital {
	t.Helper()
	if o.DatabaseURL == "" {
		o.DatabaseURL = hospitaltest.PostgreSQL(t)
	}
	if o.Now == nil {
		o.Now = func() time.Time { return start }
	}
	return hospitaltest.Open(t, o)
}

// loaded opens a hospital with the demo as it stands at start. Where the options name no database it is a copy of one that was loaded
// once for all tests.
func loaded(t testing.TB, seed uint64, o hospital.Options) *hospital.Hospital {
	t.Helper()
	if o.DatabaseURL != "" {
		h := open(t, o)
		if err := demo.Load(t.Context(), h, seed, start); err != nil {
			t.Fatalf("load the demo: %v", err)
		}
		return h
	}
	o.DatabaseURL = demoAt(t, seed, start)
	return open(t, o)
}

// demoAt is the URL of a fresh copy of the demo that opens at a moment.
func demoAt(t testing.TB, seed uint64, moment time.Time) string {
	t.Helper()
	return hospitaltest.Copy(t, fmt.Sprint(seed, moment), func(url string) (err error) {
		h, err := hospital.Open(t.Context(), hospital.Options{
			DatabaseURL: url, PasswordHasher: hospitaltest.CheapHasher(t),
		})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, h.Close()) }()
		return demo.Load(t.Context(), h, seed, moment)
	})
}

// boards reads all wards' boards, by the wards' codes.
func boards(t *testing.T, h *hospital.Hospital) map[string]hospital.WardBoard {
	t.Helper()
	wards, err := h.Wards(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]hospital.WardBoard{}
	for _, w := range wards {
		board, err := h.WardBoard(t.Context(), hospital.System, w.ID)
		if err != nil {
			t.Fatal(err)
		}
		all[w.Code] = board
	}
	return all
}

// beds lists all beds of some boards, in the order of their numbers.
func beds(boards map[string]hospital.WardBoard) []hospital.BoardBed {
	var all []hospital.BoardBed
	for _, board := range boards {
		all = append(all, board.Beds...)
	}
	slices.SortFunc(all, func(a, b hospital.BoardBed) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// portrait is everything that boards and lists show, for comparing two hospitals.
func portrait(t *testing.T, h *hospital.Hospital) string {
	t.Helper()
	var p strings.Builder
	for _, bed := range beds(boards(t, h)) {
		admission := hospital.BoardAdmission{}
		if bed.Admission != nil {
			admission = *bed.Admission
		}
		fmt.Fprintf(&p, "%+v %+v\n", bed.Bed, admission)
	}
	d := dashboard(t, h)
	fmt.Fprintf(&p, "%+v %+v %+v\n", d.Waiting, d.PendingDischarges, d.BedsToClean)
	fmt.Fprintf(&p, "%+v %+v\n", kitchen(t, h).Tickets, deliveries(t, h).Waiting)
	return p.String()
}

func dashboard(t *testing.T, h *hospital.Hospital) hospital.ManagementDashboard {
	t.Helper()
	d, err := h.ManagementDashboard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDemoOpensAsItsDescriptionSays(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		name, block string
		counts      hospital.BedCounts
	}{
		"URG":   {"Emergency", "A0", hospital.BedCounts{Total: 12, Available: 2, Occupied: 8, Cleaning: 1, Closed: 1}},
		"MED-A": {"Medicine, women", "B1", hospital.BedCounts{Total: 24, Available: 2, Reserved: 1, Occupied: 20, Cleaning: 1}},
		"MED-B": {"Medicine, men", "B1", hospital.BedCounts{Total: 24, Available: 2, Occupied: 20, Cleaning: 1, Maintenance: 1}},
		"SURG":  {"Surgery", "B2", hospital.BedCounts{Total: 20, Available: 2, Reserved: 2, Occupied: 15, Cleaning: 1}},
		"ICU":   {"Intensive care", "B2", hospital.BedCounts{Total: 8, Available: 1, Reserved: 1, Occupied: 6}},
		"PED":   {"Paediatrics", "C1", hospital.BedCounts{Total: 18, Available: 2, Occupied: 14, Cleaning: 1, Maintenance: 1}},
		"NUT":   {"Nutrition rehabilitation", "C1", hospital.BedCounts{Total: 8, Available: 2, Occupied: 6}},
		"MAT":   {"Maternity", "C2", hospital.BedCounts{Total: 22, Available: 2, Reserved: 1, Occupied: 17, Cleaning: 2}},
		"ISO":   {"Isolation", "D0", hospital.BedCounts{Total: 6, Available: 1, Occupied: 4, Maintenance: 1}},
		"PRIV":  {"Private rooms", "D1", hospital.BedCounts{Total: 10, Reserved: 1, Occupied: 8, Maintenance: 1}},
	}
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := loaded(t, 1, hospital.Options{DatabaseURL: url})
		got := boards(t, h)
		if len(got) != len(want) {
			t.Errorf("got %d wards, want %d", len(got), len(want))
		}
		for code, w := range want {
			b := got[code]
			if b.Name != w.name || b.Block != w.block || b.Counts != w.counts || !b.Open {
				t.Errorf("ward %s is %q in %s, open %v, with %+v; want %q in %s, open, with %+v", code, b.Name, b.Block, b.Open, b.Counts, w.name, w.block, w.counts)
			}
		}
		d := dashboard(t, h)
		if total := (hospital.BedCounts{Total: 152, Available: 16, Reserved: 6, Occupied: 118, Cleaning: 7, Maintenance: 4, Closed: 1}); d.Counts != total {
			t.Errorf("the hospital has %+v, want %+v", d.Counts, total)
		}
		if d.OccupancyRate != 78.1 || d.PatientCount != 121 || d.ActiveWards != 10 || d.PendingCount != 9 || d.Metrics.PendingDischarges != 9 || d.WaitingCount != 3 {
			t.Errorf("got %v %% occupied, %d patients, %d active wards, %d pending, %d waiting; want 78.1, 121, 10, 9, 3",
				d.OccupancyRate, d.PatientCount, d.ActiveWards, d.PendingCount, d.WaitingCount)
		}
		checkRules(t, h)
	})
}

// checkRules fails unless beds are occupied exactly where someone lies, and nobody lies in two.
func checkRules(t *testing.T, h *hospital.Hospital) {
	t.Helper()
	lies := map[int64]string{}
	for code, board := range boards(t, h) {
		var counted hospital.BedCounts
		for _, bed := range board.Beds {
			tally(&counted, bed.Status)
			if (bed.Status == hospital.BedOccupied) != (bed.Admission != nil) {
				t.Errorf("bed %s is %s, and that a patient lies there is %v", bed.Number, bed.Status, bed.Admission != nil)
			}
			if bed.Admission == nil {
				continue
			}
			if other, twice := lies[bed.Admission.PatientID]; twice {
				t.Errorf("patient %d lies in %s and in %s", bed.Admission.PatientID, other, bed.Number)
			}
			lies[bed.Admission.PatientID] = bed.Number
		}
		if counted != board.Counts {
			t.Errorf("ward %s counts %+v, its beds are %+v", code, board.Counts, counted)
		}
	}
}

// tally counts one bed.
func tally(counts *hospital.BedCounts, status hospital.BedStatus) {
	counts.Total++
	switch status {
	case hospital.BedAvailable:
		counts.Available++
	case hospital.BedReserved:
		counts.Reserved++
	case hospital.BedOccupied:
		counts.Occupied++
	case hospital.BedCleaning:
		counts.Cleaning++
	case hospital.BedMaintenance:
		counts.Maintenance++
	case hospital.BedClosed:
		counts.Closed++
	}
}

// A demo that is loaded in the evening has had the day's meals.
func TestANewDemoHasMissedNoMeal(t *testing.T) {
	t.Parallel()
	evening := start.Add(8 * time.Hour)
	h := open(t, hospital.Options{DatabaseURL: demoAt(t, 1, evening), Now: func() time.Time { return evening }})
	if missed, err := h.AnnounceMissedRounds(t.Context()); err != nil || len(missed) > 0 {
		t.Errorf("%d rounds were missed, such as %+v: %v", len(missed), missed[:min(1, len(missed))], err)
	}
}

func TestTheDemosPatientsLookReal(t *testing.T) {
	t.Parallel()
	h := loaded(t, 2, hospital.Options{})
	t.Run("they fit their wards", func(t *testing.T) { checkWards(t, h) })
	t.Run("they have plausible food", func(t *testing.T) { checkFood(t, h) })
	t.Run("some have names that are hard to tell apart", func(t *testing.T) { checkNames(t, h) })
	t.Run("they came over the past days", func(t *testing.T) { checkTimes(t, h) })
}

func checkWards(t *testing.T, h *hospital.Hospital) {
	t.Helper()
	fits := map[string]func(age int, sex string) bool{
		"URG":   func(int, string) bool { return true },
		"MED-A": func(age int, sex string) bool { return age >= 15 && sex == "female" },
		"MED-B": func(age int, sex string) bool { return age >= 15 && sex == "male" },
		"SURG":  func(age int, _ string) bool { return age >= 15 },
		"ICU":   func(age int, _ string) bool { return age >= 15 },
		"PED":   func(age int, _ string) bool { return age < 15 },
		"NUT":   func(age int, _ string) bool { return age < 5 },
		"MAT":   func(age int, sex string) bool { return age >= 16 && age <= 44 && sex == "female" },
		"ISO":   func(age int, _ string) bool { return age >= 15 },
		"PRIV":  func(age int, _ string) bool { return age >= 15 },
	}
	oldest, youngest := 0, 200
	for code, board := range boards(t, h) {
		for _, bed := range board.Beds {
			if bed.Admission == nil || bed.Admission.PatientName == "Utazwi" {
				continue
			}
			detail := bedDetail(t, h, bed.ID)
			age := ageAt(detail.BirthDate, bed.Admission.AdmittedAt)
			oldest, youngest = max(oldest, age), min(youngest, age)
			if !fits[code](age, detail.Sex) {
				t.Errorf("a patient of %s is %d and %s", code, age, detail.Sex)
			}
			if detail.Reason == "" {
				t.Errorf("nobody knows why the patient in %s is here", bed.Number)
			}
		}
	}
	if youngest != 0 || oldest != 96 {
		t.Errorf("the patients are %d to %d years old, want 0 to 96", youngest, oldest)
	}
}

// ageAt is the age in whole years.
func ageAt(born, at time.Time) int {
	age := at.Year() - born.Year()
	if born.AddDate(age, 0, 0).After(at) {
		age--
	}
	return age
}

func bedDetail(t *testing.T, h *hospital.Hospital, id int64) hospital.BedDetail {
	t.Helper()
	detail, err := h.BedDetail(t.Context(), hospital.Actor{Username: "nurse", Role: hospital.MedicalStaff}, id)
	if err != nil {
		t.Fatal(err)
	}
	return detail
}

func checkFood(t *testing.T, h *hospital.Hospital) {
	t.Helper()
	var asked, never, allergic int
	usual := map[string]hospital.Diet{"MED-A": hospital.DietDiabetic, "MED-B": hospital.DietRenal, "NUT": hospital.DietHighProtein}
	for code, board := range boards(t, h) {
		diets := map[hospital.Diet]int{}
		for _, bed := range board.Beds {
			if bed.Admission == nil {
				continue
			}
			diets[bed.Admission.Diet]++
			switch a := bed.Admission.Allergies; {
			case !a.Known:
				never++
			case len(a.Allergens) > 0:
				allergic++
				fallthrough
			default:
				asked++
			}
			if code == "ICU" && bed.Admission.Texture > 4 {
				t.Errorf("the patient in %s has texture %d, too firm for intensive care", bed.Number, bed.Admission.Texture)
			}
		}
		if diet, special := usual[code]; special && diets[diet] == 0 {
			t.Errorf("nobody on %s has the diet %s that the ward is known for: %v", code, diet, diets)
		}
	}
	if never == 0 || never > asked/4 || allergic == 0 || allergic > asked/2 {
		t.Errorf("%d patients were asked for allergies, %d have some, %d were never asked; want most, some, a few", asked, allergic, never)
	}
}

func checkNames(t *testing.T, h *hospital.Hospital) {
	t.Helper()
	ward := map[hospital.PatientName]string{}
	for code, board := range boards(t, h) {
		for _, bed := range board.Beds {
			if bed.Admission != nil {
				if _, twice := ward[bed.Admission.PatientName]; twice {
					t.Errorf("two patients have the same name")
				}
				ward[bed.Admission.PatientName] = code
			}
		}
	}
	for _, pair := range [][2]hospital.PatientName{{"Mukamana Claudine", "Mukamana Claudette"}, {"Uwimana Marie Claire", "Uwimana Marie Clarisse"}} {
		if ward[pair[0]] == "" || ward[pair[0]] != ward[pair[1]] {
			t.Errorf("%q lies on %q and %q on %q, want one ward", string(pair[0]), ward[pair[0]], string(pair[1]), ward[pair[1]])
		}
	}
	for _, name := range []hospital.PatientName{"Uwingabiye Thérèse Noëlla", "Utazwi"} {
		if ward[name] == "" {
			t.Errorf("%q is not in the hospital", string(name))
		}
	}
}

func checkTimes(t *testing.T, h *hospital.Hospital) {
	t.Helper()
	var today, week int
	for _, bed := range beds(boards(t, h)) {
		if bed.StatusSince.After(start) {
			t.Errorf("bed %s changed after the start", bed.Number)
		}
		if bed.Admission == nil {
			continue
		}
		if bed.Admission.AdmittedAt.After(bed.Admission.BedSince) ||
			!bed.Admission.BedSince.Equal(bed.StatusSince) {
			t.Errorf("the patient in %s came at %v, to this bed at %v, and it is occupied since %v", bed.Number, bed.Admission.AdmittedAt, bed.Admission.BedSince, bed.StatusSince)
		}
		switch here := start.Sub(bed.Admission.AdmittedAt); {
		case here < 24*time.Hour:
			today++
		case here < 30*24*time.Hour:
			week++
		default:
			t.Errorf("the patient in %s has been here for %v, longer than the hospital", bed.Number, here)
		}
	}
	if today < 15 || week < 50 {
		t.Errorf("%d patients came in the last day and %d before; want at least 15 and 50", today, week)
	}
}

func TestTheSameSeedGivesTheSameHospital(t *testing.T) {
	t.Parallel()
	fresh := func(seed uint64) *hospital.Hospital {
		return loaded(t, seed, hospital.Options{DatabaseURL: hospitaltest.PostgreSQL(t)})
	}
	first, again, other := fresh(7), fresh(7), fresh(8)
	if portrait(t, first) != portrait(t, again) {
		t.Error("the same seed gave two different hospitals")
	}
	if portrait(t, first) == portrait(t, other) {
		t.Error("another seed gave the same hospital")
	}
}

func TestADatabaseWithDataIsRefusedAndUnchanged(t *testing.T) {
	t.Parallel()
	for _, data := range []struct {
		name string
		add  func(h *hospital.Hospital) error
	}{
		{"a demo hospital is data", func(h *hospital.Hospital) error { return demo.Load(t.Context(), h, 1, start) }},
		{"one login is data", func(h *hospital.Hospital) error {
			_, err := h.AddUser(t.Context(), hospital.System, hospital.AddUserCommand{Username: "admin", Role: hospital.Admin, Password: "correct horse"})
			return err
		}},
	} {
		t.Run(data.name, func(t *testing.T) {
			t.Parallel()
			url := hospitaltest.PostgreSQL(t)
			h := open(t, hospital.Options{DatabaseURL: url})
			if err := data.add(h); err != nil {
				t.Fatal(err)
			}
			before := hospitaltest.Contents(t, url)
			refused(t, demo.Load(t.Context(), h, 2, start))
			if hospitaltest.Contents(t, url) != before {
				t.Error("the refused load changed the database")
			}
		})
	}
}

func TestADemoThatWasLoadedIsCounted(t *testing.T) {
	t.Parallel()
	url := demoAt(t, 1, start)
	var counted, there int
	err := hospitaltest.Database(t, url).QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM order_dish), reltuples
		FROM pg_class WHERE oid = 'order_dish'::regclass`).Scan(&there, &counted)
	if err != nil || counted != there || there == 0 {
		t.Errorf("of %d dishes that were ordered %d are counted (%v)", there, counted, err)
	}
}

// refused fails unless err is the refusal of a database that has data.
func refused(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*hospital.Error](err); !ok || e.Kind != hospital.Conflict || e.Code != "not_empty" {
		t.Errorf("load answered %v, want a conflict not_empty", err)
	}
}

// fuse is a context that ends once it has been asked for a number of values, which every command does.
type fuse struct {
	context.Context
	left *atomic.Int64
	blow context.CancelFunc
}

func (f fuse) Value(key any) any {
	if f.left.Add(-1) == 0 {
		f.blow()
	}
	return f.Context.Value(key)
}

func TestALoadThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := open(t, hospital.Options{DatabaseURL: url})
		before := hospitaltest.Contents(t, url)
		cutOff := 0
		for values := int64(1); ; values *= 8 {
			ctx, cancel := context.WithCancel(t.Context())
			f := fuse{ctx, new(atomic.Int64), cancel}
			f.left.Store(values)
			err := demo.Load(f, h, 1, start)
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("the load that was cut off answered %v", err)
			}
			cutOff++
			if hospitaltest.Contents(t, url) != before {
				t.Fatal("a load that was cut off left something in the database")
			}
		}
		if cutOff < 4 {
			t.Errorf("the load was cut off %d times before it succeeded, too few to prove anything", cutOff)
		}
		checkRules(t, h)
	})
}

func TestEveryDemoLoginWorks(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	if len(demo.Logins()) != len(hospital.Roles) {
		t.Errorf("there are %d logins, want one for each of %d roles", len(demo.Logins()), len(hospital.Roles))
	}
	for _, l := range demo.Logins() {
		_, session, err := h.SignIn(t.Context(), l.Username, l.Password, hospital.Client{Address: "127.0.0.1"})
		if err != nil {
			t.Errorf("%s can't sign in: %v", l.Username, err)
			continue
		}
		if u := session.User; string(u.Role) != l.Username || u.Role != l.Role || !u.Demo || len(u.Wards) != 0 {
			t.Errorf("%s signed in as %+v, want a demo login of that role without wards", l.Username, u)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		h := open(b, hospital.Options{DatabaseURL: hospitaltest.SQLite(b)})
		b.StartTimer()
		if err := demo.Load(b.Context(), h, 1, start); err != nil {
			b.Fatal(err)
		}
	}
}
