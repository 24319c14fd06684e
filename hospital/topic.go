package hospital

import (
	"context"
	"database/sql"

	"dusangire/hub/revision"
)

// Topic names a thing whose change matters to someone. Its revision counts its changes.
type Topic = revision.Topic

// MetricsTopic moves with everything that can change the hospital's numbers or the lists on the
// ward roles' dashboards.
const MetricsTopic Topic = "metrics"

// SettingsTopic moves when the settings change, or what belongs to them. Every screen hangs on it.
const SettingsTopic Topic = "settings"

// idTopic is the topic of one thing of a kind.
func idTopic(kind string, id int64) Topic { return Topic(kind + ":" + number(id)) }

// WardTopic is one ward's board: its beds, who lies in them, its counts.
func WardTopic(wardID int64) Topic { return idTopic("ward", wardID) }

// UserTopic moves when a person's right to be here may have changed: sign-out, a new password, role
// or wards, disabled. A sign-in ends nobody's right and moves it too: each command must move a
// topic, so that a lost commit can be looked for (committed).
func UserTopic(userID int64) Topic { return idTopic("user", userID) }

// Revisions says at which revision each of some topics stands in which life of the database.
type Revisions = revision.Set

// Revisions reads where the topics stand, in one statement.
func (h *Hospital) Revisions(ctx context.Context, topics []Topic) (Revisions, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Revisions, error) {
		return revisions(ctx, q, topics...)
	})
}

// revisions reads where the topics stand. Every labelled read begins with it, so that a label is
// never newer than what it stands on.
func revisions(ctx context.Context, q *sql.Tx, topics ...Topic) (Revisions, error) {
	found := Revisions{Topics: make(map[Topic]int64, len(topics))}
	for _, topic := range topics {
		found.Topics[topic] = 0
	}
	list, args := oneOf(nil, topics)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx,
		`SELECT meta.value, COALESCE(topic_rev.topic, ''), COALESCE(topic_rev.rev, 0)
		FROM meta LEFT JOIN topic_rev ON topic_rev.topic IN `+list+`
		WHERE meta.name = 'epoch'`, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var topic Topic
		var rev int64
		err := row.Scan(&found.Epoch, &topic, &rev)
		if topic != "" {
			found.Topics[topic] = rev
		}
		return err
	})
	return found, wrap(err, "read the revisions")
}

// move counts one change of a topic and returns where it stands then.
func move(ctx context.Context, tx *sql.Tx, topic Topic) (epoch string, rev int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO topic_rev (topic, rev) VALUES ($1, 1)
		ON CONFLICT (topic) DO UPDATE SET rev = topic_rev.rev + 1
		RETURNING (SELECT value FROM meta WHERE name = 'epoch'), rev`, topic).Scan(&epoch, &rev)
	return epoch, rev, wrap(err, "move %s", topic)
}

// MenuTopic moves when a dish is added or changes.
const MenuTopic Topic = "menu"

// KitchenTopic moves with every change of an order that the kitchen shows.
const KitchenTopic Topic = "kitchen"

// DeliveriesTopic moves with every change of any delivery that couriers' tablets show.
const DeliveriesTopic Topic = "deliveries"

// DeliveryTopic is one delivery.
func DeliveryTopic(id int64) Topic { return idTopic("delivery", id) }

// OrderTopic is one order.
func OrderTopic(id int64) Topic { return idTopic("order", id) }

// AddressTopic is one address, its zone's charge included.
func AddressTopic(id int64) Topic { return idTopic("address", id) }

// AddressesTopic moves when one of a customer's addresses is added, changed or removed.
func AddressesTopic(userID int64) Topic { return idTopic("addresses", userID) }

// ZoneTopic moves when a zone is added, renamed or charged otherwise.
func ZoneTopic(id int64) Topic { return idTopic("zone", id) }

// InboxTopic moves when a person's notifications change.
func InboxTopic(userID int64) Topic { return idTopic("inbox", userID) }

// RoleInboxTopic moves when a role is notified.
func RoleInboxTopic(role Role) Topic { return Topic("inbox:" + string(role)) }

// CustomerTopic moves with everything on a customer's own page.
func CustomerTopic(userID int64) Topic { return idTopic("customer", userID) }

// PatientTopic is one patient's record.
func PatientTopic(id int64) Topic { return idTopic("patient", id) }

// subject is what screens show: a change of it moves its topics. Who sees a change is said here,
// and commands say only what they have changed.
type subject interface{ topics() []Topic }

// topicOnly is a topic that moves without a thing that it is about.
type topicOnly Topic

func (topic topicOnly) topics() []Topic { return []Topic{Topic(topic)} }

func (w Ward) topics() []Topic { return []Topic{WardTopic(w.ID), MetricsTopic} }

func (b Bed) topics() []Topic { return []Topic{WardTopic(b.WardID), MetricsTopic} }

func (p Patient) topics() []Topic { return []Topic{PatientTopic(p.ID), MetricsTopic} }

func (a Admission) topics() []Topic {
	if a.WardID == 0 {
		return []Topic{MetricsTopic}
	}
	return []Topic{MetricsTopic, WardTopic(a.WardID)}
}

// The screens that show an admission's allergies move with the admission.
func (AllergyRecord) topics() []Topic { return []Topic{MetricsTopic} }

func (o Order) topics() []Topic {
	topics := []Topic{KitchenTopic, OrderTopic(o.ID)}
	if o.wardID != 0 {
		topics = append(topics, WardTopic(o.wardID))
	}
	if o.Status == OrderHeld || o.Stopped != "" {
		topics = append(topics, MetricsTopic) // the list of what medical staff must look at
	}
	return topics
}

func (d Delivery) topics() []Topic { return []Topic{DeliveriesTopic, DeliveryTopic(d.ID)} }

func (r deliveryRow) topics() []Topic {
	if r.AddressID == 0 {
		return r.Delivery.topics()
	}
	// Which couriers may read an address hangs on who carries what.
	return append(r.Delivery.topics(), AddressTopic(r.AddressID))
}

func (a Address) topics() []Topic { return []Topic{AddressTopic(a.ID), AddressesTopic(a.OwnerID)} }

func (z Zone) topics() []Topic { return []Topic{ZoneTopic(z.ID)} }

func (Dish) topics() []Topic { return []Topic{MenuTopic} }

func (MissedRound) topics() []Topic { return []Topic{KitchenTopic, MetricsTopic} }

func (n Notification) topics() []Topic {
	if n.UserID != 0 {
		return []Topic{InboxTopic(n.UserID)}
	}
	return []Topic{RoleInboxTopic(n.Role)}
}

func (u User) topics() []Topic {
	if u.Role.May(CarryDeliveries) {
		// Whether anybody may take over what a courier carries hangs on their login.
		return []Topic{UserTopic(u.ID), DeliveriesTopic}
	}
	return []Topic{UserTopic(u.ID)}
}
