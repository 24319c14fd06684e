package hub

import (
	"encoding/json"
	"fmt"
	"time"

	"dusangire/hub/revision"
)

// Representation is how a view is told to a socket; the client chooses it by its subprotocol.
type Representation string

// The representations, by the names of their subprotocols.
const (
	JSON Representation = "dusangire.json" // one object a message; also where none is named
	HTML Representation = "dusangire.html" // one frame of fragments for htmx
)

// accepts refuses a region that can't be told in this representation.
func (r Representation) accepts(region Region) error {
	if r == HTML {
		return checkElement(region)
	}
	if !json.Valid(region.Body) {
		return fmt.Errorf("region %q is not JSON", region.ID)
	}
	return nil
}

// jsonMessages are the objects that carry regions: events before what they add up to.
func jsonMessages(regions []seenRegion) [][]byte {
	var events, states [][]byte
	for _, region := range regions {
		if region.Event {
			events = append(events, region.Body)
		} else {
			states = append(states, region.Body)
		}
	}
	return append(events, states...)
}

// jsonHeartbeat proves to a program that the socket lives. It says whether what the program was
// sent is current and how long ago that was last compared with the database.
func jsonHeartbeat(f revision.Freshness) []byte {
	return fmt.Appendf(nil, `{"type":"heartbeat","timestamp":%q,"current":%t,"age_ms":%d}`,
		f.At.UTC().Format(time.RFC3339), isCurrent(f), f.Age.Milliseconds())
}

// ErrorMessage is what a program gets for a bad request, with a code of
// docs/contract.md#websockets. The socket stays open.
func ErrorMessage(code, sentence string) []byte {
	body, err := json.Marshal(struct {
		Type    string `json:"type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}{"error", code, sentence})
	if err != nil {
		panic(err) // three strings
	}
	return body
}
