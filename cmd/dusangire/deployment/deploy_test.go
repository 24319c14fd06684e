package deployment_test

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

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital/hospitaltest"
)

// The tests in this file and in nginx_test.go give the files of deploy/ to the programs that they are for. What differs on the
// machine of a test, such as paths and ports, is put in by text; everything else is as an operator copies it.

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
	analyze := dusangiretest.Needs(t, "systemd-analyze", "systemd")
	unit := dusangiretest.MustWrite(t, t.TempDir(), "dusangire.service", dusangiretest.Shipped(t, "dusangire.service", installedAt, itself(t)))
	verify := exec.CommandContext(dusangiretest.Within(t), analyze, "verify", unit)
	if told, err := verify.CombinedOutput(); err != nil || len(told) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, told)
	}
	// 2.0 of 10 is the limit of what it calls OK.
	judged, err := exec.CommandContext(dusangiretest.Within(t), analyze, "security", "--offline=true", "--threshold=20", unit).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, judged)
	}
}

// TestWhoStopsTheServerWaitsUntilItHasLetGo: it ends within 10 s after SIGTERM, and whoever kills sooner cuts sockets and requests.
func TestWhoStopsTheServerWaitsUntilItHasLetGo(t *testing.T) {
	t.Parallel()
	const ends = 10 // seconds, as docs/contract.md#operations promises
	for file, setting := range map[string]string{"dusangire.service": "TimeoutStopSec", "supervisor.conf": "stopwaitsecs"} {
		found := regexp.MustCompile(`(?m)^` + setting + `=(\d+)$`).FindStringSubmatch(dusangiretest.Shipped(t, file))
		if found == nil {
			t.Errorf("deploy/%s has no %s", file, setting)
			continue
		}
		if seconds, err := strconv.Atoi(found[1]); err != nil || seconds <= ends {
			t.Errorf("deploy/%s kills the server after %s s, want more than %d", file, found[1], ends)
		}
	}
	if strings.Contains(dusangiretest.Shipped(t, "dusangire.service"), "\nKillSignal=") || !strings.Contains(dusangiretest.Shipped(t, "supervisor.conf"), "\nstopsignal=TERM\n") {
		t.Error("the server is to be stopped by SIGTERM")
	}
}

// TestSupervisorRunsTheServerAndStopsItGracefully runs the shipped program under a supervisor of its own: it serves, comes back after
// a kill, and a stop tells its sockets before it ends.
func TestSupervisorRunsTheServerAndStopsItGracefully(t *testing.T) {
	t.Parallel()
	supervisord := dusangiretest.Needs(t, "supervisord", "supervisor")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	database := hospitaltest.SQLite(t)
	board := dusangiretest.MustSettle(t, database, 2)
	dir, address := t.TempDir(), dusangiretest.FreeAddress(t)
	log := filepath.Join(dir, "dusangire.log")
	program := dusangiretest.Shipped(t, "supervisor.conf",
		installedAt, itself(t), "directory=/var/lib/dusangire", "directory="+dir, "user=dusangire", "user="+me.Username,
		"/var/log/supervisor/dusangire.log", log,
		`environment=`, fmt.Sprintf(`environment=%s="yes",DUSANGIRE_ADDR="%s",DUSANGIRE_DATABASE_URL="%s",`, dusangiretest.AsProgram, address, database),
		"board.hospital.example", "127.0.0.1")
	own := fmt.Sprintf("[supervisord]\nnodaemon=true\nlogfile=%[1]s/supervisord.log\npidfile=%[1]s/supervisord.pid\nchildlogdir=%[1]s\n\n", dir)
	config := dusangiretest.MustWrite(t, dir, "supervisord.conf", own+program)

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
	s := &dusangiretest.Process{T: t, URL: "http://" + address}
	dusangiretest.WaitFor(t, "supervisor has started the server", func() bool { return answers(s) })
	kept := filepath.Join(dir, "supervisord.log")
	first := spawned(t, kept)[0]
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	dusangiretest.WaitFor(t, "supervisor has started the server again", func() bool { return len(spawned(t, kept)) > 1 && answers(s) })
	live := s.SignIn("medical_staff").Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON)
	live.Next()

	stop()
	if code := live.CloseCode(); code != 1012 {
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
func answers(s *dusangiretest.Process) bool {
	response, err := http.Get(s.URL + "/healthz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}
