package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// handover is GET /wards/{id}/handover/?since=: what the next shift must know, to be printed.
func (s *Server) handover(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	since, err := since(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	found, err := s.Hospital.Handover(ctx, actor(c), id, since)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newHandoverJSON(ctx, found), nil },
		func() error {
			page, err := s.page(c, text.T(ctx, "handover.title", found.Name))
			if err != nil {
				return err
			}
			return render(c, http.StatusOK, views.HandoverPage(page, found))
		})
}

// since is the time that a query asks from; zero where it asks from none. A plus that was not
// escaped came as a space.
func since(c echo.Context) (time.Time, error) {
	sent := strings.ReplaceAll(c.QueryParam("since"), " ", "+")
	if sent == "" {
		return time.Time{}, nil
	}
	at, err := text.ParseInput(c.Request().Context(), sent)
	if err != nil {
		wrong := fieldErrors{}
		wrong.refuse("since", "not_a_time", "Give a date and time, such as 2026-02-03T14:30:00Z.")
		return at, wrong.err()
	}
	return at, nil
}

// handoverJSON is a ward's handover.
type handoverJSON struct {
	WardID     int64                    `json:"ward_id"`
	WardName   string                   `json:"ward_name"`
	Since      *string                  `json:"since"`
	Until      *string                  `json:"until"`
	Admitted   []handoverAdmittedJSON   `json:"admitted"`
	Moved      []handoverMoveJSON       `json:"moved"`
	Discharged []handoverDischargedJSON `json:"discharged"`
	Diets      []handoverDietJSON       `json:"diets"`
	NilByMouth []handoverFastJSON       `json:"nil_by_mouth"`
	Held       []handoverHeldJSON       `json:"held"`
	Missed     []handoverMissedJSON     `json:"missed"`
	Beds       []handoverBedJSON        `json:"beds"`
	Notes      []handoverNoteJSON       `json:"notes"`
}

func newHandoverJSON(ctx context.Context, h hospital.Handover) handoverJSON {
	shape := handoverJSON{
		WardID: h.ID, WardName: h.Name, Since: rfc3339(h.Since), Until: rfc3339(h.Until),
		Admitted:   each(h.Admitted, newHandoverAdmittedJSON),
		Moved:      each(h.Moved, newHandoverMoveJSON),
		Discharged: each(h.Discharged, newHandoverDischargedJSON),
		Diets:      each(h.Diets, newHandoverDietJSON),
		Held:       eachIn(ctx, h.Held, newHandoverHeldJSON),
		Missed:     eachIn(ctx, h.Missed, newHandoverMissedJSON),
		Beds:       each(h.Beds, newHandoverBedJSON),
		NilByMouth: []handoverFastJSON{}, Notes: []handoverNoteJSON{},
	}
	for _, p := range h.Patients {
		person := newHandoverPersonJSON(p.HandoverPerson)
		if p.FastsAhead(h.Until) {
			shape.NilByMouth = append(shape.NilByMouth, handoverFastJSON{person,
				rfc3339(p.Diet.NilByMouth.From), rfc3339(p.Diet.NilByMouth.Until)})
		}
		if p.Note.Text != "" {
			shape.Notes = append(shape.Notes,
				handoverNoteJSON{person, p.Note.Text, p.Note.By, rfc3339(p.Note.At)})
		}
	}
	return shape
}

// handoverPersonJSON is whom a line is about. Its id is the admission's.
type handoverPersonJSON struct {
	ID          int64       `json:"id"`
	AdmissionID int64       `json:"admission_id"`
	Patient     patientJSON `json:"patient"`
	Bed         *string     `json:"bed_number"`
}

func newHandoverPersonJSON(p hospital.HandoverPerson) handoverPersonJSON {
	return handoverPersonJSON{p.AdmissionID, p.AdmissionID,
		patientJSON{p.PatientID, string(p.PatientName)}, textOrNull(p.BedNumber)}
}

type handoverAdmittedJSON struct {
	handoverPersonJSON
	At     *string `json:"at"`
	Reason *string `json:"reason"` // null for whoever may not know it
}

