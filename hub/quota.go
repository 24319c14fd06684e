package hub

import "errors"

// ErrOverQuota refuses a socket because one of its quotas is used up.
var ErrOverQuota = errors.New("too many sockets of one quota")

// Quota is how many sockets somebody may have open at once, such as a user or one of their
// sessions.
type Quota struct {
	Name  string // of whom it is
	Limit int
}

// reserve counts a socket for Drain and for its quotas, until unreserve. It refuses a socket while
// the hub drains, and one too many.
func (h *Hub) reserve(s Subscription) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return ErrDraining
	}
	for _, q := range s.Quotas {
		if h.quotaUse[q.Name] >= q.Limit {
			h.metrics.refused.Inc()
			return ErrOverQuota
		}
	}
	for _, q := range s.Quotas {
		h.quotaUse[q.Name]++
	}
	h.sockets.Add(1)
	return nil
}

func (h *Hub) unreserve(s Subscription) {
	h.mu.Lock()
	for _, q := range s.Quotas {
		h.quotaUse[q.Name]--
		if h.quotaUse[q.Name] == 0 {
			delete(h.quotaUse, q.Name)
		}
	}
	h.mu.Unlock()
	h.sockets.Done()
}
