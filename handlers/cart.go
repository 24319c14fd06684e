package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// makeCart is POST /carts: hand the checked trays of a ward's meal to the couriers together. A page
// says with the field back where the person is.
func (s *Server) makeCart(c echo.Context) error {
	in, err := readInput(c, "ward_id", "meal", "back")
	if err != nil {
		return err
	}
	cmd := hospital.CartCommand{WardID: in.id("ward_id"), Meal: hospital.Meal(in.text("meal")),
		IdempotencyKey: in.idempotencyKey(c)}
	back := in.text("back")
	if err := in.err(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	cart, left, _, err := s.Hospital.MakeCart(ctx, actor(c), cmd)
	if err != nil {
		return err
	}
	return created(c, views.CartPath.Of(cart.ID), localPath(back), func() (any, error) {
		return madeCartJSON{newCartJSON(cart), eachIn(ctx, left, newLeftOutJSON)}, nil
	})
}

// cartJSON is a cart as the kitchen and the couriers see it.
type cartJSON struct {
	ID       int64   `json:"id"`
	WardID   int64   `json:"ward_id"`
	Ward     string  `json:"ward"` // its code
	Meal     string  `json:"meal"`
	Trays    int     `json:"trays"` // to be handed over still
	ReadyAt  *string `json:"ready_at"`
	Courier  *string `json:"courier"`
	Departed bool    `json:"departed"`
	Version  int64   `json:"version"`
}

func newCartJSON(k hospital.Cart) cartJSON {
	return cartJSON{k.ID, k.WardID, k.WardCode, string(k.Meal), k.Trays, rfc3339(k.ReadyAt),
		textOrNull(k.Courier), k.Departed, k.Version}
}

type madeCartJSON struct {
	cartJSON
	LeftOut []leftOutJSON `json:"left_out"`
}

// stepCart is POST /carts/{id}/claim and release. step carries it out.
func (s *Server) stepCart(step func(ctx context.Context, courier hospital.Actor,
	id, version int64) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, in, err := readAbout(c)
		if err != nil {
			return err
		}
		version := in.id("version")
		if err = in.err(); err == nil {
			err = step(c.Request().Context(), actor(c), id, version)
		}
		if err != nil {
			return s.courierForm(0, in).refuse(err)
		}
		return done(c, views.RoundPath)
	}
}

func (s *Server) claimCart(ctx context.Context, courier hospital.Actor, id, version int64) error {
	_, err := s.Hospital.ClaimCart(ctx, courier, id, version)
	return err
}

// departCart is POST /carts/{id}/depart. Where some trays are refused the others depart
// nevertheless; a person is told of each why not, a program of the first.
func (s *Server) departCart(c echo.Context) error {
	id, in, err := readAbout(c)
	if err != nil {
		return err
	}
	var refused []error
	version := in.id("version")
	if err = in.err(); err == nil {
		refused, err = s.Hospital.DepartCart(c.Request().Context(), actor(c), id, version)
	}
	switch {
	case err != nil:
		return s.courierForm(0, in).refuse(err)
	case len(refused) > 0:
		return s.courierForm(0, in, refused[1:]...).refuse(refused[0])
	}
	return done(c, views.RoundPath)
}

// resend is POST /deliveries/{id}/resend: send the tray of a failed delivery again. A page says
// with the field back where the person is.
func (s *Server) resend(c echo.Context) error {
	id, in, err := readAbout(c, "admission_id", "back")
	if err != nil {
		return err
	}
	step, back := courierStep(c, in), in.text("back")
	var sent hospital.Delivery
	if err = in.err(); err == nil {
		sent, err = s.Hospital.ResendDelivery(c.Request().Context(), actor(c), id, step)
	}
	if err != nil {
		return s.resendForm(c, id, in).refuse(err)
	}
	next := localPath(back)
	if back == "" {
		next = views.DeliveryPath.Of(sent.ID)
	}
	return created(c, views.DeliveryPath.Of(sent.ID), next, func() (any, error) {
		return standingDeliveryJSON{newDeliveryJSON(sent), sent.Version}, nil
	})
}

// resendForm is the form that a tray is sent again with: of a courier over the round, of the kitchen
// nowhere.
func (s *Server) resendForm(c echo.Context, id int64, in *input) form {
	if actor(c).Role.May(hospital.ReadDeliveries) {
		return s.courierForm(id, in)
	}
	return form{in: in, page: noPlace}
}

// handOver is POST /deliveries/{id}/hand-over: give a delivery to a colleague.
func (s *Server) handOver() echo.HandlerFunc {
	return s.carry([]string{"username"}, func(c echo.Context, in *input) deliveryAct {
		username, step := in.text("username"), courierStep(c, in)
		return func(ctx context.Context, id int64) (hospital.Delivery, error) {
			return s.Hospital.HandOverDelivery(ctx, actor(c), id, username, step)
		}
	})
}

// handOverRound is POST /deliveries/hand-over: each of delivery_ids to a colleague.
func (s *Server) handOverRound(c echo.Context) error {
	return s.eachDelivery(c, []string{"username"}, func(in *input) courierCommand {
		username := in.text("username")
		return func(ctx context.Context, courier hospital.Actor, id int64,
			step hospital.CourierCommand) (hospital.Delivery, error) {
			return s.Hospital.HandOverDelivery(ctx, courier, id, username, step)
		}
	})
}

// recordIntake is POST /orders/{id}/intake: how much of a delivered meal was eaten. A page says with
// the field back where the person is.
func (s *Server) recordIntake(c echo.Context) error {
	id, in, err := readAbout(c, "eaten", "reason", "admission_id", "back")
	if err != nil {
		return err
	}
	cmd := hospital.IntakeCommand{Eaten: hospital.Eaten(in.text("eaten")),
		Reason: in.text("reason"), AdmissionID: in.id("admission_id"), Version: in.id("version")}
	back := in.text("back")
	err = in.err()
	if err == nil {
		err = s.Hospital.RecordIntake(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.intakeForm(c, id, in).refuse(err)
	}
	if back == "" {
		return done(c, views.OrderPath.Of(id))
	}
	return done(c, localPath(back))
}

// intakeForm is the form of what was eaten: of a courier over the round, of a ward on the order's
// page.
func (s *Server) intakeForm(c echo.Context, id int64, in *input) form {
	if actor(c).Role == hospital.DeliveryStaff {
		return s.courierForm(0, in)
	}
	return form{name: views.OrderForm("intake", id), in: in, page: s.redrawOrder, part: noPlace}
}

// traysOut is GET /wards/{id}/trays/: the trays of a ward that wait to be collected.
func (s *Server) traysOut(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	out, err := s.Hospital.TraysOut(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		return map[string]any{"trays": each(out.Trays, newTrayOutJSON)}, nil
	}, func() error {
		ctx := c.Request().Context()
		page, err := s.page(c, text.T(ctx, "out.title", out.Code))
		if err != nil {
			return err
		}
		return render(c, http.StatusOK, views.TraysOutPage(page, out))
	})
}

// trayOutJSON is a tray that waits to be collected.
type trayOutJSON struct {
	OrderID     int64   `json:"order_id"`
	AdmissionID int64   `json:"admission_id"`
	BedNumber   string  `json:"bed_number"` // where it was handed over
	Initials    string  `json:"initials"`
	Meal        string  `json:"meal"`
	DeliveredAt *string `json:"delivered_at"`
}

func newTrayOutJSON(t hospital.TrayOut) trayOutJSON {
	return trayOutJSON{t.OrderID, t.AdmissionID, t.BedNumber, t.Initials, string(t.Meal),
		rfc3339(t.DeliveredAt)}
}
