package views

import (
	"context"
	"slices"

	"dusangire/hospital"
	"dusangire/views/text"
)

// sexes are the choices of the admission form, unknown first: nobody is made to guess.
var sexes = []string{"unknown", "female", "male", "other"}

// takesPatients reports whether somebody can be put into the bed.
func takesPatients(d hospital.BedDetail) bool { return d.WardOpen && d.Status.TakesPatient() }

// nextStatuses are the states to which this role may take a bed of that state.
func nextStatuses(r hospital.Role, s hospital.BedStatus) []hospital.BedStatus {
	if !r.May(hospital.ChangeBeds) {
		return nil
	}
	var next []hospital.BedStatus
	for _, to := range hospital.NextBedStatuses(s) {
		closes := s == hospital.BedClosed || to == hospital.BedClosed
		if !closes || r.May(hospital.CloseBeds) {
			next = append(next, to)
		}
	}
	return next
}

// outcomes are the ends of an admission that this role may record.
func outcomes(r hospital.Role) []hospital.Outcome {
	var allowed []hospital.Outcome
	for _, o := range hospital.Outcomes {
		if o != hospital.Deceased || r.May(hospital.RecordDeaths) {
			allowed = append(allowed, o)
		}
	}
	return allowed
}

// wardBeds are the free beds of one ward.
type wardBeds struct {
	name string
	beds []hospital.FreeBed
}

// byWard groups beds by ward, both in the order in which they come.
func byWard(beds []hospital.FreeBed) []wardBeds {
	var wards []wardBeds
	for _, bed := range beds {
		if n := len(wards); n == 0 || wards[n-1].name != bed.WardName {
			wards = append(wards, wardBeds{name: bed.WardName})
		}
		last := &wards[len(wards)-1]
		last.beds = append(last.beds, bed)
	}
	return wards
}

// cardClass is the class of a bed's card: its state, and what changes how the card is drawn.
func cardClass(b hospital.BoardBed) string {
	class := "bed " + string(b.Status)
	if b.Admission != nil && b.Admission.DischargePlanned {
		class += " leaving"
	}
	return class
}

// barPart is a run of a bar: so many beds of one status, after so many others.
type barPart struct {
	status     hospital.BedStatus
	from, beds int
}

// barOrder puts the filled part of a bar first.
var barOrder = []hospital.BedStatus{
	hospital.BedOccupied, hospital.BedReserved, hospital.BedCleaning, hospital.BedMaintenance,
	hospital.BedAvailable, hospital.BedClosed,
}

// barParts are the runs of a ward's bar that have any beds.
func barParts(c hospital.BedCounts) []barPart {
	var parts []barPart
	from := 0
	for _, s := range barOrder {
		if beds := countOf(c, s); beds > 0 {
			parts = append(parts, barPart{s, from, beds})
			from += beds
		}
	}
	return parts
}

// listClass is the class of a dashboard's list: its kind, and whether there is nothing in it.
func listClass(kind string, total int) string {
	if total == 0 {
		return "list " + kind + " none"
	}
	return "list " + kind
}

// bedOrAdmissionPath is where an admission is dealt with: at its bed, else on its own page.
func bedOrAdmissionPath(a hospital.AdmissionLine) string {
	if a.BedID == 0 {
		return AdmissionPath.Of(a.AdmissionID)
	}
	return BedPath.Of(a.BedID)
}

// newsRole is how a screen reader tells a notification: at once where safety is at stake, else when
// it has time.
func newsRole(l hospital.Level) string {
	if l == hospital.LevelAlert {
		return "alert"
	}
	return "status"
}

// noticeClass tells what has been read from what is new.
func noticeClass(n hospital.Notification) string {
	if n.Read {
		return "read"
	}
	return "new"
}

// currentMeal is the value of aria-current for a meal of an offer.
func currentMeal(o hospital.Offer, s hospital.Serving) string {
	if s.Meal == o.Meal {
		return "page"
	}
	return "false"
}

// dishClass tells what must not be chosen from what may.
func dishClass(d hospital.OfferedDish) string {
	if len(d.Hazards) > 0 {
		return "dish refused"
	}
	return "dish"
}

// safeFirst puts what may be chosen before what is crossed out.
func safeFirst(dishes []hospital.OfferedDish) []hospital.OfferedDish {
	sorted := slices.Clone(dishes)
	slices.SortStableFunc(sorted, func(a, b hospital.OfferedDish) int {
		return min(len(ownHazards(a)), 1) - min(len(ownHazards(b)), 1)
	})
	return sorted
}

// ownHazards are what speaks against this dish; what speaks against any is said once, by everyDish.
func ownHazards(d hospital.OfferedDish) []hospital.Hazard {
	forAny := func(z hospital.Hazard) bool { return z.DishID == 0 }
	return slices.DeleteFunc(slices.Clone(d.Hazards), forAny)
}

// ownReasons says each of ownHazards once, beside the name of the dish.
func ownReasons(ctx context.Context, d hospital.OfferedDish) []string {
	var words []string
	for _, z := range ownHazards(d) {
		if one := text.DishHazard(ctx, z); !slices.Contains(words, one) {
			words = append(words, one)
		}
	}
	return words
}

// everyDish are the reasons why nothing at all must go to the patient now.
func everyDish(o hospital.Offer) []hospital.Hazard {
	if len(o.Dishes) == 0 {
		return nil
	}
	forOne := func(z hospital.Hazard) bool { return z.DishID != 0 }
	return slices.DeleteFunc(slices.Clone(o.Dishes[0].Hazards), forOne)
}

// stoppedMeal reports whether one of a patient's meals is held, or must come back.
func stoppedMeal(meals []hospital.BoardMeal) bool {
	return slices.ContainsFunc(meals, func(m hospital.BoardMeal) bool {
		return m.Status == hospital.OrderHeld || m.Stopped != ""
	})
}

// onItsWay reports whether one of a patient's meals is.
func onItsWay(meals []hospital.BoardMeal) bool {
	return slices.ContainsFunc(meals, func(m hospital.BoardMeal) bool {
		return m.Status == hospital.OrderInTransit
	})
}

// actor is the viewer as one who gives commands.
func (v Viewer) actor() hospital.Actor {
	return hospital.Actor{UserID: v.UserID, Username: v.Username, Role: v.Role}
}
