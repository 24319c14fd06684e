package hub

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"dusangire/hub/revision"
)

// View is what one role sees of some topics.
type View struct {
	Name   string           // watchers of one name share one goroutine, one read and one rendering
	Topics []revision.Topic // those whose move may change what it shows
	// Read finds the state in one consistent snapshot. A *Close as its error ends the sockets of the view.
	Read func(ctx context.Context) (State, error)
}

// State is what one read found. Its methods are called from one goroutine.
type State interface {
	Revisions() revision.Set // at or before the content, never after it
	HTML() ([]Region, error) // what pages show
	JSON() ([]Region, error) // what programs get
	// Answer returns the message that answers a well-formed request of a program; whole asks for the whole state instead.
	Answer(request []byte) (reply []byte, whole bool)
}

// view is a View that somebody watches, or has polled a moment ago. Everything but the channels and
// the mailbox is owned by the goroutine of run, except references, which the hub's mutex guards.
type view struct {
	hub    *Hub
	spec   View
	ctx    context.Context // ends when references is 0
	cancel context.CancelFunc
	events chan event
	hints  *mailbox

	references int // sockets, and polls that came a moment ago

	state    State // nil until the first read succeeds, and when a Close was read
	pages    map[Representation]*page
	wanted   revision.Set  // what hints and checks said since the last read
	lastRead time.Time     // when the last read began, or failed
	cost     time.Duration // of reading and drawing, on average over the last few times
	again    *time.Timer   // when armed, the next read
	armed    bool
	waiting  []event // what is delivered after the read that is due, in this order
	failure  error   // of the last read or drawing; nil: it succeeded
	reported bool    // the log knows
}

// event is what happens to one watcher, or a poll.
type event struct {
	kind    eventKind
	watcher *watcher          // nil for polled
	message []byte            // of asked and replied
	poll    chan<- pollAnswer // of polled: has room for the answer
}

type eventKind int

const (
	joined   eventKind = iota
	left               // the socket has ended
	asked              // a program sent a request that is the view's to answer
	replied            // a request was answered already; the answer takes its turn
	readable           // the line is free again
	polled             // a page without a socket wants the whole state
)

const (
	gather      = 50 * time.Millisecond  // between two reads of a view: a burst of changes costs one read each time
	longGather  = 400 * time.Millisecond // the same, where many views change all the time
	readTimeout = 2 * time.Second
	retryRead   = 500 * time.Millisecond // after a read that failed
	restate     = time.Second            // a whole state that is told anew is read anew when older, so that its timestamp is true
)

func newView(h *Hub, spec View) *view {
	ctx, cancel := context.WithCancel(h.base)
	v := &view{
		hub: h, spec: spec, ctx: ctx, cancel: cancel, events: make(chan event, 64), hints: newMailbox(),
		pages: map[Representation]*page{JSON: newPage(JSON), HTML: newPage(HTML)}, again: time.NewTimer(time.Hour),
	}
	v.again.Stop()
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
	defer v.again.Stop()
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	for {
		select {
		case <-v.ctx.Done():
			return
		case e := <-v.events:
			v.handle(e)
		case <-v.hints.filled:
			if v.watched() {
				v.heed()
			}
		case <-v.again.C:
			v.armed = false
			if v.watched() {
				v.refresh()
			}
		case <-beat.C:
			if v.watched() {
				v.beat()
			}
		}
	}
}

// watched reports whether the view is to be kept true by itself. A view that is only polled is read
// when a poll comes.
func (v *view) watched() bool {
	return len(v.waiting) > 0 || len(v.pages[JSON].watchers) > 0 || len(v.pages[HTML].watchers) > 0
}

func (v *view) handle(e event) {
	switch e.kind {
	case joined:
		v.pageOf(e.watcher).add(e.watcher)
		v.serve(e)
	case asked, replied, polled:
		v.serve(e)
	case readable:
		v.pump(v.pageOf(e.watcher), e.watcher)
	case left:
		v.pageOf(e.watcher).remove(e.watcher)
	}
}

// pageOf is the page that a watcher is told.
func (v *view) pageOf(w *watcher) *page { return v.pages[w.representation] }

// serve delivers what an event asks for, now or after the read that is due. A state that is known
// to be old is delivered to nobody: a page that has just opened would take back before its user's
// eyes what they have just done.
func (v *view) serve(e event) {
	due := v.prepare(v.maxAge(e))
	alreadyWaits := e.watcher != nil && e.watcher.waits
	if alreadyWaits || due && e.kind != replied {
		v.wait(e)
		return
	}
	v.deliver(e)
}

