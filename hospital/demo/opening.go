package demo

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"dusangire/hospital"
)

// How the demo opens, besides what each ward says in its row.
const (
	waitingAtOpening = 3
	pendingAtOpening = 9
	founded          = 30 * day // before the start: when wards and logins were made
)

// moves are the transfers just before the start. Each leaves one of the cleaning beds of the ward it left.
var moves = []struct{ from, to, reason string }{
	{emergency, "MED-A", "Stable, goes on to the ward"},
	{"MED-A", "PRIV", "Wish of the family"},
	{"SURG", intensive, "Breathing failure after the operation"},
}

// opening is the demo hospital while it is written: first what happened is arranged, then it happens in the order of time.
type opening struct {
	h        *hospital.Hospital
	rng      *rand.Rand
	start    time.Time
	beds     map[place][]int64   // not yet spoken for
	healthy  []person            // who is not yet in the story, in no particular order
	staying  []*openingAdmission // who lies in a bed at the start, except regulars
	regulars map[hospital.PatientName]*openingAdmission
	story    []event // what is yet to happen, in the order of time

	menu   []hospital.Dish           // as it is in the database
	zones  map[string]int64          // ids by name
	people map[string]hospital.Actor // customers and couriers, by username
	homes  map[string]int64          // the ids of the customers' first addresses, by username
}

// place is a ward and the state that a bed there shall have at the start.
type place struct {
	ward   string
	status hospital.BedStatus
}

// openingAdmission is one patient's. Its id and its patient's are known only once the admission has
// happened.
type openingAdmission struct {
	id, patient int64
	ward        *ward
	admitted    time.Time
	cmd         hospital.AdmitCommand
	told        bool // something else is told of this patient
}

// event is one command of the past.
type event struct {
	at     time.Time
	happen func(ctx context.Context) error
}

func newOpening(h *hospital.Hospital, seed uint64, start time.Time) *opening {
	o := &opening{
		h:        h,
		rng:      newRand(seed),
		start:    start.UTC().Truncate(time.Millisecond),
		beds:     map[place][]int64{},
		healthy:  slices.Clone(everyone().people),
		zones:    map[string]int64{},
		people:   map[string]hospital.Actor{},
		homes:    map[string]int64{},
		regulars: map[hospital.PatientName]*openingAdmission{},
	}
	o.rng.Shuffle(len(o.healthy), func(i, k int) { o.healthy[i], o.healthy[k] = o.healthy[k], o.healthy[i] })
	return o
}

// write makes the hospital.
func (o *opening) write(ctx context.Context) error {
	if err := o.found(hospital.At(ctx, o.start.Add(-founded))); err != nil {
		return err
	}
	o.arrangeBeds()
	o.arrangeMoves()
	o.arrangeAdmissions()
	o.arrangeWaiting()
	o.arrangePlans()
	o.arrangeFasts()
	o.arrangeCustomers()
	o.arrangeMeals()
	for len(o.story) > 0 {
		e := o.story[0]
		o.story = o.story[1:]
		if err := e.happen(hospital.At(ctx, e.at)); err != nil {
			return err
		}
	}
	return o.h.TakeOverMeals(hospital.At(ctx, o.start))
}

// found adds the logins, the menu and the wards, and deals each ward's beds out to the states that they shall have.
func (o *opening) found(ctx context.Context) error {
	if err := o.hire(ctx); err != nil {
		return err
	}
	if err := o.stock(ctx); err != nil {
		return err
	}
	if err := o.moveIn(ctx); err != nil {
		return err
	}
	for _, w := range wards {
		added, err := o.h.AddWard(ctx, hospital.System, hospital.AddWardCommand{Code: w.code, Name: w.name, Block: w.block, Beds: w.opening.Total})
		if err != nil {
			return fmt.Errorf("add ward %s: %w", w.code, err)
		}
		board, err := o.h.WardBoard(ctx, hospital.System, added.ID)
		if err != nil {
			return fmt.Errorf("read ward %s: %w", w.code, err)
		}
		if err := o.fit(ctx, w, board); err != nil {
			return fmt.Errorf("fit out ward %s: %w", w.code, err)
		}
		o.deal(w, board.Beds)
	}
	return nil
}

// fit says for whom a ward is and what its beds have, where that is anything.
func (o *opening) fit(ctx context.Context, w ward, board hospital.WardBoard) error {
	if w.sex != "" {
		if _, err := o.h.SetWard(ctx, hospital.System, board.ID,
			hospital.SetWardCommand{Sex: &w.sex}); err != nil {
			return err
		}
	}
	if len(w.features) == 0 {
		return nil
	}
	for _, bed := range board.Beds {
		if _, err := o.h.SetBed(ctx, hospital.System, bed.ID,
			hospital.SetBedCommand{Features: &w.features}); err != nil {
			return err
		}
	}
	return nil
}

