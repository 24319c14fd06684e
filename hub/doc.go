// Package hub brings each change to every screen that watches it, and to no other.
//
//	Announce ──▶ view goroutine: read once ─▶ render once ─▶ what differs? ─▶ one frame ─▶ sockets
//	Bus      ──▶      ▲
//	check (1 s) ──────┘ the guarantee: revisions in the database against those on the screens
//
// A view is what one role sees of some topics. It lives while somebody watches it, and its one
// goroutine owns its state, its clients and all their frames. A view has a rendition for pages
// (HTML) and one for programs (JSON), each made of regions with stable ids; a change sends the
// regions that differ. For each client the hub remembers the version of the rendition that it was
// last sent, so a slow client skips to the newest state and costs nobody anything. A page whose
// sockets something on the way refuses polls: that joins the same view for a moment, takes the
// whole state and leaves.
//
// A hint, as in other distributed systems, is a message that may be lost, doubled, late or forged.
// Here it says that a topic may have moved, whether it was announced on this node or heard on the
// bus. It only says where to look: nothing that a screen shows is ever taken from a message, and a
// lost hint costs a second, until the next check.
//
// Each frame of HTML ends with a freshness marker: the revisions that the page shows, those that
// the database holds, and how long ago the two were compared. By it a page knows whether it is
// live.
//
// A socket is opened in three steps: Acquire waits at the gate for its turn, the caller decides
// what the client may see, and Serve takes the subscription, counts it against its quotas and
// upgrades. The authorization of a socket is asked about again whenever its topic moves.
//
// Melody upgrades, keeps the sessions, reads what clients send, waits for their pongs and tells the
// hub of all that happens to a socket. What the hub sends goes out through gorilla's connection,
// which melody hands out for that: messages as a PreparedMessage, framed once for all who get it,
// and pings, pongs and close frames by WriteControl. Melody's own queue would wake a goroutine for
// each socket and message. Below gorilla lies a connection of the hub's, package conn, whose Write
// never waits for a client; over TLS, where a write can't be tried, a goroutine writes each frame.
//
// The hub knows sessions, names and bytes, and htmx's envelope around a fragment of HTML. What a
// ward is, who may see it and how it looks is told to it by functions.
package hub
