package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// kitchenDashboard is GET /dashboard/kitchen/, narrowed by the query's ward, station and meal. A person who asks for one that does not
// exist is shown all and told so, for a wall must never be empty by mistake; a program is refused.
func (s *Server) kitchenDashboard(c echo.Context) error {
	wall, refused, err := s.wall(c, c.QueryParams())
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) != program {
		return s.renderKitchen(c, http.StatusOK, wall)
	}
	if err := refused.err(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	b, err := s.Hospital.KitchenBoard(ctx)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, dashboardShape(b.Metrics, b.At, kitchenJSON(ctx, b.Filtered(wall.Filter))))
}

// renderKitchen draws a wall.
func (s *Server) renderKitchen(c echo.Context, status int, wall views.Wall) error {
	ctx := c.Request().Context()
	b, err := s.Hospital.KitchenBoard(ctx)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.kitchen"))
	if err != nil {
		return err
	}
	path := views.KitchenPath(wall.Filter)
	page.Path, page.Assets = path, "kitchen"
	page.Live = &views.Live{Socket: "/ws" + path, Revisions: b.Revisions}
	if err := s.addNews(ctx, &page, everyone(hospital.KitchenStaff)); err != nil {
		return err
	}
	return render(c, status, views.KitchenPage(page, b.Filtered(wall.Filter), wall))
}

// liveKitchen is the same, live. Walls that show the same share a view.
func (s *Server) liveKitchen(c echo.Context) error {
	wall, refused, err := s.wall(c, c.QueryParams())
	if err != nil {
		return err
	}
	if refused.err() != nil {
		return hub.CloseNoSuchPath
	}
	language := language(c)
	return watch(c, s.withNews(everyone(hospital.KitchenStaff), language, hub.View{
		Name:   fmt.Sprintf("%s %s", views.KitchenPath(wall.Filter), language),
		Topics: []hospital.Topic{hospital.KitchenTopic, hospital.MetricsTopic},
		Read: func(ctx context.Context) (hub.State, error) {
			b, err := s.Hospital.KitchenBoard(ctx)
			return kitchenState(b.Filtered(wall.Filter), views.Wall{Filter: wall.Filter}, language), err
		},
	}))
}

func kitchenState(b hospital.KitchenBoard, wall views.Wall, language text.Lang) *liveState {
	return &liveState{
		revisions: b.Revisions, language: language,
		regions: views.KitchenRegions(b, wall),
		messages: func() ([]hub.Region, error) {
			return dashboardMessages(b.Metrics, b.At, kitchenJSON(text.With(context.Background(), language), b))
		},
		answer: answerWithState,
	}
}

// wall is the wall that a query describes. What does not exist is left out of its filter, noted for people and refused to programs.
func (s *Server) wall(c echo.Context, query url.Values) (wall views.Wall, refused *input, err error) {
	ctx := c.Request().Context()
	if wall.Wards, err = s.Hospital.Wards(ctx); err != nil {
		return wall, nil, err
	}
	var wards []string
	for _, ward := range wall.Wards {
		wards = append(wards, ward.Code)
	}
	refused = &input{fields: map[string]*hospital.Error{}}
	pick := func(field string, known []string, note string) string {
		asked := query.Get(field)
		if asked == "" || slices.Contains(known, asked) {
			return asked
		}
		refused.refuse(field, "unknown_choice", "Choose one of these: %s.", strings.Join(known, ", "))
		wall.Notes = append(wall.Notes, text.T(ctx, note, asked))
		return ""
	}
	wall.Filter = hospital.KitchenFilter{
		Ward:    pick("ward", wards, "kitchen.no_ward"),
		Station: hospital.Station(pick("station", asTexts(hospital.Stations), "kitchen.no_station")),
		Meal:    hospital.Meal(pick("meal", asTexts(hospital.Meals), "kitchen.no_meal")),
	}
	return wall, refused, nil
}

func asTexts[T ~string](words []T) []string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return texts
}

// refuseTicket shows a cook on the ticket why its step was refused: on a live page the words alone, else the wall that they came from.
func (s *Server) refuseTicket(c echo.Context, orderID int64, back *url.URL, refusal error) error {
	p := s.explain(c, refusal)
	if audienceOf(c.Request()) == htmx {
		return render(c, p.Status, views.TicketRefusal(p.words()))
	}
	wall, _, err := s.wall(c, back.Query())
	if err != nil {
		return err
	}
	wall.Refused, wall.Refusal = orderID, p.words()
	return s.renderKitchen(c, p.Status, wall)
}
