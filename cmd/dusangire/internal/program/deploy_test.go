package program

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dusangire/hospital/hospitaltest"
)

// The tests in this file and in nginx_test.go give the files of deploy/ to the programs that they are for. What differs on the
// machine of a test, such as paths and ports, is put in by text; everything else is as an operator copies it.

// shipped is a file of deploy/ in which each old text, which must be there, gives way to the new one after it.
func shipped(t *testing.T, name string, oldNew ...string) string {
	t.Helper()
	read, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(read)
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("deploy/%s does not say %q", name, oldNew[i])
		}
		text = strings.ReplaceAll(text, oldNew[i], oldNew[i+1])
	}
	return text
}

// mustWrite writes a file into a directory and returns its path.
func mustWrite(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// needs is the path of a program that a test can't do without.
func needs(t *testing.T, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", program)) // not in everybody's PATH
	}
	if err != nil {
		t.Fatalf("%s is not installed: `make deps` installs it on Debian and Ubuntu (package %s)", program, debianPackage)
	}
	return path
}

// itself is the path of the tests' own binary, which stands in for the program where asProgram is set.
func itself(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const installedAt = "/usr/local/bin/dusangire"

func TestSystemdUnderstandsTheUnitAndFindsItSafe(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("systemd is of Linux alone; the unit is looked at there")
	}
	analyze := needs(t, "systemd-analyze", "systemd")
	unit := mustWrite(t, t.TempDir(), "dusangire.service", shipped(t, "dusangire.service", installedAt, itself(t)))
	verify := exec.CommandContext(within(t), analyze, "verify", unit)
	if told, err := verify.CombinedOutput(); err != nil || len(told) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, told)
	}
	// 2.0 of 10 is the limit of what it calls OK.
	judged, err := exec.CommandContext(within(t), analyze, "security", "--offline=true", "--threshold=20", unit).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, judged)
	}
}

// TestWhoStopsTheServerWaitsUntilItHasLetGo: it ends within 10 s after SIGTERM, and whoever kills sooner cuts sockets and requests.
func TestWhoStopsTheServerWaitsUntilItHasLetGo(t *testing.T) {
	t.Parallel()
	const ends = 10 // seconds, as docs/contract.md#operations promises
	for file, setting := range map[string]string{"dusangire.service": "TimeoutStopSec", "supervisor.conf": "stopwaitsecs"} {
		found := regexp.MustCompile(`(?m)^` + setting + `=(\d+)$`).FindStringSubmatch(shipped(t, file))
		if found == nil {
			t.Errorf("deploy/%s has no %s", file, setting)
			continue
		}
		if seconds, err := strconv.Atoi(found[1]); err != nil || seconds <= ends {
			t.Errorf("deploy/%s kills the server after %s s, want more than %d", file, found[1], ends)
		}
	}
	if strings.Contains(shipped(t, "dusangire.service"), "\nKillSignal=") || !strings.Contains(shipped(t, "supervisor.conf"), "\nstopsignal=TERM\n") {
		t.Error("the server is to be stopped by SIGTERM")
	}
}

// TestSupervisorRunsTheServerAndStopsItGracefully runs the shipped program under a supervisor of its own: it serves, comes back after
// a kill, and a stop tells its sockets before it ends.
func TestSupervisorRunsTheServerAndStopsItGracefully(t *testing.T) {
	t.Parallel()
	supervisord := needs(t, "supervisord", "supervisor")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	database := hospitaltest.SQLite(t)
	board := mustSettle(t, database, 2)
	dir, address := t.TempDir(), freeAddress(t)
	log := filepath.Join(dir, "dusangire.log")
	program := shipped(t, "supervisor.conf",
		installedAt, itself(t), "directory=/var/lib/dusangire", "directory="+dir, "user=dusangire", "user="+me.Username,
		"/var/log/supervisor/dusangire.log", log,
		`environment=`, fmt.Sprintf(`environment=%s="yes",DUSANGIRE_ADDR="%s",DUSANGIRE_DATABASE_URL="%s",`, asProgram, address, database),
		"board.hospital.example", "127.0.0.1")
	own := fmt.Sprintf("[supervisord]\nnodaemon=true\nlogfile=%[1]s/supervisord.log\npidfile=%[1]s/supervisord.pid\nchildlogdir=%[1]s\n\n", dir)
	config := mustWrite(t, dir, "supervisord.conf", own+program)

	running := exec.Command(supervisord, "-c", config)
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { // all that it started ends with it
		if running.ProcessState == nil {
			_ = running.Process.Signal(syscall.SIGTERM)
			_ = running.Wait()
		}
	}
	t.Cleanup(stop)
	s := &serving{t: t, url: "http://" + address}
	waitFor(t, "supervisor has started the server", s.answers)
	kept := filepath.Join(dir, "supervisord.log")
	first := spawned(t, kept)[0]
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "supervisor has started the server again", func() bool { return len(spawned(t, kept)) > 1 && s.answers() })
	live := s.signIn("medical_staff").watch(fmt.Sprintf("/ws/ward/%d/", board.ID), asJSON)
	live.next()

	stop()
	if code := live.closeCode(); code != 1012 {
		t.Errorf("the stop closed a socket with %d, want 1012", code)
	}
	told, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(told), "stopped: dusangire (exit status 0)") || strings.Contains(string(told), "killing 'dusangire'") {
		t.Errorf("supervisor tells of another end than a clean one:\n%s", told)
	}
	if wrote, err := os.ReadFile(log); err != nil || !strings.Contains(string(wrote), "stopping") {
		t.Errorf("the log that supervisor keeps should tell of the stop: %v\n%s", err, wrote)
	}
}

// spawned are the processes that supervisor's log says it has started.
func spawned(t *testing.T, log string) (pids []int) {
	t.Helper()
	told, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`spawned: 'dusangire' with pid (\d+)`).FindAllStringSubmatch(string(told), -1) {
		pid, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// answers reports whether the server is up.
func (s *serving) answers() bool {
	response, err := http.Get(s.url + "/healthz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}
