package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// A client that does not wait for its answer is no failure of the server, whatever the database then says.
func TestARequestThatIsLeftIsNoFailure(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token, bed := h.token("medical_staff"), h.bed(h.a, 3)
	page := fmt.Sprintf("/wards/%d/", h.a.ID)
	for _, q := range []question{
		{method: http.MethodGet, path: page, as: browser, token: token},
		{method: http.MethodGet, path: page, as: program, token: token},
		{method: http.MethodGet, path: framePath(wardPath(h.a)), as: htmx, token: token},
		{method: http.MethodGet, path: "/readyz", as: program},
		{method: http.MethodPost, path: "/admissions", as: program, token: token, fields: map[string]any{"patient_name": "Uwase Marie", "bed_id": bed.ID}},
	} {
		request := h.request(q)
		ctx, leave := context.WithCancel(request.Context())
		leave()
		request.RequestURI = q.path
		answer := httptest.NewRecorder()
		h.server.Handler().ServeHTTP(answer, request.WithContext(ctx))
		if answer.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s is answered with %d", q.method, q.path, answer.Code)
		}
	}
	if log := h.log.String(); strings.Contains(log, "ERROR") {
		t.Errorf("the log says\n%s", log)
	}
}

// TestARefusalThatNobodyWaitsForIsNotedAndNoFailure: whenever its client hangs up, the audit knows
// what somebody tried that their role does not allow, and the log keeps that it was refused.
func TestARefusalThatNobodyWaitsForIsNotedAndNoFailure(t *testing.T) {
	t.Parallel()
	const moments = 24
	h := newFixture(t, settings{})
	token, customer := h.token("medical_staff"), h.token("customer")
	for what, c := range map[string]struct {
		question
		status int
		denied string
	}{
		"a forbidden page": {question{method: http.MethodGet, path: "/dashboard/kitchen/",
			as: browser, token: customer}, http.StatusForbidden, "GET /dashboard/kitchen/"},
		"a forbidden answer": {question{method: http.MethodGet, path: fmt.Sprintf("/wards/%d/", h.a.ID),
			as: program, token: customer}, http.StatusForbidden, "GET /wards/:id/"},
		"a page that is not there": {question{method: http.MethodGet, path: "/wards/99/", as: browser,
			token: token}, http.StatusNotFound, ""},
		"a form that is not filled in": {question{method: http.MethodPost, path: "/admissions",
			as: browser, token: token, fields: url.Values{"bed_id": {"1"}}},
			http.StatusUnprocessableEntity, ""},
	} {
		for moment := range moments {
			if status := h.hangUp(c.question, int64(moment)); status != c.status && status != 499 {
				t.Errorf("%s, left at moment %d: %d, want %d", what, moment, status, c.status)
			}
		}
		if told := strings.Join(h.audited("access.denied"), "\n"); !strings.Contains(told, c.denied) {
			t.Errorf("%s: the audit does not know of it:\n%s", what, told)
		}
	}
	if log := h.log.String(); strings.Contains(log, "ERROR") {
		t.Errorf("the log says\n%s", log)
	}
}

// hangUp asks, leaves when the context has been looked at so often, and returns the status that the
// log has.
func (h *fixture) hangUp(q question, moment int64) int {
	request := h.request(q)
	ctx, leave := context.WithCancel(request.Context())
	defer leave()
	leaving := &leavingContext{Context: ctx, leave: leave}
	leaving.left.Store(moment)
	request.RequestURI = q.path
	answer := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(answer, request.WithContext(leaving))
	return answer.Code
}

// leavingContext is of somebody who hangs up when it has been looked at so often.
type leavingContext struct {
	context.Context
	leave context.CancelFunc
	left  atomic.Int64
}

// Err returns why the context has ended.
func (c *leavingContext) Err() error {
	if c.left.Add(-1) < 0 {
		c.leave()
	}
	return c.Context.Err()
}

// Done is closed when the context has ended.
func (c *leavingContext) Done() <-chan struct{} {
	if c.left.Add(-1) < 0 {
		c.leave()
	}
	return c.Context.Done()
}
