package hospital

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// TestTheDoorLetsInByRankThenByWhoCameFirst: nobody who guesses makes a known device wait.
func TestTheDoorLetsInByRankThenByWhoCameFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &door{free: 1}
		if err := d.enter(t.Context(), doubted); err != nil {
			t.Fatal(err)
		}
		var in []string
		come := func(ctx context.Context, name string, r rank) {
			go func() {
				if d.enter(ctx, r) == nil {
					in = append(in, name)
				}
			}()
			synctest.Wait()
		}
		leaving, leave := context.WithCancel(t.Context())
		come(t.Context(), "doubted", doubted)
		come(t.Context(), "first stranger", stranger)
		come(leaving, "known one who leaves", known)
		come(t.Context(), "second stranger", stranger)
		come(t.Context(), "known", known)
		leave()
		synctest.Wait()
		for range 5 {
			d.leave()
			synctest.Wait()
		}
		if want := []string{"known", "first stranger", "second stranger", "doubted"}; !slices.Equal(in, want) || d.free != 1 {
			t.Errorf("let in %q, want %q; %d places are free, want 1", in, want, d.free)
		}
	})
}

// TestTurnsAreTakenOneAfterTheOther for one subject, together for several, and nothing is kept of
// those who left.
func TestTurnsAreTakenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := turns{taken: map[string]*places{}}
		take := func(ctx context.Context, wanted ...turn) func() {
			t.Helper()
			giveBack, err := all.take(ctx, wanted)
			if err != nil {
				t.Fatal(err)
			}
			return giveBack
		}
		first := take(t.Context(), turn{"address", 2}, turn{"pair", 1})
		other := take(t.Context(), turn{"address", 2}, turn{"another pair", 1})
		short, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := all.take(short, []turn{{"third", 1}, {"pair", 1}})
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("who waits ends with their context: %v", err)
		}
		other()
		first()
		take(t.Context(), turn{"third", 1}, turn{"pair", 1})()
		if len(all.taken) != 0 {
			t.Errorf("%d subjects are remembered that nobody wants", len(all.taken))
		}
	})
}

// TestAWaitThatTakesTooLongIsToldSo and not taken for a caller who left.
func TestAWaitThatTakesTooLongIsToldSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &Hospital{signingIn: turns{taken: map[string]*places{}}}
		a := &attempt{turns: []turn{{"pair", 1}}}
		giveBack, err := h.signingIn.take(t.Context(), a.turns)
		if err != nil {
			t.Fatal(err)
		}
		defer giveBack()
		err = h.tryPassword(t.Context(), a, "correct horse")
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Unavailable || e.Code != "sign_in_busy" {
			t.Errorf("after %s: %v", longestTurn, err)
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		if err := h.tryPassword(left, a, "correct horse"); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who left: %v", err)
		}
	})
}
