package demo

import (
	"context"
	"slices"
	"time"

	"dusangire/hospital"
)

// What the staff hold the hospital near.
const (
	usualOccupancy   = 78.0
	usualPending     = 9
	usualReserved    = 6
	usualMaintenance = 4
)

// act is one thing that the simulated staff do. need says how much it is needed against the others, 0 for not at all; do
// reports whether something was done.
type act struct {
	name string
	need func(now state) float64
	do   func(s *Staff, ctx context.Context, now state) (bool, error)
}

// acts pull the hospital back to its usual state from either side: a full house makes plans for discharge, an empty
// one takes in, and beds are cleaned the sooner the more of them wait for it. The discharges themselves follow the plans.
var acts = []act{
	{"admit a patient", func(now state) float64 { return 4 + 2*(usualOccupancy-now.OccupancyRate) }, (*Staff).admit},
	{"give a waiting patient a bed", func(now state) float64 { return float64(now.WaitingCount) }, (*Staff).placeWaiting},
	{"move on from emergency", func(now state) float64 { return float64(now.byCode[emergency].Counts.Occupied) - 6 }, (*Staff).moveOn},
	{"move to intensive care", needIntensive, (*Staff).moveIn},
	{"move out of intensive care", func(now state) float64 { return (float64(now.byCode[intensive].Counts.Occupied) - 5) / 2 }, (*Staff).moveOut},
	{"plan a discharge", needPlan, (*Staff).plan},
	{"discharge a patient", needDischarge, (*Staff).discharge},
	{"finish cleaning", func(now state) float64 { return max(1, 2*float64(now.CleaningCount)-6) }, (*Staff).clean},
	{"report a fault", func(now state) float64 { return (usualMaintenance + 2 - float64(now.Counts.Maintenance)) / 4 }, (*Staff).reportFault},
	{"repair a bed", func(now state) float64 { return (float64(now.Counts.Maintenance) - usualMaintenance + 2) / 4 }, (*Staff).repair},
	{"reserve a bed", func(now state) float64 { return (usualReserved + 2 - float64(now.Counts.Reserved)) / 2 }, (*Staff).reserve},
	{"release a bed", func(now state) float64 { return (float64(now.Counts.Reserved) - usualReserved + 1) / 4 }, (*Staff).release},
}

// outcomes are how admissions end here. One that stands more often is more usual; nobody dies in
// the demo.
var outcomes = []hospital.Outcome{hospital.Improved, hospital.Improved, hospital.Improved, hospital.Stable, hospital.Discharged, hospital.Referred}

// needPlan falls as more are pending, for a discharge follows its plan only after a while. It never falls to nothing, so that
// plans that people leave standing can't end the discharges, and rises again in a house that is full all the same.
func needPlan(now state) float64 {
	return max(0.2, usualPending+5-float64(now.PendingCount))/2 + max(0, now.OccupancyRate-usualOccupancy-4)/4
}

// needIntensive rises with the empty beds of intensive care, of which one is kept.
func needIntensive(now state) float64 {
	counts := now.byCode[intensive].Counts
	if counts.Available+counts.Reserved == 0 {
		return 0
	}
	return (7 - float64(counts.Occupied)) / 2
}

// needDischarge is nothing as long as the soonest time has not come.
func needDischarge(now state) float64 {
	if len(now.PendingDischarges) == 0 || now.PendingDischarges[0].ExpectedDischarge.After(now.At) {
		return 0
	}
	return usualPending
}

// admit brings somebody in from outside, mostly to emergency. Where the ward is full, and sometimes anyway while its bed is
// made up, the patient waits for one; more than a few don't.
func (s *Staff) admit(ctx context.Context, now state) (bool, error) {
	for _, w := range s.wardsBy(now, func(w *ward, _ hospital.WardSummary) float64 { return w.arrivals }) {
		beds, err := s.bedsFor(ctx, now, w)
		if err != nil {
			return false, err
		}
		var bed int64
		if wait := len(beds) == 0 || s.rng.IntN(6) == 0; !wait {
			bed = beds[0].ID
		} else if now.WaitingCount > waitingAtOpening {
			continue
		}
		return s.admitTo(ctx, now, w, bed)
	}
	return false, nil
}

