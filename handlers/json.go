package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views/text"
)

// The shapes of JSON, CONTRACT sections 4 and 5. A shape is a struct so that a field can't be sent by accident.

type bedJSON struct {
	ID           int64        `json:"id"`
	Number       string       `json:"bed_number"`
	Status       string       `json:"status"`
	Patient      *patientJSON `json:"patient"`
	AssignedDate *string      `json:"assigned_date"`
}

type patientJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// bedInWardJSON is the answer to get_bed_status, which also says where the bed stands.
type bedInWardJSON struct {
	bedJSON
	Ward string `json:"ward"`
}

// seenBedJSON is a bed on a page: with what a command sends along to say what its giver saw.
type seenBedJSON struct {
	bedJSON
	AdmissionID      *int64 `json:"admission_id"`
	AdmissionVersion *int64 `json:"admission_version"`
	Version          int64  `json:"version"`
}

func seenBed(b hospital.BoardBed) seenBedJSON {
	shape := seenBedJSON{bedJSON: boardBedJSON(b), Version: b.Version}
	if b.Stay != nil {
		shape.AdmissionID, shape.AdmissionVersion = &b.Stay.AdmissionID, &b.Stay.Version
	}
	return shape
}

// bedPageJSON is a bed's page.
type bedPageJSON struct {
	seenBedJSON
	Ward string `json:"ward"`
}

// wardPageJSON is a ward's page.
type wardPageJSON struct {
	countsJSON
	Beds []seenBedJSON `json:"beds"`
}

func wardPage(b hospital.WardBoard) wardPageJSON {
	shape := wardPageJSON{countsJSON: wardCountsJSON(b.WardSummary), Beds: make([]seenBedJSON, 0, len(b.Beds))}
	for _, bed := range b.Beds {
		shape.Beds = append(shape.Beds, seenBed(bed))
	}
	return shape
}

func boardBedJSON(b hospital.BoardBed) bedJSON {
	shape := bedJSON{ID: b.ID, Number: b.Number, Status: string(b.Status)}
	if b.Stay != nil {
		shape.Patient = &patientJSON{b.Stay.PatientID, string(b.Stay.PatientName)}
		shape.AssignedDate = rfc3339(b.Stay.BedSince)
	}
	return shape
}

// countsJSON are a ward's numbers, in a ward's status and in a dashboard's list of wards alike.
type countsJSON struct {
	WardID            int64   `json:"ward_id"`
	WardName          string  `json:"ward_name"`
	Total             int     `json:"total_beds"`
	Occupied          int     `json:"occupied_beds"`
	Available         int     `json:"available_beds"`
	Reserved          int     `json:"reserved_beds"`
	Cleaning          int     `json:"cleaning_beds"`
	Maintenance       int     `json:"maintenance_beds"`
	Closed            int     `json:"closed_beds"`
	PendingDischarges int     `json:"pending_discharges"`
	OccupancyRate     float64 `json:"occupancy_rate"`
}

func wardCountsJSON(w hospital.WardSummary) countsJSON {
	c := w.Counts
	return countsJSON{w.ID, w.Name, c.Total, c.Occupied, c.Available, c.Reserved, c.Cleaning, c.Maintenance, c.Closed,
		w.PendingDischarges, c.OccupancyRate()}
}

func wardsJSON(wards []hospital.WardSummary) []countsJSON {
	shapes := make([]countsJSON, 0, len(wards))
	for _, ward := range wards {
		shapes = append(shapes, wardCountsJSON(ward))
	}
	return shapes
}

type wardStatusJSON struct {
	countsJSON
	Beds      []bedJSON `json:"beds"`
	Timestamp string    `json:"timestamp,omitempty"`
}

func wardJSON(b hospital.WardBoard) wardStatusJSON {
	shape := wardStatusJSON{countsJSON: wardCountsJSON(b.WardSummary), Beds: make([]bedJSON, 0, len(b.Beds))}
	for _, bed := range b.Beds {
		shape.Beds = append(shape.Beds, boardBedJSON(bed))
	}
	return shape
}

// message is {"type": …, "data": …}.
type message struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

