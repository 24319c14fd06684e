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

// MarkerID is the id of the freshness marker, the element that ends each frame of HTML and tells a
// page how fresh it is.
const MarkerID = "live"

// The hub proves to its pages how fresh they are, and a page believes it for so long.
const (
	// HeartbeatInterval is how often a page hears from the hub at least.
	HeartbeatInterval = 2 * time.Second
	// HeartbeatTimeout is for how long a page is live without a freshness marker: three heartbeats.
	// Then its socket, if it is open, is replaced.
	HeartbeatTimeout = 3 * HeartbeatInterval
	// MaxAge is how long ago the database may have been looked at. The hub looks each second.
	MaxAge = 4 * time.Second
	// MaxBehind is for how long a live page may be told that something newer is on its way.
	MaxBehind = 2 * time.Second
	// MaxLate is for how long markers may come that were on their way for longer than MaxAge. Then
	// their socket is replaced: a new one has no queue.
	MaxLate = 6 * time.Second
	// Doubtful is how old a diet or an allergy may be before it is not to be relied on.
	Doubtful = time.Minute
	// SleepGap is by how much more than the page's own clock the clock on the wall must have gone
	// on for the machine to have slept.
	SleepGap = 1500 * time.Millisecond
	// TickInterval is how often a page asks itself whether all that still holds.
	TickInterval = 500 * time.Millisecond
)

// A page brings a dead socket back.
const (
	// ConnectTimeout is how long a socket may take to open before it is replaced.
	ConnectTimeout = 8 * time.Second
	// ReconnectTimeout is how long a socket may be closed before the page replaces it, which is for
	// the extension of htmx to do.
	ReconnectTimeout = 10 * time.Second
	// ReplaceDelay is after how long a socket is replaced of which the page has missed something.
	ReplaceDelay = time.Second
	// SocketRetryInterval is how long a page whose polls succeed waits before it tries a socket
	// again.
	SocketRetryInterval = 30 * time.Second
)

// A page whose sockets something on the way refuses polls.
const (
	// PollInterval is how long it waits before it asks for its state again, a fifth more or less.
	// HeartbeatTimeout then leaves an answer 2.4 s to come.
	PollInterval = 3 * time.Second
	// PollTimeout is how long a poll may take before it has failed.
	PollTimeout = 5 * time.Second
	// GateTimeout is how long the hub's gate lets a request for a socket wait when many come at
	// once. A page polls no earlier, since that would add to the crowd.
	GateTimeout = 4 * time.Second
)

// ofPages are the times that a page needs, by the names that its script has for them.
var ofPages = map[string]time.Duration{
	"heartbeatTimeout":    HeartbeatTimeout,
	"maxAge":              MaxAge,
	"maxBehind":           MaxBehind,
	"maxLate":             MaxLate,
	"doubtful":            Doubtful,
	"sleepGap":            SleepGap,
	"tickInterval":        TickInterval,
	"connectTimeout":      ConnectTimeout,
	"reconnectTimeout":    ReconnectTimeout,
	"replaceDelay":        ReplaceDelay,
	"socketRetryInterval": SocketRetryInterval,
	"pollInterval":        PollInterval,
	"pollTimeout":         PollTimeout,
	"gateTimeout":         GateTimeout,
}

// ForPages returns the times in milliseconds as a page's script reads them:
// "connectTimeout=8000,…".
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
	return fmt.Sprintf(":root { --left: %gs; --doubt: %gs; --doubted: %gs; }\n",
		HeartbeatTimeout.Seconds(), (Doubtful - HeartbeatTimeout).Seconds(), Doubtful.Seconds())
}
