package program_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hospital/hospitaltest"
)

func TestVersionTellsVersionCommitAndGo(t *testing.T) {
	t.Parallel()
	got := dusangiretest.Dusangire(t, "version")
	if got.Code != program.ExitOK || !regexp.MustCompile(`^dusangire \S+, commit \S+, go1\.\d+\S*\n$`).MatchString(got.Out) || got.Err != "" {
		t.Errorf("%d %q %q", got.Code, got.Out, got.Err)
	}
}

func TestHelpTellsEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	for args, wants := range map[string][]string{
		"--help":       {"serve", "migrate", "ward", "user", "demo", "watch", "doctor", "version", "DUSANGIRE_ADDR"},
		"serve --help": {"--addr", "--database-url", "--redis-url", "--demo", "--demo-public", "--allowed-hosts", "--trusted-proxies", "--tls-cert", "--tls-key", "--metrics-addr", "--log-format", "$DUSANGIRE_TLS_CERT"},
	} {
		got := dusangiretest.Dusangire(t, strings.Fields(args)...)
		for _, want := range wants {
			if got.Code != program.ExitOK || !strings.Contains(got.Out, want) {
				t.Errorf("%s: %d, without %s:\n%s", args, got.Code, want, got.Out)
			}
		}
	}
}

// TestEveryFlagHasAnEnvironmentTwin looks through the parser itself, so that a flag that comes later is looked at too.
func TestEveryFlagHasAnEnvironmentTwin(t *testing.T) {
	t.Parallel()
	flags := 0
	err := kong.Visit(program.Parser(t.Context()).Model, func(node kong.Visitable, next kong.Next) error {
		flag, isFlag := node.(*kong.Flag)
		if isFlag && flag.Name != "help" {
			flags++
			if want := []string{"DUSANGIRE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}; !reflect.DeepEqual(flag.Envs, want) {
				t.Errorf("--%s is read from %v, want %v", flag.Name, flag.Envs, want)
			}
			if flag.Help == "" {
				t.Errorf("--%s has no help", flag.Name)
			}
		}
		return next(nil)
	})
	if err != nil || flags < 20 {
		t.Errorf("%d flags were looked at: %v", flags, err)
	}
}

func TestAnEnvironmentTwinIsReadAndAFlagGoesBeforeIt(t *testing.T) {
	t.Parallel()
	env := []string{"DUSANGIRE_DATABASE_URL=sqlite:from-the-environment.db"}
	dir := t.TempDir()
	for file, args := range map[string][]string{"from-the-environment.db": {"migrate"}, "from-the-flag.db": {"migrate", "--database-url", "sqlite:from-the-flag.db"}} {
		if got := (dusangiretest.Invocation{Args: args, Env: env, Dir: dir}).Run(t); got.Code != program.ExitOK {
			t.Errorf("%v: %d %s", args, got.Code, got.Err)
		}
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Errorf("%v should have made %s: %v", args, file, err)
		}
	}
}