type bedChangeJSON struct {
	Type      string  `json:"type"`
	BedID     int64   `json:"bed_id"`
	Status    string  `json:"status"`
	PatientID *int64  `json:"patient_id"`
	Timestamp string  `json:"timestamp"`
	Data      bedJSON `json:"data"`
}

// wardMessages are a ward's board as messages: an event for each bed that changes, then the whole status.
func wardMessages(_ context.Context, b hospital.WardBoard) ([]hub.Region, error) {
	at := b.At.UTC().Format(time.RFC3339)
	regions := make([]hub.Region, 0, len(b.Beds)+1)
	for _, bed := range b.Beds {
		shape := boardBedJSON(bed)
		change := bedChangeJSON{Type: "bed_status_change", BedID: bed.ID, Status: shape.Status, Timestamp: at, Data: shape}
		if shape.Patient != nil {
			change.PatientID = &shape.Patient.ID
		}
		region, err := region(fmt.Sprintf("bed-%d", bed.ID), shape, change)
		if err != nil {
			return nil, err
		}
		region.Event = true
		regions = append(regions, region)
	}
	status := wardJSON(b)
	sent := status
	sent.Timestamp = at
	whole, err := region("ward", status, message{"ward_status", sent})
	return append(regions, whole), err
}

// region is one message, compared by the state that it tells and not by the time at which it tells it.
func region(id string, state, sent any) (hub.Region, error) {
	compared, err := json.Marshal(state)
	if err != nil {
		return hub.Region{}, err
	}
	body, err := json.Marshal(sent)
	return hub.Region{ID: id, Body: body, State: compared}, err
}

// dashboardJSON has the five numbers at the top, where the seed's own clients look for them.
type dashboardJSON struct {
	Type              string  `json:"type"`
	OccupancyRate     float64 `json:"occupancy_rate"`
	PatientCount      int     `json:"patient_count"`
	PendingDischarges int     `json:"pending_discharges"`
	ActiveWards       int     `json:"active_wards"`
	Timestamp         string  `json:"timestamp,omitempty"`
	Data              any     `json:"data"`
}

func dashboardShape(m hospital.Metrics, at time.Time, data any) dashboardJSON {
	return dashboardJSON{"dashboard_update", m.OccupancyRate, m.PatientCount, m.PendingDischarges, m.ActiveWards,
		at.UTC().Format(time.RFC3339), data}
}

// dashboardMessages are a dashboard as one message; data is what the role's dashboard shows besides the numbers.
func dashboardMessages(m hospital.Metrics, at time.Time, data any) ([]hub.Region, error) {
	sent := dashboardShape(m, at, data)
	state := sent
	state.Timestamp = ""
	whole, err := region("dashboard", state, sent)
	return []hub.Region{whole}, err
}

// kitchenData is what the kitchen's dashboard shows besides the numbers. A ticket is an order with what the kitchen may know of whom it is for.
type kitchenData struct {
	Counts  map[hospital.OrderStatus]int          `json:"counts"`
	Tickets map[hospital.OrderStatus][]ticketJSON `json:"tickets"` // by status, the one that is due first before the others
	ToCook  []dishCountJSON                       `json:"to_cook"`
	Past    pastJSON[ticketJSON]                  `json:"past"` // of days that are over, and in none of the above
	Missed  []missedJSON                          `json:"missed_rounds"`
}

