package hospital

import (
	"database/sql/driver"
	"slices"
)

// This file is what beds and wards are fit for, and which patient does not fit. That one does not
// is a warning and no refusal: the staff know more than the record.

// WardSex says for whom a ward is.
type WardSex string

// The sexes of a ward.
const (
	AnySex     WardSex = "any"
	FemaleWard WardSex = "female"
	MaleWard   WardSex = "male"
)

// WardSexes lists them in the order in which people are shown them.
var WardSexes = []WardSex{AnySex, FemaleWard, MaleWard}

// Valid reports whether s is one of WardSexes.
func (s WardSex) Valid() bool { return slices.Contains(WardSexes, s) }

// fits reports whether a patient of a sex belongs into such a ward. Where the record does not say
// female or male, nothing speaks against it.
func (s WardSex) fits(sex string) bool {
	return s != FemaleWard && s != MaleWard || sex != "female" && sex != "male" || string(s) == sex
}

// BedFeature is something that not every bed has.
type BedFeature string

// The features of a bed.
const (
	Oxygen       BedFeature = "oxygen"
	IsolationBed BedFeature = "isolation" // a room in which somebody can be kept apart
	Cot          BedFeature = "cot"
	Bariatric    BedFeature = "bariatric" // for the very heavy
)

// BedFeatures lists them in the order in which people are shown them.
var BedFeatures = []BedFeature{Oxygen, IsolationBed, Cot, Bariatric}

// BedFeatureSet is some of BedFeatures.
type BedFeatureSet uint

// NewBedFeatureSet is the set of some features. What is none of BedFeatures is left out.
func NewBedFeatureSet(features ...BedFeature) (set BedFeatureSet) {
	for _, feature := range features {
		if i := slices.Index(BedFeatures, feature); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// Has reports whether a feature is in the set.
func (s BedFeatureSet) Has(feature BedFeature) bool {
	return slices.Contains(s.List(), feature)
}

// List lists the features of the set in the order of BedFeatures.
func (s BedFeatureSet) List() []BedFeature {
	var features []BedFeature
	for i, feature := range BedFeatures {
		if s&(1<<i) != 0 {
			features = append(features, feature)
		}
	}
	return features
}

// Value returns what the column is to hold.
func (s BedFeatureSet) Value() (driver.Value, error) { return list[BedFeature](s.List()).Value() }

// Scan takes what the column holds.
func (s *BedFeatureSet) Scan(column any) error {
	var features list[BedFeature]
	err := features.Scan(column)
	*s = NewBedFeatureSet(features...)
	return err
}

// Isolation says how a patient must be kept apart from others.
type Isolation string

// The kinds of isolation.
const (
	NoIsolation       Isolation = "none"
	ContactIsolation  Isolation = "contact"
	DropletIsolation  Isolation = "droplet"
	AirborneIsolation Isolation = "airborne"
)

// Isolations lists them in the order in which people are shown them.
var Isolations = []Isolation{NoIsolation, ContactIsolation, DropletIsolation, AirborneIsolation}

// Valid reports whether i is one of Isolations.
func (i Isolation) Valid() bool { return slices.Contains(Isolations, i) }

// Apart reports whether a patient must be kept apart.
func (i Isolation) Apart() bool { return i != "" && i != NoIsolation }

// Misfit is a way in which a bed does not fit a patient.
type Misfit string

// The misfits.
const (
	MisfitSex       Misfit = "sex"       // the ward is for the other sex
	MisfitIsolation Misfit = "isolation" // who must be kept apart can't be in this bed
	MisfitStaff     Misfit = "staff"     // nobody looks after the bed
)

// Misfits lists them in the order in which people are shown them.
var Misfits = []Misfit{MisfitSex, MisfitIsolation, MisfitStaff}

// Fitness is what a bed and its ward are fit for.
type Fitness struct {
	WardSex  WardSex
	Features BedFeatureSet
	Staffed  bool
}

// fitnessColumns are the columns of a bed and its ward that are its Fitness.
const fitnessColumns = `ward.sex, bed.features, bed.staffed`

// columns are where fitnessColumns go.
func (f *Fitness) columns() []any { return []any{&f.WardSex, &f.Features, &f.Staffed} }

// Misfits are the ways in which the bed does not fit the patient of the admission; none without a
// bed.
func (a Admission) Misfits() []Misfit {
	if a.BedID == 0 {
		return nil
	}
	return a.Fitness.Misfits(a.Sex, a.Isolation)
}

// Misfits are the ways in which the bed does not fit the patient in it.
func (b BoardBed) Misfits() []Misfit {
	if b.ID == 0 || b.Admission == nil {
		return nil
	}
	return b.Fitness.Misfits(b.Admission.Sex, b.Admission.Isolation)
}

// Misfits are the ways in which the bed does not fit a patient.
func (f Fitness) Misfits(sex string, isolation Isolation) []Misfit {
	var misfits []Misfit
	if !f.WardSex.fits(sex) {
		misfits = append(misfits, MisfitSex)
	}
	if isolation.Apart() && !f.Features.Has(IsolationBed) {
		misfits = append(misfits, MisfitIsolation)
	}
	if !f.Staffed {
		misfits = append(misfits, MisfitStaff)
	}
	return misfits
}
