package hospital_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestACommandThatCanNotGetItsTurnSaysThatNothingWasSaved(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := newFixture(t, url)
		bed := h.bed(t, "A-01").ID
		other, err := h.raw.BeginTx(t.Context(), nil) // a backup, or another node that hangs
		if err != nil {
			t.Fatal(err)
		}
		defer other.Rollback()
		if _, err := other.ExecContext(t.Context(), `UPDATE bed SET version = version WHERE id = $1`, bed); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, _, err = h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed})
		refusal := refused(t, err, hospital.Unavailable, "not_saved")
		if waited := time.Since(began); waited > 9*time.Second {
			t.Errorf("it took %v to say so", waited)
		}
		if refusal.Cause == nil || strings.Contains(refusal.Error(), refusal.Cause.Error()) {
			t.Errorf("the cause %v is missing, or shown to people: %s", refusal.Cause, refusal)
		}
		if board := h.board(t, h.a); board.Counts.Available != 6 {
			t.Errorf("a board meanwhile shows %+v", board.Counts)
		}
		if err := other.Rollback(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		h.sound(t)
	})
}

func TestACommandWaitsForItsTurnNoLongerThanItsCaller(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01").ID
		err := h.InTransaction(t.Context(), func(together context.Context) error {
			if _, _, err := h.Admit(together, nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed}); err != nil {
				return err
			}
			hurried, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, _, err := h.Admit(hurried, nurse, hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: bed})
			refused(t, err, hospital.Unavailable, "not_saved")

			left, cancel := context.WithCancel(t.Context())
			cancel()
			_, _, err = h.Admit(left, nurse, hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: bed})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("for a caller who had left: got %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := h.number(t, `SELECT count(*) FROM patient`); n != 1 {
			t.Errorf("there are %d patients, want 1", n)
		}
	})
}

func TestAReadThatTakesTooLongSaysSo(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.PostgreSQL(t))
	outsider, err := h.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer outsider.Rollback()
	if _, err := outsider.ExecContext(t.Context(), `LOCK TABLE ward`); err != nil {
		t.Fatal(err)
	}
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = h.WardBoard(hurried, hospital.System, h.a.ID)
	refused(t, err, hospital.Unavailable, "not_read")
	_, err = h.ManagementDashboard(t.Context(), hospital.System)
	refused(t, err, hospital.Unavailable, "not_read")
}

// Someone outside does not keep to the order of locks. The database takes the command back, which
// is tried again and succeeds.
func TestACommandThatTheDatabaseTookBackIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.PostgreSQL(t))
	admission, target := h.admit(t, "Uwase Marie", "A-01"), h.bed(t, "A-03").ID
	outsider, err := h.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer outsider.Rollback()
	run := func(statement string, args ...any) {
		t.Helper()
		if _, err := outsider.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	run(`SET LOCAL deadlock_timeout = '20s'`) // so that the command is the one to be taken back
	run(`UPDATE bed SET version = version WHERE id = $1`, target)
	h.heard.take()
	var moved hospital.Admission
	var failed error
	var transfer sync.WaitGroup
	transfer.Go(func() {
		moved, failed = h.Transfer(t.Context(), nurse, admission.ID,
			hospital.TransferCommand{BedID: target})
	})
	for h.number(t, `SELECT count(*) FROM pg_locks WHERE NOT granted`) == 0 {
		// until the command waits for the target, and holds the bed that the patient leaves
	}
	run(`UPDATE bed SET version = version WHERE id = $1`, admission.BedID)
	if err := outsider.Commit(); err != nil {
		t.Fatal(err)
	}
	transfer.Wait()
	if failed != nil || moved.BedID != target {
		t.Errorf("got %+v and error %v", moved, failed)
	}
	if heard := h.heard.take(); len(heard) != 1 {
		t.Errorf("announced %v, want the one change", heard)
	}
	h.sound(t)
}

// proxy stands between the hospital and PostgreSQL, and cuts the line at a commit when it is told
// to.
type proxy struct {
	listener net.Listener
	socket   string // the database's
	running  sync.WaitGroup

	mu    sync.Mutex
	cut   cut
	lines []net.Conn // that clients have opened
}

// cut says how a proxy cuts the line at the next commit.
type cut string

const (
	notAtAll     cut = ""
	beforeCommit cut = "before the database hears of it"
	afterCommit  cut = "before the answer comes back"
)

// through starts a proxy to the database at databaseURL and returns it with the URL that leads
// through it.
func through(t *testing.T, databaseURL string) (*proxy, string) {
	t.Helper()
	to, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, socket: filepath.Join(to.Query().Get("host"), ".s.PGSQL.5432")}
	p.running.Go(p.accept)
	t.Cleanup(p.hangUp)
	return p, "postgres://postgres@" + listener.Addr().String() + to.Path + "?sslmode=disable"
}

