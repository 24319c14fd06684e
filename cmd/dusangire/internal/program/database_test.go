package program_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital/hospitaltest"
)

// choosyPooler stands before PostgreSQL as PgBouncer does: it refuses whoever begins with a setting
// that it does not know. It returns the URL that leads through it.
func choosyPooler(t *testing.T, database string) string {
	t.Helper()
	to, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			line, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { pool(line, filepath.Join(to.Query().Get("host"), ".s.PGSQL.5432")) })
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return "postgres://postgres@" + listener.Addr().String() + to.Path + "?sslmode=disable"
}

// pool passes one line on, unless its first message has a setting that a pooler does not know.
func pool(client net.Conn, socket string) {
	defer client.Close()
	var length [4]byte
	if _, err := io.ReadFull(client, length[:]); err != nil {
		return
	}
	begin := make([]byte, binary.BigEndian.Uint32(length[:])-4)
	if _, err := io.ReadFull(client, begin); err != nil {
		return
	}
	if strings.Contains(string(begin), "lock_timeout") {
		refusal := "SFATAL\x00C08P01\x00Munsupported startup parameter: lock_timeout\x00\x00"
		client.Write(append([]byte{'E', 0, 0, 0, byte(len(refusal) + 4)}, refusal...))
		return
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	server.Write(append(length[:], begin...))
	var back sync.WaitGroup
	back.Go(func() { io.Copy(client, server); client.Close() })
	io.Copy(server, client)
	server.Close()
	back.Wait()
}

// Whoever starts the program is told which setting stands in the way and why, not to try again in a
// moment.
func TestAStartThatFailsTellsItsCauseAndWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	pooled := choosyPooler(t, hospitaltest.PostgreSQL(t))
	for _, args := range [][]string{{"user", "list"}, {"ward", "list"}, {"demo"}, {"serve", "--addr", dusangiretest.FreeAddress(t)}} {
		got := dusangiretest.Invocation{Args: append(args, "--database-url", pooled)}.Run(t)
		for _, words := range []string{"--database-url", "unsupported startup parameter: lock_timeout", "ignore_startup_parameters"} {
			if got.Code != program.ExitFailed || !strings.Contains(got.Err, words) || strings.Contains(got.Err, "in a moment") {
				t.Errorf("%v: exit code %d, %s; want that it says %q", args, got.Code, got.Err, words)
			}
		}
	}
	real := hospitaltest.PostgreSQL(t)
	for setting, words := range map[string]string{"&pool_max_conns=4": "--database-connections", "": "--database-connections 0: give 1 or more"} {
		got := dusangiretest.Invocation{Args: []string{"ward", "list", "--database-url", real + setting, "--database-connections", map[bool]string{true: "0", false: "4"}[setting == ""]}}.Run(t)
		if got.Code != program.ExitFailed || !strings.Contains(got.Err, words) {
			t.Errorf("%q: exit code %d, %s", setting, got.Code, got.Err)
		}
	}
}
