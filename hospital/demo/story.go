package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dusangire/hospital"
)

// Story is a script of twenty minutes that shows what becomes of trays when patients move, turn out to be allergic, are called to theatre
// or go home. It is played through the same commands as everything else, beside the staff, who leave its patients alone. Each scene
// is announced in the log, by the numbers of tickets and never with a patient.
// One goroutine at a time may use a Story.
type Story struct {
	staff *Staff // in the wings: knows who and which beds there are
	log   *slog.Logger

	courier  hospital.Actor
	mover    candidate      // is moved while the tray is on its way
	tray     hospital.Order // the mover's
	delivery hospital.Delivery
	allergic candidate
	nuts     hospital.Order
	patient  candidate // of the theatre
	meal     hospital.Order
	leaver   candidate // goes home
	left     hospital.Order
}

// storyCourier is the username of the courier who plays in the story; the staff's never carry their trays.
const storyCourier = "innocent"

// scene is one of the story's: what happens at a time after its beginning, and what it is called in the log.
type scene struct {
	at    time.Duration
	title string
	play  func(s *Story, ctx context.Context) (ticket int64, err error)
}

// scenes are the story. The gaps are shorter than the staff keep their hands off what somebody else has just changed.
var scenes = []scene{
	{0, "A meal round is ordered, and a tray of it cooked: see the kitchen's wall", (*Story).orderRound},
	{90 * time.Second, "The tray is ready and departs: see the delivery tablet", (*Story).depart},
	{3 * time.Minute, "Its patient is moved to another bed while it is on its way: the ticket and the tablet follow", (*Story).transfer},
	{270 * time.Second, "The courier tries the old bed and is refused, then hands over at the new one", (*Story).handOver},
	{6 * time.Minute, "A snack with groundnuts is being prepared", (*Story).cookNuts},
	{450 * time.Second, "Its patient turns out to be allergic to groundnuts: the ticket is held", (*Story).learnAllergy},
	{9 * time.Minute, "A meal is confirmed for a patient who waits for an operation", (*Story).confirmMeal},
	{10 * time.Minute, "Theatre calls: nil by mouth holds the ticket", (*Story).callToTheatre},
	{12 * time.Minute, "A tray stands ready for a patient who is about to go home", (*Story).makeReady},
	{13 * time.Minute, "The patient is discharged: the tray is flagged and called back", (*Story).discharge},
	{15 * time.Minute, "The kitchen clears the tray away, and the bed has been cleaned", (*Story).clear},
	{16 * time.Minute, "For the viewer: take the network from the kitchen's screen; within seconds it says that it is not live", (*Story).viewer},
	{17 * time.Minute, "Meanwhile the held snack is replaced by one that is safe", (*Story).replace},
	{1110 * time.Second, "For the viewer: give the network back; the screen is right again without a touch", (*Story).viewer},
	{20 * time.Minute, "The operation is put off: the held meal may go on, and is confirmed", (*Story).putOff},
}

// Story prepares the story for the hospital of the staff. What it plays follows from the staff's seed and the state that it finds.
func (s *Staff) Story(seed uint64) *Story {
	wings := NewStaff(s.h, seed, s.pace, s.log)
	wings.stage = s.stage
	return &Story{staff: wings, log: s.log}
}

// Play plays the story once. wait is to let time pass on the hospital's clock, and to return an error when the context ends, which ends the
// story with it. A scene that can't be played, because somebody interfered or nobody fits the part, is logged, and the story goes
// on.
func (s *Story) Play(ctx context.Context, wait func(context.Context, time.Duration) error) error {
	defer s.staff.stage.clear()
	passed := time.Duration(0)
	for i, sc := range scenes {
		if err := wait(ctx, sc.at-passed); err != nil {
			return err
		}
		passed = sc.at
		ticket, err := sc.play(s, ctx)
		number := slog.String("scene", fmt.Sprintf("%d of %d", i+1, len(scenes)))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.log.WarnContext(ctx, "story: a scene could not be played", number, "title", sc.title, "because", because(err))
		case ticket != 0:
			s.log.InfoContext(ctx, "story: "+sc.title, number, "ticket", ticket)
		default:
			s.log.InfoContext(ctx, "story: "+sc.title, number)
		}
	}
	return nil
}

