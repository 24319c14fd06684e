package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

const addressesPath = "/addresses/"

func addressPath(id int64) string { return fmt.Sprintf("/addresses/%d/", id) }

// addressesPage is GET /addresses/: where one has meals brought to, and a form for another place.
func (s *Server) addressesPage(c echo.Context) error {
	if audienceOf(c.Request()) == program {
		addresses, err := s.Hospital.Addresses(c.Request().Context(), actor(c))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, addressesJSON(addresses))
	}
	return s.renderAddresses(c, http.StatusOK, views.Form{})
}

func (s *Server) renderAddresses(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	addresses, err := s.Hospital.Addresses(ctx, actor(c))
	if err != nil {
		return err
	}
	zones, err := s.Hospital.Zones(ctx)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.addresses"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, uuid.NewString())
	return render(c, status, views.AddressesPage(page, addresses, zones, form))
}

// addressFields are the fields of an address, CONTRACT section 4.
var addressFields = []string{"label", "full_name", "phone", "address_line1", "address_line2", "city", "zone_id", "instructions", "is_default"}

// overlay puts what was sent over the fields of an address. What was not sent stays.
func (in *input) overlay(f *hospital.AddressFields) {
	for name, field := range map[string]*string{"label": &f.Label, "full_name": &f.FullName, "phone": &f.Phone, "address_line1": &f.Line1,
		"address_line2": &f.Line2, "city": &f.City, "instructions": &f.Instructions} {
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
	fields := hospital.AddressFields{IdempotencyKey: in.idempotencyKey(c)}
	in.overlay(&fields)
	var added hospital.Address
	if err = in.err(); err == nil {
		added, _, err = s.Hospital.AddAddress(c.Request().Context(), actor(c), fields)
	}
	switch {
	case err != nil && audienceOf(c.Request()) == browser:
		p := s.explain(c, err)
		return s.renderAddresses(c, p.Status, refusedForm(views.FormAddress, in, p))
	case err != nil:
		return err
	case audienceOf(c.Request()) == program:
		return created(c, addressPath(added.ID), addressJSON(added))
	}
	return done(c, addressesPath)
}

// refusedForm is a form with what somebody sent and why it was refused.
func refusedForm(name string, in *input, p Problem) views.Form {
	return views.Form{Name: name, Values: in.sent(), Errors: p.Errors, Problem: p.Detail, Changes: p.changed,
		Key: in.values.Get("idempotency_key")}
}

// addressPage is GET /addresses/{id}/, live.
func (s *Server) addressPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	watch, err := s.Hospital.Address(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, addressJSON(watch.Address))
	}
	return s.renderAddress(c, http.StatusOK, watch, views.Form{})
}

func (s *Server) renderAddress(c echo.Context, status int, watch hospital.AddressWatch, form views.Form) error {
	ctx := c.Request().Context()
	zones, err := s.Hospital.Zones(ctx)
	if err != nil {
		return err
	}
	// A title stays in the browser's history, where it says no more than what the page is.
	page, err := s.page(c, text.T(ctx, "address.title"))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: fmt.Sprintf("/ws/address/%d/", watch.ID), Revisions: watch.Revisions}
	own := watch.OwnerID == actor(c).UserID
	return render(c, status, views.AddressPage(page, watch, own, zones, form))
}

