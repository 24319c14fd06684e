package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
)

// TestMain lets the test binary stand in for the program, as that of other packages does, and for a
// crowd of its screens.
func TestMain(m *testing.M) {
	if described := os.Getenv(asCrowd); described != "" {
		if err := beCrowd(described, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "crowd:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(dusangiretest.Main(dusangiretest.Alone{M: m}))
}

// asCrowd is the environment variable that makes the test binary a crowd of screens, as JSON of
// crowdOf. The crowd is a process of its own, for a process can't have sockets without end, and what
// it costs must not be mistaken for the server's.
const asCrowd = "DUSANGIRE_TEST_AS_CROWD"

// crowdOf is what a crowd consists of.
type crowdOf struct {
	Server  string
	Screens int
	Pages   []string // such as "/wards/1/", in turn
	Sockets []string
	Tokens  []string // in turn too
}

// crowdState is what a crowd says of itself, a few times a second.
type crowdState struct {
	Live   int // screens that say so
	Shows  int // of them, those that show what they were last told to wait for
	Opened int // sockets so far
	Busy   int // sockets that were refused
	Polls  int
	CPU    float64 // seconds of the processor that the crowd has used
}

// A crowd says so each crowdEvery, or more seldom: for at most a tenth of the time it looks at its
// screens.
const crowdEvery = 100 * time.Millisecond

// beCrowd is the main of a crowd: it watches until its input ends. Each line of the input is what a screen has to show to be counted,
// as a label such as "ward:1=7".
func beCrowd(described string, orders io.Reader, out io.Writer) error {
	var of crowdOf
	if err := json.Unmarshal([]byte(described), &of); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	screens := make([]*witness, of.Screens)
	for i := range screens {
		page := i % len(of.Pages)
		w := newWitness(fmt.Sprint(i), of.Server, of.Pages[page], of.Sockets[page], of.Tokens[i%len(of.Tokens)])
		w.client = clientFrom(i)
		if screens[i] = w; i < len(of.Pages) {
			if err := w.load(ctx); err != nil {
				return err
			}
		}
		w.loadLike(screens[page])
		watching.Go(func() { w.follow(ctx) })
	}
	lines := make(chan string)
	go dusangiretest.LinesOf(orders, lines)
	say := time.NewTimer(crowdEvery)
	defer say.Stop()
	wanted := map[string]int64{}
	for {
		select {
		case line, open := <-lines:
			if !open {
				return nil
			}
			wanted = revisionsOf(line)
		case now := <-say.C:
			if err := json.NewEncoder(out).Encode(stateOf(screens, wanted)); err != nil {
				return err
			}
			say.Reset(max(crowdEvery, 10*time.Since(now)))
		}
	}
}

func stateOf(screens []*witness, wanted map[string]int64) crowdState {
	state := crowdState{CPU: processorSeconds()}
	now := time.Now()
	for _, w := range screens {
		w.mu.Lock()
		if w.isLive(now) {
			state.Live++
			if labels := w.labels(); len(labels) > 0 && !older(labels, wanted) {
				state.Shows++
			}
		}
		state.Opened, state.Busy, state.Polls = state.Opened+w.opened, state.Busy+w.refused, state.Polls+w.polls
		w.mu.Unlock()
	}
	return state
}

func processorSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// clientFrom is a client that dials from one of several addresses of this machine. An address has
// some 28,000 ports, each of which rests for a minute after its connection; when half of them rest,
// the kernel needs a millisecond to find another.
func clientFrom(i int) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i/500))}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1, IdleConnTimeout: 10 * time.Second, DisableCompression: true}}
}

// crowd is a crowd as seen by the test that started it.
type crowd struct {
	t      *testing.T
	orders io.WriteCloser
	states chan crowdState
	leave  func() // and wait until all have
}

// gather starts a crowd.
func (s *scene) gather(of crowdOf) *crowd {
	s.t.Helper()
	described, err := json.Marshal(of)
	if err != nil {
		s.t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.Command(program)
	// thousands of screens make garbage without end, and there is memory enough
	command.Env = append(os.Environ(), asCrowd+"="+string(described), "GOGC=800")
	command.Stderr = os.Stderr
	c := &crowd{t: s.t, states: make(chan crowdState)}
	if c.orders, err = command.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.t.Fatalf("start a crowd: %v", err)
	}
	gone := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			var state crowdState
			if json.Unmarshal(lines.Bytes(), &state) != nil {
				continue
			}
			select {
			case c.states <- state:
			case <-gone:
			}
		}
	})
	c.leave = sync.OnceFunc(func() {
		close(gone)
		c.orders.Close()
		reading.Wait()
		if err := command.Wait(); err != nil {
			s.t.Errorf("the crowd ended with %v", err)
		}
	})
	s.t.Cleanup(c.leave)
	return c
}

// until waits until so many screens are live and show what a label says, and returns what the crowd says of itself then.
func (c *crowd) until(screens int, label string) crowdState {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.orders, label); err != nil {
		c.t.Fatalf("tell the crowd: %v", err)
	}
	for range 2 { // what was said before it heard
		<-c.states
	}
	late := time.After(dusangiretest.Size(5*dusangiretest.Soon, 10*time.Minute))
	var state crowdState
	for {
		select {
		case state = <-c.states:
			if state.Shows >= screens {
				return state
			}
		case <-late:
			c.t.Fatalf("%d screens should be live and show %s: %+v", screens, label, state)
		}
	}
}
