package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// forecast is GET /menu/forecast/?date=&meal=: what a meal will take, and who would get nothing.
func (s *Server) forecast(c echo.Context) error {
	q := queryOf(c)
	meal, date, ctx := hospital.Meal(q.one("meal")), q.date("date"), q.ctx
	if err := q.err(); err != nil {
		return err
	}
	f, err := s.Hospital.Forecast(ctx, actor(c), meal, date)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newForecastJSON(ctx, f), nil }, func() error {
		page, err := s.page(c, text.T(ctx, "forecast.title"))
		if err != nil {
			return err
		}
		return render(c, http.StatusOK, views.ForecastPage(page, f))
	})
}

// forecastJSON is what a meal will take.
type forecastJSON struct {
	Date     *string            `json:"date"`
	Meal     hospital.Meal      `json:"meal"`
	DueAt    *string            `json:"due_at"`
	Trays    int                `json:"trays"`
	Dishes   []dishForecastJSON `json:"dishes"`
	Without  []withoutJSON      `json:"without"`
	Defaults []defaultMealJSON  `json:"defaults"`
}

type dishForecastJSON struct {
	ItemID    int64            `json:"item_id"`
	Name      string           `json:"name"`
	Station   hospital.Station `json:"station"`
	Count     int              `json:"count"`
	ByTexture map[string]int   `json:"by_texture"`
}

// withoutJSON is a patient who would get nothing. It never has the name.
type withoutJSON struct {
	AdmissionID int64           `json:"admission_id"`
	Reason      hospital.NoMeal `json:"reason"`
	BedNumber   *string         `json:"bed_number"`
	Initials    string          `json:"initials"`
}

// defaultMealJSON is what a round orders for a diet and a texture; no items where nothing fits.
type defaultMealJSON struct {
	Diet    hospital.Diet    `json:"diet"`
	Texture hospital.Texture `json:"texture"`
	Items   []namedItemJSON  `json:"items"`
}

func newForecastJSON(ctx context.Context, f hospital.Forecast) forecastJSON {
	return forecastJSON{dayOrNull(f.Date), f.Meal, rfc3339(f.Due), f.Trays,
		eachIn(ctx, f.Dishes, newDishForecastJSON), each(f.Without, newWithoutJSON),
		eachIn(ctx, f.Defaults, newDefaultMealJSON)}
}

func newDishForecastJSON(ctx context.Context, d hospital.DishForecast) dishForecastJSON {
	byTexture := make(map[string]int, len(d.ByTexture))
	for texture, count := range d.ByTexture {
		byTexture[strconv.Itoa(int(texture))] = count
	}
	return dishForecastJSON{d.Dish.ID, text.Dish(ctx, d.Dish.Name), d.Dish.Station, d.Count, byTexture}
}

func newWithoutJSON(l hospital.ForecastLine) withoutJSON {
	return withoutJSON{l.AdmissionID, l.Why, textOrNull(l.BedNumber), l.Initials}
}

func newDefaultMealJSON(ctx context.Context, d hospital.DefaultMeal) defaultMealJSON {
	return defaultMealJSON{d.Diet, d.Texture, eachIn(ctx, d.Dishes, newNamedItemJSON)}
}
