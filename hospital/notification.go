package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Level says how loud a notification is.
type Level string

// The levels.
const (
	LevelInfo    Level = "info"
	LevelSuccess Level = "success"
	LevelWarning Level = "warning"
	LevelAlert   Level = "alert" // safety: told with sound where sound is on
)

// Notification is something that one person, or everyone of a role, should hear of. Its words name
// no patient.
type Notification struct {
	ID        int64
	UserID    int64  // 0: for a role
	Role      Role   // for a role
	WardID    int64  // for those of the role who work there; 0: wherever they work
	Code      string // what happened, one of Notices, such as "order_ready"
	About     About
	Title     string // English
	Message   string // English
	Level     Level
	Read      bool
	CreatedAt time.Time

	// What its reader may look up of it, as it is now.
	Target   Target
	Patients []NoticePatient // in the order of About.AdmissionIDs
}

// Inbox is a person's notifications, read in one snapshot.
type Inbox struct {
	Unread        int
	Notifications []Notification // newest first, at most 50
	At            time.Time
	Revisions     // of the person's InboxTopic and of the RoleInboxTopic of their role
}

// InboxShows is the most notifications that an Inbox lists; older unread ones are counted.
const InboxShows = 50

// notificationsLast is how long a notification is kept after it was read.
const notificationsLast = 30 * 24 * time.Hour

// Whoever comes to a role later is not told what happened before: a role's notifications are a
// person's from the day of their login on.
const selectNotification = `SELECT notification.id, notification.user_id, notification.role,
		notification.ward_id, notification.code, notification.about, notification.title,
		notification.message, notification.level, notification.created_at,
		notification.read_at IS NOT NULL OR notification_read.user_id IS NOT NULL
	FROM notification
	LEFT JOIN notification_read ON notification_read.notification_id = notification.id
	AND notification_read.user_id = $1`

// ofUser and ofRole are the conditions of the two kinds for the user $1 of the role $2.
const (
	ofUser = ` notification.user_id = $1 `
	ofRole = ` notification.user_id IS NULL AND notification.role = $2
		AND notification.created_at >= COALESCE((SELECT created_at FROM app_user WHERE id = $1), 0)
		AND ` + ofTheirWards + ` `
)

// ofTheirWards is the condition that a role's notification is for the user $1, by the wards where
// they work: whoever is bound to none works in all.
const ofTheirWards = `(notification.ward_id IS NULL
	OR NOT EXISTS (SELECT 1 FROM user_ward WHERE user_ward.user_id = $1)
	OR EXISTS (SELECT 1 FROM user_ward WHERE user_ward.user_id = $1
		AND user_ward.ward_id = notification.ward_id))`

// InboxTopics are those by which an inbox changes. What a customer may still look up of their
// notifications changes with the patients whom they are linked to, what a courier may with who
// carries what, and what other staff are told of patients with where these lie and what is ordered
// for them.
func InboxTopics(reader Actor) []Topic {
	topics := UnreadTopics(reader)
	switch {
	case reader.Role == Customer:
		return append(topics, CustomerTopic(reader.UserID))
	case reader.Role.May(CarryDeliveries):
		return append(topics, DeliveriesTopic)
	}
	return append(topics, MetricsTopic, KitchenTopic)
}

// UnreadTopics are those by which the number of what a reader has not read changes.
func UnreadTopics(reader Actor) []Topic {
	return []Topic{InboxTopic(reader.UserID), RoleInboxTopic(reader.Role)}
}

// Unread is how much a person has not read.
type Unread struct {
	Count     int
	Revisions // of their UnreadTopics
}

// Unread counts what the actor has not read, however old.
func (h *Hospital) Unread(ctx context.Context, actor Actor) (Unread, error) {
	return readAs(ctx, h, actor, ReadOwnSession,
		func(ctx context.Context, q *sql.Tx) (found Unread, err error) {
			if found.Revisions, err = revisions(ctx, q, UnreadTopics(actor)...); err != nil {
				return found, err
			}
			found.Count, err = unread(ctx, q, actor)
			return found, err
		})
}

// Inbox reads the actor's own, those for their role included.
func (h *Hospital) Inbox(ctx context.Context, actor Actor) (Inbox, error) {
	return readAs(ctx, h, actor, ReadOwnSession,
		func(ctx context.Context, q *sql.Tx) (inbox Inbox, err error) {
			inbox.At = h.clock(ctx)
			if inbox.Revisions, err = revisions(ctx, q, InboxTopics(actor)...); err != nil {
				return inbox, err
			}
			if inbox.Unread, err = unread(ctx, q, actor); err != nil {
				return inbox, err
			}
			inbox.Notifications, err = newestNotifications(ctx, q, inbox.At, actor)
			return inbox, err
		})
}

