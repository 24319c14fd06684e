package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// menuHome is GET /menu/: the first page of the menu that is for this person.
func (s *Server) menuHome(c echo.Context) error {
	if actor(c).Role.May(hospital.ManageMenu) {
		return c.Redirect(http.StatusSeeOther, views.DishesPath)
	}
	return c.Redirect(http.StatusSeeOther, views.ForecastPath)
}

// menuPlan is GET /menu/plan/?day=&date=&meal=: what is cooked on which day, and the form for one
// meal of it.
func (s *Server) menuPlan(c echo.Context) error {
	q := queryOf(c)
	slot := views.PlanSlot{Meal: chosen(q, "meal", hospital.SettingsOf(q.ctx).MealCodes()),
		Day: q.amount("day", hospital.LongestCycle), Date: q.date("date")}
	if err := q.err(); err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		ctx := c.Request().Context()
		plan, err := s.Hospital.MenuPlan(ctx, actor(c))
		return newPlanJSON(ctx, plan), err
	}, func() error {
		return s.renderPlan(c, http.StatusOK, slot, views.Form{})
	})
}

func (s *Server) renderPlan(c echo.Context, status int, slot views.PlanSlot,
	form views.Form) error {
	ctx := c.Request().Context()
	plan, err := s.Hospital.MenuPlan(ctx, actor(c))
	if err != nil {
		return err
	}
	dishes, err := s.Hospital.Dishes(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "menuplan.title"))
	if err != nil {
		return err
	}
	page.Path = views.MenuPlanPath // also after a refused form
	return render(c, status, views.MenuPlanPage(page, plan, dishes, slot, form))
}

// setCycle is POST /menu/plan. A field that is not sent stays what it is.
func (s *Server) setCycle(c echo.Context) error {
	in, err := readInput(c, "days", "starts_on")
	if err != nil {
		return err
	}
	cmd := hospital.MenuCycleCommand{Days: in.givenAmount("days"), Version: in.id("version")}
	if in.has("starts_on") {
		cmd.StartsOn = new(in.date("starts_on"))
	}
	if err = in.err(); err == nil {
		err = s.Hospital.SetMenuCycle(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.planForm(views.FormCycle, views.PlanSlot{}, in).refuse(err)
	}
	return done(c, views.MenuPlanPath)
}

// planMeal is POST /menu/plan/entries.
func (s *Server) planMeal(c echo.Context) error {
	in, err := readInput(c, "day", "date", "meal", "items")
	if err != nil {
		return err
	}
	cmd := hospital.PlanEntryCommand{Date: in.date("date"), Meal: hospital.Meal(in.text("meal")),
		Dishes: in.ids("items"), Version: in.id("version")}
	if in.one("day") != "" {
		cmd.Day = in.amount("day")
	}
	if !in.has("items") {
		in.refuse("items", "plan_items", "Say which dishes, or an empty list for none.")
	}
	if err = in.err(); err == nil {
		err = s.Hospital.PlanMeal(c.Request().Context(), actor(c), cmd)
	}
	slot := views.PlanSlot{Day: cmd.Day, Date: cmd.Date, Meal: cmd.Meal}
	if err != nil {
		return s.planForm(views.FormEntry, slot, in).refuse(err)
	}
	return done(c, slot.Place())
}

// planForm is a form of the page of the plan.
func (s *Server) planForm(name string, slot views.PlanSlot, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderPlan(c, r.Status, slot, r.again())
	}}
}

// planJSON is the cycle menu.
type planJSON struct {
	Days     int             `json:"days"` // 0: there is no cycle
	StartsOn *string         `json:"starts_on"`
	Today    *int            `json:"today"` // which day of the cycle; null outside it
	Version  int64           `json:"version"`
	Entries  []planEntryJSON `json:"entries"`
}

// planEntryJSON is what is served at a meal of a day of the cycle or of a date, the other being
// null.
type planEntryJSON struct {
	Day   *int            `json:"day"`
	Date  *string         `json:"date"`
	Meal  hospital.Meal   `json:"meal"`
	Items []namedItemJSON `json:"items"`
}

// namedItemJSON is a dish by its name in the reader's language.
type namedItemJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func newPlanJSON(ctx context.Context, p hospital.MenuPlan) planJSON {
	return planJSON{p.Days, dayOrNull(p.StartsOn), countOrNull(p.DayOf(p.Today)), p.Version,
		eachIn(ctx, p.Entries, func(ctx context.Context, e hospital.PlanEntry) planEntryJSON {
			return planEntryJSON{countOrNull(e.Day), dayOrNull(e.Date), e.Meal,
				eachIn(ctx, e.Dishes, newNamedItemJSON)}
		})}
}

func newNamedItemJSON(ctx context.Context, d hospital.Dish) namedItemJSON {
	return namedItemJSON{d.ID, text.Dish(ctx, d.Name)}
}

// countOrNull is a number that counts from 1.
func countOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
