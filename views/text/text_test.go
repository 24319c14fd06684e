package text_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// entry is one line of the catalogue as the test reads it, by its own means.
type entry struct{ en, fr, rw string }

func readCatalogue(t *testing.T) map[string]entry {
	t.Helper()
	file, err := os.ReadFile("catalogue.tsv")
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]entry{}
	for line := range strings.Lines(string(file)) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || c[0] == "key" {
			continue
		}
		entries[c[0]] = entry{c[1], c[2], c[3]}
	}
	return entries
}

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

func TestEverySentenceIsInAllLanguagesWithTheSameVerbs(t *testing.T) {
	for key, e := range readCatalogue(t) {
		if e.en == "" || e.fr == "" || e.rw == "" {
			t.Errorf("%s is not in all languages", key)
		}
		want := verb.FindAllString(e.en, -1)
		for _, translation := range []string{e.fr, e.rw} {
			if got := verb.FindAllString(translation, -1); !slices.Equal(got, want) {
				t.Errorf("%s: %q has the verbs %v, the English has %v", key, translation, got, want)
			}
		}
	}
}

// sources are the program's files that may use a key.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, room := range []string{"views", "handlers", "cmd", "hospital"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(path string, d fs.DirEntry, err error) error {
			name := filepath.Base(path)
			switch {
			case err != nil:
				return err
			case d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go"):
				return nil
			case strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".templ"):
				body, err := os.ReadFile(path)
				files[path] = string(body)
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

var (
	asked    = regexp.MustCompile(`\bT\([^"]*, ?"([a-z0-9_.]+)"( ?\+)?`)
	literals = regexp.MustCompile(`"([a-z0-9_]+(?:\.[a-z0-9_]+)*\.?)"`)
)