type ticketJSON struct {
	OrderID         int64        `json:"order_id"`
	Status          string       `json:"status"`
	StatusSince     *string      `json:"status_since"`
	PlacedAt        *string      `json:"placed_at"`
	DueAt           *string      `json:"due_at"`
	Meal            string       `json:"meal"`
	Ward            *string      `json:"ward"`        // its code; null where no ward is known
	Bed             *string      `json:"bed_number"`  // null while the patient waits for one, and for an address
	MovedAt         *string      `json:"moved_at"`    // since when the patient lies there, where the order is older
	Destination     *string      `json:"destination"` // the zone of an address
	Initials        *string      `json:"initials"`
	Diet            *string      `json:"diet"` // null for an address, of which nothing is known
	Texture         int          `json:"texture"`
	AllergiesKnown  bool         `json:"allergies_known"`
	Allergies       []string     `json:"allergies"`
	SevereAllergies []string     `json:"severe_allergies"`
	NilByMouth      bool         `json:"nil_by_mouth"`
	Items           []itemJSON   `json:"items"`
	Notes           string       `json:"notes"`
	OverrideReason  string       `json:"override_reason"`
	OverriddenBy    string       `json:"overridden_by"`
	Hazards         []hazardJSON `json:"hazards"`
	Stopped         string       `json:"stopped"`
	Begun           bool         `json:"begun"`
	Late            bool         `json:"late"`
	CancelReason    string       `json:"cancel_reason"`
	Version         int64        `json:"version"`
}

type dishCountJSON struct {
	ItemID  int64  `json:"item_id"`
	Name    string `json:"name"`
	Station string `json:"station"`
	Count   int    `json:"count"`
}

func kitchenJSON(ctx context.Context, b hospital.KitchenBoard) kitchenData {
	data := kitchenData{b.Counts, make(map[hospital.OrderStatus][]ticketJSON, len(hospital.OrderStatuses)), make([]dishCountJSON, 0, len(b.ToCook)),
		pastShape(b.PastDays(), ticketsJSON(ctx, b.Past)), missedShape(b.Missed)}
	for _, status := range hospital.OrderStatuses {
		data.Tickets[status] = []ticketJSON{}
	}
	for _, t := range b.Tickets {
		data.Tickets[t.Status] = append(data.Tickets[t.Status], oneTicketJSON(ctx, t))
	}
	for _, dish := range b.ToCook {
		data.ToCook = append(data.ToCook, dishCountJSON{dish.DishID, dish.Name.En, string(dish.Station), dish.Count})
	}
	return data
}

func ticketsJSON(ctx context.Context, tickets []hospital.Ticket) []ticketJSON {
	shapes := make([]ticketJSON, 0, len(tickets))
	for _, t := range tickets {
		shapes = append(shapes, oneTicketJSON(ctx, t))
	}
	return shapes
}

func oneTicketJSON(ctx context.Context, t hospital.Ticket) ticketJSON {
	shape := ticketJSON{OrderID: t.OrderID, Status: string(t.Status), StatusSince: rfc3339(t.StatusSince), PlacedAt: rfc3339(t.PlacedAt),
		DueAt: rfc3339(t.Due), Meal: string(t.Meal), Ward: textOrNull(t.WardCode), Bed: textOrNull(t.BedNumber), MovedAt: rfc3339(t.MovedAt),
		Destination: textOrNull(t.Destination), Initials: textOrNull(t.Initials), Diet: textOrNull(string(t.Diet)), Texture: int(t.Texture),
		AllergiesKnown: t.Allergies.Known, Allergies: asTexts(t.Allergies.Allergens), SevereAllergies: asTexts(t.Allergies.Severe),
		NilByMouth: t.NilByMouth, Items: make([]itemJSON, 0, len(t.Dishes)), Notes: t.Notes, OverrideReason: t.OverrideReason,
		OverriddenBy: t.OverriddenBy, Hazards: hazardsJSON(ctx, t.HeldFor), Stopped: t.Stopped, Begun: t.Begun, Late: t.Late,
		CancelReason: t.CancelReason, Version: t.Version}
	for _, dish := range t.Dishes {
		shape.Items = append(shape.Items, itemJSON{dish.ID, dish.Name.En, string(dish.Station)})
	}
	return shape
}

type stayJSON struct {
	AdmissionID       int64   `json:"admission_id"`
	Patient           string  `json:"patient_name"`
	BedID             *int64  `json:"bed_id"`
	Bed               *string `json:"bed_number"`
	Ward              *string `json:"ward_name"`
	AdmittedAt        *string `json:"admitted_at"`
	ExpectedDischarge *string `json:"expected_discharge"`
}

