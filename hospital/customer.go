package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// LinkCustomer lets a customer order for a patient: as the patient or a caregiver. For the desk. A
// link that stands already changes nothing. Invalid where there is no such customer or patient;
// Conflict where the patient's record was merged into another.
func (h *Hospital) LinkCustomer(ctx context.Context, actor Actor, userID, patientID int64) error {
	return h.changeLink(ctx, actor, userID, patientID, "customer.link",
		func(ctx context.Context, c *change) (int64, error) {
			return c.exec(ctx, `INSERT INTO customer_link (user_id, patient_id, linked_at)
				VALUES ($1, $2, $3) ON CONFLICT (user_id, patient_id)
				DO UPDATE SET admission_id = NULL WHERE customer_link.admission_id IS NOT NULL`,
				userID, patientID, instant(c.now))
		})
}

// UnlinkCustomer takes that back. Where there is no such link it changes nothing. The patient's
// orders are no longer the customer's to see, apart from those that they placed.
func (h *Hospital) UnlinkCustomer(ctx context.Context, actor Actor, userID, patientID int64) error {
	return h.changeLink(ctx, actor, userID, patientID, "customer.unlink",
		func(ctx context.Context, c *change) (int64, error) {
			return c.exec(ctx,
				`DELETE FROM customer_link WHERE user_id = $1 AND patient_id = $2`,
				userID, patientID)
		})
}

// changeLink changes the link between a customer and a patient, both locked, unless it is already
// what it is to be.
func (h *Hospital) changeLink(ctx context.Context, actor Actor, userID, patientID int64,
	action string, do func(ctx context.Context, c *change) (rows int64, err error)) error {
	return h.changeAs(ctx, actor, LinkCustomers, func(ctx context.Context, c *change) error {
		wrong := fields{}
		if err := c.lockCustomer(ctx, userID, wrong); err != nil {
			return err
		}
		if patientID == 0 {
			wrong.refuse("patient_id", "required", "Choose a patient.")
		}
		if _, err := c.lockPatient(ctx, patientID, wrong); err != nil {
			return err
		}
		if err := cmp.Or(wrong.err(), c.checkUnmerged(ctx, patientID)); err != nil {
			return err
		}
		changed, err := do(ctx, c)
		if err != nil {
			return fmt.Errorf("link user %d and patient %d: %w", userID, patientID, err)
		}
		if changed == 0 {
			return nil
		}
		c.record(entry{action: action, entity: "user", entityID: userID, patientID: patientID},
			topicOnly(CustomerTopic(userID)))
		return c.tellWatchers(ctx, patientID)
	})
}

// CustomerByName finds the login that the desk means. Invalid where there is no such customer.
func (h *Hospital) CustomerByName(ctx context.Context, actor Actor,
	username string) (int64, error) {
	return readAs(ctx, h, actor, LinkCustomers, func(ctx context.Context, q *sql.Tx) (int64, error) {
		user, _, err := userByName(ctx, q, foldUsername(username))
		if IsKind(err, NotFound) || err == nil && user.Role != Customer {
			return 0, refuseField("username", "customer_unknown",
				"There is no such customer. Give the username of a patient's or caregiver's login.")
		}
		return user.ID, err
	})
}

