package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// nurseOf is a nurse who works in some wards.
func (s *service) nurseOf(t testing.TB, name string, wards ...hospital.Ward) hospital.Actor {
	t.Helper()
	actor := s.login(t, name, hospital.MedicalStaff)
	for _, ward := range wards {
		s.exec(t, `INSERT INTO user_ward (user_id, ward_id) VALUES ($1, $2)`, actor.UserID, ward.ID)
	}
	return actor
}

// fastsUntilNow lets a patient's time of nil by mouth be over.
func (s *service) fastsUntilNow(t testing.TB, a hospital.Admission) {
	t.Helper()
	from := s.clock.Now().Add(time.Minute)
	s.diet(t, a, fasting(from, from.Add(time.Hour)))
	for range 2 { // it begins by itself, and so it ends
		s.clock.pass(45 * time.Minute)
		if _, err := s.HoldNilByMouth(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// last is the newest of someone's notifications, with a code.
func (s *service) last(t testing.TB, actor hospital.Actor, code string) hospital.Notification {
	t.Helper()
	inbox := s.inbox(t, actor)
	if len(inbox.Notifications) == 0 || inbox.Notifications[0].Code != code {
		t.Fatalf("%s was told %v, want %s last", actor.Username, s.told(t, actor), code)
	}
	return inbox.Notifications[0]
}

// shownPatients are the patients of a notification: "A-01 Uwase Marie, A-02 M. E. (ordered)".
func shownPatients(patients []hospital.NoticePatient) string {
	var shown []string
	for _, p := range patients {
		words := strings.TrimSpace(p.BedNumber + " " + string(p.PatientName) + p.Initials)
		if p.Ordered {
			words += " (ordered)"
		}
		shown = append(shown, words)
	}
	return strings.Join(shown, ", ")
}

func TestWhatHappensInAWardIsToldToThoseWhoWorkThere(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		here, there := s.nurseOf(t, "here", s.a), s.nurseOf(t, "there", s.b)
		both, anywhere := s.nurseOf(t, "both", s.a, s.b), s.nurseOf(t, "anywhere")
		s.fastsUntilNow(t, s.patient(t, "Uwase Marie", "A-01"))
		for actor, want := range map[hospital.Actor]int{here: 1, both: 1, anywhere: 1, there: 0} {
			inbox := s.inbox(t, actor)
			bell, err := s.Unread(t.Context(), actor)
			if err != nil || len(inbox.Notifications) != want || inbox.Unread != want || bell.Count != want {
				t.Errorf("%s is told %d, of which %d are unread, and the bell says %d (%v); want %d",
					actor.Username, len(inbox.Notifications), inbox.Unread, bell.Count, err, want)
			}
		}
		medical := hospital.Actor{Role: hospital.MedicalStaff}
		for _, of := range []struct {
			wards []int64
			want  int
		}{{nil, 1}, {[]int64{s.a.ID}, 1}, {[]int64{s.b.ID}, 0}, {[]int64{s.a.ID, s.b.ID}, 1}} {
			news, err := s.News(t.Context(), medical, of.wards...)
			if err != nil || len(news.Notifications) != of.want {
				t.Errorf("the news of wards %v is %+v, %v; want %d", of.wards, news.Notifications, err, of.want)
			}
		}
		// Where its patient goes, the news does not follow.
		moved := s.inbox(t, anywhere).Notifications[0].About.AdmissionIDs[0]
		must[hospital.Admission](t)(
			s.Transfer(t.Context(), nurse, moved, hospital.TransferCommand{BedID: s.bed(t, "B-01").ID}))
		news, err := s.News(t.Context(), medical, s.a.ID)
		if err != nil || len(news.Notifications) != 1 || len(news.Notifications[0].Patients) > 0 ||
			news.Notifications[0].Target.Kind != hospital.NoTarget {
			t.Errorf("after the patient has moved the ward's news is %+v, %v", news.Notifications, err)
		}
		if n := s.inbox(t, anywhere).Notifications[0]; shownPatients(n.Patients) != "B-01 Uwase Marie" ||
			n.Target.ID != moved {
			t.Errorf("and whoever was told reads %+v of %q", n.Target, shownPatients(n.Patients))
		}
	})
}

// TestWhoWorksElsewhereKeepsNoNotificationAlive: nobody waits for those who were never told of it.
func TestWhoWorksElsewhereKeepsNoNotificationAlive(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.exec(t, `UPDATE app_user SET disabled = TRUE WHERE role = 'medical_staff'`)
		here := s.nurseOf(t, "here", s.a)
		s.nurseOf(t, "there", s.b)
		s.exec(t, `UPDATE app_user SET created_at = 0`)
		s.fastsUntilNow(t, s.patient(t, "Uwase Marie", "A-01"))
		read := func() {
			t.Helper()
			if err := s.ReadNotifications(t.Context(), here, 1<<40); err != nil {
				t.Fatal(err)
			}
		}
		read()
		s.clock.pass(31 * 24 * time.Hour)
		s.fastsUntilNow(t, s.patient(t, "Mugisha Eric", "A-02"))
		read()
		if n := s.number(t, `SELECT count(*) FROM notification WHERE code =
			'nil_by_mouth_over'`); n != 1 {
			t.Errorf("%d are kept, want the new one alone", n)
		}
	})
}

