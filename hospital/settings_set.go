package hospital

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SettingsCommand is what SetSettings needs. What is nil does not change.
type SettingsCommand struct {
	HospitalName    *string // at most LongestName characters
	TimeZone        *string // a name of the IANA database, such as Africa/Kigali
	Currency        *Currency
	Languages       *[]string // of Languages, at least one
	DefaultLanguage *string   // one of those that are offered
	WeekStarts      *WeekDay
	WallNames       *WallNames
	SessionHours    *int  // 1 to MostSessionHours
	IdleMinutes     *int  // 0, or LeastIdleMinutes to MostIdleMinutes
	RetentionDays   *int  // 0, or LeastRetentionDays to MostRetentionDays
	HotFoodMinutes  *int  // 0, or LeastHotFoodMinutes to MostHotFoodMinutes
	Version         int64 // as the person saw it; another one now: Conflict "settings_outdated"
}

// What settings can be, so that a slip of the finger locks nobody out and loses nothing.
const (
	MostSessionHours   = 7 * 24
	LeastIdleMinutes   = 5
	MostIdleMinutes    = 24 * 60
	LeastRetentionDays = 30
	MostRetentionDays  = 36_500

	LeastHotFoodMinutes = 10
	MostHotFoodMinutes  = 4 * 60
)

