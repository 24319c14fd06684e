package hospital_test

import (
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// history gives the house a million stays that have ended, in its own beds, of a hundred thousand patients.
func (h *house) history(b *testing.B) {
	b.Helper()
	const count = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) `
	for _, fill := range []struct {
		statement string
		rows      int
	}{
		{`INSERT INTO patient (name, name_folded, sex) ` + count + `SELECT 'Patient ' || i, 'patient ' || i, 'unknown' FROM n`, 100_000},
		{`INSERT INTO admission (patient_id, bed_id, bed_since, admitted_at, reason, diet, texture, expected_discharge, discharge_planned, discharged_at, outcome) ` +
			count + `SELECT 1 + i % 100000, 1 + i % 10, i, i, 'planned', 'general', 7, i + 1, TRUE, i + 1, 'improved' FROM n`, 1_000_000},
		{`INSERT INTO bed_stay (admission_id, bed_id, since, until) ` + count + `SELECT i, 1 + i % 10, i, i + 1 FROM n`, 1_000_000},
		{`INSERT INTO audit (at, actor, role, action, entity, entity_id, from_state, to_state, reason, request_id) ` +
			count + `SELECT i, 'nurse', 'medical_staff', 'admission.admit', 'admission', i, '', 'A-01', '', '' FROM n`, 1_000_000},
	} {
		if _, err := h.raw.ExecContext(b.Context(), fill.statement, fill.rows); err != nil {
			b.Fatal(err)
		}
	}
}

// What people read and do all day costs the same after a million stays as on the first day.
func BenchmarkAfterAMillionStays(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": hospitaltest.SQLite, "PostgreSQL": hospitaltest.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, url(b))
			b.Run("first day", h.day)
			h.history(b)
			b.Run("after", h.day)
		})
	}
}

// day measures the reads and commands of a day.
func (h *house) day(b *testing.B) {
	bed := h.bed(b, "A-01").ID
	measure := func(name string, act func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := act(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	measure("ward board", func() error { _, err := h.WardBoard(b.Context(), h.a.ID); return err })
	measure("bed detail", func() error { _, err := h.BedDetail(b.Context(), nurse, bed); return err })
	measure("medical dashboard", func() error { _, err := h.MedicalDashboard(b.Context(), []int64{h.a.ID}); return err })
	measure("management dashboard", func() error { _, err := h.ManagementDashboard(b.Context()); return err })
	measure("revisions", func() error {
		_, err := h.Revisions(b.Context(), []hospital.Topic{hospital.MetricsTopic, hospital.WardTopic(h.a.ID), hospital.WardTopic(h.b.ID)})
		return err
	})
	measure("find patients", func() error { _, err := h.FindPatients(b.Context(), nurse, strings.Repeat("x", 20)); return err })
	measure("admit and discharge", func() error {
		a, _, err := h.Admit(b.Context(), nurse, hospital.NewAdmission{PatientName: "Uwase Marie", BedID: bed})
		if err != nil {
			return err
		}
		if _, err := h.Discharge(b.Context(), nurse, a.ID, hospital.Leaving{Outcome: hospital.Improved}); err != nil {
			return err
		}
		_, err = h.SetBedStatus(b.Context(), nurse, bed, hospital.BedStatusChange{Status: hospital.BedAvailable})
		return err
	})
}
