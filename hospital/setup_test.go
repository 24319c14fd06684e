package hospital_test

import (
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
)

// TestTheFirstAccountIsMadeWithALinkOnce looks at the setup from an empty database on.
func TestTheFirstAccountIsMadeWithALinkOnce(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ctx := t.Context()
		first, err := h.NewSetupLink(ctx)
		if err != nil || first.ExpiresAt != morning.Add(time.Hour) {
			t.Fatalf("%+v %v", first, err)
		}
		link, err := h.NewSetupLink(ctx)
		if err != nil {
			t.Fatal(err)
		}
		begin := func(token string) error {
			_, err := h.BeginSetup(ctx, token, hospital.AddUserCommand{Username: "first",
				Password: "correct horse"})
			return err
		}
		for name, token := range map[string]string{"the link before the last": first.Token,
			"nothing": "", "an invented one": "%"} {
			refused(t, begin(token), hospital.NotFound, "setup_over")
			if t.Failed() {
				t.Fatalf("%s sets the hospital up", name)
			}
		}
		h.clock.pass(time.Hour)
		refused(t, begin(link.Token), hospital.NotFound, "setup_over")
		if link, err = h.NewSetupLink(ctx); err != nil {
			t.Fatal(err)
		}
		user, err := h.BeginSetup(ctx, link.Token, hospital.AddUserCommand{Username: "first",
			Role: hospital.KitchenStaff, Password: "correct horse"})
		if err != nil || user.Role != hospital.Admin {
			t.Fatalf("%+v %v", user, err)
		}
		refused(t, begin(link.Token), hospital.NotFound, "setup_over")
		if none, err := h.NewSetupLink(ctx); err != nil || none.Token != "" {
			t.Errorf("with an account there is a link still: %+v %v", none, err)
		}
	})
}

// TestOfTwoWithTheSameLinkOneMakesTheFirstAccount at the same time.
func TestOfTwoWithTheSameLinkOneMakesTheFirstAccount(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		link := must[hospital.SetupLink](t)(h.NewSetupLink(t.Context()))
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, name := range []string{"first", "second"} {
			both.Go(func() {
				_, errs[i] = h.BeginSetup(t.Context(), link.Token, hospital.AddUserCommand{
					Username: name, Password: "correct horse"})
			})
		}
		both.Wait()
		if errs[0] == nil {
			errs[0], errs[1] = errs[1], errs[0]
		}
		refused(t, errs[0], hospital.NotFound, "setup_over")
		if users := h.number(t, `SELECT count(*) FROM app_user`); users != 1 || errs[1] != nil {
			t.Errorf("there are %d accounts, and the other got %v", users, errs[1])
		}
	})
}
