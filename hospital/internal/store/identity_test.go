package store_test

import (
	"testing"

	"dusangire/hospital/hospitaltest"
	"dusangire/hospital/internal/store"
)

// Who was there before patients had numbers gets one, and is found like everybody else; so is who
// is written behind the program's back, and a name that was corrected.
func TestPatientsOfAnOlderSchemaGetNumbersAndAreFound(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 15); err != nil {
			t.Fatal(err)
		}
		raw := hospitaltest.Database(t, url)
		run := func(statement string) {
			t.Helper()
			if _, err := raw.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		run(`INSERT INTO patient (name, name_folded, sex)
			VALUES ('Jeanne d’Arc', 'jeanne d’arc', 'female'), ('Uwase "M\', 'uwase "m\', 'female')`)
		if err := store.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		run(`INSERT INTO patient (name, name_folded, sex) VALUES ('Keza Ange', 'keza ange', 'female')`)
		db, err := store.Open(t.Context(), store.Settings{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		finds := func(want int, keys ...store.Key) {
			t.Helper()
			tx, err := db.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			ids, err := db.SearchPatients(t.Context(), tx, [][]store.Key{keys}, 10)
			if err != nil || len(ids) != want {
				t.Errorf("%v finds %v, error %v; want %d", keys, ids, err, want)
			}
		}
		finds(1, store.Key{Text: "darc"})
		finds(1, store.Key{Text: "eanne"})
		finds(1, store.Key{Text: "100001"})
		finds(1, store.Key{Text: "ean", Begins: true})
		finds(2, store.Key{Text: "keza"}, store.Key{Text: "uwase"})
		finds(0, store.Key{Text: "za"})
		run(`UPDATE patient SET name_folded = 'kayitesi ange' WHERE name_folded = 'keza ange'`)
		finds(0, store.Key{Text: "keza"})
		finds(1, store.Key{Text: "itesi"})
	})
}
