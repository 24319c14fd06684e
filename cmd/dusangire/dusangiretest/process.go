package dusangiretest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"dusangire/cmd/dusangire/internal/program"
)

// AsProgram is the environment variable that makes a test binary run as the program itself.
const AsProgram = "DUSANGIRE_TEST_AS_PROGRAM"

// Main lets a test binary stand in for the program where AsProgram is set, so that a test can freeze
// or kill it as a process of its own; else it runs the tests. TestMain of each package that starts
// processes calls it and exits with the code that it returns.
func Main(tests interface{ Run() int }) int {
	if os.Getenv(AsProgram) != "" {
		return program.Main("dev")
	}
	return tests.Run()
}

// Invocation is one start of the program as a process, which the tests' own binary stands in for:
// see Main.
type Invocation struct {
	Args  []string
	Env   []string // besides the tests' own
	Dir   string
	Stdin string
}

// Command is the process, which ends with ctx at the latest.
func (i Invocation) Command(ctx context.Context, t testing.TB) *exec.Cmd {
	t.Helper()
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, itself, i.Args...)
	command.Env = append(append(os.Environ(), AsProgram+"=yes"), i.Env...)
	command.Dir, command.Stdin = i.Dir, strings.NewReader(i.Stdin)
	if i.Dir == "" {
		command.Dir = t.TempDir()
	}
	return command
}

// Result is what a command of the program came to.
type Result struct {
	Code     int
	Out, Err string
}

// Run runs a command to its end, which it must come to before a test is given up.
func (i Invocation) Run(t testing.TB) Result {
	t.Helper()
	command := i.Command(Within(t), t)
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	failure := command.Run()
	if exit := (*exec.ExitError)(nil); failure != nil && !errors.As(failure, &exit) {
		t.Fatalf("run %v: %v", i.Args, failure)
	}
	return Result{command.ProcessState.ExitCode(), out.String(), err.String()}
}

// Dusangire runs a command of the program with its arguments.
func Dusangire(t testing.TB, args ...string) Result {
	t.Helper()
	return Invocation{Args: args}.Run(t)
}

// Process is the program as a process that serves.
type Process struct {
	T       testing.TB
	Command *exec.Cmd
	URL     string
	Metrics string // where its metrics are
	Log     *Transcript
}

// Transcript keeps what a process writes.
type Transcript struct {
	mu    sync.Mutex
	lines []string
	ended chan struct{} // closed when the process has closed its output
}

// String is all that the process has written so far.
func (l *Transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

var (
	servingAt = regexp.MustCompile(`https?://[0-9.]+:[0-9]+`)
	metricsAt = regexp.MustCompile(servingAt.String() + "/metrics")
)

// Serve starts `dusangire serve` on free ports and returns when it serves. It outlives what the
// test opens later, such as pages.
func (i Invocation) Serve(t testing.TB) *Process {
	t.Helper()
	free := []string{"serve", "--addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"}
	i.Args = append(free, i.Args...)
	s := &Process{
		T: t, Command: i.Command(context.WithoutCancel(t.Context()), t),
		Log: &Transcript{ended: make(chan struct{})},
	}
	output, err := s.Command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Command.Start(); err != nil {
		t.Fatalf("start the program: %v", err)
	}
	t.Cleanup(s.Kill)
	addresses := make(chan string, 1)
	go func() {
		defer close(s.Log.ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			s.Log.mu.Lock()
			s.Log.lines = append(s.Log.lines, lines.Text())
			s.Log.mu.Unlock()
			if found := metricsAt.FindString(lines.Text()); found != "" { // before the address
				s.Metrics = found
			}
			if strings.Contains(lines.Text(), "serving") {
				addresses <- servingAt.FindString(lines.Text())
			}
		}
	}()
	select {
	case s.URL = <-addresses:
	case <-s.Log.ended:
		t.Fatalf("the program ended before it served:\n%s", s.Log)
	}
	return s
}

// Client is a client of the process without a session.
func (s *Process) Client() Client {
	return Client{T: s.T, URL: s.URL}
}

// SignIn signs in as a user with the tests' password.
func (s *Process) SignIn(name string) Client {
	s.T.Helper()
	return s.Client().SignInAs(name, Password)
}

// Signal sends a signal and does not wait for what comes of it.
func (s *Process) Signal(signal os.Signal) {
	s.T.Helper()
	if err := s.Command.Process.Signal(signal); err != nil {
		s.T.Fatalf("signal %v: %v", signal, err)
	}
}

// End sends a signal and returns the exit code.
func (s *Process) End(signal syscall.Signal) int {
	s.T.Helper()
	if err := s.Command.Process.Signal(signal); err != nil {
		s.T.Fatalf("%v: %v", signal, err)
	}
	<-s.Log.ended
	_ = s.Command.Wait() // the code says it
	return s.Command.ProcessState.ExitCode()
}

// Kill ends the process in whatever state it is; more than once is no error.
func (s *Process) Kill() {
	if s.Command.ProcessState == nil {
		_ = s.Command.Process.Kill()
		<-s.Log.ended
		_ = s.Command.Wait()
	}
}

// Metric is what the process counts under a name.
func (s *Process) Metric(name string) float64 {
	s.T.Helper()
	response, err := http.Get(s.Metrics)
	if err != nil {
		s.T.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.T.Fatalf("%s: %v", lines.Text(), err)
			}
			return n
		}
	}
	return 0 // a count with a label is there only once something was counted
}

// LinesOf hands on each line of an output, and closes lines with it.
func LinesOf(output io.Reader, lines chan<- string) {
	defer close(lines)
	scanner := bufio.NewScanner(output)
	scanner.Buffer(nil, 4<<20) // a kitchen's state is longer than a scanner's default
	for scanner.Scan() {
		lines <- scanner.Text()
	}
}
