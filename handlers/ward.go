package handlers

import (
	"context"
	"encoding/json"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// ward is a ward's board.
func (s *Server) ward() screen[hospital.WardBoard] {
	return screen[hospital.WardBoard]{
		server: s, path: views.WardPath, socket: "/ws/ward/:id/", permission: hospital.ReadWards,
		sharedBy: everyone,
		topics:   func(v visitor) []hospital.Topic { return []hospital.Topic{hospital.WardTopic(v.id)} },
		read: func(ctx context.Context, v visitor) (hospital.WardBoard, error) {
			return s.Hospital.WardBoard(ctx, v.id)
		},
		title: func(_ context.Context, b hospital.WardBoard) string { return b.Name },
		page: func(p views.Page, _ visitor, b hospital.WardBoard) templ.Component {
			return views.WardPage(p, b, nil)
		},
		regions:  func(_ visitor, b hospital.WardBoard) []views.Region { return views.WardRegions(b) },
		json:     func(_ context.Context, b hospital.WardBoard) any { return wardPage(b) },
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
	return hub.ErrorMessage("unknown_action", "This socket knows get_status and get_bed_status."), false
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
			reply, err := json.Marshal(message{"bed_status", bedInWardJSON{boardBedJSON(bed), board.Name}})
			if err != nil {
				panic(err) // numbers and strings
			}
			return reply
		}
	}
	return hub.ErrorMessage("not_found", "This ward has no such bed.")
}
