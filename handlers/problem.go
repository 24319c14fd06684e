package handlers

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// statuses turns a kind of refusal into HTTP.
var statuses = map[hospital.Kind]int{
	hospital.Invalid:         http.StatusUnprocessableEntity,
	hospital.Unauthenticated: http.StatusUnauthorized,
	hospital.Forbidden:       http.StatusForbidden,
	hospital.NotFound:        http.StatusNotFound,
	hospital.Conflict:        http.StatusConflict,
	hospital.TooMany:         http.StatusTooManyRequests,
	hospital.Unavailable:     http.StatusServiceUnavailable,
}

// Problem is a refusal as programs get it, RFC 9457.
type Problem struct {
	Type    string            `json:"type"`
	Code    string            `json:"code,omitempty"` // of the refusal, with which Type ends
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Detail  string            `json:"detail"`
	Errors  map[string]string `json:"errors,omitempty"`  // by field, for 422
	Current any               `json:"current,omitempty"` // the state that stands instead, for 409
	Changes []changeJSON      `json:"changes,omitzero"`  // since the version that was sent, for 409

	// Candidates are those who may be the one that was to be admitted as new, for 409.
	Candidates []patientFoundJSON `json:"candidates,omitempty"`

	changed []string // the same in the reader's words
}

// problemPrefix begins the type of a problem; the code of the refusal follows.
const problemPrefix = "urn:dusangire:problem:"

// problemOf puts an error into words. What is not a refusal is internal, and none of it is shown.
func problemOf(ctx context.Context, err error) Problem {
	if refusal, ok := errors.AsType[*hospital.Error](err); ok {
		return refusalProblem(ctx, refusal)
	}
	status, ok := errors.AsType[*echo.HTTPError](err)
	if !ok {
		const ours = http.StatusInternalServerError
		return problem(ours, text.T(ctx, statusKey(ours)))
	}
	sentence, isText := status.Message.(string)
	if !isText || sentence == http.StatusText(status.Code) {
		sentence = text.T(ctx, statusKey(status.Code))
	}
	return problem(status.Code, sentence)
}

// refusalProblem puts a refusal into words.
func refusalProblem(ctx context.Context, refusal *hospital.Error) Problem {
	p := problem(statuses[refusal.Kind], text.Refusal(ctx, refusal))
	p.Type, p.Code = problemPrefix+refusal.Code, refusal.Code
	for field, wrong := range refusal.Fields {
		if p.Errors == nil {
			p.Errors = map[string]string{}
		}
		p.Errors[field] = text.Refusal(ctx, wrong)
	}
	p.Current = newCurrentJSON(ctx, refusal.Current)
	p.Candidates = each(duplicatesOf(refusal), newPatientFoundJSON)
	if refusal.Changes != nil {
		p.Changes = each(refusal.Changes, newChangeJSON)
		p.changed = views.ChangeWords(ctx, refusal.Changes)
	}
	return p
}

func problem(status int, detail string) Problem {
	title := http.StatusText(status)
	return Problem{Type: "about:blank", Title: title, Status: status, Detail: detail}
}

// words are all that there is to say, for a page that has no fields to say it beside.
func (p Problem) words() string {
	sentences := append([]string{p.Detail}, p.changed...)
	for _, field := range slices.Sorted(maps.Keys(p.Errors)) {
		if p.Errors[field] != p.Detail {
			sentences = append(sentences, field+": "+p.Errors[field])
		}
	}
	return strings.Join(sentences, " ")
}

// statusKey finds the catalogue's sentence for a status.
func statusKey(status int) string {
	switch status {
	case http.StatusNotFound:
		return "problem.404"
	case http.StatusMethodNotAllowed:
		return "problem.405"
	case http.StatusRequestEntityTooLarge:
		return "problem.413"
	case http.StatusForbidden:
		return "problem.403"
	}
	return "problem.500"
}

// statusLeft is what proxies log of a client that did not wait for its answer. Nothing has failed.
const statusLeft = 499

func hasLeft(c echo.Context) bool {
	return errors.Is(c.Request().Context().Err(), context.Canceled)
}