func TestEveryKeyThatTheCodeAsksForIsInTheCatalogue(t *testing.T) {
	entries := readCatalogue(t)
	found := 0
	for path, source := range sources(t) {
		for _, m := range asked.FindAllStringSubmatch(source, -1) {
			found++
			if m[2] != "" { // the start of a key; TestEveryWordOfTheDomainIsInTheCatalogue knows its ends
				continue
			}
			if _, ok := entries[m[1]]; !ok {
				t.Errorf("%s asks for %q, which the catalogue lacks", path, m[1])
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d uses of T were found: the search is broken", found)
	}
}

// domain lists, by the start of a key, the words that the code puts after it.
func domain() map[string][]string {
	lists := map[string][]string{
		"sex.":     {"unknown", "female", "male", "other"},
		"reason.":  hospital.AdmissionReasons,
		"metric.":  {"occupancy", "patients", "pending", "wards", "occupancy.means", "patients.means", "pending.means", "wards.means"},
		"problem.": {"title"},
	}
	for _, s := range hospital.BedStatuses {
		lists["status."] = append(lists["status."], string(s))
		lists["count."] = append(lists["count."], string(s))
		for _, next := range hospital.NextBedStatuses(s) {
			lists["step."] = append(lists["step."], string(next))
		}
	}
	for _, kind := range hospital.FileKinds {
		lists["file."] = append(lists["file."], string(kind))
	}
	lists["delimiter."] = []string{"comma", "semicolon", "tab"}
	for _, r := range hospital.Roles {
		lists["role."] = append(lists["role."], string(r))
	}
	for _, why := range hospital.NoMeals {
		lists["nomeal."] = append(lists["nomeal."], string(why))
	}
	for _, step := range hospital.CleaningSteps {
		lists["cleaning.step."] = append(lists["cleaning.step."], string(step))
	}
	lists["missing."] = []string{string(hospital.MissingWard), string(hospital.MissingBed),
		string(hospital.MissingDish)}
	lists["cleaning.state."] = []string{string(hospital.Dirty), string(hospital.CleaningStarted)}
	for _, d := range hospital.Diets {
		lists["diet."] = append(lists["diet."], string(d))
	}
	for _, a := range hospital.Allergens {
		lists["allergen."] = append(lists["allergen."], string(a))
	}
	for _, o := range hospital.Outcomes {
		lists["outcome."] = append(lists["outcome."], string(o))
	}
	for _, station := range hospital.Stations {
		lists["station."] = append(lists["station."], string(station))
	}
	for _, s := range hospital.OrderStatuses {
		lists["order."] = append(lists["order."], string(s))
	}
	for _, s := range hospital.DeliveryStatuses {
		lists["delivery."] = append(lists["delivery."], string(s))
	}
	lists["failed."] = hospital.FailReasons
	lists["hazard.own."] = []string{"severe", "allergen", "may_contain", "diet", "texture"}
	lists["hazard."] = []string{"severe", "allergen", "may_contain", "never_asked", "diet", "texture",
		"nil_by_mouth", "not_admitted", "on_leave"}
	lists["act."] = []string{"admission", "transfer", "swap", "reopening"}
	for _, level := range []hospital.Level{hospital.LevelInfo, hospital.LevelSuccess, hospital.LevelWarning, hospital.LevelAlert} {
		lists["level."] = append(lists["level."], string(level))
	}
	for code := range hospital.Notices {
		lists["notice."] = append(lists["notice."], code, code+".title")
	}
	lists["side."] = []string{"north", "south", "east", "west"}
	lists["receiver."] = hospital.Receivers
	lists["alarm."] = []string{"wrong_bed", "wrong_code", "stopped", "moved", "refused"}
	lists["stopped."] = []string{hospital.StoppedHazard, hospital.StoppedDischarged}
	for _, u := range hospital.Urgencies {
		lists["urgency."] = append(lists["urgency."], string(u))
	}
	lists["ticket.step."] = []string{"check", "confirm", "start", "ready", "recall", "part"}
	lists["tray.size."] = []string{"a6", "a4", "80mm"}
	lists["dish.event."] = wordsOf(hospital.DishActions)
	lists["dish.available."] = []string{"true", "false"}
	lists["staffed."] = []string{"true", "false"}
	lists["isolation."], lists["priority."] = wordsOf(hospital.Isolations),
		wordsOf(hospital.Priorities)
	lists["misfit."], lists["feature."] = wordsOf(hospital.Misfits), wordsOf(hospital.BedFeatures)
	lists["ward_sex."] = wordsOf(hospital.WardSexes)
	lists["ward.step."] = wordsOf(hospital.WardSteps)
	lists["ward.open."] = []string{"true", "false"}
	lists["weekday."], lists["wall_names."] = wordsOf(hospital.WeekDays),
		wordsOf(hospital.WallNamings)
	lists["mark.ward_for."] = []string{"female", "male"}
	lists["mark.misfit."] = []string{"isolation", "staff"}
	for i := range 8 {
		lists["texture."] = append(lists["texture."], strconv.Itoa(i))
		lists["texture.short."] = append(lists["texture.short."], strconv.Itoa(i))
	}
	lists["eaten."] = wordsOf(hospital.EatenAmounts)
	lists["without.todo."] = wordsOf(hospital.NoMeals)
	lists["trays."] = wordsOf(hospital.TrayStates)
	lists["kitchen.view."] = []string{"production", "line", "tickets"}
	lists["kitchen.exception."] = []string{"held", "moved", "stopped", "late", "undelivered"}
	for d := range 7 {
		lists["weekday."] = append(lists["weekday."], strconv.Itoa(d))
		lists["weekday.short."] = append(lists["weekday.short."], strconv.Itoa(d))
	}
	for m := range 12 {
		lists["month."] = append(lists["month."], fmt.Sprintf("%02d", m+1))
	}
	for _, status := range []string{"400", "403", "404", "405", "409", "413", "429", "500", "503"} {
		lists["problem."] = append(lists["problem."], status, status+".title")
	}
	return lists
}

// wordsOf are the words of a list of the domain.
func wordsOf[T ~string](list []T) (words []string) {
	for _, one := range list {
		words = append(words, string(one))
	}
	return words
}

func TestEveryWordOfTheDomainIsInTheCatalogue(t *testing.T) {
	entries := readCatalogue(t)
	lists := domain()
	for start, ends := range lists {
		for _, end := range ends {
			if _, ok := entries[start+end]; !ok {
				t.Errorf("the catalogue lacks %q", start+end)
			}
		}
	}
	for path, source := range sources(t) {
		for _, m := range asked.FindAllStringSubmatch(source, -1) {
			if m[2] != "" && lists[m[1]] == nil {
				t.Errorf("%s builds keys from %q, whose ends this test does not know", path, m[1])
			}
		}
	}
}

func TestNoKeyIsUnused(t *testing.T) {
	used := map[string]bool{}
	for _, source := range sources(t) {
		for _, m := range literals.FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
	}
	for start, ends := range domain() {
		for _, end := range ends {
			used[start+end] = true
		}
	}
	for code := range refusalCodes(t) {
		used["refusal."+code] = true
	}
	for key := range readCatalogue(t) {
		if !used[key] {
			t.Errorf("nothing uses %q", key)
		}
	}
}

// refusalCodes finds every code with which something is refused, and the English sentences that it is given.
func refusalCodes(t *testing.T) map[string][]string {
	t.Helper()
	codes := map[string][]string{}
	for path, source := range sources(t) {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var pairs []ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				if slices.Contains([]string{"Refuse", "refuse", "refuseField", "Busy", "conflict", "worded"}, nameOf(n.Fun)) {
					pairs = n.Args
				}
			case *ast.CompositeLit:
				pairs = codeAndMessage(n)
			}
			for i := 0; i+1 < len(pairs); i++ {
				code, sentence := stringOf(pairs[i]), stringOf(pairs[i+1])
				if isCode.MatchString(code) && strings.Contains(sentence, " ") {
					codes[code] = append(codes[code], sentence)
				}
			}
			return true
		})
	}
	return codes
}