func lineJSON(stay hospital.StayLine) stayJSON {
	shape := stayJSON{AdmissionID: stay.AdmissionID, Patient: string(stay.PatientName),
		AdmittedAt: rfc3339(stay.AdmittedAt), ExpectedDischarge: rfc3339(stay.ExpectedDischarge)}
	if stay.BedID != 0 {
		shape.BedID, shape.Bed, shape.Ward = &stay.BedID, &stay.BedNumber, &stay.WardName
	}
	return shape
}

func staysJSON(stays []hospital.StayLine) []stayJSON {
	shapes := make([]stayJSON, 0, len(stays))
	for _, stay := range stays {
		shapes = append(shapes, lineJSON(stay))
	}
	return shapes
}

// heldJSON is an order that medical staff must look at, or whose tray must come back.
type heldJSON struct {
	OrderID int64        `json:"order_id"`
	Meal    string       `json:"meal"`
	DueAt   *string      `json:"due_at"`
	Hazards []hazardJSON `json:"hazards"` // none: nothing speaks against it any more
	Stopped string       `json:"stopped"`
	stayJSON
}

func heldOrdersJSON(ctx context.Context, orders []hospital.HeldLine) []heldJSON {
	shapes := make([]heldJSON, 0, len(orders))
	for _, o := range orders {
		shapes = append(shapes, heldJSON{o.OrderID, string(o.Meal), rfc3339(o.Due), hazardsJSON(ctx, o.HeldFor), o.Stopped, lineJSON(o.StayLine)})
	}
	return shapes
}

// fastedJSON is a patient who may eat again and whom nobody has let.
type fastedJSON struct {
	OverAt *string `json:"over_at"`
	Missed int     `json:"missed_meals"`
	stayJSON
}

func fastedPatientsJSON(patients []hospital.FastingLine) []fastedJSON {
	shapes := make([]fastedJSON, 0, len(patients))
	for _, p := range patients {
		shapes = append(shapes, fastedJSON{rfc3339(p.Over), p.Missed, lineJSON(p.StayLine)})
	}
	return shapes
}

type dirtyBedJSON struct {
	ID     int64   `json:"id"`
	Number string  `json:"bed_number"`
	Ward   string  `json:"ward_name"`
	Since  *string `json:"since"`
}

func dirtyBedsJSON(beds []hospital.BedLine) []dirtyBedJSON {
	shapes := make([]dirtyBedJSON, 0, len(beds))
	for _, bed := range beds {
		shapes = append(shapes, dirtyBedJSON{bed.ID, bed.Number, bed.WardName, rfc3339(bed.Since)})
	}
	return shapes
}

type admissionShape struct {
	ID                int64       `json:"id"`
	Patient           patientJSON `json:"patient"`
	BedID             *int64      `json:"bed_id"`
	Bed               *string     `json:"bed_number"`
	Ward              *string     `json:"ward_name"`
	Status            string      `json:"status"`
	AdmittedAt        *string     `json:"admitted_at"`
	ExpectedDischarge *string     `json:"expected_discharge"`
	DischargedAt      *string     `json:"discharged_at"`
	Outcome           *string     `json:"outcome"`
	Version           int64       `json:"version"`
}

func admissionJSON(a hospital.Admission) admissionShape {
	shape := admissionShape{ID: a.ID, Patient: patientJSON{a.PatientID, string(a.PatientName)}, Status: admissionStatus(a), Version: a.Version,
		AdmittedAt: rfc3339(a.AdmittedAt), ExpectedDischarge: rfc3339(a.ExpectedDischarge), DischargedAt: rfc3339(a.DischargedAt)}
	if a.BedID != 0 {
		shape.BedID, shape.Bed, shape.Ward = &a.BedID, &a.BedNumber, &a.WardName
	}
	shape.Outcome = textOrNull(string(a.Outcome))
	return shape
}

// stayShape is a stay with what its patient may eat, in the words of POST /admissions/{id}/diet.
type stayShape struct {
	admissionShape
	Diet       string              `json:"diet"`
	Texture    int                 `json:"texture"`
	Allergies  []hospital.Allergen `json:"allergies"` // null where nobody asked
	Severe     []hospital.Allergen `json:"severe"`
	FastsFrom  *string             `json:"nil_by_mouth_from"`
	FastsUntil *string             `json:"nil_by_mouth_until"`
}

