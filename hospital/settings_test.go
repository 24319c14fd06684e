package hospital_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// setUp changes settings by their names on the wire.
func (h *fixture) setUp(t *testing.T, settings ...string) *hospital.Settings {
	t.Helper()
	var cmd hospital.SettingsCommand
	for _, one := range settings {
		key, value, _ := strings.Cut(one, "=")
		if err := cmd.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	return must[*hospital.Settings](t)(h.SetSettings(t.Context(), admin, cmd))
}

func TestSettingsAreChangedForEveryNode(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		other := hospitaltest.Open(t, hospital.Options{DatabaseURL: h.url, Now: h.clock.Now})
		first := must[*hospital.Settings](t)(other.Settings(t.Context()))
		if first.TimeZone != "Africa/Kigali" || first.Currency != "RWF" || first.Version != 1 {
			t.Errorf("a new hospital has %+v", first)
		}
		h.setUp(t, "hospital_name= Saint  John's ", "time_zone=America/St_Johns", "currency=EUR",
			"languages=fr,en", "default_language=fr", "week_starts=sunday", "wall_names=bed",
			"session_hours=8", "idle_minutes=20", "retention_days=400", "hot_food_minutes=45")

		other.Heard(must[hospital.Revisions](t)(h.Revisions(t.Context(),
			[]hospital.Topic{hospital.SettingsTopic})))
		for name, node := range map[string]*hospital.Hospital{"own": h.Hospital, "other": other} {
			now := must[*hospital.Settings](t)(node.Settings(t.Context()))
			var values []string
			for _, v := range now.Values() {
				values = append(values, v.Key+"="+v.Text)
			}
			want := []string{"hospital_name=Saint John's", "time_zone=America/St_Johns",
				"currency=EUR", "languages=en,fr", "default_language=fr", "week_starts=sunday",
				"wall_names=bed", "session_hours=8", "idle_minutes=20", "retention_days=400",
				"hot_food_minutes=45"}
			if !slices.Equal(values, want) || now.Version != 2 {
				t.Errorf("the %s node has version %d of %q, want 2 of %q", name, now.Version,
					values, want)
			}
		}
		if got := h.number(t, `SELECT count(*) FROM audit WHERE action = 'settings.set'`); got != 1 {
			t.Errorf("the audit has %d lines of it, want 1", got)
		}
		h.setUp(t, "currency=EUR")
		if now := h.KnownSettings(); now.Version != 2 {
			t.Errorf("what stood already made version %d", now.Version)
		}
	})
}

func TestSettingsAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, one := range []string{
			"time_zone=", "time_zone=Local", "time_zone=Mars/Olympus", "time_zone=../etc/passwd",
			"currency=", "currency=eur", "currency=XXX", "languages=", "languages=de",
			"default_language=de", "week_starts=friday", "wall_names=name", "session_hours=0",
			"session_hours=169", "idle_minutes=4", "idle_minutes=-1", "retention_days=29",
			"hot_food_minutes=9", "hot_food_minutes=241",
			"hospital_name=", "hospital_name= ",
			"hospital_name=" + strings.Repeat("x", hospital.LongestName+1), "hospital_name=\u202E",
		} {
			key, value, _ := strings.Cut(one, "=")
			var cmd hospital.SettingsCommand
			if err := cmd.Set(key, value); err != nil {
				t.Fatal(err)
			}
			_, err := h.SetSettings(t.Context(), admin, cmd)
			refusal, _ := errors.AsType[*hospital.Error](err)
			if refusal == nil || refusal.Fields[key] == nil {
				t.Errorf("%q: %v", one, err)
			}
		}
		h.setUp(t, "session_hours=8")
		_, err := h.SetSettings(t.Context(), admin,
			hospital.SettingsCommand{SessionHours: new(9), Version: 1})
		refusal, _ := errors.AsType[*hospital.Error](err)
		if refusal == nil || refusal.Code != "settings_outdated" || len(refusal.Changes) != 1 ||
			refusal.Changes[0].Field != "session_hours" {
			t.Errorf("settings that have changed meanwhile: %v", err)
		}
		if now := h.KnownSettings(); now.SessionHours != 8 || now.Version != 2 {
			t.Errorf("what was refused has changed %+v", now)
		}
	})
}