var isCode = regexp.MustCompile(`^[a-z_]+$`)

// nameOf is the name of a called function or method.
func nameOf(called ast.Expr) string {
	switch called := called.(type) {
	case *ast.Ident:
		return called.Name
	case *ast.SelectorExpr:
		return called.Sel.Name
	}
	return ""
}

func codeAndMessage(literal *ast.CompositeLit) []ast.Expr {
	var code, message ast.Expr
	for _, element := range literal.Elts {
		if kv, ok := element.(*ast.KeyValueExpr); ok {
			switch key, _ := kv.Key.(*ast.Ident); {
			case key != nil && key.Name == "Code":
				code = kv.Value
			case key != nil && key.Name == "Message":
				message = kv.Value
			}
		}
	}
	return []ast.Expr{code, message}
}

// stringOf is a text as it is written in code, in one piece or in several; "" for anything else.
func stringOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value)
			return s
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return stringOf(e.X) + stringOf(e.Y)
		}
	}
	return ""
}

func TestEveryRefusalIsTranslated(t *testing.T) {
	entries := readCatalogue(t)
	codes := refusalCodes(t)
	if len(codes) < 30 || codes["bed_taken"] == nil || codes["not_saved"] == nil || codes["outcome_unknown"] == nil {
		t.Fatalf("only %d codes were found: the search is broken", len(codes))
	}
	for code, sentences := range codes {
		e, ok := entries["refusal."+code]
		if !ok {
			t.Errorf("the catalogue lacks refusal.%s: %q", code, sentences[0])
			continue
		}
		for _, v := range verb.FindAllStringSubmatch(e.fr, -1) {
			for _, sentence := range sentences {
				if !filled(sentence, v[0]) {
					t.Errorf("refusal.%s says %s, with which %q is not filled", code, v[0], sentence)
				}
			}
		}
	}
}

// filled reports whether the arguments of an English sentence serve a verb such as "%[2]s".
func filled(sentence, wanted string) bool {
	n, err := strconv.Atoi(strings.Trim(wanted, "%[]sd"))
	verbs := verb.FindAllString(sentence, -1)
	return err == nil && n <= len(verbs) && verbs[n-1][1:] == wanted[len(wanted)-1:]
}

func TestARefusalIsSaidInTheReadersLanguage(t *testing.T) {
	refusal := hospital.Refuse(hospital.Conflict, "bed_taken",
		"Bed %s is occupied: %s lies there. Choose another bed.", "MED-A-05", "Uwase Marie")
	for lang, want := range map[text.Lang]string{
		text.En: "Bed MED-A-05 is occupied: Uwase Marie lies there. Choose another bed.",
		text.Fr: "Le lit MED-A-05 est occupé par Uwase Marie. Choisissez un autre lit.",
		text.Rw: "Igitanda MED-A-05 kirimo Uwase Marie. Hitamo ikindi gitanda.",
	} {
		if got := text.Refusal(text.With(context.Background(), lang), refusal); got != want {
			t.Errorf("in %s got %q, want %q", lang, got, want)
		}
	}
	refusal = hospital.Refuse(hospital.Conflict, "already_admitted",
		"%s is already admitted and is %s. Transfer the patient instead.", "Uwase Marie",
		hospital.Whereabouts("MED-A-05"))
	const alreadyHere = "Uwase Marie a déjà un séjour en cours : lit MED-A-05. Transférez plutôt le patient."
	if got := text.Refusal(text.With(context.Background(), text.Fr), refusal); got != alreadyHere {
		t.Errorf("in French got %q, want %q", got, alreadyHere)
	}
	z := hospital.Hazard{Kind: hospital.HazardAllergen, Allergen: "peanuts", DishName: hospital.DishName{En: "Cassava leaves", Rw: "Isombe"}}
	refusal = hospital.Refuse(hospital.Conflict, "hazards", "This must not go to the patient: %s. %s", hospital.Hazards{z},
		hospital.Refuse(hospital.Conflict, "hazards_stand", "Choose something else, or have the diet order changed."))
	const inFrench = "Ceci ne doit pas aller au patient : Cassava leaves contient : arachides (allergie). Choisissez autre chose, ou faites modifier la prescription diététique."
	if got := text.Refusal(text.With(context.Background(), text.Fr), refusal); got != inFrench {
		t.Errorf("in French got %q, want %q", got, inFrench)
	}
	unknown := hospital.Refuse(hospital.Conflict, "never_heard", "Something new with %d parts.", 2)
	if got := text.Refusal(text.With(context.Background(), text.Rw), unknown); got != "Something new with 2 parts." {
		t.Errorf("an unknown code is said as %q, not in English", got)
	}
}