// TestASettingThatCannotWorkIsNamed: one line on standard error that says which setting, and what would be right.
func TestASettingThatCannotWorkIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	real := hospitaltest.SQLite(t)
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: real})
	if _, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "A", Name: "Medicine", Beds: 2}); err != nil {
		t.Fatal(err)
	}
	demoData := hospitaltest.SQLite(t)
	if got := dusangiretest.Dusangire(t, "demo", "--database-url", demoData); got.Code != program.ExitOK {
		t.Fatalf("demo: %s", got.Err)
	}
	before := hospitaltest.Contents(t, real)
	settings := []struct{ args, setting, right string }{
		{"serve --addr nonsense", "--addr", "HOST:PORT"},
		{"serve --addr 127.0.0.1:http-ish", "--addr", "free port"},
		{"serve --addr 127.0.0.1:", "--addr", "HOST:PORT"},
		{"serve --addr 192.0.2.1:8000 --insecure-http", "--addr", "address of this machine"},
		{"serve --addr " + taken.Addr().String(), "--addr", "free port"},
		{"serve --database-url mysql://u:geheim@h/x", "--database-url", "sqlite:PATH or postgres://"},
		{"serve --database-url sqlite:", "--database-url", "sqlite:PATH"},
		{"serve --database-url sqlite:no/such/folder/x.db", "--database-url", "can reach"},
		{"serve --database-url sqlite:.", "--database-url", "can reach"},
		{"serve --database-url postgres://u:geheim@127.0.0.1:1/x", "--database-url", "can reach"},
		{"serve --database-url postgres://127.0.0.1:1/x?user=u&password=geheim", "--database-url", "can reach"},
		{"serve --redis-url nonsense", "--redis-url", "redis://"},
		{"serve --redis-url http://u:geheim@127.0.0.1", "--redis-url", "redis://"},
		{"serve --redis-url redis://u:geheim@127.0.0.1:port", "--redis-url", "redis://"},
		{"serve --tls-cert cert.pem", "--tls-key", "both files"},
		{"serve --tls-key key.pem", "--tls-cert", "both files"},
		{"serve --tls-cert cert.pem --tls-key key.pem", "--tls-cert", "PEM"},
		{"serve --trusted-proxies 10.0.0.0/99", "--trusted-proxies", "such as 10.0.0.7"},
		{"serve --trusted-proxies proxy.example", "--trusted-proxies", "such as 10.0.0.7"},
		{"serve --allowed-hosts https://wards.example", "--allowed-hosts", "such as wards.example"},
		{"serve --allowed-hosts *.wards.example", "--allowed-hosts", "such as wards.example"},
		{"serve --metrics-addr nonsense", "--metrics-addr", "free port"},
		{"serve --metrics-addr " + taken.Addr().String(), "--metrics-addr", "free port"},
		{"serve --demo --addr 0.0.0.0:0", "--demo", "--demo-public"},
		{"serve --demo --addr :0", "--demo", "127.0.0.1"},
		{"serve --demo --addr localhost.example:0", "--addr localhost.example:0", "--demo-public"},
		{"serve --demo --allowed-hosts board.example", "--allowed-hosts board.example", "--demo-public"},
		{"serve --demo --allowed-hosts localhost,10.0.0.5", "--allowed-hosts 10.0.0.5", "--demo-public"},
		{"serve --demo --trusted-proxies 10.0.0.0/8", "--trusted-proxies 10.0.0.0/8", "--demo-public"},
		{"serve --demo --trusted-proxies 127.0.0.1", "--trusted-proxies 127.0.0.1", "--demo-public"},
		{"serve --demo --insecure-http --addr 0.0.0.0:0", "--addr 0.0.0.0:0", "--demo-public"},
		{"serve --insecure-http --addr :0 --database-url " + demoData, "demo logins", "--demo-public"},
		{"serve --allowed-hosts b.rw --database-url " + demoData, "--allowed-hosts", "--demo-public"},
		{"serve --trusted-proxies ::1 --database-url " + demoData, "--trusted-proxies", "--demo-public"},
		{"serve --addr 0.0.0.0:0", "--addr 0.0.0.0:0", "--insecure-http"},
		{"serve --addr :0", "--addr :0", "--insecure-http"},
		{"serve --addr [::]:0", "--addr [::]:0", "--tls-cert"},
		{"serve --addr 10.0.0.5:8000", "--addr 10.0.0.5:8000", "--insecure-http"},
		{"serve --addr 0.0.0.0:0 --trusted-proxies 10.0.0.0/8", "--addr 0.0.0.0:0", "--insecure-http"},
		{"serve --demo --demo-public --addr 0.0.0.0:0", "--addr 0.0.0.0:0", "--insecure-http"},
		{"serve --addr unix:/run/dusangire.sock", "--addr", "HOST:PORT"},
		{"serve --demo --addr unix:dusangire.sock", "--addr", "socket of the file system"},
		{"serve --demo --addr /run/dusangire.sock", "--addr", "HOST:PORT"},
		{"serve --metrics-addr unix:/run/metrics.sock", "--metrics-addr", "HOST:PORT"},
		{"serve --addr 127.0.0.1:18999 --metrics-addr 127.0.0.1:18999", "--metrics-addr", "another port"},
		{"serve --addr 127.0.0.1:18999 --metrics-addr :18999", "--metrics-addr", "another port"},
		{"serve --allowed-hosts \"wards.example\"", "--allowed-hosts", "such as wards.example"},
		{"serve --allowed-hosts wards.example:port", "--allowed-hosts", "such as wards.example"},
		{"serve --demo --database-url " + real, "--demo", "--database-url another"},
		{"doctor --public-url nonsense", "--public-url", "such as https://"},
		{"doctor --public-url https://board.hospital.example/wards/", "--public-url", "such as https://"},
		{"doctor --redis-url http://u:geheim@127.0.0.1", "--redis-url", "redis://"},
		{"doctor --addr nonsense", "--addr", "HOST:PORT"},
		{"demo --database-url nonsense", "--database-url", "sqlite:PATH"},
		{"migrate --database-url postgres://u:geheim@127.0.0.1:1/x", "--database-url", "can reach"},
		{"user list --database-url nonsense", "--database-url", "sqlite:PATH"},
	}
	t.Run("each", func(t *testing.T) {
		for _, c := range settings {
			t.Run(c.args, func(t *testing.T) {
				t.Parallel()
				args := strings.Fields(c.args)
				if !strings.Contains(c.args, "--addr ") && args[0] == "serve" {
					args = append(args, "--addr", "127.0.0.1:0")
				}
				checkNamed(t, dusangiretest.Dusangire(t, args...), c.setting, c.right)
			})
		}
	})
	if hospitaltest.Contents(t, real) != before {
		t.Error("a hospital's own data was touched")
	}
}

