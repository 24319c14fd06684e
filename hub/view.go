package hub

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"dusangire/hub/freshness"
	"dusangire/hub/revision"
)

// View is what one role sees of some topics.
type View struct {
	Name   string           // clients of one name share one goroutine, one read and one rendering
	Topics []revision.Topic // those whose move may change what it shows
	// Read finds the state in one consistent snapshot. A *Close as its error ends the sockets of
	// the view.
	Read func(ctx context.Context) (State, error)
}

// State is what one read found. Its methods are called from one goroutine.
type State interface {
	Revisions() revision.Set // at or before the content, never after it
	HTML() ([]Region, error) // what pages show
	JSON() ([]Region, error) // what programs get
	// Answer returns the message that answers a well-formed request of a program; whole asks for
	// the whole state instead.
	Answer(request []byte) (reply []byte, whole bool)
}

// view is a View that somebody watches, or has polled a moment ago. Everything but the channels and
// the queue of hints is owned by the goroutine of run, except references, which the hub's mutex
// guards.
type view struct {
	hub    *Hub
	spec   View
	ctx    context.Context // ends when references is 0
	cancel context.CancelFunc
	events chan event
	hints  *queue

	references int // sockets, and polls that came a moment ago

	state      State // nil until the first read succeeds, and after a read that returned a Close
	renditions map[Representation]*rendition
	wanted     revision.Set  // what hints and checks said since the last read
	lastRead   time.Time     // when the last read began, or failed
	cost       time.Duration // of reading and rendering, on average over the last few times
	nextRead   *time.Timer   // set while armed
	armed      bool
	waiting    []event // what is delivered after the read that is due, in this order
	failure    error   // of the last read or rendering; nil: it succeeded
	reported   bool    // the log knows
}

// event is what happens to one client, or a poll.
type event struct {
	kind    eventKind
	client  *client           // nil for polled
	message []byte            // of asked and replied
	poll    chan<- pollAnswer // of polled: has room for the answer
}

type eventKind int

const (
	joined    eventKind = iota
	left                // the socket has ended
	asked               // a program sent a request that is the view's to answer
	replied             // a request was answered already; the reply takes its turn
	flushable           // the connection takes something again
	polled              // a page without a socket wants the whole state
)

const (
	// readEvery and longReadEvery are the least and the most time between two reads of a view: a
	// burst of changes costs one read each time. The most is for many views that change all the
	// time; a person still takes it for at once.
	readEvery     = 50 * time.Millisecond
	longReadEvery = 400 * time.Millisecond
	// readTimeout ends a read that hangs. The view's heartbeats wait for it, and a page is no more
	// live after three of them.
	readTimeout = 2 * time.Second
	// retryReadEvery is for how long a view is left alone after a read or a rendering that failed.
	retryReadEvery = 500 * time.Millisecond
	// maxSnapshotAge is how old a state may be that is sent as a whole with the time of its
	// reading.
	maxSnapshotAge = time.Second
	// maxStateAge is how old any state may get: what a view shows may depend on the hour too, as
	// "in the last 24 hours" does.
	maxStateAge = time.Minute
)

func newView(h *Hub, spec View) *view {
	ctx, cancel := context.WithCancel(h.base)
	renditions := map[Representation]*rendition{JSON: newRendition(JSON), HTML: newRendition(HTML)}
	v := &view{
		hub: h, spec: spec, ctx: ctx, cancel: cancel, renditions: renditions,
		events: make(chan event, 64), hints: newQueue(), nextRead: time.NewTimer(time.Hour),
	}
	v.nextRead.Stop()
	return v
}

// send gives an event to the view's goroutine; the event is void when the view has ended.
func (v *view) send(e event) {
	select {
	case v.events <- e:
	case <-v.ctx.Done():
	}
}

