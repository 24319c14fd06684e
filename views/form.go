package views

import (
	"maps"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"dusangire/hospital"
)

// The forms of a bed's panel and the sign-in form, as Form.Name says which one was refused.
const (
	FormAdmit     = "admit"
	FormTransfer  = "transfer"
	FormPlan      = "plan"
	FormDischarge = "discharge"
	FormNote      = "note"
	FormStatus    = "status"
	FormClean     = "clean"
	FormPlace     = "place"
	FormDiet      = "diet"
	FormFasting   = "fasting"
	FormOrder     = "order"
	FormConfirm   = "confirm" // with the number of an order: OrderForm
	FormCancel    = "cancel"  // likewise
	FormLogin     = "login"
	FormAddress   = "address"
	FormRemove    = "remove"
	FormZone      = "zone"
	FormSettings  = "settings"
	FormMeal      = "new-meal"
	FormMenu      = "menu"
	FormCustomers = "customers"
	FormSearch    = "search"
	FormCorrect   = "correct"
	FormMerge     = "merge"
	FormUnmerge   = "unmerge"
	FormAllergies = "allergies"
	FormPlacement = "placement" // isolation, priority, wanted ward
	FormReserve   = "reserve"
	FormTakeOut   = "take-out" // of service
	FormFitness   = "fitness"  // what a bed is fit for
	FormWard      = "ward-form"
	FormUser      = "user"
	FormPassword  = "password"
	FormInvite    = "invite"

	FormCancelAdmission = "cancel-admission"
	FormReopen          = "reopen"
	FormUndoTransfer    = "undo-transfer"
	FormSwap            = "swap"
	FormLeave           = "leave"
	FormReturn          = "return"
	FormNewborn         = "newborn"
)

// FormZoneOf is the form of one zone among others.
func FormZoneOf(id int64) string { return FormZone + "-" + number(id) }

// OrderForm is the name of a form of one order among others.
func OrderForm(form string, orderID int64) string { return form + "-" + number(orderID) }

// Form is what a page's forms start from: nothing, or what somebody sent and why it was refused.
// The values and errors belong to the form called Name; the page's other forms start empty.
type Form struct {
	Name    string
	Values  url.Values
	Errors  map[string]string  // by field, in the reader's language
	Problem string             // what is wrong with the command as a whole; may be empty
	Key     string             // idempotency key of the form that creates something
	Known   []hospital.Patient // patients found for Query, to admit one who was here before
	Query   string
	Alike   []hospital.Patient // who may be the one that somebody is about to admit as new
	Offer   *hospital.Offer    // what somebody is about to order from; nil: nothing
	Changes []string           // what has changed since the form was begun, a sentence each
	Again   string             // to whom the form may be applied all the same; "": it may not
	Aside   []Typed            // what was sent by a form that must not stand here, or not be filled in
	Into    *hospital.Record   // the record that another one is about to be merged into
	Was     Was                // where the patient is now of whom somebody wrote here; may be empty
}

// Was says where somebody is who is no longer where a form about them was begun.
type Was struct {
	Sentence string // in the reader's language
	Path     string // where they are looked after
}

// refused reports whether this is an answer to the form called name.
func (f Form) refused(name string) bool {
	return f.Name == name && (f.Problem != "" || len(f.Errors) > 0)
}

// value is what the field of the form called form shows: what was sent, else fallback.
func (f Form) value(form, field, fallback string) string {
	if f.Name == form && f.Values.Has(field) {
		return f.Values.Get(field)
	}
	return fallback
}

// chosen reports whether value is among what was sent for a field of the form called form.
func (f Form) chosen(form, field, value string) bool {
	return f.Name == form && slices.Contains(f.Values[field], value)
}

// ticked reports whether a choice of a field that takes several is ticked: as it was sent, else as
// it stands.
func (f Form) ticked(form, field, value string, stands bool) bool {
	if f.Name == form && f.Values.Has(field) {
		return f.chosen(form, field, value)
	}
	return stands
}

// fault is what is wrong with a field of the form called form; "" where nothing is.
func (f Form) fault(form, field string) string {
	if f.Name != form {
		return ""
	}
	return f.Errors[field]
}

// faultyFields are the names of the fields that are wrong, in the same order every time. What is
// wrong with one that nobody sees is said as the problem itself.
func faultyFields(f Form) []string {
	isProblem := func(name string) bool { return f.Errors[name] == f.Problem }
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f.Errors)), isProblem)
}

// controlID is the id of a field's control. It is unique in a page, because a page has each form
// once.
func controlID(form, field string) string { return form + "-" + field }

// errorID is the id of the sentence that says what is wrong with a field.
func errorID(form, field string) string { return controlID(form, field) + "-error" }

// fieldState marks a control as wrong and points to the sentence that says why.
func fieldState(f Form, form, field string) templ.Attributes {
	if f.fault(form, field) == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": errorID(form, field)}
}

// describedBy points from a group of controls to the sentence that says what is wrong with it.
func describedBy(f Form, form, field string) templ.Attributes {
	if f.fault(form, field) == "" {
		return nil
	}
	return templ.Attributes{"aria-describedby": errorID(form, field)}
}

// moneyKeys is the keyboard on which an amount of a currency is typed.
func moneyKeys(c hospital.Currency) string {
	if c.Decimals() == 0 {
		return "numeric"
	}
	return "decimal"
}

// calledAs gives a control another name for those who can't see what it stands beside.
func calledAs(name string) templ.Attributes {
	if name == "" {
		return nil
	}
	return templ.Attributes{"aria-label": name}
}