// checkNamed looks for the one line that names a setting and says what would be right.
func checkNamed(t *testing.T, got dusangiretest.Result, setting, right string) {
	t.Helper()
	if got.Code != program.ExitFailed {
		t.Errorf("exit code %d, want %d", got.Code, program.ExitFailed)
	}
	if strings.Count(got.Err, "\n") != 1 || !strings.HasPrefix(got.Err, "dusangire: ") || got.Out != "" {
		t.Errorf("want one line on standard error: %q %q", got.Err, got.Out)
	}
	if !strings.Contains(got.Err, setting) || !strings.Contains(got.Err, right) {
		t.Errorf("want the setting %s and what would be right, %q: %s", setting, right, got.Err)
	}
	if strings.Contains(got.Err, "geheim") {
		t.Errorf("a password stands in the line: %s", got.Err)
	}
}

func TestWrongUsageIsExitCode2(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "nonsense", "serve extra", "serve --nonsense", "serve --log-format xml", "serve --demo-seed -1", "user", "user add", "user add x",
		"user add x --role cook", "user add x --role kitchen --password secret", "user add x --role kitchen --ward one", "user passwd", "user disable", "user enable",
		"user passwd x --password secret", "watch", "watch ward", "watch /ws/ward/1/", "watch /ws/ward/1/ --server nowhere --user x"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			if got := dusangiretest.Dusangire(t, strings.Fields(args)...); got.Code != program.ExitUsage || !strings.HasPrefix(got.Err, "dusangire: ") || got.Out != "" {
				t.Errorf("%d %q %q", got.Code, got.Err, got.Out)
			}
		})
	}
	if got := (dusangiretest.Invocation{Args: []string{"version"}, Env: []string{"DUSANGIRE_LOG_FORMAT=xml"}}).Run(t); got.Code != program.ExitOK {
		t.Errorf("a setting of another command does not matter: %d %s", got.Code, got.Err)
	}
	if got := (dusangiretest.Invocation{Args: []string{"serve"}, Env: []string{"DUSANGIRE_LOG_FORMAT=xml"}}).Run(t); got.Code != program.ExitUsage {
		t.Errorf("in the environment as by a flag: %d %s", got.Code, got.Err)
	}
}

