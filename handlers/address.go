package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// addressesPage is GET /addresses/: where one has meals brought to, and a form for another place.
func (s *Server) addressesPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		addresses, err := s.Hospital.Addresses(c.Request().Context(), actor(c))
		return each(addresses, newAddressJSON), err
	}, func() error {
		return s.renderAddresses(c, http.StatusOK, views.Form{})
	})
}

func (s *Server) renderAddresses(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	addresses, err := s.Hospital.Addresses(ctx, actor(c))
	if err != nil {
		return err
	}
	zones, err := s.Hospital.Zones(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.addresses"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	return render(c, status, views.AddressesPage(page, addresses, zones, form))
}

// addressFields are the fields of an address: docs/contract.md#addresses-and-zones.
var addressFields = []string{"label", "full_name", "phone", "address_line1", "address_line2",
	"city", "zone_id", "instructions", "is_default"}

// patchAddress puts what was sent over the fields of an address. What was not sent stays.
func (in *input) patchAddress(f *hospital.AddressCommand) {
	for name, field := range map[string]*string{
		"label": &f.Label, "full_name": &f.FullName, "phone": &f.Phone, "address_line1": &f.Line1,
		"address_line2": &f.Line2, "city": &f.City, "instructions": &f.Instructions,
	} {
		if in.has(name) {
			*field = in.text(name)
		}
	}
	if in.has("zone_id") {
		f.ZoneID = in.id("zone_id")
	}
	if is := in.truth("is_default"); is != nil {
		f.Default = *is
	}
}

// addAddress is POST /addresses.
func (s *Server) addAddress(c echo.Context) error {
	in, err := readInput(c, addressFields...)
	if err != nil {
		return err
	}
	fields := hospital.AddressCommand{IdempotencyKey: in.idempotencyKey(c)}
	in.patchAddress(&fields)
	var added hospital.Address
	err = in.err()
	if err == nil {
		added, _, err = s.Hospital.AddAddress(c.Request().Context(), actor(c), fields)
	}
	if err != nil {
		return s.newAddressForm(in).refuse(err)
	}
	return created(c, views.AddressPath.Of(added.ID), views.AddressesPath,
		func() (any, error) { return newAddressJSON(added), nil })
}

// newAddressForm stands on the page of all addresses.
func (s *Server) newAddressForm(in *input) form {
	return form{name: views.FormAddress, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderAddresses(c, r.Status, r.again())
	}}
}

// addressSeen is an address as its page and its socket show it. The zones to choose from are for
// the page alone.
type addressSeen struct {
	hospital.AddressWatch
	zones []hospital.Zone
}

// address is one address. Who may see it differs from person to person, so each has a view of
// their own. A title stays in the browser's history, so it says no more than what the page is.
func (s *Server) address() screen[addressSeen] {
	return screen[addressSeen]{
		server: s, path: views.AddressPath, socket: "/ws/address/:id/",
		permission: hospital.ReadAddresses,
		read: func(ctx context.Context, v visitor) (addressSeen, error) {
			watch, err := s.Hospital.Address(ctx, v.actor, v.id)
			return addressSeen{AddressWatch: watch}, err
		},
		more: func(ctx context.Context, v visitor, a *addressSeen) (err error) {
			a.zones, err = s.Hospital.Zones(ctx, v.actor)
			return err
		},
		title: titled[addressSeen]("address.title"),
		page:  addressPage(views.Form{}),
		regions: func(_ visitor, a addressSeen) []views.Region {
			return views.AddressRegions(a.AddressWatch)
		},
		json:     func(_ context.Context, a addressSeen) any { return newAddressJSON(a.Address) },
		messages: addressMessages,
	}
}

// addressPage draws an address with its form.
func addressPage(form views.Form) drawPage[addressSeen] {
	return func(p views.Page, v visitor, a addressSeen) templ.Component {
		return views.AddressPage(p, a.AddressWatch, a.OwnerID == v.actor.UserID, a.zones, form)
	}
}

// setAddress is POST /addresses/{id}. A field that is not sent stays what it is.
func (s *Server) setAddress(c echo.Context) error {
	in, err := readInput(c, addressFields...)
	if err != nil {
		return err
	}
	return s.changeAddress(c, in, func(ctx context.Context, a hospital.Address) error {
		fields := a.Fields()
		in.patchAddress(&fields)
		fields.Version = cmp.Or(in.id("version"), a.Version)
		if err := in.err(); err != nil {
			return err
		}
		_, err := s.Hospital.SetAddress(ctx, actor(c), a.ID, fields)
		return err
	})
}

