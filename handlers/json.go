package handlers

import (
	"context"
	"encoding/json"
	"time"

	"dusangire/hub"
)

// The objects of JSON, which docs/contract.md lists, stand in the files of their nouns. Each is a
// struct called …JSON, so that no field can be sent by accident, and new…JSON makes it.

// message is {"type": …, "data": …}.
type message struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

// region is one message, compared by the state that it tells and not by the time at which it tells
// it.
func region(id string, state, sent any) (hub.Region, error) {
	compared, err := json.Marshal(state)
	if err != nil {
		return hub.Region{}, err
	}
	body, err := json.Marshal(sent)
	return hub.Region{ID: id, Body: body, State: compared}, err
}

// messageList collects the messages of a state; err is the first that could not be written.
type messageList struct {
	regions []hub.Region
	err     error
}

// event adds a message that is told when its state appears or changes.
func (m *messageList) event(id string, state, sent any) {
	m.whole(id, state, sent)
	m.regions[len(m.regions)-1].Event = true
}

// whole adds a message that is part of the whole state.
func (m *messageList) whole(id string, state, sent any) {
	region, err := region(id, state, sent)
	if m.err == nil {
		m.err = err
	}
	m.regions = append(m.regions, region)
}

// each makes a list of JSON. It shows as one even where there is nothing in it.
func each[T, J any](list []T, one func(T) J) []J {
	made := make([]J, 0, len(list))
	for _, item := range list {
		made = append(made, one(item))
	}
	return made
}

// eachIn is each with words in the language of ctx.
func eachIn[T, J any](ctx context.Context, list []T, one func(context.Context, T) J) []J {
	return each(list, func(item T) J { return one(ctx, item) })
}

// orEmpty is a list that JSON shows as one, even where there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// asTexts is a list of words of some kind as plain texts.
func asTexts[T ~string](words []T) []string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return texts
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// dayOrNull writes a day, such as a date of birth, which has no zone.
func dayOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(t.Format(time.DateOnly))
}

// rfc3339 writes a time as JSON has it: UTC to the second; nil for none.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	written := t.UTC().Format(time.RFC3339)
	return &written
}
