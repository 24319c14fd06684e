package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

// This file is the search of patients, the one thing that the two databases do each in its own way.
// What they do is the same: each patient has keys, which the database itself makes of the words in
// name_folded and identifiers_folded: each word, and what is left of it when its first letters are
// taken away, down to three. So "any part of a word" is "the beginning of a key", which an index
// answers. SQLite keeps the keys in a table of FTS5. PostgreSQL keeps them in a GIN index over a
// function of our own, which needs no extension, and so nobody's leave to create one.
//
// The table patient_word has each word once that is no number. Of the hundreds of ways to mistype
// one it tells those that there are; neither index can be asked for so many keys at once.

// searchSchema are the statements that make patients searchable.
func searchSchema(dialect goose.Dialect) []string {
	if dialect == goose.DialectSQLite3 {
		return searchInSQLite()
	}
	// The cost keeps the planner from trying the function on every row.
	return []string{
		`CREATE FUNCTION patient_keys(name TEXT, identifiers TEXT) RETURNS tsvector
			LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS
			'SELECT COALESCE(array_to_tsvector(array_agg(DISTINCT substr(word, start))), ''''::tsvector)
				FROM unnest(string_to_array(name || '' '' || identifiers, '' '')) AS word,
					generate_series(1, greatest(1, length(word) - 2)) AS start
				WHERE word <> '''''`,
		`CREATE INDEX patient_search ON patient
			USING gin (patient_keys(name_folded, identifiers_folded)) WITH (fastupdate = off)`,
		`CREATE TABLE patient_word (word TEXT PRIMARY KEY)`,
		`INSERT INTO patient_word (word) SELECT DISTINCT word FROM patient,
			unnest(string_to_array(name_folded || ' ' || identifiers_folded, ' ')) AS word
			WHERE word <> '' AND word !~ '[0-9]'`,
		`CREATE FUNCTION keep_patient_words() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN
				INSERT INTO patient_word (word) SELECT DISTINCT word FROM unnest(string_to_array(
						NEW.name_folded || '' '' || NEW.identifiers_folded, '' '')) AS word
					WHERE word <> '''' AND word !~ ''[0-9]'' ORDER BY word ON CONFLICT DO NOTHING;
				RETURN NULL;
			END'`,
		`CREATE TRIGGER patient_word AFTER INSERT OR UPDATE OF name_folded, identifiers_folded
			ON patient FOR EACH ROW EXECUTE FUNCTION keep_patient_words()`,
	}
}

// searchInSQLite keeps a table of FTS5 by triggers. Its own tokenizer takes nothing away, since the
// keys are folded already. Prefixes of three and four letters, which many keys share, have an index
// of their own.
func searchInSQLite() []string {
	return []string{
		`CREATE VIRTUAL TABLE patient_search USING fts5(keys, content='', contentless_delete=1,
			detail=none, tokenize='unicode61 remove_diacritics 0', prefix='3 4')`,
		`INSERT INTO patient_search (rowid, keys) SELECT id, ` + sqliteKeys("patient") + ` FROM patient`,
		`CREATE TABLE patient_word (word TEXT PRIMARY KEY)`,
		`INSERT OR IGNORE INTO patient_word (word) SELECT word.value
			FROM patient, ` + sqliteWordsOf("patient") + ` AS word WHERE ` + noNumber,
		`CREATE TRIGGER patient_search_insert AFTER INSERT ON patient BEGIN
			INSERT INTO patient_search (rowid, keys) VALUES (new.id, ` + sqliteKeys("new") + `);
			INSERT OR IGNORE INTO patient_word (word)
				SELECT word.value FROM ` + sqliteWordsOf("new") + ` AS word
				WHERE ` + noNumber + `;
		END`,
		`CREATE TRIGGER patient_search_update AFTER UPDATE OF name_folded, identifiers_folded
			ON patient BEGIN
			DELETE FROM patient_search WHERE rowid = old.id;
			INSERT INTO patient_search (rowid, keys) VALUES (new.id, ` + sqliteKeys("new") + `);
			INSERT OR IGNORE INTO patient_word (word)
				SELECT word.value FROM ` + sqliteWordsOf("new") + ` AS word
				WHERE ` + noNumber + `;
		END`,
		`CREATE TRIGGER patient_search_delete AFTER DELETE ON patient BEGIN
			DELETE FROM patient_search WHERE rowid = old.id;
		END`,
	}
}

