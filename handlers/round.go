package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

const roundPath = "/dashboard/delivery/"

// roundPage is GET /dashboard/delivery/: the courier's tablet.
func (s *Server) roundPage(c echo.Context) error {
	return s.renderRound(c, http.StatusOK, nil)
}

// renderRound draws the courier's tablet, with what they must see before anything else if there is something.
func (s *Server) renderRound(c echo.Context, status int, alarm *views.Alarm) error {
	ctx := c.Request().Context()
	board, err := s.Hospital.DeliveryBoard(ctx, actor(c))
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(status, dashboardShape(board.Metrics, board.At, boardJSON(ctx, board)))
	}
	page, err := s.page(c, text.T(ctx, "nav.delivery"))
	if err != nil {
		return err
	}
	page.Path = roundPath // also after a refused form, whose own address can't be got
	page.Live = &views.Live{Socket: "/ws" + roundPath, Revisions: board.Revisions}
	if err := s.addNews(ctx, &page, courierOf(actor(c))); err != nil {
		return err
	}
	return render(c, status, views.RoundPage(page, board, alarm))
}

// liveRound is the same, live: /ws/dashboard/delivery/. A courier's round has patients' names in it that are for them alone, so each
// courier who watches has a view of their own. Its cost is one read a courier and change, however many trays there are.
func (s *Server) liveRound(c echo.Context) error {
	courier, language := actor(c), language(c)
	return watch(c, s.withNews(courierOf(courier), language, hub.View{
		Name:   fmt.Sprintf("dashboard/delivery/%d/%s", courier.UserID, language),
		Topics: []hospital.Topic{hospital.DeliveriesTopic, hospital.MetricsTopic},
		Read: func(ctx context.Context) (hub.State, error) {
			board, err := s.Hospital.DeliveryBoard(ctx, courier)
			return roundState(board, language), err
		},
	}))
}

// courierOf is somebody as one who is told what couriers are told, whatever else they are.
func courierOf(who hospital.Actor) hospital.Actor {
	return hospital.Actor{UserID: who.UserID, Role: hospital.DeliveryStaff}
}

func roundState(b hospital.DeliveryBoard, language text.Lang) *liveState {
	return &liveState{
		revisions: b.Revisions, language: language,
		regions: views.RoundRegions(b),
		messages: func() ([]hub.Region, error) {
			return dashboardMessages(b.Metrics, b.At, boardJSON(text.With(context.Background(), language), b))
		},
		answer: answerWithState,
	}
}

// boardShape is what a courier's dashboard shows besides the numbers.
type boardShape struct {
	Deliveries map[string][]any `json:"deliveries"` // by status: those that wait, a trayJSON each, and the courier's own, a stopJSON each
	Counts     map[string]int   `json:"counts"`     // by status: everyone's, open or ended today

	Past pastJSON[trayJSON] `json:"past"` // of days that are over, and in none of the above
}

// trayJSON is a delivery as whoever may carry it sees it.
type trayJSON struct {
	deliveryJSON
	BedNumber  *string `json:"bed_number"`
	Round      string  `json:"round"` // the ward or zone that it goes to
	Meal       string  `json:"meal"`
	ReadySince *string `json:"ready_since"`
	Claimable  bool    `json:"claimable"`
}

// stopJSON is a delivery as its courier sees it.
type stopJSON struct {
	trayJSON
	PatientName string       `json:"patient_name"`
	BirthDate   *string      `json:"birth_date"`
	Diet        *string      `json:"diet"`
	Texture     int          `json:"texture"`
	Allergies   []string     `json:"allergies"`
	Asked       bool         `json:"allergies_known"`
	Items       []itemJSON   `json:"items"`
	Phone       *string      `json:"phone"`
	MovedFrom   *string      `json:"moved_from"`
	Stopped     *string      `json:"stopped"`
	Hazards     []hazardJSON `json:"hazards"`
	Version     int64        `json:"version"`
}

func boardJSON(ctx context.Context, b hospital.DeliveryBoard) boardShape {
	past := make([]trayJSON, 0, len(b.Past))
	for _, tray := range b.Past {
		past = append(past, trayShape(tray, ""))
	}
	shape := boardShape{map[string][]any{}, map[string]int{}, pastShape(b.PastDays(), past)}
	for _, status := range hospital.DeliveryStatuses {
		shape.Counts[string(status)] = b.Counts[status]
		if !status.Ended() {
			shape.Deliveries[string(status)] = []any{}
		}
	}
	add := func(d hospital.Delivery, one any) {
		shape.Deliveries[string(d.Status)] = append(shape.Deliveries[string(d.Status)], one)
	}
	for _, round := range b.Waiting {
		for _, tray := range round.Stops {
			add(tray.Delivery, trayShape(tray, round.Name))
		}
	}
	for _, round := range b.Mine {
		for _, stop := range round.Stops {
			add(stop.Delivery, stopShape(ctx, stop, round.Name))
		}
	}
	return shape
}

func trayShape(t hospital.Tray, round string) trayJSON {
	return trayJSON{deliveryShape(t.Delivery), textOrNull(t.BedNumber), round, string(t.Meal), rfc3339(t.ReadySince), t.Claimable}
}

func stopShape(ctx context.Context, s hospital.RoundStop, round string) stopJSON {
	shape := stopJSON{trayJSON: trayShape(s.Tray, round), PatientName: string(s.PatientName), BirthDate: dayOrNull(s.BirthDate),
		Diet: textOrNull(string(s.Diet)), Texture: int(s.Texture), Allergies: []string{}, Asked: s.Allergies.Known, Items: []itemJSON{},
		Phone: textOrNull(s.Phone), MovedFrom: textOrNull(s.MovedFrom), Stopped: textOrNull(s.Stopped), Hazards: hazardsJSON(ctx, s.HeldFor),
		Version: s.Version}
	for _, allergen := range s.Allergies.Allergens {
		shape.Allergies = append(shape.Allergies, string(allergen))
	}
	for _, dish := range s.Dishes {
		shape.Items = append(shape.Items, itemJSON{dish.ID, dish.Name.En, string(dish.Station)})
	}
	return shape
}

// mostInARound is how many deliveries can be taken at once: more than anybody carries.
const mostInARound = 100

// takeRound is POST /deliveries/claim and /deliveries/depart: the command for each of delivery_ids, by itself, in this order. Where some
// are refused the others are taken nevertheless; a person is told of each why not, a program of the first.
func (s *Server) takeRound(command courierCommand) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := readInput(c, "delivery_ids")
		if err != nil {
			return err
		}
		ids := in.ids("delivery_ids")
		switch {
		case len(ids) == 0:
			in.refuse("delivery_ids", "required", "Choose at least one delivery.")
		case len(ids) > mostInARound:
			in.refuse("delivery_ids", "too_many_deliveries", "Choose at most %d deliveries.", mostInARound)
		}
		if err := in.err(); err != nil {
			return s.refuseCourier(c, 0, err)
		}
		var refusals []error
		for _, id := range ids {
			_, err := command(c.Request().Context(), actor(c), id, hospital.CourierStep{})
			if _, refused := errors.AsType[*hospital.Error](err); err != nil && !refused {
				return err
			}
			if err != nil {
				refusals = append(refusals, err)
			}
		}
		if len(refusals) > 0 {
			return s.refuseCourier(c, 0, refusals...)
		}
		return done(c, roundPath)
	}
}