// newestOfUser and newestOfRole are ofUser and ofRole with an order, for reading the newest alone.
// They name a place in an index to begin at, so that PostgreSQL reads in the order of the index
// also where it has not counted the notifications yet. Else it would take them for few, and read
// all of a person's to sort them.
const (
	newestOfUser = ` WHERE notification.user_id >= $1
		AND (notification.user_id, notification.id) <= ($1, $2)
		ORDER BY notification.user_id DESC, notification.id DESC LIMIT $3`
	newestOfRole = ` WHERE notification.user_id IS NULL AND notification.role >= $4
		AND (notification.role, notification.id) <= ($4, $2)
		AND notification.created_at >= COALESCE((SELECT created_at FROM app_user WHERE id = $1), 0)
		AND ` + ofTheirWards + `
		ORDER BY notification.role DESC, notification.id DESC LIMIT $3`
)

// newestNotifications lists the newest of the actor's own and of their role's.
func newestNotifications(ctx context.Context, q *sql.Tx, now time.Time, actor Actor) (
	[]Notification, error) {
	own := []any{actor.UserID, int64(math.MaxInt64), InboxShows}
	var all []Notification
	for _, kind := range []struct {
		where string
		args  []any
	}{{newestOfUser, own}, {newestOfRole, append(own, actor.Role)}} {
		rows, err := q.QueryContext(ctx, selectNotification+kind.where, kind.args...)
		some, err := collect(rows, err, scanNotification)
		if err != nil {
			return nil, fmt.Errorf("read the notifications of user %d: %w", actor.UserID, err)
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b Notification) int { return cmp.Compare(b.ID, a.ID) })
	all = all[:min(len(all), InboxShows)]
	return all, addWhatIsSeen(ctx, q, now, actor, all)
}

// News is what the people at a dashboard were told lately, newest first, read in one snapshot.
type News struct {
	Notifications []Notification // Read is not known: each reads them for themselves
	// of the RoleInboxTopic, and of the InboxTopic of the one person whose dashboard it is
	Revisions
}

// NewsLasts is how long a notification is news.
const NewsLasts = 5 * time.Minute

// News reads what everyone of the reader's role in some wards was told in the last NewsLasts, and
// what the reader alone was; no wards given means all. Without a UserID it is the news of a page
// that all of the role share.
func (h *Hospital) News(ctx context.Context, reader Actor, wardIDs ...int64) (News, error) {
	now := h.clock(ctx)
	args := []any{reader.UserID, reader.Role, instant(now.Add(-NewsLasts)), InboxShows,
		uncounted(now)}
	ofWards, args := newsOfWards(args, wardIDs)
	return readAs(ctx, h, reader, ReadOwnSession,
		func(ctx context.Context, q *sql.Tx) (news News, err error) {
			if news.Revisions, err = revisions(ctx, q, NewsTopics(reader)...); err != nil {
				return news, err
			}
			// CASE and the order leave the databases nothing to go by but the time: else they go
			// through all that the reader was ever told.
			rows, err := q.QueryContext(ctx, selectNotification+`
				WHERE notification.created_at > $3 AND notification.created_at < $5
				AND CASE WHEN notification.user_id IS NULL THEN notification.role = $2
					ELSE notification.user_id = $1 END`+ofWards+`
				ORDER BY notification.created_at DESC, notification.id DESC LIMIT $4`, args...)
			news.Notifications, err = collect(rows, err, scanNotification)
			if err != nil {
				return news, fmt.Errorf("read the news of %s %d: %w", reader.Role, reader.UserID, err)
			}
			err = addWhatIsSeen(ctx, q, now, reader, news.Notifications)
			news.keepPatientsOf(wardIDs)
			return news, err
		})
}

// keepPatientsOf leaves out patients who lie in other wards by now: whoever is shown the news of
// some wards hears of what happens in these alone.
func (n News) keepPatientsOf(wardIDs []int64) {
	if len(wardIDs) == 0 {
		return
	}
	elsewhere := func(p NoticePatient) bool { return !slices.Contains(wardIDs, p.WardID) }
	for i := range n.Notifications {
		told := &n.Notifications[i]
		told.Patients = slices.DeleteFunc(told.Patients, elsewhere)
		if told.Target.Kind == TargetAdmission && len(told.Patients) == 0 {
			told.Target = Target{}
		}
	}
}

