package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fixture is a hospital that is ready to be measured: the demo's, one more ward, and people who are
// signed in. It is prepared once. Each server starts on a copy of it, or on the same PostgreSQL.
type fixture struct {
	dir      string
	program  string // the server under test; empty: it is built
	database string // URL; empty: a file in dir
	redis    string
	settle   time.Duration // before memory is read, after screens came

	added  int64               // the ward that was added, in which half of the beds are free
	tokens map[string][]string // of sessions, by role
	copies int
}

const addedBeds = 24

// prepare writes the hospital with so many people of each role.
func (f *fixture) prepare(ctx context.Context, people map[string]int) error {
	if f.program == "" {
		f.program = filepath.Join(f.dir, "dusangire")
		_, err := command(ctx, "", "go", "build", "-o", f.program, "dusangire/cmd/dusangire")
		if err != nil {
			return err
		}
	}
	if f.database == "" {
		f.database = "sqlite:" + filepath.Join(f.dir, "hospital.db")
	}
	if _, err := f.dusangire(ctx, "", "demo"); err != nil {
		return err
	}
	beds := strconv.Itoa(addedBeds)
	said, err := f.dusangire(ctx, "", "ward", "add", "LOAD", "--name", "Load test", "--beds", beds)
	if err != nil {
		return err
	}
	if _, err := fmt.Sscanf(said, "Ward %d is", &f.added); err != nil {
		return fmt.Errorf("adding a ward said %q: %w", said, err)
	}
	server, err := f.start(ctx, f.database)
	if err != nil {
		return err
	}
	return errors.Join(f.fill(ctx, server.address, people), server.stop())
}

// fill signs people in and takes half of the added ward's beds.
func (f *fixture) fill(ctx context.Context, address string, people map[string]int) error {
	if err := f.signIn(ctx, address, people); err != nil {
		return err
	}
	beds, err := f.freeBeds(ctx, address, f.added)
	for _, bed := range beds[len(beds)/2:] {
		name, medic := fmt.Sprintf("Umurwayi %d", bed.ID), f.as(medical, 0, address)
		patient := map[string]any{"patient_name": name, "bed_id": bed.ID}
		err = errors.Join(err, medic.do(ctx, "POST", "/admissions", patient, nil))
	}
	return err
}

// signIn creates so many people of each role, who begin a session each.
func (f *fixture) signIn(ctx context.Context, address string, people map[string]int) error {
	password := rand.Text()
	f.tokens = map[string][]string{}
	for role, count := range people {
		for i := range count {
			name := fmt.Sprintf("load-%s-%d", role, i)
			_, err := f.dusangire(ctx, password, "user", "add", name, "--role", role)
			if err != nil {
				return err
			}
			var session struct{ Token string }
			login := map[string]any{"username": name, "password": password}
			err = api{address: address}.do(ctx, "POST", "/login", login, &session)
			if err != nil {
				return err
			}
			f.tokens[role] = append(f.tokens[role], session.Token)
		}
	}
	return nil
}

// as gives commands as the i-th person of a role; people take turns.
func (f *fixture) as(role string, i int, address string) api {
	return api{address, f.tokens[role][i%len(f.tokens[role])]}
}

// bed is one that commands can take to and fro.
type bed struct {
	ID     int64
	Status string
}

// nextStatus is to what a bed is taken from each state.
var nextStatus = map[string]string{
	"cleaning": "available", "available": "reserved", "reserved": "available",
}

// demoWards are the ids of those that were there before one was added.
func (f *fixture) demoWards() []int64 {
	var ids []int64
	for id := int64(1); id < f.added; id++ {
		ids = append(ids, id)
	}
	return ids
}

// freeBeds finds the beds of a ward that nobody lies in or mends.
func (f *fixture) freeBeds(ctx context.Context, address string, ward int64) ([]*bed, error) {
	var board struct{ Beds []*bed }
	err := f.as(medical, 0, address).do(ctx, "GET", fmt.Sprintf("/wards/%d/", ward), nil, &board)
	taken := func(b *bed) bool { return nextStatus[b.Status] == "" }
	return slices.DeleteFunc(board.Beds, taken), err
}

// writers change the free beds of some wards, one of each ward after the other.
func (f *fixture) writers(ctx context.Context, address string, wards ...int64) ([]writer, error) {
	free := make([][]*bed, len(wards))
	most := 0
	for i, ward := range wards {
		var err error
		if free[i], err = f.freeBeds(ctx, address, ward); err != nil {
			return nil, err
		}
		most = max(most, len(free[i]))
	}
	var writers []writer
	for n := range most {
		for i, beds := range free {
			if n < len(beds) {
				writers = append(writers, f.bedWriter(address, wards[i], beds[n]))
			}
		}
	}
	return writers, nil
}

// bedWriter takes a bed to its next state with each command.
func (f *fixture) bedWriter(address string, ward int64, b *bed) writer {
	medic, path := f.as(medical, 0, address), fmt.Sprintf("/beds/%d/status", b.ID)
	return writer{[]string{wardTopic(ward), metricsTopic}, func(ctx context.Context) error {
		next := nextStatus[b.Status]
		err := medic.do(ctx, "POST", path, map[string]any{"status": next}, nil)
		if err == nil {
			b.Status = next
		}
		return err
	}}
}

func wardTopic(ward int64) string { return fmt.Sprintf("ward:%d", ward) }

// subscriptions are those of the plan's screens: people take turns, and so do wards.
func (f *fixture) subscriptions(p plan) []subscription {
	var all []subscription
	people, wards, shown := map[string]int{}, f.demoWards(), 0
	for i := range p.screens {
		s := p.screen(i)
		ward := f.added
		if p.mixed && s.path == "" {
			ward = wards[shown%len(wards)]
			shown++
		}
		if s.path == "" {
			s.path, s.topic = fmt.Sprintf("/ws/ward/%d/", ward), wardTopic(ward)
		}
		token := f.as(s.role, people[s.role], "").token
		people[s.role]++
		all = append(all, subscription{s.path, s.topic, token})
	}
	return all
}

// dusangire runs a command on the hospital's database.
func (f *fixture) dusangire(ctx context.Context, input string, args ...string) (string, error) {
	return command(ctx, input, f.program, append(args, "--database-url", f.database)...)
}

// command runs a program to its end with a line for its standard input, and returns its output.
func command(ctx context.Context, input, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdin = strings.NewReader(input + "\n")
	output, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output), nil
}

// start starts the server under test on a database.
func (f *fixture) start(ctx context.Context, database string) (*process, error) {
	p, metrics := &process{address: freeAddress()}, freeAddress()
	p.metrics = "http://" + metrics + "/metrics"
	return startProcess(ctx, p, f.program, "serve", "--addr", p.address, "--metrics-addr", metrics,
		"--database-url", database, "--redis-url", f.redis)
}

// startCopy starts it on the hospital as it was prepared.
func (f *fixture) startCopy(ctx context.Context) (*process, error) {
	prepared, isFile := strings.CutPrefix(f.database, "sqlite:")
	if !isFile {
		return f.start(ctx, f.database)
	}
	hospital, err := os.ReadFile(prepared)
	if err != nil {
		return nil, err
	}
	f.copies++
	fresh := filepath.Join(f.dir, fmt.Sprintf("%d.db", f.copies))
	if err := os.WriteFile(fresh, hospital, 0o600); err != nil {
		return nil, err
	}
	return f.start(ctx, "sqlite:"+fresh)
}