// because says why a scene could not be played. Of a refusal it is the code alone: its words may tell of a patient.
func because(err error) string {
	if refusal, ok := errors.AsType[*hospital.Error](err); ok {
		return refusal.Code
	}
	return err.Error()
}

// stage is who plays in a story, for the staff to leave alone. It is safe for concurrent use.
type stage struct {
	mu       sync.Mutex
	patients map[int64]bool
}

// holds reports whether a patient plays in the story.
func (s *stage) holds(patient int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.patients[patient]
}

// enter takes a patient into the story.
func (s *stage) enter(patient int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.patients == nil {
		s.patients = map[int64]bool{}
	}
	s.patients[patient] = true
}

// clear ends the story for all.
func (s *stage) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patients = nil
}

// errNobody says that nobody in the hospital fits a part.
var errNobody = errors.New("nobody in the hospital fits the part")

// anywhere stands for any ward but those where few eat, and anybody for whoever lies there.
const anywhere = ""

func anybody(hospital.BoardAdmission) bool { return true }

// cast finds a patient for a part on a ward, or anywhere: of known allergies, who may eat, stays on, and fits.
func (s *Story) cast(ctx context.Context, code string, fits func(hospital.BoardAdmission) bool) (candidate, error) {
	now, err := s.staff.look(ctx)
	if err != nil {
		return candidate{}, err
	}
	for _, w := range s.staff.wardsBy(now, func(w *ward, summary hospital.WardSummary) float64 {
		if w.code == code || code == anywhere && w.code != emergency && w.code != intensive && w.code != nutritional {
			return float64(summary.Counts.Occupied)
		}
		return 0
	}) {
		candidates, err := s.staff.admissions(ctx, now, w, func(admission hospital.BoardAdmission) bool {
			return admission.Allergies.Known && !admission.NilByMouth && !admission.DischargePlanned &&
				fits(admission)
		})
		if err != nil {
			return candidate{}, err
		}
		if len(candidates) > 0 {
			c := pick(s.staff.rng, candidates)
			s.staff.stage.enter(c.admission.PatientID)
			return c, nil
		}
	}
	return candidate{}, errNobody
}

// orderRound orders the round of the next main meal on a ward, and lets the kitchen begin with one of its trays.
func (s *Story) orderRound(ctx context.Context) (int64, error) {
	logins, err := s.staff.logins(ctx)
	if err != nil {
		return 0, err
	}
	s.courier = logins[storyCourier]
	now, err := s.staff.look(ctx)
	if err != nil {
		return 0, err
	}
	settings := s.staff.h.KnownSettings()
	meal := nextMain(settings, now.At)
	day := settings.Local(now.At)
	if !served(settings, meal, now.At).After(now.At) {
		day = day.AddDate(0, 0, 1)
	}
	w := pick(s.staff.rng, []string{"MED-A", "MED-B", "MAT"})
	if _, err := s.staff.h.OrderMealRound(ctx, nurse, now.byCode[w].ID, meal, day); err != nil {
		return 0, err
	}
	waits := func(m hospital.BoardMeal) bool {
		return m.Meal == meal && (m.Status == hospital.OrderPending || m.Status == hospital.OrderConfirmed)
	}
	s.mover, err = s.cast(ctx, w, func(admission hospital.BoardAdmission) bool { return slices.ContainsFunc(admission.Meals, waits) })
	if err != nil {
		return 0, err
	}
	mine := s.mover.admission.Meals[slices.IndexFunc(s.mover.admission.Meals, waits)]
	s.tray, err = s.staff.h.Order(ctx, nurse, mine.OrderID)
	if err != nil {
		return 0, err
	}
	return s.tray.ID, s.cook(ctx, &s.tray, hospital.OrderPreparing)
}

