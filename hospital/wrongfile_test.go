package hospital_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// wrongFile is a file that must not be taken in.
type wrongFile struct {
	what string
	kind hospital.FileKind
	file string
	want string // what is told: line, column and code of each error
}

// Headers of the kinds.
const (
	wardHead    = "code,name,block,position,sex,speciality,is_open\n"
	bedHead     = "bed_number,ward_code,features,staffed\n"
	userHead    = "username,display_name,role,wards,language\n"
	planHead    = "day,meal,dish\n"
	dishHead    = "name_en,meals,diets,textures\n"
	patientHead = "number,name,birth_date,bed_number,diet,texture,allergies,admitted_at\n"
)

// wrongFiles has a file for each way in which somebody can get one wrong. They meet the hospital
// of furnished.
func wrongFiles(t *testing.T) []wrongFile {
	return slices.Concat(wrongTexts(t), wrongWorkbooks(t), wrongHeaders, wrongWards, wrongBeds,
		wrongZones, wrongUsers, wrongDishes, wrongPlans, wrongPatients, wrongStays)
}

// wrongTexts are texts that can't be read, or not to their end.
func wrongTexts(t *testing.T) []wrongFile {
	latin, err := charmap.Windows1252.NewEncoder().String("name;charge\nForêt;viel\n")
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(
		"name\tcharge\nForêt\tviel\n")
	if err != nil {
		t.Fatal(err)
	}
	return []wrongFile{
		{"nothing", "zones", "", "1  file_empty"},
		{"a mark alone", "zones", "\xEF\xBB\xBF", "1  file_empty"},
		{"a wide mark alone", "zones", "\xFF\xFE", "1  file_empty"},
		{"blank lines", "zones", "\n \n,\n", "1  file_empty"},
		{"Windows-1252", "zones", latin, "2 charge not_an_amount"},
		{"UTF-16", "zones", wide, "2 charge not_an_amount"},
		{"half a character", "zones", "name,charge\nKig\xC3,1\nKigâli,1\n", "2 name characters"},
		{"zeros within a cell", "zones", "name,charge\n" + strings.Repeat("\n", 5000) + "a\x00b,1\n",
			"5002 name characters"},
		{"zeros at the start", "zones", "\x00\x00\x00\x00", "1  file_no_table"},
		{"a picture", "zones", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "1  file_no_table"},
		{"a page of the web", "zones", "<html><table><tr><td>name</td></tr></table></html>\n",
			"1 <html><table><tr><td>name</td></tr></table></html> column_unknown, 1 name column_missing"},
		{"a mark that nothing closes", "zones", "name,charge\n\"A,1\nB,x\n", "2  line_quotes"},
		{"a mark within a cell", "zones", "name,charge\nA\"B,1\nC,x\n",
			"2  line_quotes, 3 charge not_an_amount"},
		{"a cell over many lines", "zones", "name,charge\n\"" + strings.Repeat("x\n", 1<<17),
			"2  line_too_long"},
		{"a long cell", "zones", "name,charge\n" + strings.Repeat("x", 5000) + ",1\n", "2 name too_long"},
		{"another separator", "zones", "name|charge\nA|1\n",
			"1 name|charge column_unknown, 1 name column_missing"},
		{"a separator too few", "zones", "name,charge\nA\nB,x\n",
			"2  line_short, 3 charge not_an_amount"},
		{"a separator too many", "zones", "name,charge\nA,1,x\n", "2  line_wide"},
		{"direction marks", "zones", "name,charge\nA\u202Eb,1\n", "2 name characters"},
	}
}

var wrongHeaders = []wrongFile{
	{"a header alone", "zones", "charge\n", "1 name column_missing"},
	{"no header", "zones", "Hills,500\n",
		"1 hills column_unknown, 1 500 column_unknown, 1 name column_missing"},
	{"a column twice", "zones", "name,charge,Name\nA,1,B\n", "1 name column_twice"},
	{"a column of another kind", "beds", "bed_number,name\nA-1,x\n", "1 name column_unknown"},
	{"a formula as a column", "zones", "name,=1+1\nA,1\n", "1 =1+1 column_unknown"},
	{"no dish", "menu", "day,meal\n1,lunch\n", "1 dish column_missing"},
	{"no number", "patients", "name\nUwera\n", "1 number column_missing"},
}

