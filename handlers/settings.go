package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// rememberSettings puts into the context how the hospital is, where views look for it: as it was
// known last, for what must answer without the database too.
func (s *Server) rememberSettings(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.useKnownSettings(c)
		return next(c)
	}
}

// useKnownSettings lets the answer to a request be as the settings are that the last read found.
func (s *Server) useKnownSettings(c echo.Context) {
	r := c.Request()
	c.SetRequest(r.WithContext(hospital.WithSettings(r.Context(), s.Hospital.KnownSettings())))
}

// settingsPage is GET /settings/: what differs between two hospitals.
func (s *Server) settingsPage(c echo.Context) error {
	settings, err := s.Hospital.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newSettingsJSON(settings), nil },
		func() error { return s.renderSettings(c, http.StatusOK, views.Form{}) })
}

func (s *Server) renderSettings(c echo.Context, status int, form views.Form) error {
	page, err := s.page(c, text.T(c.Request().Context(), "nav.settings"))
	if err != nil {
		return err
	}
	return render(c, status, views.SettingsPage(page, s.Hospital.KnownSettings(),
		c.QueryParam("saved"), form))
}

// setSettings is POST /settings. A field that is not sent stays what it is.
func (s *Server) setSettings(c echo.Context) error {
	in, err := readInput(c, "hospital_name", "time_zone", "currency", "languages",
		"default_language", "week_starts", "wall_names", "session_hours", "idle_minutes",
		"retention_days", "hot_food_minutes")
	if err != nil {
		return err
	}
	cmd := in.settings()
	ctx := c.Request().Context()
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetSettings(ctx, actor(c), cmd)
	}
	if err != nil {
		return form{name: views.FormSettings, in: in, page: func(c echo.Context, r refusal) error {
			return s.renderSettings(c, r.Status, r.again())
		}}.refuse(err)
	}
	return done(c, views.SavedSettingsPath(hospital.SettingsOf(ctx)))
}

// settings reads the command.
func (in *input) settings() hospital.SettingsCommand {
	cmd := hospital.SettingsCommand{
		HospitalName:    in.given("hospital_name"),
		TimeZone:        in.given("time_zone"),
		Currency:        (*hospital.Currency)(in.given("currency")),
		DefaultLanguage: in.given("default_language"),
		WeekStarts:      (*hospital.WeekDay)(in.given("week_starts")),
		WallNames:       (*hospital.WallNames)(in.given("wall_names")),
		SessionHours:    in.givenAmount("session_hours"),
		IdleMinutes:     in.givenAmount("idle_minutes"),
		RetentionDays:   in.givenAmount("retention_days"),
		HotFoodMinutes:  in.givenAmount("hot_food_minutes"),
		Version:         in.id("version"),
	}
	if in.has("languages") {
		cmd.Languages = new(in.ticked("languages"))
	}
	return cmd
}

// settingsJSON is what the settings are for a program. Amounts of money are whole numbers of the
// currency's smallest unit, which has the decimals.
type settingsJSON struct {
	HospitalName     string   `json:"hospital_name"`
	TimeZone         string   `json:"time_zone"`
	Currency         string   `json:"currency"`
	CurrencyDecimals int      `json:"currency_decimals"`
	Languages        []string `json:"languages"`
	DefaultLanguage  string   `json:"default_language"`
	WeekStarts       string   `json:"week_starts"`
	WallNames        string   `json:"wall_names"`
	SessionHours     int      `json:"session_hours"`
	IdleMinutes      int      `json:"idle_minutes"`
	RetentionDays    int      `json:"retention_days"`
	HotFoodMinutes   int      `json:"hot_food_minutes"`
	Version          int64    `json:"version"`
}

func newSettingsJSON(s *hospital.Settings) settingsJSON {
	return settingsJSON{s.HospitalName, s.TimeZone, string(s.Currency), s.Currency.Decimals(),
		s.Languages, s.DefaultLanguage, string(s.WeekStarts), string(s.WallNames), s.SessionHours,
		s.IdleMinutes, s.RetentionDays, s.HotFoodMinutes, s.Version}
}
