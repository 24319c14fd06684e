package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// kitchen is the screens of the kitchen: the query's view, narrowed by ward, station and meal. A
// person who asks for one that does not exist is shown all and told so, for a wall must never be
// empty by mistake; a program is refused. Walls that show the same share a view.
func (s *Server) kitchen() screen[hospital.KitchenBoard] {
	return screen[hospital.KitchenBoard]{
		server: s, path: views.KitchenPath, socket: "/ws" + views.KitchenPath,
		permission: hospital.ReadKitchen,
		narrow:     s.narrowWall,
		sharedBy:   everyone,
		topics:     always(hospital.KitchenTopic, hospital.MetricsTopic),
		news: func(visitor) newsFor { // whatever ward a cook is bound to: the kitchen cooks for all
			return newsFor{reader: hospital.Actor{Role: hospital.KitchenStaff}}
		},
		read: func(ctx context.Context, v visitor) (hospital.KitchenBoard, error) {
			b, err := s.Hospital.KitchenBoardOf(ctx, v.actor, v.wall.Filter.Meal)
			return b.Filtered(v.wall.Filter), err
		},
		title: titled[hospital.KitchenBoard]("nav.kitchen"),
		page: func(p views.Page, v visitor, b hospital.KitchenBoard) templ.Component {
			return views.KitchenPage(p, b, v.wall)
		},
		regions: func(v visitor, b hospital.KitchenBoard) []views.Region {
			return views.KitchenRegions(b, v.wall)
		},
		json:     object(newKitchenJSON),
		messages: dashboardMessages(newKitchenJSON),
	}
}

// narrowWall reads the query of a wall. What does not exist is left out of its filter, noted for
// people and refused to programs.
func (s *Server) narrowWall(ctx context.Context, query url.Values, v *visitor) (err error) {
	if v.wall.Wards, err = s.Hospital.Wards(ctx, v.actor); err != nil {
		return err
	}
	var wards []string
	for _, ward := range v.wall.Wards {
		wards = append(wards, ward.Code)
	}
	refused := fieldErrors{}
	pick := func(field string, known []string, note string) string {
		asked := query.Get(field)
		if asked == "" || slices.Contains(known, asked) {
			return asked
		}
		refused.refuse(field, "unknown_choice", "Choose one of these: %s.",
			strings.Join(known, ", "))
		v.wall.Notes = append(v.wall.Notes, text.T(ctx, note, asked))
		return ""
	}
	stations, meals := asTexts(hospital.Stations), asTexts(hospital.SettingsOf(ctx).MealCodes())
	v.wall.View = views.KitchenView(pick("view", asTexts(views.KitchenViews), "kitchen.no_view"))
	v.wall.Filter = hospital.KitchenFilter{
		Ward:    pick("ward", wards, "kitchen.no_ward"),
		Station: hospital.Station(pick("station", stations, "kitchen.no_station")),
		Meal:    hospital.Meal(pick("meal", meals, "kitchen.no_meal")),
	}
	v.query, v.unknown = views.WallQuery(v.wall), refused.err()
	return nil
}

// ticketForm is the form of a step on a ticket of the wall that a query describes. On a live page
// the words alone are shown on the ticket, else the wall that they came from.
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

// kitchenJSON is what the kitchen's dashboard shows besides the numbers. A ticket is an order with
// what the kitchen may know of whom it is for.
type kitchenJSON struct {
	Counts  map[hospital.OrderStatus]int          `json:"counts"`
	Tickets map[hospital.OrderStatus][]ticketJSON `json:"tickets"` // as they are due
	ToCook  []dishCountJSON                       `json:"to_cook"`
	Past    pastJSON[ticketJSON]                  `json:"past"` // of days that are over
	Missed  []missedJSON                          `json:"missed_rounds"`
	serviceJSON
}

func newKitchenJSON(ctx context.Context, b hospital.KitchenBoard) dashboardJSON {
	tickets := make(map[hospital.OrderStatus][]ticketJSON, len(hospital.OrderStatuses))
	for _, status := range hospital.OrderStatuses {
		tickets[status] = []ticketJSON{}
	}
	for _, t := range b.Tickets {
		tickets[t.Status] = append(tickets[t.Status], newTicketJSON(ctx, t))
	}
	past := newPastJSON(b.PastDays(hospital.SettingsOf(ctx)), eachIn(ctx, b.Past, newTicketJSON))
	return newDashboardJSON(b.Metrics, b.At, kitchenJSON{b.Counts, tickets,
		each(b.ToCook, newDishCountJSON), past, each(b.Missed, newMissedJSON),
		newServiceJSON(ctx, b)})
}

