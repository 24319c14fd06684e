package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"dusangire/hospital"
)

// explained says to an operator which setting stands in the way and why, where a person on a ward
// is told to try again in a moment.
func (d database) explained(err error) error {
	if cause := causeOf(err); cause != nil {
		return d.wrong(cause)
	}
	return err
}

// causeOf is why the hospital's records could not be read or written; nil where that is not what
// has failed.
func causeOf(err error) error {
	refusal, ok := errors.AsType[*hospital.Error](err)
	if !ok || refusal.Kind != hospital.Unavailable {
		return nil
	}
	return refusal.Cause
}

// wrong names the setting and what would be right.
func (d database) wrong(err error) error {
	right := cmp.Or(poolerAdvice(err.Error()), "give a database that this machine can reach and write to")
	return fmt.Errorf("--database-url %s: %s: %w", redacted(d.DatabaseURL), right, err)
}

// poolerAdvice is what to do about a pooler that stands before PostgreSQL, if it is one that
// complains.
func poolerAdvice(complaint string) string {
	switch {
	case strings.Contains(complaint, "unsupported startup parameter"):
		return "name PostgreSQL itself, or let the pooler that stands before it take these settings (PgBouncer: ignore_startup_parameters = " +
			"statement_timeout,lock_timeout,idle_in_transaction_session_timeout)"
	case strings.Contains(complaint, "prepared statement"):
		return "name PostgreSQL itself, or add default_query_exec_mode=exec to the URL, since a pooler stands before it"
	}
	return ""
}
