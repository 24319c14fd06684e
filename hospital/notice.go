package hospital

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// About is what a notification is about. Each notice fills in what its words name and what its
// reader is to be led to; whatever is not known is zero. It has ids and no patient's name: who a
// patient is, and whether the reader may know, is looked up when they read.
type About struct {
	OrderID      int64     `json:"order_id,omitempty"`
	DeliveryID   int64     `json:"delivery_id,omitempty"`
	AdmissionIDs []int64   `json:"admission_ids,omitempty"` // whose patients it is about
	WardID       int64     `json:"ward_id,omitempty"`
	WardCode     string    `json:"ward_code,omitempty"`
	BedNumber    string    `json:"bed_number,omitempty"` // where the patient lay then
	Meal         Meal      `json:"meal,omitempty"`
	ServiceDate  time.Time `json:"service_date,omitzero"` // of the meal, as in Order
	Patients     int       `json:"patients,omitempty"`    // how many were told of
}

// Value returns what the column is to hold.
func (a About) Value() (driver.Value, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// Scan takes what the column holds.
func (a *About) Scan(column any) error {
	*a = About{}
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("what a notification is about is held as %T", column)
	}
	return json.Unmarshal([]byte(text), a)
}

// words are what a sentence can name in braces, with the meal in the words of the sentence's
// language. What is not known is "".
func (a About) words(meal string) map[string]string {
	count := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	order := count(a.OrderID)
	return map[string]string{
		"order": order, "patients": count(int64(a.Patients)), "meal": meal, "bed": a.BedNumber,
		"place": cmp.Or(a.BedNumber, "no. "+order), "ward": a.WardCode,
	}
}

// inBraces matches what a sentence names.
var inBraces = regexp.MustCompile(`\{\w+\}`)

// Fill puts what a notification is about into a sentence that names it in braces. meal is what its
// Meal is called in the language of the sentence.
func (a About) Fill(sentence, meal string) string {
	words := a.words(meal)
	return inBraces.ReplaceAllStringFunc(sentence, func(name string) string {
		return words[strings.Trim(name, "{}")]
	})
}

// lacking is the first name in a sentence of which the notification says nothing; "" where it says
// all.
func (a About) lacking(sentence string) string {
	words := a.words(string(a.Meal))
	for _, name := range inBraces.FindAllString(sentence, -1) {
		if words[strings.Trim(name, "{}")] == "" {
			return name
		}
	}
	return ""
}

// ofRound reports whether it is about a meal of a whole ward.
func (a About) ofRound() bool { return a.OrderID == 0 && a.Meal != "" && a.WardCode != "" }

// Notice is what people are told by a code: how loud and, in English, in which words. Those name
// what they are filled with in braces, as About.Fill knows it, and no patient.
type Notice struct {
	Level          Level
	Title, Message string
}

// Notices are everything that people are notified of, by code.
var Notices = map[string]Notice{
	// To the customers who follow an order.
	"order_placed": {LevelInfo, "Order {order} is placed",
		"Your order for {meal} waits for a look before it is cooked."},
	"order_confirmed": {LevelInfo, "Order {order} is confirmed",
		"The kitchen will cook your {meal}."},
	"order_preparing": {LevelInfo, "Order {order} is being prepared",
		"The kitchen is cooking your {meal}."},
	"order_ready": {LevelInfo, "Order {order} is ready", "Your {meal} waits for a courier."},
	"order_on_its_way": {LevelInfo, "Order {order} is on its way",
		"A courier is bringing your {meal}."},
	"order_delivered": {LevelSuccess, "Order {order} is delivered",
		"Your {meal} has been handed over. Enjoy it."},
	"order_held": {LevelWarning, "Order {order} is held",
		"Your {meal} is stopped until its safety has been checked. The ward can tell you more."},
	"order_cancelled": {LevelWarning, "Order {order} is cancelled",
		"Your {meal} will not come. You can order again."},
	"order_undelivered": {LevelWarning, "Order {order} could not be delivered",
		"Your {meal} could not be handed over. Ask the ward, or order again."},
	"delivery_code": {LevelWarning, "Order {order} has a new code",
		"The courier gave wrong codes too often. Tell the courier the new one at the door."},

	// To the kitchen, of a ticket.
	"ticket_held": {LevelAlert, "Ticket {order} is held",
		"Stop: ticket {order} must not go to its patient now. The ticket says why."},
	"ticket_stopped": {LevelAlert, "Ticket {order} comes back",
		"The tray of ticket {order} was stopped on its way. The ticket says why."},
	"ticket_discharged": {LevelAlert, "Ticket {order}: the patient has left",
		"The patient of ticket {order} has left. Cancel it, or give the food away."},
	"ticket_cancelled": {LevelAlert, "Ticket {order} is cancelled",
		"Stop: the patient of ticket {order} was admitted by mistake. Nobody eats it."},
	"ticket_clear": {LevelWarning, "Ticket {order} may go on",
		"Nothing speaks against ticket {order} any more. Confirm it, or cancel it."},
	"ticket_moved": {LevelWarning, "Ticket {order} goes to another bed",
		"The patient of ticket {order} lies elsewhere now. The ticket shows where."},

	// To the courier of a delivery.
	"delivery_cancelled": {LevelWarning, "Order {order} is called back",
		"The tray for {place} stays in the kitchen."},
	"delivery_stopped": {LevelAlert, "Bring order {order} back",
		"The tray for {place} must not be handed over."},
	"delivery_moved": {LevelWarning, "Order {order} goes to another bed",
		"The patient lies in {place} now. Ask for the code of that bed."},

	"delivery_yours": {LevelWarning, "Order {order} is yours now",
		"A colleague has given you the tray for {place}."},

	// To the kitchen, and to medical staff and ward management of the ward.
	"meal_round_missed": {LevelAlert, "Ward {ward}: {meal} was not ordered",
		"The server was away when {meal} was to be ordered. " +
			"Patients without an order: {patients}. Order it now as late, or for each patient."},
	// To all couriers.
	"delivery_takes_another": {LevelWarning, "Order {order} needs another courier",
		"Its courier may try no more codes at the door. Claim it and ask the customer for the new code."},

	// To medical staff of the ward. That somebody waits for a bed again goes to its management too.
	"delivery_failed": {LevelWarning, "Order {order} was not handed over",
		"The {meal} for bed {bed} could not be delivered."},
	"nil_by_mouth_over": {LevelInfo, "Nil by mouth is over in bed {bed}",
		"The patient may eat again. See what is ordered."},
	"waits_again": {LevelWarning, "A patient waits for a bed again",
		"A discharge was taken back, and bed {bed} is no longer free. Look at the waiting list."},
	"meal_round_gaps": {LevelWarning, "Ward {ward}: nothing for {meal}",
		"Patients who get nothing: {patients}. Nobody has asked about their allergies, " +
			"or nothing on the menu is safe for them. Order for them yourself."},
}
