package handlers_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"dusangire/hospital"
)

// imported is what POST /import/{kind} answers a program.
type imported struct {
	Kind                                    string
	DryRun                                  bool `json:"dry_run"`
	Rows, Added, Changed, Unchanged, Status int
	Errors                                  []struct {
		Line                  int
		Field, Value, Message string
	}
	Format, Encoding, Delimiter, Code, Detail, Type, Title string
}

// sendFile posts a file as a program does.
func (h *fixture) sendFile(path, file string, header http.Header) (answer, imported) {
	h.t.Helper()
	header.Set("Accept", "application/json")
	got := h.ask(question{method: http.MethodPost, path: path, token: h.token("admin"),
		body: strings.NewReader(file), header: header})
	var done imported
	if err := json.Unmarshal([]byte(got.body), &done); err != nil {
		h.t.Fatalf("POST %s: %d %.300s", path, got.status, got.body)
	}
	return got, done
}

func csvHeader() http.Header { return http.Header{"Content-Type": {"text/csv"}} }

// formWith is a multipart form with some parts, and the header that says so.
func formWith(t *testing.T, parts map[string]string) (string, http.Header) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range parts {
		part, err := form.CreateFormFile(name, name+".csv")
		if name != "file" {
			part, err = form.CreateFormField(name)
		}
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return body.String(), http.Header{"Content-Type": {form.FormDataContentType()}}
}

func TestAProgramTakesFilesInAndOut(t *testing.T) {
	h := newFixture(t, settings{})
	const file = "name,charge\nHills,200\nLake,300\n"
	form, header := formWith(t, map[string]string{"file": file})
	pasted, pastedHeader := formWith(t, map[string]string{
		"pasted": strings.ReplaceAll(file, ",", "\t")})
	for _, step := range []struct {
		path, body string
		header     http.Header
		want       imported
	}{
		{"/import/zones?dry_run=true", file, csvHeader(), imported{DryRun: true, Added: 2}},
		{"/import/zones", file, csvHeader(), imported{Added: 2}},
		{"/import/zones", form, header, imported{Unchanged: 2}},
		{"/import/zones/", pasted, pastedHeader, imported{Unchanged: 2, Delimiter: "\t"}},
		{"/import/zones", strings.Replace(file, "300", "350", 1), csvHeader(),
			imported{Changed: 1, Unchanged: 1}},
	} {
		got, done := h.sendFile(step.path, step.body, step.header)
		if step.want.Delimiter == "" {
			step.want.Delimiter = ","
		}
		if got.status != http.StatusOK || done.Kind != "zones" || done.Rows != 2 ||
			done.DryRun != step.want.DryRun || done.Added != step.want.Added ||
			done.Changed != step.want.Changed || done.Unchanged != step.want.Unchanged ||
			done.Errors == nil || done.Format != "csv" || done.Encoding != "UTF-8" ||
			done.Delimiter != step.want.Delimiter {
			t.Errorf("POST %s: %d %s", step.path, got.status, got.body)
		}
	}
	out := h.ask(question{method: http.MethodGet, path: "/export/zones", token: h.token("admin")})
	const want = "name,charge\r\nHills,200\r\nLake,350\r\n"
	if out.status != http.StatusOK || out.body != want ||
		!strings.Contains(out.header.Get("Content-Disposition"), "zones.csv") {
		t.Errorf("GET /export/zones: %d %q %v", out.status, out.body, out.header)
	}
}

