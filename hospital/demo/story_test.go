package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hospital/hospitaltest"
)

// announced is a line of the log about a scene.
type announced struct {
	Level, Msg, Scene string
	Ticket            int64
}

// told is the story as it was played: in front of each scene the clock is moved and the last scene is looked at.
type told struct {
	t        *testing.T
	h        *hospital.Hospital
	now      *clock
	log      bytes.Buffer
	seen     map[string]bool
	departed map[int64]hospital.Delivery // by order
}

// checks are what each scene must have led to, by a part of its title.
var checks = map[string]func(s *told, ticket int64){
	"a tray of it cooked": func(s *told, ticket int64) { s.is(ticket, hospital.OrderPreparing) },
	"ready and departs": func(s *told, ticket int64) {
		s.is(ticket, hospital.OrderInTransit)
		s.departed[ticket] = s.delivery(ticket)
	},
	"moved to another bed": func(s *told, ticket int64) {
		s.is(ticket, hospital.OrderInTransit)
		before, after := s.departed[ticket], s.delivery(ticket)
		if after.BedNumber == before.BedNumber || after.MovedFrom != before.BedNumber || s.ticket(ticket).BedNumber != after.BedNumber {
			s.t.Errorf("the tray went to %s and goes to %s, moved from %q; the ticket says %s", before.BedNumber, after.BedNumber, after.MovedFrom, s.ticket(ticket).BedNumber)
		}
	},
	"hands over at the new one":    func(s *told, ticket int64) { s.is(ticket, hospital.OrderDelivered) },
	"groundnuts is being prepared": func(s *told, ticket int64) { s.is(ticket, hospital.OrderPreparing) },
	"allergic to groundnuts":       func(s *told, ticket int64) { s.held(ticket, hospital.HazardAllergen, true) },
	"waits for an operation":       func(s *told, ticket int64) { s.is(ticket, hospital.OrderConfirmed) },
	"Theatre calls":                func(s *told, ticket int64) { s.held(ticket, hospital.HazardNilByMouth, false) },
	"about to go home":             func(s *told, ticket int64) { s.is(ticket, hospital.OrderReady) },
	"discharged": func(s *told, ticket int64) {
		s.held(ticket, hospital.HazardNotAdmitted, true)
		if stopped := s.ticket(ticket).Stopped; stopped != hospital.StoppedDischarged {
			s.t.Errorf("the tray of a patient who has left is stopped as %q", stopped)
		}
	},
	"clears the tray away": func(s *told, ticket int64) { s.is(ticket, hospital.OrderCancelled) },
	"replaced by one that is safe": func(s *told, ticket int64) {
		s.is(ticket, hospital.OrderPreparing)
		for _, dish := range s.order(ticket).Dishes {
			if slices.Contains(append(dish.Allergens, dish.MayContain...), "peanuts") {
				s.t.Errorf("%s with groundnuts replaces the groundnuts", dish.Name.En)
			}
		}
	},
	"put off": func(s *told, ticket int64) { s.is(ticket, hospital.OrderConfirmed) },
}

func (s *told) order(id int64) hospital.Order {
	s.t.Helper()
	o, err := s.h.Order(s.t.Context(), hospital.System, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *told) ticket(id int64) hospital.Ticket {
	s.t.Helper()
	return ticket(s.t, s.h, func(t hospital.Ticket) bool { return t.OrderID == id })
}

// delivery finds the open delivery of an order.
func (s *told) delivery(order int64) hospital.Delivery {
	s.t.Helper()
	for _, round := range deliveries(s.t, s.h).Waiting {
		for _, tray := range round.Stops {
			if tray.OrderID == order {
				return tray.Delivery
			}
		}
	}
	s.t.Fatalf("order %d has no delivery", order)
	return hospital.Delivery{}
}

func (s *told) is(ticket int64, want hospital.OrderStatus) {
	s.t.Helper()
	if got := s.order(ticket); got.Status != want {
		s.t.Errorf("ticket %d is %s, want %s", ticket, got.Status, want)
	}
}

func (s *told) held(ticket int64, want hospital.HazardKind, begun bool) {
	s.t.Helper()
	s.is(ticket, hospital.OrderHeld)
	o := s.order(ticket)
	if !slices.ContainsFunc(o.HeldFor, func(z hospital.Hazard) bool { return z.Kind == want }) || o.Begun != begun {
		s.t.Errorf("ticket %d is held for %v, begun %t; want %s, %t", ticket, o.HeldFor, o.Begun, want, begun)
	}
}

// wait looks at the scene that has just been played, and moves the clock to the next.
func (s *told) wait(_ context.Context, d time.Duration) error {
	s.look()
	s.now.move(d)
	return nil
}

// look checks what the last announced scene has led to.
func (s *told) look() {
	s.t.Helper()
	lines := s.lines()
	if len(lines) == 0 {
		return
	}
	last := lines[len(lines)-1]
	if last.Level != "INFO" {
		s.t.Errorf("scene %s: %+v", last.Scene, last)
	}
	for part, check := range checks {
		if strings.Contains(last.Msg, part) && !s.seen[part] {
			s.seen[part] = true
			check(s, last.Ticket)
		}
	}
}

// lines are what the log says of the story.
func (s *told) lines() (lines []announced) {
	s.t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var a announced
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			s.t.Fatal(err)
		}
		if strings.HasPrefix(a.Msg, "story: ") {
			lines = append(lines, a)
		}
	}
	return lines
}

