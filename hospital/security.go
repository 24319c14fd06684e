package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// This file notes in the audit what was refused to whom and from where: sign-ins that failed or
// had to wait, and what somebody's role does not let them do. A flood of it fills neither the
// audit nor the disk: of what one person is refused at one place within countAnew, the first is a
// line, and then the second, the fourth, the eighth …, which says how many it were.

const (
	countAnew    = time.Hour
	mostSubjects = 1000 // that are counted each by itself; all others are counted as one
)

// refusals counts what was refused within the last hour. It is safe for concurrent use.
type refusals struct {
	mu    sync.Mutex
	since time.Time
	// By what was refused, to whom and from where; "" is everybody for whom there was no room.
	counts map[string]*refusalCount
}

// refusalCount is of one subject.
type refusalCount struct {
	times int // that it was refused
	tell  int // how many it must be until that is told again
}

// count counts a refusal and returns how many of the subject it were, and, where that is to be
// told, how to take it back if it can't be.
func (r *refusals) count(subject string, now time.Time) (times int, tell bool, untold func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since).Abs() >= countAnew {
		r.since, r.counts = now, map[string]*refusalCount{}
	}
	if r.counts[subject] == nil && len(r.counts) >= mostSubjects {
		subject = ""
	}
	if r.counts[subject] == nil {
		r.counts[subject] = &refusalCount{tell: 1}
	}
	of := r.counts[subject]
	of.times++
	if tell = of.times >= of.tell; tell {
		of.tell = 1 << bits.Len(uint(of.times))
	}
	return of.times, tell, func() { r.tellNext(of) }
}

// tellNext lets the next refusal of a subject be told, whatever number it is.
func (r *refusals) tellNext(of *refusalCount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of.tell = of.times
}

// NoteDenied notes that the actor's role did not let them do something, such as "GET /users/",
// whether or not they wait for the answer.
func (h *Hospital) NoteDenied(ctx context.Context, actor Actor, what string) error {
	ctx = context.WithoutCancel(ctx)
	return h.noteRefusal(ctx, actor, entry{action: "access.denied", entity: "user",
		entityID: actor.UserID, reason: what})
}

// auditedRefusals are the kinds of refusal of a sign-in that the audit notes, and as what.
var auditedRefusals = map[Kind]string{
	Unauthenticated: "session.sign_in_failed", TooMany: "session.locked_out",
}

// noteSignIn notes an attempt to sign in that failed or was made to wait, and returns how it
// ended. What was typed as the name is kept only where it is somebody's: at times it is a
// password.
func (h *Hospital) noteSignIn(ctx context.Context, username string, outcome error) error {
	refusal, refused := errors.AsType[*Error](outcome)
	if !refused {
		return outcome
	}
	action := auditedRefusals[refusal.Kind]
	if action == "" {
		return outcome
	}
	ctx = context.WithoutCancel(ctx) // whoever hangs up is noted all the same
	user, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (User, error) {
		user, _, err := credentials(ctx, q, foldUsername(username))
		return user, err
	})
	if err == nil {
		err = h.noteRefusal(ctx, Actor{}, entry{action: action, entity: "user", entityID: user.ID})
	}
	if err != nil {
		return err
	}
	return outcome
}

// noteRefusal adds a refusal to the audit, where it is to be told, with how many it were as the
// state that it led to.
func (h *Hospital) noteRefusal(ctx context.Context, actor Actor, e entry) error {
	now := h.clock(ctx)
	times, tell, untold := h.refused.count(fmt.Sprintf("%s %d %s %s", e.action, e.entityID,
		Network(originOf(ctx).Address), e.reason), now)
	if !tell {
		return nil
	}
	e.to = strconv.Itoa(times)
	err := h.write(ctx, actor, func(_ context.Context, c *change) error {
		c.note(e)
		return nil
	})
	if err != nil {
		untold()
	}
	return err
}

// Network is whom a client's address counts for: for itself, or in IPv6 for all 64 bits that one
// customer is given. What is no address stays as it is.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
