package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital/hospitaltest"
)

// clerks admit patients, each under a key of its own, and keep what they were answered. One who gets no answer does not know
// whether the patient is in.
type clerks struct {
	s       *scene
	number  int
	client  *http.Client  // which keeps a connection for each, as their browsers do
	rest    time.Duration // of each between two patients
	mu      sync.Mutex
	answers map[string]int64 // by key; 0: no answer
	refused map[string]int   // answers of other kinds, by their status and code
}

// admissionPatience is how long a clerk waits for an answer.
const admissionPatience = 15 * time.Second

func (s *scene) clerks(number int) *clerks {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: number}}
	s.t.Cleanup(client.CloseIdleConnections)
	return &clerks{s: s, number: number, client: client, answers: map[string]int64{}, refused: map[string]int{}}
}

// work lets every clerk admit one patient after the other, in a round of its own number, until ctx ends. Who is refused or has no
// answer tries again under the same key.
func (c *clerks) work(ctx context.Context, round int) {
	var working sync.WaitGroup
	for clerk := range c.number {
		working.Go(func() {
			for n := 0; ctx.Err() == nil; {
				key := fmt.Sprintf("%d-%d-%d", round, clerk, n)
				a := c.admit(clerk%len(c.s.nodes), key)
				if c.keep(key, a); a.id == 0 {
					pauseFor(ctx, 100*time.Millisecond)
				} else {
					n++
					pauseFor(ctx, c.rest)
				}
			}
		})
	}
	working.Wait()
}

// answer is what a clerk was told: the id of the admission, or what kind of refusal.
type answer struct {
	id      int64
	refusal string
}

// What may come instead of a server's answer.
const (
	nobodyThere = "nobody there" // the system's answer: nothing was sent
	noAnswer    = "no answer"    // the line was cut, and nobody knows what became of it
)

// keep notes an answer. An admission that was promised once must be the same whenever it is asked
// about.
func (c *clerks) keep(key string, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.refusal != "" {
		c.refused[a.refusal]++
	}
	if known := c.answers[key]; known != 0 && a.id != 0 && known != a.id {
		c.s.t.Errorf("under the key %s the admission %d was made, and asked again it is %d", key, known,
			a.id)
	}
	c.answers[key] = max(a.id, c.answers[key])
}

// admit admits the patient of a key, who has no bed yet.
func (c *clerks) admit(node int, key string) answer {
	return c.send(node, key, fmt.Sprintf(`{"patient_name":"Umurwayi %s"}`, key))
}

// send sends an admission under a key.
func (c *clerks) send(node int, key, body string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), admissionPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.s.urls[node]+"/admissions", strings.NewReader(body))
	if err != nil {
		return answer{refusal: err.Error()}
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json",
		"Authorization": "Bearer " + c.s.tokens["medical_staff"], "Idempotency-Key": key} {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return answer{refusal: nobodyThere}
	case err != nil:
		return answer{refusal: noAnswer}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{refusal: noAnswer}
	}
	var told struct {
		ID   int64
		Type string
	}
	if err := json.Unmarshal(text, &told); err != nil || response.StatusCode == http.StatusCreated && told.ID == 0 {
		return answer{refusal: fmt.Sprintf("%d %s", response.StatusCode, text)}
	}
	if response.StatusCode != http.StatusCreated {
		return answer{refusal: fmt.Sprintf("%d %s", response.StatusCode, told.Type)}
	}
	return answer{id: told.ID}
}

// promised is how many admissions clerks were told of.
func (c *clerks) promised() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, id := range c.answers {
		if id != 0 {
			n++
		}
	}
	return n
}

// check checks that everything that was answered is there, once, and that whoever had no answer gets one that stays the same.
func (c *clerks) check() {
	t := c.s.t
	t.Helper()
	unknown := len(c.answers) - c.promised()
	var asking sync.WaitGroup
	keys := make(chan string)
	for range 8 {
		asking.Go(func() {
			for key := range keys {
				for range 2 {
					a := c.admit(0, key)
					if a.id == 0 {
						t.Errorf("asked again under the key %s, the answer is %s", key, a.refusal)
					}
					c.keep(key, a)
				}
			}
		})
	}
	c.mu.Lock()
	var all []string
	for key := range c.answers {
		all = append(all, key)
	}
	c.mu.Unlock()
	for _, key := range all {
		keys <- key
	}
	close(keys)
	asking.Wait()
	t.Logf("%d admissions were promised, of %d nobody knew; refusals: %v", len(all)-unknown, unknown, c.refused)
	c.s.wantNumber(len(all), "admissions", `SELECT count(*) FROM admission`)
	c.s.wantNumber(len(all), "patients", `SELECT count(*) FROM patient`)
	c.s.wantNumber(0, "admissions that the audit does not tell of exactly once", `SELECT count(*) FROM admission
		WHERE (SELECT count(*) FROM audit WHERE action = 'admission.admit' AND entity_id = admission.id AND patient_id = admission.patient_id) <> 1`)
	c.s.wantNumber(0, "lines of the audit without their admission", `SELECT count(*) FROM audit
		WHERE action = 'admission.admit' AND NOT EXISTS (SELECT 1 FROM admission WHERE admission.id = entity_id)`)
	const byTheWard = 1
	c.s.wantNumber(len(all)+byTheWard, "moves of the dashboards' topic", `SELECT rev FROM topic_rev WHERE topic = 'metrics'`)
	if path, ok := strings.CutPrefix(c.s.database, "sqlite:"); ok {
		var found string
		if err := hospitaltest.Database(t, c.s.database).QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&found); err != nil || found != "ok" {
			t.Errorf("the integrity of %s: %s %v", path, found, err)
		}
	}
}

// wantNumber checks one number that the database tells.
func (s *scene) wantNumber(want int, what, query string) {
	s.t.Helper()
	var got int
	if err := hospitaltest.Database(s.t, s.database).QueryRowContext(s.t.Context(), query).Scan(&got); err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	if got != want {
		s.t.Errorf("there are %d %s, want %d", got, what, want)
	}
}

// TestWhatWasAnsweredSurvivesAnyKill: kill -9 at any moment loses nothing that was answered, and nothing is done twice by trying again.
func TestWhatWasAnsweredSurvivesAnyKill(t *testing.T) {
	breaks(t)
	for name, fresh := range map[string]func(testing.TB) string{"SQLite": hospitaltest.SQLite, "PostgreSQL": hospitaltest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, fresh(t), 1, nil)
			clerks := s.clerks(16)
			rounds := dusangiretest.Size(3, 100)
			for round := range rounds {
				ctx, stop := context.WithCancel(t.Context())
				var working sync.WaitGroup
				working.Go(func() { clerks.work(ctx, round) })
				enough := clerks.promised() + 1 + rand.N(dusangiretest.Size(100, 300))
				dusangiretest.WaitFor(t, "clerks have been answered", func() bool { return clerks.promised() >= enough })
				s.nodes[0].Kill()
				stop()
				working.Wait()
				s.start(0)
			}
			clerks.check()
		})
	}
}
