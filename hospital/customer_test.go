package hospital_test

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestTheDeskLinksACustomerToAPatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		link := func(actor hospital.Actor, user, patient int64) func() error {
			return func() error { return s.LinkCustomer(t.Context(), actor, user, patient) }
		}
		unlink := func() error { return s.UnlinkCustomer(t.Context(), manager, s.customer.UserID, a.PatientID) }
		for _, actor := range []hospital.Actor{nurse, cook, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", link(actor, s.customer.UserID, a.PatientID))
		}
		_, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
		refused(t, err, hospital.Forbidden, "not_your_patient")

		s.moves(t, topicsOf("customer:%d", s.customer.UserID), link(manager, s.customer.UserID, a.PatientID))
		s.moves(t, "", link(admin, s.customer.UserID, a.PatientID))
		o := s.orderFor(t, s.customer, a, hospital.Lunch)
		d := s.cooked(t, o)
		s.moves(t, topicsOf("customer:%d order:%d deliveries delivery:%d", s.customer.UserID, o.ID, d.ID), unlink)
		s.moves(t, "", unlink)

		gone := s.login(t, "gone", hospital.Customer)
		s.exec(t, `UPDATE app_user SET disabled = TRUE WHERE id = $1`, gone.UserID)
		for name, test := range map[string]struct {
			user, patient int64
			want          map[string]string
		}{
			"nobody":              {0, 0, map[string]string{"user_id": "customer_unknown", "patient_id": "required"}},
			"unknown":             {4711, 4711, map[string]string{"user_id": "customer_unknown", "patient_id": "patient_unknown"}},
			"who is no customer":  {s.courier.UserID, a.PatientID, map[string]string{"user_id": "customer_unknown"}},
			"who may not sign in": {gone.UserID, a.PatientID, map[string]string{"user_id": "customer_unknown"}},
		} {
			if got := wrongFields(s.refuses(t, hospital.Invalid, "fields", link(manager, test.user, test.patient))); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
	})
}

func TestTheDeskFindsACustomerByNameAndSeesWhoIsLinked(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		s.link(t, s.stranger, a)
		for _, name := range []string{"claudine", " Claudine "} {
			if id, err := s.CustomerByName(t.Context(), manager, name); err != nil || id != s.customer.UserID {
				t.Errorf("%q is user %d and error %v, want %d", name, id, err, s.customer.UserID)
			}
		}
		for _, name := range []string{"nobody", "jean", "", "a\x00b"} {
			got := wrongFields(s.refuses(t, hospital.Invalid, "fields", func() error { _, err := s.CustomerByName(t.Context(), manager, name); return err }))
			if want := map[string]string{"username": "customer_unknown"}; !maps.Equal(got, want) {
				t.Errorf("%q: got %v, want %v", name, got, want)
			}
		}
		for _, actor := range []hospital.Actor{nurse, cook, s.courier, s.customer} {
			_, err := s.CustomerByName(t.Context(), actor, "claudine")
			refused(t, err, hospital.Forbidden, "forbidden")
		}
		for actor, want := range map[hospital.Actor][]string{manager: {"claudine", "stranger"}, nurse: nil} {
			detail, err := s.BedDetail(t.Context(), actor, s.bed(t, "A-01").ID)
			if err != nil || !slices.Equal(detail.Customers, want) {
				t.Errorf("%s sees %v and error %v, want %v", actor.Role, detail.Customers, err, want)
			}
		}
	})
}

func TestACustomersPageShowsTheNewestOfWhatIsUnreadAndWhatTheyMayCancel(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		lunch := s.orderFor(t, nurse, a, hospital.Lunch)
		snack := s.orderFor(t, s.customer, a, hospital.Snack)
		dinner := s.orderFor(t, s.customer, a, hospital.Dinner)
		s.cooked(t, dinner)
		revocable := map[int64]bool{}
		for _, o := range s.home(t, s.customer).Orders {
			revocable[o.ID] = o.Revocable
		}
		if want := map[int64]bool{lunch.ID: false, snack.ID: true, dinner.ID: false}; !maps.Equal(revocable, want) {
			t.Errorf("the customer may cancel %v, want %v", revocable, want)
		}
		told := s.inbox(t, s.customer).Notifications
		if err := s.ReadNotifications(t.Context(), s.customer, told[1].ID); err != nil {
			t.Fatal(err)
		}
		if home := s.home(t, s.customer); home.Unread != 1 || len(home.News) != 1 || home.News[0].ID != told[0].ID {
			t.Errorf("shows %+v of %d unread, want the newest alone", home.News, home.Unread)
		}
		s.tell(t, s.customer.UserID, "", hospital.HomeShows+1, morning)
		if home := s.home(t, s.customer); home.Unread != hospital.HomeShows+2 || len(home.News) != hospital.HomeShows {
			t.Errorf("shows %d of %d unread", len(home.News), home.Unread)
		}
	})
}