// removeAddress is POST /addresses/{id}/remove.
func (s *Server) removeAddress(c echo.Context) error {
	in, err := readInput(c)
	if err != nil {
		return err
	}
	version := in.id("version")
	return s.changeAddress(c, in, func(ctx context.Context, a hospital.Address) error {
		if err := in.err(); err != nil {
			return err
		}
		return s.Hospital.RemoveAddress(ctx, actor(c), a.ID, version)
	})
}

// changeAddress runs a command on the address in the path and answers it. A refusal is shown on the
// address's page.
func (s *Server) changeAddress(c echo.Context, in *input,
	command func(context.Context, hospital.Address) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	watch, err := s.Hospital.Address(ctx, actor(c), id)
	if err != nil {
		return err
	}
	if err := command(ctx, watch.Address); err != nil {
		return s.addressForm(in).refuse(err)
	}
	return done(c, views.AddressesPath)
}

// addressForm stands on the page of the address in the path.
func (s *Server) addressForm(in *input) form {
	return form{name: views.FormAddress, in: in, page: func(c echo.Context, r refusal) error {
		if hospital.IsKind(r.cause, hospital.NotFound) {
			return errNoPlace
		}
		return s.address().redraw(c, r.Status, addressPage(r.again()))
	}}
}

// addressJSON is an address as its owner gives it and gets it back.
type addressJSON struct {
	ID           int64  `json:"id"`
	Label        string `json:"label"`
	FullName     string `json:"full_name"`
	Phone        string `json:"phone"`
	Line1        string `json:"address_line1"`
	Line2        string `json:"address_line2"`
	City         string `json:"city"`
	ZoneID       int64  `json:"zone_id"`
	Zone         string `json:"zone"`
	Charge       int    `json:"charge"`
	Instructions string `json:"instructions"`
	IsDefault    bool   `json:"is_default"`
	Version      int64  `json:"version"`
}

func newAddressJSON(a hospital.Address) addressJSON {
	return addressJSON{a.ID, a.Label, a.FullName, a.Phone, a.Line1, a.Line2, a.City,
		a.Zone.ID, a.Zone.Name, a.Zone.Charge, a.Instructions, a.Default, a.Version}
}

// watchedAddressJSON is an address on a socket: docs/contract.md#addresses.
type watchedAddressJSON struct {
	AddressID int64  `json:"address_id"`
	Label     string `json:"label"`
	FullName  string `json:"full_name"`
	Address   string `json:"address"`
	Zone      string `json:"zone"`
	Charge    int    `json:"charge"`
	Timestamp string `json:"timestamp,omitempty"` // in the whole state alone
}

func newWatchedAddressJSON(a hospital.Address) watchedAddressJSON {
	return watchedAddressJSON{AddressID: a.ID, Label: a.Label, FullName: a.FullName,
		Address: a.OneLine(), Zone: a.Zone.Name, Charge: a.Zone.Charge}
}

// addressEventJSON tells that an address was added, updated or removed.
type addressEventJSON struct {
	Type      string             `json:"type"`
	AddressID int64              `json:"address_id"`
	Address   watchedAddressJSON `json:"address"`
	Timestamp string             `json:"timestamp"`
}

// zoneEventJSON tells that the zone of a watched address is called or charged otherwise, or is
// another one.
type zoneEventJSON struct {
	Type      string `json:"type"`
	Zone      string `json:"zone"`
	Charge    int    `json:"charge"`
	Timestamp string `json:"timestamp"`
}

// addressMessages are an address as messages: what happens to it and to its owner's others, and the
// whole state.
func addressMessages(_ context.Context, w addressSeen) ([]hub.Region, error) {
	at := w.At.UTC().Format(time.RFC3339)
	var messages messageList
	happens := func(kind string, id string, state any, a hospital.Address) {
		messages.event(id, state, addressEventJSON{kind, a.ID, newWatchedAddressJSON(a), at})
	}
	for _, other := range w.Others {
		happens("address_added", fmt.Sprintf("added-%d", other.ID), true, other)
	}
	for _, gone := range w.Gone {
		happens("address_removed", fmt.Sprintf("removed-%d", gone.ID), true, gone)
	}
	if w.Removed {
		happens("address_removed", "removed", true, w.Address)
	} else {
		happens("address_updated", "updated", w.Version, w.Address)
	}
	messages.event("zone", w.Zone,
		zoneEventJSON{"delivery_zone_updated", w.Zone.Name, w.Zone.Charge, at})
	state := newWatchedAddressJSON(w.Address)
	sent := state
	sent.Timestamp = at
	messages.whole("address", state, message{"address", sent})
	return messages.regions, messages.err
}