// namedIn matches what a notice's words name.
var namedIn = regexp.MustCompile(`\{\w+\}`)

// TestNoticesAreSaidInTheReadersLanguage also keeps the catalogue's English, which translators read, to the words that programs get.
func TestNoticesAreSaidInTheReadersLanguage(t *testing.T) {
	entries := readCatalogue(t)
	for code, notice := range hospital.Notices {
		if title, message := entries["notice."+code+".title"].en, entries["notice."+code].en; title != notice.Title || message != notice.Message {
			t.Errorf("the catalogue says of %s %q and %q, the hospital %q and %q", code, title, message, notice.Title, notice.Message)
		}
	}
	for code, notice := range hospital.Notices {
		for _, key := range []string{"notice." + code, "notice." + code + ".title"} {
			for _, name := range namedIn.FindAllString(entries[key].fr+entries[key].rw, -1) {
				if !strings.Contains(notice.Title+notice.Message, name) {
					t.Errorf("%s names %s, which the English does not", key, name)
				}
			}
		}
	}
	lunch := hospital.Notification{Code: "order_ready",
		About: hospital.About{OrderID: 12, Meal: hospital.Lunch}, Title: "Order 12 is ready",
		Message: "Your lunch waits for a courier."}
	over := hospital.Notification{Code: "nil_by_mouth_over", About: hospital.About{BedNumber: "A-05"},
		Title: "Nil by mouth is over in bed A-05", Message: "English."}
	unknown := hospital.Notification{Code: "of_another_version",
		About: hospital.About{Meal: hospital.Lunch}, Title: "Title", Message: "Message."}
	for _, c := range []struct {
		lang           text.Lang
		n              hospital.Notification
		title, message string
	}{
		{text.En, lunch, "Order 12 is ready", "Your lunch waits for a courier."},
		{text.Fr, lunch, "Commande 12 prête", "Votre repas (Déjeuner) attend un livreur."},
		{text.Rw, lunch, "Komande 12 yateguwe", "Ifunguro ryawe (Ifunguro rya saa sita) ritegereje urigemura."},
		{text.Fr, over, "Fin du jeûne au lit A-05", "Ce patient peut de nouveau manger. Voyez ce qui est commandé."},
		{text.Fr, unknown, "Title", "Message."},
	} {
		title, message := text.Notice(text.With(context.Background(), c.lang), c.n)
		if title != c.title || message != c.message {
			t.Errorf("%s in %s is %q and %q, want %q and %q", c.n.Code, c.lang, title, message, c.title, c.message)
		}
	}
}

func TestPickPrefersTheCookieThenTheBrowser(t *testing.T) {
	for _, c := range []struct {
		cookie, header string
		want           text.Lang
	}{
		{"fr", "rw", text.Fr}, {"", "rw-RW,rw;q=0.9,en;q=0.5", text.Rw}, {"", "fr-CA", text.Fr}, {"", "de, fr;q=0.5", text.Fr},
		{"xx", "", text.En}, {"", "ja", text.En}, {"", ";;;", text.En}, {"", "", text.En},
	} {
		if got := text.Pick(t.Context(), c.cookie, c.header); got != c.want {
			t.Errorf("cookie %q and Accept-Language %q give %s, want %s", c.cookie, c.header, got, c.want)
		}
	}
}

func TestTimesAreOfKigali(t *testing.T) {
	ctx := text.With(context.Background(), text.Fr)
	at := time.Date(2026, 2, 3, 22, 32, 5, 0, time.UTC)
	for got, want := range map[string]string{
		text.Clock(ctx, at): "00:32:05", text.Moment(ctx, at): "4 févr. 00:32",
		text.Birthday(ctx, at): "3 févr. 2026", text.Input(ctx, at): "2026-02-04T00:32", text.Moment(ctx, time.Time{}): "",
		text.Percent(ctx, 78.3): "78,3\u00a0%",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseInputReadsWhatInputWrites(t *testing.T) {
	want := time.Date(2026, 2, 3, 12, 32, 0, 0, time.UTC)
	for _, s := range []string{text.Input(t.Context(), want), "2026-02-03T14:32:00", "2026-02-03T12:32:00Z", "2026-02-03T14:32:00+02:00"} {
		if got, err := text.ParseInput(t.Context(), s); err != nil || !got.Equal(want) {
			t.Errorf("%q is read as %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "tomorrow", "2026-02-30T10:00", "14:32"} {
		if got, err := text.ParseInput(t.Context(), s); err == nil {
			t.Errorf("%q is read as %v, want an error", s, got)
		}
	}
}
