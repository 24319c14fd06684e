package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// kitchen is the wall of the kitchen, narrowed by the query's ward, station and meal. A person who
// asks for one that does not exist is shown all and told so, for a wall must never be empty by
// mistake; a program is refused. Walls that show the same share a view.
func (s *Server) kitchen() screen[hospital.KitchenBoard] {
	return screen[hospital.KitchenBoard]{
		server: s, path: views.KitchenPath, socket: "/ws" + views.KitchenPath, permission: hospital.ReadKitchen,
		narrow:   s.narrowWall,
		sharedBy: everyone,
		topics: func(visitor) []hospital.Topic {
			return []hospital.Topic{hospital.KitchenTopic, hospital.MetricsTopic}
		},
		news: newsOf(hospital.KitchenStaff),
		read: func(ctx context.Context, v visitor) (hospital.KitchenBoard, error) {
			b, err := s.Hospital.KitchenBoard(ctx)
			return b.Filtered(v.wall.Filter), err
		},
		title: func(ctx context.Context, _ hospital.KitchenBoard) string { return text.T(ctx, "nav.kitchen") },
		page: func(p views.Page, v visitor, b hospital.KitchenBoard) templ.Component {
			return views.KitchenPage(p, b, v.wall)
		},
		regions: func(v visitor, b hospital.KitchenBoard) []views.Region { return views.KitchenRegions(b, v.wall) },
		json: func(ctx context.Context, b hospital.KitchenBoard) any {
			return dashboardShape(b.Metrics, b.At, kitchenJSON(ctx, b))
		},
		messages: func(ctx context.Context, b hospital.KitchenBoard) ([]hub.Region, error) {
			return dashboardMessages(b.Metrics, b.At, kitchenJSON(ctx, b))
		},
	}
}

// narrowWall reads the query of a wall. What does not exist is left out of its filter, noted for
// people and refused to programs.
func (s *Server) narrowWall(ctx context.Context, query url.Values, v *visitor) (err error) {
	if v.wall.Wards, err = s.Hospital.Wards(ctx); err != nil {
		return err
	}
	var wards []string
	for _, ward := range v.wall.Wards {
		wards = append(wards, ward.Code)
	}
	refused := &input{fields: map[string]*hospital.Error{}}
	pick := func(field string, known []string, note string) string {
		asked := query.Get(field)
		if asked == "" || slices.Contains(known, asked) {
			return asked
		}
		refused.refuse(field, "unknown_choice", "Choose one of these: %s.", strings.Join(known, ", "))
		v.wall.Notes = append(v.wall.Notes, text.T(ctx, note, asked))
		return ""
	}
	v.wall.Filter = hospital.KitchenFilter{
		Ward:    pick("ward", wards, "kitchen.no_ward"),
		Station: hospital.Station(pick("station", asTexts(hospital.Stations), "kitchen.no_station")),
		Meal:    hospital.Meal(pick("meal", asTexts(hospital.Meals), "kitchen.no_meal")),
	}
	v.query, v.unknown = views.WallQuery(v.wall.Filter), refused.err()
	return nil
}

func asTexts[T ~string](words []T) []string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return texts
}

// ticketForm is the form of a step on a ticket of the wall that a query describes. On a live page the
// words alone are shown on the ticket, else the wall that they came from.
func (s *Server) ticketForm(orderID int64, wall url.Values, in *input) form {
	return form{in: in,
		part: func(c echo.Context, r refusal) error {
			return render(c, r.Status, views.TicketRefusal(r.words()))
		},
		page: func(c echo.Context, r refusal) error {
			kitchen := s.kitchen()
			v, err := kitchen.visitor(c, wall)
			if err != nil {
				return err
			}
			v.wall.Refused, v.wall.Refusal = orderID, r.words()
			return kitchen.show(c, r.Status, v, kitchen.page)
		}}
}
