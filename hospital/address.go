package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Address is where a customer has meals brought to. One of a customer's addresses is the default,
// as long as there are any.
type Address struct {
	ID           int64
	OwnerID      int64
	Label        string // what its owner calls it, such as "Home"
	FullName     string // who is to be asked for there
	Phone        string // as +250 and nine digits
	Line1, Line2 string
	City         string
	Zone         Zone
	Instructions string
	Default      bool
	Removed      bool // no longer the owner's; orders that went there keep it
	Version      int64
}

// OneLine is where the address is, for people.
func (a Address) OneLine() string {
	lines := slices.DeleteFunc([]string{a.Line1, a.Line2, a.City},
		func(line string) bool { return line == "" })
	return strings.Join(lines, ", ")
}

// AddressCommand is what AddAddress and SetAddress need. Line2 and Instructions may be empty.
type AddressCommand struct {
	Label, FullName, Phone, Line1, Line2, City, Instructions string

	ZoneID  int64
	Default bool // false leaves the default as it is

	IdempotencyKey string // of AddAddress
	Version        int64  // of SetAddress: as the person saw it; 0 where they did not say
}

// Longest texts of an address, in characters. Names are as long as LongestName.
const (
	LongestLabel        = 40
	LongestLine         = 120
	LongestInstructions = 300
)

// MostAddresses is the most addresses that a customer has.
const MostAddresses = 20

// phonePattern is a telephone number of Rwanda: of a mobile one the digits after +250 begin with 7,
// of a fixed one with 2.
var phonePattern = regexp.MustCompile(`^(?:\+250|00250|250|0)([27][0-9]{8})$`)

// phoneFiller is what people write into a telephone number for the eye.
var phoneFiller = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "")

// normalPhone is a telephone number of Rwanda in its one form, such as "+250788123456"; anything
// else it leaves as it is.
func normalPhone(phone string) (normal string, ok bool) {
	digits := phonePattern.FindStringSubmatch(phoneFiller.Replace(phone))
	if digits == nil {
		return phone, false
	}
	return "+250" + digits[1], true
}

// check tidies the fields and returns what is wrong with them, apart from what only the database
// knows.
func (f *AddressCommand) check() fields {
	for _, text := range []*string{&f.Label, &f.FullName, &f.Phone, &f.Line1, &f.Line2, &f.City,
		&f.Instructions} {
		*text = tidy(*text)
	}
	wrong := fields{}
	wrong.line("label", f.Label, LongestLabel, "Give the address a name of your own, such as Home.")
	wrong.line("full_name", f.FullName, LongestName, "Say who is to be asked for.")
	wrong.line("phone", f.Phone, LongestLine, "Give a telephone number for the courier.")
	phone, ok := normalPhone(f.Phone)
	if !ok {
		wrong.refuse("phone", "phone",
			"Give a telephone number of Rwanda, such as 0788 123 456 or +250 788 123 456.")
	}
	f.Phone = phone
	wrong.line("address_line1", f.Line1, LongestLine, "Give the street or the place.")
	wrong.text("address_line2", f.Line2, LongestLine)
	wrong.line("city", f.City, LongestName, "Give the town or the sector.")
	for field, name := range map[string]string{"label": f.Label, "full_name": f.FullName,
		"address_line1": f.Line1, "city": f.City} {
		wrong.letters(field, name)
	}
	wrong.text("instructions", f.Instructions, LongestInstructions)
	if f.ZoneID == 0 {
		wrong.refuse("zone_id", "required", "Choose the zone that the address lies in.")
	}
	return wrong
}

// line records that a required text of one line is empty, too long, or holds what no text may hold.
func (f fields) line(field, value string, longest int, ask string) {
	if value == "" {
		f.refuse(field, "required", "%s", ask)
	}
	f.text(field, value, longest)
}

// selectAddress reads addresses with their zones.
const selectAddress = `SELECT address.id, address.owner_id, address.label, address.full_name,
		address.phone, address.line1, address.line2, address.city, zone.id, zone.name, zone.charge,
		zone.version, address.instructions, address.is_default, address.removed_at IS NOT NULL,
		address.version
	FROM address JOIN zone ON zone.id = address.zone_id`

