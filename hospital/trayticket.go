package hospital

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// TrayTicket is the paper that goes with a tray from the line to the bedside. It names the patient
// by initials and number, whatever the walls show: on the way a bed alone is no identifier.
type TrayTicket struct {
	Ticket
	WardID        int64 // 0 for an address, and while the patient has no bed
	WardName      string
	PatientNumber string    // the hospital's
	Token         string    // what its QR code says; empty before it was printed
	PrintedAt     time.Time // when it was printed before; zero: never
	Prints        int       // how often it was printed before

	served  time.Time // the day of the order
	printed string    // the digest of what was printed; empty: nothing that stands
}

// Reprint reports whether the ticket was printed before.
func (t TrayTicket) Reprint() bool { return t.Prints > 0 }

// Changed reports whether the paper there is, if any, does not say what the ticket says now.
func (t TrayTicket) Changed() bool { return t.printed != t.digest() }

// digest tells apart what two tickets say.
func (t TrayTicket) digest() string {
	said, err := json.Marshal([]any{t.Meal, t.Due.Unix(), t.WardID, t.BedNumber, t.Destination,
		t.Initials, t.PatientNumber, t.Diet, t.Texture, t.Allergies, t.Isolation,
		t.printedDishes(), t.Notes, t.OverrideReason, t.OverriddenBy})
	if err != nil {
		panic(err) // texts, numbers and lists of them
	}
	return digest(string(said))
}

// printedDishes are the dishes by their numbers and names.
func (t TrayTicket) printedDishes() []string {
	names := make([]string, len(t.Dishes))
	for i, dish := range t.Dishes {
		names[i] = strconv.FormatInt(dish.ID, 10) + " " + dish.Name.En
	}
	return names
}

// TrayTicketSelection says which tickets are meant: those of a meal's next serving.
type TrayTicketSelection struct {
	WardID  int64 // 0: all wards, and the addresses
	Meal    Meal  // empty: the main meal that comes next
	Changed bool  // only those of which no paper says what they say now
	// PrintedAt selects those that were printed last at this time; zero: whenever that was.
	PrintedAt time.Time
}

// TrayTickets are the tickets of a meal in the order of the tray line: the wards as they are
// served, their beds, then the addresses.
type TrayTickets struct {
	TrayTicketSelection
	Day     time.Time // midnight UTC of the day in the hospital
	Due     time.Time // when those that are served without a turn are
	At      time.Time
	Tickets []TrayTicket
	// Withdrawn are printed ones whose trays don't go: their paper must leave the line.
	Withdrawn []TrayTicket
	LeftOut   []TrayTicket // held, and not printed
	Unchanged int          // selected but for Changed
	LastPrint time.Time    // of one that was selected; zero: none was printed
}

// TrayTickets reads which tickets there are to print.
func (h *Hospital) TrayTickets(ctx context.Context, actor Actor,
	selection TrayTicketSelection) (TrayTickets, error) {
	return readAs(ctx, h, actor, PrintTickets,
		func(ctx context.Context, q *sql.Tx) (TrayTickets, error) {
			return readTrayTickets(ctx, q, h.clock(ctx), selection)
		})
}

