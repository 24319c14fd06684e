package hospital

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// TestThePrioritySemaphoreServesByPriorityThenByWhoCameFirst: nobody who guesses makes a known
// device wait.
func TestThePrioritySemaphoreServesByPriorityThenByWhoCameFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &prioritySemaphore{free: 1}
		if err := s.acquire(t.Context(), failedOften); err != nil {
			t.Fatal(err)
		}
		var in []string
		come := func(ctx context.Context, name string, p priority) {
			go func() {
				if s.acquire(ctx, p) == nil {
					in = append(in, name)
				}
			}()
			synctest.Wait()
		}
		leaving, leave := context.WithCancel(t.Context())
		come(t.Context(), "failed often", failedOften)
		come(t.Context(), "failed once", unknownDevice+1)
		come(t.Context(), "first unknown", unknownDevice)
		come(leaving, "known one who leaves", knownDevice)
		come(t.Context(), "second unknown", unknownDevice)
		come(t.Context(), "known", knownDevice)
		leave()
		synctest.Wait()
		for range 6 {
			s.release()
			synctest.Wait()
		}
		if want := []string{"known", "first unknown", "second unknown", "failed once",
			"failed often"}; !slices.Equal(in, want) || s.free != 1 {
			t.Errorf("served %q, want %q; %d are free, want 1", in, want, s.free)
		}
	})
}

// TestSlotsAreTakenOneAfterTheOther for one key, together for several, and nothing is kept of
// those who left.
func TestSlotsAreTakenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all keyedSemaphore
		take := func(ctx context.Context, wanted ...slot) func() {
			t.Helper()
			release, err := all.acquire(ctx, unknownDevice, wanted...)
			if err != nil {
				t.Fatal(err)
			}
			return release
		}
		first := take(t.Context(), slot{"address", 2}, slot{"pair", 1})
		other := take(t.Context(), slot{"address", 2}, slot{"another pair", 1})
		short, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := all.acquire(short, unknownDevice, slot{"third", 1}, slot{"pair", 1})
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("who waits ends with their context: %v", err)
		}
		other()
		first()
		take(t.Context(), slot{"third", 1}, slot{"pair", 1})()
		if len(all.keys) != 0 {
			t.Errorf("%d keys are remembered that nobody wants", len(all.keys))
		}
	})
}

// TestAWaitThatTakesTooLongIsToldSo and not taken for a caller who left.
func TestAWaitThatTakesTooLongIsToldSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &Hospital{}
		a := &loginAttempt{own: "pair"}
		release, err := h.attempts.acquire(t.Context(), unknownDevice, slot{a.own, 1})
		if err != nil {
			t.Fatal(err)
		}
		defer release()
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