func scanAddress(row scanner) (a Address, err error) {
	err = row.Scan(&a.ID, &a.OwnerID, &a.Label, &a.FullName, &a.Phone, &a.Line1, &a.Line2, &a.City,
		&a.Zone.ID, &a.Zone.Name, &a.Zone.Charge, &a.Zone.Version, &a.Instructions, &a.Default,
		&a.Removed, &a.Version)
	return a, err
}

// unknownAddress is the refusal of an address that does not exist or is somebody else's: nobody
// learns which.
func unknownAddress() error {
	return Refuse(NotFound, "address_unknown", "There is no such address.")
}

// readAddress reads one, removed or not. NotFound where there is none.
func readAddress(ctx context.Context, q *sql.Tx, id int64) (Address, error) {
	address, err := scanAddress(q.QueryRowContext(ctx, selectAddress+` WHERE address.id = $1`, id))
	return address, wrapRow(err, unknownAddress, "read address %d", id)
}

// addressesOf lists a customer's addresses, the default first, then by age.
func addressesOf(ctx context.Context, q *sql.Tx, owner int64) ([]Address, error) {
	return addressesWhere(ctx, q, owner, `address.removed_at IS NULL`)
}

// addressesWhere lists those of a customer's addresses that a condition selects; its arguments are
// numbered from $2.
func addressesWhere(ctx context.Context, q *sql.Tx, owner int64, condition string,
	args ...any) ([]Address, error) {
	rows, err := q.QueryContext(ctx, selectAddress+` WHERE address.owner_id = $1 AND `+condition+`
		ORDER BY address.is_default DESC, address.added_at, address.id`,
		append([]any{owner}, args...)...)
	addresses, err := collect(rows, err, scanAddress)
	return addresses, wrap(err, "read the addresses of user %d", owner)
}

// Addresses lists the actor's, the default first.
func (h *Hospital) Addresses(ctx context.Context, actor Actor) ([]Address, error) {
	return readAs(ctx, h, actor, OrderForPatients,
		func(ctx context.Context, q *sql.Tx) ([]Address, error) {
			return addressesOf(ctx, q, actor.UserID)
		})
}

// AddressWatch is one address with its owner's others, read in one snapshot.
type AddressWatch struct {
	Address
	Others    []Address // the owner's, to tell when one is added
	Gone      []Address // the owner's others that were removed in the last NewsLasts, to tell of it
	At        time.Time
	Revisions // of AddressTopic of this one and AddressesTopic of its owner
}

// Address reads one for its owner, admin and the couriers who bring something there, who are not
// told of the owner's others; NotFound else.
func (h *Hospital) Address(ctx context.Context, actor Actor, id int64) (AddressWatch, error) {
	return readAs(ctx, h, actor, ReadAddresses,
		func(ctx context.Context, q *sql.Tx) (AddressWatch, error) {
			return watchAddress(ctx, q, h.clock(ctx), actor, id)
		})
}

// watchAddress reads one address as far as the actor may know of it.
func watchAddress(ctx context.Context, q *sql.Tx, now time.Time, actor Actor,
	id int64) (watch AddressWatch, err error) {
	watch.At = now
	if watch.Address, err = readAddress(ctx, q, id); err != nil {
		return watch, err
	}
	if err := authorizeAddress(ctx, q, now, actor, watch.Address); err != nil {
		return watch, err
	}
	owner := watch.OwnerID // never changes, and so may be read before the revisions
	watch.Revisions, err = revisions(ctx, q, AddressTopic(id), AddressesTopic(owner))
	if err != nil {
		return watch, err
	}
	watch.Address, err = readAddress(ctx, q, id)
	if err != nil || actor.UserID != owner && !actor.Role.May(OverseeDeliveries) {
		return watch, err
	}
	if watch.Others, err = addressesOf(ctx, q, owner); err != nil {
		return watch, err
	}
	watch.Gone, err = addressesWhere(ctx, q, owner, `address.removed_at > $2`,
		instant(now.Add(-NewsLasts)))
	isThis := func(a Address) bool { return a.ID == id }
	watch.Others = slices.DeleteFunc(watch.Others, isThis)
	watch.Gone = slices.DeleteFunc(watch.Gone, isThis)
	return watch, err
}