func TestAccountsAreCaredFor(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	ward, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "A", Name: "Medicine", Beds: 2})
	if err != nil {
		t.Fatal(err)
	}
	user := func(stdin string, args ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: append([]string{"user"}, args...), Env: []string{"DUSANGIRE_DATABASE_URL=" + database}, Stdin: stdin}.Run(t)
	}
	signsIn := func(name, password string) bool {
		_, _, err := h.SignIn(t.Context(), name, password, hospital.Client{Address: "192.0.2.1"})
		return err == nil
	}
	if got := user(dusangiretest.Password+"\n", "add", "Mutoni", "--role", "medical_staff", "--ward", fmt.Sprint(ward.ID)); got.Code != program.ExitOK || got.Out != "mutoni can sign in as medical_staff.\n" {
		t.Errorf("add: %d %q %q", got.Code, got.Out, got.Err)
	}
	if got := user(dusangiretest.Password, "add", "kagabo", "--role", "admin"); got.Code != program.ExitOK { // without a line break at the end
		t.Errorf("add: %d %q", got.Code, got.Err)
	}
	if !signsIn("mutoni", dusangiretest.Password) || !signsIn("kagabo", dusangiretest.Password) {
		t.Error("those who were added should be able to sign in")
	}
	for _, c := range []struct {
		stdin string
		args  []string
		says  string
	}{
		{dusangiretest.Password, []string{"add", "mutoni", "--role", "kitchen"}, "mutoni already"},
		{"short", []string{"add", "new", "--role", "kitchen"}, "8 to 128"},
		{"", []string{"add", "new", "--role", "kitchen"}, "8 to 128"},
		{dusangiretest.Password, []string{"add", "no spaces", "--role", "kitchen"}, "a–z"},
		{dusangiretest.Password, []string{"add", "new", "--role", "kitchen", "--ward", "99"}, "no ward"},
		{dusangiretest.Password, []string{"passwd", "nobody"}, "no such user"},
		{"short", []string{"passwd", "mutoni"}, "8 to 128"},
		{"", []string{"disable", "nobody"}, "no such user"},
		{"", []string{"enable", "nobody"}, "no such user"},
		{"", []string{"unlock", "nobody"}, "no such user"},
		{"password", []string{"passwd", "mutoni"}, "first that others try"},
		{"mutoni2026", []string{"passwd", "mutoni"}, "first that others try"},
		{"12345678", []string{"add", "new", "--role", "kitchen"}, "first that others try"},
		{"correct horse ", []string{"passwd", "mutoni"}, "no blank"},
		{"caf\xe9 au lait", []string{"passwd", "mutoni"}, "UTF-8"},
		{"\xff\xfec\x00o\x00r\x00r\x00e\x00c\x00t\x00", []string{"passwd", "mutoni"}, "UTF-8"},
	} {
		got := user(c.stdin, c.args...)
		if got.Code != program.ExitFailed || !strings.Contains(got.Err, c.says) || strings.Count(got.Err, "\n") != 1 {
			t.Errorf("user %v: %d %q, want one line with %q", c.args, got.Code, got.Err, c.says)
		}
	}
	session, _, err := h.SignIn(t.Context(), "mutoni", dusangiretest.Password, hospital.Client{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := user("another password\r\n", "passwd", "mutoni"); got.Code != program.ExitOK || got.Err != "" {
		t.Errorf("passwd: %d %s", got.Code, got.Err)
	}
	if _, err := h.SessionByToken(t.Context(), session); err == nil || signsIn("mutoni", dusangiretest.Password) || !signsIn("mutoni", "another password") {
		t.Error("a new password ends the sessions and replaces the old one")
	}
	if got := user("\ufeffcaf\u00e9 au lait\r\n", "passwd", "mutoni"); got.Code != program.ExitOK || !signsIn("mutoni", "cafe\u0301 au lait") {
		t.Errorf("a password from an editor that marks its files: %d %s", got.Code, got.Err)
	}
	for range 6 {
		signsIn("mutoni", "wrong horse")
	}
	if signsIn("mutoni", "caf\u00e9 au lait") {
		t.Error("after six failures the right password should have to wait")
	}
	if got := user("", "unlock", "Mutoni"); got.Code != program.ExitOK || got.Out != "mutoni can try again at once.\n" || !signsIn("mutoni", "caf\u00e9 au lait") {
		t.Errorf("unlock: %d %q %q", got.Code, got.Out, got.Err)
	}
	user("", "disable", "kagabo")
	if got := user("", "enable", "kagabo"); got.Code != program.ExitOK || !signsIn("kagabo", dusangiretest.Password) {
		t.Errorf("enable: %d %s", got.Code, got.Err)
	}
	if got := user("", "disable", "kagabo"); got.Code != program.ExitOK || signsIn("kagabo", dusangiretest.Password) {
		t.Errorf("disable: %d %s", got.Code, got.Err)
	}
	got := user("", "list")
	want := []string{"NAME ROLE WARDS STATE", "kagabo admin all disabled", fmt.Sprintf("mutoni medical_staff %d active", ward.ID)}
	var lines []string
	for line := range strings.Lines(got.Out) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	if got.Code != program.ExitOK || !reflect.DeepEqual(lines, want) {
		t.Errorf("list: %d %q, want %q", got.Code, lines, want)
	}
}

func TestAHospitalOfOnesOwnIsSetUp(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	env := []string{"DUSANGIRE_DATABASE_URL=" + database}
	ward := func(args ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: append([]string{"ward"}, args...), Env: env}.Run(t)
	}
	if got := ward("add", "MED-A", "--name", "Medicine, women", "--block", "B1", "--beds", "3"); got.Code != program.ExitOK || got.Out != "Ward 1 is MED-A with 3 beds.\n" {
		t.Errorf("ward add: %d %q %q", got.Code, got.Out, got.Err)
	}
	for _, args := range [][]string{{"add", "MED-A", "--name", "Medicine, men", "--beds", "3"}, {"add", "lower case", "--name", "x", "--beds", "1"}, {"add", "B", "--name", "x", "--beds", "501"}} {
		if got := ward(args...); got.Code != program.ExitFailed || strings.Count(got.Err, "\n") != 1 || got.Out != "" {
			t.Errorf("ward %v: %d %q %q", args, got.Code, got.Out, got.Err)
		}
	}
	if got := ward("add", "B"); got.Code != program.ExitUsage {
		t.Errorf("a ward without a name: %d", got.Code)
	}
	if got := ward("list"); got.Code != program.ExitOK || strings.Join(strings.Fields(got.Out), " ") != "ID CODE NAME BLOCK POSITION FOR SPECIALITY STATE BEDS OCCUPIED 1 MED-A Medicine, women B1 0 any - open 3 0" {
		t.Errorf("ward list: %d %q", got.Code, got.Out)
	}
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	if board, err := h.WardBoard(t.Context(), hospital.System, 1); err != nil || len(board.Beds) != 3 {
		t.Errorf("%d beds, want 3: %v", len(board.Beds), err)
	}
}