// explain puts an error into words for the client, who is told when to try again, and into the log
// where it is our fault.
func (s *Server) explain(c echo.Context, err error) Problem {
	p := problemOf(c.Request().Context(), err)
	cause := err
	if refusal, ok := errors.AsType[*hospital.Error](err); ok {
		cause = refusal.Cause
		if refusal.Kind == hospital.Forbidden {
			s.noteDenied(c.Request().Context(), actor(c), c.Request().Method+" "+c.Path())
		}
		a, isAdmission := refusal.Current.(hospital.Admission)
		if isAdmission && refusal.Code == "stay_outdated" && negotiate(c) == asJSON {
			if whole, err := s.describeAdmission(c, a); err == nil {
				p.Current = whole // what the patient may eat has changed as often as the rest
			}
		}
		if refusal.RetryAfter > 0 {
			seconds := strconv.Itoa(int(refusal.RetryAfter.Seconds()))
			c.Response().Header().Set("Retry-After", seconds)
		}
	}
	// What we refuse on purpose has no cause: it is counted, not told one by one.
	if p.Status >= http.StatusInternalServerError && cause != nil && !hasLeft(c) {
		s.Log.Error("request failed", "route", c.Path(), "request", requestID(c),
			"status", p.Status, "error", cause)
	}
	return p
}

// noteDenied lets the audit know that somebody was not let do something.
func (s *Server) noteDenied(ctx context.Context, who hospital.Actor, what string) {
	if who.UserID == 0 {
		return // what a stranger may not do, they are asked to sign in for
	}
	if err := s.Hospital.NoteDenied(ctx, who, what); err != nil {
		s.Log.Error("a refusal is not in the audit", "request", who.RequestID, "error", err)
	}
}

func (s *Server) answerProblem(c echo.Context, p Problem) error {
	if c.Request().Method == http.MethodHead {
		return c.NoContent(p.Status)
	}
	asked := negotiate(c)
	switch {
	case asked == asJSON || isLive(c.Path()):
		c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
		c.Response().WriteHeader(p.Status)
		return c.Echo().JSONSerializer.Serialize(c, p, "")
	case p.Status == http.StatusUnauthorized && asked == asPart:
		c.Response().Header().Set("HX-Redirect", views.LoginPath)
		return c.NoContent(p.Status)
	}
	if _, known := sessionOf(c); !known {
		_ = s.authenticate(c) // only for the navigation: the answer is the same without
	}
	page, err := s.page(c, text.T(c.Request().Context(), "problem.title"))
	if err != nil {
		page.Viewer = nil // the page that says what failed must not fail with it
	}
	return render(c, p.Status, views.ProblemPage(page, p.Status, p.words()))
}

// changeJSON is how a field came to differ from what somebody saw.
type changeJSON struct {
	Field string  `json:"field"`
	From  any     `json:"from"`
	To    any     `json:"to"`
	By    *string `json:"by"` // null where that is not for the reader to know
	At    *string `json:"at"`
}

func newChangeJSON(c hospital.Change) changeJSON {
	return changeJSON{c.Field, changeValue(c.From), changeValue(c.To), textOrNull(c.By),
		rfc3339(c.At)}
}

// changeValue writes a time as every other one.
func changeValue(value any) any {
	if at, ok := value.(time.Time); ok {
		return rfc3339(at)
	}
	return value
}

// newCurrentJSON is the state that a Conflict shows; nil for what has no shape of its own.
func newCurrentJSON(ctx context.Context, current any) any {
	switch state := current.(type) {
	case hospital.BoardBed:
		return newBedPageJSON(state)
	case hospital.Bed:
		return standingBedJSON{state.ID, state.Number, string(state.Status), state.WardName,
			state.Version, cleaningOf(state)}
	case hospital.Admission:
		return newAdmissionJSON(state)
	case hospital.Record:
		return newRecordJSON(ctx, state)
	case hospital.Ward:
		return newWardJSON(state)
	case hospital.Order:
		return newOrderJSON(ctx, state)
	case hospital.Delivery:
		return standingDeliveryJSON{newDeliveryJSON(state), state.Version}
	case hospital.Address:
		return newAddressJSON(state)
	case hospital.Zone:
		return newZoneJSON(state)
	case hospital.MealKind:
		return newMealJSON(state)
	case hospital.User:
		return newUserJSON(state)
	case *hospital.Settings:
		return newSettingsJSON(state)
	case hospital.Dish:
		return newDishJSON(state)
	case hospital.MenuPlan:
		return newPlanJSON(ctx, state)
	case hospital.AllergyRecord:
		return newAllergyRecordJSON(state)
	case []hospital.Hazard:
		return standingHazardsJSON{newHazardsJSON(ctx, state)}
	}
	return nil
}
