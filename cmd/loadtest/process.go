package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// process is a server that is measured.
type process struct {
	command *exec.Cmd
	address string
	metrics string        // URL
	ended   chan struct{} // closed when it has ended; then err and log may be read
	err     error
	log     bytes.Buffer
}

const (
	startTimeout = time.Minute
	stopTimeout  = 15 * time.Second // it promises 10
)

// startProcess starts a server and returns when it listens at its address.
func startProcess(ctx context.Context, p *process, name string, args ...string) (*process, error) {
	p.command, p.ended = exec.Command(name, args...), make(chan struct{})
	p.command.Stderr = &p.log
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.err = p.command.Wait()
	}()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if conn, err := net.Dial("tcp", p.address); err == nil {
			return p, conn.Close()
		}
		select {
		case <-p.ended:
		case <-ctx.Done():
			p.kill()
		case <-time.After(10 * time.Millisecond):
			continue
		}
		return nil, fmt.Errorf("%s did not serve: %v\n%s", name, p.err, &p.log)
	}
}

// freeAddress is one on which nobody listens.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // a machine without a free port can't be measured
	}
	defer listener.Close()
	return listener.Addr().String()
}

// restart kills the process and starts it anew at the same address.
func (p *process) restart(ctx context.Context) (*process, error) {
	p.kill()
	fresh := &process{address: p.address, metrics: p.metrics}
	return startProcess(ctx, fresh, p.command.Path, p.command.Args[1:]...)
}

// stop asks the process to end as an operator would.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.kill()
	}
	if p.err != nil {
		return fmt.Errorf("the server did not stop well: %w\n%s", p.err, &p.log)
	}
	return nil
}

// kill ends the process in whatever state it is.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
}

// usage is what a server has done and used so far.
type usage struct {
	at              time.Time
	cpu, ownCPU     float64 // seconds of processor time; ours is that of this program
	rss             float64 // KiB
	views, rendered float64 // by the hub; a bare server has none
}

// usage reads the server's metrics, and this program's own.
func (p *process) usage(ctx context.Context) (u usage, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics, nil)
	if err != nil {
		return u, err
	}
	request.Header.Set("Accept-Encoding", "identity") // packing takes the server memory and time
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return u, fmt.Errorf("read the server's metrics: %w", err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return u, fmt.Errorf("read the server's metrics: %w", err)
	}
	own, err := prometheus.DefaultGatherer.Gather()
	for _, family := range own {
		if family.GetName() == "process_cpu_seconds_total" {
			u.ownCPU = value(family)
		}
	}
	u.at = time.Now()
	u.cpu = value(families["process_cpu_seconds_total"])
	u.rss = value(families["process_resident_memory_bytes"]) / 1024
	u.views = value(families["dusangire_views"])
	u.rendered = value(families["dusangire_view_renders_total"])
	return u, err
}

// value is that of a metric without labels; 0 where there is none.
func value(family *dto.MetricFamily) (v float64) {
	for _, m := range family.GetMetric() {
		v = m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return v
}
