package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"dusangire/hub/revision"
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

// parcel is messages that are sent one after the other. All who get it share it: it is framed once.
type parcel struct {
	messages []*websocket.PreparedMessage
	bytes    int // of them
}

func pack(messages ...[]byte) parcel {
	p := parcel{messages: make([]*websocket.PreparedMessage, 0, len(messages))}
	for _, message := range messages {
		prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, message)
		if err != nil {
			panic(err) // it writes to memory; who draws a view turns this into a view that can't be drawn
		}
		p.messages = append(p.messages, prepared)
		p.bytes += len(message)
	}
	return p
}

// partial is one step of a frame: what htmx does to the element of an id.
type partial struct {
	target string
	swap   swap
	body   [][]byte
}

// swap is a way of htmx to bring content to a target.
type swap string

const (
	morph  swap = "outerMorph" // make the target what the body is, touching nothing that is equal
	remove swap = "delete"
	first  swap = "afterbegin" // put the body into the target, before all that is in it
	after  swap = "afterend"   // put the body behind the target
)

// partials bring a page from a version to the regions that have changed since. Htmx finds all targets before it swaps
// the first, so no step may aim at what another one brings; removals come first, for an item that moves is removed and
// brought again under the same id.
func partials(regions []seenRegion, version uint64) []partial {
	var removals, rest []partial
	for _, r := range regions {
		switch {
		case r.list == nil:
			rest = append(rest, partial{r.ID, morph, [][]byte{r.Body}})
		case r.changed > version || !r.list.follows(version):
			rest = append(rest, partial{r.ID, morph, r.whole()})
		default:
			removals = append(removals, r.list.removals(version)...)
			rest = append(rest, r.list.steps(r.ID, version)...)
		}
	}
	return append(removals, rest...)
}

// htmlFrame writes the steps and then the stamp, each as an <hx-partial>.
func htmlFrame(steps []partial, stamp []byte) []byte {
	var b bytes.Buffer
	for _, step := range steps {
		step.write(&b)
	}
	partial{StampID, morph, [][]byte{stamp}}.write(&b)
	return b.Bytes()
}

func (p partial) write(b *bytes.Buffer) {
	b.WriteString(`<hx-partial hx-target="#`)
	b.WriteString(p.target)
	b.WriteString(`" hx-swap="`)
	b.WriteString(string(p.swap))
	b.WriteString(`">`)
	for _, body := range p.body {
		b.Write(body)
	}
	b.WriteString(`</hx-partial>`)
}

// jsonHeartbeat proves to a program that the socket lives, and says whether what it was sent is current and how long ago that
// was last compared with the database.
func jsonHeartbeat(f revision.Freshness) []byte {
	return fmt.Appendf(nil, `{"type":"heartbeat","timestamp":%q,"current":%t,"age_ms":%d}`,
		f.At.UTC().Format(time.RFC3339), isCurrent(f), f.Age.Milliseconds())
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
