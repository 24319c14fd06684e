package hospital_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// The tests of files are about what every kind has in common. What a kind does is in its noun's
// tests.

// takeFile imports a file as an administrator.
func takeFile(t *testing.T, h *hospital.Hospital, kind hospital.FileKind,
	file []byte) hospital.Imported {
	t.Helper()
	done, err := h.Import(t.Context(), hospital.System,
		hospital.ImportCommand{Kind: kind, File: bytes.NewReader(file)})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// takeWhole is takeFile for a file that is right.
func takeWhole(t *testing.T, h *hospital.Hospital, kind hospital.FileKind,
	file []byte) hospital.Imported {
	t.Helper()
	done := takeFile(t, h, kind, file)
	for _, wrong := range done.Errors {
		t.Fatalf("%s, line %d, %s %q: %v", kind, wrong.Line, wrong.Field, wrong.Value, wrong.Reason)
	}
	return done
}

func exported(t *testing.T, h *hospital.Hospital, kind hospital.FileKind) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := h.Export(t.Context(), hospital.System, kind, &file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestSamplesOfAllKindsMakeAHospital takes in every sample in its order, twice, takes everything
// out, and into a second hospital, of which the same must come out.
func TestSamplesOfAllKindsMakeAHospital(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		first := hospitaltest.Open(t, hospital.Options{DatabaseURL: url})
		second := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
		for _, kind := range hospital.FileKinds {
			sample, err := kind.SampleFile()
			if err != nil {
				t.Fatal(err)
			}
			done := takeWhole(t, first, kind, sample)
			if done.Rows == 0 || done.Added != done.Rows {
				t.Errorf("%s: of %d lines %d were added", kind, done.Rows, done.Added)
			}
			file := exported(t, first, kind)
			if again := takeWhole(t, first, kind, sample); again.Unchanged != again.Rows {
				t.Errorf("%s: the same file again changes something: %+v", kind, again)
			}
			takeWhole(t, second, kind, file)
			if got := exported(t, second, kind); !bytes.Equal(got, file) {
				t.Errorf("%s: out of the second hospital comes\n%s\nand out of the first\n%s", kind,
					got, file)
			}
			if again := takeWhole(t, second, kind, file); again.Unchanged != again.Rows {
				t.Errorf("%s: its own export changes something: %+v", kind, again)
			}
		}
	})
}

// lineErrors are the errors of an import, a line each.
func lineErrors(done hospital.Imported) []string {
	var all []string
	for _, wrong := range done.Errors {
		all = append(all, fmt.Sprintf("%d %s %s", wrong.Line, wrong.Field, wrong.Reason.Code))
	}
	return all
}