func TestACustomersPageShowsTheirPatientsAndOrders(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		mine, theirs := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Ange", "A-02")
		waiting := s.patient(t, "Abayo Eric", "")
		s.link(t, s.customer, mine)
		s.link(t, s.customer, waiting)
		s.link(t, s.stranger, theirs)
		lunch := s.orderFor(t, nurse, mine, hospital.Lunch)
		s.orderFor(t, s.stranger, theirs, hospital.Lunch)
		parcel, carried := s.parcel(t)
		snack := s.orderFor(t, s.customer, mine, hospital.Snack)
		if _, err := s.CancelOrder(t.Context(), s.customer, snack.ID, hospital.OrderCommand{}); err != nil {
			t.Fatal(err)
		}

		home := s.home(t, s.customer)
		if len(home.Admissions) != 2 || home.Admissions[0].PatientName != "Abayo Eric" || home.Admissions[0].Place != "" || home.Admissions[1].AdmissionID != mine.ID ||
			home.Admissions[1].Place != "Medicine, A-01" || !home.Admissions[1].Order.Allergies.Known || home.Admissions[1].Order.Diet != hospital.DietGeneral {
			t.Errorf("shows the admissions %+v", home.Admissions)
		}
		var orders []int64
		for _, o := range home.Orders {
			orders = append(orders, o.ID)
		}
		if want := []int64{snack.ID, parcel.ID, lunch.ID}; !slices.Equal(orders, want) {
			t.Errorf("shows the orders %v, want %v", orders, want)
		}
		if o := home.Orders[1]; o.For != "Home" || o.DeliveryID != carried.ID ||
			len(o.Code) != 6 || len(o.Dishes) != 1 {
			t.Errorf("shows the parcel as %+v", o)
		}
		if o := home.Orders[2]; o.For != "Uwase Marie" || o.DeliveryID != 0 || o.Code != "" {
			t.Errorf("shows the lunch as %+v", o)
		}
		if len(home.Addresses) != 1 || home.Unread != s.inbox(t, s.customer).Unread || home.Unread == 0 {
			t.Errorf("shows the addresses %+v and %d unread", home.Addresses, home.Unread)
		}
		for _, topic := range []hospital.Topic{hospital.CustomerTopic(s.customer.UserID), hospital.AddressesTopic(s.customer.UserID), hospital.InboxTopic(s.customer.UserID)} {
			if home.Topics[topic] == 0 {
				t.Errorf("was read at %+v, without %s", home.Revisions, topic)
			}
		}
		// Midnight in Kigali is 22:00 in UTC.
		s.clock.pass(13 * time.Hour)
		if home := s.home(t, s.customer); len(home.Orders) != 2 {
			t.Errorf("on the next day shows %d orders, want the two open ones", len(home.Orders))
		}
		for _, actor := range []hospital.Actor{nurse, manager, cook, s.courier} {
			_, err := s.CustomerHome(t.Context(), actor)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
	})
}

func TestACustomerSeesNobodyElsesOrder(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		o := s.orderFor(t, s.customer, a, hospital.Lunch)
		_, err := s.Order(t.Context(), s.stranger, o.ID)
		refused(t, err, hospital.NotFound, "order_unknown")
		if home := s.home(t, s.stranger); len(home.Admissions)+len(home.Orders)+len(home.Addresses)+home.Unread != 0 {
			t.Errorf("a stranger's page shows %+v", home)
		}
	})
}

