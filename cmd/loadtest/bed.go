package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// bed is one that commands can take to and fro.
type bed struct {
	ID     int64
	Status string
}

// freeBeds finds the beds of a ward that nobody lies in or mends.
func (h *house) freeBeds(ctx context.Context, address string, ward int64) ([]*bed, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/wards/%d/", address, ward), nil)
	if err != nil {
		return nil, err
	}
	var board struct{ Beds []*bed }
	err = ask(request, h.someone(medical, 0), &board)
	return slices.DeleteFunc(board.Beds, func(b *bed) bool { return next[b.Status] == "" }), err
}

// next is to what a bed is taken from each state.
var next = map[string]string{"cleaning": "available", "available": "reserved", "reserved": "available"}

// lanes are the beds of some wards that can be changed, one of each ward after the other.
func (h *house) lanes(ctx context.Context, address string, wards ...int64) ([]lane, error) {
	var lanes []lane
	byWard := make([][]*bed, len(wards))
	most := 0
	for i, ward := range wards {
		var err error
		if byWard[i], err = h.freeBeds(ctx, address, ward); err != nil {
			return nil, err
		}
		most = max(most, len(byWard[i]))
	}
	for n := range most {
		for i, ward := range wards {
			if n < len(byWard[i]) {
				lanes = append(lanes, h.lane(address, ward, byWard[i][n]))
			}
		}
	}
	return lanes, nil
}

// lane is a bed that is taken to its next state by each command.
func (h *house) lane(address string, ward int64, b *bed) lane {
	token, path := h.someone(medical, 0), fmt.Sprintf("/beds/%d/status", b.ID)
	return lane{topics: []string{wardTopic(ward), metricsTopic}, give: func(ctx context.Context) error {
		to := next[b.Status]
		err := post(ctx, address, token, path, map[string]any{"status": to}, nil)
		if err == nil {
			b.Status = to
		}
		return err
	}}
}

func wardTopic(ward int64) string { return fmt.Sprintf("ward:%d", ward) }

const metricsTopic = "metrics"