// cook takes an order to a status.
func (s *Story) cook(ctx context.Context, o *hospital.Order, to hospital.OrderStatus) (err error) {
	next := map[hospital.OrderStatus]step{
		hospital.OrderPending: s.staff.h.ConfirmOrder, hospital.OrderHeld: s.staff.h.ConfirmOrder,
		hospital.OrderConfirmed: s.staff.h.StartOrder, hospital.OrderPreparing: s.staff.h.ReadyOrder,
	}
	for o.Status != to && err == nil {
		do, ok := next[o.Status]
		if !ok {
			return fmt.Errorf("order %d is %s", o.ID, o.Status)
		}
		*o, err = do(ctx, cook, o.ID, hospital.OrderCommand{})
	}
	return err
}

// order orders something safe, or a certain dish, for a patient, and lets the kitchen take it to a status.
func (s *Story) order(ctx context.Context, p candidate, dish string, to hospital.OrderStatus) (o hospital.Order, err error) {
	cmd, err := s.staff.plateFor(ctx, p.admission.AdmissionID, hospital.Snack)
	if err != nil {
		return o, err
	}
	if dish != "" {
		menu, err := s.staff.h.Menu(ctx, hospital.System, hospital.Snack)
		if err != nil {
			return o, err
		}
		cmd.Dishes = nil
		for _, d := range menu {
			if d.Name.En == dish {
				cmd.Dishes = []int64{d.ID}
			}
		}
	}
	if o, _, err = s.staff.h.PlaceOrder(ctx, nurse, cmd); err != nil {
		return o, err
	}
	return o, s.cook(ctx, &o, to)
}

// claim gives the tray of a ready order to the story's courier.
func (s *Story) claim(ctx context.Context, o hospital.Order) (hospital.Delivery, error) {
	board, err := s.staff.h.DeliveryBoard(ctx, s.courier)
	if err != nil {
		return hospital.Delivery{}, err
	}
	for _, round := range board.Waiting {
		for _, tray := range round.Stops {
			if tray.OrderID == o.ID {
				return s.staff.h.ClaimDelivery(ctx, s.courier, tray.ID, hospital.CourierCommand{})
			}
		}
	}
	return hospital.Delivery{}, fmt.Errorf("the tray of order %d does not wait", o.ID)
}

// depart makes the mover's tray ready and sets off with it.
func (s *Story) depart(ctx context.Context) (int64, error) {
	if err := s.cook(ctx, &s.tray, hospital.OrderReady); err != nil {
		return 0, err
	}
	claimed, err := s.claim(ctx, s.tray)
	if err != nil {
		return 0, err
	}
	s.delivery, err = s.staff.h.DepartDelivery(ctx, s.courier, claimed.ID, hospital.CourierCommand{})
	return s.tray.ID, err
}

// transfer moves the mover to another bed.
func (s *Story) transfer(ctx context.Context) (int64, error) {
	now, err := s.staff.look(ctx)
	if err != nil {
		return 0, err
	}
	bed, found, err := s.staff.bedElsewhere(ctx, now, s.mover.person, nil)
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, errors.New("no bed is free for the patient")
	}
	_, err = s.staff.h.Transfer(ctx, nurse, s.mover.admission.AdmissionID,
		hospital.TransferCommand{BedID: bed, Reason: "Needs another ward", OverrideReason: keptForThem})
	return s.tray.ID, err
}

// handOver tries the bed that the mover has left, and then the right one.
func (s *Story) handOver(ctx context.Context) (int64, error) {
	_, err := s.staff.h.Deliver(ctx, s.courier, s.delivery.ID, hospital.DeliverCommand{BedCode: s.delivery.BedNumber})
	if err == nil {
		return 0, errors.New("the patient was not moved, so that the old bed was the right one")
	}
	if refusal, ok := errors.AsType[*hospital.Error](err); !ok || refusal.Code != "wrong_bed" {
		return 0, err
	}
	watch, err := s.staff.h.Delivery(ctx, s.courier, s.delivery.ID)
	if err != nil {
		return 0, err
	}
	_, err = s.staff.h.Deliver(ctx, s.courier, s.delivery.ID, hospital.DeliverCommand{BedCode: watch.BedNumber, ReceivedBy: "patient"})
	return s.tray.ID, err
}

// groundnuts are what the allergic patient is given, until somebody learns of it.
const groundnuts = "Roasted groundnuts"

