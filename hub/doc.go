// Package hub brings each change to every screen that watches it, and to no other.
//
//	Announce ──▶ view goroutine: read once ─▶ render once ─▶ what differs? ─▶ one frame ─▶ sockets
//	Bus      ──▶      ▲
//	check (1 s) ──────┘ the guarantee: revisions in the database against those on the screens
//
// A view is what one role sees of some topics; it lives while somebody watches it, and its one goroutine owns its state,
// its watchers and all their frames. It is made of regions, each with a stable id; a change sends the regions
// that differ. A watcher is remembered by the version it was last sent, so a slow one skips to the newest state and
// costs nobody anything. Hints, whether announced here or heard on the bus, only say where to look: nothing that a
// screen shows is ever taken from a message, and a hint that is lost costs a second, until the next check.
//
// Melody upgrades, keeps the sessions, reads what clients send, waits for their pongs and tells the hub of all that
// happens to a socket. What the hub sends goes out through gorilla's connection, which melody hands out for that:
// messages as a PreparedMessage, framed once for all who get it, and pings, pongs and close frames by WriteControl.
// Melody's own queue would cost a goroutine a wake-up for each socket and message. Below gorilla lies a connection of
// the hub's, package line, whose Write never waits for a client; over TLS, where a write can't be tried, a goroutine
// writes each frame.
//
// The hub knows sessions, names and bytes. What a ward is, who may see it and how it looks is told to it by functions.
package hub
