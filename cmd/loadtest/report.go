package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is one figure of the table.
type column struct {
	title  string
	digits int
	value  func(f figures) float64 // NaN where a run has none
	worst  bool                    // of several passes the greatest is told, not the median
	ratio  bool                    // servers are compared by it
}

var none = math.NaN()

// unlessZero tells a figure where there is one.
func unlessZero(v float64) float64 {
	if v == 0 {
		return none
	}
	return v
}

// ifMade tells a figure of runs in which changes came to screens.
func ifMade(value func(f figures) float64) func(f figures) float64 {
	return func(f figures) float64 {
		if f.Deliveries == 0 {
			return none
		}
		return value(f)
	}
}

// ofGust tells a figure of a storm.
func ofGust(which func(f figures) *gust, value func(g *gust) float64) func(f figures) float64 {
	return func(f figures) float64 {
		if g := which(f); g != nil {
			return value(g)
		}
		return none
	}
}

func theCut(f figures) *gust    { return f.Cut }
func theKilled(f figures) *gust { return f.Killed }

// columns are those of the table. Those in which no run has a figure are left out.
var columns = []column{
	{title: "screens", value: func(f figures) float64 { return float64(f.Screens) }},
	{title: "changes/s", value: func(f figures) float64 { return unlessZero(f.Rate) }},
	{title: "all have it, p50 ms", digits: 1, ratio: true, value: ifMade(func(f figures) float64 { return f.All.P50 })},
	{title: "p99", digits: 1, ratio: true, value: ifMade(func(f figures) float64 { return f.All.P99 })},
	{title: "at a screen, p50 ms", digits: 1, ratio: true, value: ifMade(func(f figures) float64 { return f.Frame.P50 })},
	{title: "p99", digits: 1, ratio: true, value: ifMade(func(f figures) float64 { return f.Frame.P99 })},
	{title: "max", digits: 1, value: ifMade(func(f figures) float64 { return f.Frame.Max })},
	{title: "lag grows", digits: 2, value: ifMade(func(f figures) float64 { return f.Growth })},
	{title: "deliveries/s", value: ifMade(func(f figures) float64 { return f.DeliveriesPerSecond })},
	{title: "CPU ms/1000", digits: 1, ratio: true, value: ifMade(func(f figures) float64 { return f.CPUPerThousand })},
	{title: "cores", digits: 2, value: func(f figures) float64 { return unlessZero(f.Cores) }},
	{title: "loadtest's", digits: 2, value: func(f figures) float64 { return unlessZero(f.OwnCores) }},
	{title: "bytes", value: ifMade(func(f figures) float64 { return f.Bytes })},
	{title: "answer, p50 ms", digits: 1, value: func(f figures) float64 { return unlessZero(f.Answer.P50) }},
	{title: "p99", digits: 1, value: func(f figures) float64 { return unlessZero(f.Answer.P99) }},
	{title: "asked", value: func(f figures) float64 { return unlessZero(float64(f.Asked)) }},
	{title: "made", value: func(f figures) float64 { return unlessZero(float64(f.Made)) }},
	{title: "missed", worst: true, value: ifMade(func(f figures) float64 { return float64(f.Missed + f.Back + f.Lost) })},
	{title: "renders", value: func(f figures) float64 {
		if f.Server != dusangire || f.Asked == 0 {
			return none
		}
		return f.Renders
	}},
	{title: "CPU ms/change beyond idle", digits: 1, value: func(f figures) float64 { return unlessZero(f.CPUPerChange) }},
	{title: "handshakes/s", ratio: true, value: func(f figures) float64 { return f.HandshakesPerSecond }},
	{title: "KiB/socket", digits: 1, ratio: true, value: func(f figures) float64 { return f.perSocket(f.MemorySettled) }},
	{title: "later", digits: 1, ratio: true, value: func(f figures) float64 { return unlessZero(f.perSocket(f.MemoryQuiet)) }},
	{title: "RSS MiB", value: func(f figures) float64 { return float64(max(f.MemorySettled, f.MemoryQuiet)) / 1024 }},
	{title: "cut: all fresh, s", digits: 1, value: ofGust(theCut, func(g *gust) float64 { return g.Fresh.Max / 1000 })},
	{title: "renders/view", digits: 1, value: ofGust(theCut, func(g *gust) float64 { return g.Renders })},
	{title: "missing", worst: true, value: ofGust(theCut, func(g *gust) float64 { return float64(g.Missing) })},
	{title: "RSS MiB", value: ofGust(theCut, func(g *gust) float64 { return float64(g.Memory) / 1024 })},
	{title: "killed: all fresh, s", digits: 1, value: ofGust(theKilled, func(g *gust) float64 { return g.Fresh.Max / 1000 })},
	{title: "renders/view", digits: 1, value: ofGust(theKilled, func(g *gust) float64 { return g.Renders })},
	{title: "missing", worst: true, value: ofGust(theKilled, func(g *gust) float64 { return float64(g.Missing) })},
	{title: "RSS MiB", value: ofGust(theKilled, func(g *gust) float64 { return float64(g.Memory) / 1024 })},
}

