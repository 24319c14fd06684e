package hub_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/coder/websocket"

	"dusangire/hub"
	"dusangire/hub/revision"
)

// count is what one read of a counter found.
type count int64

func (c count) Revisions() revision.Set {
	return revision.Set{Topics: map[revision.Topic]int64{"counter": int64(c)}}
}
func (c count) HTML() ([]hub.Region, error) { return nil, nil }
func (c count) JSON() ([]hub.Region, error) {
	return []hub.Region{{ID: "counter", Body: fmt.Appendf(nil, `{"count":%d}`, c)}}, nil
}
func (c count) Answer([]byte) (reply []byte, whole bool) { return nil, true }

// One view and one socket: the client gets the state at once, and again when it has changed.
func Example() {
	var counter atomic.Int64
	view := hub.View{Name: "counter", Topics: []revision.Topic{"counter"},
		Read: func(context.Context) (hub.State, error) { return count(counter.Load()), nil }}
	live := hub.New(hub.Config{Bus: hub.NewMemoryBus(), Log: slog.New(slog.DiscardHandler)})
	defer live.Drain(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = live.Serve(w, r, hub.Subscription{View: view}) // nobody refuses this one
	}))
	defer server.Close()

	socket, _, err := websocket.Dial(context.Background(), server.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer socket.CloseNow()
	show := func() {
		_, message, err := socket.Read(context.Background())
		fmt.Println(string(message), err)
	}
	show()
	live.Announce(count(counter.Add(1)).Revisions())
	show()
	// Output:
	// {"count":0} <nil>
	// {"count":1} <nil>
}
