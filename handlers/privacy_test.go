package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"dusangire/hospital"
	"dusangire/hub/hubtest"
)

// The canaries are texts that must never be seen where they were not sent.
const (
	nameCanary   = "Kanari Umurwayi"
	reasonCanary = "kanari-impamvu"
	notesCanary  = "kanari-inyandiko"
	secretCanary = "kanari-ijambobanga"
	searchCanary = "kanari-shakisha"
)

// eavesdropper hears everything that goes over a Redis.
type eavesdropper struct {
	mu    sync.Mutex
	heard strings.Builder
	count int
}

func eavesdrop(t *testing.T, server *hubtest.Redis) *eavesdropper {
	t.Helper()
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	subscription := client.PSubscribe(t.Context(), "*")
	if _, err := subscription.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, ended := &eavesdropper{}, make(chan struct{})
	go func() {
		defer close(ended)
		for message := range subscription.Channel() {
			e.mu.Lock()
			fmt.Fprintln(&e.heard, message.Channel, message.Payload)
			if strings.Contains(message.Payload, "ward:") {
				e.count++
			}
			e.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = subscription.Close(); <-ended; _ = client.Close() })
	return e
}

func (e *eavesdropper) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.String()
}

// wards is how many hints of wards were heard.
func (e *eavesdropper) wards() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

// TestNoPatientAndNoSecretIsSeenElsewhere goes through a day's work, with mistakes, and looks for the canaries in the log at its most
// talkative, in the metrics, in where answers lead to and on Redis.
func TestNoPatientAndNoSecretIsSeenElsewhere(t *testing.T) {
	t.Parallel()
	server := hubtest.StartRedis(t)
	spy := eavesdrop(t, server)
	h := newFixture(t, settings{bus: redisBus(t, server)})
	h.ready(http.StatusOK)
	var locations strings.Builder
	tokens := work(h, func(a answer) { fmt.Fprintln(&locations, a.header.Get("Location")) })
	h.until("Redis has heard of the wards", func() bool { return spy.wards() >= 4 })
	places := map[string]string{"the log": h.log.String(), "the metrics": h.metrics(),
		"where answers lead": locations.String(), "Redis": spy.String()}
	canaries := append([]string{"kanari", "Kanari", "KANARI", "Umurwayi", "K. U.", password}, tokens...)
	for place, text := range places {
		if len(text) < 20 {
			t.Errorf("%s should have something to look through: %q", place, text)
		}
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s has %q", place, canary)
			}
		}
	}
	if log := places["the log"]; !strings.Contains(log, `"route":"/admissions/:id/discharge"`) {
		t.Errorf("the log should tell which routes were asked:\n%s", log)
	}
}

