package hub_test

import (
	"context"
	"net/http"
	"testing"

	"dusangire/hub"
	"dusangire/hub/revision"
)

// A view that everyone has left has not failed: nothing is logged, and nobody is closed with a
// reason.
func TestAScreenThatIsLeftDuringAReadIsNoError(t *testing.T) {
	for _, representation := range []hub.Representation{hub.HTML, hub.JSON} {
		b := newBoard(1)
		reading := make(chan struct{}, 1)
		n := startNode(t, b, hub.NewMemoryBus(), func(*http.Request) hub.Subscription {
			read := func(ctx context.Context) (hub.State, error) {
				reading <- struct{}{}
				<-ctx.Done() // the database is slow, and stops when it is told to
				return nil, ctx.Err()
			}
			view := hub.View{Name: "slow", Topics: []revision.Topic{boardTopic}, Read: read}
			return hub.Subscription{View: view}
		})
		c := n.dial(representation)
		<-reading
		_ = c.conn.CloseNow()
		waitFor(t, "the hub knows that the screen has left", func() bool {
			return n.metric("ws_opened_total") == 1 && n.metric("ws_sessions") == 0
		})
		n.finish()
		if closes := n.metric("ws_close_total"); closes > 0 {
			t.Errorf("%s: the screen was closed %d times", representation, closes)
		}
		if log := n.log.String(); log != "" {
			t.Errorf("%s: the log says\n%s", representation, log)
		}
	}
}
