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

func TestTheReasonOfATransferIsFoundInTheAuditWhenItsColumnComes(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		migrate := func(version int64) {
			t.Helper()
			if err := store.MigrateTo(t.Context(), url, version); err != nil {
				t.Fatalf("to schema %d: %v", version, err)
			}
		}
		migrate(15)
		db := hospitaltest.Database(t, url)
		for _, statement := range []string{
			`INSERT INTO ward (code, name, block) VALUES ('A', 'Medicine', 'A')`,
			`INSERT INTO bed (ward_id, number, status, status_since)
				VALUES (1, 'A-01', 'cleaning', 0), (1, 'A-02', 'occupied', 0)`,
			`INSERT INTO patient (name, name_folded, sex) VALUES ('Uwase', 'uwase', 'female')`,
			`INSERT INTO admission (patient_id, bed_id, bed_since, admitted_at, reason, diet, texture)
				VALUES (1, 2, 20, 10, '', 'general', 7)`,
			`INSERT INTO bed_assignment (admission_id, bed_id, since, until)
				VALUES (1, 1, 10, 20), (1, 2, 20, NULL)`,
			`INSERT INTO audit (at, actor, role, action, entity, entity_id, from_state, to_state,
				reason, request_id) VALUES (20, 'nurse', 'medical_staff', 'admission.transfer',
				'admission', 1, 'A-01', 'A-02', 'needs oxygen', '')`,
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		migrate(18)
		var told string
		err := db.QueryRowContext(t.Context(), `SELECT string_agg(act || ':' || reason, ' then '
			ORDER BY since) FROM bed_assignment`).Scan(&told)
		if want := "admission: then transfer:needs oxygen"; err != nil || told != want {
			t.Errorf("the beds came by %q, want %q, error %v", told, want, err)
		}
		migrate(15)
		if got, want := bedsOfPatients(t, db, "bed_assignment"),
			"1 in 1 from 10 until 20\n1 in 2 from 20 until 0"; got != want {
			t.Errorf("back in the old schema it says\n%s\nwant\n%s", got, want)
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
		migrate(18)
		migrate(19)
	})
}

