package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"dusangire/hospital/hospitaltest"
	"dusangire/hospital/internal/store"
)

// bedsOfPatients are the lines of a history: an admission, its bed, from when, until when.
func bedsOfPatients(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT admission_id || ' in ' || bed_id || ' from ' ||
		since || ' until ' || COALESCE(until, 0) FROM `+table+` ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestWhoLayInWhichBedIsKeptWhenItsTableGetsANewName(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		migrate := func(version int64) {
			t.Helper()
			if err := store.MigrateTo(t.Context(), url, version); err != nil {
				t.Fatalf("to schema %d: %v", version, err)
			}
		}
		migrate(14)
		db := hospitaltest.Database(t, url)
		run := func(statement string) error {
			_, err := db.ExecContext(t.Context(), statement)
			return err
		}
		for _, statement := range []string{
			`INSERT INTO ward (code, name, block) VALUES ('A', 'Medicine', 'A')`,
			`INSERT INTO bed (ward_id, number, status, status_since)
				VALUES (1, 'A-01', 'cleaning', 0), (1, 'A-02', 'occupied', 0)`,
			`INSERT INTO patient (name, name_folded, sex) VALUES ('Uwase Marie', 'uwase marie', 'female')`,
			`INSERT INTO admission (patient_id, bed_id, bed_since, admitted_at, reason, diet, texture)
				VALUES (1, 2, 20, 10, '', 'general', 7)`,
			`INSERT INTO bed_stay (admission_id, bed_id, since, until)
				VALUES (1, 1, 10, 20), (1, 2, 20, NULL)`,
		} {
			if err := run(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		const want = "1 in 1 from 10 until 20\n1 in 2 from 20 until 0"

		migrate(15)
		if got := bedsOfPatients(t, db, "bed_assignment"); got != want {
			t.Errorf("the new table says\n%s\nwant\n%s", got, want)
		}
		const second = `INSERT INTO bed_assignment (admission_id, bed_id, since) VALUES (1, 1, 30)`
		if got := store.Violated(run(second)); got != "bed_assignment_admission_id" {
			t.Errorf("a patient in two beds is refused by %q", got)
		}
		if err := run(`UPDATE bed_assignment SET until = 30 WHERE until IS NULL`); err != nil {
			t.Error(err)
		}
		if err := run(second); err != nil {
			t.Errorf("the next bed: %v", err)
		}

		migrate(14)
		const then = "1 in 1 from 10 until 20\n1 in 2 from 20 until 30\n1 in 1 from 30 until 0"
		if got := bedsOfPatients(t, db, "bed_stay"); got != then {
			t.Errorf("back in the old table it says\n%s\nwant\n%s", got, then)
		}
	})
}

func TestTheSchemaHasOneWordForAnAdmission(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		if err := store.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		names := `SELECT name FROM sqlite_master`
		if !strings.HasPrefix(url, "sqlite:") {
			names = `SELECT relname AS name FROM pg_class UNION SELECT conname FROM pg_constraint`
		}
		var n int
		err := hospitaltest.Database(t, url).QueryRowContext(t.Context(),
			`SELECT count(*) FROM (`+names+`) AS named WHERE name LIKE '%stay%'`).Scan(&n)
		if err != nil || n > 0 {
			t.Errorf("%d names of tables, indexes and keys say stay, error %v", n, err)
		}
	})
}

func TestABedInCleaningIsDirtyUntilSomebodyBegins(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		migrate := func(version int64) {
			t.Helper()
			if err := store.MigrateTo(t.Context(), url, version); err != nil {
				t.Fatalf("to schema %d: %v", version, err)
			}
		}
		migrate(15)
		db := hospitaltest.Database(t, url)
		run := func(statement string) error {
			_, err := db.ExecContext(t.Context(), statement)
			return err
		}
		for _, statement := range []string{
			`INSERT INTO ward (code, name, block) VALUES ('A', 'Medicine', 'A')`,
			`INSERT INTO bed (ward_id, number, status, status_since)
				VALUES (1, 'A-01', 'cleaning', 7), (1, 'A-02', 'available', 0)`,
		} {
			if err := run(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		migrate(19)
		var dirty int
		err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM bed WHERE cleaning_since IS NULL
			AND cleaning_by = '' AND NOT cleaning_stat`).Scan(&dirty)
		if err != nil || dirty != 2 {
			t.Errorf("%d of 2 beds have nobody who cleans them, error %v", dirty, err)
		}
		if run(`UPDATE bed SET cleaning_since = 8 WHERE number = 'A-02'`) == nil ||
			run(`UPDATE bed SET cleaning_stat = TRUE WHERE number = 'A-02'`) == nil {
			t.Error("a bed that is not in cleaning is cleaned")
		}
		if err := run(`UPDATE bed SET cleaning_since = 8, cleaning_by = 'alice', cleaning_stat = TRUE
			WHERE number = 'A-01'`); err != nil {
			t.Error(err)
		}
		migrate(15)
		migrate(19)
	})
}