// customersOf lists the usernames of those who are linked to a patient.
func customersOf(ctx context.Context, q *sql.Tx, patientID int64) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT app_user.username
		FROM customer_patient JOIN app_user ON app_user.id = customer_patient.user_id
		WHERE customer_patient.patient_id = $1 ORDER BY app_user.username`, patientID)
	names, err := collect(rows, err, scanValue[string])
	return names, wrap(err, "read who is linked to patient %d", patientID)
}

// lockCustomer keeps a customer's login from everyone else until the commit, or records that there
// is no such customer.
func (c *change) lockCustomer(ctx context.Context, id int64, wrong fields) error {
	known, err := c.exec(ctx,
		`UPDATE app_user SET username = username WHERE id = $1 AND role = $2 AND NOT disabled`,
		id, Customer)
	if err != nil {
		return fmt.Errorf("lock user %d: %w", id, err)
	}
	if known == 0 {
		wrong.refuse("user_id", "customer_unknown",
			"There is no such customer. Choose one of the list.")
	}
	return nil
}

// tellWatchers moves the orders and deliveries of a patient's open admission, those that have ended
// too, and the customers who placed one: who may see them has changed, so that whoever watches one
// must be looked at again.
func (c *change) tellWatchers(ctx context.Context, patientID int64) error {
	const ofPatient = ` JOIN admission ON admission.id = meal_order.admission_id
		WHERE admission.patient_id = $1 AND admission.discharged_at IS NULL`
	for _, watched := range []struct {
		ids     string // the statement that selects them
		subject func(id int64) subject
	}{
		{`SELECT meal_order.id FROM meal_order`,
			func(id int64) subject { return topicOnly(OrderTopic(id)) }},
		{`SELECT DISTINCT app_user.id FROM app_user JOIN meal_order
			ON meal_order.placed_by = app_user.id AND app_user.role = 'customer'`,
			func(id int64) subject { return topicOnly(CustomerTopic(id)) }},
		{`SELECT delivery.id FROM delivery JOIN meal_order ON meal_order.id = delivery.order_id`,
			func(id int64) subject { return Delivery{ID: id} }},
	} {
		// #nosec G202 -- the statements are those above
		ids, err := queryIDs(ctx, c.tx, watched.ids+ofPatient, patientID)
		if err != nil {
			return fmt.Errorf("read what is watched of patient %d: %w", patientID, err)
		}
		for _, id := range ids {
			c.touch(watched.subject(id))
		}
	}
	return nil
}

// followedBy is the condition on meal_order and admission that an order is one that the customer $1
// may see: they placed it or are linked to its patient. After a patient's death none is.
const followedBy = `COALESCE(admission.outcome, '') <> 'deceased' AND (meal_order.placed_by = $1
	OR admission.patient_id IN (SELECT patient_id FROM customer_patient WHERE user_id = $1))`

// followsOrder reports whether an order is one that a customer may see. waits is whether it goes to
// an address of theirs.
func followsOrder(ctx context.Context, q *sql.Tx, userID,
	orderID int64) (follows, waits bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(address.owner_id = $1, FALSE) FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN address ON address.id = meal_order.address_id
		WHERE meal_order.id = $2 AND `+followedBy, userID, orderID).Scan(&waits)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return err == nil, waits, wrap(err, "read who follows order %d", orderID)
}

// CustomerHome is what a customer sees first, read in one snapshot.
type CustomerHome struct {
	Admissions []CustomerAdmission // of the patients they are linked to, open ones
	Orders     []CustomerOrder     // open ones and those that ended today, newest first
	Addresses  []Address
	Unread     int
	News       []Notification // the newest unread ones, at most HomeShows
	At         time.Time
	// of their CustomerTopic, AddressesTopic and InboxTopic, and of the RoleInboxTopic of customers
	Revisions
}

// HomeShows is the most notifications on a customer's page.
const HomeShows = 3

// CustomerAdmission is a linked patient's admission, as far as ordering needs it.
type CustomerAdmission struct {
	AdmissionID int64
	PatientName PatientName
	Place       string // ward and bed; empty while the patient waits for one
	Order       DietOrder
	Version     int64 // of the admission
}

// CustomerOrder is an order as its customer follows it.
type CustomerOrder struct {
	Order
	DeliveryID int64 // 0: none yet
	// of a delivery to an address that has not ended: to be told to the courier at the door
	Code      string
	For       string // the patient's name, or what the address is called
	Revocable bool   // the customer may cancel it now: it is theirs, and not begun
}

// CustomerHome reads it. For roles that hold OrderForPatients.
func (h *Hospital) CustomerHome(ctx context.Context, actor Actor) (CustomerHome, error) {
	return readAs(ctx, h, actor, OrderForPatients,
		func(ctx context.Context, q *sql.Tx) (CustomerHome, error) {
			return readCustomerHome(ctx, q, actor, h.clock(ctx))
		})
}

// readCustomerHome reads what the actor sees first.
func readCustomerHome(ctx context.Context, q *sql.Tx, actor Actor,
	now time.Time) (home CustomerHome, err error) {
	home.At = now
	home.Revisions, err = revisions(ctx, q, CustomerTopic(actor.UserID),
		AddressesTopic(actor.UserID), InboxTopic(actor.UserID), RoleInboxTopic(actor.Role))
	if err != nil {
		return home, err
	}
	home.Admissions, err = admissionsWhere(ctx, q,
		`patient.id IN (SELECT patient_id FROM customer_patient WHERE user_id = $1)`, actor.UserID)
	if err != nil {
		return home, err
	}
	if home.Orders, err = customerOrders(ctx, q, actor, now); err != nil {
		return home, err
	}
	if home.Addresses, err = addressesOf(ctx, q, actor.UserID); err != nil {
		return home, err
	}
	if home.Unread, err = unread(ctx, q, actor); err != nil {
		return home, err
	}
	told, err := newestNotifications(ctx, q, now, actor)
	told = slices.DeleteFunc(told, func(n Notification) bool { return n.Read })
	home.News = told[:min(len(told), HomeShows)]
	return home, err
}

