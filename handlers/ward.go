package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// wardPage is a ward's board: GET /wards/{id}/.
func (s *Server) wardPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	board, err := s.Hospital.WardBoard(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, wardPage(board))
	}
	page, err := s.page(c, board.Name)
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: wardSocket(id), Revisions: board.Revisions}
	return render(c, http.StatusOK, views.WardPage(page, board, nil))
}

func wardSocket(wardID int64) string { return fmt.Sprintf("/ws/ward/%d/", wardID) }

// liveWard is the same board, live: /ws/ward/{id}/.
func (s *Server) liveWard(c echo.Context) error {
	id, err := liveID(c)
	if err != nil {
		return err
	}
	language := language(c)
	return watch(c, hub.View{
		Name:   fmt.Sprintf("ward:%d/%s", id, language),
		Topics: []hospital.Topic{hospital.WardTopic(id)},
		Read: func(ctx context.Context) (hub.State, error) {
			board, err := s.Hospital.WardBoard(ctx, id)
			return wardState(board, language), err
		},
	})
}

func wardState(board hospital.WardBoard, language text.Lang) *liveState {
	return &liveState{
		revisions: board.Revisions, language: language,
		regions:  views.WardRegions(board),
		messages: func() ([]hub.Region, error) { return wardMessages(board) },
		answer:   func(request []byte) ([]byte, bool) { return answerAboutWard(board, request) },
	}
}

// answerAboutWard answers {"action":"get_status"} with everything and {"action":"get_bed_status","bed_id":5} with that bed of this ward.
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
