package hospital

import (
	"context"
	"database/sql"
)

// Without is who gets nothing at the next serving of a meal: before its rounds who would, and after
// them who does.
type Without struct {
	Forecast
	Revisions // of KitchenTopic, MetricsTopic and MenuTopic
}

// Without reads who gets nothing at a meal; an empty one is the main meal that comes next. Invalid
// for a meal that there is not.
func (h *Hospital) Without(ctx context.Context, actor Actor, meal Meal) (Without, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, ReadForecasts, func(ctx context.Context,
		q *sql.Tx) (w Without, err error) {
		w.Revisions, err = revisions(ctx, q, KitchenTopic, MetricsTopic, MenuTopic)
		if err != nil {
			return w, err
		}
		w.Forecast, err = readForecast(ctx, q, actor, Forecast{Meal: meal, At: now})
		return w, err
	})
}
