package handlers

import (
	"context"
	"strconv"

	"dusangire/hospital"
)

// serviceJSON is the meal that the kitchen makes, as part of its dashboard.
type serviceJSON struct {
	Meal       string           `json:"meal"`
	Day        *string          `json:"day"`
	ServeAt    *string          `json:"serve_at"` // null for a meal that has no time
	Production []productionJSON `json:"production"`
	Wards      []wardTraysJSON  `json:"wards"` // in the order in which they are served
	Exceptions exceptionsJSON   `json:"exceptions"`
}

func newServiceJSON(ctx context.Context, b hospital.KitchenBoard) serviceJSON {
	s := b.Service
	return serviceJSON{string(s.Meal), dayOrNull(s.Day), rfc3339(s.Serve),
		each(s.Dishes, newProductionJSON), each(s.Wards, newWardTraysJSON),
		newExceptionsJSON(ctx, b.Exceptions)}
}

// productionJSON is how often a dish is made for the meal.
type productionJSON struct {
	ItemID        int64          `json:"item_id"`
	Name          string         `json:"name"`
	Station       string         `json:"station"`
	Total         int            `json:"total"`
	Made          int            `json:"made"`
	ByTexture     map[string]int `json:"by_texture"`
	MadeByTexture map[string]int `json:"made_by_texture"`
	ByDiet        map[string]int `json:"by_diet"` // of a dish that is not for all diets
}

func newProductionJSON(d hospital.ProductionDish) productionJSON {
	shape := productionJSON{ItemID: d.DishID, Name: d.Name.En, Station: string(d.Station),
		Total: d.Total, Made: d.Made, ByTexture: newTexturesJSON(d.ByTexture),
		MadeByTexture: newTexturesJSON(d.MadeBy), ByDiet: map[string]int{}}
	for diet, count := range d.ByDiet {
		shape.ByDiet[string(diet)] = count
	}
	return shape
}

// newTexturesJSON is a count for each texture, by its level.
func newTexturesJSON(counts map[hospital.Texture]int) map[string]int {
	shape := map[string]int{}
	for texture, count := range counts {
		shape[strconv.Itoa(int(texture))] = count
	}
	return shape
}

// wardTraysJSON is how far a ward is at the meal.
type wardTraysJSON struct {
	WardID  int64   `json:"ward_id"`
	Ward    string  `json:"ward"` // its code
	Trays   int     `json:"trays"`
	Begun   int     `json:"begun"`
	Checked int     `json:"checked"`
	Held    int     `json:"held"`
	Left    int     `json:"left"`
	State   string  `json:"state"`
	CartAt  *string `json:"cart_at"` // null for a meal that has no time
}

func newWardTraysJSON(w hospital.WardTrays) wardTraysJSON {
	return wardTraysJSON{w.ID, w.Code, w.Trays, w.Begun, w.Checked, w.Held, w.Left,
		string(w.State), rfc3339(w.CartAt)}
}

// exceptionsJSON are the tickets of all meals that somebody must look at.
type exceptionsJSON struct {
	Held        []exceptionJSON `json:"held"`
	Moved       []exceptionJSON `json:"moved"`
	Stopped     []exceptionJSON `json:"stopped"`
	Late        []exceptionJSON `json:"late"`
	Undelivered []exceptionJSON `json:"undelivered"`
}

func newExceptionsJSON(ctx context.Context, e hospital.Exceptions) exceptionsJSON {
	return exceptionsJSON{eachIn(ctx, e.Held, newExceptionJSON),
		eachIn(ctx, e.Moved, newExceptionJSON), eachIn(ctx, e.Stopped, newExceptionJSON),
		eachIn(ctx, e.Late, newExceptionJSON), eachIn(ctx, e.Undelivered, newExceptionJSON)}
}

// exceptionJSON is one of them. All there is to know of it stands in tickets.
type exceptionJSON struct {
	OrderID   int64        `json:"order_id"`
	Status    string       `json:"status"`
	Meal      string       `json:"meal"`
	DueAt     *string      `json:"due_at"`
	Ward      *string      `json:"ward"`
	Bed       *string      `json:"bed_number"`
	MovedFrom *string      `json:"moved_from"` // the bed in which the patient lay
	Initials  *string      `json:"initials"`
	Hazards   []hazardJSON `json:"hazards"`
}

func newExceptionJSON(ctx context.Context, t hospital.Ticket) exceptionJSON {
	return exceptionJSON{t.OrderID, string(t.Status), string(t.Meal), rfc3339(t.Due),
		textOrNull(t.WardCode), textOrNull(t.BedNumber), textOrNull(t.MovedFrom),
		textOrNull(t.Initials), newHazardsJSON(ctx, t.HeldFor)}
}