func TestAWrongFileChangesNothingAndTellsEveryLine(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url})
		takeWhole(t, h, hospital.ZoneFile, []byte("name,charge\nHills,200\n"))
		before := hospitaltest.Contents(t, url)
		for _, c := range []struct {
			name string
			kind hospital.FileKind
			file string
			want []string
		}{
			{"nothing", "zones", "", []string{"1  file_empty"}},
			{"blank lines", "zones", "\n,\n \n", []string{"1  file_empty"}},
			{"no header", "zones", "Hills,500\n",
				[]string{"1 hills column_unknown", "1 500 column_unknown", "1 name column_missing"}},
			{"no key column", "zones", "charge\n500\n", []string{"1 name column_missing"}},
			{"an unknown column", "zones", "name,price\nA,1\n", []string{"1 price column_unknown"}},
			{"a column twice", "zones", "name,charge,name\nA,1,B\n", []string{"1 name column_twice"}},
			{"an empty key", "zones", "name,charge\n,5\nB,1\n", []string{"2 name key_missing"}},
			{"a key twice", "zones", "name,charge\nA,1\nB,2\n A ,1\n", []string{"4 name line_twice"}},
			{"no number", "zones", "name,charge\nA,much\nB,-1\nC,1.5\nD,9999999\n",
				[]string{"2 charge not_an_amount", "3 charge money", "4 charge not_an_amount",
					"5 charge money"}},
			{"too few cells", "zones", "name,charge\nA\n", []string{"2  line_short"}},
			{"too many cells", "zones", "name,charge\nA,1,x\n", []string{"2  line_wide"}},
			{"a mark that nothing closes", "zones", "name,charge\nA,1\n\"B,2\nC,3\n",
				[]string{"3  line_quotes"}},
			{"a bare mark", "zones", "name,charge\nA\"B,1\nC,much\n",
				[]string{"2  line_quotes", "3 charge not_an_amount"}},
			{"a line without end", "zones", "name,charge\nA,\"" + strings.Repeat("x\n", 200_000),
				[]string{"2  line_too_long"}},
			{"a fault of the spreadsheet", "zones", "name,charge\n#REF!,1\n", []string{"2 name cell_fault"}},
			{"control characters", "zones", "name,charge\nA\x07B,1\n", []string{"2 name characters"}},
			{"a picture", "zones", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", []string{"1  file_no_table"}},
			{"a document", "zones", "PK\x03\x04 and nothing", []string{"1  file_no_table"}},
			{"an old workbook", "zones", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more",
				[]string{"1  file_old_workbook"}},
			{"a broken character", "zones", "name,charge\nKigâli\xff,1\nB,x\n",
				[]string{"2 name characters", "3 charge not_an_amount"}},
			{"everything of a patient", "patients", "number,name,birth_date,sex,phone,language," +
				"allergies,severe_allergies,bed_number,diet,texture,reason,admitted_at,expected_discharge\n" +
				"1,,31.5.1984,w,x,zz-,nuts|dust,eggs,Z-99,vegan,9," + strings.Repeat("r", 300) +
				",yesterday,tomorrow\n",
				[]string{"2 name name_missing", "2 birth_date not_a_date", "2 sex unknown_choice",
					"2 language language_tag", "2 allergies unknown_choice",
					"2 severe_allergies severe_unnamed", "2 bed_number bed_number_unknown",
					"2 diet unknown_choice", "2 texture texture", "2 reason too_long",
					"2 admitted_at not_a_time", "2 expected_discharge not_a_time"}},
			{"a patient of the future", "patients", "number,name,birth_date,admitted_at\n" +
				"1,Uwera,2984-05-31,2984-05-31T08:00:00Z\n",
				[]string{"2 birth_date birth_date", "2 admitted_at in_future"}},
		} {
			done := takeFile(t, h, c.kind, []byte(c.file))
			if got := lineErrors(done); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		if after := hospitaltest.Contents(t, url); after != before {
			t.Error("wrong files have changed the hospital")
		}
	})
}

func TestADryRunTellsWhatWouldBecomeOfAFileAndChangesNothing(t *testing.T) {
	url := hospitaltest.SQLite(t)
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url})
	takeWhole(t, h, hospital.ZoneFile, []byte("name,charge\nHills,200\nLake,300\n"))
	before := hospitaltest.Contents(t, url)
	file := []byte("name,charge\nHills,200\nLake,350\nTown,100\n")
	done, err := h.Import(t.Context(), hospital.System, hospital.ImportCommand{
		Kind: hospital.ZoneFile, File: bytes.NewReader(file), DryRun: true})
	if err != nil || done.Rows != 3 || done.Added != 1 || done.Changed != 1 || done.Unchanged != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if hospitaltest.Contents(t, url) != before {
		t.Error("a dry run has changed something")
	}
	if real := takeWhole(t, h, hospital.ZoneFile, file); real.Added != 1 || real.Changed != 1 {
		t.Errorf("the run after it: %+v", real)
	}
}

func TestNobodyImportsOrExportsWhatTheyMayNot(t *testing.T) {
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
	for _, kind := range hospital.FileKinds {
		for _, role := range hospital.Roles {
			actor := hospital.Actor{UserID: 1, Role: role}
			_, imported := h.Import(t.Context(), actor, hospital.ImportCommand{Kind: kind,
				File: strings.NewReader("")})
			exported := h.Export(t.Context(), actor, kind, &bytes.Buffer{})
			for what, err := range map[string]error{"import": imported, "export": exported} {
				if may := role.May(kind.Permission()); hospital.IsKind(err, hospital.Forbidden) == may {
					t.Errorf("%s, %s of %s: %v", role, what, kind, err)
				}
			}
		}
	}
}

