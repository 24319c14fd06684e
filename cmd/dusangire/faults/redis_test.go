package faults_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// Whatever happens to Redis, people notice nothing but that changes made on another node take up to a second longer.
func (s *scene) noticesNothing(fault func()) {
	s.t.Helper()
	began := time.Now()
	shift := s.work(dusangiretest.Size(20, 50))
	pauseFor(s.t.Context(), time.Second)
	fault()
	s.end(shift)
	s.t.Logf("every screen showed the last change %v after it", s.settled().Round(time.Millisecond))
	whole := span{began, time.Now()}
	s.judge(allowing(healthy), whole)
	if n := s.bannersWithin(whole); n > 0 {
		s.t.Errorf("%d screens said that they are not live, and all that was broken is the bus", n)
	}
}

func TestWhileRedisIsKilledAgainAndAgainScreensFollowTheDatabase(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	bus := []string{"--redis-url", redis.URL()}
	s := newScene(t, hospitaltest.PostgreSQL(t), 24, bus, bus)
	s.open(dusangiretest.Size(12, 200))
	s.noticesNothing(func() {
		for range dusangiretest.Size(3, 20) {
			redis.Kill()
			pauseFor(t.Context(), 200*time.Millisecond+rand.N(dusangiretest.Size(time.Second, 4800*time.Millisecond)))
			redis.Start()
			pauseFor(t.Context(), time.Second)
		}
	})
	s.sameAsNew()
}

func TestWhenRedisIsCutOffSlowOrFrozenScreensFollowTheDatabase(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	line := newLink(t, "tcp", redis.Address())
	s := newScene(t, hospitaltest.PostgreSQL(t), 24, []string{"--redis-url", redis.URL()}, []string{"--redis-url", "redis://" + line.near()})
	s.open(dusangiretest.Size(12, 200))
	for _, c := range []struct {
		name        string
		begin, over func()
		lasts       time.Duration
	}{
		{"a cable is pulled", func() { line.suffer(faults{hole: true}) }, func() { line.suffer(faults{}) }, dusangiretest.Size(5*time.Second, time.Minute)},
		{"all takes two seconds", func() { line.suffer(faults{latency: 2 * time.Second}) }, func() { line.suffer(faults{}) }, dusangiretest.Size(3*time.Second, 20*time.Second)},
		{"a kilobyte gets through each second", func() { line.suffer(faults{rate: 1 << 10}) }, func() { line.suffer(faults{}) }, dusangiretest.Size(3*time.Second, 20*time.Second)},
		{"a firewall resets all connections", line.reset, func() {}, 2 * time.Second},
		{"Redis stands still", redis.Freeze, redis.Thaw, dusangiretest.Size(4*time.Second, 30*time.Second)},
	} {
		for range dusangiretest.Size(1, 3) {
			t.Logf("---- %s", c.name)
			s.noticesNothing(func() {
				c.begin()
				pauseFor(t.Context(), c.lasts)
				c.over()
			})
			over := time.Now()
			dusangiretest.WaitFor(t, "both nodes hear Redis again", func() bool {
				return !slices.ContainsFunc(s.nodes, func(n *dusangiretest.Process) bool {
					return dusangiretest.GetStatus(t, n.URL+"/readyz") != http.StatusOK
				})
			})
			if took := time.Since(over); took > allowing(4*time.Second) {
				t.Errorf("%s: the bus was back only after %v", c.name, took)
			}
		}
	}
	s.sameAsNew()
}

// A hint says only where to look. Whatever stands on the channel, screens show what the database holds, who is signed out is let go,
// and the server does not get out of breath.
func TestForgedHintsShowNothingHideNothingAndCostLittle(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	s := newScene(t, hospitaltest.PostgreSQL(t), 24, []string{"--redis-url", redis.URL()})
	s.open(dusangiretest.Size(9, 60))
	node := s.nodes[0]
	leaver := node.SignIn(string(hospital.MedicalStaff))
	signedOut := leaver.Watch("/ws/dashboard/medical_staff/", dusangiretest.AsJSON)
	signedOut.Next()
	began, reads, cpu := time.Now(), node.Metric("dusangire_view_reads_total"), node.Metric("process_cpu_seconds_total")
	s.noticesNothing(func() { s.forge(redis, dusangiretest.Size(30_000, 1_000_000)) })
	took := time.Since(began).Seconds()
	reads, cpu = node.Metric("dusangire_view_reads_total")-reads, node.Metric("process_cpu_seconds_total")-cpu
	t.Logf("%.0f reads and %.2f s of the processor in %.1f s", reads, cpu, took)
	const views = 4
	if most := views * 20 * (took + 1); reads > most {
		t.Errorf("forged hints cost %.0f reads in %.1f s, want %.0f at most: 20 a second for each view", reads, took, most)
	}
	if status, body := leaver.Post("/logout", nil); status != http.StatusNoContent {
		t.Fatalf("sign out: %d %s", status, body)
	}
	if code := signedOut.CloseCode(); code != 4401 {
		t.Errorf("after signing out the socket was closed with %d, want 4401", code)
	}
	s.sameAsNew()
}

// forge publishes a number of messages that nobody should, among them what a thief of the epoch would.
func (s *scene) forge(server *hubtest.Redis, messages int) {
	s.t.Helper()
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	stranger := redis.NewClient(options)
	defer stranger.Close()
	db := hospitaltest.Database(s.t, s.database)
	var epoch string
	if err := db.QueryRowContext(s.t.Context(), `SELECT value FROM meta WHERE name = 'epoch'`).Scan(&epoch); err != nil {
		s.t.Fatal(err)
	}
	topics := []string{"metrics", fmt.Sprintf("ward:%d", s.board.ID), "ward:4711", strings.Repeat("x", 300)}
	for user := range 8 {
		topics = append(topics, fmt.Sprintf("user:%d", user))
	}
	forged := []func() string{
		func() string { return hintOf(epoch, topics[rand.N(len(topics))], 1<<60) },
		func() string { return hintOf(epoch, topics[rand.N(len(topics))], rand.Int64N(100)) },
		func() string { return hintOf(epoch, topics[rand.N(len(topics))], -1) },
		func() string { return hintOf("another", topics[rand.N(len(topics))], 1<<60) },
		func() string { return strings.Repeat("y", rand.N(4096)) },
		func() string { return `{"topic":["metrics"],"rev":"1"}` },
	}
	const together = 1000
	for sent := 0; sent < messages; sent += together {
		pipeline := stranger.Pipeline()
		for range together {
			pipeline.Publish(s.t.Context(), "dusangire:hints", forged[rand.N(len(forged))]())
		}
		if _, err := pipeline.Exec(s.t.Context()); err != nil {
			s.t.Fatalf("publish: %v", err)
		}
	}
}

func hintOf(epoch, topic string, revision int64) string {
	return fmt.Sprintf(`{"epoch":%q,"topic":%q,"rev":%d}`, epoch, topic, revision)
}
