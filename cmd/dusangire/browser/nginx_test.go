package browser_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
)

// behindNginx is a server with a ward that trusts the nginx in front of it, which serves HTTPS or plain HTTP.
func behindNginx(t *testing.T, secure bool) (*dusangiretest.Server, hospital.WardBoard, *dusangiretest.Nginx) {
	t.Helper()
	s, board := dusangiretest.MustServeWard(t, 24, func(c *program.ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	cert, key := "", ""
	if secure {
		cert, key, _ = dusangiretest.Certificate(t, nil)
	}
	return s, board, dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, s.URL, cert, key))
}

func TestAPageBehindNginxIsLive(t *testing.T) {
	t.Parallel()
	s, board, nginx := behindNginx(t, false)
	p := newScreen(t, nginx.URL)
	p.open("/login")
	p.signInByForm(hospital.MedicalStaff)
	p.untilLive()
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[4])
	p.untilSays(card(board.Beds[4]), "Uwase Marie")
	p.openBed(board.Beds[5])
	p.write("#admit-patient_name", "Mukamana Chantal")
	p.press(".panel .primary")
	p.untilSays(card(board.Beds[5]), "Mukamana Chantal")
	p.wantSamePage()
	if _, polls := p.asked(); polls > 0 {
		t.Errorf("a live page polled %d times", polls)
	}
}

// asked counts the sockets and the polls that a page has tried.
func (p *screen) asked() (sockets, polls int) {
	p.t.Helper()
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, to := range p.requests {
		if strings.HasPrefix(to, "ws") {
			sockets++
		}
		if strings.Contains(to, "/frames/") {
			polls++
		}
	}
	return sockets, polls
}

func TestAPageBehindNginxWithHTTPSIsLiveAndSafe(t *testing.T) {
	t.Parallel()
	s, board, nginx := behindNginx(t, true)
	p := newScreen(t, nginx.URL)
	p.open("/login")
	p.signInByForm(hospital.MedicalStaff)
	p.untilLive()
	p.openLive(dusangiretest.WardPath(board))
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[4])
	p.untilSays(card(board.Beds[4]), "Uwase Marie")

	cookies, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cookies.Cookies) != 1 || !strings.HasPrefix(cookies.Cookies[0].Name, "__Host-dusangire_session_") ||
		!cookies.Cookies[0].Secure || !cookies.Cookies[0].HTTPOnly {
		t.Errorf("the browser sends %+v here, want the one cookie that is bound to this host and to HTTPS", cookies.Cookies)
	}
	socket := "wss" + strings.TrimPrefix(nginx.URL, "https") + fmt.Sprintf("/ws/ward/%d/", board.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.Contains(strings.Join(p.requests, "\n"), socket) {
		t.Errorf("the page should have opened %s, and asked %q", socket, p.requests)
	}
}

// isPolled is how a page looks that asks for its state again and again.
const isPolled = `getComputedStyle(document.querySelector(".pill .polled")).visibility === "visible" && document.querySelector(".pill .polled").offsetWidth > 0 && !(` + isBanner + `)`

// foreseesRefusals says that the page's sockets are refused, of which the browser and htmx complain on the console.
func (p *screen) foreseesRefusals() {
	p.foresees("WebSocket connection to")
	p.foresees("htmx:ws:error")
}