func TestWardsAndBedsAreLookedAfterByAScript(t *testing.T) {
	t.Parallel()
	env := []string{"DUSANGIRE_DATABASE_URL=" + hospitaltest.SQLite(t)}
	ward := func(args ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: append([]string{"ward"}, args...), Env: env}.Run(t)
	}
	for _, script := range []string{
		"add MED --name Medicine --beds 2",
		"add MAT --name Maternity --sex female --closed",
		"bed add MAT M-1..M-3 M-9",
		"bed add MED --count 1",
		"open MAT",
		"set MAT --new-code MAT-A --block C1 --position 1 --speciality Obstetrics",
		"bed set M-9 --new-number M-4 --has oxygen --has cot --staffed=false",
		"bed set MED-03 --ward MAT-A",
		"bed retire M-1 --reason broken",
		"close MED",
	} {
		if got := ward(strings.Fields(script)...); got.Code != program.ExitOK {
			t.Fatalf("ward %s: %d %s", script, got.Code, got.Err)
		}
	}
	for asked, want := range map[string]string{
		"list": "ID CODE NAME BLOCK POSITION FOR SPECIALITY STATE BEDS OCCUPIED " +
			"1 MED Medicine - 0 any - closed 2 0 " +
			"2 MAT-A Maternity C1 1 female Obstetrics open 4 0",
		"bed list MAT-A": "NUMBER STATUS HAS STAFFED M-2 available - true M-3 available - true " +
			"M-4 available oxygen,cot false MED-03 available - true",
	} {
		got := ward(strings.Fields(asked)...)
		if lines := strings.Join(strings.Fields(got.Out), " "); lines != want {
			t.Errorf("ward %s prints\n%s, want\n%s", asked, lines, want)
		}
	}
	for script, why := range map[string]string{
		"set NONE --name x":        "no ward NONE",
		"close NONE":               "no ward NONE",
		"bed retire M-1":           "no bed M-1",
		"bed add MED M-2":          "a bed M-2 already",
		"bed add MED":              "or how many",
		"bed set M-2 --has wings":  "oxygen",
		"set MED --new-code MAT-A": "a ward MAT-A already",
	} {
		got := ward(strings.Fields(script)...)
		if got.Code != program.ExitFailed || !strings.Contains(got.Err, why) ||
			strings.Count(got.Err, "\n") != 1 {
			t.Errorf("ward %s: %d %q, want to be told %q", script, got.Code, got.Err, why)
		}
	}
}