// hire adds the demo logins, and those of the simulated couriers and customers, as whom nobody can sign in: an order remembers who placed
// it, and a delivery whose it is.
func (o *opening) hire(ctx context.Context) error {
	var users []hospital.AddUserCommand
	for _, l := range Logins() {
		users = append(users, hospital.AddUserCommand{Username: l.Username, Role: l.Role, Password: l.Password, Demo: true})
	}
	for _, name := range append(slices.Clone(couriers), storyCourier) {
		users = append(users, hospital.AddUserCommand{Username: name, Role: hospital.DeliveryStaff, Password: cryptorand.Text()})
	}
	for _, c := range customers[1:] {
		users = append(users, hospital.AddUserCommand{Username: c.username, Role: hospital.Customer, Password: cryptorand.Text()})
	}
	for _, user := range users {
		added, err := o.h.AddUser(ctx, hospital.System, user)
		if err != nil {
			return fmt.Errorf("add login %s: %w", user.Username, err)
		}
		o.people[added.Username] = actorOf(added)
	}
	return nil
}

// stock puts the dishes on the menu and draws the zones around the hospital.
func (o *opening) stock(ctx context.Context) error {
	for _, dish := range Menu() {
		added, err := o.h.AddDish(ctx, cook, dish)
		if err != nil {
			return fmt.Errorf("add %s to the menu: %w", dish.Name.En, err)
		}
		o.menu = append(o.menu, added)
	}
	for _, zone := range zones {
		added, err := o.h.AddZone(ctx, hospital.System, zone)
		if err != nil {
			return fmt.Errorf("add the zone %s: %w", zone.Name, err)
		}
		o.zones[added.Name] = added.ID
	}
	return nil
}

// deal decides by lot which bed of a ward shall stand how.
func (o *opening) deal(w ward, beds []hospital.BoardBed) {
	o.rng.Shuffle(len(beds), func(i, k int) { beds[i], beds[k] = beds[k], beds[i] })
	for _, share := range []struct {
		status hospital.BedStatus
		beds   int
	}{
		{hospital.BedOccupied, w.opening.Occupied},
		{hospital.BedReserved, w.opening.Reserved},
		{hospital.BedCleaning, w.opening.Cleaning},
		{hospital.BedMaintenance, w.opening.Maintenance},
		{hospital.BedClosed, w.opening.Closed},
	} {
		for _, bed := range beds[:share.beds] {
			to := place{w.code, share.status}
			o.beds[to] = append(o.beds[to], bed.ID)
		}
		beds = beds[share.beds:]
	}
}

// take hands out one of the beds that shall stand like this.
func (o *opening) take(code string, status hospital.BedStatus) int64 {
	from := place{code, status}
	bed := o.beds[from][0]
	o.beds[from] = o.beds[from][1:]
	return bed
}

// left is how many such beds are not yet spoken for.
func (o *opening) left(code string, status hospital.BedStatus) int {
	return len(o.beds[place{code, status}])
}

// arrangeBeds reserves, reports and closes.
func (o *opening) arrangeBeds() {
	for _, w := range wards {
		for o.left(w.code, hospital.BedReserved) > 0 {
			o.set(o.take(w.code, hospital.BedReserved), desk, hospital.BedReserved, reservations, o.ago(20*time.Minute, 5*time.Hour))
		}
		for o.left(w.code, hospital.BedMaintenance) > 0 {
			o.set(o.take(w.code, hospital.BedMaintenance), housekeeping, hospital.BedMaintenance, faults, o.ago(2*time.Hour, 3*day))
		}
		for o.left(w.code, hospital.BedClosed) > 0 {
			o.set(o.take(w.code, hospital.BedClosed), desk, hospital.BedClosed, closures, o.ago(4*day, 10*day))
		}
	}
}

// arrangeMoves brings some patients to their beds by way of another ward's. What they have and eat is as on the ward they came to.
func (o *opening) arrangeMoves() {
	for _, m := range moves {
		from, to := wardByCode(m.from), wardByCode(m.to)
		p := o.person(func(p person) bool { return from.takes(p) && to.takes(p) })
		admitted := o.ago(2*time.Hour, max(from.lengthOfStay, 3*time.Hour))
		s := o.admit(to, p, o.take(from.code, hospital.BedCleaning), admitted)
		bed, reason := o.take(to.code, hospital.BedOccupied), m.reason
		o.happens(o.justNow(), func(ctx context.Context) error {
			_, err := o.h.Transfer(ctx, nurse, s.id, hospital.TransferCommand{BedID: bed, Reason: reason})
			return err
		})
	}
}

