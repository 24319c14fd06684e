package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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
	UserID    int64    // 0: for a role
	Role      Role     // for a role
	Code      string   // what happened, for its translation, such as "order_ready"
	Args      []string // what the words are filled with
	Title     string   // English
	Message   string   // English
	Level     Level
	Read      bool
	CreatedAt time.Time
	OrderID   int64 // the order that it is about, which its reader may look up; 0: none
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
		notification.code, notification.args, notification.title, notification.message,
		notification.level, notification.created_at,
		notification.read_at IS NOT NULL OR notification_read.user_id IS NOT NULL
	FROM notification
	LEFT JOIN notification_read ON notification_read.notification_id = notification.id
	AND notification_read.user_id = $1`

// ofUser and ofRole are the conditions of the two kinds for the user $1 of the role $2.
const (
	ofUser = ` notification.user_id = $1 `
	ofRole = ` notification.user_id IS NULL AND notification.role = $2
		AND notification.created_at >= COALESCE((SELECT created_at FROM app_user WHERE id = $1), 0) `
)

// InboxTopics are those by which an inbox changes. What a customer may still look up of their
// notifications changes with the patients whom they are linked to.
func InboxTopics(reader Actor) []Topic {
	topics := []Topic{InboxTopic(reader.UserID), RoleInboxTopic(reader.Role)}
	if reader.Role == Customer {
		topics = append(topics, CustomerTopic(reader.UserID))
	}
	return topics
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
	return all, addOrders(ctx, q, now, actor, all)
}

// addOrders adds to notifications the orders that they are about, as far as the actor may still
// look them up.
func addOrders(ctx context.Context, q *sql.Tx, now time.Time, actor Actor,
	all []Notification) error {
	var ids []int64
	for _, n := range all {
		if id := n.order(); id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seen, err := ordersSeen(ctx, q, now, actor, ids...)
	for i, n := range all {
		if id := n.order(); seen[id] {
			all[i].OrderID = id
		}
	}
	return err
}

// aboutNoOrder are the notices that begin with something else than the number of an order.
var aboutNoOrder = []string{"nil_by_mouth_over", "meal_round_missed", "meal_round_gaps",
	"waits_again"}

// order is the number of the order that a notification is about, 0 for none.
func (n Notification) order() int64 {
	if len(n.Args) == 0 || slices.Contains(aboutNoOrder, n.Code) {
		return 0
	}
	id, err := strconv.ParseInt(n.Args[0], 10, 64)
	if err != nil {
		return 0 // of another version of the program
	}
	return id
}

// News is what the people at a dashboard were told lately, newest first, read in one snapshot.
type News struct {
	Notifications []Notification // Read is not known: each reads them for themselves
	// of the RoleInboxTopic, and of the InboxTopic of the one person whose dashboard it is
	Revisions
}

// NewsLasts is how long a notification is news.
const NewsLasts = 5 * time.Minute

// News reads what everyone of the reader's role was told in the last NewsLasts, and what the reader
// alone was: without a UserID it is the news of the dashboard that all of the role share.
func (h *Hospital) News(ctx context.Context, reader Actor) (News, error) {
	now := h.clock(ctx)
	topics := []Topic{RoleInboxTopic(reader.Role)}
	if reader.UserID != 0 {
		topics = append(topics, InboxTopic(reader.UserID))
	}
	return readAs(ctx, h, reader, ReadOwnSession,
		func(ctx context.Context, q *sql.Tx) (news News, err error) {
			if news.Revisions, err = revisions(ctx, q, topics...); err != nil {
				return news, err
			}
			// CASE and the order leave the databases nothing to go by but the time: else they go
			// through all that the reader was ever told.
			rows, err := q.QueryContext(ctx, selectNotification+`
				WHERE notification.created_at > $3 AND notification.created_at < $5
				AND CASE WHEN notification.user_id IS NULL THEN notification.role = $2
					ELSE notification.user_id = $1 END
				ORDER BY notification.created_at DESC, notification.id DESC LIMIT $4`,
				reader.UserID, reader.Role, instant(now.Add(-NewsLasts)), InboxShows, uncounted(now))
			news.Notifications, err = collect(rows, err, scanNotification)
			return news, wrap(err, "read the news of %s %d", reader.Role, reader.UserID)
		})
}

func scanNotification(row scanner) (n Notification, err error) {
	err = row.Scan(&n.ID, (*reference)(&n.UserID), &n.Role, &n.Code, (*list[string])(&n.Args),
		&n.Title, &n.Message, &n.Level, (*instant)(&n.CreatedAt), &n.Read)
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
			AND NOT EXISTS (SELECT 1 FROM notification_read
				WHERE notification_read.notification_id = notification.id
				AND notification_read.user_id = app_user.id))`,
		c.actor.Role, old)
	if forgotten > 0 {
		c.touch(topicOnly(RoleInboxTopic(c.actor.Role)))
	}
	return wrap(err, "forget old notifications")
}