func TestAWrongFileIsRefusedWithEveryLine(t *testing.T) {
	h := newFixture(t, settings{})
	token := h.token("admin")
	got, done := h.sendFile("/import/zones", "name,charge\nHills,much\n,3\n", csvHeader())
	if got.status != http.StatusUnprocessableEntity || done.Code != "file_refused" ||
		done.Status != got.status || len(done.Errors) != 2 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if wrong := done.Errors[0]; wrong.Line != 2 || wrong.Field != "charge" ||
		wrong.Value != "much" || wrong.Message == "" {
		t.Errorf("%+v", wrong)
	}
	before := h.contents()
	for status, sent := range map[int]struct{ contentType, body string }{
		http.StatusUnsupportedMediaType: {"application/json", "{}"},
		http.StatusBadRequest: {"multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nname"},
		http.StatusUnprocessableEntity:   {"text/csv", ""},
		http.StatusRequestEntityTooLarge: {"text/csv", strings.Repeat("x", hospital.MostFileBytes+1)},
	} {
		got := h.ask(question{method: http.MethodPost, path: "/import/zones", as: program,
			token: token, body: strings.NewReader(sent.body),
			header: http.Header{"Content-Type": {sent.contentType}}})
		if got.status != status {
			t.Errorf("%s: %d, want %d: %.200s", sent.contentType, got.status, status, got.body)
		}
	}
	if h.contents() != before {
		t.Error("wrong files have changed something")
	}
}

// TestAPersonTakesAFileInWithoutAScript uses the page's own form.
func TestAPersonTakesAFileInWithoutAScript(t *testing.T) {
	h := newFixture(t, settings{})
	admin := h.person(hospital.Admin)
	form := admin.open("/import/zones/").Find("form.import")
	for _, step := range []struct {
		action, file, says string
		status             int
	}{
		{form.Find("button.primary").AttrOr("formaction", ""), "name,charge\nHills,200\n",
			"The file can be taken in. Lines: 1", http.StatusOK},
		{form.AttrOr("action", ""), "name,charge\nHills,200\n", "The file was taken in. Lines: 1",
			http.StatusOK},
		{form.AttrOr("action", ""), "name,charge\nHills,\x01\n", "Nothing was taken in",
			http.StatusUnprocessableEntity},
	} {
		body, header := formWith(t, map[string]string{"file": step.file})
		header.Set("Cookie", admin.cookie().Get("Cookie"))
		got := h.ask(question{method: http.MethodPost, path: step.action, as: browser,
			body: strings.NewReader(body), header: header})
		if said := got.html().Find("#import-result").Text(); got.status != step.status ||
			!strings.Contains(said, step.says) {
			t.Errorf("POST %s: %d %q", step.action, got.status, said)
		}
	}
	other := strings.Replace(form.AttrOr("action", ""), "person=", "person=9", 1)
	body, header := formWith(t, map[string]string{"file": "name,charge\nLake,1\n"})
	header.Set("Cookie", admin.cookie().Get("Cookie"))
	if got := h.ask(question{method: http.MethodPost, path: other, as: browser,
		body: strings.NewReader(body), header: header}); got.status != http.StatusConflict {
		t.Errorf("from the page of somebody else: %d", got.status)
	}
}

// TestAScriptIsToldHowFarALongImportIs reads what the page's script reads.
func TestAScriptIsToldHowFarALongImportIs(t *testing.T) {
	h := newFixture(t, settings{})
	var file strings.Builder
	file.WriteString("name,charge\n")
	for i := range 2500 {
		file.WriteString("Zone ")
		file.WriteString(strings.Repeat("x", 1+i%50))
		file.WriteString(string(rune('0'+i%10)) + " " + strings.Repeat("y", 1+i/50) + ",1\n")
	}
	got := h.ask(question{method: http.MethodPost, path: "/import/zones?dry_run=true",
		token: h.token("admin"), body: strings.NewReader(file.String()),
		header: http.Header{"Content-Type": {"text/csv"}, "HX-Request": {"true"}}})
	parts := strings.Split(got.body, "\f")
	if got.status != http.StatusOK || len(parts) != 3 ||
		!strings.Contains(parts[0], "Lines looked at: 1000") ||
		!strings.Contains(parts[2], "The file can be taken in. Lines: 2\u00a0500") {
		t.Errorf("%d, %d parts: %.500s", got.status, len(parts), got.body)
	}
}
