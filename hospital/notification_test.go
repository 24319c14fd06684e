package hospital_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestACustomerHearsOfEachStepOfAnOrder(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Xanthippe Quagmire", "A-05")
		s.link(t, s.customer, a)
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		d := s.cooked(t, o)
		s.depart(t, s.courier, d.ID)
		s.handOver(t, s.courier, d.ID, "A-05")
		want := []string{"order_placed", "order_confirmed", "order_preparing", "order_ready", "order_on_its_way", "order_delivered"}
		if told := s.told(t, s.customer); !slices.Equal(told, want) {
			t.Errorf("the customer hears %v, want %v", told, want)
		}
		if told := s.told(t, s.stranger); len(told) > 0 {
			t.Errorf("a stranger hears %v", told)
		}
		if told := s.told(t, nurse); len(told) > 0 {
			t.Errorf("the nurse who ordered hears %v", told)
		}
		last := s.inbox(t, s.customer).Notifications[0]
		if last.Title != fmt.Sprintf("Order %d is delivered", o.ID) || last.Message != "Your lunch has been handed over. Enjoy it." ||
			!reflect.DeepEqual(last.About, hospital.About{OrderID: o.ID, Meal: hospital.Lunch}) ||
			last.Level != hospital.LevelSuccess || last.UserID != s.customer.UserID ||
			last.Read || !last.CreatedAt.Equal(morning) {
			t.Errorf("the last notification is %+v", last)
		}
		if n := s.number(t, `SELECT count(*) FROM notification WHERE title || message || about LIKE
			'%Xanthippe%' OR title || message || about LIKE '%Quagmire%'`); n > 0 {
			t.Errorf("%d notifications name the patient", n)
		}
	})
}

func TestACustomerHearsOfWhatGoesWrong(t *testing.T) {
	t.Parallel()
	for code, happens := range map[string]func(t *testing.T, s *service, a hospital.Admission, o hospital.Order){
		"order_held": func(t *testing.T, s *service, a hospital.Admission, o hospital.Order) { s.stop(t, a) },
		"order_cancelled": func(t *testing.T, s *service, a hospital.Admission, o hospital.Order) {
			if _, err := s.CancelOrder(t.Context(), cook, o.ID, hospital.OrderCommand{Reason: "burnt"}); err != nil {
				t.Fatal(err)
			}
		},
		"order_undelivered": func(t *testing.T, s *service, a hospital.Admission, o hospital.Order) {
			d := s.cooked(t, o)
			s.depart(t, s.courier, d.ID)
			s.endsAs(t, d, hospital.DeliveryFailed)
		},
	} {
		t.Run(code, func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				a := s.patient(t, "Uwase Marie", "A-01")
				s.link(t, s.customer, a)
				happens(t, s, a, s.orderFor(t, s.customer, a, hospital.Lunch))
				inbox := s.inbox(t, s.customer)
				if inbox.Notifications[0].Code != code || inbox.Notifications[0].Level != hospital.LevelWarning {
					t.Errorf("the customer hears %+v, want %s", inbox.Notifications, code)
				}
				if inbox.Unread != len(inbox.Notifications) {
					t.Errorf("%d are unread of %d", inbox.Unread, len(inbox.Notifications))
				}
			})
		})
	}
}

// tell puts notifications for someone, or for a role, into the database behind the hospital's back.
func (s *service) tell(t testing.TB, user int64, role hospital.Role, n int, at time.Time) {
	t.Helper()
	for range n {
		s.exec(t, `INSERT INTO notification (user_id, role, code, about, title, message, level,
			created_at) VALUES ($1, $2, 'test', '{}', 'Title', 'Message', 'info', $3)`,
			nullable(user), role, at.UnixMilli())
	}
}

// nullable is NULL for 0.
func nullable(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func TestAnInboxShowsTheNewestAndCountsAll(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.tell(t, s.courier.UserID, "", 40, morning)
		s.tell(t, 0, hospital.DeliveryStaff, 30, morning)
		s.tell(t, s.second.UserID, "", 1, morning)
		s.tell(t, 0, hospital.KitchenStaff, 1, morning)
		inbox := s.inbox(t, s.courier)
		if len(inbox.Notifications) != hospital.InboxShows || inbox.Unread != 70 {
			t.Errorf("shows %d and counts %d, want 50 and 70", len(inbox.Notifications), inbox.Unread)
		}
		if !slices.IsSortedFunc(inbox.Notifications, func(a, b hospital.Notification) int { return int(b.ID - a.ID) }) {
			t.Error("the newest is not first")
		}
		if inbox.Notifications[0].Role != hospital.DeliveryStaff || inbox.Notifications[49].UserID != s.courier.UserID {
			t.Errorf("shows %+v to %+v", inbox.Notifications[0], inbox.Notifications[49])
		}
	})
}

