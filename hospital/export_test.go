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
