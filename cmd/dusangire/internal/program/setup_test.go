package program_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
)

var setupLine = regexp.MustCompile(`^setup: (http://127\.0\.0\.1:\d+/setup/\S+) \(valid until (\S+)\)\n$`)

// served starts the program, does something while it serves with what it has printed by then, and
// stops it.
func served(t *testing.T, dir string, meanwhile func(printed string)) {
	t.Helper()
	command := dusangiretest.Invocation{Dir: dir,
		Args: []string{"serve", "--addr", "127.0.0.1:0"}}.Command(t.Context(), t)
	printed := filepath.Join(t.TempDir(), "printed")
	file, err := os.Create(printed)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	command.Stdout = file
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go dusangiretest.LinesOf(log, lines)
	for line := range lines {
		if !strings.Contains(line, "serving") {
			continue
		}
		written, err := os.ReadFile(printed) // before that line
		if err != nil {
			t.Fatal(err)
		}
		meanwhile(string(written))
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}

// TestServePrintsASetupLinkUntilThereIsAnAccount: a new one at each start, for an hour.
func TestServePrintsASetupLinkUntilThereIsAnAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var first string
	served(t, dir, func(printed string) {
		found := setupLine.FindStringSubmatch(printed)
		if found == nil {
			t.Fatalf("printed %q", printed)
		}
		first = found[1]
		until, err := time.Parse(time.RFC3339, found[2])
		if left := time.Until(until); err != nil || left > time.Hour || left < 55*time.Minute {
			t.Errorf("the link is good for %v: %v", left, err)
		}
	})
	served(t, dir, func(printed string) {
		found := setupLine.FindStringSubmatch(printed)
		if found == nil || strings.HasSuffix(first, found[1][strings.LastIndex(found[1], "/"):]) {
			t.Fatalf("the second start printed %q after %s", printed, first)
		}
		response, err := http.Post(found[1], "application/json", strings.NewReader(
			`{"username": "first", "password": "correct horse battery"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode >= 400 {
			t.Fatalf("%s %s", response.Status, body)
		}
	})
	served(t, dir, func(printed string) {
		if printed != "" {
			t.Errorf("with an account it printed %q", printed)
		}
	})
}

// TestAHospitalIsSetUpAndEatsItsFirstLunchByJSONAlone begins with an empty folder and the link that
// the server prints, and ends where a caregiver sees the tray delivered.
func TestAHospitalIsSetUpAndEatsItsFirstLunchByJSONAlone(t *testing.T) {
	t.Parallel()
	served(t, t.TempDir(), func(printed string) {
		found := setupLine.FindStringSubmatch(printed)
		if found == nil {
			t.Fatalf("printed %q", printed)
		}
		server, token, _ := strings.Cut(found[1], "/setup/")
		nobody := dusangiretest.Client{T: t, URL: server}
		admin := enters(nobody, "/setup/"+token, "chief")
		nobody.Refused(http.StatusNotFound, "/setup/"+token,
			map[string]any{"username": "second", "password": "correct horse battery"})
		ward := setUpBySteps(t, admin)
		staff := map[string]dusangiretest.Client{}
		for _, role := range []string{"medical_staff", "ward_management", "kitchen", "delivery"} {
			made := admin.Create("/users", map[string]any{"username": role, "role": role})
			link, _ := made["link"].(string)
			staff[role] = enters(nobody, strings.TrimPrefix(link, server), "")
		}
		if missing := admin.Read("/setup/")["missing"]; fmt.Sprint(missing) != "[]" {
			t.Errorf("there is still missing %v", missing)
		}
		eatsLunch(t, nobody, staff, ward)
	})
}

// enters sets a password by a link, and a name where one is asked for, and returns the client that
// is signed in by it.
func enters(nobody dusangiretest.Client, path, name string) dusangiretest.Client {
	nobody.T.Helper()
	fields := map[string]any{"password": "correct horse battery"}
	if name != "" {
		fields["username"] = name
	}
	token, _ := nobody.Create(path, fields)["token"].(string)
	return dusangiretest.Client{T: nobody.T, URL: nobody.URL, Token: token}
}

// setUpBySteps names the hospital, adds two wards with twenty beds, a fourth main meal and a menu,
// and returns the first ward's path.
func setUpBySteps(t *testing.T, admin dusangiretest.Client) string {
	t.Helper()
	admin.Command("/settings", map[string]any{"hospital_name": "Hills Hospital",
		"time_zone": "Africa/Kigali", "currency": "RWF", "version": 1})
	ward := admin.Create("/wards", map[string]any{"code": "MED", "name": "Medicine", "beds": 8})
	admin.Create("/wards", map[string]any{"code": "SURG", "name": "Surgery", "beds": 10})
	path := fmt.Sprintf("/wards/%v/", ward["id"])
	admin.Create(path+"beds", map[string]any{"numbers": []string{"M-9..M-10"}})
	admin.Create("/meals", map[string]any{"code": "tea", "name_en": "Tea", "serve_at": "16:00",
		"cut_off_minutes": 30, "main": true})
	admin.Command("/meals/breakfast", map[string]any{"serve_at": "06:15"})
	admin.Command("/setup/menu", map[string]any{"start": "sample"})
	admin.Create("/dishes", map[string]any{"name_en": "Milk and bread", "meals": []string{"tea"},
		"station": "cold", "allergens": []string{"milk", "gluten"}, "textures": []int{7},
		"diets": []string{"general", "diabetic", "low_sodium", "high_protein", "low_fat", "renal",
			"cardiac", "ulcer"}, "price": 700})
	return path
}

// eatsLunch admits somebody, invites a caregiver, orders by the round, cooks and carries.
func eatsLunch(t *testing.T, nobody dusangiretest.Client, staff map[string]dusangiretest.Client,
	ward string) {
	t.Helper()
	none := map[string]any{}
	nurse, cook, courier := staff["medical_staff"], staff["kitchen"], staff["delivery"]
	bed := nurse.Read(ward)["beds"].([]any)[0].(map[string]any)
	admission := nurse.Create("/admissions", map[string]any{"patient_name": "Uwase Marie",
		"bed_id": bed["id"], "reason": "malaria", "diet": "general", "texture": 7,
		"allergies": []string{"peanuts"}})
	invited := nurse.Create(fmt.Sprintf("/admissions/%v/invitations", admission["id"]), none)
	caregiver := enters(nobody, fmt.Sprintf("/join/%v", invited["code"]), "eric")
	if status, body := nurse.Post(ward+"round", map[string]any{"meal": "lunch"}); status !=
		http.StatusOK || !strings.Contains(string(body), `"placed":1`) {
		t.Fatalf("the round of lunch: %d %s", status, body)
	}
	_, wall := cook.Get("/dashboard/kitchen/")
	ticket := regexp.MustCompile(`"order_id":(\d+)`).FindSubmatch(wall)
	if ticket == nil {
		t.Fatalf("the kitchen sees no ticket: %s", wall)
	}
	order := fmt.Sprintf("/orders/%s/", ticket[1])
	if caregiver.Read(order)["status"] == "pending" { // lunch is over today
		cook.Command(order+"confirm", none)
	}
	cook.Command(order+"start", none)
	cook.Command(order+"ready", none)
	delivery := fmt.Sprintf("/deliveries/%v/", caregiver.Read(order)["delivery_id"])
	courier.Command(delivery+"claim", none)
	courier.Command(delivery+"depart", none)
	courier.Command(delivery+"deliver", map[string]any{"bed_code": bed["bed_number"],
		"received_by": "Uwase Marie"})
	if status := caregiver.Read(order)["status"]; status != "delivered" {
		t.Errorf("the caregiver sees an order that is %v", status)
	}
}
