package hospital_test

import (
	"fmt"
	"testing"

	"dusangire/hospital"
)

// spellings are what scanners and keyboards make of A-05.
var spellings = map[string]string{
	"a line end":                      "A-05\r\n",
	"a tab and the case":              "\ta-05\t",
	"a hyphen":                        "A\u201005",
	"a hyphen that does not break":    "A\u201105",
	"a figure dash":                   "A\u201205",
	"an en dash":                      "A\u201305",
	"an em dash":                      "A\u201405",
	"a bar":                           "A\u201505",
	"a minus":                         "A\u221205",
	"a soft hyphen":                   "A\u00ad05",
	"a full-width dash":               "A\uff0d05",
	"full width":                      "\uff21\uff0d\uff10\uff15",
	"no dash":                         "A05",
	"a blank for the dash":            "A 05",
	"a blank that does not break":     "A\u00a0-\u202f05",
	"another keyboard's sign":         "A'05",
	"Arabic-Indic digits":             "A-\u0660\u0665",
	"Extended Arabic-Indic digits":    "A-\u06f0\u06f5",
	"Devanagari digits":               "A-\u0966\u096b",
	"a byte order mark":               "\ufeffA-05",
	"a blank of no width":             "A\u200b-05",
	"the prefix of Code 128":          "]C1A-05",
	"the prefix of QR after a BOM":    "\ufeff]Q3a-05",
	"start and end of text":           "\x02A-05\x03",
	"the prefix and no dash, too":     "]A0a05\r",
	"a group separator at the end":    "A-05\x1d",
	"superscript digits, as pasted":   "A-\u2070\u2075",
	"dashes where none is needed":     "A--05",
	"the name of the bed in brackets": "(A-05)",
}

func TestABedsCodeIsReadInWhateverSpelling(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-05")
		for how, code := range spellings {
			d := s.cooked(t, s.orderFor(t, nurse, a, hospital.Snack))
			s.depart(t, s.courier, d.ID)
			if _, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code}); err != nil {
				t.Errorf("A-05 with %s (%q) is refused: %v", how, code, err)
				s.handOver(t, s.courier, d.ID, "A-05")
			}
		}
	})
}

func TestWhatIsNoCodeIsNoWrongBed(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-05")
		s.depart(t, s.courier, d.ID)
		for how, code := range map[string]string{
			"a French layout": "Q)à(", "a French layout and capitals": "A)à(", "a German layout": "Aß05", "no such bed": "Z-99",
			"a digit too few": "A-5", "a digit too many": "A-055", "signs alone": "''", "a dash alone": "\u2011", "a prefix alone": "]C1",
			"two codes in one": "A-05A-05", "a product's bar code": "5901234123457", "a link": "https://example.org/A-05",
			"another alphabet": "А-05",
		} {
			refusal := s.refuses(t, hospital.Conflict, "unreadable_code", func() error {
				_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code})
				return err
			})
			if refusal.Current != nil {
				t.Errorf("%s (%q): the refusal shows %+v", how, code, refusal.Current)
			}
		}
		s.handOver(t, s.courier, d.ID, "A-05")
	})
}

// Where two beds differ by the place of a dash alone, it must be there.
func TestACodeThatMayMeanTwoBedsMeansNone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-05")
		s.depart(t, s.courier, d.ID)
		s.exec(t, `UPDATE bed SET number = 'A0-5' WHERE number = 'A-06'`)
		for code, want := range map[string]string{"A05": "unreadable_code", "A'05": "unreadable_code", "A0\u20115": "wrong_bed"} {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code})
			refused(t, err, hospital.Conflict, want)
		}
		s.handOver(t, s.courier, d.ID, "A\u201105")
	})
}

func TestADoorsCodeIsReadInWhateverSpellingAndWhatIsNoneCostsNoTry(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.parcel(t)
		s.depart(t, s.courier, d.ID)
		code := s.code(t, s.customer, d.ID)
		for _, given := range []string{"A-05", code[1:], code + "0", code[1:] + "O", "&é\"'", "-"} {
			s.refuses(t, hospital.Conflict, "unreadable_code", func() error {
				_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: given})
				return err
			})
		}
		spelt := "\ufeff"
		for _, digit := range code {
			spelt += fmt.Sprintf("%c-", digit-'0'+'\u0660')
		}
		s.handOver(t, s.courier, d.ID, spelt)
	})
}
