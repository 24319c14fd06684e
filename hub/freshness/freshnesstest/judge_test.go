package freshnesstest_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/dop251/goja"
	"pgregory.net/rapid"

	"dusangire/hub/freshness"
	"dusangire/hub/freshness/freshnesstest"
)

const cases = "../../../static/testdata"

// The cases are played in the engine that the witnesses of the fault tests judge by.
func TestAPageIsJudgedAsTheCasesSay(t *testing.T) {
	engine := goja.New()
	for _, name := range []string{"../freshness.js", "play.js"} {
		source, err := os.ReadFile(filepath.Join(cases, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.RunScript(name, string(source)); err != nil {
			t.Fatal(err)
		}
	}
	source, err := os.ReadFile(filepath.Join(cases, "freshness.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table map[string]any
	if err := json.Unmarshal(source, &table); err != nil {
		t.Fatal(err)
	}
	if err := engine.Set("table", table); err != nil {
		t.Fatal(err)
	}
	for i, one := range table["cases"].([]any) {
		t.Run(one.(map[string]any)["name"].(string), func(t *testing.T) {
			if err := engine.Set("i", i); err != nil {
				t.Fatal(err)
			}
			failures, err := engine.RunString(`play.failures(freshness, table, table.cases[i]).join("\n")`)
			if err != nil {
				t.Fatal(err)
			}
			if failures.String() != "" {
				t.Error(failures)
			}
		})
	}
}

// The same cases, in an engine of the kind that browsers have.
func TestAPageIsJudgedAsTheCasesSayByNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not installed: `make deps` installs it on Debian and Ubuntu (package nodejs)")
	}
	run := exec.CommandContext(t.Context(), node, "--test", cases+"/freshness.test.js")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// history is what has happened to a page, and what the page must be by that, told in another way
// than the script does: from what was heard, not from one state to the next.
type history struct {
	judge *freshnesstest.Judge
	state freshnesstest.State

	now, slept, nodeAhead float64 // the page's clock; by how much the one on the wall is ahead of it
	socket                int
	ready                 int
	hidden                bool

	trueAt      float64 // the latest that a marker said what is shown was so
	databaseOK  bool    // by the last marker
	behindSince float64 // by the markers since the page was last current or not live; < 0: it is
	failed      bool
	gone        bool
}

func begin(t *rapid.T, judge *freshnesstest.Judge) *history {
	const born = 50.0
	h := &history{judge: judge, now: born, trueAt: math.Inf(-1), behindSince: -1, databaseOK: true}
	h.nodeAhead = rapid.Float64Range(-1e6, 1e6).Draw(t, "nodeAhead")
	h.state = judge.Begin(freshnesstest.Page{"now": born, "wall": h.wall(), "epoch": "e",
		"shown": "w=5", "parts": "5", "time": "14:32:05", "limits": freshness.ForPages()})
	return h
}

func (h *history) wall() float64 { return 1e12 + h.now + h.slept }

func (h *history) tell(kind string, told freshnesstest.Event) []freshnesstest.Action {
	e := freshnesstest.Event{"type": kind, "now": h.now, "wall": h.wall(), "hidden": h.hidden,
		"socket": h.socket, "ready": h.ready}
	for name, value := range told {
		e[name] = value
	}
	var actions []freshnesstest.Action
	h.state, actions = h.judge.Judge(h.state, e)
	return actions
}

// happens lets something happen that may happen to a page.
func (h *history) happens(t *rapid.T) (what string) {
	kinds := []string{"tick", "tick", "tick", "marker", "marker", "marker", "polled", "polled",
		"frame", "connecting", "opened", "closed", "answered", "poll", "posted", "undrawn", "impossible",
		"visibility", "online", "again", "sleep", "failed", "ended"}
	what = rapid.SampledFrom(kinds).Draw(t, "what")
	switch what {
	case "marker", "polled":
		h.marker(t, what == "polled")
	case "sleep":
		h.slept += rapid.Float64Range(0, 1e5).Draw(t, "slept")
		h.tell("tick", nil)
	case "connecting":
		h.socket, h.ready = h.socket+1, 0
		h.tell(what, freshnesstest.Event{"again": rapid.Bool().Draw(t, "again")})
	case "opened":
		h.ready = 1
		h.tell(what, nil)
	case "closed", "ended":
		code := rapid.SampledFrom([]int{1000, 1006, 1012, 1013, 0, 4401, 4403, 4404}).Draw(t, "code")
		h.gone = h.gone || code > 4000
		h.ready = 3
		h.tell(what, freshnesstest.Event{"code": code})
	case "frame":
		h.tell(what, freshnesstest.Event{
			"ours": rapid.Bool().Draw(t, "ours"), "fits": rapid.Bool().Draw(t, "fits"), "epoch": "e",
			"shown": rapid.SampledFrom([]string{"w=4", "w=5", "w=6"}).Draw(t, "shown")})
	case "undrawn":
		by := rapid.SampledFrom([]string{"yes", "polled"}).Draw(t, "by")
		h.tell(what, freshnesstest.Event{"by": by})
	case "answered":
		h.tell(what, freshnesstest.Event{"came": rapid.Bool().Draw(t, "came"), "chance": 0.5})
	case "visibility":
		h.hidden = !h.hidden
		h.tell(what, nil)
	case "failed":
		h.failed = true
		h.tell(what, nil)
	default:
		h.tell(what, nil)
	}
	return what
}

// marker lets a marker come, as one that was made some time ago and on its way since then.
func (h *history) marker(t *rapid.T, polled bool) {
	age := rapid.Float64Range(0, 5000).Draw(t, "age")
	way := rapid.Float64Range(0, 5000).Draw(t, "way")
	isCurrent := rapid.Bool().Draw(t, "current")
	h.databaseOK = rapid.IntRange(0, 9).Draw(t, "database") > 0
	marker := map[string]any{"epoch": "e", "shown": "w=5", "age": age, "database": "ok",
		"sent": h.now - way + h.nodeAhead}
	if !isCurrent {
		marker["current"] = "w=6"
	}
	if !h.databaseOK {
		marker["database"] = "down"
	}
	told := freshnesstest.Event{"by": "yes", "marker": marker, "parts": "5", "time": "14:32:06"}
	if polled {
		told["by"], told["askedAt"] = "polled", h.now-way
	}
	h.tell("marker", told)
	h.trueAt = max(h.trueAt, h.now-age) // or earlier: the script can't tell all of the way
	if isCurrent {
		h.behindSince = -1
	} else if h.behindSince < 0 {
		h.behindSince = h.now
	}
}

// Whatever happens to a page, it is never live where it must not be.
func TestAPageIsNeverLiveWhereItMustNotBe(t *testing.T) {
	judge, err := freshnesstest.New()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, judge)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			h.now += rapid.Float64Range(0, 3000).Draw(t, "later")
			what := h.happens(t)
			h.check(t, what)
		}
	})
}