// keptForThem is why the staff take a bed that they reserved for a reason: this was it.
const keptForThem = "The bed was kept for this"

// admitTo admits somebody who fits the ward to one of its beds, or to wait where bed is 0.
func (s *Staff) admitTo(ctx context.Context, now state, w *ward, bed int64) (bool, error) {
	p, patientID, found, err := s.newcomer(ctx, w)
	if err != nil || !found {
		return false, err
	}
	cmd := w.admission(s.rng, p, now.At)
	cmd.BedID, cmd.OverrideReason = bed, keptForThem
	if patientID != 0 {
		cmd.PatientID, cmd.PatientName, cmd.BirthDate, cmd.Sex = patientID, "", time.Time{}, ""
	}
	a, _, err := s.h.Admit(ctx, nurse, cmd)
	if err != nil {
		return false, err
	}
	s.own[bed] = a.BedSince
	return true, nil
}

// placeWaiting gives the invented patient who waits longest a bed on a ward that fits.
func (s *Staff) placeWaiting(ctx context.Context, now state) (bool, error) {
	for _, waiting := range now.Waiting {
		if now.At.Sub(waiting.AdmittedAt) < handsOff {
			continue
		}
		a, err := s.h.Admission(ctx, hospital.System, waiting.AdmissionID)
		if err != nil {
			return false, err
		}
		p, found, err := s.invented(ctx, a.ID, a.PatientID, a.PatientName)
		if err != nil {
			return false, err
		}
		if !found {
			continue
		}
		bed, found, err := s.bedElsewhere(ctx, now, p, nil)
		if err != nil || !found {
			return false, err
		}
		return s.transfer(ctx, a.ID, 0, hospital.TransferCommand{BedID: bed, Reason: "A bed is free", Version: a.Version})
	}
	return false, nil
}

// moveOn brings the patient who has been in emergency longest to a ward.
func (s *Staff) moveOn(ctx context.Context, now state) (bool, error) {
	return s.move(ctx, now, []*ward{wardByCode(emergency)}, nil, "Stable, goes on to the ward")
}

// moveIn brings somebody to intensive care.
func (s *Staff) moveIn(ctx context.Context, now state) (bool, error) {
	from := s.wardsBy(now, func(w *ward, summary hospital.WardSummary) float64 {
		if w.code == intensive {
			return 0
		}
		return float64(summary.Counts.Occupied)
	})
	return s.move(ctx, now, from, wardByCode(intensive), "Needs intensive care")
}

// moveOut brings somebody from intensive care back to a ward.
func (s *Staff) moveOut(ctx context.Context, now state) (bool, error) {
	return s.move(ctx, now, []*ward{wardByCode(intensive)}, nil, "Better, back to a ward")
}

// move transfers one of the patients who have been longest in their beds on the first of the wards where that is possible;
// to nil is whichever other ward takes them.
func (s *Staff) move(ctx context.Context, now state, from []*ward, to *ward, reason string) (bool, error) {
	for _, w := range from {
		candidates, err := s.admissions(ctx, now, w, func(admission hospital.BoardAdmission) bool { return !admission.DischargePlanned })
		if err != nil {
			return false, err
		}
		for _, c := range candidates {
			bed, found, err := s.bedElsewhere(ctx, now, c.person, to)
			if err != nil {
				return false, err
			}
			if found {
				return s.transfer(ctx, c.admission.AdmissionID, c.bed, hospital.TransferCommand{BedID: bed, Reason: reason, Version: c.admission.Version})
			}
		}
	}
	return false, nil
}

// transfer moves a patient and remembers both beds; from is 0 for one who waited.
func (s *Staff) transfer(ctx context.Context, admission, from int64, to hospital.TransferCommand) (bool, error) {
	to.OverrideReason = keptForThem
	a, err := s.h.Transfer(ctx, nurse, admission, to)
	if err != nil {
		return false, err
	}
	s.own[from], s.own[to.BedID] = a.BedSince, a.BedSince
	return true, nil
}

