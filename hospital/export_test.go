package hospital

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// HealthNow is Health however short ago it was found.
func (h *Hospital) HealthNow(ctx context.Context) Health {
	h.pulse.mu.Lock()
	h.pulse.at = time.Time{}
	h.pulse.mu.Unlock()
	return h.Health(ctx)
}

// OpenThrough is Open with every connection made by what through makes of the driver's own
// connector.
func OpenThrough(ctx context.Context, o Options, through func(direct driver.Connector) driver.Connector) (*Hospital, error) {
	return open(ctx, o, through)
}

// FreeBeds lists where a patient could be put, by number.
func (h *Hospital) FreeBeds(ctx context.Context) ([]FreeBed, error) {
	return readValue(ctx, h, freeBeds)
}

// PatientAllergies reads what is known of a person's allergies.
func (h *Hospital) PatientAllergies(ctx context.Context, patientID int64) (AllergyRecord, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (AllergyRecord, error) {
		return readAllergies(ctx, q, patientID)
	})
}

// Slowed reports whether an attempt to sign in would have to wait a little because of what others
// have failed.
func (h *Hospital) Slowed(ctx context.Context, username string, from Client) (bool, error) {
	a, err := h.readAttempt(ctx, username, from)
	return a.slow, err
}

// Knows reports whether an attempt to sign in comes from a device that is known to the user.
func (h *Hospital) Knows(ctx context.Context, username string, from Client) (bool, error) {
	a, err := h.readAttempt(ctx, username, from)
	return a.priority == knownDevice, err
}

// GuessAndHangUp looks at a password whose caller leaves while that is done.
func (h *Hospital) GuessAndHangUp(ctx context.Context, username, password string,
	from Client) error {
	a, err := h.readAttempt(ctx, username, from)
	if err != nil {
		return err
	}
	left, hangUp := context.WithCancel(ctx)
	hangUp()
	_, err = h.checkInTurn(left, &a, password)
	return err
}
