package hub_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hub"
	"dusangire/hub/revision"
)

// poll asks for a view as a page without a socket does, and must be answered.
func (n *node) poll(v hub.View, seen string) (frame, mark string) {
	n.t.Helper()
	got, mark, err := n.Poll(n.t.Context(), v, seen)
	if err != nil {
		n.t.Fatalf("poll: %v", err)
	}
	return string(got), mark
}

func TestAPollBringsWhatASocketWouldAndAMarkerAloneWhenNothingChanged(t *testing.T) {
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	whole, mark := n.poll(b.view(), "")
	if first := n.dial(hub.HTML).next(); whole != first {
		t.Errorf("a poll brought\n%s\nand a socket\n%s", whole, first)
	}
	for _, seen := range []string{"", "of another life"} {
		if again, sameMark := n.poll(b.view(), seen); again != whole || sameMark != mark {
			t.Errorf("a page that shows %q should get the whole state under the mark %s, got %s under %s",
				seen, mark, again, sameMark)
		}
	}
	marker := `<hx-partial hx-target="#live" hx-swap="outerMorph"><i id="live" ` +
		`data-shown="board:1=0" data-current="board:1=0" data-database="true"></i></hx-partial>`
	if got, _ := n.poll(b.view(), mark); got != marker {
		t.Errorf("with nothing new a poll brought\n%s\nwant the marker alone", got)
	}

	n.Announce(b.set(1, "taken"))
	changed, next := n.poll(b.view(), mark)
	for _, part := range []string{"taken", "cell-0", `data-shown="board:1=1"`} {
		if !strings.Contains(changed, part) || next == mark {
			t.Errorf("right after a change a poll brought %s under the mark %s", changed, next)
		}
	}
}

func TestPollsOfOneViewShareARead(t *testing.T) {
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	began := time.Now()
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() { n.poll(b.view(), "") })
	}
	all.Wait()
	reads, renders, most := b.reads.Load(), b.htmls.Load(), 1+int64(time.Since(began)/time.Second)
	if reads > most || renders != reads {
		t.Errorf("200 polls at once cost %d reads and %d renderings, want %d at most",
			reads, renders, most)
	}
	if got := n.metric("polls_total"); got != 200 {
		t.Errorf("%d polls were counted", got)
	}
}

// A poll joins the view that sockets watch, whose state is read and drawn already.
func TestAPollBesideASocketCostsNoReadOfItsOwn(t *testing.T) {
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	began := time.Now()
	socket := n.dial(hub.HTML)
	socket.next()
	n.poll(b.view(), "")
	n.Announce(b.set(0, "taken"))
	socket.nextWith("taken")
	if frame, _ := n.poll(b.view(), ""); !strings.Contains(frame, "taken") {
		t.Errorf("after the socket was told of a change a poll brought %s", frame)
	}
	reads, renders, most := b.reads.Load(), b.htmls.Load(), 2+int64(time.Since(began)/time.Second)
	if reads > most || renders != reads {
		t.Errorf("a socket, two polls and one change cost %d reads and %d renderings, want %d at most",
			reads, renders, most)
	}
}

func TestAViewThatIsOnlyPolledIsReadForPollsAlone(t *testing.T) {
	t.Parallel()
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.poll(b.view(), "")
	for i := range 20 {
		n.Announce(b.set(0, strings.Repeat("x", i)))
	}
	n.Announce(b.set(1, "taken"))
	waitFor(t, "the view that nobody polls has ended", func() bool { return n.metric("views") == 0 })
	if reads := b.reads.Load(); reads != 1 {
		t.Errorf("one poll and twenty changes after it cost %d reads, want one", reads)
	}
	if frame, _ := n.poll(b.view(), ""); !strings.Contains(frame, "taken") {
		t.Errorf("the next poll brought %s", frame)
	}
}

