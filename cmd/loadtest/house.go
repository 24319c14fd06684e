package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// house is a hospital that stands ready to be measured: the demo's, one more ward, and people who are signed in. It is prepared
// once; each server starts on a copy of it, or where it is PostgreSQL on the same.
type house struct {
	dir      string
	program  string // the server under test; empty: it is built
	database string // URL; empty: a file in dir
	redis    string
	settling time.Duration // after screens came, before memory is read

	wards  []int64             // the demo's
	own    int64               // the one added, in which half of the beds are free
	people map[string][]string // tokens of sessions, by role
	frame  []byte              // what a change of one bed of the own ward is sent as
	copies int
}

// The roles whose screens watch wards.
const (
	medical    = "medical_staff"
	management = "ward_management"
)

const (
	ownBeds     = 24
	signInsOnce = 2 // at a time; each takes much work on purpose
)

// prepare writes the hospital with so many people of each role.
func (h *house) prepare(ctx context.Context, people map[string]int) error {
	if h.database == "" {
		h.database = "sqlite:" + filepath.Join(h.dir, "hospital.db")
	}
	if err := h.build(ctx); err != nil {
		return err
	}
	if err := h.write(ctx); err != nil {
		return err
	}
	password := rand.Text()
	if err := h.employ(ctx, people, password); err != nil {
		return err
	}
	s, err := h.start(ctx, h.database)
	if err != nil {
		return err
	}
	err = errors.Join(h.open(ctx, s, people, password), s.stop())
	if err != nil {
		return fmt.Errorf("prepare the hospital: %w", err)
	}
	return nil
}

func (h *house) build(ctx context.Context) (err error) {
	if h.program == "" {
		h.program = filepath.Join(h.dir, "dusangire")
		_, err = run(ctx, "", "go", "build", "-o", h.program, "dusangire/cmd/dusangire")
	}
	return err
}

var addedWard = regexp.MustCompile(`^Ward (\d+) is`)

// write loads the demo hospital and adds the ward.
func (h *house) write(ctx context.Context) error {
	if _, err := h.dusangire(ctx, "", "demo"); err != nil {
		return err
	}
	list, err := h.dusangire(ctx, "", "ward", "list")
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		if id, err := strconv.ParseInt(strings.Fields(line)[0], 10, 64); err == nil { // not the heading
			h.wards = append(h.wards, id)
		}
	}
	said, err := h.dusangire(ctx, "", "ward", "add", "LOAD", "--name", "Load test", "--beds", strconv.Itoa(ownBeds))
	if err != nil {
		return err
	}
	found := addedWard.FindStringSubmatch(said)
	if found == nil {
		return fmt.Errorf("adding a ward said %q", said)
	}
	h.own, err = strconv.ParseInt(found[1], 10, 64)
	return err
}

// dusangire runs a command on the house's database.
func (h *house) dusangire(ctx context.Context, input string, args ...string) (string, error) {
	return run(ctx, input, h.program, append(args, "--database-url", h.database)...)
}

// employ creates logins.
func (h *house) employ(ctx context.Context, people map[string]int, password string) error {
	return inParallel(signInsOnce, people, func(name, role string) error {
		_, err := h.dusangire(ctx, password+"\n", "user", "add", name, "--role", role)
		return err
	})
}

// inParallel does something for each of the people.
func inParallel(atOnce int, people map[string]int, do func(name, role string) error) error {
	var working sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	places := make(chan struct{}, atOnce)
	for role, count := range people {
		for i := range count {
			working.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				if err := do(fmt.Sprintf("load-%s-%d", role, i), role); err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
			})
		}
	}
	working.Wait()
	return errors.Join(failures...)
}

// open signs everyone in, fills half of the added ward, learns which beds can be changed and records a frame.
func (h *house) open(ctx context.Context, s *server, people map[string]int, password string) error {
	h.people = map[string][]string{}
	var mu sync.Mutex
	err := inParallel(signInsOnce, people, func(name, role string) error {
		token, err := signIn(ctx, s.address, name, password)
		mu.Lock()
		defer mu.Unlock()
		h.people[role] = append(h.people[role], token)
		return err
	})
	if err != nil {
		return err
	}
	if err := h.fill(ctx, s.address); err != nil {
		return err
	}
	h.frame, err = h.record(ctx, s.address)
	return err
}

// fill admits patients into half of the beds of the added ward.
func (h *house) fill(ctx context.Context, address string) error {
	beds, err := h.freeBeds(ctx, address, h.own)
	if err != nil {
		return err
	}
	for _, bed := range beds[len(beds)/2:] {
		fields := map[string]any{"patient_name": fmt.Sprintf("Umurwayi %d", bed.ID), "bed_id": bed.ID}
		if err := post(ctx, address, h.someone(medical, 0), "/admissions", fields, nil); err != nil {
			return err
		}
	}
	return nil
}

