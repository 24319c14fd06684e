package handlers

import (
	"context"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// placeOrder is POST /orders.
func (s *Server) placeOrder(c echo.Context) error {
	in, err := readInput(c, "admission_id", "address_id", "meal", "items", "notes",
		"override_reason")
	if err != nil {
		return err
	}
	cmd := hospital.PlaceOrderCommand{
		AdmissionID: in.id("admission_id"), AddressID: in.id("address_id"),
		Meal: hospital.Meal(in.text("meal")), Dishes: in.ids("items"), Notes: in.text("notes"),
		OverrideReason: in.text("override_reason"), Version: in.id("version"),
		IdempotencyKey: in.idempotencyKey(c),
	}
	var order hospital.Order
	err = in.err()
	if err == nil {
		order, _, err = s.Hospital.PlaceOrder(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.orderForm(c, cmd, in).refuse(err)
	}
	detail, err := s.Hospital.OrderDetail(c.Request().Context(), actor(c), order.ID)
	if err != nil {
		return err
	}
	return created(c, views.OrderPath.Of(order.ID), orderedAt(actor(c).Role, detail),
		func() (any, error) { return newOrderDetailJSON(c.Request().Context(), detail), nil })
}

// orderedAt is where whoever placed an order goes on: a nurse at the patient's bed, anyone else
// with the order itself.
func orderedAt(role hospital.Role, d hospital.OrderDetail) string {
	if d.BedID != 0 && role.May(hospital.ReadWards) {
		return views.BedPath.Of(d.BedID)
	}
	return views.OrderPath.Of(d.ID)
}

// orderForm is the form that places an order. People of the wards see the order of an admission at
// the bed where the patient lies, and everybody else sees the menu.
func (s *Server) orderForm(c echo.Context, order hospital.PlaceOrderCommand, in *input) form {
	if order.AdmissionID != 0 && actor(c).Role.May(hospital.ReadWards) {
		return s.admissionForm(order.AdmissionID, views.FormOrder, in)
	}
	return form{name: views.FormMenu, in: in, page: func(c echo.Context, r refusal) error {
		ctx := c.Request().Context()
		offer, err := s.Hospital.Offer(ctx, actor(c), order.AdmissionID, order.AddressID,
			order.Meal)
		if err != nil {
			return errNoPlace // there is no such menu, as the problem says
		}
		return s.renderMenu(c, r.Status, offer, r.again())
	}}
}

// order is one order. Who may see it differs from person to person, so each has a view of their
// own.
func (s *Server) order() screen[hospital.OrderDetail] {
	return screen[hospital.OrderDetail]{
		server: s, path: views.OrderPath, socket: "/ws/order/:id/",
		permission: hospital.FollowOrders,
		read: func(ctx context.Context, v visitor) (hospital.OrderDetail, error) {
			return s.Hospital.OrderDetail(ctx, v.actor, v.id)
		},
		title: func(ctx context.Context, d hospital.OrderDetail) string {
			return text.T(ctx, "order.title", d.ID)
		},
		page: orderPage(views.Form{}),
		regions: func(v visitor, d hospital.OrderDetail) []views.Region {
			a := v.actor
			who := views.Viewer{UserID: a.UserID, Username: a.Username, Role: a.Role}
			return views.OrderRegions(d, who)
		},
		json:     object(newOrderDetailJSON),
		messages: orderMessages,
	}
}

// orderPage draws an order with its forms.
func orderPage(form views.Form) drawPage[hospital.OrderDetail] {
	return func(p views.Page, _ visitor, d hospital.OrderDetail) templ.Component {
		return views.OrderPage(p, d, form)
	}
}

// orderMessages are an order as one message.
func orderMessages(ctx context.Context, d hospital.OrderDetail) ([]hub.Region, error) {
	state := newOrderDetailJSON(ctx, d)
	sent := state
	sent.Timestamp = rfc3339(d.At)
	whole, err := region("order", state, message{"order", sent})
	return []hub.Region{whole}, err
}

// orderJSON is an order as programs see it. It has no word about whom it is for but the admission.
type orderJSON struct {
	ID             int64        `json:"id"`
	Status         string       `json:"status"`
	StatusSince    *string      `json:"status_since"`
	AdmissionID    *int64       `json:"admission_id"`
	AddressID      *int64       `json:"address_id"`
	Meal           string       `json:"meal"`
	DueAt          *string      `json:"due_at"`
	Items          []itemJSON   `json:"items"`
	Parts          []partJSON   `json:"parts"` // what each station does for it
	Notes          string       `json:"notes"`
	OverrideReason string       `json:"override_reason"`
	OverriddenBy   string       `json:"overridden_by"`
	Overridden     []hazardJSON `json:"overridden"` // what the reason was given for
	Hazards        []hazardJSON `json:"hazards"`    // what it is held for
	Stopped        string       `json:"stopped"`    // why its tray must come back
	Begun          bool         `json:"begun"`      // cooking has begun
	Late           bool         `json:"late"`       // placed after the cut-off
	Price          int          `json:"price"`
	PlacedAt       *string      `json:"placed_at"`
	CancelReason   string       `json:"cancel_reason"`
	Version        int64        `json:"version"`
}

func newOrderJSON(ctx context.Context, o hospital.Order) orderJSON {
	return orderJSON{
		ID: o.ID, Status: string(o.Status), StatusSince: rfc3339(o.StatusSince),
		AdmissionID: idOrNull(o.AdmissionID), AddressID: idOrNull(o.AddressID),
		Meal: string(o.Meal), DueAt: rfc3339(o.Due), Items: each(o.Dishes, newItemJSON),
		Parts: each(o.Parts, newPartJSON), Notes: o.Notes,
		OverrideReason: o.OverrideReason, OverriddenBy: o.OverriddenBy,
		Overridden: newHazardsJSON(ctx, o.Overridden), Hazards: newHazardsJSON(ctx, o.HeldFor),
		Stopped: o.Stopped, Begun: o.Begun, Late: o.Late, Price: o.Price,
		PlacedAt: rfc3339(o.PlacedAt), CancelReason: o.CancelReason, Version: o.Version,
	}
}

// itemJSON is a dish of an order. Programs name it in English, as it is never empty.
type itemJSON struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Station string `json:"station"`
}

// partJSON is what a station does for an order.
type partJSON struct {
	Station hospital.Station `json:"station"`
	DoneAt  *string          `json:"done_at"` // null: it is not done
}

func newPartJSON(p hospital.Part) partJSON { return partJSON{p.Station, rfc3339(p.DoneAt)} }

func newItemJSON(d hospital.Dish) itemJSON { return itemJSON{d.ID, d.Name.En, string(d.Station)} }

// hazardJSON is one reason why something must not go to a patient: in codes, and in words of the
// reader's language.
type hazardJSON struct {
	Kind        string  `json:"kind"`
	Message     string  `json:"message"`
	ItemID      *int64  `json:"item_id"` // null: whatever there is to eat
	Item        *string `json:"item"`
	Allergen    *string `json:"allergen"`
	Severe      bool    `json:"severe"`
	Diet        *string `json:"diet"` // the one that does not allow the dish
	Overridable bool    `json:"overridable"`
}

func newHazardJSON(ctx context.Context, z hospital.Hazard) hazardJSON {
	return hazardJSON{string(z.Kind), text.Hazard(ctx, z), idOrNull(z.DishID),
		textOrNull(z.DishName.En), textOrNull(string(z.Allergen)), z.Severe,
		textOrNull(string(z.Diet)), z.Overridable()}
}

func newHazardsJSON(ctx context.Context, hazards []hospital.Hazard) []hazardJSON {
	return eachIn(ctx, hazards, newHazardJSON)
}

// standingHazardsJSON is what speaks against an order as a Conflict shows it.
type standingHazardsJSON struct {
	Hazards []hazardJSON `json:"hazards"`
}

// orderDetailJSON is an order with where it goes.
type orderDetailJSON struct {
	orderJSON
	Initials   *string `json:"initials"` // of the patient
	Bed        *string `json:"bed_number"`
	Ward       *string `json:"ward_name"`
	Zone       *string `json:"zone"` // of an address
	DeliveryID *int64  `json:"delivery_id"`
	Timestamp  *string `json:"timestamp,omitempty"` // in messages alone
}

func newOrderDetailJSON(ctx context.Context, d hospital.OrderDetail) orderDetailJSON {
	return orderDetailJSON{newOrderJSON(ctx, d.Order), textOrNull(d.Initials),
		textOrNull(d.BedNumber), textOrNull(d.WardName), textOrNull(d.Zone),
		idOrNull(d.DeliveryID), nil}
}