// Notice is what people are told by a code: how loud and, in English, in which words. Those are
// filled with the Args of the notification and name no patient.
type Notice struct {
	Level          Level
	Title, Message string
}

// Notices are everything that people are notified of, by code.
var Notices = map[string]Notice{
	// To the customers who follow an order: its number and its meal.
	"order_placed":      {LevelInfo, "Order %[1]s is placed", "Your order for %[2]s waits for a look before it is cooked."},
	"order_confirmed":   {LevelInfo, "Order %[1]s is confirmed", "The kitchen will cook your %[2]s."},
	"order_preparing":   {LevelInfo, "Order %[1]s is being prepared", "The kitchen is cooking your %[2]s."},
	"order_ready":       {LevelInfo, "Order %[1]s is ready", "Your %[2]s waits for a courier."},
	"order_on_its_way":  {LevelInfo, "Order %[1]s is on its way", "A courier is bringing your %[2]s."},
	"order_delivered":   {LevelSuccess, "Order %[1]s is delivered", "Your %[2]s has been handed over. Enjoy it."},
	"order_held":        {LevelWarning, "Order %[1]s is held", "Your %[2]s is stopped until its safety has been checked. The ward can tell you more."},
	"order_cancelled":   {LevelWarning, "Order %[1]s is cancelled", "Your %[2]s will not come. You can order again."},
	"order_undelivered": {LevelWarning, "Order %[1]s could not be delivered", "Your %[2]s could not be handed over. Ask the ward, or order again."},
	"delivery_code":     {LevelWarning, "Order %[1]s has a new code", "The courier gave wrong codes too often. Tell the courier the new one at the door."},

	// To the kitchen: the number of a ticket.
	"ticket_held":       {LevelAlert, "Ticket %[1]s is held", "Stop: ticket %[1]s must not go to its patient now. The ticket says why."},
	"ticket_stopped":    {LevelAlert, "Ticket %[1]s comes back", "The tray of ticket %[1]s was stopped on its way. The ticket says why."},
	"ticket_discharged": {LevelAlert, "Ticket %[1]s: the patient has left", "The patient of ticket %[1]s has left. Cancel it, or give the food away."},
	"ticket_cancelled": {LevelAlert, "Ticket %[1]s is cancelled",
		"Stop: the patient of ticket %[1]s was admitted by mistake. Nobody eats it."},
	"ticket_clear": {LevelWarning, "Ticket %[1]s may go on", "Nothing speaks against ticket %[1]s any more. Confirm it, or cancel it."},
	"ticket_moved": {LevelWarning, "Ticket %[1]s goes to another bed", "The patient of ticket %[1]s lies elsewhere now. The ticket shows where."},

	// To the courier of a delivery: the number of its order and where it goes.
	"delivery_cancelled": {LevelWarning, "Order %[1]s is called back", "The tray for %[2]s stays in the kitchen."},
	"delivery_stopped":   {LevelAlert, "Bring order %[1]s back", "The tray for %[2]s must not be handed over."},
	"delivery_moved":     {LevelWarning, "Order %[1]s goes to another bed", "The patient lies in %[2]s now. Ask for the code of that bed."},

	// To the kitchen, medical staff and ward management: how many patients, a meal and a ward.
	"meal_round_missed": {LevelAlert, "Ward %[3]s: %[2]s was not ordered",
		"The server was away when %[2]s was to be ordered. Patients without an order: %[1]s. Order it now as late, or for each patient."},
	// To all couriers: the number of an order.
	"delivery_takes_another": {LevelWarning, "Order %[1]s needs another courier",
		"Its courier may try no more codes at the door. Claim it and ask the customer for the new code."},

	// To medical staff: an order's number, its meal and its bed; a bed; how many patients, a meal
	// and a ward. That somebody waits for a bed again goes to ward management too.
	"delivery_failed":   {LevelWarning, "Order %[1]s was not handed over", "The %[2]s for bed %[3]s could not be delivered."},
	"nil_by_mouth_over": {LevelInfo, "Nil by mouth is over in bed %[1]s", "Who lies there may eat again. See what is ordered."},
	"waits_again": {LevelWarning, "A patient waits for a bed again",
		"A discharge was taken back, and bed %[1]s is no longer free. Look at the waiting list."},
	"meal_round_gaps": {LevelWarning, "Ward %[3]s: nothing for %[2]s", "Patients who get nothing: %[1]s. Nobody has asked about their allergies, or nothing on the menu is safe for them. Order for them yourself."},
}

