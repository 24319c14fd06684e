package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/views"
	"dusangire/views/text"
)

// setupRoutes set a hospital up: its first administrator by a link, everything else by them.
func (s *Server) setupRoutes() []entry {
	const setUp = hospital.SetUpWards
	return []entry{
		get(views.FirstPath, Anyone, s.firstPage),
		post(views.FirstPath, Anyone, s.first),
		get(views.SetupPath, setUp, s.setupPage),
		get(views.SettingsStepPath, setUp, s.settingsStepPage),
		post(views.SettingsStepPath, setUp, s.settingsStep),
		get(views.MealsStepPath, setUp, s.mealsStepPage),
		post(views.MealsStepPath, setUp, s.mealsStep),
		get(views.WardsStepPath, setUp, s.setupWardsPage),
		post(views.WardsStepPath, setUp, s.setupWards),
		get(views.MenuStepPath, setUp, s.setupMenuPage),
		post(views.MenuStepPath, setUp, s.setupMenu),
	}
}

// firstPage is GET /setup/{token}. To look at it uses nothing up.
func (s *Server) firstPage(c echo.Context) error {
	return s.renderFirst(c, http.StatusOK, views.Form{})
}

func (s *Server) renderFirst(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	if err := s.Hospital.CheckSetup(ctx, c.Param("token")); err != nil {
		return err
	}
	page := views.Page{Title: text.T(ctx, "setup.title"), Path: c.Request().URL.Path}
	return render(c, status, views.FirstPage(page, form))
}

// first is POST /setup/{token}: it makes the first administrator, signs them in and leads on.
func (s *Server) first(c echo.Context) error {
	in, err := readInput(c, "username", "display_name", "language", "password", "password_again")
	if err != nil {
		return err
	}
	ctx, token := c.Request().Context(), c.Param("token")
	if err := s.Hospital.CheckSetup(ctx, token); err != nil {
		return err // there is no form to show again
	}
	cmd := hospital.AddUserCommand{Username: in.text("username"), Password: in.text("password"),
		DisplayName: in.text("display_name"), Language: in.text("language")}
	in.checkAgain(cmd.Password)
	err = in.err()
	if err == nil {
		_, err = s.Hospital.BeginSetup(ctx, token, cmd)
	}
	if err != nil {
		return s.firstForm(in).refuse(err)
	}
	return s.enter(c, cmd.Username, cmd.Password, views.SettingsStepPath)
}

// firstForm shows again all that was typed but the password.
func (s *Server) firstForm(in *input) form {
	return form{name: views.FormPassword, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderFirst(c, r.Status, r.againWith(in, "username", "display_name", "language"))
	}}
}

// setupPage is GET /setup/: how far the hospital is set up, and what it lacks.
func (s *Server) setupPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		missing, err := s.Hospital.Missing(c.Request().Context(), actor(c))
		return newSetupJSON(c.Request().Context(), missing), err
	}, func() error {
		missing, err := s.Hospital.Missing(c.Request().Context(), actor(c))
		if err != nil {
			return err
		}
		return s.renderSetup(c, http.StatusOK, views.SetupOverview(missing))
	})
}

// renderSetup draws a step of the setup.
func (s *Server) renderSetup(c echo.Context, status int, draw views.SetupStep) error {
	page, err := s.page(c, text.T(c.Request().Context(), "setup.title"))
	if err != nil {
		return err
	}
	page.Within = views.SetupPath
	return render(c, status, draw(page))
}

// settingsStepPage is GET /setup/hospital/.
func (s *Server) settingsStepPage(c echo.Context) error {
	return s.renderSettingsStep(c, http.StatusOK, views.Form{})
}

func (s *Server) renderSettingsStep(c echo.Context, status int, form views.Form) error {
	settings, err := s.Hospital.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	return s.renderSetup(c, status, views.SettingsStep(settings, form))
}

// settingsStep is POST /setup/hospital: what the hospital is called and where it is.
func (s *Server) settingsStep(c echo.Context) error {
	in, err := readInput(c, "hospital_name", "time_zone", "currency", "languages",
		"default_language", "week_starts")
	if err != nil {
		return err
	}
	cmd := in.settings()
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetSettings(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderSettingsStep(c, r.Status, r.again())
		}
		return form{name: views.FormSettings, in: in, page: again}.refuse(err)
	}
	return done(c, views.WardsStepPath)
}

// mealsStepPage is GET /setup/meals/.
func (s *Server) mealsStepPage(c echo.Context) error {
	return s.renderMealsStep(c, http.StatusOK, views.Form{})
}

func (s *Server) renderMealsStep(c echo.Context, status int, form views.Form) error {
	settings, err := s.Hospital.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	return s.renderSetup(c, status, views.MealsStep(settings, form))
}