// run is the view's goroutine. The hub waits for it.
func (v *view) run() {
	defer v.nextRead.Stop()
	beat := time.NewTicker(freshness.HeartbeatInterval)
	defer beat.Stop()
	for {
		select {
		case <-v.ctx.Done():
			return
		case e := <-v.events:
			v.handle(e)
		case <-v.hints.filled:
			if v.watched() {
				v.applyHints()
			}
		case <-v.nextRead.C:
			v.armed = false
			if v.watched() {
				v.refresh()
			}
		case <-beat.C:
			if v.watched() {
				v.heartbeat()
			}
		}
	}
}

// watched reports whether the view is to be kept true by itself. A view that is only polled is read
// when a poll comes.
func (v *view) watched() bool { return v.hasClients() || len(v.waiting) > 0 }

func (v *view) hasClients() bool {
	return len(v.renditions[JSON].clients)+len(v.renditions[HTML].clients) > 0
}

func (v *view) handle(e event) {
	switch e.kind {
	case joined:
		v.renditionOf(e.client).add(e.client)
		v.serve(e)
	case asked, replied, polled:
		v.serve(e)
	case flushable:
		v.flush(v.renditionOf(e.client), e.client)
	case left:
		v.renditionOf(e.client).remove(e.client)
	}
}

// renditionOf is the rendition that a client gets.
func (v *view) renditionOf(c *client) *rendition { return v.renditions[c.representation] }

// serve delivers what an event asks for, now or after the read that is due. A state that is known
// to be old is delivered to nobody: a page that has just opened would take back before its user's
// eyes what they have just done.
func (v *view) serve(e event) {
	due := v.freshen(v.maxAge(e))
	alreadyWaits := e.client != nil && e.client.waits
	if alreadyWaits || due && e.kind != replied {
		v.wait(e)
		return
	}
	v.deliver(e)
}

// freshen makes the state fit to be delivered, and reports whether a read is due that may find more
// than it shows.
func (v *view) freshen(maxAge time.Duration) (due bool) {
	if v.applyHints() {
		return false
	}
	age := time.Since(v.lastRead)
	if v.failed() && age < retryReadEvery {
		return false // with a try for each client that comes the last would wait for all tries
	}
	if v.state == nil || age > maxAge {
		v.refresh()
		return false
	}
	return v.readIsDue()
}

// maxAge is how old the state may be from which an event is served.
func (v *view) maxAge(e event) time.Duration {
	if e.kind == polled {
		return maxSnapshotAge
	}
	getsWhole := e.kind == joined || e.kind == asked && v.wantsWhole(e.message)
	if e.client.representation == JSON && getsWhole {
		return maxSnapshotAge
	}
	return maxStateAge
}

// wait puts off what an event asks for until the read that is due.
func (v *view) wait(e event) {
	v.waiting = append(v.waiting, e)
	if e.client != nil {
		e.client.waits = true
	}
}

// deliverWaiting delivers what waited for a read. If the read failed, that is the state from before
// with a freshness marker that says so.
func (v *view) deliverWaiting() {
	waiting := v.waiting
	v.waiting = nil
	for _, e := range waiting {
		if c := e.client; c != nil {
			c.waits = false
			if c.closing.Load() || !v.renditionOf(c).has(c) {
				continue
			}
		}
		v.deliver(e)
	}
}

func (v *view) deliver(e event) {
	switch e.kind {
	case joined:
		v.sendSnapshot(e.client)
	case asked:
		v.answer(e.client, e.message)
	case replied:
		v.reply(e.client, prepareMessages(e.message))
	case polled:
		e.poll <- v.answerPoll()
	}
}

// sendSnapshot sends a new client the whole state, unless the reading of it has ended the view.
func (v *view) sendSnapshot(c *client) {
	if c.closing.Load() || v.ctx.Err() != nil {
		return
	}
	r := v.renditionOf(c)
	if v.state != nil && r.version == 0 {
		v.publish(r)
	}
	if r.version == 0 {
		c.close(CloseNoState)
		return
	}
	r.dropOldMarkers(time.Now())
	v.flush(r, c)
}

