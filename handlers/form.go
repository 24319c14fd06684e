package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// form is a form of a page as somebody sent it. It knows the page that shows it, so that its
// command need not: the command returns refuse(err), and answerError decides who sees what of that.
type form struct {
	name string // as views calls it
	in   *input
	page redraw // draws the whole page again
	part redraw // draws again a part that a page asks for; nil: it gets the problem
}

// redraw shows a person what they sent and what is wrong with it. errNoPlace says that the form has
// no place there.
type redraw func(c echo.Context, r refusal) error

// errNoPlace says that a refused form can't be shown. Then the problem alone is the answer.
var errNoPlace = errors.New("the form has no place on its page")

// noPlace is the redraw of what has no place.
func noPlace(echo.Context, refusal) error { return errNoPlace }

// refusal is why a form was refused, as its page shows it.
type refusal struct {
	Problem
	form
	cause error
}

// refusedForm is an error with the form that shows it. It stands in for the error everywhere else.
type refusedForm struct {
	error
	form
}

// Unwrap returns the error.
func (r *refusedForm) Unwrap() error { return r.error }

// refuse returns the error with the form.
func (f form) refuse(err error) error { return &refusedForm{err, f} }

// answerError is where every error of every handler ends. Nowhere else is decided who gets a
// problem in JSON, who the page with the form that was refused, and who the page of a problem.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	problem := s.explain(c, err)
	if hasLeft(c) && problem.Status >= http.StatusInternalServerError {
		s.endLeft(c, problem.Status, err)
		return
	}
	answer := redrawForm(c, err, problem)
	if errors.Is(answer, errNoPlace) {
		answer = s.answerProblem(c, problem)
	} else if answer != nil && !hasLeft(c) {
		answer = s.answerProblem(c, s.explain(c, answer)) // the page can't be drawn
	}
	switch {
	case answer != nil && hasLeft(c):
		s.endLeft(c, problem.Status, answer)
	case answer != nil:
		s.Log.Error("problem can't be answered", "request", requestID(c), "error", answer)
	}
}

// endLeft ends a request whose client has not waited for an answer that can't be drawn any more. The
// status is for the log, which keeps what was refused.
func (s *Server) endLeft(c echo.Context, status int, err error) {
	s.Log.Debug("request was left", "route", c.Path(), "request", requestID(c), "error", err)
	if c.Response().Committed {
		return
	}
	if status >= http.StatusInternalServerError {
		status = statusLeft
	}
	_ = c.NoContent(status)
}

// redrawForm shows a person the form that an error is about. errNoPlace says that there is none.
func redrawForm(c echo.Context, err error, p Problem) error {
	refused, ok := errors.AsType[*refusedForm](err)
	if !ok {
		return errNoPlace
	}
	again := refused.page
	switch negotiate(c) {
	case asJSON:
		again = nil
	case asPart:
		again = refused.part
	}
	if again == nil {
		return errNoPlace
	}
	return again(c, refusal{p, refused.form, refused.error})
}

// again is the form for its page: with what was sent and what is wrong with it.
func (r refusal) again() views.Form {
	return views.Form{Name: r.name, Values: r.in.begunAnew(r.cause), Errors: r.Errors,
		Problem: r.Detail, Changes: r.changed, Alike: duplicatesOf(r.cause),
		Key: r.in.values.Get("idempotency_key")}
}

// againTo is again for a form about somebody, or an order. Where it was refused since something has
// changed meanwhile, it offers to do the same to the same one.
func (r refusal) againTo(subject string) views.Form {
	form := r.again()
	if strings.HasSuffix(r.Code, "_outdated") && r.standsAsSent() {
		form.Again = subject
	}
	return form
}

// standsAsSent reports whether the form that is shown again does what was sent. Taking back nil by
// mouth and confirming allergies are buttons by themselves, and stand there with what is so now.
func (r refusal) standsAsSent() bool {
	switch r.name {
	case views.FormDiet:
		return r.in.has("diet")
	case views.FormFasting:
		over := r.in.truth("nil_by_mouth")
		return over == nil || *over
	}
	return true
}

// sent are the values as the forms' controls name them.
func (in *input) sent() url.Values {
	values := url.Values{}
	for name, sent := range in.values {
		values[name], values[name+"[]"] = sent, sent
	}
	return values
}

// versionCommand is one of the hospital's commands on a thing that need nothing but the version
// that their giver saw.
type versionCommand func(ctx context.Context, actor hospital.Actor, id, version int64) error

// changeVersion runs such a command on what the path names. A refusal shows the form again, success
// leads on to next.
func changeVersion(command versionCommand, again func(id int64, in *input) form,
	next func(id int64) string) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, in, err := readAbout(c)
		if err != nil {
			return err
		}
		version := in.id("version")
		err = in.err()
		if err == nil {
			err = command(c.Request().Context(), actor(c), id, version)
		}
		if err != nil {
			return again(id, in).refuse(err)
		}
		return done(c, next(id))
	}
}