var wrongWards = []wrongFile{
	{"no code", "wards", wardHead + ",Care,,,,,\n", "2 code key_missing"},
	{"no name", "wards", wardHead + "NEW,,,,,,\n", "2 name ward_name_missing"},
	{"a code with a space", "wards", wardHead + "NE W,New,,,,,\n", "2 code ward_code"},
	{"a code twice", "wards", wardHead + "NEW,New,,,,,\nNEW,Again,,,,,\n", "3 code line_twice"},
	{"a sex", "wards", wardHead + "NEW,New,,,both,,\n", "2 sex unknown_choice"},
	{"a truth", "wards", wardHead + "NEW,New,,,,,perhaps\n", "2 is_open truth"},
	{"a position of words", "wards", wardHead + "NEW,New,,first,,,\n", "2 position not_an_amount"},
	{"a position of halves", "wards", wardHead + "NEW,New,,1.5,,,\n", "2 position not_an_amount"},
	{"a position below", "wards", wardHead + "NEW,New,,-1,,,\n", "2 position ward_position"},
	{"a position beyond", "wards", wardHead + "NEW,New,,99999999999,,,\n",
		"2 position ward_position"},
	{"a position beyond all", "wards", wardHead + "NEW,New,,99999999999999999999,,,\n",
		"2 position not_an_amount"},
	{"a long name", "wards", wardHead + "NEW," + strings.Repeat("n", 300) + ",,,,,\n",
		"2 name too_long"},
	{"a close over a patient", "wards", wardHead + "A,Medicine,,,,,false\n",
		"2 is_open ward_occupied"},
}

var wrongBeds = []wrongFile{
	{"no ward", "beds", bedHead + "X-1,,,\n", "2 ward_code ward_code_unknown"},
	{"an unknown ward", "beds", bedHead + "X-1,XX,,\n", "2 ward_code ward_code_unknown"},
	{"a feature", "beds", bedHead + "X-1,A,sauna,\n", "2 features unknown_choice"},
	{"a feature too many", "beds", bedHead + "X-1,A,oxygen;cot,\n", "2 features unknown_choice"},
	{"a number twice", "beds", bedHead + "X-1,A,,\nX-1,B,,\n", "3 bed_number line_twice"},
	{"a number with a mark", "beds", bedHead + "X*1,A,,\n", "2 bed_number bed_number"},
	{"staff of some kind", "beds", bedHead + "X-1,A,,2\n", "2 staffed truth"},
	{"a move under a patient", "beds", bedHead + "A-01,B,,\n", "2 ward_code bed_not_empty"},
	{"a fault of the spreadsheet", "beds", bedHead + "#REF!,A,,\n", "2 bed_number cell_fault"},
}

var wrongZones = []wrongFile{
	{"a charge of words", "zones", "name,charge\nA,much\n", "2 charge not_an_amount"},
	{"a charge below", "zones", "name,charge\nA,-1\n", "2 charge money"},
	{"a charge of cents", "zones", "name,charge\nA,1.50\n", "2 charge not_an_amount"},
	{"a charge of cents, in French", "zones", "name;charge\nA;1,50\n", "2 charge not_an_amount"},
	{"a charge with its currency", "zones", "name,charge\nA,500 RWF\n", "2 charge not_an_amount"},
	{"a charge with a comma", "zones", "name,charge\nA,\"1,500\"\n", "2 charge not_an_amount"},
	{"a charge beyond", "zones", "name,charge\nA,9223372036854775807\n", "2 charge money"},
	{"a rounded charge", "zones", "name,charge\nA,1.5E+06\n", "2 charge cell_rounded"},
	{"a formula as a charge", "zones", "name,charge\nA,=1+1\n", "2 charge not_an_amount"},
	{"a name of marks", "zones", "name,charge\n***,1\n", "2 name no_letters"},
}

var wrongUsers = []wrongFile{
	{"no name", "users", userHead + ",X,kitchen,,\n", "2 username key_missing"},
	{"no role", "users", userHead + "new,X,,,\n", "2 role unknown_choice"},
	{"an unknown role", "users", userHead + "new,X,nurse,,\n", "2 role unknown_choice"},
	{"an unknown ward", "users", userHead + "new,X,medical_staff,A|XX,\n",
		"2 wards ward_code_unknown"},
	{"a name with spaces", "users", userHead + "new one,X,kitchen,,\n", "2 username username"},
	{"a name twice", "users", userHead + "new,X,kitchen,,\nnew,Y,kitchen,,\n",
		"3 username line_twice"},
	{"an unknown language", "users", userHead + "new,X,kitchen,,klingon\n",
		"2 language unknown_choice"},
	{"a password", "users", "username,role,password\nnew,kitchen,secret\n",
		"1 password column_unknown"},
}

