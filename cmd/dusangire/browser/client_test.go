package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
)

// The clients of the original system's guide, to the letter but for the host. They must go on working.
const (
	wardClient = `// Connect to Ward WebSocket
const wardSocket = new WebSocket('ws://localhost:8000/ws/ward/1/');

wardSocket.onopen = function(e) {
    console.log('Ward WebSocket connected');
    wardSocket.send(JSON.stringify({'action': 'get_status'}));
};

wardSocket.onmessage = function(event) {
    const data = JSON.parse(event.data);
    console.log('Ward update:', data);
    
    // Update UI with real-time data
    updateWardDashboard(data.data);
};

wardSocket.onclose = function(e) {
    console.log('Ward WebSocket disconnected');
};

wardSocket.onerror = function(error) {
    console.error('WebSocket error:', error);
};
`
	dashboardClient = `// Connect to Dashboard real-time updates
const dashboardSocket = new WebSocket('ws://localhost:8000/ws/dashboard/medical_staff/');

dashboardSocket.onmessage = function(event) {
    const update = JSON.parse(event.data);
    
    // Update metrics in real-time
    document.getElementById('occupancy-rate').textContent = update.occupancy_rate;
    document.getElementById('active-patients').textContent = update.patient_count;
    document.getElementById('pending-discharges').textContent = update.pending_discharges;
};
`
	consoleClient = `const ws = new WebSocket('ws://localhost:8000/ws/ward/1/');
ws.onmessage = (e) => console.log(JSON.parse(e.data));
`
)

// run runs a client of the guide in the page.
func (p *screen) run(client string) {
	p.t.Helper()
	ask[chromedp.Void](p, strings.ReplaceAll(client, "localhost:8000", strings.TrimPrefix(p.url, "http://"))+"void 0")
}

func TestTheClientsOfTheOriginalGuideWork(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	if board.ID != 1 {
		t.Fatalf("the guide's ward is 1, this one is %d", board.ID)
	}
	p := visitorAs(s, hospital.MedicalStaff)
	p.open("/nowhere") // a page of the server with nothing of its own
	p.foresees("404")
	ask[chromedp.Void](p, `
		window.wards = []; window.logged = [];
		window.updateWardDashboard = (data) => wards.push(data);
		console.log = (...said) => logged.push(said);
		for (const id of ["occupancy-rate", "active-patients", "pending-discharges"]) document.body.append(Object.assign(document.createElement("p"), {id}));
		void 0`)
	p.run(wardClient)
	p.run(dashboardClient)
	p.run(consoleClient)
	p.until("the ward's status twice: on connecting and as the answer", `wards.filter((w) => w.total_beds === 24 && w.beds.length === 24 && w.ward_name).length >= 2`)
	p.untilSays("#active-patients", "0")
	p.until("the status on the console", `logged.some(([m]) => m.type === "ward_status")`)

	bed := board.Beds[4]
	admission := dusangiretest.Admit(t, s, "Uwase Marie", bed)
	p.until("the ward with its patient", `wards.some((w) => w.occupied_beds === 1 && w.beds[4].patient?.name === "Uwase Marie" && w.beds[4].status === "occupied")`)
	p.until("the bed that changed, on the console", fmt.Sprintf(`logged.some(([m]) => m.type === "bed_status_change" && m.bed_id === %d && m.status === "occupied" && m.data.bed_number === "%s")`, bed.ID, bed.Number))
	p.untilSays("#occupancy-rate", "4.2")
	p.untilSays("#active-patients", "1")
	if _, err := s.Hospital.PlanDischarge(t.Context(), hospital.System, admission.ID, hospital.PlanDischargeCommand{Expected: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	p.untilSays("#pending-discharges", "1")
}

func TestTheDemosBoardChangesByItself(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServe(t, func(c *program.ServeCommand) { c.Demo = true })
	p := demoVisitorAs(t, s, hospital.WardManagement)
	p.openLive("/dashboard/ward_management/")
	before := ask[string](p, `document.querySelector("main").innerText`)
	p.within(30*time.Second, "the dashboard to change by itself", `document.querySelector("main").innerText !== `+fmt.Sprintf("%q", before))
}

// TestAPageAsksItsOwnServerForEverything lists what a page loads; that none of it comes from elsewhere is watched in every test.
func TestAPageAsksItsOwnServerForEverything(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitor(s)
	p.open("/login")
	p.signInByForm(hospital.MedicalStaff)
	p.untilLive()
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, part := range []string{"/login", "/static/app.", "/static/htmx.", "/static/hx-ws.", "/wards/1/", "/beds/1/", "/ws/ward/1/", "/ws/dashboard/"} {
		if !slices.ContainsFunc(p.requests, func(to string) bool { return strings.Contains(to, part) }) {
			t.Errorf("no request for %s was seen, so the watch over requests does not work: %q", part, p.requests)
		}
	}
	host := strings.TrimPrefix(s.URL, "http://")
	for _, to := range p.requests {
		if !strings.HasPrefix(to, "http://"+host+"/") && !strings.HasPrefix(to, "ws://"+host+"/") && !strings.HasPrefix(to, "data:") {
			t.Errorf("a request went to %s", to)
		}
	}
}
