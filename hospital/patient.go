package hospital

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// PatientName is a person's name. It shows itself to templates and JSON but never to the log.
type PatientName string

// LogValue keeps names out of structured logs.
func (PatientName) LogValue() slog.Value { return slog.StringValue("[patient]") }

// Initials is the form of the name for roles that must tell patients apart but not know them: "U. M.".
func (n PatientName) Initials() string {
	var parts []string
	for _, word := range strings.Fields(string(n)) {
		parts = append(parts, strings.ToUpper(string([]rune(word)[:1]))+".")
	}
	return strings.Join(parts, " ")
}

// Patient is a person who was admitted at least once.
type Patient struct {
	ID        int64
	Name      PatientName
	BirthDate time.Time // midnight UTC; zero: unknown
	Sex       string    // "female", "male", "other", "unknown" (FHIR administrative gender)
	Admitted  bool      // has an open admission now
}

// FindPatients lists up to 10 patients whose name contains text, for choosing who comes back. Empty text finds none.
func (h *Hospital) FindPatients(ctx context.Context, actor Actor, text string) ([]Patient, error) {
	panic("unbuilt")
}
