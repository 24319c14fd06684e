package hospital_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestZZSpeed(t *testing.T) {
	for _, url := range []string{hospitaltest.SQLite(t)} {
		h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url})
		var b bytes.Buffer
		b.WriteString("number,name,birth_date,sex,national_id,phone,language,allergies\n")
		for i := range 10000 {
			fmt.Fprintf(&b, "P%06d,Uwimana Marie %d,1984-05-31,female,119%013d,+250788%06d,rw,milk|eggs\n", i, i, i, i)
		}
		for range 2 {
			began := time.Now()
			got, err := h.Import(t.Context(), hospital.System, hospital.ImportCommand{Kind: hospital.PatientFile, File: bytes.NewReader(b.Bytes())})
			t.Log(time.Since(began), got.Rows, got.Added, got.Changed, got.Unchanged, len(got.Errors), err)
			if len(got.Errors) > 0 {
				t.Log(got.Errors[0])
			}
		}
		began := time.Now()
		var out bytes.Buffer
		err := h.Export(t.Context(), hospital.System, hospital.PatientFile, &out)
		t.Log(time.Since(began), out.Len(), err)
	}
}
