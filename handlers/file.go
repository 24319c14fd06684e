package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// This file is how spreadsheets come in and go out: for each kind a page that asks for a file, the
// command that takes it, and the files to take away.

// takesFile reports whether a request may carry a file, which is larger than any other body and is
// read only once it is known who sends it.
func takesFile(c echo.Context) bool {
	r := c.Request()
	return r.Method == http.MethodPost && strings.HasPrefix(c.Path(), views.FilesPath) &&
		!isJSON(r) && !isPlainForm(r)
}

// isPlainForm reports whether a request carries a form that can't have a file.
func isPlainForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// How long a file may take to arrive, and its import to be answered: a line from the country, and a
// hospital's patients of years.
const (
	longestUpload = 10 * time.Minute
	longestImport = 10 * time.Minute
)

// filesPage is GET /import/: which files there are.
func (s *Server) filesPage(c echo.Context) error {
	page, err := s.page(c, text.T(c.Request().Context(), "nav.files"))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.FilesPage(page))
}

// importPage is GET /import/{kind}/: the form that takes a file.
func (s *Server) importPage(kind hospital.FileKind) echo.HandlerFunc {
	return func(c echo.Context) error { return s.renderImport(c, http.StatusOK, kind, nil) }
}

func (s *Server) renderImport(c echo.Context, status int, kind hospital.FileKind,
	done *views.ImportOutcome) error {
	page, err := s.page(c, text.T(c.Request().Context(), "file."+string(kind)))
	if err != nil {
		return err
	}
	page.Within = views.FilesPath
	return render(c, status, views.ImportPage(page, kind, done))
}

// importFile is POST /import/{kind}.
func (s *Server) importFile(kind hospital.FileKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := allowSlowUpload(c); err != nil {
			return err
		}
		sent, err := readFile(c)
		if err != nil {
			return err
		}
		defer sent.Close() // nothing but a copy is lost
		cmd := hospital.ImportCommand{Kind: kind, File: sent, DryRun: sent.dryRun}
		if negotiate(c) == asPart {
			return s.importTelling(c, cmd)
		}
		done, err := s.Hospital.Import(c.Request().Context(), actor(c), cmd)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if len(done.Errors) > 0 {
			status = http.StatusUnprocessableEntity
		}
		if negotiate(c) == asJSON {
			answer := newImportedJSON(c.Request().Context(), cmd.DryRun, done)
			for _, link := range done.Links {
				answer.Links = append(answer.Links,
					invitedByFileJSON{link.User.Username, newLinkJSON(c, link)})
			}
			return c.JSON(status, answer)
		}
		return s.renderImport(c, status, kind, new(newImportOutcome(c, cmd.DryRun, done)))
	}
}

// newImportOutcome is what a page tells of an import.
func newImportOutcome(c echo.Context, dryRun bool, done hospital.Imported) views.ImportOutcome {
	outcome := views.ImportOutcome{Imported: done, DryRun: dryRun}
	for _, link := range done.Links {
		outcome.Links = append(outcome.Links,
			views.ImportedLink{Username: link.User.Username, URL: passwordURL(c, link.Token)})
	}
	return outcome
}

// allowSlowUpload gives a file more time than another request.
func allowSlowUpload(c echo.Context) error {
	control := http.NewResponseController(c.Response())
	now := time.Now()
	err := errors.Join(control.SetReadDeadline(now.Add(longestUpload)),
		control.SetWriteDeadline(now.Add(longestUpload+longestImport)))
	if errors.Is(err, http.ErrNotSupported) {
		return nil // a server without such times
	}
	return err
}

// sentFile is a file as it was sent, in the system's temporary folder.
type sentFile struct {
	*hospital.SpooledFile
	dryRun bool
}

// readFile keeps the file that a request carries: as its body, as file of a form, or typed into the
// form as pasted.
func readFile(c echo.Context) (sentFile, error) {
	r := c.Request()
	dryRun, err := dryRunSaid(c.QueryParam("dry_run"))
	if err != nil {
		return sentFile{}, err
	}
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "multipart/form-data":
		return readFileOfForm(multipart.NewReader(r.Body, parameters["boundary"]), dryRun)
	case isJSON(r), isPlainForm(r):
		return sentFile{}, echo.NewHTTPError(http.StatusUnsupportedMediaType,
			"Send the file as it is (text/csv), or as file of a multipart form.")
	}
	file, err := spool(r.Body)
	return sentFile{file, dryRun}, err
}

// dryRunSaid reads whether only to look was asked for.
func dryRunSaid(said string) (bool, error) {
	switch said {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0", "":
		return false, nil
	}
	wrong := fieldErrors{}
	wrong.refuse("dry_run", "truth", "Say true or false.")
	return false, wrong.err()
}

// readFileOfForm keeps the file of a form, or what was pasted where none was chosen.
func readFileOfForm(form *multipart.Reader, dryRun bool) (sent sentFile, err error) {
	sent.dryRun = dryRun
	defer func() {
		if err != nil && sent.SpooledFile != nil {
			err = errors.Join(err, sent.Close())
		}
	}()
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sent, unread(err)
		}
		if err := sent.takePart(part); err != nil {
			return sent, err
		}
	}
	if sent.SpooledFile == nil {
		wrong := fieldErrors{}
		wrong.refuse("file", "file_missing", "Choose a file, or paste its lines.")
		return sent, wrong.err()
	}
	return sent, nil
}

