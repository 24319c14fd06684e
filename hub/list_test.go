package hub_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dusangire/hub"
	"dusangire/hub/freshness"

	"pgregory.net/rapid"
)

// columns is a page with lists, as the hub is told of it and as a browser shows it: which items
// stand in which list, in order, and what each says.
type columns struct {
	order map[string][]string // by list
	says  map[string]string   // by item
}

func (c columns) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.order)) {
		fmt.Fprintf(&b, "%s:", name)
		for _, id := range c.order[name] {
			fmt.Fprintf(&b, " %s=%s", id, c.says[id])
		}
		b.WriteString("; ")
	}
	return b.String()
}

// regions is the page as a view draws it.
func (c columns) regions() []hub.Region {
	var regions []hub.Region
	for _, name := range slices.Sorted(maps.Keys(c.order)) {
		body := fmt.Appendf(nil, `<ul id="%s"></ul>`, name)
		list := hub.Region{ID: name, Body: body, Items: []hub.Region{}}
		for _, id := range c.order[name] {
			body := fmt.Appendf(nil, `<li id="%s">%s</li>`, id, c.says[id])
			list.Items = append(list.Items, hub.Region{ID: id, Body: body})
		}
		regions = append(regions, list)
	}
	return regions
}

var (
	step = regexp.MustCompile(`<hx-partial hx-target="#([^"]+)" hx-swap="([^"]+)">(.*?)</hx-partial>`)
	item = regexp.MustCompile(`<li id="([^"]+)">([^<]*)</li>`)
)

// show does to the page what htmx does with a frame: it finds all targets first, and then takes one
// step after the other.
func (c columns) show(t *rapid.T, frame []byte) {
	t.Helper()
	steps := step.FindAllStringSubmatch(string(frame), -1)
	for _, s := range steps {
		if _, isList := c.order[s[1]]; s[1] != freshness.MarkerID && !isList && c.listOf(s[1]) == "" {
			t.Fatalf("a step aims at %q, which the page has not when the frame arrives: %s",
				s[1], frame)
		}
	}
	for _, s := range steps {
		c.take(t, s[1], s[2], item.FindAllStringSubmatch(s[3], -1))
	}
}

func (c columns) listOf(id string) string {
	for name, ids := range c.order {
		if slices.Contains(ids, id) {
			return name
		}
	}
	return ""
}

// take takes one step of a frame.
func (c columns) take(t *rapid.T, target, swap string, items [][]string) {
	t.Helper()
	var ids []string
	for _, one := range items {
		ids = append(ids, one[1])
		c.says[one[1]] = one[2]
	}
	list := c.listOf(target)
	at := slices.Index(c.order[list], target)
	switch {
	case target == freshness.MarkerID:
	case swap == "delete":
		c.order[list] = slices.Delete(slices.Clone(c.order[list]), at, at+1)
	case swap == "afterend":
		c.order[list] = slices.Insert(slices.Clone(c.order[list]), at+1, ids...)
	case swap == "afterbegin":
		c.order[target] = slices.Concat(ids, c.order[target])
	case swap == "outerMorph" && list == "":
		c.order[target] = ids
	case swap != "outerMorph":
		t.Fatalf("no page knows the swap %q", swap)
	}
}

// drawColumns draws a page with some of eight items in two lists, mostly in one order as tickets
// are.
func drawColumns(t *rapid.T) columns {
	next := columns{order: map[string][]string{"left": {}, "right": {}}, says: map[string]string{}}
	ids := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	if rapid.IntRange(0, 5).Draw(t, "order") == 0 {
		ids = rapid.Permutation(ids).Draw(t, "permutation")
	}
	for _, id := range ids {
		if name := rapid.SampledFrom([]string{"left", "right", ""}).Draw(t, id); name != "" {
			next.order[name] = append(next.order[name], id)
			next.says[id] = rapid.SampledFrom([]string{"hot", "cold"}).Draw(t, id+" says")
		}
	}
	return next
}

