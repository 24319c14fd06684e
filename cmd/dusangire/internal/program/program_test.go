package program

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// ran is what a command of the program came to.
type ran struct {
	code     int
	out, err string
}

// invocation is one start of the program as a process. The tests' own binary is the program when asProgram is set.
type invocation struct {
	args  []string
	env   []string // besides the tests' own
	dir   string
	stdin string
}

// command is the process, which ends with ctx at the latest.
func (i invocation) command(ctx context.Context, t testing.TB) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, program, i.args...)
	command.Env = append(append(os.Environ(), asProgram+"=yes"), i.env...)
	command.Dir, command.Stdin = i.dir, strings.NewReader(i.stdin)
	if i.dir == "" {
		command.Dir = t.TempDir()
	}
	return command
}

// run runs a command to its end, which it must come to before a test is given up.
func (i invocation) run(t testing.TB) ran {
	t.Helper()
	command := i.command(within(t), t)
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	failure := command.Run()
	if exit := (*exec.ExitError)(nil); failure != nil && !errors.As(failure, &exit) {
		t.Fatalf("run %v: %v", i.args, failure)
	}
	return ran{command.ProcessState.ExitCode(), out.String(), err.String()}
}

// dusangire runs a command of the program with its arguments.
func dusangire(t testing.TB, args ...string) ran {
	t.Helper()
	return invocation{args: args}.run(t)
}

// serving is the program as a process that serves.
type serving struct {
	t       testing.TB
	command *exec.Cmd
	url     string
	metrics string // where its metrics are
	log     *transcript
}

// transcript keeps what a process writes.
type transcript struct {
	mu    sync.Mutex
	lines []string
	ended chan struct{} // closed when the process has closed its output
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

var (
	servingAt = regexp.MustCompile(`https?://[0-9.]+:[0-9]+`)
	metricsAt = regexp.MustCompile(servingAt.String() + "/metrics")
)

// serve starts `dusangire serve` on free ports and returns when it serves. It outlives what the
// test opens later, such as pages.
func (i invocation) serve(t testing.TB) *serving {
	t.Helper()
	free := []string{"serve", "--addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"}
	i.args = append(free, i.args...)
	s := &serving{t: t, command: i.command(context.WithoutCancel(t.Context()), t), log: &transcript{ended: make(chan struct{})}}
	output, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatalf("start the program: %v", err)
	}
	t.Cleanup(s.kill)
	addresses := make(chan string, 1)
	go func() {
		defer close(s.log.ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			s.log.mu.Lock()
			s.log.lines = append(s.log.lines, lines.Text())
			s.log.mu.Unlock()
			if found := metricsAt.FindString(lines.Text()); found != "" { // before the address
				s.metrics = found
			}
			if strings.Contains(lines.Text(), "serving") {
				addresses <- servingAt.FindString(lines.Text())
			}
		}
	}()
	select {
	case s.url = <-addresses:
	case <-s.log.ended:
		t.Fatalf("the program ended before it served:\n%s", s.log)
	}
	return s
}

// end sends a signal and returns the exit code.
func (s *serving) end(signal syscall.Signal) int {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatalf("%v: %v", signal, err)
	}
	<-s.log.ended
	_ = s.command.Wait() // the code says it
	return s.command.ProcessState.ExitCode()
}

// kill ends the process in whatever state it is; more than once is no error.
func (s *serving) kill() {
	if s.command.ProcessState == nil {
		_ = s.command.Process.Kill()
		<-s.log.ended
		_ = s.command.Wait()
	}
}

// client is a client of the process without a session.
func (s *serving) client() apiClient {
	return apiClient{t: s.t, url: s.url}
}

// signIn signs in as a user with the tests' password.
func (s *serving) signIn(name string) apiClient {
	s.t.Helper()
	return s.client().signInAs(name, password)
}

// within is a context that ends when a test would have waited too long for a process, of which a busy machine has many.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*soon)
	t.Cleanup(cancel)
	return ctx
}

// linesOf hands on each line of an output, and closes lines with it.
func linesOf(output io.Reader, lines chan<- string) {
	defer close(lines)
	scanner := bufio.NewScanner(output)
	scanner.Buffer(nil, 4<<20) // a kitchen's state is longer than a scanner's default
	for scanner.Scan() {
		lines <- scanner.Text()
	}
}
