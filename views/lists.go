package views

import (
	"fmt"
	"hash/fnv"
	"strconv"

	"dusangire/hospital"
)

// lists reports whether a bed's panel lists what lies outside of its ward, for somebody who moves
// patients.
func lists(v Viewer, d hospital.BedDetail) bool {
	return v.Role.May(hospital.TransferPatients) && (d.Admission != nil || takesPatients(d))
}

// ListsTag says from when the lists of a panel are: who waits and which beds are free anywhere.
func ListsTag(of hospital.Revisions) string {
	return fmt.Sprintf("%s %d", of.Epoch, of.Topics[hospital.MetricsTopic])
}

// listsSum tells the lists of a panel from those of another moment.
func listsSum(d hospital.BedDetail) string {
	sum := fnv.New64a()
	for _, w := range d.Waiting {
		fmt.Fprintf(sum, "waits %d %d;", w.AdmissionID, w.Version)
	}
	for _, b := range d.FreeBeds {
		fmt.Fprintf(sum, "free %d %d;", b.ID, b.Version)
	}
	for _, o := range d.Others {
		fmt.Fprintf(sum, "lies %d %d %s;", o.AdmissionID, o.Version, o.BedNumber)
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}