func TestAClientAtAnyVersionIsBroughtToTheNewestStateOfItsLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := hub.NewRenditionForTest()
		type client struct {
			columns
			version uint64
		}
		clients := make([]client, 3)
		for i := range clients {
			order := map[string][]string{"left": nil, "right": nil}
			clients[i].columns = columns{order: order, says: map[string]string{}}
		}
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			state := drawColumns(t)
			version, err := page.Update(state.regions())
			if err != nil {
				t.Fatal(err)
			}
			for i := range clients {
				if clients[i].version == version || rapid.Bool().Draw(t, "reads") {
					continue
				}
				clients[i].show(t, page.Frame(clients[i].version))
				clients[i].version = version
				if got, want := clients[i].String(), state.String(); got != want {
					t.Fatalf("the page shows %s and should show %s", got, want)
				}
			}
		}
	})
}

func TestAnItemThatMovesSendsItselfAlone(t *testing.T) {
	says := map[string]string{"a": "soup", "b": "rice", "c": "tea"}
	page := hub.NewRenditionForTest()
	before := map[string][]string{"left": {"a", "b", "c"}, "right": {}}
	version, err := page.Update(columns{before, says}.regions())
	if err != nil {
		t.Fatal(err)
	}
	moved := map[string][]string{"left": {"a", "c"}, "right": {"b"}}
	if _, err := page.Update(columns{moved, says}.regions()); err != nil {
		t.Fatal(err)
	}
	const want = `<hx-partial hx-target="#b" hx-swap="delete"></hx-partial>` +
		`<hx-partial hx-target="#right" hx-swap="afterbegin"><li id="b">rice</li></hx-partial>` +
		`<hx-partial hx-target="#live" hx-swap="outerMorph"><time id="live"></time></hx-partial>`
	if got := string(page.Frame(version)); got != want {
		t.Errorf("moving one item sent\n%s\nand should send\n%s", got, want)
	}
}

func TestAListForgetsTheLongPastAndSendsItselfWholeToWhoWasAway(t *testing.T) {
	page := hub.NewRenditionForTest()
	update := func(id string) uint64 {
		t.Helper()
		left := columns{map[string][]string{"left": {id}}, map[string]string{id: "x"}}
		version, err := page.Update(left.regions())
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	long := update("first")
	var recent uint64
	for n := range 2 * hub.MostGone {
		recent = update(fmt.Sprintf("item-%d", n))
	}
	update("last")
	const whole = `<hx-partial hx-target="#left" hx-swap="outerMorph">` +
		`<ul id="left"><li id="last">x</li></ul></hx-partial>`
	if got := string(page.Frame(long)); !strings.HasPrefix(got, whole) {
		t.Errorf("who was away for long was sent %s", got)
	}
	if got := string(page.Frame(recent)); strings.Contains(got, "outerMorph\"><ul") {
		t.Errorf("who was away for one change was sent the whole list: %s", got)
	}
}

func TestAListThatCannotBeToldIsRefused(t *testing.T) {
	li := func(id string) hub.Region {
		return hub.Region{ID: id, Body: fmt.Appendf(nil, `<li id="%s"></li>`, id)}
	}
	list := func(id, content string, items ...hub.Region) hub.Region {
		body := fmt.Appendf(nil, `<ul id="%s">%s</ul>`, id, content)
		return hub.Region{ID: id, Body: body, Items: append([]hub.Region{}, items...)}
	}
	for name, regions := range map[string][]hub.Region{
		"the same item twice in a list":    {list("left", "", li("a"), li("a"))},
		"the same item in two lists":       {list("left", "", li("a")), list("right", "", li("a"))},
		"a list that is not drawn empty":   {list("left", `<li id="a"></li>`)},
		"an item without an element of it": {list("left", "", hub.Region{ID: "a", Body: []byte("a")})},
	} {
		if _, err := hub.NewRenditionForTest().Update(regions); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