var wrongDishes = []wrongFile{
	{"no name", "dishes", dishHead + ",lunch,general,7\n", "2 name_en key_missing"},
	{"no meal", "dishes", dishHead + "New,,general,7\n", "2 meals required"},
	{"an unknown meal", "dishes", dishHead + "New,tea,general,7\n", "2 meals unknown_choice"},
	{"an unknown diet", "dishes", dishHead + "New,lunch,vegan,7\n", "2 diets unknown_choice"},
	{"a texture beyond", "dishes", dishHead + "New,lunch,general,8\n", "2 textures texture"},
	{"a texture in words", "dishes", dishHead + "New,lunch,general,soft\n", "2 textures texture"},
	{"a list by commas", "dishes", dishHead + "New,\"lunch,dinner\",general,7\n",
		"2 meals unknown_choice"},
	{"an unknown allergen", "dishes",
		"name_en,meals,diets,textures,allergens\nNew,lunch,general,7,dust\n",
		"2 allergens unknown_choice"},
	{"energy below", "dishes", "name_en,meals,diets,textures,energy_kcal\nNew,lunch,general,7,-5\n",
		"2 energy_kcal range"},
	{"a price beyond", "dishes",
		"name_en,meals,diets,textures,price\nNew,lunch,general,7,99999999999\n",
		"2 price money"},
	{"a station", "dishes", "name_en,meals,diets,textures,station\nNew,lunch,general,7,roof\n",
		"2 station unknown_choice"},
}

var wrongPlans = []wrongFile{
	{"no day", "menu", planHead + ",lunch,Rice\n", "2 day key_missing"},
	{"no meal", "menu", planHead + "1,,Rice\n", "2 meal key_missing"},
	{"no dish", "menu", planHead + "1,lunch,\n", "2 dish key_missing"},
	{"day 0", "menu", planHead + "0,lunch,Rice\n", "2 day plan_day"},
	{"day 36", "menu", planHead + "36,lunch,Rice\n", "2 day plan_day"},
	{"a day of the week", "menu", planHead + "Monday,lunch,Rice\n", "2 day not_a_plan_day"},
	{"an unknown meal", "menu", planHead + "1,tea,Rice\n", "2 meal unknown_choice"},
	{"an unknown dish", "menu", planHead + "1,lunch,Soup\n", "2 dish dish_name_unknown"},
	{"a retired dish", "menu", planHead + "1,lunch,Old\n", "2 dish dish_name_unknown"},
	{"a dish of another meal", "menu", planHead + "1,dinner,Rice\n", "2 dish dish_meal"},
	{"the same twice", "menu", planHead + "1,lunch,Rice\n1,lunch,Rice\n", "3 dish line_twice"},
}

var wrongPatients = []wrongFile{
	{"no number", "patients", "number,name\n,Uwera\n", "2 number key_missing"},
	{"no name", "patients", "number,name\n9,\n", "2 name name_missing"},
	{"a number twice", "patients", "number,name\n9,Uwera\n9,Uwase\n", "3 number line_twice"},
	{"a date of Europe", "patients", "number,name,birth_date\n9,Uwera,31/05/1984\n",
		"2 birth_date not_a_date"},
	{"a date of America", "patients", "number,name,birth_date\n9,Uwera,5-31-84\n",
		"2 birth_date not_a_date"},
	{"a date in words", "patients", "number,name,birth_date\n9,Uwera,31 May 1984\n",
		"2 birth_date not_a_date"},
	{"a date that is none", "patients", "number,name,birth_date\n9,Uwera,1985-02-29\n",
		"2 birth_date not_a_date"},
	{"a year alone", "patients", "number,name,birth_date\n9,Uwera,1984\n",
		"2 birth_date not_a_date"},
	{"a number of days in a text", "patients", "number,name,birth_date\n9,Uwera,30833\n",
		"2 birth_date not_a_date"},
	{"a birth to come", "patients", "number,name,birth_date\n9,Uwera,2984-05-31\n",
		"2 birth_date birth_date"},
	{"a sex", "patients", "number,name,sex\n9,Uwera,w\n", "2 sex unknown_choice"},
	{"a language", "patients", "number,name,language\n9,Uwera,zz-\n", "2 language language_tag"},
	{"a rounded number", "patients", "number,name,national_id\n9,Uwera,1.19847E+15\n",
		"2 national_id cell_rounded"},
	{"allergies and none", "patients", "number,name,allergies\n9,Uwera,none|milk\n",
		"2 allergies none_and_some"},
	{"a severe one unnamed", "patients",
		"number,name,allergies,severe_allergies\n9,Uwera,milk,eggs\n",
		"2 severe_allergies severe_unnamed"},
	{"none against the record", "patients", "number,name,allergies\nH-1,Uwase,none\n",
		"2 allergies allergies_on_record_file"},
}

