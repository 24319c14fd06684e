package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// The roles whose screens watch.
const (
	medical    = "medical_staff"
	management = "ward_management"
	kitchen    = "kitchen"
	delivery   = "delivery"
)

const (
	ownBeds   = 24
	preparers = 2 // people prepared at a time; a password takes much work on purpose
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
	return forEach(people, func(name, role string) error {
		_, err := h.dusangire(ctx, password+"\n", "user", "add", name, "--role", role)
		return err
	})
}

// forEach does something for so many people of each role, a few at a time.
func forEach(people map[string]int, do func(name, role string) error) error {
	type person struct{ name, role string }
	queue := make(chan person)
	var working sync.WaitGroup
	failures := make([]error, preparers)
	for hand := range failures {
		working.Go(func() {
			for p := range queue {
				failures[hand] = errors.Join(failures[hand], do(p.name, p.role))
			}
		})
	}
	for role, count := range people {
		for i := range count {
			queue <- person{fmt.Sprintf("load-%s-%d", role, i), role}
		}
	}
	close(queue)
	working.Wait()
	return errors.Join(failures...)
}

// open signs everyone in, fills half of the added ward and records a frame.
func (h *house) open(ctx context.Context, s *server, people map[string]int, password string) error {
	h.people = map[string][]string{}
	var mu sync.Mutex
	err := forEach(people, func(name, role string) error {
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

// record lets one screen watch one change and keeps its frame.
func (h *house) record(ctx context.Context, address string) ([]byte, error) {
	lanes, err := h.lanes(ctx, address, h.own)
	if err != nil {
		return nil, err
	}
	watching := &screen{seat: seatIn(h.own, h.someone(medical, 0))}
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

// someone takes turns among the people of a role.
func (h *house) someone(role string, i int) (token string) {
	return h.people[role][i%len(h.people[role])]
}

// start starts the server under test on a database.
func (h *house) start(ctx context.Context, database string) (*server, error) {
	process := exec.Command(h.program, "serve", "--addr", "127.0.0.1:0",
		"--metrics-addr", "127.0.0.1:0", "--database-url", database, "--redis-url", h.redis)
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