// newTold opens a demo hospital at a moment, in a database that has it.
func newTold(t *testing.T, url string, moment time.Time) *told {
	t.Helper()
	now := newClock(moment)
	return &told{t: t, h: open(t, hospital.Options{DatabaseURL: url, Now: now.read}), now: now, seen: map[string]bool{}, departed: map[int64]hospital.Delivery{}}
}

// tell plays the story in a demo hospital that has just opened.
func tell(t *testing.T, url string, moment time.Time) *told {
	t.Helper()
	s := newTold(t, url, moment)
	story := demo.NewStaff(s.h, 3, pace, slog.New(slog.NewJSONHandler(&s.log, nil))).Story(3)
	if err := story.Play(t.Context(), s.wait); err != nil {
		t.Fatal(err)
	}
	s.look()
	return s
}

func TestEachSceneOfTheStoryComesToItsEnd(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		moment := at(12, 10)
		if err := demo.Load(t.Context(), open(t, hospital.Options{DatabaseURL: url}), 3, moment); err != nil {
			t.Fatal(err)
		}
		s := tell(t, url, moment)
		for part := range checks {
			if !s.seen[part] {
				t.Errorf("no scene was about %q", part)
			}
		}
		if took := s.now.read().Sub(moment); took != 20*time.Minute {
			t.Errorf("the story took %v, want 20 minutes", took)
		}
		raw := hospitaltest.Database(t, url)
		for action, want := range map[string]int{"delivery.wrong_bed": 1, "admission.transfer": 1} {
			var n int
			if err := raw.QueryRowContext(t.Context(), `SELECT count(*) FROM audit WHERE action = $1 AND at >= $2`, action, moment.UnixMilli()).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != want {
				t.Errorf("the audit has %d lines of %s, want %d", n, action, want)
			}
		}
		for _, name := range admitted(t, s.h) {
			if strings.Contains(s.log.String(), string(name)) {
				t.Fatal("a patient's name is in the log")
			}
		}
	})
}

func TestTheStoryIsTheSameForTheSameSeedAtAnyTimeOfTheDay(t *testing.T) {
	t.Parallel()
	for _, moment := range []time.Time{at(3, 0), at(18, 45)} {
		first, again := tell(t, demoAt(t, 3, moment), moment), tell(t, demoAt(t, 3, moment), moment)
		if got, want := again.lines(), first.lines(); !slices.Equal(got, want) {
			t.Errorf("at %v the same seed told\n%v\nand then\n%v", moment, want, got)
		}
		if portrait(t, first.h) != portrait(t, again.h) {
			t.Errorf("at %v the same story led to two different hospitals", moment)
		}
	}
}

func TestTheStoryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	ctx, stop := context.WithCancel(t.Context())
	waits := 0
	err := demo.NewStaff(h, 1, pace, quiet).Story(1).Play(ctx, func(ctx context.Context, _ time.Duration) error {
		if waits++; waits == 3 {
			stop()
		}
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || waits != 3 {
		t.Errorf("the story ended with %v after %d scenes", err, waits)
	}
}

// The staff work on around the story, and it comes to the same end.
func TestTheStaffLeaveAloneWhoPlaysInTheStory(t *testing.T) {
	t.Parallel()
	s := newTold(t, demoAt(t, 4, at(12, 10)), at(12, 10))
	staff := demo.NewStaff(s.h, 4, pace, slog.New(slog.NewJSONHandler(&s.log, nil)))
	story := staff.Story(4)
	err := story.Play(t.Context(), func(ctx context.Context, d time.Duration) error {
		s.look()
		for end := s.now.read().Add(d); s.now.read().Before(end); s.now.move(pace) {
			for _, work := range []func(context.Context) error{staff.Step, staff.Cook, staff.Carry} {
				if err := work(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.look()
	if len(s.seen) != len(checks) {
		t.Errorf("of the story were seen %v", s.seen)
	}
}
