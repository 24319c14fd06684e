package program

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
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
			for _, i := range []invocation{
				{args: []string{"migrate"}, env: []string{"DUSANGIRE_DATABASE_URL=" + value}},
				{args: []string{"ward", "list", "--database-url", bare}},
				{args: []string{"migrate", "--database-url=" + bare}},
			} {
				i.dir = t.TempDir()
				if got := i.run(t); got.code != ExitOK {
					t.Errorf("%q: %d %s", i.args, got.code, got.err)
				}
				wantFiles(t, i.dir, "board.db")
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
	s := invocation{env: []string{
		"DUSANGIRE_ALLOWED_HOSTS=board.example, 127.0.0.1\r",
		"DUSANGIRE_TRUSTED_PROXIES=10.0.0.0/8, ::1\r",
		"DUSANGIRE_LOG_FORMAT=\"text\"\r",
		"DUSANGIRE_MEAL_ROUNDS=false\r",
		"DUSANGIRE_DEMO_SEED= 7 \r",
		"DUSANGIRE_REDIS_URL=\r",
		"DUSANGIRE_TLS_CERT=\"\"\r",
	}}.serve(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/login", nil)
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
	if code := s.end(syscall.SIGTERM); code != ExitOK {
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
	s := invocation{env: env, dir: dir}.serve(t)
	if got := getStatus(t, s.url+"/login"); got != http.StatusOK {
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
			checkNamed(t, invocation{args: c.args, env: []string{c.env}, dir: dir}.run(t), c.setting, "")
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
		if got := (invocation{args: args, dir: dir}).run(t); got.code != ExitOK {
			t.Errorf("%q: %d %s", args, got.code, got.err)
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
			for _, i := range []invocation{
				{args: []string{"migrate", "--database-url", url}},
				{args: []string{"serve", "--addr", "127.0.0.1:0"}, env: []string{"DUSANGIRE_REDIS_URL=" + url}},
				{args: []string{"doctor", "--redis-url=" + url}},
				{args: []string{"doctor", "--public-url", url}},
				{args: []string{"serve", "--addr", url}},
				{args: []string{"serve", "--allowed-hosts", url}},
				{args: []string{"serve", "--trusted-proxies", url}},
				{args: []string{"serve", "--metrics-addr", url}},
				{args: []string{"serve", "--addr", "127.0.0.1:0", "--tls-cert", url, "--tls-key", url}},
				{args: []string{"serve", url}},
				{args: []string{"serve", "--databse-url=" + url}},
				{args: []string{"serve", "--log-format", url}},
				{args: []string{"serve"}, env: []string{"DUSANGIRE_DEMO_SEED=" + url}},
				{args: []string{"watch", "/ws/ward/1/", "--token", "x", "--server", url}},
			} {
				got := i.run(t)
				if got.code != ExitFailed && got.code != ExitUsage {
					t.Errorf("%q %q: exit code %d", i.args, i.env, got.code)
				}
				for _, secret := range []string{"geheim", "s3cret", "heim"} {
					if strings.Contains(got.err+got.out, secret) {
						t.Errorf("%q %q tells %s: %s%s", i.args, i.env, secret, got.out, got.err)
					}
				}
			}
		})
	}
}

func TestWhatIsToldOfAURLStillHelps(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://u:geheim@10.0.0.7:5432/hosp":            "postgres://…@10.0.0.7:5432/hosp",
		"postgres://u:geheim@10.0.0.7/hosp?sslmode=disable": "postgres://…@10.0.0.7/hosp",
		"postgres://db.example/hosp":                        "postgres://db.example/hosp",
		"mysql://u:top@SECRET@h/db":                         "mysql://…@h/db",
		"postgres://u:p@db1:5433,db2:5434/hosp":             "postgres://…@db1:5433,db2:5434/hosp",
		"rediss://:geheim@[::1]:6379/0":                     "rediss://…@[::1]:6379/0",
		"sqlite:/var/lib/dusangire/board.db":                "sqlite:/var/lib/dusangire/board.db",
		"hosp:geheim@db/hosp":                               "…@db/hosp",
		"postgres://u:p@ss/w?rd#1@db/hosp":                  "postgres://…",
		"redis://:ge/heim@h:6379/0":                         "redis://…",
		"host=db password=geheim":                           "…",
	} {
		if got := redacted(url); got != want {
			t.Errorf("of %s is told %s, want %s", url, got, want)
		}
	}
}

// TestADatabaseURLThatCanBeReadInOneWayIsTaken has the forms that must go on to the driver.
func TestADatabaseURLThatCanBeReadInOneWayIsTaken(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:p@h/db",
		"postgresql://u:p%40ss%2Fw@h:5432/db?sslmode=disable",
		"postgres://u:p@ss@h/db",
		"postgres://u:p@h1:5433,h2:5434/db?target_session_attrs=read-write",
		"postgres:///db?host=/run/postgresql",
		"postgres://u@/db?host=/run/postgresql",
		"postgres://[::1]:5432/db",
		"sqlite:dusangire.db",
		"sqlite:/var/lib/dusangire/a@b.db",
		"sqlite:////abs.db",
		"sqlite:with blank.db",
	} {
		if err := (database{DatabaseURL: url, DatabaseConnections: 16}).check(); err != nil {
			t.Errorf("%s is refused: %v", url, err)
		}
	}
	for _, url := range []string{
		"redis://h:6379/0", "redis://:p%40ss@h", "rediss://u:p@h:6380/1?skip_verify=true",
		"unix:///run/redis.sock", "unix://u:p@/run/redis.sock?db=1",
	} {
		if err := (endpoint{Addr: "127.0.0.1:0", RedisURL: url}).check(); err != nil {
			t.Errorf("%s is refused: %v", url, err)
		}
	}
}

// TestASettingThatNamesThisMachineAloneIsNotPublic has the twins of those that are.
func TestASettingThatNamesThisMachineAloneIsNotPublic(t *testing.T) {
	t.Parallel()
	cert, key, _ := certificate(t, nil)
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
			kong, err := parser(t.Context()).Parse(given)
			if err != nil {
				t.Fatal(err)
			}
			c := kong.Model.Target.Interface().(commands).Serve
			if err := c.check(); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestASQLiteFileIsNotMadeByAMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"migrate", "--database-url", "sqlite://u:geheim@h/db"}
	got := invocation{args: args, dir: dir}.run(t)
	checkNamed(t, got, "--database-url", "sqlite:PATH")
	if _, err := os.Stat(filepath.Join(dir, "u:geheim@h")); err == nil {
		t.Error("a folder was made of a URL")
	}
}
