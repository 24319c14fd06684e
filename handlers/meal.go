package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// mealsPage is GET /meals/: the meals of the hospital, where whoever looks after them changes each.
func (s *Server) mealsPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		settings, err := s.Hospital.Settings(c.Request().Context())
		if err != nil {
			return nil, err
		}
		return mealsJSON{each(settings.Meals, newMealJSON)}, nil
	}, func() error { return s.renderMeals(c, http.StatusOK, views.Form{}) })
}

func (s *Server) renderMeals(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	settings, err := s.Hospital.Settings(ctx)
	if err != nil {
		return err
	}
	wards, err := s.Hospital.Wards(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.meals"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	saved := hospital.Meal(c.QueryParam("saved"))
	return render(c, status, views.MealsPage(page, settings, wards, saved, form))
}

// mealFields are what a meal has besides its code.
var mealFields = []string{"name_en", "name_fr", "name_rw", "serve_at", "cut_off_minutes", "main",
	"position", "enabled"}

// addMeal is POST /meals.
func (s *Server) addMeal(c echo.Context) error {
	in, err := readInput(c, append([]string{"code"}, mealFields...)...)
	if err != nil {
		return err
	}
	cmd := in.meal()
	cmd.Code, cmd.IdempotencyKey = hospital.Meal(in.text("code")), in.idempotencyKey(c)
	var meal hospital.MealKind
	err = in.err()
	if err == nil {
		meal, err = s.Hospital.AddMeal(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.mealForm(views.FormMeal, in).refuse(err)
	}
	return created(c, views.MealsPath, views.SavedMealPath(meal.Code),
		func() (any, error) { return newMealJSON(meal), nil })
}

// setMeal is POST /meals/{code}. A field that is not sent stays what it is.
func (s *Server) setMeal(c echo.Context) error {
	in, err := readInput(c, mealFields...)
	if err != nil {
		return err
	}
	code := hospital.Meal(c.Param("code"))
	cmd := in.meal()
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetMeal(c.Request().Context(), actor(c), code, cmd)
	}
	if err != nil {
		return s.mealForm(views.FormMealOf(code), in).refuse(err)
	}
	return done(c, views.SavedMealPath(code))
}

// meal reads the fields of a meal.
func (in *input) meal() hospital.MealCommand {
	cmd := hospital.MealCommand{NameEn: in.given("name_en"), NameFr: in.given("name_fr"),
		NameRw: in.given("name_rw"), ServeAt: in.given("serve_at"), Main: in.lastTruth("main"),
		Enabled: in.lastTruth("enabled"), Version: in.id("version")}
	if in.has("cut_off_minutes") {
		cmd.CutOffMinutes = in.givenAmount("cut_off_minutes")
	}
	if in.values.Get("position") != "" {
		cmd.Position = in.givenAmount("position")
	}
	return cmd
}

// lastTruth is truth for a box of a form, before which stands what it means without a tick.
func (in *input) lastTruth(field string) *bool {
	if sent := in.values[field]; len(sent) == 2 && sent[0] == "false" && !in.lists[field] {
		in.values[field] = sent[1:]
	}
	return in.truth(field)
}

// setMealSequence is POST /meals/{code}/sequence. A form has a field for each ward; one that is
// left empty names no turn.
func (s *Server) setMealSequence(c echo.Context) error {
	in, err := readInput(c, "ward_ids", "offset_minutes")
	if err != nil {
		return err
	}
	code := hospital.Meal(c.Param("code"))
	wards, offsets := in.sequence(wantsPage(c))
	version := in.id("version")
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetMealSequence(c.Request().Context(), actor(c), code, wards, offsets,
			version)
	}
	if err != nil {
		return s.mealForm(views.FormSequenceOf(code), in).refuse(err)
	}
	return done(c, views.SavedMealPath(code))
}

// sequence reads wards with their minutes. Of a form those without are left out, and the earliest
// come first.
func (in *input) sequence(form bool) (wards []int64, offsets []int) {
	wards = in.ids("ward_ids")
	var named []int64
	for i, sent := range in.values["offset_minutes"] {
		if sent == "" && form {
			continue
		}
		n, err := strconv.Atoi(sent)
		if err != nil {
			in.refuse("offset_minutes", "not_an_amount", "Give a whole number.")
		}
		offsets = append(offsets, n)
		if i < len(wards) {
			named = append(named, wards[i])
		}
	}
	if form {
		return byOffset(named, offsets)
	}
	return wards, offsets
}

// byOffset brings wards into the order of their minutes.
func byOffset(wards []int64, offsets []int) ([]int64, []int) {
	places := make([]int, len(wards))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) })
	sortedWards, sortedOffsets := make([]int64, len(wards)), make([]int, len(wards))
	for i, place := range places {
		sortedWards[i], sortedOffsets[i] = wards[place], offsets[place]
	}
	return sortedWards, sortedOffsets
}

// mealForm is a form of the page of all meals.
func (s *Server) mealForm(name string, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderMeals(c, r.Status, r.again())
	}}
}

// mealCodes are the codes of all meals, also of those that are not served at present.
func mealCodes(ctx context.Context) []hospital.Meal {
	code := func(k hospital.MealKind) hospital.Meal { return k.Code }
	return each(hospital.SettingsOf(ctx).Meals, code)
}

// mealsJSON is the page of all meals.
type mealsJSON struct {
	Meals []mealJSON `json:"meals"`
}

// mealJSON is a meal, which its code names.
type mealJSON struct {
	ID            hospital.Meal `json:"id"`
	Code          hospital.Meal `json:"code"`
	NameEn        string        `json:"name_en"`
	NameFr        string        `json:"name_fr"`
	NameRw        string        `json:"name_rw"`
	ServeAt       string        `json:"serve_at"` // "" is within the hour
	CutOffMinutes int           `json:"cut_off_minutes"`
	Main          bool          `json:"main"`
	Position      int           `json:"position"`
	Enabled       bool          `json:"enabled"`
	Sequence      []turnJSON    `json:"sequence"`
	Version       int64         `json:"version"`
}

type turnJSON struct {
	WardID        int64 `json:"ward_id"`
	OffsetMinutes int   `json:"offset_minutes"`
}

func newMealJSON(k hospital.MealKind) mealJSON {
	turns := each(k.Turns, func(t hospital.WardTurn) turnJSON {
		return turnJSON{t.WardID, int(t.Offset.Minutes())}
	})
	return mealJSON{k.Code, k.Code, k.Name.En, k.Name.Fr, k.Name.Rw, k.ServeAt(), int(k.CutOff.Minutes()),
		k.Main, k.Position, k.Enabled, turns, k.Version}
}
