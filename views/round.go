package views

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// The ids of the regions of the courier's tablet and of a delivery's page.
const (
	TallyID    = "tally"    // how many deliveries there are in each state
	MineID     = "mine"     // the stops of a courier's own round
	ReadyID    = "ready"    // the trays that wait for a courier
	CarryID    = "carry"    // what a courier does next
	DeliveryID = "delivery" // a delivery on its own page
	LocationID = "location" // where a delivery is
)

// Alarm is what a courier must see and acknowledge before anything else: why a command was refused.
type Alarm struct {
	Code     string // of the refusal, such as "wrong_bed"
	Sentence string // in the courier's language
	Delivery int64  // the stop where they go on; 0: the round
}

// dangers are the refusals that are shown as loudly as can be, with the alarm that each is: what
// would be given to a patient must not be.
var dangers = map[string]string{
	"wrong_bed": "wrong_bed", "wrong_code": "wrong_code", "code_locked": "wrong_code",
	"code_used_up": "wrong_code", "stopped": "stopped", "hazards": "stopped",
	"no_bed": "wrong_bed",
}

// dangersJSON is dangers for the script.
var dangersJSON = func() string {
	written, err := json.Marshal(dangers)
	if err != nil {
		panic(err) // texts
	}
	return string(written)
}()

// Dangerous reports whether a refusal is one of what would be a danger to a patient.
func Dangerous(code string) bool { return dangers[code] != "" }

// alarmClass tells a danger from a mere refusal.
func alarmClass(a *Alarm) string {
	if a != nil && !Dangerous(a.Code) {
		return "alarm"
	}
	return "alarm danger"
}

// alarmTitle is the alarm in two words; without an alarm the script says it.
func alarmTitle(ctx context.Context, a *Alarm) string {
	if a == nil {
		return ""
	}
	return text.T(ctx, "alarm."+cmp.Or(dangers[a.Code], "refused"))
}

func alarmText(a *Alarm) string {
	if a == nil {
		return ""
	}
	return a.Sentence
}

// alarmBack is where whoever has understood goes on.
func alarmBack(a *Alarm) string {
	if a == nil || a.Delivery == 0 {
		return RoundPath
	}
	return RoundPath + "#" + StopID(a.Delivery)
}

// talliedStatuses are the states that are counted on the tablet: what was called back before it
// left is the kitchen's.
var talliedStatuses = []hospital.DeliveryStatus{
	hospital.DeliveryUnassigned, hospital.DeliveryAssigned, hospital.DeliveryInTransit,
	hospital.DeliveryDelivered, hospital.DeliveryFailed, hospital.DeliveryReturned,
}

// roundName is what a round is called.
func roundName(ctx context.Context, name string) string {
	return cmp.Or(name, text.T(ctx, "round.no_bed"))
}

// trayPlace is where a tray goes, in a few words.
func trayPlace(d hospital.Delivery) string {
	return cmp.Or(d.BedNumber, d.Destination, "no. "+number(d.OrderID))
}

// stopClass is how a stop looks: its state, and whether something must not be missed.
func stopClass(s hospital.RoundStop) string {
	return "stop-" + cmp.Or(stopNews(s), "calm") + " stop " + string(s.Status)
}

// stopNews names what the courier must have seen of a stop, each thing by another name; empty where
// there is nothing.
func stopNews(s hospital.RoundStop) string {
	switch {
	case s.Stopped != "":
		return "stopped"
	case s.MovedFrom != "":
		return "moved"
	}
	return ""
}

// stopAlarm is the sentence that the courier must have seen of a stop.
func stopAlarm(ctx context.Context, s hospital.RoundStop) string {
	switch {
	case s.Stopped != "":
		why := text.T(ctx, "stopped."+s.Stopped)
		stopped := text.T(ctx, "stop.stopped", trayPlace(s.Delivery), why)
		return strings.Join(append([]string{stopped}, hazardWords(ctx, s.HeldFor)...), " ")
	case s.MovedFrom != "":
		return text.T(ctx, "stop.moved", s.BedNumber, s.MovedFrom)
	}
	return ""
}

// stopAsk is what to ask for before a tray is handed over.
func stopAsk(s hospital.RoundStop) string {
	if s.Diet == "" {
		return "stop.ask_door"
	}
	return "stop.ask"
}

// codeLabel is what the code of a handover is called.
func codeLabel(s hospital.RoundStop) string {
	if s.Diet == "" {
		return "stop.code_door"
	}
	return "stop.code"
}

// mild are the allergies that are not known to be severe.
func mild(a hospital.Allergies) []hospital.Allergen {
	isSevere := func(one hospital.Allergen) bool { return slices.Contains(a.Severe, one) }
	return slices.DeleteFunc(slices.Clone(a.Allergens), isSevere)
}

// onTray lists what is on a tray.
func onTray(ctx context.Context, dishes []hospital.TicketDish) string {
	return listed(dishes, func(d hospital.TicketDish) string { return text.Dish(ctx, d.Name) })
}

