package hospital

import (
	"context"
	"database/sql/driver"

	"dusangire/hospital/internal/store"
)

// OpenThrough is Open with every connection made by what through makes of the driver's own connector.
func OpenThrough(ctx context.Context, o Options, through func(direct driver.Connector) driver.Connector) (*Hospital, error) {
	h, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := h.db.Close(); err != nil {
		return nil, err
	}
	h.db, err = store.OpenThrough(ctx, o.DatabaseURL, through)
	return h, err
}

// Slowed reports whether an attempt to sign in would have to wait a little because of what others
// have failed.
func (h *Hospital) Slowed(ctx context.Context, username string, from Client) (bool, error) {
	a, err := h.attempt(ctx, username, from)
	return a.slow, err
}

// Knows reports whether an attempt to sign in comes from a device that is known to the user.
func (h *Hospital) Knows(ctx context.Context, username string, from Client) (bool, error) {
	a, err := h.attempt(ctx, username, from)
	return a.standing == known, err
}

// NetworkOf is whom an address counts for.
func NetworkOf(address string) string { return Client{Address: address}.network() }