// TestATextIsReadInWhateverEncodingAndSeparatorItIsWritten has the same lines in each.
func TestATextIsReadInWhateverEncodingAndSeparatorItIsWritten(t *testing.T) {
	encodings := map[string]struct {
		encoding.Encoding
		name string
	}{
		"UTF-8":                 {encoding.Nop, "UTF-8"},
		"UTF-8 with a mark":     {unicode.UTF8BOM, "UTF-8"},
		"UTF-16, little end":    {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16"},
		"UTF-16, big end":       {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16"},
		"UTF-16 without a mark": {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16"},
		"Windows-1252":          {charmap.Windows1252, "Windows-1252"},
	}
	for name, code := range encodings {
		for _, separator := range []string{",", ";", "\t"} {
			for _, end := range []string{"\n", "\r\n"} {
				text := strings.Join([]string{"Name " + separator + " CHARGE",
					"Forêt, près du lac; là" + separator + "200", `"Œuvre d’art"` + separator + "7", ""}, end)
				if separator != "\t" {
					text = strings.Replace(text, "Forêt, près du lac; là", `"Forêt, près du lac; là"`, 1)
				}
				file, err := code.NewEncoder().Bytes([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
				done := takeWhole(t, h, hospital.ZoneFile, file)
				if f := done.Format; f.Encoding != code.name || f.Delimiter != separator {
					t.Errorf("%s, %q: taken for %+v", name, separator, f)
				}
				want := "name,charge\r\n\"Forêt, près du lac; là\",200\r\nŒuvre d’art,7\r\n"
				if got := string(exported(t, h, hospital.ZoneFile)); got != want {
					t.Errorf("%s, %q: %q", name, separator, got)
				}
			}
		}
	}
}

func TestNoCellGoesOutAsAFormulaAndEachComesBackAsItWas(t *testing.T) {
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
	names := []string{`=HYPERLINK("http://evil","a")`, "+1 hill", "-2 lake", "@SUM(1)", "'=1+1",
		"''@x", "'s Gravenhage", "＝1"}
	for i, name := range names {
		_, err := h.AddZone(t.Context(), hospital.System, hospital.ZoneCommand{Name: name, Charge: i})
		if err != nil {
			t.Fatal(err)
		}
	}
	file := exported(t, h, hospital.ZoneFile)
	for _, cell := range []string{"\n=", "\n+", "\n-", "\n@", "\n\"=", "\n＝"} {
		if strings.Contains(string(file), cell) {
			t.Errorf("a formula goes out: %q", file)
		}
	}
	if done := takeWhole(t, h, hospital.ZoneFile, file); done.Unchanged != len(names) {
		t.Errorf("what went out does not come back as it was: %+v", done)
	}
}

// book is a workbook of some rows.
func book(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if _, err := f.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestAWorkbookIsReadAsATextIs(t *testing.T) {
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
	done := takeWhole(t, h, hospital.PatientFile, book(t,
		[]any{"number", "name", "birth_date", "phone", "allergies", "texture"},
		[]any{17, "Uwera", 30833, 250788123456, "none"}, // 30833: 31 May 1984
		nil,
		[]any{"H-2", "Gatete", "1961-11-02", "", "eggs | milk"},
	))
	if done.Format.Type != "xlsx" || done.Rows != 2 || done.Added != 2 {
		t.Errorf("%+v", done)
	}
	want := "17,Uwera,1984-05-31,unknown,,'+250788123456,,none,,,,,,,\r\n" +
		"H-2,Gatete,1961-11-02,unknown,,,,eggs|milk,,,,,,,\r\n"
	if got := string(exported(t, h, hospital.PatientFile)); !strings.HasSuffix(got, want) {
		t.Errorf("%q", got)
	}
	wrong := takeFile(t, h, hospital.PatientFile, book(t, []any{"number", "name", "national_id"},
		[]any{"1", "Uwera", "1.19847E+15"}, []any{"1", "Uwase", ""}))
	if got := lineErrors(wrong); !slices.Equal(got,
		[]string{"2 national_id cell_rounded", "3 number line_twice"}) {
		t.Errorf("%q", got)
	}
}
