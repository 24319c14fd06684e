package hub

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"dusangire/freshness"
)

// View is what one role sees of some topics.
type View struct {
	Name   string   // watchers of one name share one goroutine, one read and one rendering
	Topics []string // those whose move may change what it shows
	// Read finds the state in one consistent snapshot. A *Close as its error ends the sockets of the view.
	Read func(ctx context.Context) (State, error)
}

// State is what one read found. Its methods are called from one goroutine.
type State interface {
	Revisions() Revisions    // at or before the content, never after it
	HTML() ([]Region, error) // what pages show
	JSON() ([]Region, error) // what programs get
	// Answer returns the message that answers a well-formed request of a program; whole asks for the whole state instead.
	Answer(request []byte) (reply []byte, whole bool)
}

// view is a View that somebody watches. Everything but the channels and the mailbox is owned by the goroutine of run,
// except references, which the hub's mutex guards.
type view struct {
	hub    *Hub
	spec   View
	ctx    context.Context // ends with the last watcher
	cancel context.CancelFunc
	events chan event
	hints  *mailbox

	references int

	state    State // nil until the first read succeeds
	pages    map[Representation]*page
	wanted   Revisions // what hints and checks said since the last read
	lastRead time.Time
	cost     time.Duration // of reading and drawing, on average over the last few times
	again    *time.Timer   // when armed, the next read
	armed    bool
	waiting  []event // who came and who asked while a read was due, with what they are told after it, in this order
	failed   bool    // the last read or rendering did not succeed: what is shown may be behind
	reported bool    // the log knows
}

// event is what happens to one watcher.
type event struct {
	kind    eventKind
	watcher *watcher
	message []byte // of asked and replied
}

type eventKind int

const (
	joined   eventKind = iota
	left               // the socket has ended
	asked              // a program sent a request that is the view's to answer
	replied            // a request was answered already; the answer takes its turn
	readable           // the line is free again
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
	beat := time.NewTicker(freshness.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-v.ctx.Done():
			return
		case e := <-v.events:
			v.handle(e)
		case <-v.hints.filled:
			v.heed()
		case <-v.again.C:
			v.armed = false
			v.refresh()
		case <-beat.C:
			v.beat()
		}
	}
}

func (v *view) handle(e event) {
	w := e.watcher
	p := v.pages[w.representation]
	switch e.kind {
	case joined:
		v.join(p, w)
	case left:
		p.remove(w)
		if len(p.watchers) == 0 {
			v.pages[p.representation] = newPage(p.representation) // nobody needs it: it is drawn anew for the next one
		}
	case asked, replied:
		v.answer(e)
	case readable:
		v.pump(p, w)
	}
}

// join gives a new watcher the whole state at once, from what is already drawn where something is. What is known to be old is told to
// nobody who comes: a page would take back before its user's eyes what they have just done. They wait for the read that is due.
func (v *view) join(p *page, w *watcher) {
	p.add(w)
	switch read := v.heed(); {
	case read:
	case v.state == nil && v.failed && time.Since(v.lastRead) < retryRead:
		// A moment ago it could not be read. Nobody waits for another try: those who come next would wait for all before them.
	case v.state == nil || v.tellsTime(p):
		v.refresh()
	case v.due():
		v.wait(event{kind: joined, watcher: w})
		return
	}
	v.welcome(p, w)
}

