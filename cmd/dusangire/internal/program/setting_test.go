package program_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
)

// TestASettingFromAWindowsFileIsWhatWasMeant: what surrounds a value in such a file is none of it,
// in no command.
func TestASettingFromAWindowsFileIsWhatWasMeant(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"a carriage return": "sqlite:board.db\r",
		"blanks":            " sqlite:board.db\t",
		"double quotes":     `"sqlite:board.db"`,
		"single quotes":     "'sqlite:board.db'\r",
		"a byte order mark": "\ufeffsqlite:board.db",
		"a no-break space":  "sqlite:board.db\u00a0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare := strings.NewReplacer(`"`, "", "'", "").Replace(value) // a shell takes its quotes away
			for _, i := range []dusangiretest.Invocation{
				{Args: []string{"migrate"}, Env: []string{"DUSANGIRE_DATABASE_URL=" + value}},
				{Args: []string{"ward", "list", "--database-url", bare}},
				{Args: []string{"migrate", "--database-url=" + bare}},
			} {
				i.Dir = t.TempDir()
				if got := i.Run(t); got.Code != program.ExitOK {
					t.Errorf("%q: %d %s", i.Args, got.Code, got.Err)
				}
				wantFiles(t, i.Dir, "board.db")
			}
		})
	}
}

// wantFiles checks what a command has left in its folder, but for the companions of a database.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "-wal") && !strings.HasSuffix(entry.Name(), "-shm") {
			names = append(names, entry.Name())
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folder has %q, want %q", names, want)
	}
}

func TestEverySettingOfAWindowsFileIsUnderstood(t *testing.T) {
	t.Parallel()
	s := dusangiretest.Invocation{Env: []string{
		"DUSANGIRE_ALLOWED_HOSTS=board.example, 127.0.0.1\r",
		"DUSANGIRE_TRUSTED_PROXIES=10.0.0.0/8, ::1\r",
		"DUSANGIRE_LOG_FORMAT=\"text\"\r",
		"DUSANGIRE_MEAL_ROUNDS=false\r",
		"DUSANGIRE_DEMO_SEED= 7 \r",
		"DUSANGIRE_REDIS_URL=\r",
		"DUSANGIRE_TLS_CERT=\"\"\r",
	}}.Serve(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "board.example"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("under the name that was allowed: %s", response.Status)
	}
	if code := s.End(syscall.SIGTERM); code != program.ExitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestAnEmptyVariableIsNoSetting: each twin of a flag of serve, set to nothing, leaves the default.
func TestAnEmptyVariableIsNoSetting(t *testing.T) {
	t.Parallel()
	var env []string
	for _, name := range []string{
		"ADDR", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "TLS_CERT", "TLS_KEY", "METRICS_ADDR",
		"DEMO", "DEMO_PUBLIC", "INSECURE_HTTP", "DEMO_SEED", "STORY", "MEAL_ROUNDS",
		"TRUSTED_PROXIES", "LOG_FORMAT", "GALLERY", "WARD", "BEDS", "TOKEN",
	} {
		env = append(env, "DUSANGIRE_"+name+"=")
	}
	dir := t.TempDir()
	s := dusangiretest.Invocation{Env: env, Dir: dir}.Serve(t)
	if got := dusangiretest.GetStatus(t, s.URL+"/login"); got != http.StatusOK {
		t.Errorf("GET /login: %d", got)
	}
	wantFiles(t, dir, "dusangire.db")
}

// TestWhatCannotBeSeenInASettingIsRefused: in the middle of a value nobody can tell what was meant.
func TestWhatCannotBeSeenInASettingIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    []string
		env     string
		setting string
	}{
		{[]string{"serve"}, "DUSANGIRE_DATABASE_URL=sqlite:board\r.db", "--database-url"},
		{[]string{"serve"}, "DUSANGIRE_ALLOWED_HOSTS=board.example\r,127.0.0.1", "--allowed-hosts"},
		{[]string{"serve"}, "DUSANGIRE_REDIS_URL=redis://:geheim\n@h:6379/0", "--redis-url"},
		{[]string{"doctor"}, "DUSANGIRE_PUBLIC_URL=https://board\u200b.example", "--public-url"},
		{[]string{"user", "list"}, "DUSANGIRE_DATABASE_URL=sqlite:bo\ufeffard.db", "--database-url"},
		{[]string{"serve"}, "\ufeffDUSANGIRE_DATABASE_URL=sqlite:board.db", "DUSANGIRE_DATABASE_URL"},
		{[]string{"serve"}, "export DUSANGIRE_ADDR=127.0.0.1:0", "DUSANGIRE_ADDR"},
		{[]string{"migrate", "--database-url", "sqlite:board\x01.db"}, "", "--database-url"},
		{[]string{"migrate", "--database-url=sqlite:board\x7f.db"}, "", "--database-url"},
		{[]string{"ward", "add", "MED\u202eA", "--name", "x", "--beds", "1"}, "", "argument 3"},
		{[]string{"migrate", "--database-url", "sqlite: board.db"}, "", "--database-url"},
		{[]string{"migrate", "--database-url", `sqlite:"board.db"`}, "", "--database-url"},
	} {
		t.Run(strings.Join(c.args, " ")+" "+c.env, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			checkNamed(t, dusangiretest.Invocation{Args: c.args, Env: []string{c.env}, Dir: dir}.Run(t), c.setting, "")
			wantFiles(t, dir)
		})
	}
}

func TestAScriptWithTheLineEndsOfWindowsRuns(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"migrate\r"}, {"migrate", "\r"}, {"migrate", "--database-url", "sqlite:dusangire.db\r"},
	} {
		dir := t.TempDir()
		if got := (dusangiretest.Invocation{Args: args, Dir: dir}).Run(t); got.Code != program.ExitOK {
			t.Errorf("%q: %d %s", args, got.Code, got.Err)
		}
		wantFiles(t, dir, "dusangire.db")
	}
}

// mistyped are URLs as people get them wrong, or as libraries do, whose password has "geheim" and
// "s3cret" in it, and pieces of both.
var mistyped = []string{
	"mysql://user:geheim@s3cret@h/db",
	"postgre://hosp:s3cret@geheim@db/hosp",
	"postgres://hosp:geheim/s3cret?rd#1@db/hosp",
	"postgres://hosp:p@geheim/s3cret?rd#1@db/hosp",
	"postgres://hosp:p@geheim/s3cret@db/hosp",
	"postgres://hosp:12/s3cret?geheim@127.0.0.1:1/hosp",
	"postgres://hosp:12?geheim=s3cret@127.0.0.1:1/hosp",
	"postgres://hosp:geheim#s3cret@127.0.0.1:1/hosp",
	"postgres://hosp:geheim s3cret@127.0.0.1:1/hosp",
	"postgres://hosp:100%geheim@127.0.0.1:1/hosp",
	"postgres://hosp:geheim/hosp",
	"postgres://:geheim",
	"hosp:geheim@db/hosp",
	"postgres:hosp:geheim@db/hosp",
	"postgres//hosp:geheim@db/hosp",
	"postgres:/hosp:geheim@db/hosp",
	"sqlite://hosp:geheim@db/hosp",
	"sqlite:hosp:geheim@db/hosp",
	"sqlite:hosp:geheim@db",
	"sqlite:geheim@db/hosp",
	"sqlite:/no/such//geheim@db/hosp",
	"sqlite:geheim?s3cret/hosp",
	"Postgres:hosp:geheim@db/hosp",
	"host=db user=hosp password=geheim",
	"host=db password='geheim s3cret'",
	"postgres://127.0.0.1:1/x?user=u&password=geheim@s3cret",
	"postgres://127.0.0.1:1/x?user=u&pasword=geheim&sslmode=s3cret",
	"mysql://h/x?password=geheim",
	"postgres://hosp%3Ageheim%40db/hosp",
	"mysql://hosp:g%65heim%40s3cret@db/hosp",
	"POSTGRES://hosp:geheim@db/hosp",
	"redis://default:geheim/0",
	"redis://:geheim",
	"redis://default:geheim/s3cret@h:6379/0",
	"redis://h:6379/geheim@s3cret",
	"redis://h:6379/0?pasword=geheim&s3cret=1",
	"redis://h:6379/0?max_retries=geheim",
	"https://user:geheim@board.hospital.example",
	"https://board.hospital.example:geheim",
	"https://board.hospital.example/?password=geheim",
}

// TestAPasswordIsCutOutOfEveryMistypedURL: wherever a setting or an argument is quoted, in whatever
// command.
func TestAPasswordIsCutOutOfEveryMistypedURL(t *testing.T) {
	t.Parallel()
	for _, url := range mistyped {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			for _, i := range []dusangiretest.Invocation{
				{Args: []string{"migrate", "--database-url", url}},
				{Args: []string{"serve", "--addr", "127.0.0.1:0"}, Env: []string{"DUSANGIRE_REDIS_URL=" + url}},
				{Args: []string{"doctor", "--redis-url=" + url}},
				{Args: []string{"doctor", "--public-url", url}},
				{Args: []string{"serve", "--addr", url}},
				{Args: []string{"serve", "--allowed-hosts", url}},
				{Args: []string{"serve", "--trusted-proxies", url}},
				{Args: []string{"serve", "--metrics-addr", url}},
				{Args: []string{"serve", "--addr", "127.0.0.1:0", "--tls-cert", url, "--tls-key", url}},
				{Args: []string{"serve", url}},
				{Args: []string{"serve", "--databse-url=" + url}},
				{Args: []string{"serve", "--log-format", url}},
				{Args: []string{"serve"}, Env: []string{"DUSANGIRE_DEMO_SEED=" + url}},
				{Args: []string{"watch", "/ws/ward/1/", "--token", "x", "--server", url}},
			} {
				got := i.Run(t)
				if got.Code != program.ExitFailed && got.Code != program.ExitUsage {
					t.Errorf("%q %q: exit code %d", i.Args, i.Env, got.Code)
				}
				for _, secret := range []string{"geheim", "s3cret", "heim"} {
					if strings.Contains(got.Err+got.Out, secret) {
						t.Errorf("%q %q tells %s: %s%s", i.Args, i.Env, secret, got.Out, got.Err)
					}
				}
			}
		})
	}
}

// TestASettingThatNamesThisMachineAloneIsNotPublic has the twins of those that are.
func TestASettingThatNamesThisMachineAloneIsNotPublic(t *testing.T) {
	t.Parallel()
	cert, key, _ := dusangiretest.Certificate(t, nil)
	secure := "--tls-cert " + cert + " --tls-key " + key
	for _, args := range []string{
		"--addr localhost:0",
		"--addr [::1]:0",
		"--addr 127.0.0.2:0",
		"--allowed-hosts localhost,127.0.0.1:8000,[::1]",
		secure,
		"--demo-public --allowed-hosts board.hospital.example --trusted-proxies 10.0.0.0/8",
		"--demo-public --insecure-http --addr 0.0.0.0:0",
		"--demo-public --addr 0.0.0.0:0 " + secure,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			given := append([]string{"serve", "--demo"}, strings.Fields(args)...)
			kong, err := program.Parser(t.Context()).Parse(given)
			if err != nil {
				t.Fatal(err)
			}
			c := kong.Model.Target.Interface().(program.Commands).Serve
			if err := c.Check(); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestASQLiteFileIsNotMadeByAMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"migrate", "--database-url", "sqlite://u:geheim@h/db"}
	got := dusangiretest.Invocation{Args: args, Dir: dir}.Run(t)
	checkNamed(t, got, "--database-url", "sqlite:PATH")
	if _, err := os.Stat(filepath.Join(dir, "u:geheim@h")); err == nil {
		t.Error("a folder was made of a URL")
	}
}
