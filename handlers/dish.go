package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// dishes is GET /dishes/?meal=&station=&view=: what the kitchen can cook, as a list with what it no
// longer does, or as a matrix of what is in it and for whom it is.
func (s *Server) dishes(c echo.Context) error {
	q := queryOf(c)
	ctx, view := q.ctx, chosen(q, "view", []string{views.MatrixView})
	filter := views.DishFilter{Meal: chosen(q, "meal", mealCodes(ctx)),
		Station: chosen(q, "station", hospital.Stations)}
	if err := q.err(); err != nil {
		return err
	}
	all, err := s.Hospital.Dishes(ctx, actor(c))
	if err != nil {
		return err
	}
	shown := slices.DeleteFunc(all, func(d hospital.Dish) bool { return !filter.Shows(d) })
	return represent(c, func() (any, error) { return dishesJSON{each(shown, newDishJSON)}, nil },
		func() error {
			retired, err := s.Hospital.RetiredDishes(ctx, actor(c))
			if err != nil {
				return err
			}
			page, err := s.page(c, text.T(ctx, "dishes.title"))
			if err != nil {
				return err
			}
			if view == views.MatrixView {
				page.Path = views.MatrixPath
				return render(c, http.StatusOK, views.MatrixPage(page, shown, filter))
			}
			return render(c, http.StatusOK, views.DishesPage(page, shown, retired, filter))
		})
}

// newDish is GET /dishes/new/?from=: the form for a dish that there is not yet, filled in from
// another one where it is to be like that.
func (s *Server) newDish(c echo.Context) error {
	dish := hospital.Dish{Available: true}
	if from := c.QueryParam("from"); from != "" {
		id, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return echo.ErrNotFound
		}
		like, err := s.Hospital.DishDetail(c.Request().Context(), actor(c), id)
		if err != nil {
			return err
		}
		dish = like.Dish
		dish.Name = hospital.DishName{}
	}
	return s.renderNewDish(c, http.StatusOK, dish, views.Form{})
}

func (s *Server) renderNewDish(c echo.Context, status int, dish hospital.Dish,
	form views.Form) error {
	page, err := s.page(c, text.T(c.Request().Context(), "dish.new"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	return render(c, status, views.NewDishPage(page, dish, form))
}

// dishPage is GET /dishes/{id}/: a dish to be changed, and what has happened to it.
func (s *Server) dishPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		d, err := s.Hospital.DishDetail(c.Request().Context(), actor(c), id)
		return dishDetailJSON{newDishJSON(d.Dish), each(d.Events, newDishEventJSON)}, err
	}, func() error { return s.renderDish(c, http.StatusOK, id, views.Form{}) })
}

func (s *Server) renderDish(c echo.Context, status int, id int64, form views.Form) error {
	ctx := c.Request().Context()
	dish, err := s.Hospital.DishDetail(ctx, actor(c), id)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.Dish(ctx, dish.Name))
	if err != nil {
		return err
	}
	page.Path = views.DishPath.Of(id) // also after a refused form
	return render(c, status, views.DishPage(page, dish, c.QueryParam("saved") != "", form))
}

// dishFields are what a command can say of a dish.
var dishFields = slices.Concat([]string{"name_en", "name_fr", "name_rw", "meals", "station",
	"allergens", "may_contain", "diets", "textures", "price", "currency", "available"},
	hospital.NutritionFields)

// addDish is POST /dishes.
func (s *Server) addDish(c echo.Context) error {
	in, err := readInput(c, dishFields...)
	if err != nil {
		return err
	}
	dish := in.dish(hospital.Dish{Available: true})
	key := in.idempotencyKey(c)
	err = in.err()
	if err == nil {
		dish, err = s.Hospital.AddDishOnce(c.Request().Context(), actor(c), dish, key)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderNewDish(c, r.Status, hospital.Dish{Available: true}, r.again())
		}
		return form{name: views.FormDish, in: in, page: again}.refuse(err)
	}
	return created(c, views.DishPath.Of(dish.ID), views.SavedDishPath(dish.ID),
		func() (any, error) { return newDishJSON(dish), nil })
}

// setDish is POST /dishes/{id}. A field that is not sent stays what it is.
func (s *Server) setDish(c echo.Context) error {
	id, in, err := readAbout(c, dishFields...)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	stands, err := s.Hospital.DishDetail(ctx, actor(c), id)
	if err != nil {
		return err
	}
	dish := in.dish(stands.Dish)
	dish.Version = cmp.Or(in.id("version"), stands.Version)
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetDish(ctx, actor(c), dish)
	}
	if err != nil {
		return s.dishForm(id, views.FormDish, in).refuse(err)
	}
	return done(c, views.SavedDishPath(id))
}

// dish is a dish with what was sent of it.
func (in *input) dish(d hospital.Dish) hospital.Dish {
	for field, into := range map[string]*string{"name_en": &d.Name.En, "name_fr": &d.Name.Fr,
		"name_rw": &d.Name.Rw, "station": (*string)(&d.Station)} {
		if in.has(field) {
			*into = in.text(field)
		}
	}
	readCodes(in, "meals", &d.Meals)
	readCodes(in, "diets", &d.Diets)
	if in.has("allergens") {
		d.Allergens = in.allergens("allergens")
	}
	if in.has("may_contain") {
		d.MayContain = in.allergens("may_contain")
	}
	if in.has("textures") {
		d.Textures = in.textures("textures")
	}
	if available := in.truth("available"); available != nil {
		d.Available = *available
	}
	in.amountsOf(&d)
	return d
}

