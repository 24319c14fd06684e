package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// The benchmarks here measure what people wait for, over real sockets and in real browsers. Changes come one at a time, a moment
// apart, as people make them: the hub gathers changes that come closer together, and that wait would be measured instead.

const (
	watchers = 100 // screens and programs that watch the ward
	apart    = 100 * time.Millisecond
)

// nodes are the servers of one hospital: here is where changes are made, and there is where others look; with one node both are the same.
type nodes struct{ here, there *dusangiretest.Server }

// onEachHouse runs a benchmark on one node with SQLite, and on two with PostgreSQL and Redis.
func onEachHouse(b *testing.B, run func(b *testing.B, n nodes, board hospital.WardBoard)) {
	b.Run("one_node", func(b *testing.B) {
		quietly(b)
		s, board := dusangiretest.MustServeWard(b, 24, nil)
		settle(b, s, board)
		run(b, nodes{s, s}, board)
	})
	b.Run("redis", func(b *testing.B) {
		quietly(b)
		database, redis := hospitaltest.PostgreSQL(b), hubtest.StartRedis(b)
		join := func(c *program.ServeCommand) { c.DatabaseURL, c.RedisURL = database, redis.URL() }
		here, board := dusangiretest.MustServeWard(b, 24, join)
		settle(b, here, board)
		run(b, nodes{here, dusangiretest.MustServe(b, join)}, board)
	})
}

// quietly keeps the servers' logs out of the figures.
func quietly(b *testing.B) {
	b.Helper()
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	loud := os.Stderr
	os.Stderr = nowhere
	b.Cleanup(func() { os.Stderr = loud; nowhere.Close() })
}

// settle puts patients into most beds, and the last bed under the cleaners' hands.
func settle(b *testing.B, s *dusangiretest.Server, board hospital.WardBoard) {
	b.Helper()
	for i, bed := range board.Beds[:18] {
		dusangiretest.Admit(b, s, hospital.PatientName(fmt.Sprintf("Mukamana Chantal %c.", 'A'+i)), bed)
	}
	dusangiretest.SetBedStatus(b, s, lastBed(board), hospital.BedCleaning)
}

// lastBed is the one that is changed, to and fro between these states.
func lastBed(board hospital.WardBoard) hospital.BoardBed { return board.Beds[len(board.Beds)-1] }

func toAndFro(i int) hospital.BedStatus {
	return []hospital.BedStatus{hospital.BedMaintenance, hospital.BedCleaning}[i%2]
}

// arrival is when a watcher had a change, in how many bytes.
type arrival struct {
	at    time.Time
	html  bool
	bytes int
}

// audience is everyone who watches the ward.
type audience struct {
	arrivals chan arrival
	reading  sync.WaitGroup
	stop     context.CancelFunc
}

// gatherAudience lets half of the watchers read pages and half read JSON, on both nodes alike, until the benchmark ends.
func gatherAudience(b *testing.B, n nodes, board hospital.WardBoard) *audience {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	a := &audience{arrivals: make(chan arrival, watchers), stop: stop}
	clients := []dusangiretest.Client{n.here.SignIn(hospital.MedicalStaff), n.there.SignIn(hospital.WardManagement)}
	for i := range watchers {
		html := i%4 < 2
		s := clients[i%2].Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), map[bool]string{true: dusangiretest.AsHTML, false: dusangiretest.AsJSON}[html])
		s.Next()
		a.reading.Go(func() { a.read(ctx, s, html, lastBed(board)) })
	}
	b.Cleanup(func() { stop(); a.reading.Wait() })
	return a
}

