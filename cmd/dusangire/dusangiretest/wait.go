package dusangiretest

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Soon is how long a test waits for what must happen; only a test that fails reaches it.
const Soon = time.Minute

// WaitFor asks again until something holds that no event tells of.
func WaitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Soon)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// Within is a context that ends when a test would have waited too long for a process, of which a
// busy machine has many.
func Within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*Soon)
	t.Cleanup(cancel)
	return ctx
}

// GetStatus is the status of a GET.
func GetStatus(t testing.TB, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// FreeAddress is an address of this machine that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// AddrOf is the host and the port of a URL.
func AddrOf(url string) string { return strings.SplitN(url, "://", 2)[1] }

// FaultsSize is the environment variable that chooses how large the faults run: small, unless it is
// "large".
const FaultsSize = "DUSANGIRE_FAULTS"

// Size chooses by FaultsSize.
func Size[T any](small, large T) T {
	if os.Getenv(FaultsSize) == "large" {
		return large
	}
	return small
}
