package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// zonesPage is GET /zones/: where meals are brought to and for how much. Whoever looks after them
// changes them here.
func (s *Server) zonesPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		zones, err := s.Hospital.Zones(c.Request().Context(), actor(c))
		return each(zones, newZoneJSON), err
	}, func() error {
		return s.renderZones(c, http.StatusOK, views.Form{})
	})
}

func (s *Server) renderZones(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	zones, err := s.Hospital.Zones(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.zones"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	saved, _ := strconv.ParseInt(c.QueryParam("saved"), 10, 64) // what is no number is none
	return render(c, status, views.ZonesPage(page, zones, saved, form))
}

// zonePage is GET /zones/{id}/: one of the list, where the page shows them all.
func (s *Server) zonePage(c echo.Context) error {
	zone, err := s.zone(c)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newZoneJSON(zone), nil },
		func() error { return c.Redirect(http.StatusSeeOther, views.ZonesPath) })
}

// zone reads the zone in the path.
func (s *Server) zone(c echo.Context) (hospital.Zone, error) {
	id, err := pathID(c)
	if err != nil {
		return hospital.Zone{}, err
	}
	zones, err := s.Hospital.Zones(c.Request().Context(), actor(c))
	if err != nil {
		return hospital.Zone{}, err
	}
	for _, zone := range zones {
		if zone.ID == id {
			return zone, nil
		}
	}
	return hospital.Zone{}, hospital.Refuse(hospital.NotFound, "zone_unknown",
		"There is no such zone.")
}

// addZone is POST /zones.
func (s *Server) addZone(c echo.Context) error {
	in, err := readInput(c, "name", "charge", "currency")
	if err != nil {
		return err
	}
	change := hospital.ZoneCommand{Name: in.text("name"), Charge: in.money("charge"),
		IdempotencyKey: in.idempotencyKey(c)}
	var zone hospital.Zone
	err = in.err()
	if err == nil {
		zone, err = s.Hospital.AddZone(c.Request().Context(), actor(c), change)
	}
	if err != nil {
		return s.zoneForm(views.FormZone, in).refuse(err)
	}
	return created(c, views.ZonePath.Of(zone.ID), views.ZonesPath,
		func() (any, error) { return newZoneJSON(zone), nil })
}

// setZone is POST /zones/{id}. A field that is not sent stays what it is.
func (s *Server) setZone(c echo.Context) error {
	in, err := readInput(c, "name", "charge", "currency")
	if err != nil {
		return err
	}
	zone, err := s.zone(c)
	if err != nil {
		return err
	}
	change := hospital.ZoneCommand{Name: zone.Name, Charge: zone.Charge,
		Version: cmp.Or(in.id("version"), zone.Version)}
	if in.has("name") {
		change.Name = in.text("name")
	}
	if in.has("charge") {
		change.Charge = in.money("charge")
	}
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetZone(c.Request().Context(), actor(c), zone.ID, change)
	}
	if err != nil {
		return s.zoneForm(views.FormZoneOf(zone.ID), in).refuse(err)
	}
	return done(c, views.SavedZonePath(zone.ID))
}

// removeZone is POST /zones/{id}/remove.
func (s *Server) removeZone() echo.HandlerFunc {
	again := func(id int64, in *input) form { return s.zoneForm(views.FormZoneOf(id), in) }
	return changeVersion(s.Hospital.RemoveZone, again,
		func(int64) string { return views.ZonesPath })
}

// zoneForm is a form of the page of all zones.
func (s *Server) zoneForm(name string, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderZones(c, r.Status, r.again())
	}}
}

type zoneJSON struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Charge  int    `json:"charge"`
	Version int64  `json:"version"`
}

func newZoneJSON(z hospital.Zone) zoneJSON { return zoneJSON{z.ID, z.Name, z.Charge, z.Version} }
