package program

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"dusangire/hospital"
)

// newMetrics registers what the process itself tells. The hub adds what it counts. No metric has a
// label that could name a person.
func newMetrics(h *hospital.Hospital) *prometheus.Registry {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	promauto.With(metrics).NewGauge(prometheus.GaugeOpts{
		Name:        "dusangire_process_manager",
		Help:        "What starts this process again when it ends; none where nothing is known to.",
		ConstLabels: prometheus.Labels{"manager": processManager()},
	}).Set(1)
	promauto.With(metrics).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dusangire_database_writable",
		Help: "Whether the database took what this node last tried to write.",
	}, func() float64 {
		if h.Trouble() != nil {
			return 0
		}
		return 1
	})
	return metrics
}