// A hint that comes later, of another topic, does not make a poll forget what it was told before.
func TestAPollShowsAllThatWasAnnouncedSinceTheOneBefore(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	view := b.view()
	view.Topics = append(view.Topics, "ward:9")
	n.poll(view, "")
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 10 {
		text := strings.Repeat("x", i+1)
		n.Announce(b.set(0, text))
		_, _, _ = n.Poll(impatient, view, "") // and is gone before the read that is due
		n.Announce(revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"ward:9": int64(i)}})
		if frame, _ := n.poll(view, ""); !strings.Contains(frame, ">"+text+"<") {
			t.Fatalf("after change %d a poll brought %s", i, frame)
		}
	}
}

// A socket is told that what it shows is behind; a poll has no page to tell that of, and fails.
func TestAPollBesideASocketFailsWhileTheStateCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	socket := n.dial(hub.HTML)
	socket.next()
	n.poll(b.view(), "")
	poll := func() error {
		_, _, err := n.Poll(t.Context(), b.view(), "")
		return err
	}
	gone := errors.New("no database")
	b.fail(gone)
	waitFor(t, "polls fail", func() bool { return errors.Is(poll(), gone) })
	socket.nextWith(`data-database="false"`)
	b.fail(nil)
	waitFor(t, "polls are answered again", func() bool { return poll() == nil })
	socket.nextWith(`data-database="true"`)
}

func TestAPollOfAChangeWhoseHintWasLostIsASecondOld(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.poll(b.view(), "")
	b.set(0, "taken") // and nobody says so
	lost := time.Now()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for frame := ""; !strings.Contains(frame, "taken"); frame, _ = n.poll(b.view(), "") {
		if <-again.C; time.Since(lost) > soon {
			t.Fatal("the change never showed")
		}
	}
	if took := time.Since(lost); took > 2*time.Second {
		t.Errorf("the change showed after %v, want about a second", took)
	}
}

func TestAPollOfWhatCannotBeShownSaysWhy(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	broken := errors.New("no database")
	for what, read := range map[string]func() (hub.State, error){
		"a read that fails":           func() (hub.State, error) { return nil, broken },
		"a read that panics":          func() (hub.State, error) { panic("oh") },
		"a drawing that panics":       func() (hub.State, error) { return undrawable{}, nil },
		"a drawing that is malformed": func() (hub.State, error) { return brokenState{"no element"}, nil },
		"something that is not there": func() (hub.State, error) { return nil, hub.CloseNoSuchPath },
	} {
		view := hub.View{Name: what, Topics: []revision.Topic{boardTopic}}
		view.Read = func(context.Context) (hub.State, error) { return read() }
		frame, _, err := n.Poll(t.Context(), view, "")
		if err == nil || len(frame) > 0 {
			t.Errorf("%s: a poll brought %q and the error %v", what, frame, err)
		}
		if strings.Contains(what, "not there") && !errors.Is(err, hub.CloseNoSuchPath) {
			t.Errorf("%s: %v, want the code with which a socket would close", what, err)
		}
	}
}

// undrawable can be read, and panics when it is drawn.
type undrawable struct{ hub.State }

func TestAPollThatIsGivenUpLeavesTheOthersTheirAnswer(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	reading, goOn := make(chan struct{}), make(chan struct{})
	slow := b.view()
	slow.Read = func(ctx context.Context) (hub.State, error) {
		close(reading)
		<-goOn
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return b.read(ctx)
	}
	first, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { _, _, _ = n.Poll(first, slow, "") })
	<-reading
	leave()
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := n.Poll(impatient, slow, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("who goes away while another reads is let go: %v", err)
	}
	close(goOn)
	if frame, _ := n.poll(slow, ""); !strings.Contains(frame, "cell-0") {
		t.Errorf("who waits for the read that another began got %s", frame)
	}
}

func TestADrainedHubAnswersNoPoll(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.finish()
	if _, _, err := n.Poll(t.Context(), b.view(), ""); !errors.Is(err, hub.ErrDraining) {
		t.Errorf("a poll of a hub that has stopped: %v", err)
	}
}
