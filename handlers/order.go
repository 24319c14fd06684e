package handlers

import (
	"context"
	"fmt"
	"net/http"

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
	if err := in.err(); err != nil {
		return s.refuseOrder(c, cmd, in, err)
	}
	order, _, err := s.Hospital.PlaceOrder(c.Request().Context(), actor(c), cmd)
	if err != nil {
		return s.refuseOrder(c, cmd, in, err)
	}
	detail, err := s.Hospital.OrderDetail(c.Request().Context(), actor(c), order.ID)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return created(c, orderPath(order.ID), orderPageJSON(c.Request().Context(), detail))
	}
	return done(c, orderedAt(actor(c).Role, detail))
}

func orderPath(id int64) string { return fmt.Sprintf("/orders/%d/", id) }

// orderedAt is where whoever placed an order goes on: a nurse at the patient's bed, anyone else with the order itself.
func orderedAt(role hospital.Role, d hospital.OrderDetail) string {
	if d.BedID != 0 && role.May(hospital.ReadWards) {
		return bedPath(d.BedID)
	}
	return orderPath(d.ID)
}

// refuseOrder shows people of the wards a refused order of a stay at the bed where the patient lies, and everybody else on the menu.
func (s *Server) refuseOrder(c echo.Context, order hospital.NewOrder, in *input, refusal error) error {
	if order.AdmissionID != 0 && actor(c).Role.May(hospital.ReadWards) {
		return s.refuseStay(c, order.AdmissionID, views.FormOrder, in, refusal)
	}
	if audienceOf(c.Request()) == browser {
		return s.refuseOnMenu(c, order, in, refusal)
	}
	return refusal
}

// orderPage is GET /orders/{id}/.
func (s *Server) orderPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	detail, err := s.Hospital.OrderDetail(ctx, actor(c), id)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, orderPageJSON(ctx, detail))
	}
	return s.renderOrder(c, http.StatusOK, detail, views.Form{})
}

func (s *Server) renderOrder(c echo.Context, status int, d hospital.OrderDetail, form views.Form) error {
	page, err := s.page(c, text.T(c.Request().Context(), "order.title", d.ID))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: fmt.Sprintf("/ws/order/%d/", d.ID), Revisions: d.Revisions}
	return render(c, status, views.OrderPage(page, d, form))
}

// liveOrder is the same, live: /ws/order/{id}/. Who may see an order differs from person to person, so each has a view of their own.
func (s *Server) liveOrder(c echo.Context) error {
	id, err := liveID(c)
	if err != nil {
		return err
	}
	who, language := actor(c), language(c)
	if _, err := s.Hospital.Order(c.Request().Context(), who, id); err != nil {
		return goneAsClose(err)
	}
	viewer := views.Viewer{UserID: who.UserID, Username: who.Username, Role: who.Role}
	return watch(c, hub.View{
		Name:   fmt.Sprintf("order/%d/%d/%s", id, who.UserID, language),
		Topics: []hospital.Topic{hospital.OrderTopic(id)},
		Read: func(ctx context.Context) (hub.State, error) {
			detail, err := s.Hospital.OrderDetail(ctx, who, id)
			return orderState(detail, viewer, language), err
		},
	})
}

func orderState(d hospital.OrderDetail, viewer views.Viewer, language text.Lang) *liveState {
	return &liveState{
		revisions: d.Revisions, language: language,
		regions: views.OrderRegions(d, viewer),
		messages: func() ([]hub.Region, error) {
			state := orderPageJSON(text.With(context.Background(), language), d)
			sent := struct {
				orderDetailJSON
				Timestamp *string `json:"timestamp"`
			}{state, rfc3339(d.At)}
			whole, err := region("order", state, message{"order", sent})
			return []hub.Region{whole}, err
		},
		answer: answerWithState,
	}
}
