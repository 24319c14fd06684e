package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"dusangire/hospital/internal/store"
)

// Zone is a part of the hospital or its surroundings with a delivery charge.
type Zone struct {
	ID     int64
	Name   string
	Charge int // in the smallest unit of the currency

	Version int64
}

// ZoneCommand is what AddZone and SetZone need.
type ZoneCommand struct {
	Name           string // unique, at most LongestName characters
	Charge         int    // 0 to Currency.Most
	IdempotencyKey string // of AddZone
	Version        int64  // of SetZone: as the person saw it; 0 where they did not say
}

// Zones lists them by name.
func (h *Hospital) Zones(ctx context.Context, actor Actor) ([]Zone, error) {
	return readAs(ctx, h, actor, ReadAddresses,
		func(ctx context.Context, q *sql.Tx) ([]Zone, error) {
			rows, err := q.QueryContext(ctx, selectZone)
			zones, err := collect(rows, err, scanZone)
			slices.SortFunc(zones, func(a, b Zone) int { return cmp.Compare(a.Name, b.Name) })
			return zones, err
		})
}

// selectZone reads the zones that addresses can be in.
const selectZone = `SELECT id, name, charge, version FROM zone WHERE removed_at IS NULL`

func scanZone(row scanner) (z Zone, err error) {
	err = row.Scan(&z.ID, &z.Name, &z.Charge, &z.Version)
	return z, err
}

// AddZone creates a zone. Invalid names wrong fields, Conflict a name that is taken. An
// IdempotencyKey works as for Admit.
func (h *Hospital) AddZone(ctx context.Context, actor Actor, zone ZoneCommand) (Zone, error) {
	if err := h.checkZone(ctx, actor, &zone); err != nil {
		return Zone{}, err
	}
	wanted := zone
	wanted.IdempotencyKey, wanted.Version = "", 0
	added, _, err := create(ctx, h, actor, creation[Zone]{
		name: "zone.add", key: zone.IdempotencyKey, said: wanted,
		make: func(ctx context.Context, c *change) (int64, error) { return c.addZone(ctx, wanted) },
		read: readZone,
	})
	return added, err
}

// addZone inserts a zone and returns its id.
func (c *change) addZone(ctx context.Context, zone ZoneCommand) (id int64, err error) {
	id, err = c.insert(ctx, `INSERT INTO zone (name, charge) VALUES ($1, $2) RETURNING id`,
		zone.Name, zone.Charge)
	if err != nil {
		return 0, zone.writeError(err)
	}
	c.record(entry{action: "zone.add", entity: "zone", entityID: id, to: zone.Name, version: 1},
		Zone{ID: id})
	return id, nil
}

// checkZone tidies what somebody wants to keep of a zone, and returns why they can't.
func (h *Hospital) checkZone(ctx context.Context, actor Actor, zone *ZoneCommand) error {
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	return cmp.Or(actor.need(ManageZones), zone.check(settings))
}

// check tidies the fields and returns what is wrong with them.
func (z *ZoneCommand) check(s *Settings) error {
	z.Name = tidy(z.Name)
	wrong := fields{}
	wrong.line("name", z.Name, LongestName, "Give the zone a name.")
	wrong.letters("name", z.Name)
	wrong.money("charge", z.Charge, s.Currency)
	return wrong.err()
}

// writeError words why a zone could not be written.
func (z ZoneCommand) writeError(err error) error {
	if store.Violated(err) == "zone_name" {
		return Refuse(Conflict, "zone_name_taken",
			"There is a zone %s already. Choose another name.", z.Name)
	}
	return fmt.Errorf("write a zone: %w", err)
}

// SetZone changes a zone's name and charge, and tells all who watch an address in it. Orders keep
// the charge that they were placed with. NotFound where there is no such zone, Conflict where it
// has another version.
func (h *Hospital) SetZone(ctx context.Context, actor Actor, id int64,
	zone ZoneCommand) (Zone, error) {
	if err := h.checkZone(ctx, actor, &zone); err != nil {
		return Zone{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Zone, error) {
		before, err := c.lockZone(ctx, id)
		if err != nil {
			return before, err
		}
		if err := c.checkZoneVersion(ctx, before, zone.Version); err != nil {
			return before, err
		}
		if before.Name == zone.Name && before.Charge == zone.Charge {
			return before, nil
		}
		changed := Zone{ID: id, Name: zone.Name, Charge: zone.Charge, Version: before.Version + 1}
		return changed, c.setZone(ctx, before, changed)
	})
}