// applyHints takes the hints that came in, and reports whether it read the state anew.
func (v *view) applyHints() (read bool) {
	if hints := v.hints.take(); len(hints.Topics) > 0 {
		v.wanted.Merge(hints)
	}
	return v.refreshIfBehind()
}

// readIsDue reports whether a read waits for its turn that may find more than the state shows.
func (v *view) readIsDue() bool { return v.armed && !v.failed() && len(v.wanted.Topics) > 0 }

// failed reports whether what is shown may be behind, because the last read or rendering did not
// succeed. A Close is an answer of the read and no failure.
func (v *view) failed() bool { return v.failure != nil && closeFor(v.failure) == nil }

// refreshIfBehind reads anew when the state does not show what is wanted: at once where the last
// read is long enough ago, else when it will be. It reports whether it read.
func (v *view) refreshIfBehind() bool {
	showsAll := v.state != nil && !v.failed() && v.state.Revisions().Covers(v.wanted)
	if v.armed || showsAll {
		return false
	}
	if wait := v.readInterval() - time.Since(v.lastRead); wait > 0 {
		v.arm(wait)
		return false
	}
	v.refresh()
	return true
}

// readInterval is how long after a read the next one waits: so long that all views together, if
// each changed all the time, would read and render for half of the time of one core. The rest is
// for commands, and for writing to the screens.
func (v *view) readInterval() time.Duration {
	if v.failed() {
		return retryReadEvery
	}
	v.hub.mu.RLock()
	views := len(v.hub.views)
	v.hub.mu.RUnlock()
	return min(max(readEvery, 2*time.Duration(views)*v.cost), longReadEvery)
}

// spent counts the time of a read or of a rendering. One that was slow by chance counts for little.
func (v *view) spent(d time.Duration) { v.cost += (2*d - v.cost) / 8 }

func (v *view) arm(wait time.Duration) {
	v.armed = true
	v.nextRead.Reset(wait)
}

// refresh reads the state once and brings every watched rendition to it. After a failure the
// screens keep what they show, their freshness markers tell that it is behind, and the read is
// tried again.
func (v *view) refresh() {
	v.lastRead = time.Now()
	state, err := v.hub.read(v.ctx, v.spec)
	v.spent(time.Since(v.lastRead))
	if v.ctx.Err() != nil {
		return // everyone has left meanwhile: nothing has failed, and there is nobody to tell
	}
	if err != nil {
		v.readFailed(err)
	} else {
		v.take(state)
	}
	v.deliverWaiting()
}

// take brings every watched rendition to a state. The others are rendered when somebody wants them.
func (v *view) take(state State) {
	v.state, v.failure, v.wanted = state, nil, revision.Set{}
	for representation, r := range v.renditions {
		if len(r.clients) > 0 {
			v.publish(r)
		} else {
			v.renditions[representation] = newRendition(representation)
		}
	}
	v.reported = v.failed()
}

// readFailed deals with a read that found no state.
func (v *view) readFailed(err error) {
	v.lastRead = time.Now()
	if c := closeFor(err); c != nil {
		v.state, v.failure = nil, err
		v.closeAll(c)
		return
	}
	v.fail("view can't be read; its screens say so until it can", err)
	if !v.armed {
		v.arm(retryReadEvery)
	}
}

// fail notes that what is shown may be behind. The log is told once; a failed poll is logged by
// whoever asked for it.
func (v *view) fail(what string, err error) {
	if !v.reported && v.hasClients() {
		v.hub.config.Log.Error(what, "view", v.spec.Name, "error", err)
		v.reported = true
	}
	v.failure = err
	for _, r := range v.renditions {
		clear(r.diffs) // their markers say that all is well
	}
}

// read calls a view's Read; a panic in it is an error like any other.
func (h *Hub) read(ctx context.Context, v View) (state State, err error) {
	defer recoverInto(&err)
	h.metrics.reads.Inc()
	within, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return v.Read(within)
}

