// Package hubtest starts what tests of live screens need around the hub.
package hubtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Redis is a redis-server of a test's own on a free port of this machine.
type Redis struct {
	t       testing.TB
	port    int
	command *exec.Cmd
}

// StartRedis starts a server without persistence and stops it when the test ends. Where
// redis-server is not installed the test fails and says what to install.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	r := &Redis{t: t, port: freePort(t)}
	r.Start()
	t.Cleanup(r.Kill)
	return r
}

// URL is what --redis-url takes.
func (r *Redis) URL() string { return "redis://" + r.Address() }

// Start starts the server, again after Kill, on the same port, and returns when it answers.
func (r *Redis) Start() {
	r.t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		r.t.Fatal("redis-server is not installed: `make deps` installs it on Debian and Ubuntu " +
			"(package redis-server)")
	}
	r.command = exec.Command(path, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", os.TempDir())
	output, err := r.command.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		r.t.Fatalf("start redis-server: %v", err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go drain(lines)
			return
		}
	}
	r.t.Fatal("redis-server ended before it was ready")
}

// drain reads on so that the server never blocks on its log; it ends with the server.
func drain(lines *bufio.Scanner) {
	for lines.Scan() {
	}
}

// Address is where it listens.
func (r *Redis) Address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

// Kill ends the server at once, as a crash would. Killing twice is no error.
func (r *Redis) Kill() {
	if r.command == nil {
		return
	}
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
	r.command = nil
}

// Freeze lets the server stand still: it takes connections and answers nobody.
func (r *Redis) Freeze() { r.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (r *Redis) Thaw() { r.signal(syscall.SIGCONT) }

func (r *Redis) signal(signal syscall.Signal) {
	r.t.Helper()
	if err := r.command.Process.Signal(signal); err != nil {
		r.t.Fatalf("signal redis-server: %v", err)
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