func TestBehindAProxyThatLetsNoSocketThroughPagesPollAndSaySo(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, func(c *program.ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	good := dusangiretest.SiteBefore(t, s.URL, "", "")
	for i, bad := range []dusangiretest.Site{good.Ignorant(), good.Refusing()} {
		t.Run([]string{"because it does not know upgrades", "because it refuses their path"}[i], func(t *testing.T) {
			nginx := dusangiretest.StartNginx(t, bad)
			nurse := newScreen(t, nginx.URL)
			nurse.foreseesRefusals()
			nurse.useToken(s.SignIn(hospital.MedicalStaff).Token)
			nurse.open(dusangiretest.WardPath(board))
			nurse.until("the page to say that it looks for changes by itself", isPolled)
			nurse.untilSays(".pill", "Updating every 3 s")
			nurse.mark()

			elsewhere, here := board.Beds[2*i], board.Beds[2*i+1]
			began := time.Now()
			dusangiretest.Admit(t, s, "Uwase Marie", elsewhere)
			nurse.untilSays(card(elsewhere), "Uwase Marie")
			t.Logf("a change made elsewhere was on the screen after %v", time.Since(began).Round(10*time.Millisecond))
			nurse.openBed(here)
			nurse.write("#admit-patient_name", "Mukamana Chantal")
			nurse.press(".panel .primary")
			nurse.untilSays(card(here), "Mukamana Chantal")
			nurse.wantSamePage()
			nurse.until("the page still to poll", isPolled)
		})
	}
}

func TestAPageThatPolledIsLiveByItselfWhenSocketsPassAgain(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, func(c *program.ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	good := dusangiretest.SiteBefore(t, s.URL, "", "")
	nginx := dusangiretest.StartNginx(t, good.Ignorant())
	p := newScreen(t, nginx.URL)
	p.foreseesRefusals()
	p.useToken(s.SignIn(hospital.MedicalStaff).Token)
	p.open(dusangiretest.WardPath(board))
	p.until("the page to poll", isPolled)
	p.mark()
	nginx.Become(good)
	mended := time.Now()
	p.within(40*time.Second+slack, "the page to be live", isLive)
	t.Logf("live %v after the proxy was mended", time.Since(mended).Round(time.Second))
	p.wantSamePage()
}

func TestAPageThatPollsSaysSoWhenItsServerIsGone(t *testing.T) {
	t.Parallel()
	_, board, process, _ := dusangiretest.MustServeProcess(t, 4)
	nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, process.URL, "", "").Ignorant())
	p := newScreen(t, nginx.URL)
	p.foreseesRefusals()
	p.useToken(process.SignIn("medical_staff").Token)
	p.open(dusangiretest.WardPath(board))
	p.until("the page to poll", isPolled)
	process.Signal(syscall.SIGSTOP)
	frozen := time.Now()
	p.within(silence+slack, "the banner", isBanner)
	t.Logf("the banner stood %v after the server froze", time.Since(frozen).Round(100*time.Millisecond))
	p.wantPill("not-live")
	process.Signal(syscall.SIGCONT)
	p.until("the page to poll again", isPolled)
}

// TestEveryLivePagePollsWhereNoSocketPasses opens, as each role, the page that one starts from and
// every kind of page that it leads to. A page that comes later is found by its links.
func TestEveryLivePagePollsWhereNoSocketPasses(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, s.URL, "", "").Ignorant())
	var mu sync.Mutex
	live := map[string]bool{} // the kinds that were seen to be
	t.Run("as", func(t *testing.T) {
		for _, role := range hospital.Roles {
			t.Run(string(role), func(t *testing.T) {
				t.Parallel()
				p := newScreen(t, nginx.URL)
				p.permits("WebSocket connection to") // a role whose pages were all seen waits for none of them
				p.permits("htmx:ws:error")
				p.useToken(s.Client().SignInAs(string(role), "dusangire").Token)
				for _, path := range p.kinds() {
					mu.Lock()
					seen := live[kindOf(path)]
					mu.Unlock()
					if seen {
						continue
					}
					p.open(path)
					if !ask[bool](p, `"live" in document.body.dataset`) {
						continue
					}
					mu.Lock()
					live[kindOf(path)] = true
					mu.Unlock()
					p.until(path+" to poll", isPolled)
				}
			})
		}
	})
	t.Logf("polled: %v", slices.Sorted(maps.Keys(live)))
	for _, kind := range []string{"/dashboard/medical_staff/", "/dashboard/ward_management/",
		"/dashboard/kitchen/", "/dashboard/kitchen/?", "/dashboard/delivery/", "/dashboard/housekeeping/",
		"/wards/{id}/", "/notifications/"} {
		if !live[kind] {
			t.Errorf("%s was not found, so the test does not find its way", kind)
		}
	}
}

var someID = regexp.MustCompile(`/[0-9]+/`)

// kindOf is the same for paths that differ by an id, or by what is asked after the question mark.
func kindOf(path string) string {
	path, asked, _ := strings.Cut(path, "?")
	if asked != "" {
		asked = "?"
	}
	return someID.ReplaceAllString(path, "/{id}/") + asked
}

// kinds are paths of pages that a person gets to from where they start, in two steps at most, one of each kind.
func (p *screen) kinds() []string {
	p.t.Helper()
	const links = `[location.pathname, ...[...document.querySelectorAll("a[href^='/']:not([download])")].map((a) => a.getAttribute("href")).filter((to) => !to.startsWith("/static/"))]`
	known := map[string]bool{}
	var found []string
	follow := func(from string) {
		p.open(from)
		for _, to := range ask[[]string](p, links) {
			to, _, _ = strings.Cut(to, "#")
			if kind := kindOf(to); !known[kind] {
				known[kind] = true
				found = append(found, to)
			}
		}
	}
	follow("/")
	for _, from := range slices.Clone(found) {
		follow(from)
	}
	return found
}