func TestANotificationOfAMealRoundSaysWhoGetsNothing(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		first := s.orderFor(t, nurse, s.patient(t, "Habimana Jean", "B-01"), hospital.Lunch) // order 1
		s.patient(t, "Umutoni Grace", "A-01")
		s.admit(t, "Uwase Marie", "A-05") // nobody asked either of them about allergies
		moves := s.admit(t, "Mugisha Eric", "A-02")
		s.dueRounds(t)
		gaps := s.last(t, nurse, "meal_round_gaps")
		if got, want := shownPatients(gaps.Patients), "A-02 Mugisha Eric, A-05 Uwase Marie"; got != want {
			t.Errorf("who gets nothing is %q, want %q", got, want)
		}
		if want := (hospital.Target{Kind: hospital.TargetWard, ID: s.a.ID}); gaps.Target != want ||
			gaps.About.OrderID != 0 {
			t.Errorf("it leads to %+v, want ward A, and is about order %d of %d", gaps.Target,
				gaps.About.OrderID, first.ID)
		}
		s.diet(t, moves, hospital.DietCommand{Allergies: &hospital.Allergies{Known: true}})
		s.orderFor(t, nurse, moves, hospital.Lunch)
		must[hospital.Admission](t)(
			s.Transfer(t.Context(), nurse, moves.ID, hospital.TransferCommand{BedID: s.bed(t, "B-02").ID}))
		gaps = s.last(t, nurse, "meal_round_gaps")
		if got, want := shownPatients(gaps.Patients),
			"B-02 Mugisha Eric (ordered), A-05 Uwase Marie"; got != want {
			t.Errorf("later it is %q, want %q", got, want)
		}
		s.discharge(t, moves.ID, hospital.Improved)
		s.exec(t, `UPDATE bed SET status = 'available' WHERE number = 'B-02'`)
		s.patient(t, "Keza Ange", "B-02") // whoever lies in that bed is not whom it was about
		gaps = s.last(t, nurse, "meal_round_gaps")
		if got, want := shownPatients(gaps.Patients), "A-05 Uwase Marie"; got != want {
			t.Errorf("after one has left it is %q, want %q", got, want)
		}
	})
}

func TestAMissedMealRoundSaysWhoHasNothingYet(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		first, second := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "A-02")
		s.clock.goTo(kigaliTime(0, 12, 31))
		if got := s.missed(t); got != "A lunch 2" {
			t.Fatalf("missed is %q", got)
		}
		for actor, want := range map[hospital.Actor]string{nurse: "A-01 Uwase Marie, A-02 Mugisha Eric",
			manager: "A-01 Uwase Marie, A-02 Mugisha Eric", cook: "A-01 U. M., A-02 M. E."} {
			told := s.last(t, actor, "meal_round_missed")
			if got := shownPatients(told.Patients); got != want {
				t.Errorf("%s is told of %q, want %q", actor.Username, got, want)
			}
			if kind := told.Target.Kind; kind != hospital.TargetWard && actor != cook ||
				kind != hospital.TargetKitchen && actor == cook {
				t.Errorf("%s is led to %+v", actor.Username, told.Target)
			}
		}
		lacks := func(want, initials string) {
			t.Helper()
			medical := must[hospital.MedicalDashboard](t)(
				s.MedicalDashboard(t.Context(), hospital.System, nil))
			management := must[hospital.ManagementDashboard](t)(
				s.ManagementDashboard(t.Context(), hospital.System))
			for screen, of := range map[string]struct {
				rounds []hospital.MissedRound
				want   string
			}{"medical staff": {medical.Missed, want}, "ward management": {management.Missed, want},
				"the kitchen": {s.kitchen(t).Missed, initials}} {
				if len(of.rounds) != 1 || shownPatients(of.rounds[0].Who) != of.want {
					t.Errorf("%s: the missed rounds are %+v, want %q", screen, of.rounds, of.want)
				}
			}
		}
		lacks("A-01 Uwase Marie, A-02 Mugisha Eric", "A-01 U. M., A-02 M. E.")
		var o hospital.Order
		topics := s.moved(t, func() error {
			placed, _, err := s.PlaceOrder(t.Context(), nurse,
				hospital.PlaceOrderCommand{AdmissionID: first.ID, Meal: hospital.Lunch,
					Dishes: []int64{s.dish.ID}})
			o = placed
			return err
		})
		if !slices.Contains(topics, string(hospital.MetricsTopic)) {
			t.Errorf("an order for one of them moved %v: the dashboards do not hear of it", topics)
		}
		lacks("A-02 Mugisha Eric", "A-02 M. E.")
		must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, o.ID, hospital.OrderCommand{}))
		s.discharge(t, second.ID, hospital.Improved)
		lacks("A-01 Uwase Marie", "A-01 U. M.")
	})
}