// PrintTrayTickets returns the tickets to be printed, each with its token, and keeps that they were
// printed. Those that are withdrawn are told once.
func (h *Hospital) PrintTrayTickets(ctx context.Context, actor Actor,
	selection TrayTicketSelection) (TrayTickets, error) {
	if err := actor.need(PrintTickets); err != nil {
		return TrayTickets{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (TrayTickets, error) {
		tickets, err := readTrayTickets(ctx, c.tx, c.now, selection)
		if err != nil {
			return tickets, err
		}
		return tickets, c.printed(ctx, &tickets)
	})
}

// printed keeps that tickets were printed.
func (c *change) printed(ctx context.Context, tickets *TrayTickets) error {
	var inOrder []*TrayTicket
	for i := range tickets.Tickets {
		inOrder = append(inOrder, &tickets.Tickets[i])
	}
	slices.SortFunc(inOrder, func(a, b *TrayTicket) int { return cmp.Compare(a.OrderID, b.OrderID) })
	for _, t := range inOrder {
		if err := c.keepPrinted(ctx, t); err != nil {
			return err
		}
	}
	for _, t := range tickets.Withdrawn {
		_, err := c.exec(ctx, `UPDATE tray_ticket SET digest = '' WHERE order_id = $1`, t.OrderID)
		if err != nil {
			return fmt.Errorf("withdraw the ticket of order %d: %w", t.OrderID, err)
		}
	}
	if len(inOrder)+len(tickets.Withdrawn) > 0 {
		c.note(entry{action: "ticket.print", entity: "ward", entityID: tickets.WardID,
			wardID: tickets.WardID, from: string(tickets.Meal), to: strconv.Itoa(len(inOrder))})
	}
	return nil
}

// keepPrinted keeps what a ticket said when it was printed, and gives it a token where it has none.
func (c *change) keepPrinted(ctx context.Context, t *TrayTicket) error {
	row := c.tx.QueryRowContext(ctx,
		`INSERT INTO tray_ticket (order_id, token, digest, printed_at, prints)
		VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (order_id) DO UPDATE SET digest = excluded.digest,
			printed_at = excluded.printed_at, prints = tray_ticket.prints + 1
		RETURNING token`, t.OrderID, rand.Text(), t.digest(), instant(c.now))
	return wrap(row.Scan(&t.Token), "keep that the ticket of order %d was printed", t.OrderID)
}

// readTrayTickets reads the tickets that are selected, as of now.
func readTrayTickets(ctx context.Context, q *sql.Tx, now time.Time,
	selection TrayTicketSelection) (TrayTickets, error) {
	all := TrayTickets{TrayTicketSelection: selection, At: now}
	settings := SettingsOf(ctx)
	if all.Meal == "" {
		all.Meal = settings.comingMeal(now)
	}
	wrong := fields{}
	checkChoices(wrong, "meal", []Meal{all.Meal}, settings.MealCodes(), true)
	if err := wrong.err(); err != nil {
		return all, err
	}
	serving := settings.next(all.Meal, selection.WardID, now)
	all.Day, all.Due = serving.date, serving.due
	if selection.WardID != 0 {
		if _, err := readWard(ctx, q, selection.WardID); err != nil {
			return all, err
		}
	}
	tickets, err := trayTicketsOf(ctx, q, now, all.Meal)
	if err != nil {
		return all, err
	}
	for _, t := range tickets {
		all.take(t, settings)
	}
	return all, all.order(ctx, q)
}

// take puts a ticket where it belongs, if it is of the serving that is selected.
func (all *TrayTickets) take(t TrayTicket, settings *Settings) {
	if all.WardID != 0 && t.WardID != all.WardID ||
		!t.served.Equal(settings.next(all.Meal, t.WardID, all.At).date) {
		return
	}
	stays := t.Status == OrderHeld || t.Stopped != "" || t.Status == OrderCancelled
	switch {
	case stays && t.printed != "":
		all.Withdrawn = append(all.Withdrawn, t)
	case stays && !t.Status.Ended():
		all.LeftOut = append(all.LeftOut, t)
	case stays || t.Status == OrderInTransit || t.Status.Ended():
	case !all.PrintedAt.IsZero() && !t.PrintedAt.Equal(all.PrintedAt):
	default:
		all.LastPrint = latest(all.LastPrint, t.PrintedAt)
		if all.Changed && !t.Changed() {
			all.Unchanged++
			return
		}
		all.Tickets = append(all.Tickets, t)
	}
}

// order puts the tickets in the order of the tray line.
func (all *TrayTickets) order(ctx context.Context, q *sql.Tx) error {
	wards, err := allWards(ctx, q)
	if err != nil {
		return err
	}
	place := servicePlaces(SettingsOf(ctx).Meal(all.Meal), wards)
	for _, tickets := range [][]TrayTicket{all.Tickets, all.Withdrawn, all.LeftOut} {
		slices.SortFunc(tickets, func(a, b TrayTicket) int {
			return cmp.Or(cmp.Compare(place[a.WardID], place[b.WardID]),
				compareCodes(a.BedNumber, b.BedNumber), cmp.Compare(a.OrderID, b.OrderID))
		})
	}
	return nil
}

// servicePlaces are the places of wards where a meal is served: as they take turns, then in their
// own order. What goes to no ward, whose id is 0, comes last.
func servicePlaces(meal MealKind, wards []Ward) map[int64]int {
	slices.SortStableFunc(wards, func(a, b Ward) int {
		return cmp.Compare(meal.turnOf(a.ID), meal.turnOf(b.ID))
	})
	places := map[int64]int{0: len(wards)}
	for i, ward := range wards {
		places[ward.ID] = i
	}
	return places
}

// printedLately is how long a printed ticket that is withdrawn is looked for.
const printedLately = 36 * time.Hour

// trayTicketsOf reads the open orders of a meal, and the ended ones of which there is a ticket on
// paper.
func trayTicketsOf(ctx context.Context, q *sql.Tx, now time.Time,
	meal Meal) ([]TrayTicket, error) {
	open, err := ticketsWhere(ctx, q, now, `meal_order.meal = $1 AND `+openOnTheWall, meal)
	if err != nil {
		return nil, err
	}
	ended, err := ticketsWhere(ctx, q, now, `meal_order.meal = $1 AND meal_order.id IN (
			SELECT order_id FROM tray_ticket
			WHERE digest <> '' AND printed_at > $2 AND printed_at < $3)
		AND meal_order.ended_at IS NOT NULL`, meal, instant(now.Add(-printedLately)), uncounted(now))
	if err != nil {
		return nil, err
	}
	tickets := map[int64]*TrayTicket{}
	var ids []int64
	for _, t := range slices.Concat(open, ended) {
		tickets[t.OrderID] = &TrayTicket{Ticket: t}
		ids = append(ids, t.OrderID)
	}
	if err := readPrinted(ctx, q, ids, tickets); err != nil {
		return nil, err
	}
	all := make([]TrayTicket, len(ids))
	for i, id := range ids {
		all[i] = *tickets[id]
	}
	return all, nil
}

// readPrinted adds to tickets what the wall does not show, and what was printed of them.
func readPrinted(ctx context.Context, q *sql.Tx, ids []int64,
	tickets map[int64]*TrayTicket) error {
	list, args := oneOf(nil, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx, `SELECT meal_order.id, meal_order.service_date, bed.ward_id,
			COALESCE(ward.name, ''), COALESCE(patient.name, ''), COALESCE(patient.number, ''),
			COALESCE(tray_ticket.token, ''), COALESCE(tray_ticket.digest, ''),
			tray_ticket.printed_at, COALESCE(tray_ticket.prints, 0)
		FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id AND admission.discharged_at IS NULL
		LEFT JOIN ward ON ward.id = bed.ward_id
		LEFT JOIN tray_ticket ON tray_ticket.order_id = meal_order.id
		WHERE meal_order.id IN `+list, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var id int64
		var read TrayTicket
		var name PatientName
		err := row.Scan(&id, (*instant)(&read.served), (*reference)(&read.WardID), &read.WardName,
			&name, &read.PatientNumber, &read.Token, &read.printed,
			(*instant)(&read.PrintedAt), &read.Prints)
		read.Ticket = tickets[id].Ticket
		read.Initials = name.Initials()
		*tickets[id] = read
		return err
	})
	return wrap(err, "read the tickets of trays")
}