var wrongStays = []wrongFile{
	{"an unknown bed", "patients", patientHead + "9,Uwera,,Z-9,general,7,,\n",
		"2 bed_number bed_number_unknown"},
	{"a retired bed", "patients", patientHead + "9,Uwera,,A-06,general,7,,\n",
		"2 bed_number bed_number_unknown"},
	{"a taken bed", "patients", patientHead + "9,Uwera,,A-01,general,7,,\n",
		"2 bed_number bed_taken"},
	{"a bed twice",
		"patients", patientHead + "8,Uwera,,A-02,general,7,,\n9,Uwase,,A-02,general,7,,\n",
		"3 bed_number bed_taken"},
	{"a move to a taken bed",
		"patients", patientHead + "8,Uwera,,A-02,general,7,,\nH-1,Uwase,,A-02,,,,\n",
		"3 bed_number bed_taken"},
	{"a bed of a closed ward", "patients", patientHead + "9,Uwera,,B-01,general,7,,\n",
		"2 bed_number ward_closed"},
	{"a bed under repair", "patients", patientHead + "9,Uwera,,A-03,general,7,,\n",
		"2 bed_number bed_not_free"},
	{"an unknown diet", "patients", patientHead + "9,Uwera,,A-02,vegan,7,,\n",
		"2 diet unknown_choice"},
	{"a texture beyond", "patients", patientHead + "9,Uwera,,A-02,general,9,,\n",
		"2 texture texture"},
	{"a time of words", "patients", patientHead + "9,Uwera,,A-02,general,7,,yesterday\n",
		"2 admitted_at not_a_time"},
	{"a time to come", "patients", patientHead + "9,Uwera,,A-02,general,7,,2984-05-31T08:00:00Z\n",
		"2 admitted_at in_future"},
	{"another time than on record",
		"patients", patientHead + "H-1,Uwase,,,,,,2026-01-01T08:00:00Z\n",
		"2 admitted_at admitted_otherwise"},
}