func TestNewsIsWhatARoleWasToldLately(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.tell(t, 0, hospital.DeliveryStaff, 1, morning.Add(-hospital.NewsLasts))
		s.tell(t, 0, hospital.DeliveryStaff, 2, morning)
		s.tell(t, 0, hospital.KitchenStaff, 1, morning)
		s.tell(t, s.courier.UserID, "", 1, morning)
		couriers := hospital.Actor{Role: hospital.DeliveryStaff}
		news, err := s.News(t.Context(), couriers)
		if err != nil {
			t.Fatal(err)
		}
		if len(news.Notifications) != 2 || news.Notifications[0].ID <= news.Notifications[1].ID || news.Notifications[1].Role != hospital.DeliveryStaff {
			t.Errorf("the news of couriers is %+v, want their role's two of this minute, the newest first", news.Notifications)
		}
		if _, known := news.Topics["inbox:delivery"]; !known || len(news.Topics) != 1 || news.Epoch == "" {
			t.Errorf("it stands at %+v, want the role's inbox", news.Revisions)
		}
		own, err := s.News(t.Context(), s.courier)
		if err != nil || len(own.Notifications) != 3 || own.Notifications[0].UserID != s.courier.UserID {
			t.Errorf("one courier's news is %+v, %v; want what they alone were told too", own.Notifications, err)
		}
		if _, known := own.Topics[hospital.InboxTopic(s.courier.UserID)]; !known || len(own.Topics) != 2 {
			t.Errorf("it stands at %+v, want their own inbox too", own.Revisions)
		}
		if other, err := s.News(t.Context(), s.second); err != nil || len(other.Notifications) != 2 {
			t.Errorf("another courier's news is %+v, %v; want their role's alone", other.Notifications, err)
		}
		s.clock.pass(hospital.NewsLasts)
		if news, err = s.News(t.Context(), couriers); err != nil || len(news.Notifications) > 0 {
			t.Errorf("later it is %+v, %v; want none", news.Notifications, err)
		}
	})
}

func TestEachOfARoleReadsItsNotificationsForThemselves(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.tell(t, 0, hospital.DeliveryStaff, 3, morning)
		s.tell(t, s.courier.UserID, "", 2, morning)
		all := s.inbox(t, s.courier).Notifications
		third := all[2].ID // the newest of the role's
		s.moves(t, topicsOf("inbox:%d", s.courier.UserID), func() error { return s.ReadNotifications(t.Context(), s.courier, third) })
		inbox := s.inbox(t, s.courier)
		if inbox.Unread != 2 || inbox.Notifications[0].Read || inbox.Notifications[1].Read || !inbox.Notifications[2].Read || !inbox.Notifications[4].Read {
			t.Errorf("the courier has read up to the third, and sees %+v", inbox)
		}
		if other := s.inbox(t, s.second); other.Unread != 3 || other.Notifications[0].Read {
			t.Errorf("the other courier sees %+v", other)
		}
		s.moves(t, "", func() error { return s.ReadNotifications(t.Context(), s.courier, third) })
		s.moves(t, topicsOf("inbox:%d", s.courier.UserID), func() error { return s.ReadNotifications(t.Context(), s.courier, all[0].ID) })
		if inbox := s.inbox(t, s.courier); inbox.Unread != 0 {
			t.Errorf("all are read, and %d are not", inbox.Unread)
		}
		late := s.login(t, "newcomer", hospital.DeliveryStaff)
		s.exec(t, `UPDATE app_user SET created_at = $2 WHERE id = $1`, late.UserID, morning.Add(time.Hour).UnixMilli())
		if inbox := s.inbox(t, late); inbox.Unread != 0 || len(inbox.Notifications) != 0 {
			t.Errorf("a newcomer is told of what was before: %+v", inbox)
		}
		s.tell(t, 0, hospital.DeliveryStaff, 1, morning.Add(time.Hour))
		if inbox := s.inbox(t, late); inbox.Unread != 1 || len(inbox.Notifications) != 1 {
			t.Errorf("a newcomer is not told of what is after: %+v", inbox)
		}
	})
}

func TestNobodyReadsAnothersNotifications(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.tell(t, s.customer.UserID, "", 2, morning)
		s.tell(t, 0, hospital.KitchenStaff, 2, morning)
		for _, actor := range []hospital.Actor{s.stranger, s.courier, nurse} {
			if inbox := s.inbox(t, actor); inbox.Unread != 0 || len(inbox.Notifications) != 0 {
				t.Errorf("%s sees %+v", actor.Username, inbox)
			}
			if err := s.ReadNotifications(t.Context(), actor, 1<<40); err != nil {
				t.Errorf("%s: %v", actor.Username, err)
			}
		}
		if n := s.inbox(t, s.customer).Unread; n != 2 {
			t.Errorf("%d are unread, want 2", n)
		}
		_, err := s.Inbox(t.Context(), hospital.Actor{})
		refused(t, err, hospital.Forbidden, "forbidden")
		s.refuses(t, hospital.Forbidden, "forbidden", func() error { return s.ReadNotifications(t.Context(), hospital.Actor{}, 1) })
	})
}

