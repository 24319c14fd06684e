package hub

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"dusangire/hub/revision"
)

// RedisBus joins any number of nodes over Redis pub/sub. What goes over it is the epoch, topics and
// revisions, nothing else.
type RedisBus struct {
	client   *redis.Client
	log      *slog.Logger
	channel  string
	probe    string // this node's own channel: what is published there must come back
	outgoing *queue
	heard    atomic.Int64          // when the last probe came back, Unix nanoseconds; 0: lost
	refused  atomic.Pointer[error] // what Redis answered last instead of doing what it was asked
}

// How Redis is used.
const (
	hintChannel = "dusangire:hints"
	probePrefix = "dusangire:probe:"
	// probeEvery and probeSilence find a subscription that Redis or the network has forgotten: the
	// client does not notice that nothing comes any more. One that was silent for three probes is
	// rebuilt.
	probeEvery   = time.Second
	probeSilence = 3 * time.Second
	// redisTimeout is short because the database is looked at each second anyway.
	redisTimeout   = 500 * time.Millisecond
	redialPause    = 250 * time.Millisecond
	largestHint    = 256 // bytes; a longer message is not a hint
	receiveBacklog = 256 // messages; beyond it the client drops them, as any hint may be lost
)

// The client writes to standard error by itself; the bus says in the log what an operator should
// know.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// NewRedisBus connects lazily to the Redis at an address: redis://, rediss:// or unix://.
func NewRedisBus(address string, log *slog.Logger) (*RedisBus, error) {
	options, err := redis.ParseURL(address)
	if malformed, ok := errors.AsType[*url.Error](err); ok {
		err = malformed.Err // without the address, which may have a password
	}
	if err != nil {
		return nil, fmt.Errorf("redis url: %w", err)
	}
	options.Protocol = 2 // pub/sub frames of RESP3 were lost by several releases of the client
	options.ContextTimeoutEnabled = true
	options.DialTimeout = time.Second
	options.ReadTimeout, options.WriteTimeout = redisTimeout, redisTimeout
	options.MaxRetries = 1
	return &RedisBus{
		client: redis.NewClient(options), log: log, channel: hintChannel,
		probe: probePrefix + rand.Text(), outgoing: newQueue(),
	}, nil
}

// Close releases the connections. Run must have returned.
func (b *RedisBus) Close() error { return b.client.Close() }

// Publish implements Bus: the newest revision of each topic waits until Run can send it.
func (b *RedisBus) Publish(r revision.Set) { b.outgoing.put(r) }

// Trouble implements Bus: a message that comes back is the proof.
func (b *RedisBus) Trouble() string {
	if b.connected() {
		return BusOK
	}
	if refused := b.refused.Load(); refused != nil && Denied(*refused) {
		return "denied"
	}
	return "unreachable"
}

// connected reports whether a probe came back of late.
func (b *RedisBus) connected() bool {
	heard := b.heard.Load()
	return heard != 0 && time.Since(time.Unix(0, heard)) < probeSilence
}

// Denied reports whether Redis was reached, and refused the account what the bus needs.
func Denied(err error) bool {
	return slices.ContainsFunc([]string{"NOPERM", "NOAUTH", "WRONGPASS"}, func(word string) bool {
		return strings.Contains(err.Error(), word)
	})
}

// registerPool registers how the pool of connections stands.
func (b *RedisBus) registerPool(r registry) {
	number := func(of func(*redis.PoolStats) uint32) func() float64 {
		return func() float64 { return float64(of(b.client.PoolStats())) }
	}
	state := func(name string) prometheus.Labels { return prometheus.Labels{"state": name} }
	r.gauge("redis_pool_connections", "Connections to Redis.", state("idle"),
		number(func(s *redis.PoolStats) uint32 { return s.IdleConns }))
	r.gauge("redis_pool_connections", "Connections to Redis.", state("busy"),
		number(func(s *redis.PoolStats) uint32 { return s.TotalConns - s.IdleConns }))
	for result, of := range map[string]func(*redis.PoolStats) uint32{
		"reused":  func(s *redis.PoolStats) uint32 { return s.Hits },
		"new":     func(s *redis.PoolStats) uint32 { return s.Misses },
		"timeout": func(s *redis.PoolStats) uint32 { return s.Timeouts },
	} {
		r.counterFunc("redis_pool_requests_total",
			"Connections asked of the pool, by what came of it.",
			prometheus.Labels{"result": result}, number(of))
	}
	r.counterFunc("redis_pool_stale_total", "Connections to Redis that were thrown away.", nil,
		number(func(s *redis.PoolStats) uint32 { return s.StaleConns }))
}

// Try sends a message through Redis on a channel of this bus's own and waits until it comes back.
func (b *RedisBus) Try(ctx context.Context) error {
	subscription := b.client.Subscribe(ctx, b.probe)
	defer subscription.Close()
	if _, err := subscription.Receive(ctx); err != nil {
		return fmt.Errorf("subscribe to %s*: %w", probePrefix, err)
	}
	if err := b.client.Publish(ctx, b.probe, "").Err(); err != nil {
		return fmt.Errorf("publish on %s*: %w", probePrefix, err)
	}
	if _, err := subscription.ReceiveMessage(ctx); err != nil {
		return fmt.Errorf("a message did not come back: %w", err)
	}
	return nil
}

