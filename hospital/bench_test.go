package hospital_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// What people watch and do all day costs the same after a million past admissions, orders and lines
// of the audit as after a thousand. Each is measured in both fixtures in turn, so that whatever else
// the machine does slows both alike: the medians, and how many times the one is the other.
//
// One thing is not flat. PostgreSQL may keep the plan of a statement where tables are small and
// make it anew each time where they are not: that is a tenth of a millisecond a statement, however
// large they get, which the shortest reads show. BenchmarkSearchAmongHalfAMillion has searches.
func BenchmarkABusyDayAfterAMillion(b *testing.B) {
	for name, fresh := range map[string]func(testing.TB) string{"SQLite": hospitaltest.SQLite, "PostgreSQL": hospitaltest.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			after := []int{1_000, 1_000_000}
			days := [][]look{}
			for _, past := range after {
				s := newService(b, newFixture(b, fresh(b)))
				s.past(b, 0, past)
				s.settle(b)
				days = append(days, s.day(b, s.busy(b, 60)))
				s.settle(b)
			}
			for i, look := range days[0] {
				b.Run(look.what, func(b *testing.B) {
					took := [2][]time.Duration{}
					for b.Loop() {
						for j, day := range days {
							began := time.Now()
							if err := day[i].read(b.Context()); err != nil {
								b.Fatal(err)
							}
							took[j] = append(took[j], time.Since(began))
						}
					}
					few, many := median(took[0]), median(took[1])
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(few, fmt.Sprintf("ms-after-%d", after[0]))
					b.ReportMetric(many, fmt.Sprintf("ms-after-%d", after[1]))
					b.ReportMetric(many/few, "times")
				})
			}
		})
	}
}

// median is that of durations in milliseconds.
func median(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000
}

// day is what people look at, and two things that they do.
func (s *service) day(b *testing.B, ward hospital.Ward) []look {
	bed := s.bed(b, "A-01").ID
	return append(s.looks(b, ward),
		look{"patients by name", func(ctx context.Context) error {
			_, err := s.FindPatients(ctx, nurse, strings.Repeat("x", 20))
			return err
		}},
		look{"admit and discharge", func(ctx context.Context) error {
			a, _, err := s.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed})
			if err != nil {
				return err
			}
			if _, err := s.Discharge(ctx, nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Improved}); err != nil {
				return err
			}
			_, err = s.SetBedStatus(ctx, nurse, bed, hospital.BedStatusCommand{Status: hospital.BedAvailable})
			return err
		}},
		look{"order and cancel", func(ctx context.Context) error {
			o, _, err := s.PlaceOrder(ctx, nurse, hospital.PlaceOrderCommand{AdmissionID: s.board(b, ward).Beds[5].Admission.AdmissionID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
			if err != nil {
				return err
			}
			_, err = s.CancelOrder(ctx, nurse, o.ID, hospital.OrderCommand{})
			return err
		}})
}
