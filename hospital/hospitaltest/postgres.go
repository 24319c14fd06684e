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

// Cluster is a PostgreSQL of a test's own, to be crashed and started again. It waits for its log at each commit as a real one does, so
// that a crash takes nothing with it that was committed; only the machine's own crash would.
type Cluster struct {
	t testing.TB
	*cluster
}

// StartCluster starts a cluster that ends with the test.
func StartCluster(t testing.TB) Cluster {
	t.Helper()
	c, err := startCluster("-c synchronous_commit=on")
	if err != nil {
		t.Fatalf("start PostgreSQL for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Errorf("end PostgreSQL: %v", err)
		}
	})
	return Cluster{t, c}
}

// URL is that of its one database, at the current schema.
func (c Cluster) URL() string { return c.url(template) }

// Crash ends the server at once, without a word to its clients.
func (c Cluster) Crash() { c.order("crash") }

// Start starts it again, and returns when it takes connections.
func (c Cluster) Start() { c.order("start") }

func (c Cluster) order(order string) {
	c.t.Helper()
	if err := c.tell(order); err != nil {
		c.t.Fatalf("%s PostgreSQL: %v", order, err)
	}
}

// databases counts those made, for their names.
var databases atomic.Int64

// template is the database that fresh ones are copied from, which is much faster than bringing each to the schema.
const template = "hospital_template"

// theCluster starts the process's cluster when it is first asked for.
var theCluster = sync.OnceValues(func() (*cluster, error) { return startCluster("-c synchronous_commit=off") })

// cluster is a PostgreSQL server of our own, with its data and its socket in one temporary directory.
type cluster struct {
	directory string
	admin     *sql.DB
	shell     *exec.Cmd      // the script of its life
	orders    io.WriteCloser // the script's standard input; it is closed by the end of the process
	done      *bufio.Reader  // a line for each order that was carried out
	making    sync.Mutex     // PostgreSQL copies one template at a time

	fillings sync.Mutex          // guards filled
	filled   map[string]*filling // the databases that Copy copies, by what callers call them
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

// filling is a database that Copy copies, once the first to ask has filled it.
type filling struct {
	once     sync.Once
	database string
	err      error
}

// fill returns the database that is called so. Who asks for others meanwhile need not wait.
func (c *cluster) fill(
	ctx context.Context, called string, fill func(databaseURL string) error,
) (string, error) {
	c.fillings.Lock()
	f, known := c.filled[called]
	if !known {
		f = &filling{err: errors.New("the test that was to fill it gave up")}
		c.filled[called] = f
	}
	c.fillings.Unlock()
	f.once.Do(func() {
		f.database = fmt.Sprintf("filled_%d", databases.Add(1))
		f.err = c.run(ctx, `CREATE DATABASE `+f.database+` TEMPLATE `+template)
		if f.err == nil {
			f.err = fill(c.url(f.database))
		}
	})
	return f.database, f.err
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

// life is the cluster's life as a shell script: it is made; then it is started and crashed as standard input orders, each of which
// is answered by a line, until the end of the input, which comes when the test process is gone, even if that was killed; then it
// is stopped and removed.
const life = `
cd "$DIRECTORY" || exit
"$PROGRAMS/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >log 2>&1 || exit
start() {
	"$PROGRAMS/pg_ctl" --pgdata=data --wait --log=log --options="-k '$DIRECTORY' -c listen_addresses='' \
		-c fsync=off -c full_page_writes=off -c max_connections=300 $OPTIONS" start >>log 2>&1
}
crash() { "$PROGRAMS/pg_ctl" --pgdata=data --wait --mode=immediate stop >>log 2>&1; }
while read -r order && $order; do echo "$order"; done
crash
cd / && rm -rf "$DIRECTORY" 2>/dev/null
[ ! -e "$DIRECTORY/data" ]
`

// startCluster makes and starts a cluster with some more options of the server, and the template in it.
func startCluster(options string) (*cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp(memory(), "dusangire-pg")
	if err != nil {
		return nil, err
	}
	shell := exec.Command("sh", "-c", life)
	shell.Env = append(os.Environ(), "PROGRAMS="+programs, "DIRECTORY="+directory, "OPTIONS="+options)
	// In a group of its own, so that Ctrl-C ends the tests and leaves the script to clean up after them.
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := asPostgres(shell, directory); err != nil {
		return nil, err
	}
	c := &cluster{directory: directory, shell: shell, filled: map[string]*filling{}}
	if c.orders, err = shell.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := shell.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.done = bufio.NewReader(output)
	if err := shell.Start(); err != nil {
		return nil, err
	}
	if err := c.tell("start"); err != nil {
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

// tell gives the script an order and waits until it was carried out.
func (c *cluster) tell(order string) error {
	if _, err := fmt.Fprintln(c.orders, order); err != nil {
		return err
	}
	line, err := c.done.ReadString('\n')
	if strings.TrimSpace(line) == order {
		return nil
	}
	log, logErr := os.ReadFile(filepath.Join(c.directory, "log"))
	return fmt.Errorf("it did not %s: %s", order, errors.Join(err, logErr, errors.New(string(log))))
}

// end stops and removes the cluster.
func (c *cluster) end() error {
	err := errors.Join(c.admin.Close(), c.orders.Close(), c.shell.Wait())
	return errors.Join(err, os.RemoveAll(c.directory)) // the user postgres may not in a chroot
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