// bedElsewhere finds a bed for p on a ward that takes p: on the one given, or else on any but emergency and intensive
// care, the emptier the likelier.
func (s *Staff) bedElsewhere(ctx context.Context, now state, p person, only *ward) (int64, bool, error) {
	fitting := s.wardsBy(now, func(w *ward, summary hospital.WardSummary) float64 {
		usual := w.code != emergency && w.code != intensive
		if !w.takes(p) || only == nil && !usual || only != nil && w != only {
			return 0
		}
		return float64(summary.Counts.Available + summary.Counts.Reserved)
	})
	for _, w := range fitting {
		beds, err := s.bedsFor(ctx, now, w)
		if err != nil {
			return 0, false, err
		}
		if len(beds) > 0 {
			return beds[0].ID, true, nil
		}
	}
	return 0, false, nil
}

// candidate is an invented patient in a bed.
type candidate struct {
	person
	bed       int64
	admission hospital.BoardAdmission
}

// few is how many candidates of a ward are looked at.
const few = 4

// admissions lists the few invented patients of a ward that fit and have been longest in their
// beds.
func (s *Staff) admissions(ctx context.Context, now state, w *ward, fits func(hospital.BoardAdmission) bool) ([]candidate, error) {
	beds, err := s.beds(ctx, now, w, func(bed hospital.BoardBed) bool { return bed.Admission != nil && fits(*bed.Admission) })
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(beds, func(a, b hospital.BoardBed) int { return a.Admission.BedSince.Compare(b.Admission.BedSince) })
	var candidates []candidate
	for _, bed := range beds {
		p, found, err := s.invented(ctx, bed.Admission.AdmissionID, bed.Admission.PatientID,
			bed.Admission.PatientName)
		if err != nil {
			return nil, err
		}
		if found {
			candidates = append(candidates, candidate{p, bed.ID, *bed.Admission})
		}
		if len(candidates) == few {
			break
		}
	}
	return candidates, nil
}

// plan marks one of the patients for discharge who have been longest on a ward, rather on a fuller one; from intensive care
// nobody goes home. When they leave depends on the pace: a fast hospital is fast in this too.
func (s *Staff) plan(ctx context.Context, now state) (bool, error) {
	fuller := s.wardsBy(now, func(w *ward, summary hospital.WardSummary) float64 {
		if w.code == intensive {
			return 0
		}
		rate := summary.Counts.OccupancyRate() / 100
		return float64(summary.Counts.Occupied) * rate * rate * rate * rate
	})
	for _, w := range fuller {
		candidates, err := s.admissions(ctx, now, w, func(admission hospital.BoardAdmission) bool { return !admission.DischargePlanned })
		if err != nil {
			return false, err
		}
		if len(candidates) == 0 {
			continue
		}
		expected := now.At.Add(20*s.pace + upTo(s.rng, 120*s.pace)).Truncate(time.Minute).Add(time.Minute)
		admission := pick(s.rng, candidates).admission
		_, err = s.h.PlanDischarge(ctx, doctor, admission.AdmissionID, hospital.PlanDischargeCommand{Expected: expected, Version: admission.Version})
		return err == nil, err
	}
	return false, nil
}

// discharge lets a patient go whose time has come.
func (s *Staff) discharge(ctx context.Context, now state) (bool, error) {
	pending := s.wardsBy(now, func(_ *ward, summary hospital.WardSummary) float64 { return float64(summary.PendingDischarges) })
	for _, w := range pending {
		candidates, err := s.admissions(ctx, now, w, func(admission hospital.BoardAdmission) bool {
			return admission.DischargePlanned && !admission.ExpectedDischarge.After(now.At)
		})
		if err != nil {
			return false, err
		}
		if len(candidates) == 0 {
			continue
		}
		first := candidates[0]
		a, err := s.h.Discharge(ctx, doctor, first.admission.AdmissionID, hospital.DischargeCommand{Outcome: pick(s.rng, outcomes), Version: first.admission.Version})
		if err != nil {
			return false, err
		}
		s.own[first.bed] = a.DischargedAt
		return true, nil
	}
	return false, nil
}