// of tells the column's figure of several passes of one plan.
func (c column) of(passes []figures) float64 {
	var values []float64
	for _, f := range passes {
		if v := c.value(f); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	switch {
	case len(values) == 0:
		return none
	case c.worst:
		return slices.Max(values)
	}
	return median(values)
}

func (c column) write(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', c.digits, 64)
}

// writeTable writes a table in Markdown of the runs of one group: by plan, its passes.
func writeTable(w io.Writer, runs [][]figures) {
	rows := make([][]string, len(runs)+1)
	rows[0] = []string{"server"}
	for i, passes := range runs {
		rows[i+1] = []string{string(passes[0].Server)}
	}
	for _, c := range columns {
		told := slices.ContainsFunc(runs, func(passes []figures) bool { return !math.IsNaN(c.of(passes)) })
		if !told {
			continue
		}
		rows[0] = append(rows[0], c.title)
		for i, passes := range runs {
			rows[i+1] = append(rows[i+1], c.write(c.of(passes)))
		}
	}
	writeRows(w, rows)
}

// writeRows lines the cells up.
func writeRows(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}

// writeRatios compares the first of the runs with each of the others, pass by pass, since only what ran side by side compares.
func writeRatios(w io.Writer, runs [][]figures) {
	for _, other := range runs[1:] {
		if runs[0][0].Server == other[0].Server {
			continue
		}
		fmt.Fprintf(w, "%s ÷ %s:", runs[0][0].Server, other[0].Server)
		for i, c := range columns {
			if !c.ratio {
				continue
			}
			var ratios []float64
			for pass, f := range runs[0] {
				if r := c.value(f) / c.value(other[pass]); !math.IsNaN(r) && !math.IsInf(r, 0) {
					ratios = append(ratios, r)
				}
			}
			if len(ratios) > 0 {
				fmt.Fprintf(w, " %s %.2f;", c.fullTitle(i), median(ratios))
			}
		}
		fmt.Fprintln(w)
	}
}

// fullTitle says of what a "p99" is.
func (c column) fullTitle(at int) string {
	if c.title != "p99" && c.title != "later" {
		return c.title
	}
	of, _, _ := strings.Cut(columns[at-1].title, ",")
	return of + " " + c.title
}

// writeNotes says what must not be overlooked.
func writeNotes(w io.Writer, f figures) {
	if f.Failure != "" {
		fmt.Fprintf(w, "%s, %s: %d of %d commands were not carried out, the first of them: %s\n", f.Group, f.Server, f.Asked-f.Made, f.Asked, f.Failure)
	}
	if f.Asked > 0 && f.MadeRate < 0.95*f.Rate {
		fmt.Fprintf(w, "%s, %s: the server can't keep the rate: %.1f changes a second were asked and %.1f made\n", f.Group, f.Server, f.Rate, f.MadeRate)
	}
	if f.Missed+f.Back+f.Lost > 0 {
		fmt.Fprintf(w, "%s, %s: %d changes never came to a screen, %d frames went back, %d screens did not end at the last state\n",
			f.Group, f.Server, f.Missed, f.Back, f.Lost)
	}
}

func writeJSON(w io.Writer, all []figures) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