// TestAllergiesMoveFromAdmissionsToTheirPatients: all that any stay knew, the most severe, noted by
// who said it first in the present stay, else in the latest one that knew.
func TestAllergiesMoveFromAdmissionsToTheirPatients(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		migrate := func(version int64) {
			t.Helper()
			if err := store.MigrateTo(t.Context(), url, version); err != nil {
				t.Fatalf("to schema %d: %v", version, err)
			}
		}
		migrate(15)
		db := hospitaltest.Database(t, url)
		for _, statement := range []string{
			`INSERT INTO patient (name, name_folded, sex) VALUES ('Here', 'here', 'female'), ('Gone', 'gone',
				'male'),
				('Asked', 'asked', 'male'), ('Never', 'never', 'male'), ('Same', 'same', 'male'), ('Worse',
				'worse', 'male')`,
			`INSERT INTO admission (patient_id, admitted_at, reason, diet, texture, allergies, discharged_at,
				outcome) VALUES
				(1, 10, '', 'general', 7, '{"allergens":["milk","peanuts"],"severe":["peanuts"]}', 20,
				'improved'),
				(1, 30, '', 'general', 7, '["milk","nuts"]', NULL, ''),
				(2, 10, '', 'general', 7, '["eggs"]', 20, 'improved'),
				(2, 30, '', 'general', 7, NULL, 40, 'improved'),
				(3, 10, '', 'general', 7, '[]', NULL, ''),
				(4, 10, '', 'general', 7, NULL, NULL, ''),
				(5, 10, '', 'general', 7, '{"allergens":["fish","milk"],"severe":["fish"]}', NULL, ''),
				(6, 10, '', 'general', 7, '{"allergens":["fish"],"severe":["fish"]}', 20, 'improved'),
				(6, 30, '', 'general', 7, '["fish"]', NULL, '')`,
			`INSERT INTO audit (at, actor, role, action, entity, entity_id, from_state, to_state, reason,
				request_id) VALUES
				(10, 'first', 'admin', 'admission.admit', 'admission', 1, '', '', '', ''),
				(30, 'second', 'admin', 'admission.admit', 'admission', 2, '', '', '', ''),
				(31, 'third', 'admin', 'admission.diet', 'admission', 2, 'general texture=7 allergies=peanuts',
					'general texture=7 allergies=milk,nuts severe=nuts', '', ''),
				(32, 'fourth', 'admin', 'admission.diet', 'admission', 2,
				'general texture=7 allergies=milk,nuts severe=nuts',
					'renal texture=7 allergies=milk,nuts', '', '')`,
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}

		migrate(16)
		noted := func(allergen, severe, by, at string) string {
			return strings.NewReplacer("A", allergen, "S", severe, "B", by, "T",
				at).Replace(`{"allergen":"A","severe":S,"noted_by":"B","noted_at":T}`)
		}
		want := strings.Join([]string{
			"1 [" + noted("milk", "false", "third", "31") + "," + noted("nuts", "false", "third", "31") +
				"," + noted("peanuts", "true", "first", "10") + "]",
			"2 [" + noted("eggs", "false", "", "10") + "]",
			"3 []",
			"4 never asked",
			"5 [" + noted("fish", "true", "", "10") + "," + noted("milk", "false", "", "10") + "]",
			"6 [" + noted("fish", "true", "", "30") + "]",
		}, "\n")
		if got := lines(t, db,
			`SELECT id || ' ' || COALESCE(allergies, 'never asked') FROM patient ORDER BY id`); got != want {
			t.Errorf("the patients have\n%s\nwant\n%s", got, want)
		}
		const confirmed = "3\n5\n7\n8"
		if got := lines(t, db,
			`SELECT CAST(id AS TEXT) FROM admission WHERE allergies_confirmed ORDER BY
				id`); got != confirmed {
			t.Errorf("confirmed are the allergies of the admissions\n%s\nwant\n%s", got, confirmed)
		}

		migrate(15)
		const back = `1 {"allergens":["milk","nuts","peanuts"],"severe":["peanuts"]}`
		if got := lines(t, db, `SELECT id || ' ' || allergies FROM admission WHERE id = 1`); got != back {
			t.Errorf("back in the admission it says\n%s\nwant\n%s", got, back)
		}
	})
}

// lines are the texts that a query finds, one a line.
func lines(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestWhatANotificationIsAboutGetsNames(t *testing.T) {
	cases := []struct{ code, args, about string }{
		{"order_ready", `["12","lunch"]`, `{"order_id":12,"meal":"lunch"}`},
		{"ticket_held", `["12"]`, `{"order_id":12}`},
		{"delivery_takes_another", `["12"]`, `{"order_id":12}`},
		{"delivery_moved", `["12","A-05"]`, `{"order_id":12,"bed_number":"A-05"}`},
		{"delivery_failed", `["12","snack","A-05"]`,
			`{"order_id":12,"meal":"snack","bed_number":"A-05"}`},
		{"nil_by_mouth_over", `["A-05"]`, `{"bed_number":"A-05"}`},
		{"meal_round_gaps", `["3","dinner","MED \"A\""]`,
			`{"patients":3,"meal":"dinner","ward_code":"MED \"A\""}`},
		{"of_another_version", `["3"]`, `{}`},
		{"order_held", `[]`, `{}`},
	}
	onBare(t, func(t *testing.T, url string) {
		migrate := func(version int64) {
			t.Helper()
			if err := store.MigrateTo(t.Context(), url, version); err != nil {
				t.Fatalf("to schema %d: %v", version, err)
			}
		}
		migrate(15)
		db := hospitaltest.Database(t, url)
		for _, c := range cases {
			_, err := db.ExecContext(t.Context(), `INSERT INTO notification
				(role, code, args, title, message, level, created_at)
				VALUES ('kitchen', $1, $2, 'Title', 'Message', 'info', 1)`, c.code, c.args)
			if err != nil {
				t.Fatal(err)
			}
		}
		migrate(21)
		for _, c := range cases {
			about := lines(t, db, `SELECT about FROM notification WHERE code = '`+c.code+`'`)
			if about != c.about {
				t.Errorf("%s %s became %s; want %s", c.code, c.args, about, c.about)
			}
		}
	})
}