func TestANotificationLeadsToWhatItIsAbout(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.fastsUntilNow(t, a)
		over := s.last(t, nurse, "nil_by_mouth_over")
		if want := (hospital.Target{Kind: hospital.TargetAdmission, ID: a.ID}); over.Target != want ||
			shownPatients(over.Patients) != "A-01 Uwase Marie" {
			t.Errorf("who may eat again is %+v, %q; want %+v", over.Target, shownPatients(over.Patients),
				want)
		}
		o := s.orderFor(t, nurse, a, hospital.Dinner)
		d := s.cooked(t, o)
		s.depart(t, s.courier, d.ID)
		s.stop(t, a)
		if told := s.last(t, s.courier,
			"delivery_stopped"); told.Target != (hospital.Target{Kind: hospital.TargetDelivery, ID: d.ID}) ||
			len(told.Patients) > 0 {
			t.Errorf("the courier is led to %+v and told of %q", told.Target, shownPatients(told.Patients))
		}
		if told := s.last(t, cook,
			"ticket_stopped"); told.Target != (hospital.Target{Kind: hospital.TargetOrder, ID: o.ID}) ||
			shownPatients(told.Patients) != "A-01 U. M." {
			t.Errorf("the kitchen is led to %+v and told of %q", told.Target, shownPatients(told.Patients))
		}
		s.discharge(t, a.ID, hospital.Improved)
		s.exec(t, `UPDATE bed SET status = 'available' WHERE number = 'A-01'`)
		s.patient(t, "Keza Ange", "A-01")
		for _, n := range s.inbox(t, nurse).Notifications {
			if n.Code == "nil_by_mouth_over" && (n.Target.Kind != hospital.NoTarget || len(n.Patients) > 0) {
				t.Errorf("after the patient has left it leads to %+v and names %q", n.Target,
					shownPatients(n.Patients))
			}
		}
		s.endsAs(t, d, hospital.DeliveryReturned)
		s.clock.pass(3 * 24 * time.Hour)
		for _, actor := range []hospital.Actor{s.courier, cook} {
			for _, n := range s.inbox(t, actor).Notifications {
				if n.Target.Kind != hospital.NoTarget || len(n.Patients) > 0 {
					t.Errorf("days later %s is led to %+v and told of %q", actor.Username, n.Target,
						shownPatients(n.Patients))
				}
			}
		}
	})
}

// TestEveryNoticeNamesWhatItCanBeFilledWith and nothing that would stay empty.
func TestEveryNoticeNamesWhatItCanBeFilledWith(t *testing.T) {
	all := hospital.About{OrderID: 12, WardCode: "MED", BedNumber: "MED-05", Meal: hospital.Lunch,
		Patients: 3}
	for code, notice := range hospital.Notices {
		for _, words := range []string{notice.Title, notice.Message} {
			filled := all.Fill(words, "lunch")
			if strings.ContainsAny(filled, "{}%") || strings.Contains(filled, "  ") {
				t.Errorf("%s says %q", code, filled)
			}
		}
		if got := all.Fill(notice.Title, "lunch"); strings.Contains(notice.Title, "{patients}") &&
			!strings.Contains(got, fmt.Sprint(all.Patients)) {
			t.Errorf("%s says %q", code, got)
		}
	}
}
