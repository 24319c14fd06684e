package hospital

import (
	"context"
	"database/sql"
	"embed"
	"io"
	"slices"

	"dusangire/hospital/internal/sheet"
)

// This file is what a hospital keeps in spreadsheets: which kinds of file there are, who may bring
// them in and take them out, and how each is laid out. Every kind is said once, in its noun's file.

// FileKind is what a file has on each of its lines, such as a ward.
type FileKind string

// The kinds of file.
const (
	WardFile    FileKind = "wards"
	BedFile     FileKind = "beds"
	ZoneFile    FileKind = "zones"
	UserFile    FileKind = "users"
	DishFile    FileKind = "dishes"
	MenuFile    FileKind = "menu"
	PatientFile FileKind = "patients"
)

// FileKinds lists them in the order in which a new hospital needs them.
var FileKinds = []FileKind{WardFile, BedFile, ZoneFile, UserFile, DishFile,
	MenuFile, PatientFile}

// Valid reports whether k is one of FileKinds.
func (k FileKind) Valid() bool { return slices.Contains(FileKinds, k) }

// Permission is what somebody must hold to import and to export the kind.
func (k FileKind) Permission() Permission { return layouts()[k].permission }

// Columns are those that a file of the kind can have, the natural key first.
func (k FileKind) Columns() []string { return slices.Clone(layouts()[k].columns) }

// layout is how a kind of file is laid out, and what becomes of its lines.
type layout struct {
	permission Permission
	columns    []string // the natural key first
	key        int      // how many columns the natural key has
	filled     int      // how many of these no line may leave empty; 0: all
	// fields are what commands call a column otherwise.
	fields map[string]string
	// take does what a line says, by the commands that people give too.
	take func(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error)
	// finish does what the lines say together that take has gathered; nil where it gathers none.
	finish func(ctx context.Context, h *Hospital, actor Actor,
		count func(became fileOutcome, lines int)) error
	// list hands every line to write, in the order of the natural key.
	list func(ctx context.Context, h *Hospital, q *sql.Tx, write func(cells ...string) error) error
}

// layouts has every kind.
func layouts() map[FileKind]layout {
	return map[FileKind]layout{
		WardFile: wardLayout, BedFile: bedLayout, ZoneFile: zoneLayout,
		UserFile: userLayout, DishFile: dishLayout, MenuFile: menuLayout(),
		PatientFile: patientLayout,
	}
}

// fileOutcome is what became of a line.
type fileOutcome int

const (
	lineUnchanged fileOutcome = iota
	lineAdded
	lineChanged
	lineGathered // which finish counts
)

// changedIf is what became of a line about something that there was already.
func changedIf(changed bool) fileOutcome {
	if changed {
		return lineChanged
	}
	return lineUnchanged
}

// File is what is imported: of a Spooled file, or of one in memory.
type File = sheet.File

// FileFormat is what a file was taken for.
type FileFormat = sheet.Format

// MostFileBytes is how large a file may be that is imported.
const MostFileBytes = 64 << 20

// SpooledFile is a File in the system's temporary folder, which Close removes.
type SpooledFile = sheet.Spooled

// SpoolFile keeps what r has for Import, which reads it more than once. Invalid for more than
// MostFileBytes.
func SpoolFile(r io.Reader) (*SpooledFile, error) {
	file, err := sheet.Spool(r, MostFileBytes)
	if refusal := unreadableFile(err); refusal != nil {
		return nil, refusal
	}
	return file, wrap(err, "keep a file")
}

//go:embed sample demo/dishes.csv
var samples embed.FS

// SampleFile is a file of the kind as it is to be. That of dishes is the demo's whole menu, for a
// kitchen to begin with, and that of the menu a week of them.
func (k FileKind) SampleFile() ([]byte, error) {
	folder := "sample"
	if k == DishFile {
		folder = "demo"
	}
	return samples.ReadFile(folder + "/" + string(k) + ".csv")
}