// archive is a zip of parts by name.
func archive(t *testing.T, parts map[string]string) string {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, content := range parts {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// sheetOf is a workbook whose only sheet is written by hand.
func sheetOf(t *testing.T, xml string) string {
	t.Helper()
	const packages = "http://schemas.openxmlformats.org/package/2006/"
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return archive(t, map[string]string{
		"[Content_Types].xml": `<Types xmlns="` + packages + `content-types"/>`,
		"_rels/.rels": `<Relationships xmlns="` + packages + `relationships">` +
			`<Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/>` +
			`</Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="` + main + `" xmlns:r="` + relations + `"><sheets>` +
			`<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="` + packages + `relationships">` +
			`<Relationship Id="rId1" Type="` + relations +
			`/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet xmlns="` + main + `"><sheetData>` + xml +
			`</sheetData></worksheet>`,
	})
}

// cells is a row of texts, as sheetOf takes it.
func cells(number string, texts ...string) string {
	row := `<row r="` + number + `">`
	for i, text := range texts {
		row += `<c r="` + string(rune('A'+i)) + number + `" t="inlineStr"><is><t>` + text +
			`</t></is></c>`
	}
	return row + "</row>"
}

// wrongWorkbooks are files of .xlsx, or that say so.
func wrongWorkbooks(t *testing.T) []wrongFile {
	head := []any{"name", "charge"}
	merged := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "name", "B1": "charge", "A2": "A", "B2": 1,
		"B3": 2} {
		if err := merged.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := merged.MergeCell("Sheet1", "A2", "A3"); err != nil {
		t.Fatal(err)
	}
	locked, err := merged.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	var secret bytes.Buffer
	if err := merged.Write(&secret, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	whole := string(book(t, head, []any{"A", 1}))
	return []wrongFile{
		{"a document", "zones", "PK\x03\x04 and nothing", "1  file_no_table"},
		{"half a workbook", "zones", whole[:len(whole)/2], "1  file_no_table"},
		{"an archive of something else", "zones", archive(t, map[string]string{"a.txt": "A"}),
			"1  file_no_table"},
		{"an old workbook", "zones", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more", "1  file_old_workbook"},
		{"a workbook with a password", "zones", secret.String(), "1  file_old_workbook"},
		{"an empty sheet", "zones", string(book(t)), "1  file_empty"},
		{"the sheet of something else", "zones", string(book(t, []any{"Total"}, []any{5})),
			"1 total column_unknown, 1 name column_missing"},
		{"merged cells", "zones", locked.String(), "3 name key_missing"},
		{"a decimal", "zones", string(book(t, head, []any{"A", 1.5})), "2 charge not_an_amount"},
		{"a year as a birth", "patients", string(book(t, []any{"number", "name", "birth_date"},
			[]any{9, "Uwera", 1984})), "2 birth_date not_a_date"},
		{"a day that no calendar has", "patients", string(book(t, []any{"number", "name", "birth_date"},
			[]any{9, "Uwera", 9_999_999})), "2 birth_date not_a_date"},
		{"a sheet that breaks off", "zones", sheetOf(t, cells("1", "name", "charge")+
			cells("2", "A", "1")+`<row r="3"><c><<`), "1  file_no_table"},
		{"a row beyond the last", "zones", sheetOf(t, cells("1", "name", "charge")+
			cells("2000000000", "A", "1")), "1  file_no_table"},
		{"rows that go back", "zones", sheetOf(t, cells("1", "name", "charge")+cells("5", "A", "1")+
			cells("3", "B", "1")), "1  file_no_table"},
		{"a row far below", "zones", sheetOf(t, cells("1", "name", "charge")+
			cells("1048576", "A", "x")), "1048576 charge not_an_amount"},
		{"a cell of no column", "zones", sheetOf(t, cells("1", "name", "charge")+
			`<row r="2"><c r="ZZZZZ2"><v>1</v></c></row>`), "2  file_no_table"},
	}
}

// furnished is a hospital that the wrong files meet: ward A with a patient in A-01, a bed under
// repair and one retired, ward B that is closed, and the dishes Rice and Old, of which Old is
// retired.
func furnished(t *testing.T, url string) *hospital.Hospital {
	t.Helper()
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url,
		Now: func() time.Time { return morning }})
	takeWhole(t, h, "wards", []byte("code,name\nA,Medicine\nB,Surgery\n"))
	takeWhole(t, h, "beds", []byte(bedHead+"A-01,A,,\nA-02,A,,\nA-03,A,,\nA-06,A,,\nB-01,B,,\n"))
	takeWhole(t, h, "wards", []byte("code,is_open\nB,false\n"))
	takeWhole(t, h, "dishes", []byte(dishHead+"Rice,lunch,general,7\nOld,lunch,general,7\n"))
	takeWhole(t, h, "patients", []byte("number,name,bed_number,diet,allergies\n"+
		"H-1,Uwase,A-01,general,milk\n"))
	beds := map[string]int64{}
	wards, err := h.Wards(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	board, err := h.WardBoard(t.Context(), hospital.System, wards[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, bed := range board.Beds {
		beds[bed.Number] = bed.ID
	}
	dishes, err := h.Dishes(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	_, broken := h.SetBedStatus(t.Context(), hospital.System, beds["A-03"],
		hospital.BedStatusCommand{Status: hospital.BedMaintenance, Reason: "Wheel"})
	retired := h.RetireBed(t.Context(), hospital.System, beds["A-06"], "Old", 0)
	for _, err := range []error{broken, retired,
		h.RetireDish(t.Context(), hospital.System, dishes[0].ID, 0)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestEachOfAHundredWrongFilesIsRefusedWhole takes them all in to one hospital.
func TestEachOfAHundredWrongFilesIsRefusedWhole(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := furnished(t, url)
		before := hospitaltest.Contents(t, url)
		all := wrongFiles(t)
		if len(all) < 100 {
			t.Errorf("there are %d wrong files", len(all))
		}
		for _, c := range all {
			done, err := h.Import(t.Context(), hospital.System,
				hospital.ImportCommand{Kind: c.kind, File: strings.NewReader(c.file)})
			got := strings.Join(lineErrors(done), ", ")
			if err != nil || got != c.want {
				t.Errorf("%s with %s: %q, %v; want %q", c.kind, c.what, got, err, c.want)
			}
		}
		if hospitaltest.Contents(t, url) != before {
			t.Error("wrong files have changed the hospital")
		}
	})
}

// pattern is a file of 50 MB that repeats a text behind a header, and notes how much memory is in
// use while it is read.
type pattern struct {
	head, text string
	most       uint64
}

func (p *pattern) Size() int64 { return 50 << 20 }

// ReadAt fills b.
func (p *pattern) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) && at < p.Size() {
		from := p.head
		if at >= int64(len(p.head)) {
			from = p.text[(at-int64(len(p.head)))%int64(len(p.text)):]
		} else {
			from = from[at:]
		}
		copied := copy(b[n:min(int64(len(b)), int64(n)+p.Size()-at)], from)
		n, at = n+copied, at+int64(copied)
	}
	if at/(4<<20) != (at-int64(n))/(4<<20) {
		p.most = max(p.most, inUse())
	}
	if n < len(b) {
		err = io.EOF
	}
	return n, err
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestALargeWrongFileTakesLittleMemory has 50 MB in one line, and in lines of all lengths.
func TestALargeWrongFileTakesLittleMemory(t *testing.T) {
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
	const head = "name,charge\n"
	for what, c := range map[string]struct{ head, text, want string }{
		"one line":    {"", strings.Repeat("x", 4<<10), "1  line_too_long"},
		"one cell":    {head + `"`, strings.Repeat("x", 4<<10), "2  line_too_long"},
		"wrong lines": {head, strings.Repeat("A,much\n", 1000), "2 charge not_an_amount"},
		"long lines":  {head, strings.Repeat("x", 60_000) + ",1\n", "2 name too_long"},
		"wide lines":  {head, "A" + strings.Repeat(",x", 30_000) + "\n", "2  line_wide"},
	} {
		runtime.GC()
		file := &pattern{head: c.head, text: c.text}
		before := inUse()
		done, err := h.Import(t.Context(), hospital.System,
			hospital.ImportCommand{Kind: "zones", File: file})
		told := lineErrors(done)
		if err != nil || len(told) == 0 || told[0] != c.want {
			t.Errorf("%s: %.200q, %v; want %q first", what, told, err, c.want)
		}
		if most := max(file.most, inUse()); most > before+100<<20 {
			t.Errorf("%s: %d MiB are in use", what, (most-before)>>20)
		}
	}
}

// deflated is what unpacks to a text some times over, and the checksum of that.
func deflated(t *testing.T, text string, times int) (packed []byte, sum uint32) {
	t.Helper()
	var one bytes.Buffer
	w, err := flate.NewWriter(&one, flate.BestSpeed)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil || w.Flush() != nil {
		t.Fatal(err)
	}
	packed = bytes.Repeat(one.Bytes(), times)
	for range times {
		sum = crc32.Update(sum, crc32.IEEETable, []byte(text))
	}
	one.Reset()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return append(packed, one.Bytes()...), sum
}

// TestASmallArchiveOfMuchIsRefused has archives that unpack to more than a gigabyte, and to more
// texts than memory has room for.
func TestASmallArchiveOfMuchIsRefused(t *testing.T) {
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: hospitaltest.SQLite(t)})
	for what, part := range map[string]struct {
		name, text string
		times      int
		says       uint64 // what it says to unpack to; 0: the truth
		want       string
	}{
		"a large sheet": {"xl/worksheets/sheet1.xml", strings.Repeat("<row></row>", 1<<16), 1600, 0,
			"1  file_too_large"},
		"a large picture": {"xl/media/image1.png", strings.Repeat("\x00", 1<<20), 1100, 0,
			"1  file_too_large"},
		"a picture that lies": {"xl/media/image1.png", strings.Repeat("\x00", 1<<20), 1100, 9,
			"1  file_no_table"},
		"many texts": {"xl/sharedStrings.xml", strings.Repeat("<si></si>", 1<<14), 80, 0,
			"1  file_too_large"},
	} {
		packed, sum := deflated(t, part.text, part.times)
		var file bytes.Buffer
		w := zip.NewWriter(&file)
		one, err := w.CreateRaw(&zip.FileHeader{Name: part.name, Method: zip.Deflate, CRC32: sum,
			CompressedSize64:   uint64(len(packed)),
			UncompressedSize64: cmp.Or(part.says, uint64(part.times*len(part.text)))})
		if err == nil {
			_, err = one.Write(packed)
		}
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		done := takeFile(t, h, "zones", file.Bytes())
		if got := strings.Join(lineErrors(done), ", "); got != part.want || file.Len() > 16<<20 {
			t.Errorf("%s, packed to %d bytes: %q", what, file.Len(), got)
		}
	}
}