func newHandoverAdmittedJSON(l hospital.HandoverAdmitted) handoverAdmittedJSON {
	return handoverAdmittedJSON{newHandoverPersonJSON(l.HandoverPerson), rfc3339(l.At),
		textOrNull(l.Reason)}
}

type handoverMoveJSON struct {
	handoverPersonJSON
	At       *string `json:"at"`
	FromBed  *string `json:"from_bed"` // null: they had none
	FromWard *string `json:"from_ward"`
	ToBed    *string `json:"to_bed"`
	ToWard   *string `json:"to_ward"`
}

func newHandoverMoveJSON(l hospital.HandoverMove) handoverMoveJSON {
	return handoverMoveJSON{newHandoverPersonJSON(l.HandoverPerson), rfc3339(l.At),
		textOrNull(l.FromBed), textOrNull(l.FromWard), textOrNull(l.ToBed), textOrNull(l.ToWard)}
}

type handoverDischargedJSON struct {
	handoverPersonJSON
	At      *string `json:"at"`
	Outcome string  `json:"outcome"`
}

func newHandoverDischargedJSON(l hospital.HandoverDischarged) handoverDischargedJSON {
	return handoverDischargedJSON{newHandoverPersonJSON(l.HandoverPerson), rfc3339(l.At),
		string(l.Outcome)}
}

type handoverDietJSON struct {
	handoverPersonJSON
	Changes []changeJSON `json:"changes"`
}

func newHandoverDietJSON(l hospital.HandoverDiet) handoverDietJSON {
	return handoverDietJSON{newHandoverPersonJSON(l.HandoverPerson), each(l.Changes, newChangeJSON)}
}

type handoverFastJSON struct {
	handoverPersonJSON
	From  *string `json:"nil_by_mouth_from"`
	Until *string `json:"nil_by_mouth_until"`
}

// handoverHeldJSON is an order that waits for somebody. Its id is the order's.
type handoverHeldJSON struct {
	handoverPersonJSON
	ID      int64        `json:"id"`
	Meal    string       `json:"meal"`
	DueAt   *string      `json:"due_at"`
	Hazards []hazardJSON `json:"hazards"`
	Stopped string       `json:"stopped"`
}

func newHandoverHeldJSON(ctx context.Context, l hospital.HandoverHeld) handoverHeldJSON {
	return handoverHeldJSON{newHandoverPersonJSON(l.HandoverPerson), l.OrderID, string(l.Meal),
		rfc3339(l.Due), newHazardsJSON(ctx, l.HeldFor), l.Stopped}
}

type handoverMissedJSON struct {
	handoverPersonJSON
	Meal         string       `json:"meal"`
	ServedAt     *string      `json:"served_at"`
	Reason       string       `json:"reason"`
	Hazards      []hazardJSON `json:"hazards"`
	CancelReason *string      `json:"cancel_reason"`
	OrderID      *int64       `json:"order_id"`
}

func newHandoverMissedJSON(ctx context.Context, l hospital.HandoverMissed) handoverMissedJSON {
	hazards, cancelReason := newNoMealJSON(ctx, l.Why, l.Last)
	return handoverMissedJSON{newHandoverPersonJSON(l.HandoverPerson), string(l.Meal),
		rfc3339(l.Served), string(l.Why), hazards, cancelReason, idOrNull(l.Last.ID)}
}

type handoverBedJSON struct {
	ID     int64   `json:"id"`
	Bed    string  `json:"bed_number"`
	Status string  `json:"status"`
	Since  *string `json:"since"`
	Until  *string `json:"until"`   // of a reservation
	For    *string `json:"patient"` // whom it is reserved for
	Reason *string `json:"reason"`
}

func newHandoverBedJSON(b hospital.Bed) handoverBedJSON {
	return handoverBedJSON{b.ID, b.Number, string(b.Status), rfc3339(b.StatusSince),
		rfc3339(b.ReservedUntil), textOrNull(string(b.ReservedName)), textOrNull(b.StatusReason)}
}

type handoverNoteJSON struct {
	handoverPersonJSON
	Note string  `json:"note"`
	By   string  `json:"by"`
	At   *string `json:"at"`
}