// noNumber leaves out the words in which no error is forgiven.
const noNumber = `word.value NOT GLOB '*[0-9]*'`

// sqliteWordsOf is the table of the words of a row of patient. A trigger knows no recursion, so
// JSON parts them.
func sqliteWordsOf(row string) string {
	return `json_each('[' || replace(json_quote(` + row + `.name_folded || ' ' || ` + row +
		`.identifiers_folded), ' ', '","') || ']')`
}

// sqliteKeys is the expression for the keys of a row of patient. JSON counts the letters, too.
func sqliteKeys(row string) string {
	starts := make([]string, 0, longestKeyed)
	for i := range longestKeyed {
		starts = append(starts, fmt.Sprint(i+1))
	}
	return `(SELECT group_concat(substr(word.value, start.value), ' ')
		FROM ` + sqliteWordsOf(row) + ` AS word
		JOIN json_each('[` + strings.Join(starts, ",") + `]') AS start
			ON start.value = 1 OR start.value <= length(word.value) - 2)`
}

// longestKeyed is how far into a word its keys begin.
const longestKeyed = 32

// Key is what a patient's keys are asked for. It has letters and digits alone.
type Key struct {
	Text   string
	Begins bool // a key that begins with it will do
}

// fewEnough is how many keys an index is asked for as they are.
const fewEnough = 8

// known leaves out of many keys that are asked for whole those that nobody has.
func (db *DB) known(ctx context.Context, tx *sql.Tx, keys []Key) ([]Key, error) {
	var some []Key
	var words []string
	for _, key := range keys {
		if key.Begins {
			some = append(some, key)
		} else {
			words = append(words, key.Text)
		}
	}
	if len(words) <= fewEnough {
		return keys, nil
	}
	rows, err := tx.QueryContext(ctx, db.knownWords(), strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("read which words there are: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return nil, fmt.Errorf("read which words there are: %w", err)
		}
		some = append(some, Key{Text: word})
	}
	return some, rows.Err()
}

// knownWords is the query for those of the words of a text that somebody has. It looks each up by
// itself, so that the index of patient_word is used whatever a planner knows of the table.
func (db *DB) knownWords() string {
	if db.place != nil {
		return `SELECT patient_word.word
			FROM json_each('["' || replace($1, ' ', '","') || '"]') AS wanted
			CROSS JOIN patient_word ON patient_word.word = wanted.value`
	}
	return `SELECT known.word FROM unnest(string_to_array(CAST($1 AS TEXT), ' ')) AS wanted (word)
		CROSS JOIN LATERAL
			(SELECT word FROM patient_word WHERE patient_word.word = wanted.word LIMIT 1) AS known`
}

// SearchPatients returns the ids of patients who have, for each list, one of its keys, but no more
// than limit of them, in no order that means anything.
func (db *DB) SearchPatients(ctx context.Context, tx *sql.Tx, wanted [][]Key, limit int) (
	[]int64, error,
) {
	for i, keys := range wanted {
		some, err := db.known(ctx, tx, keys)
		if err != nil || len(some) == 0 {
			return nil, err
		}
		wanted[i] = some
	}
	statement := `SELECT id FROM patient
		WHERE patient_keys(name_folded, identifiers_folded) @@ CAST(CAST($1 AS TEXT) AS tsquery)
		LIMIT $2`
	query := written(wanted, " & ", " | ", `'`, `':*`)
	if db.place != nil {
		statement = `SELECT rowid FROM patient_search WHERE patient_search MATCH $1
			ORDER BY rowid DESC LIMIT $2`
		query = written(wanted, " AND ", " OR ", `"`, `"*`)
	}
	rows, err := tx.QueryContext(ctx, statement, query, limit)
	if err != nil {
		return nil, fmt.Errorf("search patients: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("search patients: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// written is a query in a database's own words.
func written(wanted [][]Key, and, or, quote, begins string) string {
	all := make([]string, len(wanted))
	for i, keys := range wanted {
		one := make([]string, len(keys))
		for j, key := range keys {
			one[j] = quote + key.Text + quote
			if key.Begins {
				one[j] = quote + key.Text + begins
			}
		}
		all[i] = "(" + strings.Join(one, or) + ")"
	}
	return strings.Join(all, and)
}