// welcome tells a new watcher the state as it was last read, unless that reading ended the view.
func (v *view) welcome(p *page, w *watcher) {
	if w.closing.Load() || v.ctx.Err() != nil {
		return
	}
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

// wait puts off what a watcher is told until the read that is due.
func (v *view) wait(e event) {
	v.waiting, e.watcher.waits = append(v.waiting, e), true
}

// tellWaiting tells those who waited for a read what it found; if it failed, what was found before, with a stamp that says so.
func (v *view) tellWaiting() {
	waiting := v.waiting
	v.waiting = nil
	for _, e := range waiting {
		e.watcher.waits = false
		p := v.pages[e.watcher.representation]
		switch {
		case !p.isWatchedBy(e.watcher):
		case e.kind == joined:
			v.welcome(p, e.watcher)
		default:
			v.tell(e)
		}
	}
}

// tellsTime reports whether the whole state of a page carries the time of its reading and that was too long ago.
func (v *view) tellsTime(p *page) bool {
	return p.representation == JSON && time.Since(v.lastRead) > restate
}

// heed takes the hints that came in, and reports whether it read the state anew.
func (v *view) heed() (read bool) {
	if hints := v.hints.take(); len(hints.Topics) > 0 {
		v.wanted = hints
	}
	return v.refreshIfBehind()
}

// due reports whether a read waits for its turn that may find more than the state shows.
func (v *view) due() bool { return v.armed && !v.failed && len(v.wanted.Topics) > 0 }

// refreshIfBehind reads anew when the state does not show what is wanted: at once where the last read is long enough ago,
// else when it will be. It reports whether it read.
func (v *view) refreshIfBehind() bool {
	if v.armed || (v.state != nil && !v.failed && v.state.Revisions().covers(v.wanted)) {
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

// refresh reads the state once and brings every watched page to it. After a failure the pages keep what they show, their
// stamps tell that it is behind, and the read is tried again.
func (v *view) refresh() {
	v.lastRead = time.Now()
	state, err := v.hub.read(v.ctx, v.spec)
	v.spent(time.Since(v.lastRead))
	if v.ctx.Err() != nil {
		return // everyone has left meanwhile: nothing has failed, and there is nobody to tell
	}
	if err != nil {
		v.lastRead = time.Now()
		if c := closeFor(err); c != nil {
			v.closeAll(c)
			return
		}
		v.fail("view can't be read; its screens say so until it can", err)
		if !v.armed {
			v.arm(retryRead)
		}
		v.tellWaiting()
		return
	}
	v.state, v.failed, v.wanted = state, false, Revisions{}
	for _, p := range v.pages {
		if len(p.watchers) > 0 {
			v.draw(p)
		}
	}
	v.reported = v.failed
	v.tellWaiting()
}

// fail notes that the view's screens may be behind, and tells the log once.
func (v *view) fail(what string, err error) {
	if !v.reported {
		v.hub.config.Log.Error(what, "view", v.spec.Name, "error", err)
	}
	v.failed, v.reported = true, true
	for _, p := range v.pages {
		clear(p.deltas) // their stamps say that all is well
	}
}

// read calls a view's Read; a panic in it is an error like any other.
func (h *Hub) read(ctx context.Context, v View) (state State, err error) {
	defer recoverInto(&err)
	h.stats.reads.Add(1)
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
	v.hub.stats.renders.Add(1)
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
			v.hub.stats.coalesced.Add(1)
		}
		if delta.messages == nil || w.sent != from {
			delta, from = v.delta(p, w.sent), w.sent
		}
		round.write(w, delta)
		w.sent = p.version
	}
	v.hub.stats.sent(round)
}

// answer lets a program's request be answered. What is known to be old is told to nobody who asks: they wait for the read that is due, and
// whatever else they are told comes after it.
func (v *view) answer(e event) {
	read := v.heed()
	switch {
	case v.due() && (e.kind == asked || e.watcher.waits):
		v.wait(e)
		return
	case !read && e.kind == asked && v.tellsTime(v.pages[e.watcher.representation]) && v.wantsWhole(e.message):
		v.refresh()
	}
	v.tell(e)
}

// wantsWhole reports whether a request asks for the whole state.
func (v *view) wantsWhole(request []byte) bool {
	if v.state == nil {
		return false
	}
	_, whole := v.state.Answer(request)
	return whole
}

// tell answers a request from the state as it is, with a message or with the whole of it, or passes on the answer that it has already.
func (v *view) tell(e event) {
	w, message := e.watcher, e.message
	if e.kind == asked {
		if v.state == nil {
			return
		}
		var whole bool
		if message, whole = v.state.Answer(message); whole {
			v.reply(w, v.delta(v.pages[w.representation], 0))
			return
		}
	}
	v.reply(w, pack(message))
}

// reply sends an answer to a watcher after everything that was sent to it before.
func (v *view) reply(w *watcher, answer parcel) {
	p := v.pages[w.representation]
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
	v.waiting = nil
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