// cookNuts prepares groundnuts for somebody of whom no allergy is known.
func (s *Story) cookNuts(ctx context.Context) (ticket int64, err error) {
	s.allergic, err = s.cast(ctx, anywhere, func(admission hospital.BoardAdmission) bool {
		return len(admission.Allergies.Allergens) == 0 && admission.Diet == hospital.DietGeneral && admission.Texture == hospital.RegularTexture
	})
	if err != nil {
		return 0, err
	}
	s.nuts, err = s.order(ctx, s.allergic, groundnuts, hospital.OrderPreparing)
	return s.nuts.ID, err
}

// learnAllergy writes down that the patient must not have them.
func (s *Story) learnAllergy(ctx context.Context) (int64, error) {
	_, err := s.staff.h.SetDiet(ctx, nurse, s.allergic.admission.AdmissionID, hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"peanuts"}}})
	return s.nuts.ID, err
}

// confirmMeal orders for somebody on the surgical ward.
func (s *Story) confirmMeal(ctx context.Context) (ticket int64, err error) {
	if s.patient, err = s.cast(ctx, "SURG", anybody); err != nil {
		return 0, err
	}
	s.meal, err = s.order(ctx, s.patient, "", hospital.OrderConfirmed)
	return s.meal.ID, err
}

// callToTheatre lets that patient have nothing by mouth from now on.
func (s *Story) callToTheatre(ctx context.Context) (int64, error) {
	now, err := s.staff.look(ctx)
	if err != nil {
		return 0, err
	}
	_, err = s.staff.h.SetDiet(ctx, doctor, s.patient.admission.AdmissionID, hospital.DietCommand{NilByMouth: &hospital.Window{From: now.At, Until: now.At.Add(3 * time.Hour)}})
	return s.meal.ID, err
}

// makeReady lets a tray stand ready for somebody, in the hands of the story's courier.
func (s *Story) makeReady(ctx context.Context) (ticket int64, err error) {
	if s.leaver, err = s.cast(ctx, anywhere, anybody); err != nil {
		return 0, err
	}
	if s.left, err = s.order(ctx, s.leaver, "", hospital.OrderReady); err != nil {
		return 0, err
	}
	_, err = s.claim(ctx, s.left)
	return s.left.ID, err
}

// discharge lets that patient go home.
func (s *Story) discharge(ctx context.Context) (int64, error) {
	_, err := s.staff.h.Discharge(ctx, doctor, s.leaver.admission.AdmissionID, hospital.DischargeCommand{Outcome: hospital.Improved})
	return s.left.ID, err
}

// clear throws the tray away and has the bed cleaned.
func (s *Story) clear(ctx context.Context) (int64, error) {
	_, err := s.staff.h.CancelOrder(ctx, cook, s.left.ID, hospital.OrderCommand{Reason: "The patient has left"})
	if err != nil {
		return 0, err
	}
	_, err = s.staff.h.SetBedStatus(ctx, housekeeping, s.leaver.bed, hospital.BedStatusCommand{Status: hospital.BedAvailable})
	return s.left.ID, err
}

// viewer leaves a scene to who looks at the screens.
func (s *Story) viewer(context.Context) (int64, error) { return 0, nil }

// replace gives the allergic patient something else.
func (s *Story) replace(ctx context.Context) (int64, error) {
	if _, err := s.staff.h.CancelOrder(ctx, cook, s.nuts.ID, hospital.OrderCommand{Reason: "Allergy: replaced"}); err != nil {
		return 0, err
	}
	instead, err := s.order(ctx, s.allergic, "", hospital.OrderPreparing)
	return instead.ID, err
}

// putOff lets the patient of the theatre eat again.
func (s *Story) putOff(ctx context.Context) (int64, error) {
	if _, err := s.staff.h.SetDiet(ctx, doctor, s.patient.admission.AdmissionID, hospital.DietCommand{NilByMouth: &hospital.Window{}}); err != nil {
		return 0, err
	}
	held, err := s.staff.h.Order(ctx, nurse, s.meal.ID)
	if err != nil {
		return 0, err
	}
	return held.ID, s.cook(ctx, &held, hospital.OrderConfirmed)
}
