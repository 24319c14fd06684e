package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// delivery is one delivery, for whoever may follow it. Each ward role sees the same. A courier's
// and a customer's view is their own: it ends with their right to follow, and shows a home, or the
// code that is told at its door, to whom it concerns alone.
func (s *Server) delivery() screen[hospital.DeliveryWatch] {
	return screen[hospital.DeliveryWatch]{
		server: s, path: views.DeliveryPath, socket: "/ws/delivery/:id/",
		permission: hospital.FollowDeliveries,
		sharedBy: func(v visitor) string {
			role := v.actor.Role
			if role.May(hospital.ReadPastOrders) && !role.May(hospital.CarryDeliveries) {
				return string(role)
			}
			return fmt.Sprint(v.actor.UserID)
		},
		read: func(ctx context.Context, v visitor) (hospital.DeliveryWatch, error) {
			return s.Hospital.Delivery(ctx, v.actor, v.id)
		},
		title: func(ctx context.Context, d hospital.DeliveryWatch) string {
			return text.T(ctx, "order.title", d.OrderID)
		},
		page: plain(views.DeliveryPage),
		regions: func(v visitor, d hospital.DeliveryWatch) []views.Region {
			return views.DeliveryRegions(d, v.actor.Role)
		},
		json: func(_ context.Context, d hospital.DeliveryWatch) any {
			return deliveryPageJSON{newLocatedAtJSON(d), d.Version}
		},
		messages: deliveryMessages,
		act: func(ctx context.Context, v visitor, request []byte) ([]byte, bool) {
			return s.actOnDelivery(ctx, v.actor, v.id, request)
		},
	}
}

// deliveryJSON is what every message about a delivery says of it. Where it is stands on its own
// page and socket alone.
type deliveryJSON struct {
	DeliveryID  int64   `json:"delivery_id"`
	OrderID     int64   `json:"order_id"`
	Status      string  `json:"status"`
	Destination string  `json:"destination"` // empty while the patient has no bed
	Courier     *string `json:"courier"`
}

func newDeliveryJSON(d hospital.Delivery) deliveryJSON {
	return deliveryJSON{d.ID, d.OrderID, string(d.Status), d.Destination, textOrNull(d.Courier)}
}

// standingDeliveryJSON is a delivery as a Conflict shows it.
type standingDeliveryJSON struct {
	deliveryJSON
	Version int64 `json:"version"`
}

// deliveryPageJSON is a delivery's page.
type deliveryPageJSON struct {
	locatedJSON
	Version int64 `json:"version"`
}

// locatedJSON is a delivery with where it was last seen.
type locatedJSON struct {
	deliveryJSON
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Timestamp *string  `json:"timestamp,omitempty"`
}

func newLocatedJSON(d hospital.Delivery) locatedJSON {
	return locatedJSON{newDeliveryJSON(d), d.Latitude, d.Longitude, nil}
}

// newLocatedAtJSON is the whole state of a delivery.
func newLocatedAtJSON(d hospital.DeliveryWatch) locatedJSON {
	shape := newLocatedJSON(d.Delivery)
	shape.Timestamp = rfc3339(d.At)
	return shape
}

// statusUpdateJSON says that a delivery came to a status.
type statusUpdateJSON struct {
	Type       string  `json:"type"`
	DeliveryID int64   `json:"delivery_id"`
	OrderID    int64   `json:"order_id"`
	Status     string  `json:"status"`
	Timestamp  *string `json:"timestamp"`
}

// locationUpdateJSON says where a delivery was seen.
type locationUpdateJSON struct {
	Type       string   `json:"type"`
	DeliveryID int64    `json:"delivery_id"`
	OrderID    int64    `json:"order_id"`
	Latitude   *float64 `json:"latitude"`
	Longitude  *float64 `json:"longitude"`
	Timestamp  *string  `json:"timestamp"`
}

// deliveryMessages are a delivery as messages: an event when its status changes, one each time that
// it is seen, then the whole.
func deliveryMessages(_ context.Context, d hospital.DeliveryWatch) ([]hub.Region, error) {
	var messages messageList
	messages.event("status", d.Status, statusUpdateJSON{"delivery_status_update", d.ID, d.OrderID,
		string(d.Status), rfc3339(d.StatusSince)})
	if d.Latitude != nil {
		messages.event("location", d.LocatedAt, locationUpdateJSON{"delivery_location_update", d.ID,
			d.OrderID, d.Latitude, d.Longitude, rfc3339(d.LocatedAt)})
	}
	messages.whole("delivery", newLocatedJSON(d.Delivery),
		message{"delivery_status", newLocatedAtJSON(d)})
	return messages.regions, messages.err
}