// RemoveZone takes away a zone that no address is in. version is that of the zone as the person saw
// it; 0 where they did not say. NotFound where there is no such zone, Conflict where it has another
// version, or an address is in it.
func (h *Hospital) RemoveZone(ctx context.Context, actor Actor, id, version int64) error {
	return h.changeAs(ctx, actor, ManageZones, func(ctx context.Context, c *change) error {
		zone, err := c.lockZone(ctx, id)
		if err != nil {
			return err
		}
		if err := c.checkZoneVersion(ctx, zone, version); err != nil {
			return err
		}
		return c.removeZone(ctx, zone)
	})
}

// removeZone removes a locked zone.
func (c *change) removeZone(ctx context.Context, zone Zone) error {
	addresses, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`SELECT count(*) FROM address WHERE zone_id = $1 AND removed_at IS NULL`, zone.ID))
	if err != nil {
		return fmt.Errorf("count the addresses in zone %d: %w", zone.ID, err)
	}
	if addresses > 0 {
		return Refuse(Conflict, "zone_in_use",
			"Addresses in %s: %d. Their owners must move or remove them first.",
			zone.Name, addresses).With(zone)
	}
	_, err = c.exec(ctx, `UPDATE zone SET removed_at = $2, version = version + 1 WHERE id = $1`,
		zone.ID, instant(c.now))
	if err != nil {
		return fmt.Errorf("remove zone %d: %w", zone.ID, err)
	}
	c.record(entry{action: "zone.remove", entity: "zone", entityID: zone.ID, from: zone.Name,
		version: zone.Version + 1}, zone)
	return nil
}

// checkZoneVersion refuses a command whose giver saw another version of a locked zone; 0 is any.
func (c *change) checkZoneVersion(ctx context.Context, zone Zone, seen int64) error {
	if seen == 0 || seen == zone.Version {
		return nil
	}
	return c.withChanges(ctx, zone.outdated(), "zone", zone.ID, seen, zone.Version)
}

// outdated is the refusal of a command whose giver saw another version.
func (z Zone) outdated() error {
	return Refuse(Conflict, "zone_outdated",
		"The zone %s has changed meanwhile. Look again before you change it.", z.Name).With(z)
}

// setZone changes a locked zone.
func (c *change) setZone(ctx context.Context, before, to Zone) error {
	_, err := c.exec(ctx,
		`UPDATE zone SET name = $2, charge = $3, version = version + 1 WHERE id = $1`,
		to.ID, to.Name, to.Charge)
	if err != nil {
		return ZoneCommand{Name: to.Name}.writeError(err)
	}
	c.record(entry{action: "zone.set", entity: "zone", entityID: to.ID,
		from:    fmt.Sprintf("%s %d", before.Name, before.Charge),
		to:      fmt.Sprintf("%s %d", to.Name, to.Charge),
		version: to.Version}, to)

	rows, err := c.tx.QueryContext(ctx, selectAddress+`
		WHERE address.zone_id = $1 AND address.removed_at IS NULL ORDER BY address.id`, to.ID)
	addresses, err := collect(rows, err, scanAddress)
	if err != nil {
		return fmt.Errorf("read the addresses in zone %d: %w", to.ID, err)
	}
	for _, address := range addresses {
		c.touch(address)
	}
	if before.Name == to.Name {
		return nil
	}
	if err := c.touchTraysTo(ctx, `address.zone_id = $1`, to.ID); err != nil {
		return err
	}
	return c.touchKitchen(ctx, `address.zone_id = $1`, to.ID)
}

// unknownZone is the refusal of a zone that a path names and that does not exist.
func unknownZone() error { return Refuse(NotFound, "zone_unknown", "There is no such zone.") }

// lockZone keeps a zone from everyone else until the commit and returns it as it stands. NotFound
// where there is none. Whoever puts an address into a zone locks the zone too, so that no address
// misses a change of its zone.
func (c *change) lockZone(ctx context.Context, id int64) (Zone, error) {
	if _, err := c.lock(ctx, "zone", id); err != nil {
		return Zone{}, err
	}
	return readZone(ctx, c.tx, id)
}

// readZone reads one zone. NotFound where there is none.
func readZone(ctx context.Context, q *sql.Tx, id int64) (Zone, error) {
	zone, err := scanZone(q.QueryRowContext(ctx,
		selectZone+` AND id = $1`, id))
	return zone, wrapRow(err, unknownZone, "read zone %d", id)
}
