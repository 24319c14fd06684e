package hospital_test

import (
	"reflect"
	"testing"

	"dusangire/hospital"
)

// TestAccountsAreCaredForOnBothDatabases goes once through what is written with statements of its
// own; what it looks like from outside is told by the tests of handlers.
func TestAccountsAreCaredForOnBothDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ctx := t.Context()
		link, err := h.InviteUser(ctx, admin, hospital.AddUserCommand{Username: "keza",
			Role: hospital.Customer}, "key")
		if err != nil {
			t.Fatal(err)
		}
		again, err := h.InviteUser(ctx, admin, hospital.AddUserCommand{Username: "keza",
			Role: hospital.Customer}, "key")
		if err != nil || !reflect.DeepEqual(again, link) {
			t.Errorf("the same key brought %+v and %v, want %+v", again, err, link)
		}
		if _, err := h.SetPasswordByLink(ctx, link.Token, "correct horse"); err != nil {
			t.Fatal(err)
		}
		h.refuses(t, hospital.NotFound, "link_used", func() error {
			_, err := h.SetPasswordByLink(ctx, link.Token, "correct horse two")
			return err
		})
		h.signIn(t, "keza", "correct horse")
		a := h.admit(t, "Uwase Marie", "A-01")
		if err := h.LinkCustomer(ctx, admin, link.User.ID, a.PatientID); err != nil {
			t.Fatal(err)
		}
		role, wards := hospital.MedicalStaff, []int64{h.b.ID, h.a.ID}
		user, err := h.SetUser(ctx, admin, link.User.ID, hospital.SetUserCommand{Role: &role,
			Wards: &wards, Version: 1})
		if err != nil || user.Version != 2 || len(user.Wards) != 2 {
			t.Fatalf("%+v %v", user, err)
		}
		if links := h.number(t, `SELECT count(*) FROM customer_link`); links != 0 {
			t.Errorf("who is no customer any more is linked to %d patients", links)
		}
		if _, err := h.ResetUser(ctx, admin, user.ID); err != nil {
			t.Fatal(err)
		}
		if open := h.number(t, `SELECT count(*) FROM session`); open != 0 {
			t.Errorf("%d sessions are open after a reset", open)
		}
		h.clock.pass(hospital.PasswordLinkLasts)
		if err := h.ForgetOld(ctx); err != nil {
			t.Fatal(err)
		}
		if links := h.number(t, `SELECT count(*) FROM password_link`); links != 0 {
			t.Errorf("%d links that have run out are kept", links)
		}
	})
}

// TestAnInvitationFollowsItsPatientIntoAnotherRecord: a link for a stay stays one when records are
// merged, and is taken back with them.
func TestAnInvitationFollowsItsPatientIntoAnotherRecord(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ctx := t.Context()
		old := h.admit(t, "Uwase Mari", "A-02")
		h.discharge(t, old.ID, hospital.Improved)
		a := h.admit(t, "Uwase Marie", "A-01")
		made, err := h.Invite(ctx, admin, a.ID, hospital.InviteCommand{})
		if err != nil {
			t.Fatal(err)
		}
		user, err := h.AcceptInvitation(ctx, made.Code, hospital.AddUserCommand{Username: "mother",
			Password: "correct horse"})
		if err != nil {
			t.Fatal(err)
		}
		sees := func(want int) {
			t.Helper()
			home, err := h.CustomerHome(ctx, hospital.Actor{UserID: user.ID, Role: hospital.Customer})
			if err != nil || len(home.Admissions) != want {
				t.Errorf("the caregiver orders for %d: %v, want %d", len(home.Admissions), err, want)
			}
		}
		sees(1)
		merge := hospital.MergeCommand{Into: old.PatientID, Reason: "the same person"}
		if _, err := h.MergePatients(ctx, admin, a.PatientID, merge); err != nil {
			t.Fatal(err)
		}
		sees(1)
		h.discharge(t, a.ID, hospital.Improved)
		sees(0)
		if _, _, err := h.Admit(ctx, admin, hospital.AdmitCommand{PatientID: old.PatientID,
			BedID: h.bed(t, "A-03").ID}); err != nil {
			t.Fatal(err)
		}
		sees(0)
	})
}