// takePart takes a part of a form.
func (sent *sentFile) takePart(part *multipart.Part) error {
	switch name := part.FormName(); name {
	case "dry_run":
		said, err := io.ReadAll(io.LimitReader(part, 8))
		if err != nil {
			return unread(err)
		}
		asked, err := dryRunSaid(string(said))
		sent.dryRun = sent.dryRun || asked
		return err
	case "file", "pasted":
		if sent.SpooledFile != nil {
			return nil // the first that was given
		}
		file, err := spool(part)
		if err != nil {
			return err
		}
		if file.Size() == 0 && (name == "pasted" || part.FileName() == "") {
			return file.Close()
		}
		sent.SpooledFile = file
	}
	return nil
}

// spool keeps what is sent in the system's temporary folder.
func spool(body io.Reader) (*hospital.SpooledFile, error) {
	file, err := hospital.SpoolFile(body)
	switch {
	case hospital.IsKind(err, hospital.Invalid):
		return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge, err.Error())
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, unread(err)
	}
	return file, err
}

// importTelling imports a file and answers a page's script: each time a part of the page that
// stands in the place of the one before, with a form feed between. So the page tells how far a long
// import is.
func (s *Server) importTelling(c echo.Context, cmd hospital.ImportCommand) error {
	ctx := c.Request().Context()
	w := c.Response()
	w.Header().Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	tell := func(lines int) {
		part, err := draw(ctx, views.ImportProgress(lines))
		if err == nil {
			_, err = w.Write(append(part, '\f'))
		}
		if err == nil {
			err = http.NewResponseController(w).Flush()
		}
		if err != nil {
			s.Log.Debug("progress is told to nobody", "request", requestID(c), "error", err)
		}
	}
	cmd.Progress = tell
	done, err := s.Hospital.Import(ctx, actor(c), cmd)
	outcome := newImportOutcome(c, cmd.DryRun, done)
	if err != nil {
		outcome.Problem = s.explain(c, err).words()
	}
	part, err := draw(ctx, views.ImportResult(outcome))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(part))
	return err
}

// exportFile is GET /export/{kind}: all there is of a kind. It is read to its end before the first
// byte goes out: a slow line keeps no hold of the database.
func (s *Server) exportFile(kind hospital.FileKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		file, err := os.CreateTemp("", "dusangire-")
		if err != nil {
			return err
		}
		defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }() // a copy
		if err := s.Hospital.Export(c.Request().Context(), actor(c), kind, file); err != nil {
			return err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := allowSlowUpload(c); err != nil {
			return err
		}
		attach(c, string(kind)+".csv")
		return c.Stream(http.StatusOK, csvType, file)
	}
}

// sampleFile is GET /sample/{kind}: what a file of the kind looks like.
func sampleFile(kind hospital.FileKind) echo.HandlerFunc {
	return func(c echo.Context) error {
		file, err := kind.SampleFile()
		if err != nil {
			return err
		}
		attach(c, "sample-"+string(kind)+".csv")
		return c.Blob(http.StatusOK, csvType, file)
	}
}

const csvType = "text/csv; charset=utf-8"

// attach has a browser keep the answer as a file.
func attach(c echo.Context, name string) {
	c.Response().Header().Set(echo.HeaderContentDisposition,
		mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// importedJSON is what became of a file. With errors it is a problem too.
type importedJSON struct {
	Type      string          `json:"type,omitempty"`
	Code      string          `json:"code,omitempty"`
	Title     string          `json:"title,omitempty"`
	Status    int             `json:"status,omitempty"`
	Detail    string          `json:"detail,omitempty"`
	Kind      string          `json:"kind"`
	DryRun    bool            `json:"dry_run"`
	Rows      int             `json:"rows"`
	Added     int             `json:"added"`
	Changed   int             `json:"changed"`
	Unchanged int             `json:"unchanged"`
	Errors    []lineErrorJSON `json:"errors"`
	Format    string          `json:"format"`    // csv or xlsx
	Encoding  string          `json:"encoding"`  // of csv
	Delimiter string          `json:"delimiter"` // of csv

	// Links are of accounts that were added.
	Links []invitedByFileJSON `json:"links,omitempty"`
}

// invitedByFileJSON is an account that was added, with its link.
type invitedByFileJSON struct {
	Username string `json:"username"`
	linkJSON
}

// lineErrorJSON is what is wrong with a line of a file.
type lineErrorJSON struct {
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

func newImportedJSON(ctx context.Context, dryRun bool, done hospital.Imported) importedJSON {
	j := importedJSON{Kind: string(done.Kind), DryRun: dryRun, Rows: done.Rows, Added: done.Added,
		Changed: done.Changed, Unchanged: done.Unchanged, Errors: []lineErrorJSON{},
		Format: done.Format.Type, Encoding: done.Format.Encoding,
		Delimiter: done.Format.Delimiter}
	for _, wrong := range done.Errors {
		j.Errors = append(j.Errors, lineErrorJSON{wrong.Line, wrong.Field,
			strings.ToValidUTF8(wrong.Value, "\uFFFD"), text.Refusal(ctx, wrong.Reason)})
	}
	if len(j.Errors) > 0 {
		const status = http.StatusUnprocessableEntity
		j.Type, j.Code = problemPrefix+"file_refused", "file_refused"
		j.Title, j.Status = http.StatusText(status), status
		j.Detail = text.T(ctx, "import.refused", len(j.Errors))
	}
	return j
}