// Nodes asks Redis how many nodes listen for hints; those whose subscription is being built do not.
func (b *RedisBus) Nodes(ctx context.Context) (int64, error) {
	listening, err := b.client.PubSubNumSub(ctx, b.channel).Result()
	return listening[b.channel], err
}

// Run implements Bus. It never gives up: a subscription that fails or falls silent is built anew.
func (b *RedisBus) Run(ctx context.Context, hint func(revision.Set), lost func()) error {
	var senders sync.WaitGroup
	defer senders.Wait()
	senders.Go(func() { b.send(ctx) })
	senders.Go(func() { b.sendProbes(ctx) })
	down := false
	for ctx.Err() == nil {
		err := b.receive(ctx, hint, lost, &down)
		b.heard.Store(0)
		if err != nil && ctx.Err() == nil && !down {
			down = true
			b.log.Warn("redis bus lost; screens follow the database each second until it is back",
				"error", b.cause(err))
		}
		pause(ctx, redialPause)
	}
	return nil
}

// cause is why a subscription ended, with what Redis said of it: from a subscription alone one
// often learns only that nothing came.
func (b *RedisBus) cause(ended error) error {
	if refused := b.refused.Load(); refused != nil && !errors.Is(ended, *refused) {
		return fmt.Errorf("%w: %w", ended, *refused)
	}
	return ended
}

// subscribed waits until Redis has confirmed all channels of a subscription, and returns what it
// says instead.
func (b *RedisBus) subscribed(ctx context.Context, subscription *redis.PubSub, channels int) error {
	within, cancel := context.WithTimeout(ctx, probeSilence)
	defer cancel()
	for channels > 0 {
		message, err := subscription.Receive(within)
		if err != nil {
			b.refused.Store(&err)
			return err
		}
		if _, ok := message.(*redis.Subscription); ok {
			channels--
		}
	}
	return nil
}

// receive serves one subscription until it fails, falls silent or ctx ends.
func (b *RedisBus) receive(
	ctx context.Context, hint func(revision.Set), lost func(), down *bool,
) error {
	subscription := b.client.Subscribe(ctx, b.channel, b.probe)
	defer subscription.Close()
	if err := b.subscribed(ctx, subscription, 2); err != nil {
		return err
	}
	lost()
	messages := subscription.ChannelWithSubscriptions(
		redis.WithChannelSize(receiveBacklog), redis.WithChannelHealthCheckInterval(time.Second))
	silence := time.NewTimer(probeSilence)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-silence.C:
			return fmt.Errorf("no probe came back for %s", probeSilence)
		case message, open := <-messages:
			if !open {
				return fmt.Errorf("subscription ended")
			}
			switch m := message.(type) {
			case *redis.Subscription:
				lost()
			case *redis.Message:
				if m.Channel != b.probe {
					b.deliver(m.Payload, hint)
					continue
				}
				b.heard.Store(time.Now().UnixNano())
				b.refused.Store(nil)
				silence.Reset(probeSilence)
				if *down {
					*down = false
					b.log.Info("redis bus is back")
				}
			}
		}
	}
}

// wireHint is a hint on the wire.
type wireHint struct {
	Epoch string         `json:"epoch"`
	Topic revision.Topic `json:"topic"`
	Rev   int64          `json:"rev"`
}

// deliver hands on a well-formed hint. Anything else on the channel is not ours and means nothing.
func (b *RedisBus) deliver(payload string, hint func(revision.Set)) {
	var w wireHint
	if len(payload) > largestHint || json.Unmarshal([]byte(payload), &w) != nil || w.Topic == "" {
		return
	}
	hint(revision.Set{Epoch: w.Epoch, Topics: map[revision.Topic]int64{w.Topic: w.Rev}})
}

// send publishes what waits, all topics in one round trip. A failure loses the hint: other nodes'
// checks make up for it.
func (b *RedisBus) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.outgoing.filled:
			waiting := b.outgoing.take()
			pipeline := b.client.Pipeline()
			for topic, revision := range waiting.Topics {
				payload, err := json.Marshal(wireHint{waiting.Epoch, topic, revision})
				if err != nil {
					b.log.Error("hint can't be encoded", "topic", topic, "error", err)
					continue
				}
				pipeline.Publish(ctx, b.channel, payload)
			}
			within, cancel := context.WithTimeout(ctx, redisTimeout)
			if _, err := pipeline.Exec(within); err != nil && ctx.Err() == nil {
				b.log.Debug("hint not published", "error", err)
			}
			cancel()
		}
	}
}

// sendProbes publishes on this node's own channel each second.
func (b *RedisBus) sendProbes(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		within, cancel := context.WithTimeout(ctx, redisTimeout)
		if err := b.client.Publish(within, b.probe, "").Err(); err != nil && ctx.Err() == nil {
			b.refused.Store(&err)
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