// prepare makes the state fit to be delivered, and reports whether a read is due that may find more
// than it shows.
func (v *view) prepare(maxAge time.Duration) (due bool) {
	if v.heed() {
		return false
	}
	age := time.Since(v.lastRead)
	if v.failed() && age < retryRead {
		return false // to try again for each who comes would make the last of them wait for all tries
	}
	if v.state == nil || age > maxAge {
		v.refresh()
		return false
	}
	return v.due()
}

// maxAge is how old the state may be from which an event is served.
func (v *view) maxAge(e event) time.Duration {
	inJSON := e.watcher != nil && e.watcher.representation == JSON
	carriesItsTime := e.kind == polled || inJSON && (e.kind == joined || e.kind == asked && v.wantsWhole(e.message))
	if carriesItsTime {
		return restate
	}
	return rereadEvery
}

// wait puts off what an event asks for until the read that is due.
func (v *view) wait(e event) {
	v.waiting = append(v.waiting, e)
	if e.watcher != nil {
		e.watcher.waits = true
	}
}

// deliverWaiting delivers what waited for a read. If the read failed, that is the state from before
// with a stamp that says so.
func (v *view) deliverWaiting() {
	waiting := v.waiting
	v.waiting = nil
	for _, e := range waiting {
		if w := e.watcher; w != nil {
			w.waits = false
			if w.closing.Load() || !v.pageOf(w).isWatchedBy(w) {
				continue
			}
		}
		v.deliver(e)
	}
}

func (v *view) deliver(e event) {
	switch e.kind {
	case joined:
		v.sendSnapshot(e.watcher)
	case asked:
		v.answer(e.watcher, e.message)
	case replied:
		v.reply(e.watcher, pack(e.message))
	case polled:
		e.poll <- v.answerPoll()
	}
}

// sendSnapshot sends a new watcher the whole state, unless the reading of it has ended the view.
func (v *view) sendSnapshot(w *watcher) {
	if w.closing.Load() || v.ctx.Err() != nil {
		return
	}
	p := v.pageOf(w)
	if v.state != nil && p.version == 0 {
		v.draw(p)
	}
	if p.version == 0 {
		w.close(CloseNoState)
		return
	}
	p.forgetOld(time.Now())
	v.pump(p, w)
}

// heed takes the hints that came in, and reports whether it read the state anew.
func (v *view) heed() (read bool) {
	if hints := v.hints.take(); len(hints.Topics) > 0 {
		v.wanted.Merge(hints)
	}
	return v.refreshIfBehind()
}

// due reports whether a read waits for its turn that may find more than the state shows.
func (v *view) due() bool { return v.armed && !v.failed() && len(v.wanted.Topics) > 0 }

// failed reports whether what is shown may be behind, because the last read or drawing did not
// succeed. A Close is an answer of the read and no failure.
func (v *view) failed() bool { return v.failure != nil && closeFor(v.failure) == nil }

// refreshIfBehind reads anew when the state does not show what is wanted: at once where the last read is long enough ago,
// else when it will be. It reports whether it read.
func (v *view) refreshIfBehind() bool {
	if v.armed || (v.state != nil && !v.failed() && v.state.Revisions().Covers(v.wanted)) {
		return false
	}
	if wait := v.pause() - time.Since(v.lastRead); wait > 0 {
		v.arm(wait)
		return false
	}
	v.refresh()
	return true
}

// pause is how long after a read the next one waits: so long that all views together, if each changed all the time, would read and draw
// for half of the time of one core. The rest is for commands, and for writing to the screens.
func (v *view) pause() time.Duration {
	if v.failed() {
		return retryRead
	}
	v.hub.mu.RLock()
	views := len(v.hub.views)
	v.hub.mu.RUnlock()
	return min(max(gather, 2*time.Duration(views)*v.cost), longGather)
}

// spent counts the time of a read or of a drawing. One that was slow by chance counts for little.
func (v *view) spent(d time.Duration) { v.cost += (2*d - v.cost) / 8 }

func (v *view) arm(wait time.Duration) {
	v.armed = true
	v.again.Reset(wait)
}

// refresh reads the state once and brings every watched page to it. After a failure the pages keep
// what they show, their stamps tell that it is behind, and the read is tried again.
func (v *view) refresh() {
	v.lastRead = time.Now()
	state, err := v.hub.read(v.ctx, v.spec)
	v.spent(time.Since(v.lastRead))
	if v.ctx.Err() != nil {
		return // everyone has left meanwhile: nothing has failed, and there is nobody to tell
	}
	if err != nil {
		v.refuseRead(err)
	} else {
		v.take(state)
	}
	v.deliverWaiting()
}