func TestWhatIsReadIsForgottenAfterThirtyDays(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.exec(t, `UPDATE app_user SET created_at = 0`)
		read := func(actor hospital.Actor) {
			t.Helper()
			if err := s.ReadNotifications(t.Context(), actor, 1<<40); err != nil {
				t.Fatal(err)
			}
		}
		gone := s.login(t, "gone", hospital.DeliveryStaff)
		s.exec(t, `UPDATE app_user SET disabled = TRUE, created_at = 0 WHERE id = $1`, gone.UserID)
		s.tell(t, s.courier.UserID, "", 2, morning)
		s.tell(t, s.second.UserID, "", 2, morning)
		s.tell(t, 0, hospital.DeliveryStaff, 2, morning)
		read(s.courier)
		left := func(want int) {
			t.Helper()
			if n := s.number(t, `SELECT count(*) FROM notification WHERE created_at = $1`, morning.UnixMilli()); n != want {
				t.Errorf("%d are left, want %d", n, want)
			}
		}
		later := func(d time.Duration, actor hospital.Actor) {
			t.Helper()
			s.clock.pass(d)
			s.tell(t, actor.UserID, "", 1, s.clock.Now())
			read(actor)
		}
		later(30*24*time.Hour, s.courier)
		left(6)
		later(time.Millisecond, s.courier)
		left(4) // the courier's own are gone; the role's wait for the other courier, and hers have not been read
		if inbox := s.inbox(t, s.second); inbox.Unread != 4 {
			t.Errorf("the other courier has %d unread, want 4", inbox.Unread)
		}
		topics := s.moved(t, func() error { return s.ReadNotifications(t.Context(), s.second, 1<<40) })
		left(0)
		if want := []string{"inbox:" + string(hospital.DeliveryStaff), topicsOf("inbox:%d", s.second.UserID)}; !slices.Equal(topics, slices.Sorted(slices.Values(want))) {
			t.Errorf("moved %v, want %v", topics, want)
		}
		if n := s.number(t, `SELECT count(*) FROM notification_read`); n != 0 {
			t.Errorf("%d marks are left of notifications that are gone", n)
		}
	})
}

func TestUnreadCountsAreExactWhateverHappensAtOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		s.link(t, s.stranger, a)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				for range 5 {
					o, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
					if err != nil {
						t.Errorf("order: %v", err)
						return
					}
					if _, err := s.ConfirmOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}); err != nil {
						t.Errorf("confirm: %v", err)
					}
				}
			})
		}
		var seen sync.Map
		for range 2 {
			all.Go(func() {
				for range 10 {
					inbox, err := s.Inbox(t.Context(), s.customer)
					if err != nil {
						t.Errorf("read: %v", err)
						return
					}
					if len(inbox.Notifications) == 0 {
						continue
					}
					for _, n := range inbox.Notifications {
						seen.Store(n.ID, true)
					}
					if err := s.ReadNotifications(t.Context(), s.customer, inbox.Notifications[0].ID); err != nil {
						t.Errorf("mark: %v", err)
					}
				}
			})
		}
		all.Wait()
		for _, customer := range []hospital.Actor{s.customer, s.stranger} {
			inbox := s.inbox(t, customer)
			if all := s.number(t, `SELECT count(*) FROM notification WHERE user_id = $1`, customer.UserID); all != 60 {
				t.Errorf("%s has %d notifications, want 60", customer.Username, all)
			}
			if want := s.number(t, `SELECT count(*) FROM notification WHERE user_id = $1 AND read_at IS NULL`, customer.UserID); inbox.Unread != want {
				t.Errorf("%s has %d unread, a recount gives %d", customer.Username, inbox.Unread, want)
			}
			if got, want := inbox.Topics[hospital.InboxTopic(customer.UserID)], int64(60+s.number(t,
				`SELECT count(*) FROM audit WHERE action = 'notification.read' AND actor_id = $1`, customer.UserID)); got != want {
				t.Errorf("%s's inbox moved %d times, want %d", customer.Username, got, want)
			}
		}
		if n := s.inbox(t, s.stranger).Unread; n != 60 {
			t.Errorf("who read nothing has %d unread, want 60", n)
		}
	})
}

func TestANotificationIsThereExactlyIfItsChangeIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		before := s.told(t, s.customer)
		s.breakUpdates(t, "topic_rev", `NEW.topic = 'kitchen'`)
		if _, err := s.StartOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}); err == nil {
			t.Fatal("the database is broken, and the order was started")
		}
		if told := s.told(t, s.customer); !slices.Equal(told, before) {
			t.Errorf("the order was not started, and the customer hears %s", strings.Join(told, ", "))
		}
	})
}
