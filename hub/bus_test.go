package hub_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hub"
	"dusangire/hub/hubtest"
	"dusangire/hub/revision"

	"github.com/redis/go-redis/v9"
)

// buses gives, for each kind of bus, a function that makes one more node's end of one shared bus.
func buses(t *testing.T) map[string]func(testing.TB) hub.Bus {
	t.Helper()
	memory := hub.NewMemoryBus()
	server := hubtest.StartRedis(t)
	return map[string]func(testing.TB) hub.Bus{
		"memory": func(testing.TB) hub.Bus { return memory },
		"redis":  func(t testing.TB) hub.Bus { return redisBus(t, server) },
	}
}

func redisBus(t testing.TB, server *hubtest.Redis) *hub.RedisBus {
	t.Helper()
	bus, err := hub.NewRedisBus(server.URL(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	return bus
}

// listener runs one end of a bus and hands on what it hears.
type listener struct {
	t     testing.TB
	hints chan revision.Set
	lost  chan struct{}
}

func listen(t testing.TB, bus hub.Bus) *listener {
	t.Helper()
	l := &listener{t, make(chan revision.Set, 100), make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		hint, lost := func(r revision.Set) { l.hints <- r }, func() { l.lost <- struct{}{} }
		if err := bus.Run(ctx, hint, lost); err != nil {
			t.Errorf("the bus ended with %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return l
}

func (l *listener) awaitLost() {
	l.t.Helper()
	select {
	case <-l.lost:
	case <-time.After(soon):
		l.t.Fatal("the bus never said that hints may be lost")
	}
}

func (l *listener) awaitHint(topic revision.Topic, at int64) {
	l.t.Helper()
	for {
		select {
		case r := <-l.hints:
			if r.Epoch == "e1" && r.Topics[topic] == at {
				return
			}
		case <-time.After(soon):
			l.t.Fatalf("no hint of %s at %d", topic, at)
		}
	}
}

func hint(topic revision.Topic, at int64) revision.Set {
	return revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{topic: at}}
}

func TestBus(t *testing.T) {
	for name, newBus := range buses(t) {
		t.Run(name, func(t *testing.T) {
			here, there := newBus(t), newBus(t)
			a, b := listen(t, here), listen(t, there)
			a.awaitLost() // also at the start, for what came before
			b.awaitLost()
			awaitConnected(t, here)

			here.Publish(hint("ward:1", 1))
			a.awaitHint("ward:1", 1)
			b.awaitHint("ward:1", 1)

			topics := map[revision.Topic]int64{"ward:2": 5, "metrics": 9}
			there.Publish(revision.Set{Epoch: "e1", Topics: topics})
			a.awaitHint("metrics", 9)
		})
	}
}

// awaitConnected polls, since being connected is a state and not an event.
func awaitConnected(t testing.TB, bus hub.Bus) {
	t.Helper()
	deadline := time.After(soon)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for bus.Trouble() != hub.BusOK {
		select {
		case <-deadline:
			t.Fatal("the bus never connected")
		case <-tick.C:
		}
	}
}

// An account may be let in and still not be allowed what the bus needs: Redis 7 gives a new one no
// channels.
func TestARedisThatLetsInButNotThroughIsNamedWithItsOwnWords(t *testing.T) {
	t.Parallel()
	server := hubtest.StartRedis(t)
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	owner := redis.NewClient(options)
	t.Cleanup(func() { _ = owner.Close() })
	const inTheFirst = "&dusangire:* +publish +subscribe +unsubscribe +ping +hello +client"
	const enough = inTheFirst + " +select"
	for i, c := range []struct{ name, password, database, rights, word string }{
		{"no channels", "secret", "", "~* +@all resetchannels", "NOPERM"},
		{"may not publish", "secret", "/0",
			"&dusangire:* +subscribe +unsubscribe +ping +hello +client", "NOPERM"},
		{"may not subscribe", "secret", "/0", "&dusangire:* +publish +ping +hello +client", "NOPERM"},
		{"may not select another database", "secret", "/3", inTheFirst, "NOPERM"},
		{"another password", "wrong", "", enough, "WRONGPASS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			account := fmt.Sprintf("board-%d", i)
			allow := func(rights string) {
				t.Helper()
				args := []any{"ACL", "SETUSER", account, "reset", "on", ">secret"}
				for _, right := range strings.Fields(rights) {
					args = append(args, right)
				}
				if err := owner.Do(t.Context(), args...).Err(); err != nil {
					t.Fatal(err)
				}
			}
			allow(c.rights)
			said := &lines{found: make(chan string, 100)}
			log := slog.New(slog.NewTextHandler(said, nil))
			bus, err := hub.NewRedisBus("redis://"+account+":"+c.password+"@"+server.Address()+c.database, log)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = bus.Close() })
			within, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			err = bus.Try(within)
			if err == nil || !hub.Denied(err) || !strings.Contains(err.Error(), c.word) {
				t.Errorf("tried, it says %v, want %s", err, c.word)
			}
			listen(t, bus)
			if first := said.next(t); !strings.Contains(first, c.word) {
				t.Errorf("the log says %q, want %s", first, c.word)
			}
			if got := bus.Trouble(); got != "denied" {
				t.Errorf("the bus is %q, want denied", got)
			}
			if c.password == "secret" {
				allow(enough)
				awaitConnected(t, bus)
			}
		})
	}
}

// lines hands on what a log writes, line by line.
type lines struct{ found chan string }

func (l *lines) Write(line []byte) (int, error) {
	l.found <- string(line)
	return len(line), nil
}

func (l *lines) next(t *testing.T) string {
	t.Helper()
	select {
	case line := <-l.found:
		return line
	case <-time.After(soon):
		t.Fatal("the log says nothing")
		return ""
	}
}

func TestARedisThatDiesIsFoundAgain(t *testing.T) {
	server := hubtest.StartRedis(t)
	bus := redisBus(t, server)
	l := listen(t, bus)
	l.awaitLost()
	awaitConnected(t, bus)
	for len(l.lost) > 0 { // each channel's subscription says so
		<-l.lost
	}

	server.Kill()
	bus.Publish(hint("ward:1", 1)) // lost, and does not block
	server.Start()

	l.awaitLost()
	l.publishUntilHeard(bus, "ward:1")
}

// publishUntilHeard publishes ever higher revisions until one is heard: while the sending
// connection is made anew some may be lost.
func (l *listener) publishUntilHeard(bus hub.Bus, topic revision.Topic) {
	l.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(soon)
	for revision := int64(2); ; revision++ {
		bus.Publish(hint(topic, revision))
		select {
		case r := <-l.hints:
			if r.Topics[topic] >= 2 {
				return
			}
		case <-tick.C:
		case <-deadline:
			l.t.Fatalf("no hint of %s is heard any more", topic)
		}
	}
}

func TestWhatIsNoHintIsIgnored(t *testing.T) {
	server := hubtest.StartRedis(t)
	bus := redisBus(t, server)
	l := listen(t, bus)
	l.awaitLost()
	awaitConnected(t, bus)

	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	stranger := redis.NewClient(options)
	defer stranger.Close()
	long := `{"epoch":"e1","topic":"` + string(make([]byte, 300)) + `"}`
	for _, payload := range []string{"", "hello", "[]", "{}", `{"topic":7}`, long} {
		if err := stranger.Publish(t.Context(), "dusangire:hints", payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	bus.Publish(hint("ward:1", 1))
	select {
	case r := <-l.hints:
		if r.Topics["ward:1"] != 1 {
			t.Errorf("a stranger's message was taken for the hint %v", r)
		}
	case <-time.After(soon):
		t.Fatal("no hint came")
	}
}
