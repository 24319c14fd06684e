package hospitaltest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"dusangire/hospital"
)

// PostgreSQL returns the URL of a fresh database that goes with the test, in a cluster that belongs to the test process:
// it is started by the first test that asks and ends with the process, however that ends.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	c, err := theCluster()
	if err != nil {
		t.Fatalf("start PostgreSQL for the tests: %v", err)
	}
	return c.copy(t, template)
}

// Copy returns the URL of a fresh PostgreSQL database that goes with the test, as fill has left it. fill is run once in the process for each
// name, on an empty database at the current schema, and must leave nobody connected to it: for contents that take long to write.
func Copy(t testing.TB, name string, fill func(databaseURL string) error) string {
	t.Helper()
	c, err := theCluster()
	if err != nil {
		t.Fatalf("start PostgreSQL for the tests: %v", err)
	}
	filled, err := c.fill(t.Context(), name, fill)
	if err != nil {
		t.Fatalf("fill the database %s: %v", name, err)
	}
	return c.copy(t, filled)
}

// databases counts those made, for their names.
var databases atomic.Int64

// template is the database that fresh ones are copied from, which is much faster than bringing each to the schema.
const template = "hospital_template"

// theCluster starts the process's cluster when it is first asked for.
var theCluster = sync.OnceValues(startCluster)

// cluster is a PostgreSQL server of our own, with its data and its socket in one temporary directory.
type cluster struct {
	directory string
	admin     *sql.DB
	life      io.Closer  // the script's standard input; it is closed by the end of the process
	making    sync.Mutex // PostgreSQL copies one template at a time

	filling sync.Mutex        // guards filled
	filled  map[string]string // the databases that Copy copies, by what callers call them
}

// copy makes a database that goes with the test.
func (c *cluster) copy(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := c.run(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.run(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("remove the database: %v", err)
		}
	})
	return c.url(name)
}

// fill returns the database that is called so, which the first to ask fills.
func (c *cluster) fill(ctx context.Context, called string, fill func(databaseURL string) error) (string, error) {
	c.filling.Lock()
	defer c.filling.Unlock()
	if database, done := c.filled[called]; done {
		return database, nil
	}
	database := fmt.Sprintf("filled_%d", databases.Add(1))
	if err := c.run(ctx, `CREATE DATABASE `+database+` TEMPLATE `+template); err != nil {
		return "", err
	}
	if err := fill(c.url(database)); err != nil {
		return "", err
	}
	if c.filled == nil {
		c.filled = map[string]string{}
	}
	c.filled[called] = database
	return database, nil
}

// url is that of one of its databases.
func (c *cluster) url(database string) string {
	return "postgres:///" + database + "?host=" + c.directory + "&user=postgres"
}

// run runs one statement that makes or removes a database.
func (c *cluster) run(ctx context.Context, statement string) error {
	c.making.Lock()
	defer c.making.Unlock()
	_, err := c.admin.ExecContext(ctx, statement)
	return err
}

// life is the cluster's life as a shell script: it is made, started and announced; then it waits for the end of standard
// input, which comes when the test process is gone, even if that was killed; then it is stopped and removed.
const life = `
cd "$DIRECTORY" || exit
"$PROGRAMS/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >log 2>&1 &&
"$PROGRAMS/pg_ctl" --pgdata=data --wait --log=log --options="-k '$DIRECTORY' -c listen_addresses='' \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start >>log 2>&1 &&
echo started
read -r _
"$PROGRAMS/pg_ctl" --pgdata=data --wait --mode=immediate stop >>log 2>&1
cd / && rm -rf "$DIRECTORY"
`

// startCluster makes and starts a cluster and the template in it.
func startCluster() (*cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp(memory(), "dusangire-pg")
	if err != nil {
		return nil, err
	}
	shell := exec.Command("sh", "-c", life)
	shell.Env = append(os.Environ(), "PROGRAMS="+programs, "DIRECTORY="+directory)
	// In a group of its own, so that Ctrl-C ends the tests and leaves the script to clean up after them.
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := asPostgres(shell, directory); err != nil {
		return nil, err
	}
	c := &cluster{directory: directory}
	if c.life, err = shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := waitStarted(shell, directory); err != nil {
		return nil, err
	}
	return c, c.makeTemplate()
}

// programsAt are where the usual packages put PostgreSQL's programs, if not into the PATH.
var programsAt = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"}

// findPrograms returns the directory of PostgreSQL's programs.
func findPrograms() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	for _, pattern := range programsAt {
		found, err := filepath.Glob(filepath.Join(pattern, "initdb"))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil
		}
	}
	return "", errors.New("its programs are not installed: run apt-get install postgresql, or your system's equal")
}

// asPostgres lets the script run as the user postgres where the tests run as root, which PostgreSQL refuses to serve.
func asPostgres(shell *exec.Cmd, directory string) error {
	if os.Getuid() != 0 {
		return nil
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(postgres.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(postgres.Gid)
	if err != nil {
		return err
	}
	shell.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(directory, uid, gid)
}

// waitStarted starts the script and waits until it says that the server takes connections.
func waitStarted(shell *exec.Cmd, directory string) error {
	output, err := shell.StdoutPipe()
	if err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if strings.TrimSpace(line) == "started" {
		return nil
	}
	log, logErr := os.ReadFile(filepath.Join(directory, "log"))
	return fmt.Errorf("it did not start: %s", errors.Join(err, logErr, errors.New(string(log))))
}

// makeTemplate makes the database that fresh ones are copied from.
func (c *cluster) makeTemplate() (err error) {
	if c.admin, err = sql.Open("pgx", c.url("postgres")); err != nil {
		return err
	}
	ctx := context.Background()
	if err := c.run(ctx, `CREATE DATABASE `+template); err != nil {
		return err
	}
	return hospital.Migrate(ctx, c.url(template))
}
