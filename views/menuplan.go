package views

import (
	"context"
	"net/url"
	"slices"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// The pages of the menu: what is cooked on which day, and what a meal will take.
const (
	MenuHomePath = "/menu/"
	MenuPlanPath = "/menu/plan/"
	SetCyclePath = "/menu/plan"
	PlanMealPath = "/menu/plan/entries"
	ForecastPath = "/menu/forecast/"
	planAnchor   = "#plan-entry"
)

// The forms of the page of the plan.
const (
	FormCycle = "cycle"
	FormEntry = "plan-entry"
)

// menuPages are the pages of the menu that are for a role.
func menuPages(ctx context.Context, r hospital.Role) []link {
	var links []link
	if r.May(hospital.ManageMenu) {
		links = append(links, link{DishesPath, text.T(ctx, "dishes.title"), ""},
			link{MatrixPath, text.T(ctx, "matrix.title"), ""},
			link{MenuPlanPath, text.T(ctx, "menuplan.title"), ""})
	}
	if r.May(hospital.ReadForecasts) {
		links = append(links, link{ForecastPath, text.T(ctx, "forecast.title"), ""},
			link{string(WithoutPath), text.T(ctx, "without.title"), ""})
	}
	return links
}

// PlanSlot is a meal of a day of the cycle, or of a date, for which something is to be planned.
// Where neither a day nor a date is chosen, nothing is.
type PlanSlot struct {
	Day  int
	Date time.Time
	Meal hospital.Meal
}

// chosen reports whether it says what is to be planned.
func (s PlanSlot) chosen(ctx context.Context) bool {
	return (s.Day > 0 || !s.Date.IsZero()) && hospital.SettingsOf(ctx).Meal(s.Meal).Enabled
}

// path is the page of the plan with the form for it.
func (s PlanSlot) path() string {
	query := url.Values{"meal": {string(s.Meal)}}
	if s.Day != 0 {
		query.Set("day", number(s.Day))
	} else {
		query.Set("date", s.Date.Format(time.DateOnly))
	}
	return MenuPlanPath + "?" + query.Encode() + planAnchor
}

// id is that of its line on the page.
func (s PlanSlot) id() string {
	if s.Day != 0 {
		return "day-" + number(s.Day)
	}
	return "date-" + s.Date.Format(time.DateOnly)
}

// Place is the page of the plan at its line.
func (s PlanSlot) Place() string { return MenuPlanPath + "#" + s.id() }

// planDates are the dates for which something else is planned than the cycle has.
func planDates(p hospital.MenuPlan) (dates []time.Time) {
	for _, e := range p.Entries {
		if !e.Date.IsZero() && !slices.ContainsFunc(dates, e.Date.Equal) {
			dates = append(dates, e.Date)
		}
	}
	return dates
}

// cycleDays are the days of the cycle.
func cycleDays(p hospital.MenuPlan) (days []int) {
	for day := 1; day <= p.Days; day++ {
		days = append(days, day)
	}
	return days
}

// calendarWeeks is how many weeks of the plan its calendar shows.
const calendarWeeks = 5

// planWeeks are the days of this week and of those that follow, each beginning with the day on which
// the hospital's weeks do.
func planWeeks(ctx context.Context, today time.Time) [][]time.Time {
	const days = 7
	first := hospital.SettingsOf(ctx).WeekOf(today)
	weeks := make([][]time.Time, calendarWeeks)
	for i := range calendarWeeks * days {
		weeks[i/days] = append(weeks[i/days], first.AddDate(0, 0, i))
	}
	return weeks
}

// weekdayShort is a day of the week in as few letters as a column has room for.
func weekdayShort(ctx context.Context, date time.Time) string {
	return text.T(ctx, "weekday.short."+number(int(date.Weekday())))
}

// exceptionPath is the page of the plan with the form that plans something else for a date.
func exceptionPath(date time.Time) string {
	return MenuPlanPath + "?date=" + dateInput(date) + "#exception"
}

// calendarWords say what a day of the calendar is.
func calendarWords(ctx context.Context, p hospital.MenuPlan, date time.Time) string {
	words := dateWords(ctx, date)
	if day := p.DayOf(date); day != 0 {
		words += ", " + text.T(ctx, "menuplan.day", day)
	}
	if isException(p, date) {
		words += ", " + text.T(ctx, "menuplan.other")
	}
	return words
}

// isException reports whether something else is planned for a date than the cycle has.
func isException(p hospital.MenuPlan, date time.Time) bool {
	return slices.ContainsFunc(planDates(p), date.Equal)
}

// servedAt are the dishes of a meal by station, those that are not cooked at present too.
func servedAt(dishes []hospital.Dish, meal hospital.Meal) []hospital.Dish {
	served := slices.DeleteFunc(slices.Clone(dishes), func(d hospital.Dish) bool {
		return !slices.Contains(d.Meals, meal)
	})
	slices.SortStableFunc(served, func(a, b hospital.Dish) int {
		return slices.Index(hospital.Stations, a.Station) - slices.Index(hospital.Stations, b.Station)
	})
	return served
}

// hasDish reports whether a dish is one of an entry's.
func hasDish(e hospital.PlanEntry, id int64) bool {
	return slices.ContainsFunc(e.Dishes, func(d hospital.Dish) bool { return d.ID == id })
}

// dateInput is a date as the value of a date field; "" for none.
func dateInput(date time.Time) string {
	if date.IsZero() {
		return ""
	}
	return date.Format(time.DateOnly)
}

// dateWords is a date with its day of the week.
func dateWords(ctx context.Context, date time.Time) string {
	weekday := number(int(date.Weekday()))
	return text.T(ctx, "weekday."+weekday) + " " + text.Day(ctx, date)
}

// slotWords is the meal and the day of a slot.
func slotWords(ctx context.Context, s PlanSlot) string {
	if s.Day == 0 {
		return mealWord(ctx, s.Meal) + ", " + dateWords(ctx, s.Date)
	}
	return mealWord(ctx, s.Meal) + ", " + text.T(ctx, "menuplan.day", s.Day)
}
