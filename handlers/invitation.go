package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// invitationRoutes are the slips that the ward hands to caregivers, and where those lead.
func (s *Server) invitationRoutes() []entry {
	const invite = hospital.InviteCaregivers
	return []entry{
		get(views.InvitationsPath, invite, s.invitationsPage),
		post("/admissions/:id/invitations", invite, s.invite),
		post(views.InvitationsPath+"remove", invite, s.revokeInvitations),
		get(views.CodePath, Anyone, s.codePage),
		post("/join", Anyone, s.findInvitation),
		get(views.JoinPath, Anyone, s.joinPage),
		post(views.JoinPath, Anyone, s.join),
	}
}

// invitationsPage is GET /admissions/{id}/invitations/: who was invited, and the way to invite.
func (s *Server) invitationsPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		list, err := s.Hospital.Invitations(c.Request().Context(), actor(c), id)
		return newInvitationsJSON(list), err
	}, func() error {
		return s.renderInvitations(c, http.StatusOK, id, views.Form{})
	})
}

func (s *Server) renderInvitations(c echo.Context, status int, id int64, form views.Form) error {
	ctx := c.Request().Context()
	list, err := s.Hospital.Invitations(ctx, actor(c), id)
	if err != nil {
		return err
	}
	slip, err := s.invitationSlip(c, list)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "invite.title"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	return render(c, status, views.InvitationsPage(page, list, slip, form))
}

// invitationSlip is the code that was just made in this browser for a stay; nil where there is
// none, or it is no longer good.
func (s *Server) invitationSlip(c echo.Context, list hospital.InvitationList) (*views.Slip, error) {
	code := cookieOf(c, s.slipCookie())
	if code == "" {
		return nil, nil
	}
	found, err := s.Hospital.InvitationOf(c.Request().Context(), code)
	if hospital.IsKind(err, hospital.NotFound) || err == nil && found.AdmissionID != list.ID {
		return nil, nil
	}
	return &views.Slip{URL: joinURL(c, code), Code: code, Until: found.ExpiresAt}, err
}

// joinURL is where a caregiver accepts an invitation.
func joinURL(c echo.Context, code string) string { return siteOf(c) + views.JoinPathOf(code) }

