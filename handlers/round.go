package handlers

import (
	"context"
	"errors"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// round is the courier's tablet. It has patients' names in it that are for one courier alone, so
// each has a view of their own: one read a courier and change, however many trays there are.
func (s *Server) round() screen[hospital.DeliveryBoard] {
	return screen[hospital.DeliveryBoard]{
		server: s, path: views.RoundPath, socket: "/ws" + views.RoundPath,
		permission: hospital.ReadDeliveries,
		topics:     always(hospital.DeliveriesTopic, hospital.MetricsTopic),
		// Whoever looks is told what couriers are told, whatever else they are.
		news: func(v visitor) newsFor {
			courier := hospital.Actor{UserID: v.actor.UserID, Role: hospital.DeliveryStaff}
			return newsFor{courier, v.wards}
		},
		read: func(ctx context.Context, v visitor) (hospital.DeliveryBoard, error) {
			return s.Hospital.DeliveryBoard(ctx, v.actor)
		},
		title:    titled[hospital.DeliveryBoard]("nav.delivery"),
		page:     roundPage(nil),
		regions:  forAll(views.RoundRegions),
		json:     object(newRoundJSON),
		messages: dashboardMessages(newRoundJSON),
	}
}

// roundPage draws the courier's tablet, with what they must see before anything else if there is
// something.
func roundPage(alarm *views.Alarm) drawPage[hospital.DeliveryBoard] {
	return func(p views.Page, _ visitor, b hospital.DeliveryBoard) templ.Component {
		return views.RoundPage(p, b, alarm)
	}
}

// roundJSON is what a courier's dashboard shows besides the numbers.
type roundJSON struct {
	// Deliveries by status: those that wait, a trayJSON each, and the courier's own, a stopJSON
	// each.
	Deliveries map[string][]any `json:"deliveries"`
	Counts     map[string]int   `json:"counts"` // by status: everyone's, open or ended today

	Past pastJSON[trayJSON] `json:"past"` // of days that are over, and in none of the above

	Carts []cartJSON      `json:"carts"` // that wait for a courier; their trays stand above too
	Ended []endedTrayJSON `json:"ended"` // the courier's own, the last one first
	Out   []traysOutJSON  `json:"trays_out"`
}

// trayJSON is a delivery as whoever may carry it sees it.
type trayJSON struct {
	deliveryJSON
	CartID     *int64  `json:"cart_id"` // null: it goes by itself
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
	Isolation   *string      `json:"isolation"`
	Items       []itemJSON   `json:"items"`
	Notes       string       `json:"notes"`
	Phone       *string      `json:"phone"`
	Price       int          `json:"price"` // to be collected at an address
	CodeLocked  bool         `json:"code_locked"`
	MovedFrom   *string      `json:"moved_from"`
	Stopped     *string      `json:"stopped"`
	Hazards     []hazardJSON `json:"hazards"`
	Version     int64        `json:"version"`
}

func newRoundJSON(ctx context.Context, b hospital.DeliveryBoard) dashboardJSON {
	past := each(b.Past, func(t hospital.Tray) trayJSON { return newTrayJSON(t, "") })
	shape := roundJSON{map[string][]any{}, map[string]int{},
		newPastJSON(b.PastDays(hospital.SettingsOf(ctx)), past), each(b.Carts, newCartJSON),
		each(b.Ended, newEndedTrayJSON), each(b.Out, newTraysOutJSON)}
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
			add(tray.Delivery, newTrayJSON(tray, round.Name))
		}
	}
	for _, round := range b.Mine {
		for _, stop := range round.Stops {
			add(stop.Delivery, newStopJSON(ctx, stop, round.Name))
		}
	}
	return newDashboardJSON(b.Metrics, b.At, shape)
}

func newTrayJSON(t hospital.Tray, round string) trayJSON {
	return trayJSON{newDeliveryJSON(t.Delivery), idOrNull(t.CartID), textOrNull(t.BedNumber), round, string(t.Meal),
		rfc3339(t.ReadySince), t.Claimable}
}

func newStopJSON(ctx context.Context, s hospital.RoundStop, round string) stopJSON {
	return stopJSON{
		trayJSON: newTrayJSON(s.Tray, round), PatientName: string(s.PatientName),
		BirthDate: dayOrNull(s.BirthDate), Diet: textOrNull(string(s.Diet)),
		Texture: int(s.Texture), Allergies: asTexts(s.Allergies.Allergens),
		Asked: s.Allergies.Known, Isolation: textOrNull(string(s.Isolation)),
		Items: each(s.Dishes, newCarriedItemJSON), Notes: s.Notes,
		Phone: textOrNull(s.Phone), Price: s.Price, CodeLocked: s.CodeLocked, MovedFrom: textOrNull(s.MovedFrom), Stopped: textOrNull(s.Stopped),
		Hazards: newHazardsJSON(ctx, s.HeldFor), Version: s.Version,
	}
}

// endedTrayJSON is what a courier has handed over or brought back and may do something about.
type endedTrayJSON struct {
	trayJSON
	UndoUntil *string `json:"undo_until"` // null: it can't be taken back any more
	Resend    bool    `json:"resend"`     // it may be sent again
	Version   int64   `json:"version"`
}

func newEndedTrayJSON(t hospital.EndedTray) endedTrayJSON {
	return endedTrayJSON{newTrayJSON(t.Tray, ""), rfc3339(t.UndoUntil), t.Resend, t.Version}
}

// traysOutJSON is how many trays of a ward wait to be collected.
type traysOutJSON struct {
	WardID int64  `json:"ward_id"`
	Ward   string `json:"ward"` // its code
	Trays  int    `json:"trays"`
}

func newTraysOutJSON(o hospital.TraysOut) traysOutJSON {
	return traysOutJSON{o.WardID, o.WardCode, o.Trays}
}

// mostInARound is how many deliveries can be taken at once: more than anybody carries.
const mostInARound = 100

// takeRound is POST /deliveries/claim and /deliveries/depart: the command for each of delivery_ids.
func (s *Server) takeRound(command courierCommand) echo.HandlerFunc {
	return func(c echo.Context) error {
		return s.eachDelivery(c, nil, func(*input) courierCommand { return command })
	}
}

// eachDelivery carries out a command for each of delivery_ids, by itself, in this order. Where some
// are refused the others are done nevertheless; a person is told of each why not, a program of the
// first. prepare reads the other fields and returns the command.
func (s *Server) eachDelivery(c echo.Context, fields []string,
	prepare func(*input) courierCommand) error {
	in, err := readInput(c, append(fields, "delivery_ids")...)
	if err != nil {
		return err
	}
	ids, command := in.ids("delivery_ids"), prepare(in)
	switch {
	case len(ids) == 0:
		in.refuse("delivery_ids", "required", "Choose at least one delivery.")
	case len(ids) > mostInARound:
		in.refuse("delivery_ids", "too_many_deliveries", "Choose at most %d deliveries.",
			mostInARound)
	}
	if err := in.err(); err != nil {
		return s.courierForm(0, in).refuse(err)
	}
	var refusals []error
	for _, id := range ids {
		_, err := command(c.Request().Context(), actor(c), id, hospital.CourierCommand{})
		if _, refused := errors.AsType[*hospital.Error](err); err != nil && !refused {
			return err
		}
		if err != nil {
			refusals = append(refusals, err)
		}
	}
	if len(refusals) > 0 {
		return s.courierForm(0, in, refusals[1:]...).refuse(refusals[0])
	}
	return done(c, views.RoundPath)
}