func TestWhatChangesForAPatientMovesTheirCustomersPages(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		for name, command := range map[string]func() error{
			"a transfer": func() error {
				_, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "B-01").ID})
				return err
			},
			"a diet": func() error {
				diet := hospital.DietRenal
				_, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietCommand{Diet: &diet})
				return err
			},
			"an order": func() error {
				_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
				return err
			},
		} {
			if topics := s.moved(t, command); !slices.Contains(topics, string(hospital.CustomerTopic(s.customer.UserID))) {
				t.Errorf("%s moved %v", name, topics)
			}
		}
		topics := s.moved(t, func() error {
			_, err := s.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Improved})
			return err
		})
		if !slices.Contains(topics, string(hospital.CustomerTopic(s.customer.UserID))) {
			t.Errorf("a discharge moved %v", topics)
		}
		if topics := s.moved(t, func() error {
			_, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: a.PatientID})
			return err
		}); !slices.Contains(topics, string(hospital.CustomerTopic(s.customer.UserID))) {
			t.Errorf("an admission moved %v", topics)
		}
	})
}

func TestNoLogShowsWhomAMealIsForOrWhatTheySufferFrom(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		const canary = "Xanthippe Quagmire"
		a := s.patient(t, canary, "A-01")
		s.link(t, s.customer, a)
		renal := hospital.DietRenal
		change := hospital.DietCommand{Diet: &renal, Allergies: &hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"celery"}}}
		if _, err := s.SetDiet(t.Context(), nurse, a.ID, change); err != nil {
			t.Fatal(err)
		}
		cmd := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}, Notes: canary}
		o, _, err := s.PlaceOrder(t.Context(), s.customer, cmd)
		if err != nil {
			t.Fatal(err)
		}
		d := s.cooked(t, o)
		fields := s.fields(canary)
		address, _, err := s.AddAddress(t.Context(), s.customer, fields)
		if err != nil {
			t.Fatal(err)
		}
		kitchen, err := s.KitchenBoard(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		board, home := s.round(t, s.courier), s.home(t, s.customer)
		ticket := kitchen.Tickets[0]
		s.depart(t, s.courier, d.ID)
		carried := s.round(t, s.courier)
		failed, err := s.FailDelivery(t.Context(), s.courier, d.ID, canary, hospital.CourierCommand{})
		if err != nil {
			t.Fatal(err)
		}
		watch, err := s.Address(t.Context(), s.customer, address.ID)
		if err != nil {
			t.Fatal(err)
		}
		note := canary
		edit := hospital.EditAdmissionCommand{Note: &note}
		if _, err := s.EditAdmission(t.Context(), nurse, a.ID, edit); err != nil {
			t.Fatal(err)
		}
		handover, err := s.Handover(t.Context(), nurse, s.a.ID, time.Time{})
		if err != nil || len(handover.Patients) == 0 {
			t.Fatalf("the handover is %v, %v", handover, err)
		}
		list, err := s.MealList(t.Context(), nurse, s.a.ID, hospital.Dinner)
		if err != nil || len(list.Lines) == 0 {
			t.Fatalf("the meal list is %v, %v", list, err)
		}
		told := s.inbox(t, nurse).Notifications[0]
		news := hospital.News{Notifications: []hospital.Notification{told}}
		missed := hospital.MissedRound{Who: told.Patients}
		things := []any{change, cmd, s.order(t, o.ID), failed, fields, address, watch, kitchen, ticket, board, board.Waiting[0],
			board.Waiting[0].Stops[0], carried, carried.Mine[0], carried.Mine[0].Stops[0], home, home.Admissions[0], home.Orders[0], home.Admissions[0].Order,
			hospital.DeliveryWatch{Delivery: failed, Code: "celery"},
			hospital.DeliverCommand{ReceivedBy: canary}, s.inbox(t, s.customer), s.inbox(t, nurse),
			edit, handover, handover.Patients[0], handover.Patients[0].Note, handover.Admitted[0], list,
			list.Lines[0], told, told.Patients[0], news, missed}
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			for i, thing := range things {
				log.Reset()
				slog.New(handler).Error("something", "thing", thing)
				if line := strings.ToLower(log.String()); strings.Contains(line, "xanthippe") || strings.Contains(line, "quagmire") || strings.Contains(line, "celery") {
					t.Errorf("thing %d, a %T, is logged as %s", i, thing, line)
				}
			}
		}
	})
}