// arrangeAdmissions fills the beds that shall be occupied, with the regulars first, and sends one
// patient home from each bed that shall be cleaned.
func (o *opening) arrangeAdmissions() {
	for _, r := range regulars {
		w := wardByCode(r.ward)
		o.regulars[r.name] = o.admit(w, r.person, o.take(w.code, hospital.BedOccupied), o.ago(time.Hour, w.lengthOfStay))
	}
	for i := range wards {
		w := &wards[i]
		for o.left(w.code, hospital.BedOccupied) > 0 {
			o.staying = append(o.staying, o.admit(w, o.person(w.takes), o.take(w.code, hospital.BedOccupied), o.ago(20*time.Minute, w.lengthOfStay*3/2)))
		}
		for o.left(w.code, hospital.BedCleaning) > 0 {
			s := o.admit(w, o.person(w.takes), o.take(w.code, hospital.BedCleaning), o.ago(w.lengthOfStay/2, w.lengthOfStay*2))
			o.happens(o.justNow(), func(ctx context.Context) error {
				_, err := o.h.Discharge(ctx, doctor, s.id, hospital.DischargeCommand{Outcome: hospital.Improved})
				return err
			})
		}
	}
}

// arrangeWaiting admits the patients for whom there was no bed.
func (o *opening) arrangeWaiting() {
	w := wardByCode(emergency)
	for range waitingAtOpening {
		p := o.person(func(p person) bool { return p.age >= adult })
		o.admit(w, p, 0, o.ago(15*time.Minute, 150*time.Minute))
	}
}

// arrangePlans marks patients for discharge who have been here a day or more. The first few should have left by now; one leaves
// every 20 minutes from then on.
func (o *opening) arrangePlans() {
	o.rng.Shuffle(len(o.staying), func(i, k int) { o.staying[i], o.staying[k] = o.staying[k], o.staying[i] })
	leaving := slices.DeleteFunc(slices.Clone(o.staying), func(s *openingAdmission) bool {
		return s.ward.code == intensive || s.admitted.After(o.start.Add(-day))
	})
	for i, s := range leaving[:pendingAtOpening] {
		s.told = true
		expected := o.start.Truncate(5 * time.Minute).Add(time.Duration(i-2) * 20 * time.Minute)
		o.happens(o.ago(time.Hour, 4*time.Hour), func(ctx context.Context) error {
			_, err := o.h.PlanDischarge(ctx, doctor, s.id, hospital.PlanDischargeCommand{Expected: expected})
			return err
		})
	}
}

// admit lets p come to a bed of the ward, or wait for one where bed is 0.
func (o *opening) admit(w *ward, p person, bed int64, at time.Time) *openingAdmission {
	cmd := w.admission(o.rng, p, at)
	cmd.BedID = bed
	if w.lengthOfStay >= day && o.rng.IntN(3) > 0 {
		cmd.ExpectedDischarge = o.start.Add(o.between(6*time.Hour, w.lengthOfStay)).Truncate(time.Hour)
	}
	s := &openingAdmission{ward: w, admitted: at, cmd: cmd}
	o.happens(at, func(ctx context.Context) error {
		a, _, err := o.h.Admit(ctx, nurse, s.cmd)
		s.id, s.patient = a.ID, a.PatientID
		return err
	})
	return s
}

// set lets a bed come to a state for one of some reasons.
func (o *opening) set(bed int64, who hospital.Actor, status hospital.BedStatus, reasons []string, at time.Time) {
	change := hospital.BedStatusCommand{Status: status, Reason: pick(o.rng, reasons)}
	o.happens(at, func(ctx context.Context) error {
		_, err := o.h.SetBedStatus(ctx, who, bed, change)
		return err
	})
}

// happens puts an event into the story, after those of the same moment. An event may add others that follow it.
func (o *opening) happens(at time.Time, do func(ctx context.Context) error) {
	i, _ := slices.BinarySearchFunc(o.story, at, func(e event, at time.Time) int {
		if e.at.After(at) {
			return 1
		}
		return -1
	})
	o.story = slices.Insert(o.story, i, event{at, do})
}

// person takes somebody out of the census who fits.
func (o *opening) person(fits func(person) bool) person {
	i := slices.IndexFunc(o.healthy, fits)
	p := o.healthy[i]
	o.healthy = slices.Delete(o.healthy, i, i+1)
	return p
}

// ago is some moment before the start.
func (o *opening) ago(least, most time.Duration) time.Time {
	return o.start.Add(-o.between(least, most))
}

// justNow is when beds were left that are still being cleaned.
func (o *opening) justNow() time.Time { return o.ago(2*time.Minute, 50*time.Minute) }

// between is some duration of whole seconds.
func (o *opening) between(least, most time.Duration) time.Duration {
	return (least + upTo(o.rng, most-least)).Truncate(time.Second)
}