// invite is POST /admissions/{id}/invitations. The answer has the code; nobody is told it again.
func (s *Server) invite(c echo.Context) error {
	id, in, err := readAbout(c, "admission_id")
	if err != nil {
		return err
	}
	cmd := in.invitation(c)
	var made hospital.Invitation
	err = in.err()
	if err == nil {
		made, err = s.Hospital.Invite(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.invitationForm(id, in).refuse(err)
	}
	path := views.InvitationsPath.Of(id)
	if wantsPage(c) {
		s.leaveSlip(c, path, made.Code)
	}
	return created(c, path, path, func() (any, error) {
		return invitationJSON{made.Code, joinURL(c, made.Code), rfc3339(made.ExpiresAt)}, nil
	})
}

// invitation reads what a command on the invitations to a stay says.
func (in *input) invitation(c echo.Context) hospital.InviteCommand {
	return hospital.InviteCommand{AdmissionID: in.id("admission_id"), Version: in.id("version"),
		Key: in.idempotencyKey(c)}
}

// revokeInvitations is POST /admissions/{id}/invitations/remove.
func (s *Server) revokeInvitations(c echo.Context) error {
	id, in, err := readAbout(c, "admission_id")
	if err != nil {
		return err
	}
	cmd := in.invitation(c)
	err = in.err()
	if err == nil {
		err = s.Hospital.RevokeInvitations(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.invitationForm(id, in).refuse(err)
	}
	return done(c, views.InvitationsPath.Of(id))
}

// invitationForm is a form of the page of the invitations to a stay.
func (s *Server) invitationForm(id int64, in *input) form {
	return form{name: views.FormInvite, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderInvitations(c, r.Status, id, r.again())
	}}
}

// How quickly wrong codes are answered: a few at once, as people mistype, and then one a second, of
// whoever guesses. A right one never waits, so nobody is kept out by what others guess.
const (
	wrongCodesFree  = 10
	longestForWrong = 15 * time.Second
)

// newWrongCodes counts the wrong codes of this node.
func newWrongCodes() *rate.Limiter { return rate.NewLimiter(1, wrongCodesFree) }

// invitationOf finds the invitation of a code that somebody has sent. TooMany where too many wrong
// ones wait for their answer.
func (s *Server) invitationOf(ctx context.Context, code string) (hospital.Invitation, error) {
	found, err := s.Hospital.InvitationOf(ctx, code)
	if !hospital.IsKind(err, hospital.NotFound) {
		return found, err
	}
	turn := s.wrongCodes.Reserve()
	if wait := turn.Delay(); wait > longestForWrong {
		turn.Cancel()
		return found, tooManyCodes(wait)
	}
	select {
	case <-time.After(turn.Delay()):
		return found, err
	case <-ctx.Done():
		return found, ctx.Err()
	}
}

// tooManyCodes refuses to say whether a code is wrong.
func tooManyCodes(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	refusal := hospital.Refuse(hospital.TooMany, "too_many_attempts",
		"Too many attempts. Try again in %d s.", seconds)
	refusal.RetryAfter = time.Duration(seconds) * time.Second
	return refusal
}

// codePage is GET /join/, for whoever types the code of a slip.
func (s *Server) codePage(c echo.Context) error {
	return s.renderCode(c, http.StatusOK, views.Form{})
}

func (s *Server) renderCode(c echo.Context, status int, form views.Form) error {
	title := text.T(c.Request().Context(), "join.title")
	return render(c, status, views.CodePage(views.Page{Title: title, Path: views.CodePath}, form))
}

// findInvitation is POST /join: on to the invitation of the code.
func (s *Server) findInvitation(c echo.Context) error {
	in, err := readInput(c, "code")
	if err != nil {
		return err
	}
	code := in.text("code")
	err = in.err()
	if err == nil {
		_, err = s.invitationOf(c.Request().Context(), code)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error { return s.renderCode(c, r.Status, r.again()) }
		return form{name: views.FormInvite, in: in, page: again}.refuse(err)
	}
	return done(c, views.JoinPathOf(code))
}

// joinPage is GET /join/{code}. To look at it uses nothing up.
func (s *Server) joinPage(c echo.Context) error {
	return s.renderJoin(c, http.StatusOK, views.Form{})
}

func (s *Server) renderJoin(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	found, err := s.invitationOf(ctx, c.Param("code"))
	if err != nil {
		return err
	}
	page := views.Page{Title: text.T(ctx, "join.title"), Path: c.Request().URL.Path}
	if s.authenticate(c) == nil {
		if page, err = s.page(c, page.Title); err != nil {
			return err
		}
	}
	return render(c, status, views.JoinPage(page, found, form))
}

// join is POST /join/{code}: it makes a login and signs the caregiver in. A customer who is signed
// in and sends no username orders for this patient too.
func (s *Server) join(c echo.Context) error {
	in, err := readInput(c, "username", "display_name", "language", "password", "password_again")
	if err != nil {
		return err
	}
	ctx, code := c.Request().Context(), c.Param("code")
	if _, err := s.invitationOf(ctx, code); err != nil {
		return err // there is no form to show again
	}
	if !in.has("username") && s.authenticate(c) == nil {
		return s.joinAs(c, in)
	}
	cmd := hospital.AddUserCommand{Username: in.text("username"), Password: in.text("password"),
		DisplayName: in.text("display_name"), Language: in.text("language")}
	in.checkAgain(cmd.Password)
	err = in.err()
	if err == nil {
		_, err = s.Hospital.AcceptInvitation(ctx, code, cmd)
	}
	if err != nil {
		return s.joinForm(in).refuse(err)
	}
	return s.enter(c, cmd.Username, cmd.Password, views.HomePath)
}

// joinAs is join for whoever is signed in.
func (s *Server) joinAs(c echo.Context, in *input) error {
	err := in.err()
	if err == nil {
		err = s.Hospital.AcceptAs(c.Request().Context(), actor(c), c.Param("code"))
	}
	if err != nil {
		return s.joinForm(in).refuse(err)
	}
	return done(c, views.HomePath)
}

// joinForm shows again all that was typed but the password.
func (s *Server) joinForm(in *input) form {
	return form{name: views.FormPassword, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderJoin(c, r.Status, r.againWith(in, "username", "display_name", "language"))
	}}
}

// invitationJSON is an invitation that was just made.
type invitationJSON struct {
	Code      string  `json:"code"`
	Link      string  `json:"link"`
	ExpiresAt *string `json:"expires_at"`
}

// invitationsJSON are the invitations to a stay.
type invitationsJSON struct {
	AdmissionID int64             `json:"admission_id"`
	Invitations []waitingSlipJSON `json:"invitations"`
	Customers   []string          `json:"customers"`
}

// waitingSlipJSON is an invitation that nobody has accepted yet.
type waitingSlipJSON struct {
	CreatedAt *string `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
}

func newInvitationsJSON(list hospital.InvitationList) invitationsJSON {
	waiting := each(list.Waiting, func(i hospital.Invitation) waitingSlipJSON {
		return waitingSlipJSON{rfc3339(i.CreatedAt), rfc3339(i.ExpiresAt)}
	})
	return invitationsJSON{list.ID, waiting, orEmpty(list.Customers)}
}
