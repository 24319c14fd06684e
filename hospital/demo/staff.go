package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"dusangire/hospital"
)

// ErrOtherHospital says that the staff were sent to a hospital that lacks the demo's wards.
var ErrOtherHospital = errors.New("not the demo hospital")

// handsOff is how long the staff leave a bed or a ticket alone after somebody else changed it, so that people who try the demo
// see their own work stand.
const handsOff = 2 * time.Minute

// Staff are simulated people who keep the demo hospital lively and near its opening state, as long as they work: on the wards, in the
// kitchen and on the way between. They care only for invented patients, release or repair only what one of them reserved or
// reported, and carry only what one of their own couriers has claimed.
// One goroutine at a time may use a Staff.
type Staff struct {
	h       *hospital.Hospital
	pace    time.Duration
	log     *slog.Logger
	rng     *rand.Rand
	own     memory // of beds
	tickets memory
	handed  map[int64]time.Time // by courier: when a tray was last handed over
	stage   *stage
}

// NewStaff returns staff who do something about once a pace, which must be above zero: on the wards one act, in the kitchen another, and
// each courier one. What they do follows from the seed and the states they find. The log gets each act at debug level, and never a
// patient.
func NewStaff(h *hospital.Hospital, seed uint64, pace time.Duration, log *slog.Logger) *Staff {
	return &Staff{h: h, pace: pace, log: log, rng: newRand(seed), own: memory{}, tickets: memory{}, handed: map[int64]time.Time{}, stage: &stage{}}
}

// memory is when the staff themselves last changed things, by id.
type memory map[int64]time.Time

// untouched reports whether nobody else changed a thing in the last while.
func (m memory) untouched(id int64, since, now time.Time, while time.Duration) bool {
	return now.Sub(since) >= while || m[id].Equal(since)
}

// Run lets the staff work until ctx ends, and then returns nil. A failing act is logged and the work goes on, for
// a database that is away comes back; only a hospital that isn't the demo's ends it early, with ErrOtherHospital.
func (s *Staff) Run(ctx context.Context) error {
	for {
		wait := time.NewTimer(s.pace/2 + upTo(s.rng, s.pace))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		for _, work := range []func(context.Context) error{s.Step, s.Cook, s.Carry} {
			err := work(ctx)
			if errors.Is(err, ErrOtherHospital) {
				return err
			}
			if err != nil && ctx.Err() == nil {
				s.warn(ctx, err)
			}
		}
	}
}

// warn logs why an act failed, with what was behind a refusal.
func (s *Staff) warn(ctx context.Context, err error) {
	if refusal, ok := errors.AsType[*hospital.Error](err); ok && refusal.Cause != nil {
		err = fmt.Errorf("%w (%w)", err, refusal.Cause)
	}
	s.log.WarnContext(ctx, "the simulated staff could not work", "error", err)
}

// Step does one act on the wards: the first that can be done, of all in an order that is drawn by how much each is needed. An
// act that the rules refuse, because somebody was quicker, only means another act. Where nothing can be done it does nothing.
func (s *Staff) Step(ctx context.Context) error {
	now, err := s.look(ctx)
	if err != nil {
		return err
	}
	for _, a := range draw(s.rng, acts, func(a act) float64 { return a.need(now) }) {
		done, err := a.do(s, ctx, now)
		if done, err = s.did(ctx, a.name, done, err); done || err != nil {
			return err
		}
	}
	return nil
}