func TestSettingsOfATransactionThatFailsHoldForNobody(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		failed := h.InTransaction(t.Context(), func(ctx context.Context) error {
			_, err := h.SetSettings(ctx, admin,
				hospital.SettingsCommand{Currency: new(hospital.Currency("EUR"))})
			if err != nil {
				return err
			}
			if now := must[*hospital.Settings](t)(h.Settings(ctx)); now.Currency != "EUR" {
				t.Errorf("within it money is in %s", now.Currency)
			}
			return hospital.Refuse(hospital.Conflict, "no", "No.")
		})
		if failed == nil || h.KnownSettings().Currency != "RWF" {
			t.Errorf("after it (%v) money is in %s", failed, h.KnownSettings().Currency)
		}
	})
}

func TestTheDayFollowsTheZone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		local := func(s *hospital.Settings, text string) string {
			at := must[time.Time](t)(time.Parse(time.RFC3339, text))
			return s.Day(at).Format(time.DateOnly) + " since " + s.DayBegins(at).Format(time.RFC3339)
		}
		for _, c := range []struct{ zone, at, want string }{
			{"Africa/Kigali", "2026-11-23T22:30:00Z", "2026-11-24 since 2026-11-23T22:00:00Z"},
			{"America/St_Johns", "2026-11-24T03:29:00Z", "2026-11-23 since 2026-11-23T03:30:00Z"},
			{"America/St_Johns", "2026-03-08T12:00:00Z", "2026-03-08 since 2026-03-08T03:30:00Z"},
			{"America/St_Johns", "2026-11-01T12:00:00Z", "2026-11-01 since 2026-11-01T02:30:00Z"},
			// There is no midnight on the day on which clocks go on at it.
			{"Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-24 since 2026-04-23T22:00:00Z"},
			{"Pacific/Kiritimati", "2026-11-23T10:00:00Z", "2026-11-24 since 2026-11-23T10:00:00Z"},
		} {
			if got := local(h.setUp(t, "time_zone="+c.zone), c.at); got != c.want {
				t.Errorf("at %s it is %s in %s, want %s", c.at, got, c.zone, c.want)
			}
		}
	})
}

func TestEveryTimeOfADayComesOnceOnTheNightsOfAChange(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		settings := h.setUp(t, "time_zone=America/St_Johns")
		for _, c := range []struct{ day, clock, want string }{
			{"2026-03-08", "1h59m", "2026-03-08T05:29:00Z"},
			{"2026-03-08", "2h0m", "2026-03-08T05:30:00Z"},  // skipped
			{"2026-03-08", "2h45m", "2026-03-08T05:30:00Z"}, // skipped
			{"2026-03-08", "3h0m", "2026-03-08T05:30:00Z"},
			{"2026-03-08", "6h15m", "2026-03-08T08:45:00Z"},
			{"2026-11-01", "0h59m", "2026-11-01T03:29:00Z"},
			{"2026-11-01", "1h30m", "2026-11-01T04:00:00Z"}, // the first of two
			{"2026-11-01", "2h0m", "2026-11-01T05:30:00Z"},
			{"2026-11-01", "6h15m", "2026-11-01T09:45:00Z"},
		} {
			day := must[time.Time](t)(time.Parse(time.DateOnly, c.day))
			got := settings.At(day, must[time.Duration](t)(time.ParseDuration(c.clock)))
			if got.Format(time.RFC3339) != c.want {
				t.Errorf("%s of %s is %s, want %s", c.clock, c.day, got.Format(time.RFC3339), c.want)
			}
		}
	})
}

func TestEveryZoneThatIsOfferedAndEveryCurrencyIsTaken(t *testing.T) {
	for _, name := range hospital.TimeZones() {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
	want := map[hospital.Currency]int{"RWF": 0, "EUR": 2, "JPY": 0, "KWD": 3, "CDF": 2, "XOF": 0}
	for currency, decimals := range want {
		if !currency.Valid() || currency.Decimals() != decimals {
			t.Errorf("%s has %d decimals, want %d", currency, currency.Decimals(), decimals)
		}
	}
	if hospital.Currency("XXX").Valid() || hospital.Currency("eur").Valid() {
		t.Error("what is no currency is one")
	}
}

func TestASessionLastsAsLongAsTheHospitalWants(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.setUp(t, "session_hours=3")
		h.addUser(t, "uwase", hospital.MedicalStaff)
		_, session, err := h.SignIn(t.Context(), "uwase", "correct horse", hospital.Client{})
		if err != nil || session.ExpiresAt != morning.Add(3*time.Hour) {
			t.Errorf("it ends at %s: %v", session.ExpiresAt, err)
		}
	})
}

func TestWhatIsNotToBeKeptIsForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		claudine := h.addUser(t, "claudine", hospital.Customer)
		told := func(days int) {
			h.exec(t, `INSERT INTO notification (user_id, role, code, about, title, message, level,
				created_at) VALUES ($1, '', 'order_ready', '{}', 'Ready', 'Ready.', 'info', $2)`,
				claudine, morning.AddDate(0, 0, -days).UnixMilli())
		}
		told(29)
		told(31)
		for _, want := range []int{2, 1} { // nothing is forgotten until somebody wants that
			if err := h.ForgetOld(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := h.number(t, `SELECT count(*) FROM notification`); got != want {
				t.Errorf("%d notifications are kept, want %d", got, want)
			}
			h.setUp(t, "retention_days=30")
		}
		inbox := hospital.InboxTopic(claudine)
		if moved := h.revisions(t, inbox).Topics[inbox]; moved != 1 {
			t.Errorf("the inbox moved %d times, want 1", moved)
		}
	})
}

// wantField wants a refusal of one field.
func (h *fixture) wantField(t *testing.T, err error, field string) {
	t.Helper()
	refusal, _ := errors.AsType[*hospital.Error](err)
	if refusal == nil || refusal.Fields[field] == nil {
		t.Errorf("want a refusal of %s, not %v", field, err)
	}
}

func TestASessionThatIsLeftAloneEnds(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		id := h.addUser(t, "uwase", hospital.MedicalStaff)
		token, session, err := h.SignIn(t.Context(), "uwase", "correct horse", hospital.Client{})
		if err != nil {
			t.Fatal(err)
		}
		h.setUp(t, "idle_minutes=10")
		h.clock.pass(9 * time.Minute)
		if err := h.UseSession(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(9 * time.Minute)
		if _, err := h.SessionByToken(t.Context(), token); err != nil {
			t.Errorf("nine minutes after it was used: %v", err)
		}
		h.clock.pass(time.Minute)
		h.refuses(t, hospital.Unauthenticated, "no_session", func() error {
			_, err := h.SessionByToken(t.Context(), token)
			return err
		})
		before := h.revisions(t, hospital.UserTopic(id))
		if err := h.ForgetOld(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := h.revisions(t, hospital.UserTopic(id))
		if before.Covers(after) {
			t.Error("its sockets are not told that it has ended")
		}
	})
}

func TestTheWallCallsPatientsAsTheHospitalWants(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.orderFor(t, nurse, s.patient(t, "Uwase Marie", "A-01"), hospital.Lunch)
		for form, want := range map[string]string{"initials": "U. M.", "bed": ""} {
			s.setUp(t, "wall_names="+form)
			board := must[hospital.KitchenBoard](t)(s.KitchenBoard(t.Context(), cook))
			if got := board.Tickets[0]; got.Initials != want || got.BedNumber != "A-01" {
				t.Errorf("by %s the patient of bed %s is %q, want %q", form, got.BedNumber,
					got.Initials, want)
			}
		}
	})
}

func TestNoMealIsMissedBecauseTheZoneChanges(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		s.clock.pass(-8 * time.Hour)
		s.patient(t, "Uwase Marie", "A-01") // before lunch could no longer be ordered in Tokyo
		s.clock.pass(8 * time.Hour)
		if here := must[[]hospital.MissedRound](t)(s.AnnounceMissedRounds(t.Context())); len(here) == 0 {
			t.Fatal("breakfast was ordered for nobody, and nobody is told")
		}
		s.setUp(t, "time_zone=Asia/Tokyo") // 18:00: lunch was at 12:30
		missed := must[[]hospital.MissedRound](t)(s.AnnounceMissedRounds(t.Context()))
		if len(missed) > 0 {
			t.Errorf("%d rounds count as missed", len(missed))
		}
		if s.KnownSettings().TimeZone != "Asia/Tokyo" {
			t.Errorf("the zone is %s", s.KnownSettings().TimeZone)
		}
	})
}
