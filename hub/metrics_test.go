package hub_test

import (
	"strconv"

	dto "github.com/prometheus/client_model/go"
)

// metric is where one of the node's metrics stands, added up over all of its labels.
func (n *node) metric(name string) int {
	n.t.Helper()
	return n.sum(name, func(*dto.Metric) bool { return true })
}

// closes is how many sockets were closed with a code.
func (n *node) closes(code int) int {
	n.t.Helper()
	return n.sum("ws_close_total", func(m *dto.Metric) bool {
		return m.GetLabel()[0].GetValue() == strconv.Itoa(code)
	})
}

func (n *node) sum(name string, counts func(*dto.Metric) bool) (sum int) {
	n.t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "dusangire_"+name && counts(m) {
				sum += int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
			}
		}
	}
	return sum
}
