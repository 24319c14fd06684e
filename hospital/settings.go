package hospital

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"dusangire/hospital/internal/timezone"
)

// Settings are what differs between two hospitals. They are never changed: SetSettings puts others
// in their place. Whatever is done for a request or in a transaction is done by those in its
// context (SettingsOf).
type Settings struct {
	HospitalName    string // may be empty
	TimeZone        string // a name of the IANA database
	Currency        Currency
	Languages       []string // that the pages offer, of Languages
	DefaultLanguage string   // spoken where a person has chosen none
	WeekStarts      WeekDay
	WallNames       WallNames
	SessionHours    int        // how long a sign-in stands
	IdleMinutes     int        // after which a session that is left alone ends; 0: never
	RetentionDays   int        // after which what ForgetOld names is forgotten; 0: never
	HotFoodMinutes  int        // after which hot food is warned of; 0: never
	Meals           []MealKind // in the order in which people are shown them
	Version         int64

	Revisions // of SettingsTopic

	zone *time.Location // TimeZone
}

// Languages lists the languages that the program speaks, by their ISO 639-1 codes.
var Languages = []string{"en", "fr", "rw"}

// TimeZones lists the zones that people are offered; every other of the IANA database can be given
// too.
func TimeZones() []string { return timezone.Names }

// WeekDay is the day on which weeks begin.
type WeekDay string

// WeekDays lists the days on which weeks begin somewhere.
var WeekDays = []WeekDay{"monday", "saturday", "sunday"}

// Day is the day as the standard library has it.
func (d WeekDay) Day() time.Weekday {
	switch d {
	case "saturday":
		return time.Saturday
	case "sunday":
		return time.Sunday
	}
	return time.Monday
}

// WallNames is how screens that many can see call a patient.
type WallNames string

// The forms.
const (
	WallInitials WallNames = "initials"
	WallBed      WallNames = "bed" // by the bed alone
)

// onWall is a name as a screen on a wall has it.
func (n PatientName) onWall(form WallNames) string {
	if form == WallBed {
		return ""
	}
	return n.Initials()
}

// WallNamings lists every WallNames.
var WallNamings = []WallNames{WallInitials, WallBed}

// firstSettings are those of a database that nobody has set up.
var firstSettings = &Settings{
	TimeZone: "Africa/Kigali", Currency: "RWF", Languages: Languages, DefaultLanguage: "en",
	WeekStarts: "monday", WallNames: WallInitials, SessionHours: 12, HotFoodMinutes: 60,
	Version: 1,
	Meals:   enabled(firstMeals),
	zone:    mustLoadZone("Africa/Kigali"),
}

func mustLoadZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic("hospital: " + err.Error())
	}
	return zone
}

type settingsKey struct{}

// WithSettings returns a context in which the hospital is as the settings say.
func WithSettings(ctx context.Context, s *Settings) context.Context {
	return context.WithValue(ctx, settingsKey{}, s)
}

// SettingsOf are the settings of a context; those of a new database where none were put into it.
func SettingsOf(ctx context.Context) *Settings {
	if s, ok := ctx.Value(settingsKey{}).(*Settings); ok {
		return s
	}
	return firstSettings
}

// Settings returns the settings that hold now.
func (h *Hospital) Settings(ctx context.Context) (*Settings, error) {
	if known, current := h.settings.get(); current && h.transactionOf(ctx) == nil {
		return known, nil
	}
	return readValue(ctx, h, func(ctx context.Context, _ *sql.Tx) (*Settings, error) {
		return SettingsOf(ctx), nil
	})
}

// KnownSettings returns the settings that held when they were last looked at, which is at most a
// moment ago wherever something has been read since.
func (h *Hospital) KnownSettings() *Settings {
	known, _ := h.settings.get()
	return known
}

// Heard takes what a bus or a check says of where topics stand now, so that settings that were
// changed on another node are known here with the next read.
func (h *Hospital) Heard(r Revisions) {
	if rev, told := r.Topics[SettingsTopic]; told {
		h.settings.heard(r.Epoch, rev)
	}
}

// settingsLookedAt is for how long settings are taken to hold that nobody was heard to change.
const settingsLookedAt = 500 * time.Millisecond

// knownSettings keeps in memory which settings hold.
type knownSettings struct {
	mu       sync.Mutex
	settings *Settings // nil before the first read
	lookedAt time.Time // when they held for certain
}

// get returns the known settings and reports whether they hold still, for all that is known.
func (k *knownSettings) get() (known *Settings, current bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.settings == nil {
		return firstSettings, false
	}
	return k.settings, time.Since(k.lookedAt) < settingsLookedAt
}

// heard notes where SettingsTopic stands: what is known of another revision is looked at again.
func (k *knownSettings) heard(epoch string, rev int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.settings != nil && (k.settings.Epoch != epoch || k.settings.rev() < rev) {
		k.lookedAt = time.Time{}
	}
}

// put keeps settings, unless newer ones of the same database are known.
func (k *knownSettings) put(s *Settings) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.settings == nil || k.settings.Epoch != s.Epoch || k.settings.rev() <= s.rev() {
		k.settings, k.lookedAt = s, time.Now()
	}
}

func (s *Settings) rev() int64 { return s.Topics[SettingsTopic] }

// at returns the settings as of where SettingsTopic stands after a commit.
func (s Settings) at(moved Revisions) *Settings {
	s.Revisions = Revisions{Epoch: moved.Epoch,
		Topics: map[Topic]int64{SettingsTopic: moved.Topics[SettingsTopic]}}
	return &s
}

// withSettings returns the context of what is done in a transaction, with the settings that hold.
func (h *Hospital) withSettings(ctx context.Context, q *sql.Tx) (context.Context, error) {
	if tx := h.transactionOf(ctx); tx != nil && tx.settings != nil {
		return WithSettings(ctx, tx.settings), nil
	}
	known, current := h.settings.get()
	if current {
		return WithSettings(ctx, known), nil
	}
	stand, err := revisions(ctx, q, SettingsTopic)
	if err != nil {
		return ctx, err
	}
	if known.Epoch != stand.Epoch || known.rev() != stand.Topics[SettingsTopic] {
		if known, err = readSettings(ctx, q); err != nil {
			return ctx, err
		}
		known.Revisions = stand
	}
	h.settings.put(known)
	return WithSettings(ctx, known), nil
}

// readSettings reads the settings from the database.
func readSettings(ctx context.Context, q *sql.Tx) (*Settings, error) {
	var s Settings
	err := q.QueryRowContext(ctx, `SELECT hospital_name, time_zone, currency, languages,
			default_language, week_starts, wall_names, session_hours, idle_minutes, retention_days,
			hot_food_minutes, version FROM settings WHERE id = 1`).
		Scan(&s.HospitalName, &s.TimeZone, &s.Currency, (*list[string])(&s.Languages),
			&s.DefaultLanguage, &s.WeekStarts, &s.WallNames, &s.SessionHours, &s.IdleMinutes,
			&s.RetentionDays, &s.HotFoodMinutes, &s.Version)
	if err == nil {
		s.Meals, err = readMealKinds(ctx, q)
	}
	if err == nil {
		s.zone, err = time.LoadLocation(s.TimeZone)
	}
	return &s, wrap(err, "read the settings")
}

// Offers reports whether the pages are offered in a language.
func (s *Settings) Offers(language string) bool { return slices.Contains(s.Languages, language) }