// actOnDelivery carries out what depends on who asks: {"action":"get_active_deliveries"}, and a
// courier's word of where they are.
func (s *Server) actOnDelivery(ctx context.Context, who hospital.Actor, id int64, request []byte) (
	reply []byte, known bool,
) {
	var asked struct {
		Action    string          `json:"action"`
		Latitude  json.RawMessage `json:"latitude"`
		Longitude json.RawMessage `json:"longitude"`
	}
	if err := json.Unmarshal(request, &asked); err != nil {
		return nil, false
	}
	switch asked.Action {
	case "get_active_deliveries":
		return s.activeDeliveries(ctx, who), true
	case "update_delivery_location":
		latitude, longitude, ok := degrees(asked.Latitude, asked.Longitude)
		if !ok {
			return hub.ErrorMessage("missing_field",
				"Say where with latitude and longitude, in degrees."), true
		}
		if _, err := s.Hospital.LocateDelivery(ctx, who, id, latitude, longitude); err != nil {
			if hospital.IsKind(err, hospital.Forbidden) {
				s.noteDenied(ctx, who, asked.Action)
			}
			return s.refuseAction(err), true
		}
		return nil, true
	}
	return nil, false
}

// degrees reads a place; ok is false where a part of it is missing or no number.
func degrees(sentLatitude, sentLongitude json.RawMessage) (latitude, longitude float64, ok bool) {
	var place [2]*float64
	for i, sent := range []json.RawMessage{sentLatitude, sentLongitude} {
		if len(sent) == 0 || json.Unmarshal(sent, &place[i]) != nil || place[i] == nil {
			return 0, 0, false
		}
	}
	return *place[0], *place[1], true
}

// activeDeliveries lists the deliveries under way that the person may follow.
func (s *Server) activeDeliveries(ctx context.Context, who hospital.Actor) []byte {
	active, err := s.Hospital.ActiveDeliveries(ctx, who)
	if err != nil {
		return s.refuseAction(err)
	}
	reply, err := json.Marshal(message{"deliveries_list", each(active, newLocatedJSON)})
	if err != nil {
		panic(err) // numbers and strings
	}
	return reply
}

// refuseAction words for a socket why something was not done, in the codes of
// docs/contract.md#websockets.
func (s *Server) refuseAction(err error) []byte {
	refusal, refused := errors.AsType[*hospital.Error](err)
	if !refused {
		if !errors.Is(err, context.Canceled) { // nothing has failed where whoever asked has left
			s.Log.Error("action failed", "error", err)
		}
		return hub.ErrorMessage("unavailable",
			"The server failed and nothing was saved. Try again in a moment.")
	}
	code := map[hospital.Kind]string{
		hospital.Invalid: "missing_field", hospital.NotFound: "not_found",
		hospital.Forbidden: "forbidden", hospital.Conflict: "forbidden",
		hospital.TooMany: "too_many", hospital.Unavailable: "unavailable",
	}[refusal.Kind]
	sentence := refusal.Message
	for _, field := range slices.Sorted(maps.Keys(refusal.Fields)) {
		sentence += " " + refusal.Fields[field].Message
	}
	return hub.ErrorMessage(code, sentence)
}

// courierCommand is one of the hospital's commands of a courier that need nothing but the delivery.
type courierCommand func(ctx context.Context, courier hospital.Actor, id int64,
	step hospital.CourierCommand) (hospital.Delivery, error)

// takeDelivery is POST /deliveries/{id}/claim, release and depart.
func (s *Server) takeDelivery(command courierCommand) echo.HandlerFunc {
	return s.carry(nil, func(c echo.Context, in *input) deliveryAct {
		step := courierStep(c, in)
		return func(ctx context.Context, id int64) (hospital.Delivery, error) {
			return command(ctx, actor(c), id, step)
		}
	})
}

// deliver is POST /deliveries/{id}/deliver. received_by is who took it: a page sends one of the
// usual receivers and perhaps a name.
func (s *Server) deliver() echo.HandlerFunc {
	fields := []string{"bed_code", "received_by", "tapped_at"}
	return s.carry(fields, func(c echo.Context, in *input) deliveryAct {
		step := courierStep(c, in)
		handover := hospital.DeliverCommand{
			BedCode: in.text("bed_code"), ReceivedBy: strings.Join(in.list("received_by"), " "),
			AdmissionID: step.AdmissionID, Version: step.Version,
			IdempotencyKey: step.IdempotencyKey, TappedAt: step.TappedAt,
		}
		return func(ctx context.Context, id int64) (hospital.Delivery, error) {
			return s.Hospital.Deliver(ctx, actor(c), id, handover)
		}
	})
}