// NewsTopics are those by which a reader's news changes.
func NewsTopics(reader Actor) []Topic {
	topics := []Topic{RoleInboxTopic(reader.Role)}
	if reader.UserID != 0 {
		topics = append(topics, InboxTopic(reader.UserID))
	}
	return topics
}

// newsOfWards is the condition that news is for whoever works in some wards, with its args added;
// no wards means all.
func newsOfWards(args []any, wardIDs []int64) (string, []any) {
	if len(wardIDs) == 0 {
		return "", args
	}
	list, args := oneOf(args, wardIDs)
	return ` AND (notification.ward_id IS NULL OR notification.ward_id IN ` + list + `)`, args
}

func scanNotification(row scanner) (n Notification, err error) {
	err = row.Scan(&n.ID, (*reference)(&n.UserID), &n.Role, (*reference)(&n.WardID), &n.Code,
		&n.About, &n.Title, &n.Message, &n.Level, (*instant)(&n.CreatedAt), &n.Read)
	return n, err
}

// unread counts what the actor has not read, however old.
func unread(ctx context.Context, q *sql.Tx, actor Actor) (int, error) {
	n, err := scanValue[int](q.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM notification WHERE`+ofUser+`AND notification.read_at IS NULL) +
		(SELECT count(*) FROM notification WHERE`+ofRole+`AND `+notReadByUser+`)`,
		actor.UserID, actor.Role))
	return n, wrap(err, "count what user %d has not read", actor.UserID)
}

// notReadByUser is the condition that the user $1 has not read a role's notification.
const notReadByUser = `NOT EXISTS (SELECT 1 FROM notification_read
	WHERE notification_read.notification_id = notification.id AND notification_read.user_id = $1)`

// ReadNotifications marks the actor's notifications up to an id as read. Where all are read already
// it changes nothing.
func (h *Hospital) ReadNotifications(ctx context.Context, actor Actor, upTo int64) error {
	return h.changeAs(ctx, actor, ReadOwnSession, func(ctx context.Context, c *change) error {
		read, err := c.readNotifications(ctx, upTo)
		if err != nil || read == 0 {
			return err
		}
		c.record(entry{action: "notification.read", entity: "user", entityID: c.actor.UserID},
			topicOnly(InboxTopic(c.actor.UserID)))
		return c.forgetNotifications(ctx)
	})
}

// readNotifications marks those that the actor can see now and returns how many it were. One with a
// lower id that another command is about to commit stays unread, since each is marked by itself.
func (c *change) readNotifications(ctx context.Context, upTo int64) (int64, error) {
	own, err := c.exec(ctx,
		`UPDATE notification SET read_at = $3 WHERE`+ofUser+`AND id <= $2 AND read_at IS NULL`,
		c.actor.UserID, upTo, instant(c.now))
	if err != nil {
		return 0, fmt.Errorf("read the notifications of user %d: %w", c.actor.UserID, err)
	}
	ofTheRole, err := c.exec(ctx, `INSERT INTO notification_read (user_id, notification_id)
		SELECT $1, notification.id FROM notification
		WHERE`+ofRole+`AND notification.id <= $3 AND `+notReadByUser+`
		ORDER BY notification.id ON CONFLICT DO NOTHING`, c.actor.UserID, c.actor.Role, upTo)
	return own + ofTheRole, wrap(err, "read the notifications of role %s", c.actor.Role)
}

// forgetNotifications removes what is old and read: the actor's own, and of their role's what
// everyone has read.
func (c *change) forgetNotifications(ctx context.Context) error {
	old := instant(c.now.Add(-notificationsLast))
	_, err := c.exec(ctx,
		`DELETE FROM notification WHERE`+ofUser+`AND created_at < $2 AND read_at IS NOT NULL`,
		c.actor.UserID, old)
	if err != nil {
		return fmt.Errorf("forget old notifications: %w", err)
	}
	forgotten, err := c.exec(ctx,
		`DELETE FROM notification WHERE user_id IS NULL AND role = $1 AND created_at < $2
		AND NOT EXISTS (SELECT 1 FROM app_user
			WHERE app_user.role = $1 AND NOT app_user.disabled
			AND app_user.created_at <= notification.created_at
			AND (notification.ward_id IS NULL
				OR NOT EXISTS (SELECT 1 FROM user_ward WHERE user_ward.user_id = app_user.id)
				OR EXISTS (SELECT 1 FROM user_ward WHERE user_ward.user_id = app_user.id
					AND user_ward.ward_id = notification.ward_id))
			AND NOT EXISTS (SELECT 1 FROM notification_read
				WHERE notification_read.notification_id = notification.id
				AND notification_read.user_id = app_user.id))`,
		c.actor.Role, old)
	if forgotten > 0 {
		c.touch(topicOnly(RoleInboxTopic(c.actor.Role)))
	}
	return wrap(err, "forget old notifications")
}

// orderNotices are the codes by which customers hear that an order has come to a status.
var orderNotices = map[OrderStatus]string{
	OrderPending: "order_placed", OrderConfirmed: "order_confirmed",
	OrderPreparing: "order_preparing", OrderReady: "order_ready",
	OrderInTransit: "order_on_its_way", OrderDelivered: "order_delivered", OrderHeld: "order_held",
	OrderCancelled: "order_cancelled", OrderUndelivered: "order_undelivered",
}

// notifyUser tells one person.
func (c *change) notifyUser(ctx context.Context, userID int64, code string, about About) error {
	return c.addNotification(ctx, Notification{UserID: userID, Code: code, About: about})
}

// notifyRole tells everyone of a role.
func (c *change) notifyRole(ctx context.Context, role Role, code string, about About) error {
	return c.addNotification(ctx, Notification{Role: role, Code: code, About: about})
}

// notifyWard tells those of a role who work in the ward that it is about.
func (c *change) notifyWard(ctx context.Context, role Role, code string, about About) error {
	return c.addNotification(ctx,
		Notification{Role: role, WardID: about.WardID, Code: code, About: about})
}

// addNotification keeps a notification in the words of its notice. It is a part of the change that
// it tells of, committed with it or not at all.
func (c *change) addNotification(ctx context.Context, n Notification) error {
	notice, known := Notices[n.Code]
	if !known {
		return fmt.Errorf("nobody is told of %q", n.Code)
	}
	if name := n.About.lacking(notice.Title + notice.Message); name != "" {
		return fmt.Errorf("who is told of %q is not told %s", n.Code, name)
	}
	meal := string(n.About.Meal)
	_, err := c.exec(ctx, `INSERT INTO notification
		(user_id, role, ward_id, code, about, title, message, level, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		reference(n.UserID), n.Role, reference(n.WardID), n.Code, n.About,
		n.About.Fill(notice.Title, meal), n.About.Fill(notice.Message, meal), notice.Level,
		instant(c.now))
	c.touch(n)
	return wrap(err, "notify of %s", n.Code)
}