type ticketJSON struct {
	OrderID         int64            `json:"order_id"`
	Status          string           `json:"status"`
	StatusSince     *string          `json:"status_since"`
	PlacedAt        *string          `json:"placed_at"`
	DueAt           *string          `json:"due_at"`
	Meal            string           `json:"meal"`
	Ward            *string          `json:"ward"`        // its code; null where no ward is known
	Bed             *string          `json:"bed_number"`  // null where there is none
	MovedAt         *string          `json:"moved_at"`    // into the bed, after the order
	Destination     *string          `json:"destination"` // the zone of an address
	Initials        *string          `json:"initials"`
	Diet            *string          `json:"diet"` // null for an address, of which nothing is known
	Texture         int              `json:"texture"`
	AllergiesKnown  bool             `json:"allergies_known"`
	Allergies       []string         `json:"allergies"`
	SevereAllergies []string         `json:"severe_allergies"`
	Isolation       *string          `json:"isolation"`
	NilByMouth      bool             `json:"nil_by_mouth"`
	Items           []ticketItemJSON `json:"items"`
	Parts           []partJSON       `json:"parts"`
	HotSince        *string          `json:"hot_since"`     // its hot food; null where there is none
	WarnAt          *string          `json:"warn_at"`       // from when it is warned of
	CookAgainAt     *string          `json:"cook_again_at"` // from when it goes no further
	Notes           string           `json:"notes"`
	OverrideReason  string           `json:"override_reason"`
	OverriddenBy    string           `json:"overridden_by"`
	Hazards         []hazardJSON     `json:"hazards"`
	Stopped         string           `json:"stopped"`
	Begun           bool             `json:"begun"`
	Late            bool             `json:"late"`
	CancelReason    string           `json:"cancel_reason"`
	Version         int64            `json:"version"`
}

func newTicketJSON(ctx context.Context, t hospital.Ticket) ticketJSON {
	return ticketJSON{
		OrderID: t.OrderID, Status: string(t.Status), StatusSince: rfc3339(t.StatusSince),
		PlacedAt: rfc3339(t.PlacedAt), DueAt: rfc3339(t.Due), Meal: string(t.Meal),
		Ward: textOrNull(t.WardCode), Bed: textOrNull(t.BedNumber), MovedAt: rfc3339(t.MovedAt),
		Destination: textOrNull(t.Destination), Initials: textOrNull(t.Initials),
		Diet: textOrNull(string(t.Diet)), Texture: int(t.Texture),
		AllergiesKnown: t.Allergies.Known, Allergies: asTexts(t.Allergies.Allergens),
		SevereAllergies: asTexts(t.Allergies.Severe),
		Isolation:       textOrNull(string(t.Isolation)), NilByMouth: t.NilByMouth,
		Items: each(t.Dishes, newTicketItemJSON), Parts: each(t.Parts, newPartJSON),
		HotSince: rfc3339(t.Hot.Since), WarnAt: rfc3339(t.Hot.WarnAt),
		CookAgainAt: rfc3339(t.Hot.CookAgainAt), Notes: t.Notes,
		OverrideReason: t.OverrideReason, OverriddenBy: t.OverriddenBy,
		Hazards: newHazardsJSON(ctx, t.HeldFor), Stopped: t.Stopped, Begun: t.Begun, Late: t.Late,
		CancelReason: t.CancelReason, Version: t.Version,
	}
}

type dishCountJSON struct {
	ItemID  int64  `json:"item_id"`
	Name    string `json:"name"`
	Station string `json:"station"`
	Count   int    `json:"count"`
}

func newDishCountJSON(d hospital.DishCount) dishCountJSON {
	return dishCountJSON{d.DishID, d.Name.En, string(d.Station), d.Count}
}

// newCarriedItemJSON is a dish of a tray, which is cooked.
func newCarriedItemJSON(d hospital.TicketDish) itemJSON {
	return itemJSON{d.ID, d.Name.En, string(d.Station)}
}

// ticketItemJSON is a dish of a ticket.
type ticketItemJSON struct {
	itemJSON
	SoldOut    bool           `json:"sold_out"`
	Substitute *namedItemJSON `json:"substitute"` // null: nothing safe is offered instead
}

func newTicketItemJSON(d hospital.TicketDish) ticketItemJSON {
	item := ticketItemJSON{itemJSON: newCarriedItemJSON(d), SoldOut: d.SoldOut}
	if d.SubstituteID != 0 {
		item.Substitute = &namedItemJSON{d.SubstituteID, d.Substitute.En}
	}
	return item
}