// mealsStep is POST /setup/meals: when each meal is served, in one act. What is not sent stays.
func (s *Server) mealsStep(c echo.Context) error {
	settings, err := s.Hospital.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	var known []string
	for _, k := range settings.Meals {
		for _, field := range mealStepFields {
			known = append(known, views.StepField(field, k.Code))
		}
	}
	in, err := readInput(c, known...)
	if err != nil {
		return err
	}
	if err := s.setMeals(c, in, settings.Meals); err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderMealsStep(c, r.Status, r.again())
		}
		return form{name: views.FormMeal, in: in, page: again}.refuse(err)
	}
	return done(c, views.MenuStepPath)
}

// mealStepFields are what the step of the meals asks of each.
var mealStepFields = []string{"serve_at", "cut_off_minutes", "enabled", "version"}

// setMeals changes the meals of which something was sent.
func (s *Server) setMeals(c echo.Context, in *input, meals []hospital.MealKind) error {
	commands := map[hospital.Meal]hospital.MealCommand{}
	for _, k := range meals {
		cmd := hospital.MealCommand{ServeAt: in.given(views.StepField("serve_at", k.Code)),
			Enabled: in.lastTruth(views.StepField("enabled", k.Code)),
			Version: in.id(views.StepField("version", k.Code))}
		if field := views.StepField("cut_off_minutes", k.Code); in.has(field) {
			cmd.CutOffMinutes = in.givenAmount(field)
		}
		commands[k.Code] = cmd
	}
	if err := in.err(); err != nil {
		return err
	}
	return s.Hospital.InTransaction(c.Request().Context(), func(ctx context.Context) error {
		wrong := fieldErrors{}
		for _, k := range meals {
			_, err := s.Hospital.SetMeal(ctx, actor(c), k.Code, commands[k.Code])
			if err := wrong.ofMeal(k.Code, err); err != nil {
				return err
			}
		}
		return wrong.err()
	})
}

// ofMeal notes what is wrong with the fields of one meal; what else went wrong it returns.
func (f fieldErrors) ofMeal(code hospital.Meal, err error) error {
	refusal, refused := errors.AsType[*hospital.Error](err)
	if !refused || len(refusal.Fields) == 0 {
		return err
	}
	for field, wrong := range refusal.Fields {
		f[views.StepField(field, code)] = wrong
	}
	return nil
}

// setupWardsPage is GET /setup/wards/.
func (s *Server) setupWardsPage(c echo.Context) error {
	return s.renderSetupWards(c, http.StatusOK, views.Form{})
}

func (s *Server) renderSetupWards(c echo.Context, status int, form views.Form) error {
	wards, err := s.Hospital.Wards(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return s.renderSetup(c, status, views.SetupWards(wards, form))
}

// setupWards is POST /setup/wards: wards with their beds, a line each, all or none.
func (s *Server) setupWards(c echo.Context) error {
	in, err := readInput(c, "wards")
	if err != nil {
		return err
	}
	wards := in.wardLines("wards")
	err = in.err()
	if err == nil {
		err = s.addWards(c, wards)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderSetupWards(c, r.Status, r.again())
		}
		return form{name: views.FormWard, in: in, page: again}.refuse(err)
	}
	return done(c, views.MealsStepPath)
}

// addWards creates wards in one act. What is wrong with one is said with its line.
func (s *Server) addWards(c echo.Context, wards []wardLine) error {
	ctx := c.Request().Context()
	return s.Hospital.InTransaction(ctx, func(ctx context.Context) error {
		wrong := fieldErrors{}
		for _, ward := range wards {
			_, err := s.Hospital.AddWard(ctx, actor(c), ward.AddWardCommand)
			if err := wrong.atLine("wards", ward.line, err); err != nil {
				return err
			}
		}
		return wrong.err()
	})
}

// atLine notes what is wrong with a line of a field; what is no refusal it returns.
func (f fieldErrors) atLine(field string, line int, err error) error {
	refusal, refused := errors.AsType[*hospital.Error](err)
	switch {
	case err == nil:
		return nil
	case !refused || refusal.Kind != hospital.Invalid && refusal.Kind != hospital.Conflict:
		return err
	}
	for _, wrong := range refusal.Fields {
		refusal = wrong
	}
	f.refuse(field, "line", "Line %d: %s", line, refusal)
	return nil
}

// wardLine is a ward of the list, and where it stands there.
type wardLine struct {
	hospital.AddWardCommand
	line int
}

// wardLines reads a list of wards: a code, a name and how many beds, and perhaps the block. It is
// typed, or pasted from a sheet, which parts its cells by tabs and may begin with their headings.
func (in *input) wardLines(field string) (wards []wardLine) {
	n, headings := 0, false
	for line := range strings.Lines(in.text(field)) {
		n++
		cells := cellsOf(line)
		if len(cells) == 0 {
			continue
		}
		if !headings && len(wards) == 0 && headsCodes(cells[0]) {
			headings = true
			continue
		}
		beds, err := 0, error(nil)
		if len(cells) > 2 {
			beds, err = strconv.Atoi(cells[2])
		}
		if len(cells) < 2 || len(cells) > 4 || err != nil {
			in.refuse(field, "ward_line",
				"Line %d: write a code, a name and how many beds, such as MED-A; Medicine; 24.", n)
			continue
		}
		ward := wardLine{hospital.AddWardCommand{Code: strings.ToUpper(cells[0]), Name: cells[1],
			Beds: beds}, n}
		if len(cells) == 4 {
			ward.Block = cells[3]
		}
		wards = append(wards, ward)
	}
	if len(wards) == 0 {
		in.refuse(field, "ward_none", "Write at least one ward, a line each.")
	}
	return wards
}