// In the original the status of demo beds was random, so that beds were occupied without a patient.
func TestTheDemoHospitalIsWrittenOnceAndAddsUp(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	if got := dusangiretest.Dusangire(t, "demo", "--database-url", database); got.Code != program.ExitOK || got.Err != "" {
		t.Fatalf("demo: %d %s", got.Code, got.Err)
	}
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	wards, err := h.Wards(t.Context(), hospital.System)
	if err != nil || len(wards) != 10 {
		t.Fatalf("%d wards, want 10: %v", len(wards), err)
	}
	beds := 0
	for _, ward := range wards {
		board, err := h.WardBoard(t.Context(), hospital.System, ward.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, bed := range board.Beds {
			beds++
			if (bed.Status == hospital.BedOccupied) != (bed.Admission != nil) {
				t.Errorf("bed %s is %s, with a patient: %t", bed.Number, bed.Status, bed.Admission != nil)
			}
		}
	}
	if beds != 152 {
		t.Errorf("%d beds, want 152", beds)
	}
	for _, login := range demo.Logins() {
		if _, _, err := h.SignIn(t.Context(), login.Username, login.Password, hospital.Client{Address: "192.0.2.1"}); err != nil || login.Username != string(login.Role) || login.Password != "dusangire" {
			t.Errorf("the demo login %+v: %v", login, err)
		}
	}
	before := hospitaltest.Contents(t, database)
	got := dusangiretest.Dusangire(t, "demo", "--database-url", database)
	if got.Code != program.ExitFailed || !strings.Contains(got.Err, "empty database") || hospitaltest.Contents(t, database) != before {
		t.Errorf("on a database with data: %d %s", got.Code, got.Err)
	}
}

func TestMigratingTwiceIsNoError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		if got := (dusangiretest.Invocation{Args: []string{"migrate"}, Dir: dir}).Run(t); got.Code != program.ExitOK || got.Err != "" {
			t.Errorf("migrate: %d %s", got.Code, got.Err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "dusangire.db")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the database is its owner's alone: %v %v", info, err)
	}
}