func signIn(ctx context.Context, address, name, password string) (token string, err error) {
	var session struct{ Token string }
	err = post(ctx, address, "", "/login", map[string]any{"username": name, "password": password}, &session)
	return session.Token, err
}

// bed is one that commands can take to and fro.
type bed struct {
	ID     int64
	Status string
}

// freeBeds finds the beds of a ward that nobody lies in or mends.
func (h *house) freeBeds(ctx context.Context, address string, ward int64) ([]*bed, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/wards/%d/", address, ward), nil)
	if err != nil {
		return nil, err
	}
	var board struct{ Beds []*bed }
	err = ask(request, h.someone(medical, 0), &board)
	return slices.DeleteFunc(board.Beds, func(b *bed) bool { return next[b.Status] == "" }), err
}

// next is to what a bed is taken from each state.
var next = map[string]string{"cleaning": "available", "available": "reserved", "reserved": "available"}

// record lets one screen watch one change and keeps its frame.
func (h *house) record(ctx context.Context, address string) ([]byte, error) {
	lanes, err := h.lanes(ctx, address, h.own)
	if err != nil {
		return nil, err
	}
	watching := &screen{seat: h.seatIn(h.own, medical, 0)}
	if err := watching.open(ctx, address); err != nil {
		return nil, err
	}
	defer watching.conn.Close()
	if err := watching.conn.SetReadDeadline(time.Now().Add(startWithin)); err != nil {
		return nil, err
	}
	before, _, _, err := watching.next()
	if err != nil {
		return nil, err
	}
	if err := lanes[0].give(ctx); err != nil {
		return nil, err
	}
	for {
		_, frame, err := watching.conn.ReadMessage()
		if err != nil {
			return nil, fmt.Errorf("the frame of a change did not come: %w", err)
		}
		if shown, _ := revisionOf(watching.topic, shownIn(frame)); shown > before {
			return frame, nil
		}
	}
}

// seatIn is the i-th seat before a ward's page.
func (h *house) seatIn(ward int64, role string, i int) seat {
	return seat{path: fmt.Sprintf("/ws/ward/%d/", ward), topic: wardTopic(ward), token: h.someone(role, i)}
}

// someone takes turns among the people of a role.
func (h *house) someone(role string, i int) (token string) {
	return h.people[role][i%len(h.people[role])]
}

func wardTopic(ward int64) string { return fmt.Sprintf("ward:%d", ward) }

const metricsTopic = "metrics"

// lanes are the beds of some wards that can be changed, one of each ward after the other.
func (h *house) lanes(ctx context.Context, address string, wards ...int64) ([]lane, error) {
	var lanes []lane
	byWard := make([][]*bed, len(wards))
	most := 0
	for i, ward := range wards {
		var err error
		if byWard[i], err = h.freeBeds(ctx, address, ward); err != nil {
			return nil, err
		}
		most = max(most, len(byWard[i]))
	}
	for n := range most {
		for i, ward := range wards {
			if n < len(byWard[i]) {
				lanes = append(lanes, h.lane(address, ward, byWard[i][n]))
			}
		}
	}
	return lanes, nil
}

// lane is a bed that is taken to its next state by each command.
func (h *house) lane(address string, ward int64, b *bed) lane {
	token, path := h.someone(medical, 0), fmt.Sprintf("/beds/%d/status", b.ID)
	return lane{topics: []string{wardTopic(ward), metricsTopic}, give: func(ctx context.Context) error {
		to := next[b.Status]
		err := post(ctx, address, token, path, map[string]any{"status": to}, nil)
		if err == nil {
			b.Status = to
		}
		return err
	}}
}

// start starts the server under test on a database.
func (h *house) start(ctx context.Context, database string) (*server, error) {
	process := exec.Command(h.program, "serve", "--addr", "127.0.0.1:0", "--database-url", database, "--redis-url", h.redis)
	return startServer(ctx, process)
}

// startCopy starts it on a hospital as it was prepared.
func (h *house) startCopy(ctx context.Context) (*server, error) {
	prepared, isFile := strings.CutPrefix(h.database, "sqlite:")
	if !isFile {
		return h.start(ctx, h.database)
	}
	h.copies++
	fresh := filepath.Join(h.dir, fmt.Sprintf("%d.db", h.copies))
	if err := copyFile(fresh, prepared); err != nil {
		return nil, err
	}
	return h.start(ctx, "sqlite:"+fresh)
}

// startBare starts this program as a bare server that sends the recorded frame.
func (h *house) startBare(ctx context.Context, k kind) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process := exec.Command(self, bareCommand, string(k))
	process.Stdin = bytes.NewReader(h.frame)
	return startServer(ctx, process)
}

// commands is the client that gives commands: it keeps a connection for each lane.
var commands = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1 << 10}}

// post gives a command as a program does, and reads what it answers into a value where one is given.
func post(ctx context.Context, address, token, path string, fields map[string]any, into any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return ask(request, token, into)
}

func ask(request *http.Request, token string, into any) error {
	request.Header.Set("Accept", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := commands.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
