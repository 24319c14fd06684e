package hub

import (
	"time"

	"github.com/gorilla/websocket"
)

// prepared is messages that are sent one after the other. All clients that get them share them:
// each is framed once.
type prepared struct {
	messages []*websocket.PreparedMessage
	bytes    int // of them
}

func prepareMessages(messages ...[]byte) prepared {
	p := prepared{messages: make([]*websocket.PreparedMessage, 0, len(messages))}
	for _, message := range messages {
		one, err := websocket.NewPreparedMessage(websocket.TextMessage, message)
		if err != nil {
			panic(err) // it writes to memory; whoever renders a view recovers
		}
		p.messages = append(p.messages, one)
		p.bytes += len(message)
	}
	return p
}

// batch is what one goroutine writes to some clients, one after the other. It is counted when it is
// over: counters that several cores change all the time are slow.
type batch struct {
	now             time.Time
	messages, bytes int
}

func (b *batch) write(c *client, p prepared) {
	c.write(p, b.now)
	b.messages += len(p.messages)
	b.bytes += p.bytes
}
