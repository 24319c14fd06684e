package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Representation is how a view is told to a socket; the client chooses it by its subprotocol.
type Representation string

// The representations, by the names of their subprotocols.
const (
	JSON Representation = "dusangire.json" // one object a message; also for clients that name no subprotocol
	HTML Representation = "dusangire.html" // one frame of fragments for htmx
)

// StampID is the id of the element that tells a page how fresh it is; it ends each frame of HTML.
const StampID = "live"

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

// frames turns regions into the messages that carry them: for HTML one frame that ends with the stamp, for JSON an
// object each, events before what they add up to.
func (r Representation) frames(regions []Region, stamp func() []byte) [][]byte {
	if r == HTML {
		return [][]byte{htmlFrame(regions, stamp())}
	}
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

// htmlFrame writes each region as an <hx-partial>: htmx morphs the element of that id into it and touches nothing else.
func htmlFrame(regions []Region, stamp []byte) []byte {
	var b bytes.Buffer
	for _, region := range regions {
		writePartial(&b, region.ID, region.Body)
	}
	writePartial(&b, StampID, stamp)
	return b.Bytes()
}

func writePartial(b *bytes.Buffer, id string, body []byte) {
	b.WriteString(`<hx-partial hx-target="#`)
	b.WriteString(id)
	b.WriteString(`" hx-swap="outerMorph">`)
	b.Write(body)
	b.WriteString(`</hx-partial>`)
}

// jsonHeartbeat proves to a program that the socket lives, and says whether what it was sent is current and how long ago that
// was last compared with the database.
func jsonHeartbeat(f Freshness) []byte {
	return fmt.Appendf(nil, `{"type":"heartbeat","timestamp":%q,"current":%t,"age_ms":%d}`,
		f.At.UTC().Format(time.RFC3339), f.current(), f.Age.Milliseconds())
}

// ErrorMessage is what a program gets for a bad request, CONTRACT section 5.6. The socket stays open.
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
