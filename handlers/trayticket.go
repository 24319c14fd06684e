package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// trayTickets is GET /tickets/?ward=&meal=&size=&changed=: the tickets of a meal's trays, to be
// printed. What it answers with counts as printed. Asked for nothing in particular it lets people
// choose, and nothing counts.
func (s *Server) trayTickets(c echo.Context) error {
	ctx := c.Request().Context()
	wards, err := s.Hospital.Wards(ctx, actor(c))
	if err != nil {
		return err
	}
	selection, size, err := ticketSelection(c, wards)
	if err != nil {
		return err
	}
	print := s.Hospital.PrintTrayTickets
	named := slices.ContainsFunc([]string{"ward", "meal", "size", "changed", "printed_at"},
		c.QueryParams().Has)
	chooses := !named || c.Request().Method == http.MethodHead
	if chooses {
		print = s.Hospital.TrayTickets
	}
	tickets, err := print(ctx, actor(c), selection)
	if err != nil {
		return err
	}
	return represent(c,
		func() (any, error) { return newTrayTicketsJSON(ctx, tickets, size), nil },
		func() error {
			page, err := s.page(c, text.T(ctx, "tray.title"))
			if err != nil {
				return err
			}
			paper := views.TicketPaper{TrayTickets: tickets, Size: size, Wards: wards,
				Chooses: chooses}
			return render(c, http.StatusOK, views.TrayTicketsPage(page, paper))
		})
}

// ticketSelection reads from a query which tickets are meant, and on what they are printed.
func ticketSelection(c echo.Context, wards []hospital.Ward) (hospital.TrayTicketSelection,
	views.TicketSize, error) {
	in := &input{sentValues{values: c.QueryParams()}, fieldErrors{}, c.Request().Context()}
	selection := hospital.TrayTicketSelection{
		WardID: in.ward("ward", wards), Meal: hospital.Meal(in.text("meal")),
		Changed: in.isTrue("changed"), PrintedAt: in.time("printed_at"),
	}
	size := cmp.Or(views.TicketSize(in.text("size")), views.TicketSizes[0])
	if !slices.Contains(views.TicketSizes, size) {
		in.refuse("size", "unknown_choice", "Choose one of these: %s.",
			strings.Join(asTexts(views.TicketSizes), ", "))
	}
	return selection, size, in.err()
}

// ward is the id of the ward that a field names by its code or its id; 0 where it names none.
func (in *input) ward(field string, wards []hospital.Ward) int64 {
	sent := in.text(field)
	if sent == "" {
		return 0
	}
	byID := int64(0)
	for _, ward := range wards {
		if ward.Code == sent {
			return ward.ID
		}
		if strconv.FormatInt(ward.ID, 10) == sent {
			byID = ward.ID
		}
	}
	if byID == 0 {
		in.refuse(field, "ward_unknown", "There is no such ward.")
	}
	return byID
}

// trayTicketsJSON are the tickets of a meal.
type trayTicketsJSON struct {
	Meal      string            `json:"meal"`
	Day       *string           `json:"day"`
	At        *string           `json:"at"`
	Size      string            `json:"size"`
	Changed   bool              `json:"changed"` // only those that have changed since they were printed
	Tickets   []trayTicketJSON  `json:"tickets"`
	Withdrawn []trayOffLineJSON `json:"withdrawn"`
	LeftOut   []trayOffLineJSON `json:"left_out"`
}

func newTrayTicketsJSON(ctx context.Context, t hospital.TrayTickets,
	size views.TicketSize) trayTicketsJSON {
	return trayTicketsJSON{string(t.Meal), dayOrNull(t.Day), rfc3339(t.At), string(size),
		t.Changed, eachIn(ctx, t.Tickets, newTrayTicketJSON), eachIn(ctx, t.Withdrawn, newTrayOffLineJSON),
		eachIn(ctx, t.LeftOut, newTrayOffLineJSON)}
}

// trayTicketJSON is one ticket. Its id is the order's.
type trayTicketJSON struct {
	ID int64 `json:"id"`
	ticketJSON
	WardID        *int64  `json:"ward_id"`
	PatientNumber *string `json:"patient_number"`
	Code          string  `json:"code"`       // what its QR code says
	PrintedAt     *string `json:"printed_at"` // before; null where it was not
	Reprint       bool    `json:"reprint"`
	Changed       bool    `json:"changed"` // since it was printed
}

func newTrayTicketJSON(ctx context.Context, t hospital.TrayTicket) trayTicketJSON {
	shape := newTicketJSON(ctx, t.Ticket)
	return trayTicketJSON{t.OrderID, shape, idOrNull(t.WardID), textOrNull(t.PatientNumber), t.Token,
		rfc3339(t.PrintedAt), t.Reprint(), t.Changed()}
}

// trayOffLineJSON is a tray that does not go.
type trayOffLineJSON struct {
	ID      int64        `json:"id"`
	OrderID int64        `json:"order_id"`
	Bed     *string      `json:"bed_number"`
	Status  string       `json:"status"`
	Stopped string       `json:"stopped"`
	Hazards []hazardJSON `json:"hazards"`
}

func newTrayOffLineJSON(ctx context.Context, t hospital.TrayTicket) trayOffLineJSON {
	return trayOffLineJSON{t.OrderID, t.OrderID, textOrNull(t.BedNumber), string(t.Status),
		t.Stopped, newHazardsJSON(ctx, t.HeldFor)}
}
