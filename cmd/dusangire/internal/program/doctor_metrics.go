package program

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// metrics are a server's, by name.
type metrics map[string]*dto.MetricFamily

// metrics asks the server for its own.
func (d *doctor) metrics(ctx context.Context) (metrics, error) {
	if d.MetricsAddr == "" {
		return nil, errors.New("start it with --metrics-addr 127.0.0.1:9090, and say so here too")
	}
	from := client{url: "http://" + localAddress(d.MetricsAddr), http: newHTTPClient(nil)}
	got, err := from.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	if got.status != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d; say by --metrics-addr where they are",
			got.status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(got.body))
	if err != nil {
		return nil, fmt.Errorf("/metrics: %w; say by --metrics-addr where they are", err)
	}
	return families, nil
}

// value is the counter or gauge of a name that has a label of this value.
func (m metrics) value(name, label string) (value float64, found bool) {
	for _, metric := range m[name].GetMetric() {
		for _, pair := range metric.GetLabel() {
			if pair.GetValue() == label {
				return metric.GetCounter().GetValue() + metric.GetGauge().GetValue(), true
			}
		}
	}
	return 0, false
}
