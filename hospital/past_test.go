package hospital_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// past gives the fixture admissions that have ended, those numbered from until before end: each with
// its bed, an order, its dishes, its delivery, where its topic stands and a line of the audit, half
// a minute after the one before, the first a year ago. Every other one is a new patient's; of every
// tenth the customer was told, and every thousandth order is theirs.
func (s *service) past(t testing.TB, from, end int) {
	t.Helper()
	const series = `WITH RECURSIVE series (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM series WHERE i + 1 < $2), `
	began := s.clock.Now().AddDate(-1, 0, 0).UnixMilli()
	tx, err := s.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	run := func(statement string, args ...any) {
		t.Helper()
		if _, err := tx.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if s.onPostgreSQL() {
		run(`SET LOCAL session_replication_role = replica`) // whatever a row refers to is there: looking takes longer than writing
	}
	for _, fill := range []string{
		`INSERT INTO patient (id, name, name_folded, sex, allergies) SELECT id, 'Patient ' || id,
			'patient ' || id, 'unknown', '[]' FROM past WHERE id % 2 = 0`,
		`INSERT INTO admission (id, patient_id, bed_id, bed_since, admitted_at, reason, diet, texture,
			nil_by_mouth_from, nil_by_mouth_until,
				expected_discharge, discharge_planned, discharged_at, outcome)
			SELECT id, id - id % 2, bed_id, at, at, 'planned', 'general', 7, at, at, at, TRUE, at, 'improved'
			FROM past`,
		`INSERT INTO bed_assignment (admission_id, bed_id, since, until) SELECT id, bed_id, at, at FROM past`,
		`INSERT INTO meal_order (id, admission_id, meal, service_date, due, notes, status, status_since, override_reason, overridden_by, overridden, late, price,
				placed_by, placed_at, ended_at)
			SELECT id, id, 'lunch', at, at, '', CASE id % 20 WHEN 0 THEN 'cancelled' ELSE 'delivered' END, at, '', '', '[]', FALSE, 0,
				CASE id % 1000 WHEN 0 THEN customer END, at, at FROM past`,
		`INSERT INTO order_dish (order_id, position, dish_id, as_ordered) SELECT id, position, 1, '{}' FROM past, (SELECT 0 AS position UNION SELECT 1) positions`,
		`INSERT INTO delivery (order_id, status, status_since, ready_at, courier_id, code, ended_at) SELECT id, 'delivered', at, at, courier, '', at FROM past`,
		`INSERT INTO audit (at, actor, role, action, entity, entity_id, patient_id, from_state, to_state, reason, request_id)
			SELECT at, 'nurse', 'medical_staff', 'admission.admit', 'admission', id, id - id % 2, '', 'A-01', '', '' FROM past`,
		`INSERT INTO patient_word (word) SELECT 'name' || id FROM past WHERE id % 20 = 0
			ON CONFLICT DO NOTHING`,
		`INSERT INTO topic_rev (topic, rev) SELECT 'order:' || id, 7 FROM past`,
		`INSERT INTO notification (user_id, role, code, about, title, message, level, created_at, read_at)
			SELECT customer, '', 'order_delivered', '{}', '', '', 'info', at, at
			FROM past WHERE id % 10 = 0`,
	} {
		run(series+`past (id, at, bed_id, customer, courier) AS (SELECT 1000000 + i, i * 30000 + CAST($3 AS BIGINT), 1 + i % 10,
			CAST($4 AS BIGINT), CAST($5 AS BIGINT) FROM series) `+fill, from, end, began, s.customer.UserID, s.courier.UserID)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// neverCounted keeps PostgreSQL from counting what there is by itself, as it is for a while after
// much was written at once.
func (h *fixture) neverCounted(t testing.TB) {
	t.Helper()
	if !h.onPostgreSQL() {
		return
	}
	h.exec(t, `DO $$ DECLARE grows record; BEGIN
		FOR grows IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
			EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', grows.tablename);
		END LOOP; END $$`)
}

// settle lets PostgreSQL tidy up and count what there is, as it does by itself after a while.
// SQLite never does.
func (h *fixture) settle(t testing.TB) {
	t.Helper()
	if h.onPostgreSQL() {
		h.exec(t, `VACUUM ANALYZE`)
	}
}

// busy fills a ward of its own with patients, whose orders stand in every way, and has a parcel
// ready for the customer.
func (s *service) busy(t testing.TB, patients int) (ward hospital.Ward) {
	t.Helper()
	ward = must[hospital.Ward](t)(s.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "C", Name: "Paediatrics", Beds: patients}))
	for i, bed := range s.board(t, ward).Beds {
		a, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed.ID, Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
		s.bringTo(t, a, openStatuses[i%len(openStatuses)])
		s.orderFor(t, nurse, a, hospital.Dinner)
		if i < 2 {
			s.link(t, s.customer, a)
			s.diet(t, a, fasting(s.clock.Now(), s.clock.Now().Add(time.Hour)))
		}
	}
	s.parcel(t)
	return ward
}

// look is something that people or the server read.
type look struct {
	what string
	read func(ctx context.Context) error
}

// at makes a look of a method that reads: it is what is asked of the hospital that counts, not the
// answer.
func at[T any](what string, read func(ctx context.Context) (T, error)) look {
	return look{what, func(ctx context.Context) error { _, err := read(ctx); return err }}
}

// looks are those of every live view and of what stands behind each of them: the sessions, and
// where the topics stand.
func (s *service) looks(t testing.TB, ward hospital.Ward) []look {
	t.Helper()
	bed, token := s.board(t, ward).Beds[0].ID, s.openSession(t, s.courier)
	orders := s.home(t, s.customer).Orders
	parcel := orders[slices.IndexFunc(orders, func(o hospital.CustomerOrder) bool { return o.AddressID != 0 })]
	s.claim(t, s.courier, parcel.DeliveryID)
	waits, eats := s.patient(t, "Waits Ida", ""), s.board(t, ward).Beds[0].Admission.PatientID
	looks := []look{
		at("ward board", func(ctx context.Context) (hospital.WardBoard, error) {
			return s.WardBoard(ctx, hospital.System, ward.ID)
		}),
		at("bed", func(ctx context.Context) (hospital.BedDetail, error) { return s.BedDetail(ctx, nurse, bed) }),
		at("handover", func(ctx context.Context) (hospital.Handover, error) {
			return s.Handover(ctx, nurse, ward.ID, time.Time{})
		}),
		at("handover of a week", func(ctx context.Context) (hospital.Handover, error) {
			return s.Handover(ctx, nurse, ward.ID, s.clock.Now().Add(-hospital.LongestHandover))
		}),
		at("waiting list", func(ctx context.Context) (hospital.WaitingList, error) {
			return s.WaitingList(ctx, nurse)
		}),
		at("housekeeping", func(ctx context.Context) (hospital.CleaningBoard, error) {
			return s.CleaningBoard(ctx, cleaner, nil)
		}),
		at("choice of a bed", func(ctx context.Context) (hospital.BedChoice, error) {
			return s.BedChoice(ctx, nurse, waits.ID)
		}),
		at("who waits", func(ctx context.Context) (hospital.BedDetail, error) {
			return s.WaitingDetail(ctx, nurse, waits.ID)
		}),
		at("admission", func(ctx context.Context) (hospital.AdmissionDetail, error) {
			return s.AdmissionDetail(ctx, nurse, waits.ID)
		}),
		at("record", func(ctx context.Context) (hospital.Record, error) {
			return s.Record(ctx, nurse, waits.PatientID)
		}),
		at("record of who eats", func(ctx context.Context) (hospital.Record, error) {
			return s.Record(ctx, nurse, eats)
		}),
		at("meal list", func(ctx context.Context) (hospital.MealList, error) {
			return s.MealList(ctx, cook, ward.ID, "")
		}),
		at("medical dashboard", func(ctx context.Context) (hospital.MedicalDashboard, error) {
			return s.MedicalDashboard(ctx, hospital.System, nil)
		}),
		at("medical dashboard of a ward", func(ctx context.Context) (hospital.MedicalDashboard, error) {
			return s.MedicalDashboard(ctx, hospital.System, []int64{ward.ID})
		}),
		at("management dashboard", func(ctx context.Context) (hospital.ManagementDashboard, error) {
			return s.ManagementDashboard(ctx, hospital.System)
		}),
		at("kitchen's wall", func(ctx context.Context) (hospital.KitchenBoard, error) {
			return s.KitchenBoard(ctx, hospital.System)
		}),
		at("courier's board", func(ctx context.Context) (hospital.DeliveryBoard, error) { return s.DeliveryBoard(ctx, s.courier) }),
		at("all couriers' board", func(ctx context.Context) (hospital.DeliveryBoard, error) { return s.DeliveryBoard(ctx, admin) }),
		at("customer's home", func(ctx context.Context) (hospital.CustomerHome, error) { return s.CustomerHome(ctx, s.customer) }),
		at("order", func(ctx context.Context) (hospital.OrderDetail, error) {
			return s.OrderDetail(ctx, s.customer, parcel.ID)
		}),
		at("delivery", func(ctx context.Context) (hospital.DeliveryWatch, error) {
			return s.Delivery(ctx, s.customer, parcel.DeliveryID)
		}),
		at("customer's active deliveries", func(ctx context.Context) ([]hospital.Delivery, error) { return s.ActiveDeliveries(ctx, s.customer) }),
		at("address", func(ctx context.Context) (hospital.AddressWatch, error) {
			return s.Address(ctx, s.customer, parcel.AddressID)
		}),
		at("address, by its courier", func(ctx context.Context) (hospital.AddressWatch, error) {
			return s.Address(ctx, s.courier, parcel.AddressID)
		}),
		at("delivery, by its courier", func(ctx context.Context) (hospital.DeliveryWatch, error) {
			return s.Delivery(ctx, s.courier, parcel.DeliveryID)
		}),
		at("session", func(ctx context.Context) (hospital.Session, error) { return s.SessionByToken(ctx, token) }),
		at("revisions", func(ctx context.Context) (hospital.Revisions, error) {
			return s.Revisions(ctx, []hospital.Topic{hospital.MetricsTopic, hospital.KitchenTopic, hospital.OrderTopic(parcel.ID)})
		}),
	}
	for what, text := range map[string]string{"name": "uwase", "typing error": "uwaze",
		"two names": "marie uwa",
		"past name": "patient 777777", "number": "100001", "bed": "C-03"} {
		looks = append(looks,
			at("search by "+what, func(ctx context.Context) ([]hospital.Patient, error) {
				return s.SearchPatients(ctx, nurse, text)
			}))
	}
	for _, reader := range []hospital.Actor{nurse, cook, s.courier, s.customer} {
		looks = append(looks,
			at("notifications of "+string(reader.Role), func(ctx context.Context) (hospital.Inbox, error) { return s.Inbox(ctx, reader) }),
			at("the bell of "+string(reader.Role),
				func(ctx context.Context) (hospital.Unread, error) { return s.Unread(ctx, reader) }),
			at("news for "+string(reader.Role), func(ctx context.Context) (hospital.News, error) { return s.News(ctx, reader) }))
	}
	looks = append(looks, at("news for a ward", func(ctx context.Context) (hospital.News, error) {
		return s.News(ctx, hospital.Actor{Role: hospital.MedicalStaff}, ward.ID)
	}))
	return append(looks, at("news for all of a role", func(ctx context.Context) (hospital.News, error) {
		return s.News(ctx, hospital.Actor{Role: hospital.KitchenStaff})
	}))
}

// openSession opens a session of somebody's behind the hospital's back and returns its token.
func (h *fixture) openSession(t testing.TB, actor hospital.Actor) (token string) {
	t.Helper()
	token = "token of " + actor.Username
	h.exec(t, `INSERT INTO session (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`, fmt.Sprintf("%x", sha256.Sum256([]byte(token))), actor.UserID, 0,
		h.clock.Now().Add(time.Hour).UnixMilli())
	return token
}