func TestWatchPrintsWhatALivePathSays(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	watch := func(stdin string, args ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: append([]string{"watch", "--server", s.URL}, args...), Stdin: stdin}.Run(t)
	}
	path := fmt.Sprintf("/ws/ward/%d/", board.ID)
	for _, c := range []struct {
		stdin string
		args  []string
		says  string
	}{
		{"wrong password", []string{path, "--user", "admin"}, "name or the password is wrong"},
		{dusangiretest.Password, []string{path, "--user", "kitchen"}, "4403"},
		{dusangiretest.Password, []string{"/ws/ward/99/", "--user", "admin"}, "4404"},
		{dusangiretest.Password, []string{"/nowhere", "--user", "admin"}, "404"},
		{"", []string{path, "--token", "nonsense"}, "4401"},
	} {
		if got := watch(c.stdin, c.args...); got.Code != program.ExitFailed || !strings.Contains(got.Err, c.says) || got.Out != "" {
			t.Errorf("watch %v: %d %q %q, want %q", c.args, got.Code, got.Err, got.Out, c.says)
		}
	}
	lines := make(chan string, 100)
	command := dusangiretest.Invocation{Args: []string{"watch", path, "--server", s.URL}, Env: []string{"DUSANGIRE_USER=medical_staff"}, Stdin: dusangiretest.Password + "\n"}.Command(dusangiretest.Within(t), t)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	command.Stderr = &complaint
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go dusangiretest.LinesOf(output, lines)
	nextMessage := func(kind string) {
		t.Helper()
		for line := range lines {
			var message struct{ Type string }
			if err := json.Unmarshal([]byte(line), &message); err != nil {
				t.Errorf("each line is a message: %v: %s", err, line)
			}
			if message.Type == kind {
				return
			}
		}
		t.Fatalf("the output ended before a %s: %s", kind, complaint.String())
	}
	nextMessage("ward_status")
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	nextMessage("bed_status_change")
	nextMessage("ward_status")
	s.Stop()
	for range lines {
	}
	_ = command.Wait() // the code says it
	if code := command.ProcessState.ExitCode(); code != program.ExitFailed || !strings.Contains(complaint.String(), "1012") {
		t.Errorf("when the server stops: %d %q", code, complaint.String())
	}
}

// TestWatchFollowsEveryLivePath: each prints its state at once, until whoever watches presses Ctrl-C.
func TestWatchFollowsEveryLivePath(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	for path, c := range map[string]struct{ user, kind string }{
		"/ws/ward/1/":                    {"medical_staff", "ward_status"},
		"/ws/delivery/1/":                {"delivery", "delivery_status"},
		"/ws/address/1/":                 {"delivery", "address"},
		"/ws/dashboard/medical_staff/":   {"medical_staff", "dashboard_update"},
		"/ws/dashboard/ward_management/": {"ward_management", "dashboard_update"},
		"/ws/dashboard/kitchen/":         {"kitchen", "dashboard_update"},
		"/ws/dashboard/delivery/":        {"delivery", "dashboard_update"},
		"/ws/dashboard/housekeeping/":    {"housekeeping", "dashboard_update"},
		"/ws/notifications/":             {"customer", "notifications"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			command := dusangiretest.Invocation{Args: []string{"watch", path, "--server", s.URL, "--user", c.user}, Stdin: "dusangire\n"}.Command(dusangiretest.Within(t), t)
			output, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var complaint strings.Builder
			command.Stderr = &complaint
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			lines := make(chan string, 100)
			go dusangiretest.LinesOf(output, lines)
			first := <-lines
			var message struct{ Type string }
			if err := json.Unmarshal([]byte(first), &message); err != nil || message.Type != c.kind {
				t.Errorf("the first line should be %s: %v %.200s%s", c.kind, err, first, complaint.String())
			}
			_ = command.Process.Signal(os.Interrupt) // gone already where it failed
			for range lines {
			}
			if err := command.Wait(); err != nil {
				t.Errorf("after Ctrl-C: %v %s", err, complaint.String())
			}
		})
	}
}