// headsCodes reports whether a cell stands over the codes of wards, in any of our languages.
func headsCodes(cell string) bool {
	return strings.EqualFold(cell, "code") || strings.EqualFold(cell, "kode")
}

// setupMenuPage is GET /setup/menu/.
func (s *Server) setupMenuPage(c echo.Context) error {
	return s.renderSetupMenu(c, http.StatusOK, views.Form{})
}

func (s *Server) renderSetupMenu(c echo.Context, status int, form views.Form) error {
	dishes, err := s.Hospital.Dishes(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return s.renderSetup(c, status, views.SetupMenu(len(dishes), form))
}

// setupMenu is POST /setup/menu: start with the sample, or with nothing.
func (s *Server) setupMenu(c echo.Context) error {
	in, err := readInput(c, "start")
	if err != nil {
		return err
	}
	start := in.text("start")
	if start != views.StartWithSample && start != views.StartEmpty {
		in.refuse("start", "menu_start", "Say sample or empty.")
	}
	err = in.err()
	if err == nil && start == views.StartWithSample {
		err = s.addSampleMenu(c)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderSetupMenu(c, r.Status, r.again())
		}
		return form{name: views.FormMenu, in: in, page: again}.refuse(err)
	}
	return done(c, views.SetupPath)
}

// addSampleMenu takes in the sample's dishes that the hospital does not have.
func (s *Server) addSampleMenu(c echo.Context) error {
	return s.Hospital.InTransaction(c.Request().Context(), func(ctx context.Context) error {
		settings, err := s.Hospital.Settings(ctx)
		if err != nil {
			return err
		}
		known, err := s.Hospital.Dishes(ctx, actor(c))
		if err != nil {
			return err
		}
		file, err := sampleMenu(known, settings.Currency == demo.Currency)
		if err != nil {
			return err
		}
		done, err := s.Hospital.Import(ctx, actor(c),
			hospital.ImportCommand{Kind: hospital.DishFile, File: bytes.NewReader(file)})
		if err == nil && len(done.Errors) > 0 {
			err = done.Errors[0].Reason
		}
		return err
	})
}

// sampleMenu is the sample file of dishes without those that are known. Without prices it has no
// column of them: what they are in another currency is not for us to say.
func sampleMenu(known []hospital.Dish, prices bool) ([]byte, error) {
	sample, err := hospital.DishFile.SampleFile()
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(sample)).ReadAll()
	if err != nil {
		return nil, err
	}
	lines = slices.DeleteFunc(lines, func(line []string) bool {
		return slices.ContainsFunc(known, func(d hospital.Dish) bool { return d.Name.En == line[0] })
	})
	if column := slices.Index(lines[0], "price"); !prices {
		for i, line := range lines {
			lines[i] = slices.Delete(line, column, column+1)
		}
	}
	var file bytes.Buffer
	err = csv.NewWriter(&file).WriteAll(lines)
	return file.Bytes(), err
}

// cellsOf parts a line by what it has: tabs, semicolons or commas.
func cellsOf(line string) (cells []string) {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	separator := ","
	for _, one := range []string{"\t", ";"} {
		if strings.Contains(line, one) {
			separator = one
			break
		}
	}
	for cell := range strings.SplitSeq(line, separator) {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

// addMissing lets the page that an administrator starts from say what the hospital lacks.
func (s *Server) addMissing(c echo.Context, page *views.Page) (err error) {
	if actor(c).Role.May(hospital.SetUpWards) {
		page.Missing, err = s.Hospital.Missing(c.Request().Context(), actor(c))
	}
	return err
}

// setupJSON is how far the hospital is set up.
type setupJSON struct {
	Missing []missingJSON `json:"missing"`
}

// missingJSON is one thing that a hospital lacks.
type missingJSON struct {
	Kind     string             `json:"kind"`
	Meal     *string            `json:"meal"`
	Diet     *string            `json:"diet"`
	Textures []hospital.Texture `json:"textures"` // null where it is of none
	Role     *string            `json:"role"`
	Message  string             `json:"message"`
}

func newSetupJSON(ctx context.Context, missing []hospital.Missing) setupJSON {
	return setupJSON{eachIn(ctx, missing, newMissingJSON)}
}

func newMissingJSON(ctx context.Context, m hospital.Missing) missingJSON {
	return missingJSON{string(m.Kind), textOrNull(string(m.Meal)), textOrNull(string(m.Diet)),
		m.Textures, textOrNull(string(m.Role)), views.MissingWords(ctx, m)}
}
