package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// sampleTray is a tray for a bed of ward MED-A.
func sampleTray(id int64, status hospital.DeliveryStatus) hospital.Tray {
	number := fmt.Sprintf("MED-A-%02d", id)
	tray := hospital.Tray{Meal: hospital.Lunch, ReadySince: now.Add(-10 * time.Minute), Claimable: status == hospital.DeliveryUnassigned,
		Delivery: hospital.Delivery{ID: id, OrderID: 100 + id, Status: status, BedID: id, BedNumber: number, WardCode: "MED-A",
			Destination: number + ", Medicine, women", StatusSince: now, Version: 3}}
	if status != hospital.DeliveryUnassigned {
		tray.CourierID, tray.Courier = 7, "clarisse"
	}
	return tray
}

// sampleStop is a stop of the courier's own round, changed by each of the changes.
func sampleStop(id int64, status hospital.DeliveryStatus, changes ...func(*hospital.RoundStop)) hospital.RoundStop {
	s := hospital.RoundStop{Tray: sampleTray(id, status), PatientName: names[id], BirthDate: time.Date(1984, 7, int(id), 0, 0, 0, 0, time.UTC),
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: hospital.Allergies{Known: true},
		Dishes: []hospital.TicketDish{{ID: 1, Name: hospital.DishName{En: "Rice", Fr: "Riz", Rw: "Umuceri"}, Station: "hot"}}}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func sickStop(s *hospital.RoundStop) {
	s.Diet, s.Texture = hospital.DietRenal, 4
	s.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
}

func movedStop(s *hospital.RoundStop) { s.MovedFrom = "MED-A-19" }

func stoppedStop(s *hospital.RoundStop) {
	s.Stopped, s.HeldFor = hospital.StoppedHazard, []hospital.Hazard{{Kind: hospital.HazardNilByMouth}}
}

func parcelStop(s *hospital.RoundStop) {
	s.BedID, s.BedNumber, s.WardCode, s.Destination, s.Diet, s.BirthDate, s.Phone = 0, "", "", "KG 7 Ave 12, Kigali", "", time.Time{}, "+250788123456"
}

// sampleRound is a courier's board with a stop of each kind and what waits in two places.
func sampleRound() hospital.DeliveryBoard {
	other := hospital.Round[hospital.Tray]{ZoneID: 3, Name: "Shelter", Stops: []hospital.Tray{sampleTray(14, hospital.DeliveryUnassigned)}}
	other.Stops[0].BedNumber, other.Stops[0].Destination = "", "KG 7 Ave 12, Kigali"
	return hospital.DeliveryBoard{
		Metrics: sampleMetrics(), At: now, Revisions: revisions(hospital.DeliveriesTopic, 12),
		Counts: map[hospital.DeliveryStatus]int{hospital.DeliveryUnassigned: 3, hospital.DeliveryAssigned: 1, hospital.DeliveryInTransit: 5, hospital.DeliveryDelivered: 17},
		Waiting: []hospital.Round[hospital.Tray]{
			{WardID: 2, Name: "MED-A Medicine, women", Stops: []hospital.Tray{sampleTray(11, hospital.DeliveryUnassigned), sampleTray(12, hospital.DeliveryUnassigned), sampleTray(13, hospital.DeliveryInTransit)}},
			other,
		},
		Mine: []hospital.Round[hospital.RoundStop]{
			{WardID: 2, Name: "MED-A Medicine, women", Stops: []hospital.RoundStop{sampleStop(1, hospital.DeliveryAssigned), sampleStop(2, hospital.DeliveryInTransit, sickStop),
				sampleStop(3, hospital.DeliveryInTransit, movedStop), sampleStop(4, hospital.DeliveryInTransit, stoppedStop)}},
			{Stops: []hospital.RoundStop{sampleStop(5, hospital.DeliveryInTransit, func(s *hospital.RoundStop) { s.BedID, s.BedNumber, s.WardCode, s.Destination = 0, "", "", "" })}},
			{ZoneID: 3, Name: "Shelter", Stops: []hospital.RoundStop{sampleStop(6, hospital.DeliveryInTransit, parcelStop)}},
		},
	}
}

func roundPage() views.Page {
	return livePage("Delivery", hospital.DeliveryStaff, "/dashboard/delivery/", "/ws/dashboard/delivery/", sampleRound().Revisions)
}

// sampleDelivery is a delivery that is on its way and seen.
func sampleDelivery() hospital.DeliveryWatch {
	latitude, longitude := -1.950001, 30.06
	d := hospital.DeliveryWatch{Delivery: sampleTray(4, hospital.DeliveryInTransit).Delivery, At: now, Revisions: revisions(hospital.DeliveryTopic(4), 9), Code: "0427", OrderSeen: true}
	d.Latitude, d.Longitude, d.LocatedAt, d.MovedFrom = &latitude, &longitude, now, "MED-A-19"
	return d
}

func deliveryPage() views.Page {
	return livePage("Order 104", hospital.Customer, "/deliveries/4/", "/ws/delivery/4/", sampleDelivery().Revisions)
}

func TestAStopShowsWhatMustNotGoWrong(t *testing.T) {
	const danger, warning = "notice-stop", "notice-moved"
	for name, c := range map[string]struct {
		stop     hospital.RoundStop
		has, not []string
	}{
		"claimed": {sampleStop(1, hospital.DeliveryAssigned), []string{"/deliveries/1/depart", "/deliveries/1/release", string(names[1]), "1 Jul 1984"},
			[]string{"/deliveries/1/deliver", danger, warning}},
		"on the way": {sampleStop(2, hospital.DeliveryInTransit), []string{"/deliveries/2/deliver", "/deliveries/2/fail", `data-bed="MED-A-02"`, "Rice"},
			[]string{"/deliveries/2/depart", "/deliveries/2/release", danger, warning, "data-door", `data-news="moved"`}},
		"of a sick patient": {sampleStop(2, hospital.DeliveryInTransit, sickStop), []string{"Severe allergy: peanuts", "Allergy: milk", "IDDSI 4 puréed", "Renal"}, nil},
		"moved": {sampleStop(3, hospital.DeliveryInTransit, movedStop), []string{"Moved to MED-A-03, not MED-A-19 any more", warning, `data-news="moved"`, "/deliveries/3/deliver"},
			[]string{danger}},
		"stopped": {sampleStop(4, hospital.DeliveryInTransit, stoppedStop), []string{"Must not be given. Bring it back.", "the patient is nil by mouth", danger, `data-news="stopped"`, "/deliveries/4/fail"},
			[]string{"/deliveries/4/deliver", warning, "asleep"}},
		"for an address": {sampleStop(6, hospital.DeliveryInTransit, parcelStop), []string{"The customer’s code", "+250788123456", "KG 7 Ave 12", "data-door"}, []string{"IDDSI", "Allergies not asked", "Code of the bed"}},
	} {
		board := hospital.DeliveryBoard{Mine: []hospital.Round[hospital.RoundStop]{{WardID: 2, Name: "MED-A", Stops: []hospital.RoundStop{c.stop}}}}
		body := draw(t, text.En, views.RoundRegions(board)[1].Items[1].Component)
		for _, part := range c.has {
			if !strings.Contains(body, part) {
				t.Errorf("a stop %s lacks %q: %s", name, part, body)
			}
		}
		for _, part := range c.not {
			if strings.Contains(body, part) {
				t.Errorf("a stop %s has %q: %s", name, part, body)
			}
		}
	}
}

func TestAnEmptyRoundSaysWhatToDo(t *testing.T) {
	page := draw(t, text.En, views.RoundPage(roundPage(), hospital.DeliveryBoard{At: now}, nil))
	for _, part := range []string{`<ul id="mine" class="stops"></ul>`, `<ul id="ready" class="trays"></ul>`, "You carry nothing now. Claim a round below.", "No tray waits."} {
		if !strings.Contains(page, part) {
			t.Errorf("an empty round lacks %s", part)
		}
	}
}

func TestWhatComesNextLiesAtTheThumb(t *testing.T) {
	carry := draw(t, text.En, views.RoundRegions(sampleRound())[3].Component)
	for _, part := range []string{`action="/deliveries/depart"`, `value="1"`, "Set off with 1", `href="#delivery-2"`, "Next: MED-A-02"} {
		if !strings.Contains(carry, part) {
			t.Errorf("the bar at the bottom lacks %s: %s", part, carry)
		}
	}
	if empty := draw(t, text.En, views.RoundRegions(hospital.DeliveryBoard{})[3].Component); strings.Contains(empty, "button") {
		t.Errorf("a courier who carries nothing is offered %s", empty)
	}
}

func TestAnAlarmIsAsLoudAsItsDanger(t *testing.T) {
	for code, want := range map[string]string{"wrong_bed": "Wrong bed", "wrong_code": "Wrong code", "hazards": "Stop: do not give", "stopped": "Stop: do not give", "delivery_claimed": "Not done"} {
		alarm := parse(t, draw(t, text.En, views.AlarmDialog(&views.Alarm{Code: code, Sentence: "Because.", Delivery: 5})))[0]
		loud := strings.Contains(attribute(alarm, "class"), "danger")
		if loud != views.Dangerous(code) || loud != (code != "delivery_claimed") || !hasAttribute(alarm, "open") {
			t.Errorf("%s: %+v", code, alarm.Attr)
		}
		if body := draw(t, text.En, views.AlarmDialog(&views.Alarm{Code: code, Sentence: "Because.", Delivery: 5})); !strings.Contains(body, want) ||
			!strings.Contains(body, "Because.") || !strings.Contains(body, `href="/dashboard/delivery/#delivery-5"`) {
			t.Errorf("%s: %s", code, body)
		}
	}
	if none := parse(t, draw(t, text.En, views.AlarmDialog(nil)))[0]; hasAttribute(none, "open") {
		t.Error("without an alarm the dialog is open")
	}
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func TestThePlaceOfADeliveryIsASmallFrame(t *testing.T) {
	var place views.Region
	for _, r := range views.DeliveryRegions(sampleDelivery(), hospital.Customer) {
		if r.ID == views.LocationID {
			place = r
		}
	}
	got := frame(t, text.En, stampOf("delivery:4=9"), place)
	if !strings.Contains(got, "1.95000° S, 30.06000° E") || len(got) > 700 {
		t.Errorf("a place is sent in %d bytes: %s", len(got), got)
	}
}

func TestTheFrameOfAClaimFitsFiveKilobytes(t *testing.T) {
	board := sampleRound()
	board.Mine[0].Stops[1] = sampleStop(2, hospital.DeliveryInTransit, sickStop, stoppedStop)
	for _, lang := range text.Langs {
		for _, item := range views.RoundRegions(board)[1].Items {
			if got := frame(t, lang, stampOf("deliveries=12,metrics=7"), item); len(got) > 5<<10 {
				t.Errorf("in %s the frame of %s has %d bytes", lang, item.ID, len(got))
			}
		}
	}
}