// claimable are the trays of a round that can be claimed.
func claimable(r hospital.Round[hospital.Tray]) []int64 {
	var ids []int64
	for _, t := range r.Stops {
		if t.Claimable {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// claimed are the courier's trays that have not set off.
func claimed(b hospital.DeliveryBoard) []int64 {
	var ids []int64
	for _, r := range b.Mine {
		for _, s := range r.Stops {
			if s.Status == hospital.DeliveryAssigned {
				ids = append(ids, s.ID)
			}
		}
	}
	return ids
}

// carried are all of the courier's trays.
func carried(b hospital.DeliveryBoard) []int64 {
	var ids []int64
	for _, r := range b.Mine {
		for _, s := range r.Stops {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// nextStop is where a courier who is on the way goes next: the first stop, and in the ward where
// they have just been as long as there is one.
func nextStop(b hospital.DeliveryBoard) (next hospital.RoundStop, found bool) {
	for _, r := range b.Mine {
		for _, s := range r.Stops {
			if s.Status != hospital.DeliveryInTransit {
				continue
			}
			if r.WardID != 0 && r.WardID == b.LastWard {
				return s, true
			}
			if !found {
				next, found = s, true
			}
		}
	}
	return next, found
}

// mealAndNumber tells trays apart, as their tickets do: "Lunch · no. 27".
func mealAndNumber(ctx context.Context, t hospital.Tray) string {
	return text.T(ctx, "round.meal", text.Meal(ctx, t.Meal), t.OrderID)
}

// dialled is a telephone number as a link has it.
func dialled(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}

// waiting is a round without the trays that wait on a cart.
func waiting(r hospital.Round[hospital.Tray], carts []hospital.Cart) hospital.Round[hospital.Tray] {
	r.Stops = slices.DeleteFunc(slices.Clone(r.Stops), func(t hospital.Tray) bool {
		return t.CartID != 0 && t.Claimable &&
			slices.ContainsFunc(carts, func(k hospital.Cart) bool { return k.ID == t.CartID })
	})
	return r
}

// StopID is the id of a stop of a courier's own round.
func StopID(id int64) string { return "delivery-" + number(id) }

// TrayID is the id of a tray that waits for a courier.
func TrayID(id int64) string { return "tray-" + number(id) }

// roundID is the id of the name of a round in the list with the id list.
func roundID[Stop any](list string, r hospital.Round[Stop]) string {
	switch {
	case r.WardID != 0:
		return list + "-ward-" + number(r.WardID)
	case r.ZoneID != 0:
		return list + "-zone-" + number(r.ZoneID)
	}
	return list + "-nowhere"
}

// mineRegion is a courier's own round, each stop by itself.
func mineRegion(b hospital.DeliveryBoard) Region {
	list := emptyList(MineID, openList(MineID, "stops"))
	for _, r := range b.Mine {
		id := roundID(MineID, r)
		list.add(id, roundHead(id, r.Name, len(r.Stops)))
		for _, s := range r.Stops {
			list.add(StopID(s.ID), roundStop(s, b.Couriers))
		}
	}
	return list
}

// readyRegion is what waits for a courier, each tray by itself.
func readyRegion(b hospital.DeliveryBoard) Region {
	list := emptyList(ReadyID, openList(ReadyID, "trays"))
	for _, r := range b.Waiting {
		if r = waiting(r, b.Carts); len(r.Stops) == 0 {
			continue
		}
		id := roundID(ReadyID, r)
		list.add(id, readyHead(id, r))
		for _, t := range r.Stops {
			list.add(TrayID(t.ID), readyTray(t))
		}
	}
	return list
}

// RoundRegions lists what changes on a courier's tablet.
func RoundRegions(b hospital.DeliveryBoard) []Region {
	return []Region{
		{ID: TallyID, Component: tally(b.Counts)},
		mineRegion(b),
		readyRegion(b),
		{ID: CarryID, Component: carry(b)},
		{ID: PastID, Component: pastTrays(b)},
		{ID: WaitingCartsID, Component: carts(b)},
		{ID: DoneID, Component: done(b)},
		{ID: HandID, Component: handAll(b)},
		{ID: OutID, Component: traysOut(b)},
	}
}

// DeliveryRegions lists what changes on the page of a delivery, as somebody of a role sees it.
func DeliveryRegions(d hospital.DeliveryWatch, r hospital.Role) []Region {
	return []Region{
		{ID: DeliveryID, Component: deliveryCard(d, r)},
		{ID: LocationID, Component: deliveryLocation(d.Delivery)},
	}
}

// intakeWords is how much of a meal was eaten, and why not all.
func intakeWords(ctx context.Context, i hospital.Intake) string {
	eaten := text.T(ctx, "eaten."+string(i.Eaten))
	if i.Reason != "" {
		eaten += " · " + i.Reason
	}
	return eaten
}