func stayOf(a hospital.Admission, d hospital.DietOrder) stayShape {
	shape := stayShape{admissionShape: admissionJSON(a), Diet: string(d.Diet), Texture: int(d.Texture), Severe: orEmpty(d.Allergies.Severe),
		FastsFrom: rfc3339(d.NilByMouth.From), FastsUntil: rfc3339(d.NilByMouth.Until)}
	if d.Allergies.Known {
		shape.Allergies = orEmpty(d.Allergies.Allergens)
	}
	return shape
}

// admissionStatus names the state of a stay as FEATURES section 4b does.
func admissionStatus(a hospital.Admission) string {
	switch {
	case !a.DischargedAt.IsZero():
		return "discharged"
	case a.DischargePlanned:
		return "pending_discharge"
	}
	return "admitted"
}

// standingBedJSON is a bed as a Conflict shows it: nothing of its patient, and the version to send along with the next try.
type standingBedJSON struct {
	ID      int64  `json:"id"`
	Number  string `json:"bed_number"`
	Status  string `json:"status"`
	Ward    string `json:"ward"`
	Version int64  `json:"version"`
}

// changeJSON is how a field came to differ from what somebody saw.
type changeJSON struct {
	Field string  `json:"field"`
	From  any     `json:"from"`
	To    any     `json:"to"`
	By    *string `json:"by"` // null where that is not for the reader to know
	At    *string `json:"at"`
}

func changesJSON(changes []hospital.Change) []changeJSON {
	if changes == nil {
		return nil
	}
	shapes := make([]changeJSON, len(changes))
	for i, c := range changes {
		shapes[i] = changeJSON{c.Field, changeValue(c.From), changeValue(c.To), textOrNull(c.By), rfc3339(c.At)}
	}
	return shapes
}

// changeValue writes a time as every other one.
func changeValue(value any) any {
	if at, ok := value.(time.Time); ok {
		return rfc3339(at)
	}
	return value
}

// currentJSON is the state that a Conflict shows; nil for what has no shape of its own.
func currentJSON(ctx context.Context, current any) any {
	switch state := current.(type) {
	case hospital.Bed:
		return standingBedJSON{state.ID, state.Number, string(state.Status), state.WardName, state.Version}
	case hospital.Admission:
		return admissionJSON(state)
	case hospital.Order:
		return orderJSON(ctx, state)
	case hospital.Delivery:
		return standingDeliveryJSON{deliveryShape(state), state.Version}
	case hospital.Address:
		return addressJSON(state)
	case hospital.Zone:
		return zoneJSON(state)
	case []hospital.Hazard:
		return standingHazardsJSON{hazardsJSON(ctx, state)}
	}
	return nil
}

// orderShape is an order as programs see it. It has no word about whom it is for but the stay.
type orderShape struct {
	ID             int64        `json:"id"`
	Status         string       `json:"status"`
	StatusSince    *string      `json:"status_since"`
	AdmissionID    *int64       `json:"admission_id"`
	AddressID      *int64       `json:"address_id"`
	Meal           string       `json:"meal"`
	DueAt          *string      `json:"due_at"`
	Items          []itemJSON   `json:"items"`
	Notes          string       `json:"notes"`
	OverrideReason string       `json:"override_reason"`
	OverriddenBy   string       `json:"overridden_by"`
	Overridden     []hazardJSON `json:"overridden"` // what the reason was given for
	Hazards        []hazardJSON `json:"hazards"`    // what it is held for
	Stopped        string       `json:"stopped"`    // why its tray must come back: hazard, discharged
	Begun          bool         `json:"begun"`      // cooking has begun
	Late           bool         `json:"late"`       // placed after the cut-off
	Price          int          `json:"price"`
	PlacedAt       *string      `json:"placed_at"`
	CancelReason   string       `json:"cancel_reason"`
	Version        int64        `json:"version"`
}

