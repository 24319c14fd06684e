package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// ward is a ward's board. All of a role see the same, and hear of the ward what their role does.
func (s *Server) ward() screen[hospital.WardBoard] {
	return screen[hospital.WardBoard]{
		server: s, path: views.WardPath, socket: "/ws/ward/:id/", permission: hospital.ReadWards,
		sharedBy: func(v visitor) string { return string(wardRole(v)) },
		news:     newsOfWard, toldToPages: true,
		topics: func(v visitor) []hospital.Topic {
			return []hospital.Topic{hospital.WardTopic(v.id)}
		},
		read: func(ctx context.Context, v visitor) (hospital.WardBoard, error) {
			return s.Hospital.WardBoard(ctx, v.actor, v.id)
		},
		title: func(_ context.Context, b hospital.WardBoard) string { return b.Name },
		page: func(p views.Page, _ visitor, b hospital.WardBoard) templ.Component {
			return views.WardPage(p, b, nil)
		},
		regions:  forAll(views.WardRegions),
		json:     object(newWardPageJSON),
		messages: wardMessages,
		answer:   answerAboutWard,
	}
}

// answerAboutWard answers {"action":"get_status"} with everything and
// {"action":"get_bed_status","bed_id":5} with that bed of this ward.
func answerAboutWard(board hospital.WardBoard, request []byte) (reply []byte, whole bool) {
	var asked struct {
		Action string          `json:"action"`
		BedID  json.RawMessage `json:"bed_id"`
	}
	err := json.Unmarshal(request, &asked)
	switch {
	case err == nil && asked.Action == "get_status":
		return nil, true
	case err == nil && asked.Action == "get_bed_status":
		return bedStatus(board, asked.BedID), false
	}
	return hub.ErrorMessage("unknown_action",
		"This socket knows get_status and get_bed_status."), false
}

func bedStatus(board hospital.WardBoard, sentID json.RawMessage) []byte {
	if len(sentID) == 0 || string(sentID) == "null" {
		return hub.ErrorMessage("missing_field", "Say which bed with bed_id.")
	}
	var id int64
	if err := json.Unmarshal(sentID, &id); err == nil {
		for _, bed := range board.Beds {
			if bed.ID != id {
				continue
			}
			found := bedInWardJSON{newBedJSON(bed), board.Name}
			reply, err := json.Marshal(message{"bed_status", found})
			if err != nil {
				panic(err) // numbers and strings
			}
			return reply
		}
	}
	return hub.ErrorMessage("not_found", "This ward has no such bed.")
}

// countsJSON are a ward's numbers, in a ward's status and in a dashboard's list of wards alike.
type countsJSON struct {
	WardID            int64   `json:"ward_id"`
	WardName          string  `json:"ward_name"`
	Total             int     `json:"total_beds"`
	Occupied          int     `json:"occupied_beds"`
	Available         int     `json:"available_beds"`
	Reserved          int     `json:"reserved_beds"`
	Cleaning          int     `json:"cleaning_beds"`
	Maintenance       int     `json:"maintenance_beds"`
	Closed            int     `json:"closed_beds"`
	PendingDischarges int     `json:"pending_discharges"`
	OccupancyRate     float64 `json:"occupancy_rate"`
}

func newCountsJSON(w hospital.WardSummary) countsJSON {
	c := w.Counts
	return countsJSON{w.ID, w.Name, c.Total, c.Occupied, c.Available, c.Reserved, c.Cleaning,
		c.Maintenance, c.Closed, w.PendingDischarges, c.OccupancyRate()}
}

// wardJSON is a ward without its beds.
type wardJSON struct {
	ID         int64  `json:"id"`
	Code       string `json:"code"`
	Name       string `json:"name"`
	Block      string `json:"block"`
	Position   int    `json:"position"`
	Sex        string `json:"sex"`
	Speciality string `json:"speciality"`
	Open       bool   `json:"is_open"`
	Version    int64  `json:"version"`
}

func newWardJSON(w hospital.Ward) wardJSON {
	return wardJSON{w.ID, w.Code, w.Name, w.Block, w.Position, string(w.Sex), w.Speciality, w.Open,
		w.Version}
}

// wardPageJSON is a ward's page.
type wardPageJSON struct {
	wardJSON
	countsJSON
	Beds []seenBedJSON `json:"beds"`
}

func newWardPageJSON(_ context.Context, b hospital.WardBoard) wardPageJSON {
	return wardPageJSON{newWardJSON(b.Ward), newCountsJSON(b.WardSummary),
		each(b.Beds, newSeenBedJSON)}
}

type wardStatusJSON struct {
	countsJSON
	Beds      []bedJSON `json:"beds"`
	Timestamp string    `json:"timestamp,omitempty"`
}

func newWardStatusJSON(b hospital.WardBoard) wardStatusJSON {
	return wardStatusJSON{countsJSON: newCountsJSON(b.WardSummary), Beds: each(b.Beds, newBedJSON)}
}

type bedChangeJSON struct {
	Type      string  `json:"type"`
	BedID     int64   `json:"bed_id"`
	Status    string  `json:"status"`
	PatientID *int64  `json:"patient_id"`
	Timestamp string  `json:"timestamp"`
	Data      bedJSON `json:"data"`
}

// wardMessages are a ward's board as messages: an event for each bed that changes, then the whole
// status.
func wardMessages(_ context.Context, b hospital.WardBoard) ([]hub.Region, error) {
	at := b.At.UTC().Format(time.RFC3339)
	var messages messageList
	for _, bed := range b.Beds {
		shape := newBedJSON(bed)
		change := bedChangeJSON{"bed_status_change", bed.ID, shape.Status, nil, at, shape}
		if shape.Patient != nil {
			change.PatientID = &shape.Patient.ID
		}
		messages.event(fmt.Sprintf("bed-%d", bed.ID), shape, change)
	}
	status := newWardStatusJSON(b)
	sent := status
	sent.Timestamp = at
	messages.whole("ward", status, message{"ward_status", sent})
	return messages.regions, messages.err
}