// notifyOrder tells the customers who follow a locked order where it stands now. After the
// patient's death nobody is told anything.
func (c *change) notifyOrder(ctx context.Context, o Order) error {
	code, ok := orderNotices[o.Status]
	if !ok {
		return fmt.Errorf("order %d is %s, of which nobody is told", o.ID, o.Status)
	}
	died, err := c.died(ctx, o)
	if err != nil || died {
		return err
	}
	customers, err := c.concernedCustomers(ctx, o)
	if err != nil {
		return err
	}
	about := About{OrderID: o.ID, Meal: o.Meal}
	for _, customer := range customers {
		if err := c.notifyUser(ctx, customer, code, about); err != nil {
			return err
		}
	}
	return nil
}

// died reports whether the admission that an order is for has ended with the patient's death.
func (c *change) died(ctx context.Context, o Order) (bool, error) {
	if o.AdmissionID == 0 {
		return false, nil
	}
	died, err := scanValue[bool](c.tx.QueryRowContext(ctx,
		`SELECT outcome = 'deceased' FROM admission WHERE id = $1`, o.AdmissionID))
	return died, wrap(err, "read how admission %d ended", o.AdmissionID)
}

// concernedCustomers lists the customers who follow an order: whoever placed it, if a customer, and
// those linked to its patient, for good or for this stay, also when that ends.
func (c *change) concernedCustomers(ctx context.Context, o Order) ([]int64, error) {
	customers, err := queryIDs(ctx, c.tx, `SELECT app_user.id FROM app_user
		WHERE app_user.role = 'customer' AND NOT app_user.disabled AND (app_user.id = $1
		OR app_user.id IN (
			SELECT customer_link.user_id FROM customer_link
			JOIN admission ON admission.patient_id = customer_link.patient_id
			WHERE admission.id = $2 AND (customer_link.admission_id IS NULL
				OR customer_link.admission_id = admission.id)))
		ORDER BY app_user.id`, o.PlacedBy, o.AdmissionID)
	return customers, wrap(err, "read who follows order %d", o.ID)
}

// number is a number as text.
func number(id int64) string { return strconv.FormatInt(id, 10) }