func orderJSON(ctx context.Context, o hospital.Order) orderShape {
	shape := orderShape{ID: o.ID, Status: string(o.Status), StatusSince: rfc3339(o.StatusSince), AdmissionID: idOrNull(o.AdmissionID),
		AddressID: idOrNull(o.AddressID), Meal: string(o.Meal), DueAt: rfc3339(o.Due), Items: make([]itemJSON, 0, len(o.Dishes)), Notes: o.Notes,
		OverrideReason: o.OverrideReason, OverriddenBy: o.OverriddenBy, Overridden: hazardsJSON(ctx, o.Overridden),
		Hazards: hazardsJSON(ctx, o.HeldFor), Stopped: o.Stopped, Begun: o.Begun, Late: o.Late, Price: o.Price, PlacedAt: rfc3339(o.PlacedAt),
		CancelReason: o.CancelReason, Version: o.Version}
	for _, dish := range o.Dishes {
		shape.Items = append(shape.Items, itemJSON{dish.ID, dish.Name.En, string(dish.Station)})
	}
	return shape
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// itemJSON is a dish of an order. Programs name it in English, as it is never empty.
type itemJSON struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Station string `json:"station"`
}

// hazardJSON is one reason why something must not go to a patient: in codes, and in words of the reader's language.
type hazardJSON struct {
	Kind        string  `json:"kind"`
	Message     string  `json:"message"`
	ItemID      *int64  `json:"item_id"` // null: whatever there is to eat
	Item        *string `json:"item"`
	Allergen    *string `json:"allergen"`
	Severe      bool    `json:"severe"`
	Diet        *string `json:"diet"` // the one that does not allow the dish
	Overridable bool    `json:"overridable"`
}

func hazardsJSON(ctx context.Context, hazards []hospital.Hazard) []hazardJSON {
	shapes := make([]hazardJSON, 0, len(hazards))
	for _, z := range hazards {
		shapes = append(shapes, hazardJSON{string(z.Kind), text.Hazard(ctx, z), idOrNull(z.DishID), textOrNull(z.DishName.En),
			textOrNull(string(z.Allergen)), z.Severe, textOrNull(string(z.Diet)), z.Overridable()})
	}
	return shapes
}

// dayOrNull writes a day, such as a date of birth, which has no zone.
func dayOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(t.Format(time.DateOnly))
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// standingHazardsJSON is what speaks against an order as a Conflict shows it.
type standingHazardsJSON struct {
	Hazards []hazardJSON `json:"hazards"`
}

// orderDetailJSON is an order with where it goes.
type orderDetailJSON struct {
	orderShape
	Initials   *string `json:"initials"` // of the patient
	Bed        *string `json:"bed_number"`
	Ward       *string `json:"ward_name"`
	Zone       *string `json:"zone"` // of an address
	DeliveryID *int64  `json:"delivery_id"`
}

func orderPageJSON(ctx context.Context, d hospital.OrderDetail) orderDetailJSON {
	return orderDetailJSON{orderJSON(ctx, d.Order), textOrNull(d.Initials), textOrNull(d.BedNumber), textOrNull(d.WardName),
		textOrNull(d.Zone), idOrNull(d.DeliveryID)}
}

type sessionShape struct {
	Token     string  `json:"token"`
	Username  string  `json:"username"`
	Role      string  `json:"role"`
	ExpiresAt *string `json:"expires_at"`
}

func sessionJSON(session hospital.Session, token string) sessionShape {
	return sessionShape{token, session.User.Username, string(session.User.Role), rfc3339(session.ExpiresAt)}
}

type foundPatientJSON struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	BirthDate *string `json:"birth_date"`
	Admitted  bool    `json:"admitted"`
}

func patientsJSON(patients []hospital.Patient) []foundPatientJSON {
	shapes := make([]foundPatientJSON, 0, len(patients))
	for _, p := range patients {
		shapes = append(shapes, foundPatientJSON{ID: p.ID, Name: string(p.Name), BirthDate: dayOrNull(p.BirthDate), Admitted: p.Admitted})
	}
	return shapes
}

// rfc3339 writes a time as JSON has it: UTC to the second; nil for none.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	written := t.UTC().Format(time.RFC3339)
	return &written
}
