package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// The tests in the files fault_*_test.go break what the program stands on while people work and screens watch. They hold it to
// two promises: no screen is out of date without saying so, and nothing that was answered is lost or done twice. They run small
// with every `go test`, in seconds each, and with the numbers of a night by `make faults`.

// allowing adds to a promised time what a machine may be late that runs other tests besides. The large run is alone on its machine.
func allowing(promised time.Duration) time.Duration {
	return promised + dusangiretest.Size(2*time.Second, 0)
}

// breaks says that a test breaks something: it takes its time, beside others of its kind.
func breaks(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("faults take longer than a short test")
	}
	t.Parallel()
}

// scene is a hospital of one ward on some nodes, each a process of its own, with people who work and screens that watch.
type scene struct {
	t        *testing.T
	database string
	board    hospital.WardBoard
	args     [][]string // of each node
	urls     []string   // of each node, also while it is away
	nodes    []*dusangiretest.Process
	tokens   map[hospital.Role]string
	turns    []int // how often each bed was changed
	ledger   *ledger
	watching sync.WaitGroup
	stop     context.CancelFunc // of the screens
	screens  []*witness
}

// newScene puts a ward of beds into a database and starts nodes on it, each with its arguments.
func newScene(t *testing.T, database string, beds int, nodes ...[]string) *scene {
	t.Helper()
	s := &scene{t: t, database: database, board: dusangiretest.MustSettle(t, database, beds), tokens: map[hospital.Role]string{}}
	for i, args := range nodes {
		address := dusangiretest.FreeAddress(t)
		s.args = append(s.args, append([]string{"--addr", address, "--database-url", database}, args...))
		s.urls = append(s.urls, "http://"+address)
		s.nodes = append(s.nodes, nil)
		s.start(i)
	}
	s.signIn()
	s.turns, s.ledger = make([]int, beds), keepLedger(t, database)
	return s
}

// signIn begins new sessions for those who come from now on: one may have only so many sockets.
func (s *scene) signIn() {
	s.t.Helper()
	for _, role := range []hospital.Role{hospital.MedicalStaff, hospital.WardManagement} {
		s.tokens[role] = s.nodes[0].SignIn(string(role)).Token
	}
}

// start starts a node, also again, on the address that it always has.
func (s *scene) start(node int) {
	s.t.Helper()
	s.nodes[node] = dusangiretest.Invocation{Args: s.args[node]}.Serve(s.t)
}

// client is somebody of a role at a node.
func (s *scene) client(node int, role hospital.Role) dusangiretest.Client {
	c := s.nodes[node].Client()
	c.Token = s.tokens[role]
	return c
}

// open opens a number of screens on the nodes in turn, each third of them a ward's board, and waits until all are live.
func (s *scene) open(screens int) {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.t.Cleanup(s.close)
	pages := []struct {
		role         hospital.Role
		page, socket string
	}{
		{hospital.MedicalStaff, dusangiretest.WardPath(s.board), fmt.Sprintf("/ws/ward/%d/", s.board.ID)},
		{hospital.MedicalStaff, "/dashboard/medical_staff/", "/ws/dashboard/medical_staff/"},
		{hospital.WardManagement, "/dashboard/ward_management/", "/ws/dashboard/ward_management/"},
	}
	for i := range screens {
		if i%100 == 99 {
			s.signIn()
		}
		page, node := pages[i/len(s.nodes)%len(pages)], i%len(s.nodes)
		s.add(ctx, newWitness(fmt.Sprintf("screen %d, %s on node %d", i, page.page, node), s.nodes[node].URL, page.page, page.socket, s.tokens[page.role]))
	}
	s.settled()
}

func (s *scene) add(ctx context.Context, w *witness) {
	s.screens = append(s.screens, w)
	s.watching.Go(func() { w.run(ctx) })
}

// close closes all screens; more than once is no error.
func (s *scene) close() {
	s.stop()
	s.watching.Wait()
}

// settled waits until every screen is live and shows all that there is by now, and returns how long that took.
func (s *scene) settled() time.Duration {
	s.t.Helper()
	began := time.Now()
	dusangiretest.WaitFor(s.t, "the database answers", func() bool { return s.ledger.look(s.t.Context()) == nil })
	reached := s.ledger.reached()
	behind := func(w *witness) bool { return !w.shows(reached) }
	dusangiretest.WaitFor(s.t, "every screen shows all that there is", func() bool { return !slices.ContainsFunc(s.screens, behind) })
	return time.Since(began)
}

// sameAsNew checks that what stands on each screen is what one that is opened now shows.
func (s *scene) sameAsNew() {
	s.t.Helper()
	for _, w := range s.screens {
		ctx, stop := context.WithCancel(context.Background())
		anew := newWitness(w.name, "", w.page, w.socket, w.token)
		var watching sync.WaitGroup
		watching.Go(func() { anew.run(ctx) })
		dusangiretest.WaitFor(s.t, "a new screen is live", func() bool { return anew.shows(s.ledger.reached()) })
		stop()
		watching.Wait()
		for id, shows := range w.unlike(anew) {
			s.t.Errorf("%s: #%s shows\n%s\nand on a screen that is opened now\n%s", w.name, id, shows, anew.regions[id])
		}
	}
}

// shift is people at work: each has a bed whose state they change again and again.
type shift struct {
	stop   func() // ends the shift when everybody has their answer
	mu     sync.Mutex
	took   []time.Duration
	failed []string
}

// work begins a shift of so many changes a second in all, at the first node: the others learn of them by the bus and the database alone.
func (s *scene) work(perSecond int) *shift {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	sh := &shift{stop: sync.OnceFunc(func() { cancel(); working.Wait() })}
	s.t.Cleanup(sh.stop)
	each := time.Duration(len(s.board.Beds)) * time.Second / time.Duration(perSecond)
	for i, bed := range s.board.Beds {
		working.Go(func() {
			pauseFor(ctx, each*time.Duration(i)/time.Duration(len(s.board.Beds)))
			turn := time.NewTicker(each)
			defer turn.Stop()
			for ctx.Err() == nil {
				s.turns[i]++
				sh.change(s.client(0, hospital.WardManagement), bed, []hospital.BedStatus{hospital.BedCleaning, hospital.BedMaintenance}[s.turns[i]%2])
				select {
				case <-turn.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return sh
}

// change takes a bed to a state.
func (sh *shift) change(client dusangiretest.Client, bed hospital.BoardBed, to hospital.BedStatus) {
	began := time.Now()
	status, err := client.Try(dusangiretest.BedPath(bed)+"status", map[string]any{"status": to})
	took := time.Since(began)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.took = append(sh.took, took)
	if status != http.StatusNoContent {
		sh.failed = append(sh.failed, fmt.Sprintf("%s to %s: %d %v after %v", bed.Number, to, status, err, took.Round(time.Millisecond)))
	}
}

// end ends the shift and fails the test for each change that failed.
func (s *scene) end(sh *shift) {
	s.t.Helper()
	sh.stop()
	if len(sh.failed) > 0 {
		s.t.Errorf("%d of %d changes failed:\n%s", len(sh.failed), len(sh.took), strings.Join(sh.failed[:min(len(sh.failed), 10)], "\n"))
	}
	s.t.Logf("%d changes, half of them within %v, 99 of 100 within %v", len(sh.took), quantile(sh.took, 0.5), quantile(sh.took, 0.99))
}

// quantile is a quantile of durations.
func quantile(took []time.Duration, part float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	took = slices.Sorted(slices.Values(took))
	return took[min(int(part*float64(len(took))), len(took)-1)].Round(time.Millisecond)
}