// did logs what became of an act, and reports whether it was done. That the rules refused it is no error: somebody was quicker.
func (s *Staff) did(ctx context.Context, act string, done bool, err error) (bool, error) {
	if refusal, ok := errors.AsType[*hospital.Error](err); ok && refusal.Kind == hospital.Conflict {
		s.log.DebugContext(ctx, "somebody was quicker than the simulated staff", "act", act)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	if done {
		s.log.DebugContext(ctx, "the simulated staff did something", "act", act)
	}
	return done, nil
}

// state is the hospital as the staff see it before they choose an act.
type state struct {
	hospital.ManagementDashboard
	byCode map[string]hospital.WardSummary
}

// look reads the state.
func (s *Staff) look(ctx context.Context) (state, error) {
	d, err := s.h.ManagementDashboard(ctx, hospital.System)
	if err != nil {
		return state{}, fmt.Errorf("read the dashboard: %w", err)
	}
	now := state{d, map[string]hospital.WardSummary{}}
	for _, w := range d.Wards {
		now.byCode[w.Code] = w
	}
	for _, w := range wards {
		if _, found := now.byCode[w.code]; !found {
			return state{}, fmt.Errorf("%w: there is no ward %s", ErrOtherHospital, w.code)
		}
	}
	return now, nil
}

// wardsBy draws an order of the open wards in which those of more weight tend to stand first.
func (s *Staff) wardsBy(now state, weight func(w *ward, summary hospital.WardSummary) float64) []*ward {
	all := make([]*ward, 0, len(wards))
	for i := range wards {
		all = append(all, &wards[i])
	}
	return draw(s.rng, all, func(w *ward) float64 {
		summary := now.byCode[w.code]
		if !summary.Open {
			return 0
		}
		return weight(w, summary)
	})
}

// mayTouch reports whether nobody else changed a bed a moment ago.
func (s *Staff) mayTouch(bed int64, since, now time.Time) bool {
	return s.own.untouched(bed, since, now, handsOff)
}

// bedsFor lists the beds of a ward that the staff may fill: available ones, and those that they reserved, in a drawn order.
func (s *Staff) bedsFor(ctx context.Context, now state, w *ward) ([]hospital.BoardBed, error) {
	if counts := now.byCode[w.code].Counts; counts.Available+counts.Reserved == 0 {
		return nil, nil
	}
	return s.beds(ctx, now, w, func(bed hospital.BoardBed) bool {
		return bed.Status == hospital.BedAvailable || bed.Status == hospital.BedReserved && slices.Contains(reservations, bed.StatusReason)
	})
}

// beds lists those beds of a ward that fit and may be touched, in a drawn order.
func (s *Staff) beds(ctx context.Context, now state, w *ward, fits func(hospital.BoardBed) bool) ([]hospital.BoardBed, error) {
	board, err := s.h.WardBoard(ctx, hospital.System, now.byCode[w.code].ID)
	if err != nil {
		return nil, fmt.Errorf("read ward %s: %w", w.code, err)
	}
	return draw(s.rng, board.Beds, func(bed hospital.BoardBed) float64 {
		if fits(bed) && s.mayTouch(bed.ID, bed.StatusSince, now.At) {
			return 1
		}
		return 0
	}), nil
}

// invented finds the person of the census who was admitted; false for anybody else's patient, for
// regulars, and for those who play a part in a story.
func (s *Staff) invented(ctx context.Context, admissionID, patientID int64,
	name hospital.PatientName) (person, bool, error) {
	p, found := everyone().byName[name]
	if !found || s.stage.holds(patientID) {
		return person{}, false, nil
	}
	a, err := s.h.AdmissionDetail(ctx, hospital.System, admissionID)
	if err != nil {
		return person{}, false, fmt.Errorf("read an admission: %w", err)
	}
	return p, p.is(a.PatientName, a.BirthDate), nil
}

// newcomer draws somebody for a ward who is not in the hospital, with the patient's number where they were here before.
// False where nobody was found in a few tries.
func (s *Staff) newcomer(ctx context.Context, w *ward) (person, int64, bool, error) {
	for range 100 {
		p := pick(s.rng, everyone().people)
		if !w.takes(p) {
			continue
		}
		namesakes, err := s.h.FindPatients(ctx, nurse, string(p.name))
		if err != nil {
			return person{}, 0, false, fmt.Errorf("find patients: %w", err)
		}
		known := slices.IndexFunc(namesakes, func(n hospital.Patient) bool { return n.Name == p.name })
		if known < 0 {
			return p, 0, true, nil
		}
		if !namesakes[known].Admitted && p.is(namesakes[known].Name, namesakes[known].BirthDate) {
			return p, namesakes[known].ID, true, nil
		}
	}
	return person{}, 0, false, nil
}
