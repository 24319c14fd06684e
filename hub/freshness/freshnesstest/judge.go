// Package freshnesstest judges a page's freshness without a browser, by the very script that pages
// are served: static/freshness.js says what events there are, and what is to be done.
package freshnesstest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/dop251/goja"

	"dusangire/static"
)

// Judge runs the script in an engine of its own. It is safe for concurrent use.
type Judge struct {
	mu     sync.Mutex
	engine *goja.Runtime
	begin  goja.Callable
	judge  goja.Callable
	read   goja.Callable
	older  goja.Callable
	frames map[string]Frame // read lately: screens of one view get the same
}

// keptFrames is how many frames a Judge remembers.
const keptFrames = 64

// State is what the script knows of one page. It belongs to the Judge that returned it.
type State struct {
	of *goja.Object
	// Until is the time of the page's clock, in milliseconds, up to which the page is live if
	// nothing more happens; 0: it is not.
	Until float64
}

// Event is something that happens to a page, and Page what it is when it has been loaded: fields by
// the names that the script has for them, times as float64 in milliseconds.
type (
	Event map[string]any
	Page  map[string]any
)

// Action is something that a page must do.
type Action struct {
	Do, By, Notice string
	After          time.Duration
}

// Frame is what the script must know of a frame before it is shown.
type Frame struct {
	Epoch, Shown any // undefined where the frame has no marker
	Targets      []string
}

// New returns a judge. An error is the script's.
func New() (*Judge, error) {
	j := &Judge{engine: goja.New(), frames: map[string]Frame{}}
	if _, err := j.engine.RunScript("freshness.js", script("freshness.js")); err != nil {
		return nil, err
	}
	const judge = `(state, event) => {
		const judged = freshness.judge(state, event);
		return { ...judged, until: freshness.until(judged.state) };
	}`
	for code, function := range map[string]*goja.Callable{
		judge: &j.judge, "freshness.begin": &j.begin, "freshness.read": &j.read,
		"freshness.isOlder": &j.older,
	} {
		value, err := j.engine.RunString(code)
		if err != nil {
			return nil, err
		}
		found, isFunction := goja.AssertFunction(value)
		if !isFunction {
			return nil, fmt.Errorf("%s is no function", code)
		}
		*function = found
	}
	return j, nil
}

// script is a file as it is served.
func script(name string) string {
	answer := httptest.NewRecorder()
	static.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, static.Path(name), nil))
	return answer.Body.String()
}

// call calls a function of the script, whose only error is to be broken.
func (j *Judge) call(function goja.Callable, given ...any) goja.Value {
	values := make([]goja.Value, len(given))
	for i, one := range given {
		values[i] = j.engine.ToValue(one)
	}
	result, err := function(goja.Undefined(), values...)
	if err != nil {
		panic("freshness.js: " + err.Error())
	}
	return result
}

// Begin is the state of a page that has just been loaded.
func (j *Judge) Begin(page Page) State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return State{of: j.call(j.begin, map[string]any(page)).(*goja.Object)}
}

// Judge returns the state of a page after an event, and what the page must do, in order.
func (j *Judge) Judge(s State, e Event) (State, []Action) {
	j.mu.Lock()
	defer j.mu.Unlock()
	judged := j.call(j.judge, s.of, map[string]any(e)).(*goja.Object)
	var actions []Action
	for _, said := range judged.Get("actions").Export().([]any) {
		actions = append(actions, actionOf(said.(map[string]any)))
	}
	return State{judged.Get("state").(*goja.Object), judged.Get("until").ToFloat()}, actions
}

func actionOf(said map[string]any) Action {
	var a Action
	a.Do, _ = said["do"].(string)
	a.By, _ = said["by"].(string)
	a.Notice, _ = said["notice"].(string)
	switch after := said["after"].(type) {
	case int64:
		a.After = time.Duration(after) * time.Millisecond
	case float64:
		a.After = time.Duration(after * float64(time.Millisecond))
	}
	return a
}

// Text is a field of a state, such as "live".
func (j *Judge) Text(s State, field string) string { return j.field(s, field).String() }

// Number is a field of a state, such as "trueAt"; of its limits where it is none of its own.
func (j *Judge) Number(s State, field string) float64 { return j.field(s, field).ToFloat() }

// Is reports whether a field of a state is true, such as "gone".
func (j *Judge) Is(s State, field string) bool { return j.field(s, field).ToBoolean() }

func (j *Judge) field(s State, field string) goja.Value {
	j.mu.Lock()
	defer j.mu.Unlock()
	if found := s.of.Get(field); found != nil {
		return found
	}
	return s.of.Get("limits").(*goja.Object).Get(field)
}

// ascii is a text with another letter in place of each that is not ASCII. The script looks for
// attributes, which are; the engine takes twenty times as long over text that is not.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, text)
}

// clocks are what differs between the markers of two frames that show the same, and nothing that is
// read: each poll has its own.
var clocks = regexp.MustCompile(` (?:datetime|data-age|data-sent)="[^"]*"|>[0-9:]+</time>`)

// likeness is a frame without the clocks of its marker, which ends it.
func likeness(frame string) string {
	at := max(0, strings.LastIndex(frame, `<time id="live"`))
	return frame[:at] + clocks.ReplaceAllString(frame[at:], "")
}

// Read finds in a frame what must be known before it is shown.
func (j *Judge) Read(text string) Frame {
	frame := likeness(text)
	j.mu.Lock()
	defer j.mu.Unlock()
	if known, isKnown := j.frames[frame]; isKnown {
		return known
	}
	found := j.call(j.read, ascii(frame)).(*goja.Object)
	var targets []string
	for _, target := range found.Get("targets").Export().([]any) {
		targets = append(targets, target.(string))
	}
	if len(j.frames) >= keptFrames {
		clear(j.frames)
	}
	j.frames[frame] = Frame{found.Get("epoch"), found.Get("shown"), targets}
	return j.frames[frame]
}

// IsOlder reports whether a frame shows less than the page does.
func (j *Judge) IsOlder(s State, f Frame) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.call(j.older, s.of, map[string]any{"epoch": f.Epoch, "shown": f.Shown}).ToBoolean()
}