// read tells of each message that brings a new state of the bed.
func (a *audience) read(ctx context.Context, s dusangiretest.Socket, html bool, bed hospital.BoardBed) {
	change := fmt.Sprintf(`"type":"bed_status_change","bed_id":%d,`, bed.ID)
	if html {
		change = fmt.Sprintf(`id="bed-%d"`, bed.ID)
	}
	for {
		_, message, err := s.Conn.Read(ctx)
		if err != nil {
			return
		}
		if at := time.Now(); strings.Contains(string(message), change) {
			select {
			case a.arrivals <- arrival{at, html, len(message)}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// everyone waits until each watcher has the change.
func (a *audience) everyone(b *testing.B) []arrival {
	b.Helper()
	late := time.After(dusangiretest.Soon)
	all := make([]arrival, 0, watchers)
	for len(all) < watchers {
		select {
		case next := <-a.arrivals:
			all = append(all, next)
		case <-late:
			b.Fatalf("only %d of %d watchers had the change after %v", len(all), watchers, dusangiretest.Soon)
		}
	}
	return all
}

// BenchmarkBedChangeReachesEveryScreen measures from just before a command is posted until its frame is there, at each of 100
// watchers and at the last of them.
func BenchmarkBedChangeReachesEveryScreen(b *testing.B) {
	onEachHouse(b, func(b *testing.B, n nodes, board hospital.WardBoard) {
		a := gatherAudience(b, n, board)
		manager := n.here.SignIn(hospital.WardManagement)
		path := fmt.Sprintf("/beds/%d/status", lastBed(board).ID)
		var each, last []time.Duration
		bytes := map[bool]int{}
		moment := time.NewTicker(apart)
		defer moment.Stop()
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			<-moment.C
			b.StartTimer()
			posted := time.Now()
			if status, body := manager.Post(path, map[string]any{"status": toAndFro(i)}); status != http.StatusNoContent {
				b.Fatalf("set %s: %d %s", toAndFro(i), status, body)
			}
			var slowest time.Duration
			for _, arrival := range a.everyone(b) {
				took := arrival.at.Sub(posted)
				each, slowest = append(each, took), max(slowest, took)
				bytes[arrival.html] = arrival.bytes
			}
			last = append(last, slowest)
		}
		report(b, "p50-ms", each, 0.5)
		report(b, "p99-ms", each, 0.99)
		report(b, "all-p50-ms", last, 0.5)
		b.ReportMetric(float64(bytes[true]), "html-bytes/frame")
		b.ReportMetric(float64(bytes[false]), "json-bytes/frame")
	})
}

// report reports a quantile of durations in milliseconds.
func report(b *testing.B, name string, took []time.Duration, quantile float64) {
	b.Helper()
	slices.Sort(took)
	at := took[min(int(quantile*float64(len(took))), len(took)-1)]
	b.ReportMetric(float64(at)/float64(time.Millisecond), name)
}

// BenchmarkClickToTheOtherScreen measures from a click on a button in one browser until the other's page has changed, while a
// hundred others watch the ward too. An operation is twenty clicks.
func BenchmarkClickToTheOtherScreen(b *testing.B) {
	onEachHouse(b, func(b *testing.B, n nodes, board hospital.WardBoard) {
		a := gatherAudience(b, n, board)
		bed := lastBed(board)
		nurse, manager := visitorAs(n.here, hospital.MedicalStaff), visitorAs(n.there, hospital.WardManagement)
		for _, p := range []*screen{nurse, manager} {
			p.openLive(dusangiretest.WardPath(board))
		}
		nurse.openBed(bed)
		ask[chromedp.Void](nurse, `addEventListener("click", () => { window.clicked = performance.timeOrigin + performance.now() }, {capture: true})`)
		ask[chromedp.Void](manager, fmt.Sprintf(`new MutationObserver(() => { window.changed ||= performance.timeOrigin + performance.now() })
			.observe(document.getElementById("bed-%d"), {attributes: true, attributeFilter: ["class"]})`, bed.ID))
		var took []time.Duration
		moment := time.NewTicker(apart)
		defer moment.Stop()
		for b.Loop() {
			for range 20 {
				to := toAndFro(len(took))
				<-moment.C
				ask[chromedp.Void](manager, `window.changed = 0`)
				if to == hospital.BedMaintenance { // which asks why
					nurse.unfold("take-out")
					nurse.choose("#take-out-reason", "brake stuck")
				}
				nurse.press(fmt.Sprintf(`.panel button[name="status"][value="%s"]`, to))
				manager.until("the bed to be shown as "+string(to), fmt.Sprintf(`window.changed && document.getElementById("bed-%d").classList.contains("%s")`, bed.ID, to))
				took = append(took, time.Duration((ask[float64](manager, `window.changed`)-ask[float64](nurse, `window.clicked`))*float64(time.Millisecond)))
				a.everyone(b)
				nurse.untilSays(".panel header", string(to))
			}
		}
		report(b, "p50-ms", took, 0.5)
		report(b, "max-ms", took, 1)
	})
}

// BenchmarkFirstPageAfterStart measures from the start of the program on an empty database, with the demo hospital to be
// written, until the first page is answered.
func BenchmarkFirstPageAfterStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "dusangire")
	if output, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, output)
	}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		address, database := dusangiretest.FreeAddress(b), filepath.Join(b.TempDir(), fmt.Sprintf("%d.db", i))
		command := exec.Command(program, "serve", "--demo", "--addr", address, "--database-url", "sqlite:"+database)
		b.StartTimer()
		began := time.Now()
		if err := command.Start(); err != nil {
			b.Fatal(err)
		}
		untilAnswered(b, "http://"+address+"/login")
		took = append(took, time.Since(began))
		b.StopTimer()
		if err := command.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		_ = command.Wait() // it was killed
		b.StartTimer()
	}
	report(b, "p50-ms", took, 0.5)
	report(b, "max-ms", took, 1)
}

// untilAnswered asks for a page until it is answered with 200.
func untilAnswered(b *testing.B, url string) {
	b.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	late := time.After(dusangiretest.Soon)
	for {
		response, err := http.Get(url)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-again.C:
		case <-late:
			b.Fatalf("%s is not answered: %v", url, err)
		}
	}
}