// orderNotices are the codes by which customers hear that an order has come to a status.
var orderNotices = map[OrderStatus]string{
	OrderPending: "order_placed", OrderConfirmed: "order_confirmed",
	OrderPreparing: "order_preparing", OrderReady: "order_ready",
	OrderInTransit: "order_on_its_way", OrderDelivered: "order_delivered", OrderHeld: "order_held",
	OrderCancelled: "order_cancelled", OrderUndelivered: "order_undelivered",
}

// notifyUser tells one person.
func (c *change) notifyUser(ctx context.Context, userID int64, code string, args ...string) error {
	return c.addNotification(ctx, Notification{UserID: userID, Code: code, Args: args})
}

// notifyRole tells everyone of a role.
func (c *change) notifyRole(ctx context.Context, role Role, code string, args ...string) error {
	return c.addNotification(ctx, Notification{Role: role, Code: code, Args: args})
}

// addNotification keeps a notification in the words of its notice. It is a part of the change that
// it tells of, committed with it or not at all.
func (c *change) addNotification(ctx context.Context, n Notification) error {
	notice, known := Notices[n.Code]
	if !known {
		return fmt.Errorf("nobody is told of %q", n.Code)
	}
	_, err := c.exec(ctx, `INSERT INTO notification
		(user_id, role, code, args, title, message, level, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		reference(n.UserID), n.Role, n.Code, list[string](n.Args), fillIn(notice.Title, n.Args),
		fillIn(notice.Message, n.Args), notice.Level, instant(c.now))
	c.touch(n)
	return wrap(err, "notify of %s", n.Code)
}

// fillIn puts the args into words that name them by number.
func fillIn(words string, args []string) string {
	var pairs []string
	for i, arg := range args {
		pairs = append(pairs, fmt.Sprintf("%%[%d]s", i+1), arg)
	}
	return strings.NewReplacer(pairs...).Replace(words)
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
	for _, customer := range customers {
		err := c.notifyUser(ctx, customer, code, number(o.ID), string(o.Meal))
		if err != nil {
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
// those linked to its patient.
func (c *change) concernedCustomers(ctx context.Context, o Order) ([]int64, error) {
	customers, err := queryIDs(ctx, c.tx, `SELECT app_user.id FROM app_user
		WHERE app_user.role = 'customer' AND NOT app_user.disabled AND (app_user.id = $1
		OR app_user.id IN (
			SELECT customer_patient.user_id FROM customer_patient
			JOIN admission ON admission.patient_id = customer_patient.patient_id
			WHERE admission.id = $2))
		ORDER BY app_user.id`, o.PlacedBy, o.AdmissionID)
	return customers, wrap(err, "read who follows order %d", o.ID)
}

// number is the number of an order, as the args of a notification hold it.
func number(id int64) string { return strconv.FormatInt(id, 10) }
