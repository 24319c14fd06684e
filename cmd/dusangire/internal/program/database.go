package program

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"dusangire/hospital"
)

// withSetting says to an operator which setting stands in the way and why. A person on a ward is
// told to try again in a moment instead.
func (d database) withSetting(err error) error {
	if cause := unavailableCause(err); cause != nil {
		return d.errDatabase(cause)
	}
	return err
}

// unavailableCause is why the hospital's records could not be read or written; nil where something
// else has failed.
func unavailableCause(err error) error {
	refusal, ok := errors.AsType[*hospital.Error](err)
	if !ok || refusal.Kind != hospital.Unavailable {
		return nil
	}
	return refusal.Cause
}

// errDatabase names the setting of the database, and what would be right.
func (d database) errDatabase(err error) error {
	right := cmp.Or(poolerAdvice(err.Error()),
		"give a database that this machine can reach and write to")
	return fmt.Errorf("--database-url %s: %s: %w", redacted(d.DatabaseURL), right, d.cut(err))
}

// cutError is an error in other words.
type cutError struct {
	error
	words string
}

// Error returns the words.
func (e cutError) Error() string { return e.words }

// Unwrap returns the error as it was.
func (e cutError) Unwrap() error { return e.error }

// cut takes out of an error's words what the setting says and may not be told: a file that can't be
// opened is named by its whole path.
func (d database) cut(err error) error {
	told, url := redacted(d.DatabaseURL), d.DatabaseURL
	path := strings.TrimPrefix(url, "sqlite:")
	if told == url || path == "" {
		return err
	}
	words := err.Error()
	for _, whole := range []string{url, path, filepath.Clean(path)} {
		words = strings.ReplaceAll(words, whole, told)
	}
	return cutError{err, words}
}

// poolerAdvice is what to do about a pooler that stands before PostgreSQL, if it is one that
// complains.
func poolerAdvice(complaint string) string {
	switch {
	case strings.Contains(complaint, "unsupported startup parameter"):
		return "name PostgreSQL itself, or let the pooler that stands before it take these " +
			"settings (PgBouncer: ignore_startup_parameters = statement_timeout,lock_timeout," +
			"idle_in_transaction_session_timeout)"
	case strings.Contains(complaint, "prepared statement"):
		return "name PostgreSQL itself, or add default_query_exec_mode=exec to the URL, since a " +
			"pooler stands before it"
	}
	return ""
}
