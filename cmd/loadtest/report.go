package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// report is what one run of a plan came to: values by the names of columns, and what must not be
// overlooked.
type report struct {
	server server
	values map[string]float64
	notes  []string
}

func newReport(p plan) report {
	r := report{server: p.server, values: map[string]float64{}}
	r.set("screens", float64(p.screens))
	if p.rate > 0 && !p.storm {
		r.set("changes/s", p.rate)
	}
	return r
}

func (r *report) set(column string, value float64) { r.values[column] = value }

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// column is one of the table.
type column struct {
	name   string
	title  string // empty: the name
	digits int
	worst  bool // of several passes the greatest is told, not the median
	ratio  bool // servers are compared by it
}

// columns are those of the table. Those in which no run has a value are left out.
var columns = []column{
	{name: "screens"},
	{name: "changes/s"},
	{name: "all have it, p50 ms", digits: 1, ratio: true},
	{name: "all have it p99", title: "p99", digits: 1, ratio: true},
	{name: "at a screen, p50 ms", digits: 1, ratio: true},
	{name: "at a screen p99", title: "p99", digits: 1, ratio: true},
	{name: "at a screen max", title: "max", digits: 1},
	{name: "lag grows", digits: 2},
	{name: "deliveries/s"},
	{name: "CPU ms/1000", digits: 1, ratio: true},
	{name: "cores", digits: 2},
	{name: "loadtest's", digits: 2},
	{name: "bytes"},
	{name: "answer, p50 ms", digits: 1},
	{name: "answer p99", title: "p99", digits: 1},
	{name: "asked"},
	{name: "made"},
	{name: "missed", worst: true},
	{name: "renders"},
	{name: "CPU ms/change beyond idle", digits: 1},
	{name: "handshakes/s", ratio: true},
	{name: "KiB/socket", digits: 1, ratio: true},
	{name: "KiB/socket later", title: "later", digits: 1, ratio: true},
	{name: "RSS MiB"},
	{name: "cut: all fresh, s", digits: 1},
	{name: "cut: renders/view", title: "renders/view", digits: 1},
	{name: "cut: missing", title: "missing", worst: true},
	{name: "cut: RSS MiB", title: "RSS MiB"},
	{name: "killed: all fresh, s", digits: 1},
	{name: "killed: renders/view", title: "renders/view", digits: 1},
	{name: "killed: missing", title: "missing", worst: true},
	{name: "killed: RSS MiB", title: "RSS MiB"},
}

// cell tells the column's value of several passes of one plan; "–" where there is none.
func (c column) cell(passes []report) string {
	var values []float64
	for _, r := range passes {
		if v, has := r.values[c.name]; has && !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return "–"
	}
	value := median(values)
	if c.worst {
		value = slices.Max(values)
	}
	return strconv.FormatFloat(value, 'f', c.digits, 64)
}

// writeTable writes a table in Markdown of the runs of one group: by plan, its passes.
func writeTable(w io.Writer, plans [][]report) {
	head, line := []string{"server"}, []string{"-"}
	rows := make([][]string, len(plans))
	for i, passes := range plans {
		rows[i] = []string{string(passes[0].server)}
	}
	for _, c := range columns {
		if !slices.ContainsFunc(plans, func(p []report) bool { return c.cell(p) != "–" }) {
			continue
		}
		head, line = append(head, cmp.Or(c.title, c.name)), append(line, "-")
		for i, passes := range plans {
			rows[i] = append(rows[i], c.cell(passes))
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for _, row := range slices.Concat([][]string{head, line}, rows) {
		fmt.Fprintf(table, "| %s\t|\n", strings.Join(row, "\t| "))
	}
	_ = table.Flush() // to standard output
}

// writeRatios compares the first plan's server with each of the others, pass by pass, since only
// what ran side by side compares.
func writeRatios(w io.Writer, plans [][]report) {
	ours := plans[0]
	for _, theirs := range plans[1:] {
		if ours[0].server == theirs[0].server {
			continue
		}
		fmt.Fprintf(w, "%s ÷ %s:", ours[0].server, theirs[0].server)
		for _, c := range columns {
			var ratios []float64
			for pass := range ours {
				ratio := ours[pass].values[c.name] / theirs[pass].values[c.name]
				if c.ratio && !math.IsNaN(ratio) && !math.IsInf(ratio, 0) {
					ratios = append(ratios, ratio)
				}
			}
			if len(ratios) > 0 {
				fmt.Fprintf(w, " %s %.2f;", c.name, median(ratios))
			}
		}
		fmt.Fprintln(w)
	}
}