// take brings every watched page to a state. The others are drawn when somebody wants them.
func (v *view) take(state State) {
	v.state, v.failure, v.wanted = state, nil, revision.Set{}
	for representation, p := range v.pages {
		if len(p.watchers) > 0 {
			v.draw(p)
		} else {
			v.pages[representation] = newPage(representation)
		}
	}
	v.reported = v.failed()
}

// refuseRead deals with a read that found no state.
func (v *view) refuseRead(err error) {
	v.lastRead = time.Now()
	if c := closeFor(err); c != nil {
		v.state, v.failure = nil, err
		v.closeAll(c)
		return
	}
	v.fail("view can't be read; its screens say so until it can", err)
	if !v.armed {
		v.arm(retryRead)
	}
}

// fail notes that what is shown may be behind. The log is told once; of polls it is told by whoever
// answers them.
func (v *view) fail(what string, err error) {
	if !v.reported && v.watched() {
		v.hub.config.Log.Error(what, "view", v.spec.Name, "error", err)
		v.reported = true
	}
	v.failure = err
	for _, p := range v.pages {
		clear(p.deltas) // their stamps say that all is well
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

// draw renders the state once for a page and sends each of its watchers what differs.
func (v *view) draw(p *page) {
	began := time.Now()
	differs, err := v.render(p)
	v.spent(time.Since(began))
	if err != nil {
		v.fail("view can't be drawn; its screens say so until it can", err)
		return
	}
	if !differs {
		return
	}
	v.pumpAll(p)
}

// crowd is how many watchers are worth more than one writer.
const crowd = 200

// pumpAll pumps all watchers of a page, many of them on all cores at once: a write costs several microseconds, and none of them is to
// wait for a thousand others while a core has nothing to do. What they need is made before, so that the writers only read the page.
func (v *view) pumpAll(p *page) {
	if len(p.watchers) < crowd {
		v.pump(p, p.watchers...)
		return
	}
	for i, w := range p.watchers {
		if i == 0 || w.sent != p.watchers[i-1].sent {
			v.delta(p, w.sent)
		}
	}
	var writing sync.WaitGroup
	for some := range slices.Chunk(p.watchers, len(p.watchers)/runtime.GOMAXPROCS(0)+1) {
		writing.Go(func() { v.pump(p, some...) })
	}
	writing.Wait()
}

// delta is what brings a watcher from a version to a page's newest state; from 0 that is the whole of it.
func (v *view) delta(p *page, version uint64) parcel {
	return p.delta(version, func() []byte { return v.stamp(p) })
}

func (v *view) render(p *page) (differs bool, err error) {
	defer recoverInto(&err)
	v.hub.metrics.renders.Inc()
	draw := v.state.JSON
	if p.representation == HTML {
		draw = v.state.HTML
	}
	regions, err := draw()
	if err != nil {
		return false, err
	}
	return p.update(regions, v.state.Revisions())
}

// pump writes to watchers while their lines are free: first the answers that wait, then what brings them to the newest state. One
// that was slow goes from where it was straight to now.
func (v *view) pump(p *page, watchers ...*watcher) {
	round := round{now: time.Now()}
	var delta parcel // from a version that most watchers share
	var from uint64
	for _, w := range watchers {
		for len(w.queue) > 0 && w.free() {
			round.write(w, w.queue[0])
			w.queue = w.queue[1:]
		}
		if w.sent == p.version || len(w.queue) > 0 || !w.free() {
			continue
		}
		if p.version > w.sent+1 && w.sent > 0 {
			v.hub.metrics.coalesced.Inc()
		}
		if delta.messages == nil || w.sent != from {
			delta, from = v.delta(p, w.sent), w.sent
		}
		round.write(w, delta)
		w.sent = p.version
	}
	v.hub.metrics.sent(round)
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
func (v *view) answer(w *watcher, request []byte) {
	if v.state == nil {
		return
	}
	if message, whole := v.state.Answer(request); !whole {
		v.reply(w, pack(message))
		return
	}
	v.reply(w, v.delta(v.pageOf(w), 0))
}

// reply sends an answer to a watcher after everything that was sent to it before.
func (v *view) reply(w *watcher, answer parcel) {
	p := v.pageOf(w)
	v.pump(p, w)
	if len(w.queue) >= longQueue {
		w.close(CloseTooSlow)
		return
	}
	w.queue = append(w.queue, answer)
	v.pump(p, w)
}

// closeAll ends every socket of the view.
func (v *view) closeAll(c *Close) {
	for _, p := range v.pages {
		for _, w := range p.watchers {
			w.close(c)
		}
	}
}

// recoverInto turns a panic into an error.
func recoverInto(err *error) {
	if failure := recover(); failure != nil {
		*err = fmt.Errorf("panic: %v", failure)
	}
}