// hangUp cuts all lines and takes no more.
func (p *proxy) hangUp() {
	p.listener.Close()
	p.cutLines()
	p.running.Wait()
}

// cutLines cuts all lines, as a restart of the database does.
func (p *proxy) cutLines() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		line.Close()
	}
}

// accept serves lines until the listener is closed.
func (p *proxy) accept() {
	for {
		line, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.lines = append(p.lines, line)
		p.mu.Unlock()
		p.running.Go(func() { p.serve(line) })
	}
}

// serve passes on what comes from both ends of one line until it is cut or hung up.
func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(client, server)
		client.Close()
	})
	p.forward(client, server)
	server.(*net.UnixConn).CloseWrite()
	back.Wait()
	server.Close()
}

// forward passes on what the client says, and looks for the commit.
func (p *proxy) forward(client, server net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		how := notAtAll
		if bytes.Contains(buffer[:n], []byte("commit")) {
			p.mu.Lock()
			how, p.cut = p.cut, notAtAll
			p.mu.Unlock()
		}
		if how == beforeCommit {
			client.Close()
			return
		}
		if how == afterCommit {
			client.Close() // first, so that no answer can get through
		}
		if _, err := server.Write(buffer[:n]); err != nil || how == afterCommit {
			return
		}
	}
}

// atNextCommit makes the proxy cut the line at the next commit.
func (p *proxy) atNextCommit(how cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = how
}

func TestACommandWhoseAnswerGetsLostIsToldAsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	p, url := through(t, hospitaltest.PostgreSQL(t))
	h := newFixture(t, url)

	p.atNextCommit(afterCommit)
	a, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID})
	if err != nil {
		t.Errorf("it was committed, and the answer is %v", err)
	}
	if bed := h.bed(t, "A-01"); bed.Admission == nil || bed.Admission.AdmissionID != a.ID {
		t.Errorf("the bed is %+v, want the admission %d", bed, a.ID)
	}
	if heard := h.heard.take(); len(heard) != 1 {
		t.Errorf("announced %v, want the one change", heard)
	}

	p.atNextCommit(beforeCommit)
	h.refuses(t, hospital.Unavailable, "not_saved", func() error {
		_, err := h.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: h.bed(t, "B-01").ID})
		return err
	})
	if _, err := h.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: h.bed(t, "B-01").ID}); err != nil {
		t.Errorf("trying again: %v", err)
	}
	h.sound(t)
}

// TestANoteWhoseAnswerGetsLostIsAnError: it moves no topic by which it could be found again.
func TestANoteWhoseAnswerGetsLostIsAnError(t *testing.T) {
	t.Parallel()
	p, url := through(t, hospitaltest.PostgreSQL(t))
	h := newFixture(t, url)
	p.atNextCommit(afterCommit)
	h.refuses(t, hospital.Unavailable, "not_saved", func() error { return h.NoteDenied(t.Context(), nurse, "GET /users/") })
	for range 2 { // the third is told in place of the first, if that is not there, and the second
		if err := h.NoteDenied(t.Context(), nurse, "GET /users/"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseThatIsAwaySaysSo(t *testing.T) {
	t.Parallel()
	p, url := through(t, hospitaltest.PostgreSQL(t))
	h := newFixture(t, url)
	if health := h.Health(t.Context()); health.Database != hospital.HealthOK {
		t.Errorf("while it is there: %+v", health)
	}
	p.hangUp()
	_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie"})
	refused(t, err, hospital.Unavailable, "not_saved")
	_, err = h.WardBoard(t.Context(), hospital.System, h.a.ID)
	refused(t, err, hospital.Unavailable, "not_read")
	if health := h.HealthNow(t.Context()); health.Database != "unreachable" {
		t.Errorf("while it is away: %+v", health)
	}
}

func TestADatabaseThatCameBackIsUsedAtOnce(t *testing.T) {
	t.Parallel()
	p, url := through(t, hospitaltest.PostgreSQL(t))
	h := newFixture(t, url)
	for i, err := range atOnce(8, func(int) error { // so that the pool holds many connections
		_, err := h.WardBoard(t.Context(), hospital.System, h.a.ID)
		return err
	}) {
		if err != nil {
			t.Errorf("read %d: %v", i, err)
		}
	}
	for range 3 {
		p.cutLines()
		if _, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie"}); err != nil {
			t.Errorf("a command: %v", err)
		}
		p.cutLines()
		if _, err := h.WardBoard(t.Context(), hospital.System, h.a.ID); err != nil {
			t.Errorf("a read: %v", err)
		}
	}
}
