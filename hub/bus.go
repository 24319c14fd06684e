package hub

import (
	"context"

	"dusangire/hub/revision"
)

// Bus tells other nodes that topics moved. Delivery is at most once and in no particular order: a
// hint may be lost, doubled or late, and nothing but speed is lost with it. Both implementations
// are safe for concurrent use.
type Bus interface {
	// Publish hands out where topics stand now. It never blocks; what can't be sent soon is
	// dropped.
	Publish(revision.Set)
	// Run receives until ctx ends: hint for what was published by anyone, this node too, and lost
	// whenever hints may have gone by unheard, which is also so at the start. Both are called from
	// one goroutine and must not block.
	Run(ctx context.Context, hint func(revision.Set), lost func()) error
	// Trouble is BusOK where hints get through at the moment, and else why not, in a word.
	Trouble() string
}

// BusOK is what Bus.Trouble says of a bus that carries messages both ways.
const BusOK = "ok"

// BusTrouble is BusOK, or in a word why hints don't get through.
func (h *Hub) BusTrouble() string { return h.config.Bus.Trouble() }
