package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// without is who gets nothing at a meal, and why.
func (s *Server) without() screen[hospital.Without] {
	return screen[hospital.Without]{
		server: s, path: views.WithoutPath, socket: "/ws" + views.WithoutPath,
		permission: hospital.ReadForecasts,
		narrow:     narrowMeal,
		sharedBy:   func(v visitor) string { return string(v.actor.Role) },
		topics:     always(hospital.KitchenTopic, hospital.MetricsTopic, hospital.MenuTopic),
		read: func(ctx context.Context, v visitor) (hospital.Without, error) {
			return s.Hospital.Without(ctx, v.actor, v.wall.Filter.Meal)
		},
		title: titled[hospital.Without]("without.title"),
		page: func(p views.Page, _ visitor, w hospital.Without) templ.Component {
			return views.WithoutPage(p, w)
		},
		regions: func(v visitor, w hospital.Without) []views.Region {
			return views.WithoutRegions(w, v.actor.Role)
		},
		json:     object(newWithoutListJSON),
		messages: withoutMessages,
	}
}

// narrowMeal reads which meal the query asks for. A program is refused one that does not exist, and
// a person is shown the one that comes next.
func narrowMeal(ctx context.Context, query url.Values, v *visitor) error {
	asked, refused := hospital.Meal(query.Get("meal")), fieldErrors{}
	known := hospital.SettingsOf(ctx).MealCodes()
	if asked != "" && !slices.Contains(known, asked) {
		refused.refuse("meal", "unknown_choice", "Choose one of these: %s.", strings.Join(asTexts(known), ", "))
		v.unknown = refused.err()
		return nil
	}
	v.wall.Filter.Meal = asked
	v.query = views.WallQuery(v.wall)
	return nil
}

// withoutListJSON is who gets nothing at a meal.
type withoutListJSON struct {
	Meal     hospital.Meal `json:"meal"`
	DueAt    *string       `json:"due_at"`
	Patients []withoutJSON `json:"patients"`
}

func newWithoutListJSON(_ context.Context, w hospital.Without) withoutListJSON {
	return withoutListJSON{w.Meal, rfc3339(w.Due), each(w.Forecast.Without, newWithoutJSON)}
}

// withoutMessages are the list as one message.
func withoutMessages(ctx context.Context, w hospital.Without) ([]hub.Region, error) {
	state := newWithoutListJSON(ctx, w)
	whole, err := region("without", state, message{"without", state})
	return []hub.Region{whole}, err
}