// amountsOf reads the numbers of a dish that were sent.
func (in *input) amountsOf(d *hospital.Dish) {
	n := &d.Nutrition
	amounts := []*int{&n.EnergyKcal, &n.ProteinG, &n.CarbohydrateG, &n.FatG, &n.SodiumMg,
		&n.PotassiumMg}
	for i, field := range hospital.NutritionFields {
		if in.has(field) {
			*amounts[i] = in.amount(field)
		}
	}
	if in.has("price") {
		d.Price = in.money("price")
	}
}

// readCodes reads a list of codes, if it was sent. What is empty in it is left out.
func readCodes[T ~string](in *input, field string, into *[]T) {
	if !in.has(field) {
		return
	}
	*into = nil
	for _, sent := range in.list(field) {
		if sent != "" {
			*into = append(*into, T(sent))
		}
	}
}

// textures reads a list of levels of the IDDSI framework. What is empty in it is left out.
func (in *input) textures(field string) (all []hospital.Texture) {
	for _, sent := range in.values[field] {
		if sent == "" {
			continue
		}
		n, err := strconv.Atoi(sent)
		if err != nil {
			n = -1 // no texture, which is refused with all else that is wrong
		}
		all = append(all, hospital.Texture(n))
	}
	return all
}

// dishStep is a command about a dish that needs nothing but the version that its giver saw.
func (s *Server) dishStep(name string, command versionCommand,
	next func(id int64) string) echo.HandlerFunc {
	again := func(id int64, in *input) form { return s.dishForm(id, name, in) }
	return changeVersion(command, again, next)
}

// sellOutDish is POST /dishes/{id}/sold-out. An empty until says that there is some again; without
// one it is sold out until the day ends.
func (s *Server) sellOutDish(c echo.Context) error {
	id, in, err := readAbout(c, "until", "substitute_id")
	if err != nil {
		return err
	}
	cmd := hospital.SoldOutCommand{Until: in.time("until"), SubstituteID: in.id("substitute_id"),
		Version: in.id("version")}
	err = in.err()
	ctx := c.Request().Context()
	switch {
	case err != nil:
	case in.emptied("until"):
		err = s.Hospital.RestockDish(ctx, actor(c), id, cmd.Version)
	default:
		err = s.Hospital.SellOutDish(ctx, actor(c), id, cmd)
	}
	if err != nil {
		return s.dishForm(id, views.FormSoldOut, in).refuse(err)
	}
	return done(c, views.SavedDishPath(id))
}

// dishForm is a form of the page of a dish.
func (s *Server) dishForm(id int64, name string, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderDish(c, r.Status, id, r.again())
	}}
}

// dishesJSON is the page of all dishes.
type dishesJSON struct {
	Dishes []dishJSON `json:"dishes"`
}

// dishJSON is a dish, for whoever looks after the menu.
type dishJSON struct {
	ID         int64               `json:"id"`
	NameEn     string              `json:"name_en"`
	NameFr     string              `json:"name_fr"`
	NameRw     string              `json:"name_rw"`
	Meals      []hospital.Meal     `json:"meals"`
	Station    hospital.Station    `json:"station"`
	Allergens  []hospital.Allergen `json:"allergens"`
	MayContain []hospital.Allergen `json:"may_contain"`
	Diets      []hospital.Diet     `json:"diets"`
	Textures   []hospital.Texture  `json:"textures"`
	nutritionJSON
	Price        int     `json:"price"`
	Available    bool    `json:"available"`
	SoldOutUntil *string `json:"sold_out_until"` // null: there is some
	SubstituteID *int64  `json:"substitute_id"`
	RetiredAt    *string `json:"retired_at"`
	Version      int64   `json:"version"`
}

func newDishJSON(d hospital.Dish) dishJSON {
	return dishJSON{d.ID, d.Name.En, d.Name.Fr, d.Name.Rw, orEmpty(d.Meals), d.Station,
		orEmpty(d.Allergens), orEmpty(d.MayContain), orEmpty(d.Diets), orEmpty(d.Textures),
		nutritionJSON(d.Nutrition), d.Price, d.Available, rfc3339(d.SoldOutUntil),
		idOrNull(d.SubstituteID), rfc3339(d.RetiredAt), d.Version}
}

// dishDetailJSON is a dish with what has happened to it, the newest first.
type dishDetailJSON struct {
	dishJSON
	History []dishEventJSON `json:"history"`
}

// dishEventJSON is one thing that happened to a dish.
type dishEventJSON struct {
	Action  string          `json:"action"` // one of hospital.DishActions
	By      string          `json:"by"`
	At      *string         `json:"at"`
	Changes []dishValueJSON `json:"changes"`
}

// dishValueJSON is a field of a dish before and after.
type dishValueJSON struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

func newDishEventJSON(e hospital.DishEvent) dishEventJSON {
	changes := each(e.Changes, func(c hospital.Change) dishValueJSON {
		return dishValueJSON{c.Field, changeValue(c.From), changeValue(c.To)}
	})
	return dishEventJSON{string(e.Action), e.By, rfc3339(e.At), changes}
}
