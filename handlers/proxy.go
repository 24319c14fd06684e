package handlers

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// This file decides whose word counts for where a request comes from. Each proxy on the way may add
// to what the one before it said, in the same header or in another of the same name, so the last
// word is the nearest proxy's, and anybody may have written the first. Going back from the last,
// the words count as long as those who said them are trusted.

// hops are the addresses that a request came over, the nearest first: who connected to us, then
// whom each trusted proxy names. The last is the client's. A name that is no address ends the way:
// then its proxy is all that is known of the client.
func (s *Server) hops(r *http.Request) []netip.Addr {
	peer, ok := parseHop(r.RemoteAddr)
	if !ok {
		return nil
	}
	way := []netip.Addr{peer}
	said := listed(r, echo.HeaderXForwardedFor)
	if len(said) == 0 {
		said = lastOf(listed(r, echo.HeaderXRealIP))
	}
	for _, name := range slices.Backward(said) {
		hop, ok := parseHop(name)
		if !ok || !s.trusts(way[len(way)-1]) {
			break
		}
		way = append(way, hop)
	}
	return way
}

// clientAddress is the client's address. Echo by itself would believe anyone.
func (s *Server) clientAddress(r *http.Request) string {
	way := s.hops(r)
	if len(way) == 0 {
		return echo.ExtractIPDirect()(r)
	}
	return way[len(way)-1].String()
}

// clientScheme is how the client speaks, to us or to the trusted proxy that it reached first.
func (s *Server) clientScheme(r *http.Request) string {
	switch scheme := strings.ToLower(s.vouched(r, echo.HeaderXForwardedProto)); {
	case scheme == "http" || scheme == "https":
		return scheme
	case r.TLS != nil:
		return "https"
	}
	return "http"
}

// vouched is what the trusted proxy that the client reached first says in a header of the request
// that it got; "" where none says anything. Proxies that pass on the word of the one before them
// say it once for all.
func (s *Server) vouched(r *http.Request, header string) string {
	way, said := s.hops(r), listed(r, header)
	if len(way) == 0 || !s.trusts(way[0]) || len(said) == 0 {
		return ""
	}
	proxies := slices.IndexFunc(way, func(hop netip.Addr) bool { return !s.trusts(hop) })
	if proxies < 0 {
		proxies = len(way)
	}
	return said[max(0, len(said)-max(1, proxies))]
}

// trustsPeer reports whether whoever connected to us is a trusted proxy.
func (s *Server) trustsPeer(r *http.Request) bool {
	peer, ok := parseHop(r.RemoteAddr)
	return ok && s.trusts(peer)
}

// trusts reports whether an address is a trusted proxy's.
func (s *Server) trusts(hop netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(network *net.IPNet) bool {
		return network.Contains(hop.AsSlice())
	})
}

// listed are the values of a header, which may come several times and each be a list.
func listed(r *http.Request, header string) []string {
	var values []string
	for _, sent := range r.Header.Values(header) {
		for value := range strings.SplitSeq(sent, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

func lastOf(values []string) []string { return values[max(0, len(values)-1):] }

// parseHop reads an address that may have a port, brackets, quotes or a zone.
func parseHop(written string) (netip.Addr, bool) {
	name, _ := splitHost(strings.Trim(written, `"`))
	hop, err := netip.ParseAddr(name)
	return hop.Unmap().WithZone(""), err == nil
}
