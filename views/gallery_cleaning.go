package views

import (
	"time"

	"dusangire/hospital"
)

// galleryToClean is a bed for each thing that can be said of one that is to be cleaned.
func galleryToClean() []hospital.BedLine {
	bed := func(id int64, minutes time.Duration, c hospital.Cleaning, late bool) hospital.BedLine {
		return hospital.BedLine{ID: id, Number: "GAL-" + number(id), WardName: "Gallery",
			Since: galleryTime.Add(-minutes * time.Minute), Cleaning: c, Late: late, Version: 1}
	}
	begun := hospital.Cleaning{StartedAt: galleryTime.Add(-12 * time.Minute), By: "alice"}
	return []hospital.BedLine{
		bed(31, 45, hospital.Cleaning{Stat: true}, true), bed(32, 25, begun, false),
		bed(33, 95, hospital.Cleaning{}, true), bed(34, 5, hospital.Cleaning{}, false),
	}
}

// galleryInCleaning are the same on the board.
func galleryInCleaning() []hospital.BoardBed {
	var beds []hospital.BoardBed
	for _, line := range galleryToClean() {
		bed := galleryBed(line.ID, hospital.BedCleaning, "")
		bed.StatusSince, bed.Cleaning, bed.Late = line.Since, line.Cleaning, line.Late
		beds = append(beds, bed)
	}
	return beds
}

// overdue is a discharge whose time is over.
func overdue(a *hospital.BoardAdmission) {
	leaving(a)
	a.Overdue, a.ExpectedDischarge = true, galleryTime.Add(-40*time.Minute)
}

// nilByMouthTonight begins some hours later.
func nilByMouthTonight(a *hospital.BoardAdmission) {
	a.NilByMouthFrom = galleryTime.Add(9 * time.Hour)
}
