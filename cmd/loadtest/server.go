package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is the process that is measured.
type server struct {
	process *exec.Cmd
	address string
	metrics string // URL of its metrics; "" where it has none
	log     *lastLines
	ended   chan struct{} // closed when the process has closed its output
}

// lastLines keeps the end of what a process writes, to be quoted when it fails.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

const keptLines = 10

func (l *lastLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	if len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

var (
	servingAt = regexp.MustCompile(`http://([0-9.]+:[0-9]+)`)
	metricsAt = regexp.MustCompile(servingAt.String() + "/metrics")
)

const (
	startWithin = time.Minute
	stopWithin  = 15 * time.Second // it promises 10
)

// startServer starts a process and returns when it says where it serves.
func startServer(ctx context.Context, process *exec.Cmd) (*server, error) {
	s := &server{process: process, log: &lastLines{}, ended: make(chan struct{})}
	output, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", process.Path, err)
	}
	addresses := make(chan string, 1)
	go s.follow(output, addresses)
	select {
	case s.address = <-addresses:
		return s, nil
	case <-s.ended:
		err = fmt.Errorf("%s ended before it served", process.Path)
	case <-time.After(startWithin):
		err = fmt.Errorf("%s did not serve within %s", process.Path, startWithin)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.kill()
	return nil, fmt.Errorf("%w:\n%s", err, s.log)
}

// follow reads what the process writes until it has ended. kill and stop wait for it.
func (s *server) follow(output io.Reader, addresses chan<- string) {
	defer close(s.ended)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		s.log.add(lines.Text())
		if found := metricsAt.FindString(lines.Text()); found != "" { // before the address
			s.metrics = found
		}
		if found := servingAt.FindStringSubmatch(lines.Text()); found != nil && strings.Contains(lines.Text(), "serving") {
			select {
			case addresses <- found[1]:
			default: // it is known
			}
		}
	}
}

// replace kills the process and starts it anew at the same address.
func (s *server) replace(ctx context.Context) error {
	s.kill()
	args := slices.Clone(s.process.Args[1:])
	args[slices.Index(args, "--addr")+1] = s.address
	fresh, err := startServer(ctx, exec.Command(s.process.Path, args...))
	if err != nil {
		return err
	}
	*s = *fresh
	return nil
}

// stop asks the process to end as an operator would.
func (s *server) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-s.ended:
	case <-time.After(stopWithin):
		s.kill()
		return fmt.Errorf("the server did not stop within %s:\n%s", stopWithin, s.log)
	}
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("the server stopped with %w:\n%s", err, s.log)
	}
	return nil
}

// kill ends the process in whatever state it is.
func (s *server) kill() {
	_ = s.process.Process.Kill() // it may have ended
	<-s.ended
	_ = s.process.Wait() // it was killed
}

func (s *server) pid() int { return s.process.Process.Pid }

// counters are those of the hub that are of interest here, from /metrics.
type counters struct{ views, reads, renders, coalesced float64 }

// counted reads them; a bare server has none.
func (s *server) counted(ctx context.Context) (counters, error) {
	if s.metrics == "" {
		return counters{}, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return counters{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return counters{}, fmt.Errorf("read the server's counters: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return counters{}, fmt.Errorf("read the server's counters: %s", response.Status)
	}
	return countersIn(response.Body)
}

// countersIn reads Prometheus text.
func countersIn(text io.Reader) (c counters, err error) {
	into := map[string]*float64{
		"dusangire_views": &c.views, "dusangire_view_reads_total": &c.reads, "dusangire_view_renders_total": &c.renders,
		"dusangire_mailbox_coalesced_total": &c.coalesced,
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if counter := into[name]; counter != nil {
			if *counter, err = strconv.ParseFloat(value, 64); err != nil {
				return c, fmt.Errorf("counter %s: %w", name, err)
			}
		}
	}
	return c, lines.Err()
}

// run runs a command to its end with a line for its standard input, and returns its output.
func run(ctx context.Context, input, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output), nil
}

// copyFile copies a file that nobody writes.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