// admissionsWhere lists the open admissions that a condition on admission and patient selects, by
// the patient's name.
func admissionsWhere(ctx context.Context, q *sql.Tx, condition string,
	args ...any) ([]CustomerAdmission, error) {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx,
		`SELECT admission.id, patient.name, COALESCE(ward.name || ', ' || bed.number, ''),
			admission.version, `+dietColumns+`
		FROM admission JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE admission.discharged_at IS NULL AND `+condition, args...)
	admissions, err := collect(rows, err, func(row scanner) (s CustomerAdmission, err error) {
		err = row.Scan(append([]any{&s.AdmissionID, &s.PatientName, &s.Place, &s.Version},
			s.Order.columns()...)...)
		return s, err
	})
	slices.SortFunc(admissions, func(a, b CustomerAdmission) int {
		return cmp.Or(cmp.Compare(a.PatientName, b.PatientName),
			cmp.Compare(a.AdmissionID, b.AdmissionID))
	})
	return admissions, wrap(err, "read the admissions to order for")
}

// customerOrders lists the orders that a customer follows, newest first: open ones and those that
// ended today. After a patient's death none of theirs is shown.
func customerOrders(ctx context.Context, q *sql.Tx, actor Actor,
	now time.Time) ([]CustomerOrder, error) {
	const followed = ` AND ` + followedBy
	open, err := ordersWhere(ctx, q, `meal_order.ended_at IS NULL`+followed, actor.UserID)
	if err != nil {
		return nil, err
	}
	ended, err := ordersWhere(ctx, q,
		`meal_order.ended_at >= $2 AND meal_order.ended_at < $3`+followed, actor.UserID,
		instant(SettingsOf(ctx).DayBegins(now)), uncounted(now))
	if err != nil {
		return nil, err
	}
	all := make([]CustomerOrder, 0, len(open)+len(ended))
	for _, o := range slices.Concat(open, ended) {
		all = append(all, CustomerOrder{Order: o.shownTo(actor),
			Revocable: o.PlacedBy == actor.UserID && !o.Begun &&
				slices.Contains(orderSteps[o.Status], OrderCancelled)})
	}
	slices.SortFunc(all, func(a, b CustomerOrder) int { return cmp.Compare(b.ID, a.ID) })
	return all, addDeliveries(ctx, q, actor.UserID, all)
}

// addDeliveries adds to orders whom they are for and how they come there.
func addDeliveries(ctx context.Context, q *sql.Tx, userID int64, orders []CustomerOrder) error {
	at := make(map[int64]*CustomerOrder, len(orders))
	ids := make([]int64, len(orders))
	for i := range orders {
		ids[i], at[orders[i].ID] = orders[i].ID, &orders[i]
	}
	list, args := oneOf([]any{userID}, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx,
		`SELECT meal_order.id, COALESCE(patient.name, address.label, ''), delivery.id,
			CASE WHEN address.owner_id = $1 AND delivery.ended_at IS NULL
				THEN COALESCE(delivery.code, '') ELSE '' END
		FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN address ON address.id = meal_order.address_id
		LEFT JOIN delivery ON delivery.id = (SELECT MAX(newest.id) FROM delivery newest
			WHERE newest.order_id = meal_order.id AND newest.status <> 'cancelled')
		WHERE meal_order.id IN `+list, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var id, delivery int64
		var recipient, code string
		if err := row.Scan(&id, &recipient, (*reference)(&delivery), &code); err != nil {
			return err
		}
		at[id].For, at[id].DeliveryID, at[id].Code = recipient, delivery, code
		return nil
	})
	return wrap(err, "read the deliveries for user %d", userID)
}

// linkedTo reports whether a customer may order for the patient of an admission. After the
// patient's death nobody may.
func linkedTo(ctx context.Context, q *sql.Tx, actor Actor, admissionID int64) (bool, error) {
	linked, err := scanValue[bool](q.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM customer_patient
		JOIN admission ON admission.patient_id = customer_patient.patient_id
		WHERE admission.id = $1 AND admission.outcome <> 'deceased'
		AND customer_patient.user_id = $2)`, admissionID, actor.UserID))
	return linked, wrap(err, "read whether user %d may order for admission %d", actor.UserID,
		admissionID)
}