// SetSettings changes what differs between two hospitals, and tells every screen. Amounts of money
// keep their numbers where the currency changes, and no meal counts as missed that was served before
// now by the clocks of another zone. What already stands changes nothing. Invalid names each wrong
// field, Conflict another version.
func (h *Hospital) SetSettings(ctx context.Context, actor Actor,
	cmd SettingsCommand) (after *Settings, err error) {
	if cmd.TimeZone == nil {
		return h.setSettings(ctx, actor, cmd)
	}
	err = h.InTransaction(ctx, func(ctx context.Context) error {
		before, err := h.Settings(ctx)
		if err == nil {
			after, err = h.setSettings(ctx, actor, cmd)
		}
		if err != nil || after.TimeZone == before.TimeZone {
			return err
		}
		return h.TakeOverMeals(ctx)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// setSettings is SetSettings, whatever the zone.
func (h *Hospital) setSettings(ctx context.Context, actor Actor,
	cmd SettingsCommand) (*Settings, error) {
	if cmd.HospitalName != nil {
		cmd.HospitalName = new(tidy(*cmd.HospitalName))
	}
	if err := actor.need(ManageSettings); err != nil {
		return nil, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (*Settings, error) {
		before, err := c.lockSettings(ctx)
		if err != nil {
			return nil, err
		}
		after := cmd.on(*before)
		err = cmp.Or(c.checkSettingsVersion(ctx, before, cmd.Version), cmd.check(after))
		if err != nil {
			return nil, err
		}
		return after, c.setSettings(ctx, before, after)
	})
}

// lockSettings keeps the settings from everyone else until the commit and returns them as they
// stand.
func (c *change) lockSettings(ctx context.Context) (*Settings, error) {
	if _, err := c.lock(ctx, "settings", 1); err != nil {
		return nil, err
	}
	return readSettings(ctx, c.tx)
}

// checkSettingsVersion refuses a command whose giver saw another version; 0 is any.
func (c *change) checkSettingsVersion(ctx context.Context, s *Settings, seen int64) error {
	if seen == 0 || seen == s.Version {
		return nil
	}
	refusal := Refuse(Conflict, "settings_outdated",
		"The settings have changed meanwhile. Look again before you change them.").With(s)
	return c.withChanges(ctx, refusal, "settings", 1, seen, s.Version)
}

// on returns the settings with the command carried out.
func (cmd SettingsCommand) on(s Settings) *Settings {
	setTo(&s.HospitalName, cmd.HospitalName)
	setTo(&s.TimeZone, cmd.TimeZone)
	setTo(&s.Currency, cmd.Currency)
	setTo(&s.DefaultLanguage, cmd.DefaultLanguage)
	setTo(&s.WeekStarts, cmd.WeekStarts)
	setTo(&s.WallNames, cmd.WallNames)
	setTo(&s.SessionHours, cmd.SessionHours)
	setTo(&s.IdleMinutes, cmd.IdleMinutes)
	setTo(&s.RetentionDays, cmd.RetentionDays)
	setTo(&s.HotFoodMinutes, cmd.HotFoodMinutes)
	if cmd.Languages != nil {
		s.Languages = inOrder(Languages, *cmd.Languages)
	}
	return &s
}

// setTo sets what a command gives.
func setTo[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// check returns what is wrong with the settings that the command leads to, and finds their zone. A
// hospital that nobody has named yet needs no name, and nobody takes one away.
func (cmd SettingsCommand) check(s *Settings) error {
	wrong := fields{}
	if cmd.HospitalName != nil {
		wrong.line("hospital_name", s.HospitalName, LongestName, "Give the hospital a name.")
	}
	wrong.letters("hospital_name", s.HospitalName)
	s.checkZone(wrong)
	if !s.Currency.Valid() {
		wrong.refuse("currency", "currency",
			"Give the code of a currency by ISO 4217, such as RWF or EUR.")
	}
	s.checkLanguages(wrong)
	checkChoices(wrong, "week_starts", []WeekDay{s.WeekStarts}, WeekDays, true)
	checkChoices(wrong, "wall_names", []WallNames{s.WallNames}, WallNamings, true)
	if s.SessionHours < 1 || s.SessionHours > MostSessionHours {
		wrong.refuse("session_hours", "session_hours",
			"Give 1 to %d hours.", MostSessionHours)
	}
	wrong.zeroOr("idle_minutes", s.IdleMinutes, LeastIdleMinutes, MostIdleMinutes)
	wrong.zeroOr("retention_days", s.RetentionDays, LeastRetentionDays, MostRetentionDays)
	wrong.zeroOr("hot_food_minutes", s.HotFoodMinutes, LeastHotFoodMinutes, MostHotFoodMinutes)
	return wrong.err()
}

// checkZone records a zone that does not exist. "Local" is the machine's, which another node may
// have otherwise.
func (s *Settings) checkZone(wrong fields) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		wrong.refuse("time_zone", "time_zone", "Give a time zone of the IANA database, such as "+
			"Africa/Kigali or America/St_Johns.")
		return
	}
	s.zone = zone
}

// checkLanguages records languages that the program does not speak, and a default that is not
// offered.
func (s *Settings) checkLanguages(wrong fields) {
	checkChoices(wrong, "languages", s.Languages, Languages, true)
	if !slices.Contains(s.Languages, s.DefaultLanguage) {
		wrong.refuse("default_language", "language",
			"Choose one of the languages that are offered.")
	}
}

// zeroOr records a number that is neither 0 nor in a range.
func (f fields) zeroOr(field string, n, least, most int) {
	if n != 0 && (n < least || n > most) {
		f.refuse(field, "zero_or", "Give 0, or %d to %d.", least, most)
	}
}

// setSettings writes checked settings in the place of locked ones.
func (c *change) setSettings(ctx context.Context, before, after *Settings) error {
	e := entry{action: "settings.set", entity: "settings", entityID: 1,
		version: before.Version + 1}
	e.from, e.to = before.codesTo(after)
	if e.to == "" {
		return nil
	}
	after.Version++
	_, err := c.exec(ctx, `UPDATE settings SET hospital_name = $1, time_zone = $2, currency = $3,
			languages = $4, default_language = $5, week_starts = $6, wall_names = $7,
			session_hours = $8, idle_minutes = $9, retention_days = $10,
			hot_food_minutes = $11, version = $12
		WHERE id = 1`,
		after.HospitalName, after.TimeZone, after.Currency, list[string](after.Languages),
		after.DefaultLanguage, after.WeekStarts, after.WallNames, after.SessionHours,
		after.IdleMinutes, after.RetentionDays, after.HotFoodMinutes, after.Version)
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	c.settings = after
	c.record(e, topicOnly(SettingsTopic))
	return nil
}

// codesTo are the settings that differ, for the audit.
func (s *Settings) codesTo(to *Settings) (was, is string) {
	var all []coded
	after := to.Values()
	for i, v := range s.Values() {
		all = append(all, coded{v.Key, v.Text, after[i].Text})
	}
	return codesOf(all...)
}

// SettingValue is one of the settings as text.
type SettingValue struct{ Key, Text string }

// Values are the settings as texts, each by its name on the wire. Several languages are separated
// by commas.
func (s *Settings) Values() []SettingValue {
	return []SettingValue{
		{"hospital_name", s.HospitalName},
		{"time_zone", s.TimeZone},
		{"currency", string(s.Currency)},
		{"languages", strings.Join(s.Languages, ",")},
		{"default_language", s.DefaultLanguage},
		{"week_starts", string(s.WeekStarts)},
		{"wall_names", string(s.WallNames)},
		{"session_hours", strconv.Itoa(s.SessionHours)},
		{"idle_minutes", strconv.Itoa(s.IdleMinutes)},
		{"retention_days", strconv.Itoa(s.RetentionDays)},
		{"hot_food_minutes", strconv.Itoa(s.HotFoodMinutes)},
	}
}

// Set gives the command a setting by its name, as Values writes it. Invalid names a setting that
// there is not, and a text where a number belongs.
func (cmd *SettingsCommand) Set(key, value string) error {
	switch key {
	case "hospital_name":
		cmd.HospitalName = &value
	case "time_zone":
		cmd.TimeZone = &value
	case "currency":
		cmd.Currency = (*Currency)(&value)
	case "languages":
		cmd.Languages = new(strings.Split(value, ","))
	case "default_language":
		cmd.DefaultLanguage = &value
	case "week_starts":
		cmd.WeekStarts = (*WeekDay)(&value)
	case "wall_names":
		cmd.WallNames = (*WallNames)(&value)
	case "session_hours":
		return setNumber(&cmd.SessionHours, key, value)
	case "idle_minutes":
		return setNumber(&cmd.IdleMinutes, key, value)
	case "retention_days":
		return setNumber(&cmd.RetentionDays, key, value)
	case "hot_food_minutes":
		return setNumber(&cmd.HotFoodMinutes, key, value)
	default:
		return refuseField(key, "unknown_field", "There is no such field here.")
	}
	return nil
}

// setNumber reads a whole number.
func setNumber(field **int, key, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil {
		return refuseField(key, "not_an_amount", "Give a whole number.")
	}
	*field = &n
	return nil
}
