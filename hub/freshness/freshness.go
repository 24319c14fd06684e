// Package freshness has the times by which the hub, its pages and their style sheets agree on what
// is current. A page learns them from its body (ForPages), the style sheets from custom properties
// (ForStyles), and static/freshness.js judges by them.
package freshness

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The hub proves to its pages how fresh they are, and a page believes it for so long.
const (
	// Heartbeat is how often a page hears from the hub at least.
	Heartbeat = 2 * time.Second
	// Silence is for how long a page is live without a freshness marker: three heartbeats. Then its
	// socket, if it is open, is replaced.
	Silence = 3 * Heartbeat
	// Stale is how long ago the database may have been looked at. The hub looks each second.
	Stale = 4 * time.Second
	// Behind is for how long a live page may be told that something newer is on its way.
	Behind = 2 * time.Second
	// Late is for how long markers may come that were on their way for longer than Stale. Then their
	// socket is replaced: a new one has no queue.
	Late = 6 * time.Second
	// Doubted is how old a diet or an allergy may be before it is not to be relied on.
	Doubted = time.Minute
	// Asleep is by how much more than the page's own clock the clock on the wall must have gone on
	// for the machine to have slept.
	Asleep = 1500 * time.Millisecond
	// Tick is how often a page asks itself whether all that still holds.
	Tick = 500 * time.Millisecond
)

// A page brings a dead socket back.
const (
	// Hanging is how long a socket may take to open before it is replaced.
	Hanging = 8 * time.Second
	// Resting is how long a socket may be closed before the page replaces it, which is for the
	// extension of htmx to do.
	Resting = 10 * time.Second
	// Afresh is after how long a socket is replaced of which the page has missed something.
	Afresh = time.Second
	// Another is how long a page whose polls succeed waits before it tries a socket again.
	Another = 30 * time.Second
)

// A page whose sockets something on the way refuses polls.
const (
	// PollEvery is how long it waits before it asks for its state again, a fifth more or less. Silence
	// then leaves an answer 2.4 s to come.
	PollEvery = 3 * time.Second
	// Slow is how long a poll may take before it has failed.
	Slow = 5 * time.Second
	// Door is how long a server that is met by many at once may let a socket wait before a poll adds
	// to that.
	Door = 4 * time.Second
)

// ofPages are the times that a page needs, by the names that its script has for them.
var ofPages = map[string]time.Duration{
	"silence": Silence, "stale": Stale, "behind": Behind, "late": Late, "doubted": Doubted,
	"asleep": Asleep, "tick": Tick, "hanging": Hanging, "resting": Resting, "afresh": Afresh,
	"another": Another, "every": PollEvery, "slow": Slow, "door": Door,
}

// ForPages returns the times in milliseconds as a page's script reads them: "afresh=1000,…".
func ForPages() string {
	var said []string
	for name, limit := range ofPages {
		said = append(said, fmt.Sprintf("%s=%d", name, limit.Milliseconds()))
	}
	slices.Sort(said)
	return strings.Join(said, ",")
}

// ForStyles returns a rule of CSS with what the style sheets go by on a page whose script says
// nothing: in how long the page is no more live, and what it shows not to be relied on; and how old
// that is then.
func ForStyles() string {
	const rule = ":root { --left: %gs; --doubt: %gs; --doubted: %gs; }\n"
	return fmt.Sprintf(rule, Silence.Seconds(), (Doubted - Silence).Seconds(), Doubted.Seconds())
}