// work is a day's work by people and programs. It returns the tokens that were in use.
func work(h *fixture, note func(answer)) (tokens []string) {
	h.t.Helper()
	nurse, admin := h.token("medical_staff"), h.token("admin")
	for _, as := range []audience{program, browser, htmx} {
		bed, other := h.bed(h.a, 1).ID, h.bed(h.b, 1).ID
		send := func(path string, form url.Values) answer {
			got := h.post(path, nurse, as, form)
			note(got)
			return got
		}
		admission := url.Values{"patient_name": {nameCanary}, "bed_id": {fmt.Sprint(bed)}, "reason": {reasonCanary}, "allergies": {"milk"}, "idempotency_key": {"k-" + string(as)}}
		send("/admissions", url.Values{"patient_name": {nameCanary + strings.Repeat("x", 200)}, "diet": {reasonCanary}, reasonCanary: {"1"}})
		send("/admissions", admission)
		send("/admissions", admission)
		send("/admissions", url.Values{"patient_name": {nameCanary}, "bed_id": {fmt.Sprint(bed)}})
		send(fmt.Sprintf("/beds/%d/patients", other), url.Values{"q": {searchCanary}})
		send(fmt.Sprintf("/beds/%d/patients", other), url.Values{"q": {"kanari"}})
		send("/patients/search", url.Values{"q": {searchCanary}})
		send("/patients/search", url.Values{"q": {"kanari"}})
		admissionPath := fmt.Sprintf("/admissions/%d", h.bed(h.a, 1).Admission.AdmissionID)
		send(admissionPath+"/transfer", url.Values{"bed_id": {fmt.Sprint(bed)}, "reason": {reasonCanary}})
		send(admissionPath+"/transfer", url.Values{"bed_id": {fmt.Sprint(other)},
			"reason": {reasonCanary}})
		send(fmt.Sprintf("/beds/%d/status", bed), url.Values{"status": {notesCanary}, "reason": {notesCanary}})
		send(admissionPath+"/discharge", url.Values{"outcome": {notesCanary}, "notes": {notesCanary}})
		send(admissionPath, url.Values{"note": {notesCanary}, "version": {notesCanary}})
		send(admissionPath, url.Values{"note": {notesCanary}})
		for _, path := range []string{fmt.Sprintf("/wards/%d/?q=%s", h.b.ID, searchCanary), fmt.Sprintf("/beds/%d/", other), admissionPath + "/", "/dashboard/medical_staff/", "/wards/" + searchCanary + "/", "/" + searchCanary} {
			note(h.get(path, nurse, as))
			if got := h.get(path, "", as); !strings.Contains(path, searchCanary+"/") && path != "/"+searchCanary {
				note(got) // what a client put into a path itself may lead back to it
			}
		}
		for _, representation := range []string{asJSON, asHTML} {
			s := h.watch(wardPath(h.b), nurse, representation)
			if state := s.next(); !strings.Contains(state, nameCanary) {
				h.t.Errorf("the ward's screen should show its patient: %s", state)
			}
			s.send(`{"action":"` + notesCanary + `","bed_id":"` + nameCanary + `"}`)
			_, _ = s.read()
		}
		h.bring(as, h.bed(h.b, 1).Admission.AdmissionID, note)
		send(admissionPath+"/discharge", url.Values{"outcome": {"improved"}, "notes": {notesCanary}})
		h.setBed(bed, hospital.BedAvailable)
		h.setBed(other, hospital.BedAvailable)

		customersWork(h, as, note)
		note(h.post("/login", "", as, url.Values{"username": {"admin"}, "password": {secretCanary}}))
		note(h.post("/login", "", as, url.Values{"username": {secretCanary}, "password": {password}}))
		in := h.post("/login", "", as, url.Values{"username": {"admin"}, "password": {password}})
		note(in)
		if as == browser {
			tokens = append(tokens, (&http.Response{Header: in.header}).Cookies()[0].Value)
		}
	}
	note(h.post("/logout", admin, program, nil))
	return append(tokens, nurse, admin)
}

// customersWork is what a customer does in a day, with mistakes: addresses, orders, notifications, and the desk's link to a patient.
func customersWork(h *fixture, as audience, note func(answer)) {
	h.t.Helper()
	customer, desk := h.token("customer"), h.token("ward_management")
	send := func(token, path string, form url.Values) { note(h.post(path, token, as, form)) }
	address := url.Values{"label": {notesCanary}, "full_name": {nameCanary}, "phone": {"0788123456"}, "address_line1": {reasonCanary}, "city": {nameCanary},
		"instructions": {notesCanary}, "zone_id": {fmt.Sprint(h.zone("Zone of a "+string(as), 500).ID)}, "idempotency_key": {"a-" + string(as)}}
	send(customer, "/addresses", address)
	address.Set("zone_id", nameCanary)
	send(customer, "/addresses", address)
	admission := h.admitAsked(nameCanary, 0)
	dish := h.dish("Dish of a "+string(as), "hot")
	send(desk, fmt.Sprintf("/admissions/%d/customers", admission.ID),
		url.Values{"username": {nameCanary}})
	send(desk, fmt.Sprintf("/admissions/%d/customers", admission.ID),
		url.Values{"username": {"customer"}})
	order := url.Values{"admission_id": {fmt.Sprint(admission.ID)}, "meal": {"snack"}, "items[]": {fmt.Sprint(dish.ID)}, "notes": {notesCanary}}
	send(customer, "/orders", order)
	order.Set("meal", notesCanary)
	send(customer, "/orders", order)
	for _, path := range []string{"/home/", "/addresses/", "/notifications/", fmt.Sprintf("/admissions/%d/menu/?meal=%s", admission.ID, searchCanary)} {
		note(h.get(path, customer, as))
		note(h.get(path, "", as))
	}
	for _, representation := range []string{asJSON, asHTML} {
		s := h.watch("/ws/home/", customer, representation)
		if state := s.next(); !strings.Contains(state, nameCanary) {
			h.t.Errorf("the customer's page should show their patient: %s", state)
		}
	}
	send(customer, "/notifications/read", url.Values{"up_to": {searchCanary}})
}