// clean finishes the bed that the staff are at, and begins the one that has been dirty longest.
// What somebody else has begun is theirs.
func (s *Staff) clean(ctx context.Context, now state) (bool, error) {
	finished, err := s.cleanNext(ctx, now, hospital.FinishCleaning, housekeeping.Username)
	if err != nil {
		return false, err
	}
	begun, err := s.cleanNext(ctx, now, hospital.StartCleaning, "")
	return finished || begun, err
}

// cleanNext takes a step with the first bed that somebody of a name is at; "" is for nobody.
func (s *Staff) cleanNext(ctx context.Context, now state, step hospital.CleaningStep,
	by string) (bool, error) {
	for _, bed := range now.BedsToClean {
		if bed.Cleaning.By != by || !s.mayTouch(bed.ID, bed.Since, now.At) {
			continue
		}
		changed, err := s.h.CleanBed(ctx, housekeeping, bed.ID, hospital.CleanBedCommand{Step: step})
		if err == nil {
			s.own[bed.ID] = changed.StatusSince
		}
		return err == nil, err
	}
	return false, nil
}

// reportFault takes an available bed out of use.
func (s *Staff) reportFault(ctx context.Context, now state) (bool, error) {
	change := hospital.BedStatusCommand{Status: hospital.BedMaintenance, Reason: pick(s.rng, faults)}
	return s.setOne(ctx, now, housekeeping, hospital.BedAvailable, nil, change)
}

// repair sends a bed to cleaning whose fault the staff reported.
func (s *Staff) repair(ctx context.Context, now state) (bool, error) {
	return s.setOne(ctx, now, housekeeping, hospital.BedMaintenance, faults, hospital.BedStatusCommand{Status: hospital.BedCleaning})
}

// reserve keeps an available bed free.
func (s *Staff) reserve(ctx context.Context, now state) (bool, error) {
	change := hospital.BedStatusCommand{Status: hospital.BedReserved, Reason: pick(s.rng, reservations)}
	return s.setOne(ctx, now, desk, hospital.BedAvailable, nil, change)
}

// release gives up a reservation that the staff made.
func (s *Staff) release(ctx context.Context, now state) (bool, error) {
	return s.setOne(ctx, now, desk, hospital.BedReserved, reservations, hospital.BedStatusCommand{Status: hospital.BedAvailable})
}

// setOne changes one bed that stands in a state for one of some reasons; nil is for any reason.
func (s *Staff) setOne(ctx context.Context, now state, who hospital.Actor, from hospital.BedStatus, reasons []string, change hospital.BedStatusCommand) (bool, error) {
	for _, w := range s.wardsBy(now, func(_ *ward, summary hospital.WardSummary) float64 { return float64(count(summary.Counts, from)) }) {
		beds, err := s.beds(ctx, now, w, func(bed hospital.BoardBed) bool {
			return bed.Status == from && (reasons == nil || slices.Contains(reasons, bed.StatusReason))
		})
		if err != nil {
			return false, err
		}
		if len(beds) > 0 {
			change.Version = beds[0].Version
			return s.set(ctx, who, beds[0].ID, change)
		}
	}
	return false, nil
}

// count is how many beds stand in one of the states that setOne starts from.
func count(counts hospital.BedCounts, status hospital.BedStatus) int {
	switch status {
	case hospital.BedAvailable:
		return counts.Available
	case hospital.BedReserved:
		return counts.Reserved
	case hospital.BedMaintenance:
		return counts.Maintenance
	}
	return 0
}

// set changes a bed and remembers it.
func (s *Staff) set(ctx context.Context, who hospital.Actor, bed int64, change hospital.BedStatusCommand) (bool, error) {
	changed, err := s.h.SetBedStatus(ctx, who, bed, change)
	if err != nil {
		return false, err
	}
	s.own[bed] = changed.StatusSince
	return true, nil
}