// fail is POST /deliveries/{id}/fail. A tray that was stopped comes back so, and needs no reason.
func (s *Server) fail() echo.HandlerFunc {
	return s.carry([]string{"reason", "tapped_at"}, func(c echo.Context, in *input) deliveryAct {
		reason, step := in.text("reason"), courierStep(c, in)
		return func(ctx context.Context, id int64) (hospital.Delivery, error) {
			return s.Hospital.FailDelivery(ctx, actor(c), id, reason, step)
		}
	})
}

// locate is POST /deliveries/{id}/location.
func (s *Server) locate() echo.HandlerFunc {
	return s.carry([]string{"latitude", "longitude"}, func(c echo.Context, in *input) deliveryAct {
		latitude, longitude := in.degrees("latitude"), in.degrees("longitude")
		return func(ctx context.Context, id int64) (hospital.Delivery, error) {
			return s.Hospital.LocateDelivery(ctx, actor(c), id, latitude, longitude)
		}
	})
}

// degrees reads a latitude or longitude.
func (in *input) degrees(field string) float64 {
	degrees, err := strconv.ParseFloat(in.one(field), 64)
	if err != nil {
		in.refuse(field, "not_degrees", "Give degrees, such as -1.95.")
	}
	return degrees
}

// courierStep is what every command of a courier may be sent along; tapped_at only where the
// command knows it.
func courierStep(c echo.Context, in *input) hospital.CourierCommand {
	return hospital.CourierCommand{AdmissionID: in.id("admission_id"), Version: in.id("version"),
		IdempotencyKey: in.idempotencyKey(c), TappedAt: in.time("tapped_at")}
}

// deliveryAct is a command with all that was sent, for a delivery.
type deliveryAct = func(ctx context.Context, id int64) (hospital.Delivery, error)

// carry answers a courier's command on the delivery in the path: on to the round. prepare reads the
// fields and returns the command.
func (s *Server) carry(fields []string,
	prepare func(echo.Context, *input) deliveryAct) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, in, err := readAbout(c, append(fields, "admission_id")...)
		if err != nil {
			return err
		}
		command := prepare(c, in)
		err = in.err()
		if err == nil {
			_, err = command(c.Request().Context(), id)
		}
		if err != nil {
			return s.courierForm(id, in).refuse(err)
		}
		return done(c, views.RoundPath)
	}
}

// courierForm is a courier's command on a delivery, 0 for several. Its refusal is shown over the
// round as it stands now, to be acknowledged, with those of the others that were refused with it.
func (s *Server) courierForm(id int64, in *input, others ...error) form {
	return form{in: in,
		part: func(c echo.Context, r refusal) error {
			alarm, status := s.alarm(c, id, r.Problem, others)
			return render(c, status, views.AlarmDialog(&alarm))
		},
		page: func(c echo.Context, r refusal) error {
			alarm, status := s.alarm(c, id, r.Problem, others)
			return s.round().redraw(c, status, roundPage(&alarm))
		}}
}

// alarm says why commands were refused. What would have been a danger to a patient is shown as
// loudly as can be.
func (s *Server) alarm(c echo.Context, id int64, first Problem, others []error) (views.Alarm, int) {
	problems := []Problem{first}
	for _, err := range others {
		problems = append(problems, s.explain(c, err))
	}
	alarm, status := views.Alarm{Code: first.Code, Delivery: id}, first.Status
	var sentences []string
	for _, p := range problems {
		sentences = append(sentences, p.alarmWords())
		if views.Dangerous(p.Code) {
			alarm.Code, status = p.Code, p.Status
		}
	}
	alarm.Sentence = strings.Join(sentences, " ")
	return alarm, status
}

// alarmWords are what is wrong with the fields, else all that there is to say.
func (p Problem) alarmWords() string {
	if len(p.Errors) == 0 {
		return p.words()
	}
	var sentences []string
	for _, field := range slices.Sorted(maps.Keys(p.Errors)) {
		sentences = append(sentences, p.Errors[field])
	}
	return strings.Join(sentences, " ")
}