// publish renders the state once and sends each client of the rendition what differs.
func (v *view) publish(r *rendition) {
	began := time.Now()
	differs, err := v.render(r)
	v.spent(time.Since(began))
	if err != nil {
		v.fail("view can't be drawn; its screens say so until it can", err)
		return
	}
	if differs {
		v.fanOut(r)
	}
}

func (v *view) render(r *rendition) (differs bool, err error) {
	defer recoverInto(&err)
	v.hub.metrics.renders.Inc()
	regionsOf := v.state.JSON
	if r.representation == HTML {
		regionsOf = v.state.HTML
	}
	regions, err := regionsOf()
	if err != nil {
		return false, err
	}
	return r.update(regions, v.state.Revisions())
}

// parallelFrom is how many clients are worth more than one writer.
const parallelFrom = 200

// fanOut flushes to all clients of a rendition, to many of them on all cores at once: a write costs
// several microseconds, and nobody is to wait for a thousand others while a core has nothing to do.
// The messages are made before, so that the writers only read the rendition.
func (v *view) fanOut(r *rendition) {
	if len(r.clients) < parallelFrom {
		v.flush(r, r.clients...)
		return
	}
	for i, c := range r.clients {
		if i == 0 || c.sent != r.clients[i-1].sent {
			v.diff(r, c.sent)
		}
	}
	var writing sync.WaitGroup
	for some := range slices.Chunk(r.clients, len(r.clients)/runtime.GOMAXPROCS(0)+1) {
		writing.Go(func() { v.flush(r, some...) })
	}
	writing.Wait()
}

// diff is what brings a client from a version to a rendition's newest; from 0 that is the whole of
// it.
func (v *view) diff(r *rendition, version uint64) prepared {
	return r.diff(version, func() []byte { return v.marker(r) })
}

// flush writes to clients while their connections take it: first the replies that wait, then what
// brings the client to the newest state. A client that was slow goes from where it was straight to
// now.
func (v *view) flush(r *rendition, clients ...*client) {
	batch := batch{now: time.Now()}
	var diff prepared // from a version that most clients share
	var from uint64
	for _, c := range clients {
		for len(c.replies) > 0 && c.canWrite() {
			batch.write(c, c.replies[0])
			c.replies = c.replies[1:]
		}
		if c.sent == r.version || len(c.replies) > 0 || !c.canWrite() {
			continue
		}
		if r.version > c.sent+1 && c.sent > 0 {
			v.hub.metrics.coalesced.Inc()
		}
		if diff.messages == nil || c.sent != from {
			diff, from = v.diff(r, c.sent), c.sent
		}
		batch.write(c, diff)
		c.sent = r.version
	}
	v.hub.metrics.sent(batch)
}

// wantsWhole reports whether a request asks for the whole state.
func (v *view) wantsWhole(request []byte) bool {
	if v.state == nil {
		return false
	}
	_, whole := v.state.Answer(request)
	return whole
}

// answer answers a request from the state as it is, with a message or with the whole of it.
func (v *view) answer(c *client, request []byte) {
	if v.state == nil {
		return
	}
	if message, whole := v.state.Answer(request); !whole {
		v.reply(c, prepareMessages(message))
		return
	}
	v.reply(c, v.diff(v.renditionOf(c), 0))
}

// reply sends a reply to a client after everything that was sent to it before.
func (v *view) reply(c *client, p prepared) {
	r := v.renditionOf(c)
	v.flush(r, c)
	if len(c.replies) >= replyLimit {
		c.close(CloseTooSlow)
		return
	}
	c.replies = append(c.replies, p)
	v.flush(r, c)
}

// closeAll ends every socket of the view.
func (v *view) closeAll(why *Close) {
	for _, r := range v.renditions {
		for _, c := range r.clients {
			c.close(why)
		}
	}
}