// AddAddress gives the actor another address. The first one is the default whatever is asked.
// Invalid names each wrong field, Conflict where there are too many. An IdempotencyKey works as for
// Admit.
func (h *Hospital) AddAddress(ctx context.Context, actor Actor,
	cmd AddressCommand) (a Address, replayed bool, err error) {
	if err := actor.need(OrderForPatients); err != nil {
		return Address{}, false, err
	}
	wrong := cmd.check()
	wanted := cmd
	wanted.IdempotencyKey, wanted.Version = "", 0
	return create(ctx, h, actor, creation[Address]{
		name: "address.add", key: cmd.IdempotencyKey, said: wanted,
		make: func(ctx context.Context, c *change) (int64, error) {
			return c.addAddress(ctx, wanted, wrong)
		},
		read: readAddress,
	})
}

// addAddress inserts an address of the actor's and returns its id. wrong is what is wrong with the
// fields so far.
func (c *change) addAddress(ctx context.Context, f AddressCommand,
	wrong fields) (id int64, err error) {
	if err := c.lockOwner(ctx); err != nil {
		return 0, err
	}
	if err := c.inZone(ctx, f.ZoneID, wrong); err != nil {
		return 0, err
	}
	others, err := addressesOf(ctx, c.tx, c.actor.UserID)
	if err != nil {
		return 0, err
	}
	if len(others) >= MostAddresses {
		return 0, Refuse(Conflict, "addresses_many",
			"You have %d addresses already. Remove one first.", len(others))
	}
	f.Default = f.Default || len(others) == 0
	if f.Default {
		if err := c.takeDefault(ctx); err != nil {
			return 0, err
		}
	}
	id, err = c.insert(ctx, `INSERT INTO address (owner_id, label, full_name, phone, line1, line2,
			city, zone_id, instructions, is_default, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		c.actor.UserID, f.Label, f.FullName, f.Phone, f.Line1, f.Line2, f.City, f.ZoneID,
		f.Instructions, f.Default, instant(c.now))
	if err != nil {
		return 0, fmt.Errorf("add an address: %w", err)
	}
	c.recordAddress("address.add", id, 1, "")
	return id, nil
}

// recordAddress records what was done to an address of the actor's, and to which of its fields.
// What they say is not kept in the audit.
func (c *change) recordAddress(action string, id, version int64, fields string) {
	c.record(entry{action: action, entity: "address", entityID: id, to: fields, version: version},
		Address{ID: id, OwnerID: c.actor.UserID})
}

// lockOwner keeps the actor's addresses from every other command until the commit.
func (c *change) lockOwner(ctx context.Context) error {
	known, err := c.exec(ctx, `UPDATE app_user SET username = username WHERE id = $1`,
		c.actor.UserID)
	if err != nil {
		return fmt.Errorf("lock user %d: %w", c.actor.UserID, err)
	}
	if known == 0 {
		return fmt.Errorf("user %d vanished", c.actor.UserID)
	}
	return nil
}

// inZone locks the zone that a field names, and returns what was wrong before and whether there is
// no such zone. It changes nothing of wrong, for the command may be run again.
func (c *change) inZone(ctx context.Context, zoneID int64, wrong fields) error {
	if wrong["zone_id"] != nil {
		return wrong.err()
	}
	_, err := c.lockZone(ctx, zoneID)
	if IsKind(err, NotFound) {
		wrong = maps.Clone(wrong)
		wrong.refuse("zone_id", "zone_unknown", "There is no such zone. Choose one of the list.")
	} else if err != nil {
		return err
	}
	return wrong.err()
}

// takeDefault takes the mark of the default from the address of the actor's that has it, if any.
func (c *change) takeDefault(ctx context.Context) error {
	return c.setDefault(ctx, `UPDATE address SET is_default = FALSE, version = version + 1
		WHERE owner_id = $1 AND is_default RETURNING id, version`)
}

// setDefault runs a statement that marks an address of the actor's as the default or takes the mark
// away, and records it. Where there is none to change it does nothing.
func (c *change) setDefault(ctx context.Context, statement string) error {
	var id, version int64
	err := c.tx.QueryRowContext(ctx, statement, c.actor.UserID).Scan(&id, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("change the default address of user %d: %w", c.actor.UserID, err)
	}
	c.recordAddress("address.set", id, version, "is_default")
	return nil
}

// lockAddress keeps an address from being changed or removed until the commit and returns it as it
// stands. NotFound where there is none, it has been removed or it is not the actor's.
func (c *change) lockAddress(ctx context.Context, id int64) (Address, error) {
	if _, err := c.lock(ctx, "address", id); err != nil {
		return Address{}, err
	}
	address, err := readAddress(ctx, c.tx, id)
	if err == nil && (address.Removed || address.OwnerID != c.actor.UserID) {
		return Address{}, unknownAddress()
	}
	return address, err
}

// SetAddress changes an address of the actor's. Making it the default takes that from the other
// one. What stands already changes nothing. Invalid names each wrong field, Conflict another
// version, NotFound an address that is not the actor's.
func (h *Hospital) SetAddress(ctx context.Context, actor Actor, id int64,
	cmd AddressCommand) (Address, error) {
	if err := actor.need(OrderForPatients); err != nil {
		return Address{}, err
	}
	wrong := cmd.check()
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Address, error) {
		before, err := c.lockOwnAddress(ctx, id, cmd.Version)
		if err != nil {
			return before, err
		}
		if err := c.inZone(ctx, cmd.ZoneID, wrong); err != nil {
			return before, err
		}
		if err := c.setAddress(ctx, before, cmd); err != nil {
			return before, err
		}
		return readAddress(ctx, c.tx, id)
	})
}

// lockOwnAddress locks an address of the actor's, and before it all the others. Conflict where it
// has another version than they saw.
func (c *change) lockOwnAddress(ctx context.Context, id, version int64) (Address, error) {
	if err := c.lockOwner(ctx); err != nil {
		return Address{}, err
	}
	address, err := c.lockAddress(ctx, id)
	if err != nil {
		return Address{}, err
	}
	return address, c.checkAddressVersion(ctx, address, version)
}

// checkAddressVersion refuses a command whose giver saw another version of a locked address; 0:
// they did not say.
func (c *change) checkAddressVersion(ctx context.Context, a Address, version int64) error {
	if version == 0 || version == a.Version {
		return nil
	}
	return a.valuesOf(c.withChanges(ctx, a.outdated(), "address", a.ID, version, a.Version))
}

// valuesOf puts into a refusal what the fields that have changed say now. The audit does not know
// it.
func (a Address) valuesOf(err error) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	now := a.Fields().values()
	for i := range refusal.Changes {
		refusal.Changes[i].To = now[refusal.Changes[i].Field]
	}
	return err
}

// addressFields are the fields of an address, as commands call them.
var addressFields = []string{"label", "full_name", "phone", "address_line1", "address_line2",
	"city", "zone_id", "instructions", "is_default"}

// values are the values of addressFields.
func (f AddressCommand) values() map[string]any {
	return map[string]any{"label": f.Label, "full_name": f.FullName, "phone": f.Phone,
		"address_line1": f.Line1, "address_line2": f.Line2, "city": f.City, "zone_id": f.ZoneID,
		"instructions": f.Instructions, "is_default": f.Default}
}

// differing names the fields in which an address differs from what it is to be.
func (f AddressCommand) differing(g AddressCommand) string {
	before, after := f.values(), g.values()
	return strings.Join(slices.DeleteFunc(slices.Clone(addressFields), func(field string) bool {
		return before[field] == after[field]
	}), ",")
}

// outdated is the refusal of a command whose giver saw another version.
func (a Address) outdated() error {
	return Refuse(Conflict, "address_outdated",
		"The address %s has changed meanwhile. Look again before you change it.", a.Label).With(a)
}

// Fields are the address as a command gives it.
func (a Address) Fields() AddressCommand {
	return AddressCommand{Label: a.Label, FullName: a.FullName, Phone: a.Phone, Line1: a.Line1,
		Line2: a.Line2, City: a.City, Instructions: a.Instructions, ZoneID: a.Zone.ID,
		Default: a.Default}
}

// setAddress changes a locked address whose owner and new zone are locked.
func (c *change) setAddress(ctx context.Context, before Address, f AddressCommand) error {
	f.IdempotencyKey, f.Version = "", 0
	f.Default = f.Default || before.Default
	if f == before.Fields() {
		return nil
	}
	if f.Default && !before.Default {
		if err := c.takeDefault(ctx); err != nil {
			return err
		}
	}
	_, err := c.exec(ctx, `UPDATE address SET label = $2, full_name = $3, phone = $4, line1 = $5,
			line2 = $6, city = $7, zone_id = $8, instructions = $9, is_default = $10,
			version = version + 1
		WHERE id = $1`, before.ID, f.Label, f.FullName, f.Phone, f.Line1, f.Line2, f.City, f.ZoneID,
		f.Instructions, f.Default)
	if err != nil {
		return fmt.Errorf("change address %d: %w", before.ID, err)
	}
	c.recordAddress("address.set", before.ID, before.Version+1, before.Fields().differing(f))
	if err := c.touchTraysTo(ctx, `address.id = $1`, before.ID); err != nil {
		return err
	}
	if f.ZoneID == before.Zone.ID {
		return nil
	}
	return c.touchOrdersTo(ctx, `address.id = $1`, before.ID)
}

// touchTraysTo tells that some addresses, or their zones, are others now, where a delivery goes
// there, or went there of late.
func (c *change) touchTraysTo(ctx context.Context, condition string, id int64) error {
	if err := c.touchDeliveries(ctx, condition, id); err != nil {
		return err
	}
	// #nosec G202 -- the condition is one of this package's own, with $1 for what people send
	ended, err := queryIDs(ctx, c.tx, `SELECT delivery.id FROM delivery
		JOIN meal_order ON meal_order.id = delivery.order_id
		JOIN address ON address.id = meal_order.address_id
		WHERE delivery.ended_at >= $2 AND delivery.ended_at < $3 AND `+condition, id,
		instant(c.now.Add(-recently)), uncounted(c.now))
	for _, id := range ended {
		c.touch(Delivery{ID: id})
	}
	return wrap(err, "read the deliveries that ended there")
}

// touchOrdersTo tells that the zones of some addresses are others now, where an order that goes
// there, or that the kitchen still shows, names its zone.
func (c *change) touchOrdersTo(ctx context.Context, condition string, id int64) error {
	orders := `SELECT meal_order.id FROM meal_order
		JOIN address ON address.id = meal_order.address_id WHERE ` + condition
	// #nosec G202 -- the condition is one of this package's own, with $1 for what people send
	ids, err := queryIDs(ctx, c.tx, orders+` AND meal_order.ended_at IS NULL
		UNION ALL `+orders+` AND meal_order.ended_at >= $2`,
		id, instant(c.now.Add(-EndedTicketsShow)))
	for _, id := range ids {
		c.touch(Order{ID: id})
	}
	return wrap(err, "read the orders that go there")
}

// RemoveAddress takes an address of the actor's away; orders that went there keep it. The oldest
// other one becomes the default where it was. Conflict while an open order goes there, and where it
// has another version than the person saw; 0: they did not say.
func (h *Hospital) RemoveAddress(ctx context.Context, actor Actor, id, version int64) error {
	return h.changeAs(ctx, actor, OrderForPatients, func(ctx context.Context, c *change) error {
		address, err := c.lockOwnAddress(ctx, id, version)
		if err != nil {
			return err
		}
		return c.removeAddress(ctx, address)
	})
}

// removeAddress removes a locked address of a locked owner.
func (c *change) removeAddress(ctx context.Context, a Address) error {
	open, err := c.openOrderTo(ctx, a.ID)
	if err != nil {
		return err
	}
	if open != 0 {
		return Refuse(Conflict, "address_in_use",
			"Order %d goes to %s. Wait for it or cancel it first.", open, a.Label).With(a)
	}
	_, err = c.exec(ctx, `UPDATE address SET removed_at = $2, is_default = FALSE,
		version = version + 1 WHERE id = $1`, a.ID, instant(c.now))
	if err != nil {
		return fmt.Errorf("remove address %d: %w", a.ID, err)
	}
	c.recordAddress("address.remove", a.ID, a.Version+1, "")
	if a.Default {
		return c.passDefault(ctx)
	}
	return nil
}

// openOrderTo returns an open order that goes to a locked address, or 0.
func (c *change) openOrderTo(ctx context.Context, addressID int64) (int64, error) {
	id, err := scanValue[int64](c.tx.QueryRowContext(ctx,
		`SELECT COALESCE(min(id), 0) FROM meal_order WHERE address_id = $1 AND ended_at IS NULL`,
		addressID))
	return id, wrap(err, "read the orders to address %d", addressID)
}

// passDefault makes the actor's oldest address the default, if there is any.
func (c *change) passDefault(ctx context.Context) error {
	return c.setDefault(ctx, `UPDATE address SET is_default = TRUE, version = version + 1
		WHERE id = (SELECT id FROM address WHERE owner_id = $1 AND removed_at IS NULL
			ORDER BY added_at, id LIMIT 1)
		RETURNING id, version`)
}
