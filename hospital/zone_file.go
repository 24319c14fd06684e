package hospital

import (
	"context"
	"database/sql"
	"strconv"
)

// zoneLayout is a file of zones.
var zoneLayout = layout{
	permission: ManageZones,
	columns:    []string{"name", "charge"}, key: 1,
	take: takeZone, list: listZones,
}

// takeZone adds the zone of a line, or changes it.
func takeZone(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	zone, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (zone Zone, err error) {
		rows, err := q.QueryContext(ctx, selectZone+` AND name = $1`, tidy(r.cell("name")))
		err = eachRow(rows, err, func(row scanner) (err error) {
			zone, err = scanZone(row)
			return err
		})
		return zone, wrap(err, "find a zone")
	})
	if err != nil {
		return lineUnchanged, err
	}
	cmd := ZoneCommand{Name: r.cell("name"), Charge: r.amount("charge", zone.Charge)}
	if zone.ID == 0 {
		_, err = h.AddZone(ctx, actor, cmd)
		return lineAdded, err
	}
	after, err := h.SetZone(ctx, actor, zone.ID, cmd)
	return changedIf(after.Version != zone.Version), err
}

// listZones writes the zones by name.
func listZones(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	rows, err := q.QueryContext(ctx, selectZone)
	zones, err := collect(rows, err, scanZone)
	if err != nil {
		return wrap(err, "read the zones")
	}
	return inOrderOf(zones, func(z Zone) string { return z.Name }, write,
		func(z Zone) []string { return []string{z.Name, strconv.Itoa(z.Charge)} })
}