func (h *history) check(t *rapid.T, what string) {
	live := h.judge.Text(h.state, "live")
	until := h.state.Until
	if live == "no" {
		h.behindSince = -1
		if until != 0 {
			t.Fatalf("after %s the page is not live, and until %v", what, until)
		}
		return
	}
	limit := func(name string) float64 { return h.judge.Number(h.state, name) }
	if until > h.trueAt+limit("heartbeatTimeout") {
		t.Fatalf("after %s at %v the page is live until %v, and its last marker was true at %v",
			what, h.now, until, h.trueAt)
	}
	if h.behindSince >= 0 && until > h.behindSince+limit("maxBehind") {
		t.Fatalf("after %s at %v the page is live until %v, and behind since %v",
			what, h.now, until, h.behindSince)
	}
	judged := what == "tick" || what == "marker" || what == "polled"
	if judged && !h.hidden && h.now > until {
		t.Fatalf("after %s at %v the page is live, which it was to be until %v", what, h.now, until)
	}
	for why, is := range map[string]bool{
		"its database is not ok": !h.databaseOK, "nobody sees it": h.hidden,
		"its script has failed": h.failed, "the person may not be here": h.gone,
	} {
		if is {
			t.Fatalf("after %s the page is live although %s", what, why)
		}
	}
}

// Once the person may not be here, nothing happens any more.
func TestACodeThatEndsAPageEndsItForEver(t *testing.T) {
	judge, err := freshnesstest.New()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := begin(t, judge)
		for range rapid.IntRange(0, 20).Draw(t, "before") {
			h.now += rapid.Float64Range(0, 3000).Draw(t, "later")
			h.happens(t)
		}
		code := rapid.SampledFrom([]int{4401, 4403, 4404}).Draw(t, "code")
		h.tell("ended", freshnesstest.Event{"code": code})
		for range rapid.IntRange(1, 20).Draw(t, "after") {
			h.now += rapid.Float64Range(0, 3000).Draw(t, "later")
			h.happens(t)
			if !h.judge.Is(h.state, "gone") || h.judge.Text(h.state, "live") != "no" {
				t.Fatal("a page that has ended is there again")
			}
		}
		for _, kind := range []string{"connecting", "frame"} {
			does := h.tell(kind, freshnesstest.Event{"ours": true, "fits": true})
			if len(does) != 1 || does[0].Do != "refuse" {
				t.Fatalf("a page that has ended does %v when told of %s", does, kind)
			}
		}
		for _, kind := range []string{"tick", "again", "poll", "online"} {
			if does := h.tell(kind, nil); len(does) > 0 {
				t.Fatalf("a page that has ended does %v when told of %s", does, kind)
			}
		}
	})
}
