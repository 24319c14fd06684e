package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// undo is a command that takes back something of an admission.
type undo = func(ctx context.Context, actor hospital.Actor, id int64,
	cmd hospital.UndoCommand) (hospital.Admission, error)

// takeBack is POST /admissions/{id}/cancel and undo-transfer, from the form called name.
func (s *Server) takeBack(name string, command undo) echo.HandlerFunc {
	return func(c echo.Context) error {
		admission, err := s.runUndo(c, name, command)
		if err != nil {
			return err
		}
		return done(c, bedOrAdmissionPath(admission))
	}
}

// reopen is POST /admissions/{id}/reopen, whose answer to a program is the admission as it is then.
func (s *Server) reopen(c echo.Context) error {
	admission, err := s.runUndo(c, views.FormReopen, s.Hospital.ReopenAdmission)
	if err != nil {
		return err
	}
	if negotiate(c) != asJSON {
		return done(c, bedOrAdmissionPath(admission))
	}
	shape, err := s.describeAdmission(c, admission)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shape)
}

// runUndo reads such a command and gives it.
func (s *Server) runUndo(c echo.Context, name string, command undo) (hospital.Admission, error) {
	in, err := readInput(c, "admission_id", "reason")
	if err != nil {
		return hospital.Admission{}, err
	}
	cmd := hospital.UndoCommand{Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
	return s.commandAdmission(c, name, in,
		func(ctx context.Context, id int64) (hospital.Admission, error) {
			return command(ctx, actor(c), id, cmd)
		})
}

// swap is POST /admissions/{id}/swap.
func (s *Server) swap(c echo.Context) error {
	in, err := readInput(c, "admission_id", "with", "with_version", "reason")
	if err != nil {
		return err
	}
	cmd := hospital.SwapCommand{With: in.id("with"), WithVersion: in.id("with_version"),
		Reason: in.text("reason"), AdmissionID: in.id("admission_id"), Version: in.id("version")}
	return s.changeAdmission(c, views.FormSwap, in,
		func(ctx context.Context, id int64) (hospital.Admission, error) {
			return s.Hospital.Swap(ctx, actor(c), id, cmd)
		})
}

// leave is POST /admissions/{id}/leave.
func (s *Server) leave(c echo.Context) error {
	in, err := readInput(c, "admission_id", "until", "reason")
	if err != nil {
		return err
	}
	cmd := hospital.LeaveCommand{Until: in.time("until"), Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
	return s.changeAdmission(c, views.FormLeave, in,
		func(ctx context.Context, id int64) (hospital.Admission, error) {
			return s.Hospital.GoOnLeave(ctx, actor(c), id, cmd)
		})
}

// comeBack is POST /admissions/{id}/return.
func (s *Server) comeBack(c echo.Context) error {
	in, err := readInput(c, "admission_id")
	if err != nil {
		return err
	}
	cmd := hospital.ReturnCommand{AdmissionID: in.id("admission_id"), Version: in.id("version")}
	return s.changeAdmission(c, views.FormReturn, in,
		func(ctx context.Context, id int64) (hospital.Admission, error) {
			return s.Hospital.ReturnFromLeave(ctx, actor(c), id, cmd)
		})
}
