package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A client that does not wait for its answer is no failure of the server, whatever the database then says.
func TestARequestThatIsLeftIsNoFailure(t *testing.T) {
	t.Parallel()
	h := newHouse(t, settings{})
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