// setAddress is POST /addresses/{id}. A field that is not sent stays what it is.
func (s *Server) setAddress(c echo.Context) error {
	in, err := readInput(c, addressFields...)
	if err != nil {
		return err
	}
	return s.changeAddress(c, in, func(ctx context.Context, a hospital.Address) error {
		fields := a.Fields()
		in.overlay(&fields)
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
	return s.changeAddress(c, in, func(ctx context.Context, a hospital.Address) error {
		if err := in.err(); err != nil {
			return err
		}
		return s.Hospital.RemoveAddress(ctx, actor(c), a.ID, in.id("version"))
	})
}

// changeAddress runs a command on the address in the path and answers it. A refusal is shown on the address's page.
func (s *Server) changeAddress(c echo.Context, in *input, command func(context.Context, hospital.Address) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	watch, err := s.Hospital.Address(ctx, actor(c), id)
	if err != nil {
		return err
	}
	err = command(ctx, watch.Address)
	if err != nil && audienceOf(c.Request()) == browser && !isKind(err, hospital.NotFound) {
		p := s.explain(c, err)
		if watch, err = s.Hospital.Address(ctx, actor(c), id); err != nil {
			return err
		}
		return s.renderAddress(c, p.Status, watch, refusedForm(views.FormAddress, in, p))
	}
	if err != nil {
		return err
	}
	return done(c, addressesPath)
}

// liveAddress is /ws/address/{id}/. Who may see an address differs from person to person, so each has a view of their own.
func (s *Server) liveAddress(c echo.Context) error {
	id, err := liveID(c)
	if err != nil {
		return err
	}
	who, language := actor(c), language(c)
	seen, err := s.Hospital.Address(c.Request().Context(), who, id)
	if err != nil {
		return goneAsClose(err)
	}
	return watch(c, hub.View{
		Name:   fmt.Sprintf("address/%d/%d/%s", id, who.UserID, language),
		Topics: []hospital.Topic{hospital.AddressTopic(id), hospital.AddressesTopic(seen.OwnerID)},
		Read: func(ctx context.Context) (hub.State, error) {
			watch, err := s.Hospital.Address(ctx, who, id)
			return addressState(watch, language), err
		},
	})
}

func addressState(w hospital.AddressWatch, language text.Lang) *liveState {
	return &liveState{
		revisions: w.Revisions, language: language,
		regions:  views.AddressRegions(w),
		messages: func() ([]hub.Region, error) { return addressMessages(w) },
		answer:   answerWithState,
	}
}

// addressShape is an address as its owner gives it and gets it back.
type addressShape struct {
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

func addressJSON(a hospital.Address) addressShape {
	return addressShape{a.ID, a.Label, a.FullName, a.Phone, a.Line1, a.Line2, a.City, a.Zone.ID, a.Zone.Name, a.Zone.Charge,
		a.Instructions, a.Default, a.Version}
}

func addressesJSON(addresses []hospital.Address) []addressShape {
	shapes := make([]addressShape, 0, len(addresses))
	for _, a := range addresses {
		shapes = append(shapes, addressJSON(a))
	}
	return shapes
}

// watchedAddressJSON is an address on a socket, CONTRACT section 5.4.
type watchedAddressJSON struct {
	AddressID int64  `json:"address_id"`
	Label     string `json:"label"`
	FullName  string `json:"full_name"`
	Address   string `json:"address"`
	Zone      string `json:"zone"`
	Charge    int    `json:"charge"`
	Timestamp string `json:"timestamp,omitempty"` // in the whole state alone
}

func watchedAddress(a hospital.Address) watchedAddressJSON {
	return watchedAddressJSON{AddressID: a.ID, Label: a.Label, FullName: a.FullName, Address: a.OneLine(), Zone: a.Zone.Name, Charge: a.Zone.Charge}
}

// addressEventJSON tells that an address was added, updated or removed.
type addressEventJSON struct {
	Type      string             `json:"type"`
	AddressID int64              `json:"address_id"`
	Address   watchedAddressJSON `json:"address"`
	Timestamp string             `json:"timestamp"`
}

// zoneEventJSON tells that the zone of a watched address is called or charged otherwise, or is another one.
type zoneEventJSON struct {
	Type      string `json:"type"`
	Zone      string `json:"zone"`
	Charge    int    `json:"charge"`
	Timestamp string `json:"timestamp"`
}

// addressMessages are an address as messages: what happens to it and to its owner's others, and the whole state.
func addressMessages(w hospital.AddressWatch) ([]hub.Region, error) {
	at := w.At.UTC().Format(time.RFC3339)
	var messages messageList
	happens := func(kind string, id string, state any, a hospital.Address) {
		messages.event(id, state, addressEventJSON{kind, a.ID, watchedAddress(a), at})
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
	messages.event("zone", w.Zone, zoneEventJSON{"delivery_zone_updated", w.Zone.Name, w.Zone.Charge, at})
	state := watchedAddress(w.Address)
	sent := state
	sent.Timestamp = at
	messages.whole("address", state, message{"address", sent})
	return messages.regions, messages.err
}

// messageList collects the messages of a state; err is the first that could not be written.
type messageList struct {
	regions []hub.Region
	err     error
}

// event adds a message that is told when its state appears or changes.
func (m *messageList) event(id string, state, sent any) {
	m.whole(id, state, sent)
	m.regions[len(m.regions)-1].Event = true
}

// whole adds a message that is part of the whole state.
func (m *messageList) whole(id string, state, sent any) {
	region, err := region(id, state, sent)
	if m.err == nil {
		m.err = err
	}
	m.regions = append(m.regions, region)
}
