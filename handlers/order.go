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
	in, err := readInput(c, "admission_id", "address_id", "meal", "items", "notes", "override_reason")
	if err != nil {
		return err
	}
	cmd := hospital.NewOrder{
		AdmissionID: in.id("admission_id"), AddressID: in.id("address_id"), Meal: hospital.Meal(in.text("meal")), Dishes: in.ids("items"),
		Notes: in.text("notes"), OverrideReason: in.text("override_reason"), Version: in.id("version"), IdempotencyKey: in.idempotencyKey(c),
	}
	var order hospital.Order
	if err = in.err(); err == nil {
		order, _, err = s.Hospital.PlaceOrder(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.orderForm(c, cmd, in).refuse(err)
	}
	detail, err := s.Hospital.OrderDetail(c.Request().Context(), actor(c), order.ID)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return created(c, views.OrderPath.Of(order.ID), orderPageJSON(c.Request().Context(), detail))
	}
	return done(c, orderedAt(actor(c).Role, detail))
}

// orderedAt is where whoever placed an order goes on: a nurse at the patient's bed, anyone else with the order itself.
func orderedAt(role hospital.Role, d hospital.OrderDetail) string {
	if d.BedID != 0 && role.May(hospital.ReadWards) {
		return views.BedPath.Of(d.BedID)
	}
	return views.OrderPath.Of(d.ID)
}

// orderForm is the form that places an order. People of the wards see the order of a stay at the bed
// where the patient lies, and everybody else sees the menu.
func (s *Server) orderForm(c echo.Context, order hospital.NewOrder, in *input) form {
	if order.AdmissionID != 0 && actor(c).Role.May(hospital.ReadWards) {
		return s.stayForm(order.AdmissionID, views.FormOrder, in)
	}
	return form{name: views.FormMenu, in: in, page: func(c echo.Context, r refusal) error {
		ctx := c.Request().Context()
		offer, err := s.Hospital.Offer(ctx, actor(c), order.AdmissionID, order.AddressID, order.Meal)
		if err != nil {
			return errNoPlace // there is no such menu, as the problem says
		}
		return s.renderMenu(c, r.Status, offer, r.again())
	}}
}

// order is one order. Who may see it differs from person to person, so each has a view of their own.
func (s *Server) order() screen[hospital.OrderDetail] {
	return screen[hospital.OrderDetail]{
		server: s, path: views.OrderPath, socket: "/ws/order/:id/", permission: hospital.FollowOrders,
		read: func(ctx context.Context, v visitor) (hospital.OrderDetail, error) {
			return s.Hospital.OrderDetail(ctx, v.actor, v.id)
		},
		title: func(ctx context.Context, d hospital.OrderDetail) string { return text.T(ctx, "order.title", d.ID) },
		page:  orderPage(views.Form{}),
		regions: func(v visitor, d hospital.OrderDetail) []views.Region {
			who := views.Viewer{UserID: v.actor.UserID, Username: v.actor.Username, Role: v.actor.Role}
			return views.OrderRegions(d, who)
		},
		json:     func(ctx context.Context, d hospital.OrderDetail) any { return orderPageJSON(ctx, d) },
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
	state := orderPageJSON(ctx, d)
	sent := struct {
		orderDetailJSON
		Timestamp *string `json:"timestamp"`
	}{state, rfc3339(d.At)}
	whole, err := region("order", state, message{"order", sent})
	return []hub.Region{whole}, err
}
