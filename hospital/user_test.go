package hospital_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

const client = "192.0.2.7"

func TestAUserIsCreatedAndListed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		added, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: " Keza.Ange ", Role: hospital.MedicalStaff,
			Wards: []int64{h.b.ID, h.a.ID, h.b.ID}, Password: "correct horse"})
		if err != nil {
			t.Fatal(err)
		}
		want := hospital.User{ID: added.ID, Username: "keza.ange", Role: hospital.MedicalStaff, Wards: []int64{h.a.ID, h.b.ID}, CreatedAt: morning, Version: 1}
		if !reflect.DeepEqual(added, want) {
			t.Errorf("got %+v, want %+v", added, want)
		}
		h.addUser(t, "alice", hospital.KitchenStaff)
		h.addUser(t, "zoe", hospital.Admin)
		users, err := h.Users(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		if len(users) != 3 || users[0].Username != "alice" || !reflect.DeepEqual(users[1], want) || users[2].Username != "zoe" {
			t.Errorf("the users are %+v", users)
		}
	})
}

func TestAUserIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		add := func(user hospital.AddUserCommand) func() error {
			return func() error {
				_, err := h.AddUser(t.Context(), admin, user)
				return err
			}
		}
		h.refuses(t, hospital.Conflict, "username_taken", add(hospital.AddUserCommand{Username: "KEZA", Role: hospital.KitchenStaff, Password: "correct horse"}))
		for _, test := range []struct {
			user hospital.AddUserCommand
			want map[string]string
		}{
			{hospital.AddUserCommand{}, map[string]string{"username": "username", "role": "unknown_choice", "password": "password_length"}},
			{hospital.AddUserCommand{Username: "k", Role: "chef", Password: "1234567"}, map[string]string{"username": "username", "role": "unknown_choice", "password": "password_length"}},
			{hospital.AddUserCommand{Username: strings.Repeat("k", 65), Role: hospital.KitchenStaff, Password: strings.Repeat("é", 129)},
				map[string]string{"username": "username", "password": "password_length"}},
			{hospital.AddUserCommand{Username: "._-", Role: hospital.KitchenStaff, Password: "correct horse"}, map[string]string{"username": "no_letters"}},
			{hospital.AddUserCommand{Username: "kéza", Role: hospital.KitchenStaff, Password: "correct horse"}, map[string]string{"username": "username"}},
			{hospital.AddUserCommand{Username: "eric", Role: hospital.KitchenStaff, Password: "correct horse", Wards: []int64{h.a.ID, 4711}}, map[string]string{"wards": "ward_unknown"}},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", add(test.user))
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%+v: got %v, want %v", test.user, got, test.want)
			}
		}
		if _, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: "eric", Role: hospital.KitchenStaff, Password: "éàüöçñîû"}); err != nil {
			t.Errorf("the shortest password: %v", err)
		}
	})
}

func TestDemoUsersAreKnownUntilTheyHaveAPasswordOfTheirOwn(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		demo := func(want bool) {
			t.Helper()
			if has, err := h.HasDemoUsers(t.Context()); err != nil || has != want {
				t.Errorf("there are demo users: got %t and error %v, want %t", has, err, want)
			}
		}
		demo(false)
		for _, name := range []string{"kitchen", "delivery"} {
			if _, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: name, Role: hospital.KitchenStaff, Password: "x", Demo: true}); err != nil {
				t.Fatal(err)
			}
		}
		demo(true)
		if err := h.SetPassword(t.Context(), admin, "kitchen", "correct horse"); err != nil {
			t.Fatal(err)
		}
		demo(true)
		if err := h.DisableUser(t.Context(), admin, "delivery"); err != nil {
			t.Fatal(err)
		}
		demo(false)
	})
}

// signIn signs in and returns the token and the session.
func (h *fixture) signIn(t testing.TB, name, password string) (string, hospital.Session) {
	t.Helper()
	token, s, err := h.SignIn(t.Context(), name, password, hospital.Client{Address: client})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return token, s
}

// session checks whether a token opens a session.
func (h *fixture) session(t testing.TB, token string, open bool) hospital.Session {
	t.Helper()
	s, err := h.SessionByToken(t.Context(), token)
	if !open {
		refused(t, err, hospital.Unauthenticated, "no_session")
	} else if err != nil {
		t.Errorf("the session is not open: %v", err)
	}
	return s
}

func TestASignInOpensASessionForAShift(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		id := h.addUser(t, "keza", hospital.MedicalStaff)
		token, opened := h.signIn(t, " KEZA", "correct horse")
		if opened.User.ID != id || opened.User.Role != hospital.MedicalStaff || opened.ExpiresAt != morning.Add(12*time.Hour) {
			t.Errorf("the session is %+v", opened)
		}
		if read := h.session(t, token, true); !reflect.DeepEqual(read, opened) {
			t.Errorf("read %+v, want %+v", read, opened)
		}
		if want := h.revisions(t, hospital.UserTopic(id)); !reflect.DeepEqual(opened.Revisions, want) {
			t.Errorf("it carries %v, want %v", opened.Revisions, want)
		}
		if actor := opened.Actor("r1"); actor != (hospital.Actor{UserID: id, Username: "keza",
			Role: hospital.MedicalStaff, RequestID: "r1", SessionID: opened.ID}) {
			t.Errorf("its actor is %+v", actor)
		}
		other, _ := h.signIn(t, "keza", "correct horse")
		if other == token || len(token) < 43 {
			t.Errorf("the tokens are %q and %q", token, other)
		}
		h.clock.pass(12*time.Hour - time.Millisecond)
		h.session(t, token, true)
		h.clock.pass(time.Millisecond)
		h.session(t, token, false)
		for _, wrong := range []string{"", "nonsense", token[1:], token + "A", "' OR 1=1 --"} {
			h.session(t, wrong, false)
		}
	})
}

func TestAUsersSignInsAreThoseThatAreOpen(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		id := h.addUser(t, "keza", hospital.KitchenStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		_, first := h.signIn(t, "keza", "correct horse")
		h.signIn(t, "eric", "correct horse")
		h.clock.pass(time.Hour)
		token, second := h.signIn(t, "keza", "correct horse")
		_, third := h.signIn(t, "keza", "correct horse")
		open := func(want ...int64) {
			t.Helper()
			now, err := h.SignIns(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(now.Open)); !slices.Equal(got, want) {
				t.Errorf("sessions %v are open, want %v", got, want)
			}
			if want := h.revisions(t, hospital.UserTopic(id)); now.Role != hospital.KitchenStaff || !reflect.DeepEqual(now.Revisions, want) {
				t.Errorf("they are of a %s at %v, want the kitchen's at %v", now.Role, now.Revisions, want)
			}
		}
		open(first.ID, second.ID, third.ID)
		if err := h.SignOut(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		open(first.ID, third.ID)
		h.clock.pass(12*time.Hour - time.Hour)
		open(third.ID)
		if err := h.DisableUser(t.Context(), admin, "keza"); err != nil {
			t.Fatal(err)
		}
		open()
	})
}

func TestASessionEndsWithItsReason(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		run    func(h *fixture, token string) error
		others bool // whether the user's other sessions stand
	}{
		"sign-out": {func(h *fixture, token string) error { return h.SignOut(context.Background(), token) }, true},
		"new password": {func(h *fixture, _ string) error {
			return h.SetPassword(context.Background(), admin, "Keza", "battery staple")
		}, false},
		"disabled": {func(h *fixture, _ string) error { return h.DisableUser(context.Background(), admin, "Keza") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, h *fixture) {
				h.addUser(t, "keza", hospital.MedicalStaff)
				h.addUser(t, "eric", hospital.MedicalStaff)
				token, session := h.signIn(t, "keza", "correct horse")
				second, _ := h.signIn(t, "keza", "correct horse")
				colleague, _ := h.signIn(t, "eric", "correct horse")
				before := h.session(t, token, true).Revisions
				if err := end.run(h, token); err != nil {
					t.Fatal(err)
				}
				h.session(t, token, false)
				h.session(t, second, end.others)
				h.session(t, colleague, true)
				topic := hospital.UserTopic(session.User.ID)
				if now := h.revisions(t, topic); now.Topics[topic] != before.Topics[topic]+1 {
					t.Errorf("the user's topic moved from %v to %v", before, now)
				}
				contents := h.contents(t)
				if err := h.SignOut(t.Context(), token); err != nil {
					t.Errorf("signing out again: %v", err)
				}
				if h.contents(t) != contents {
					t.Error("signing out again changed something")
				}
			})
		})
	}
}

func TestDisablingTwiceChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		if err := h.DisableUser(t.Context(), admin, "keza"); err != nil {
			t.Fatal(err)
		}
		before := h.contents(t)
		if err := h.DisableUser(t.Context(), admin, "keza"); err != nil || h.contents(t) != before {
			t.Errorf("the second time: error %v, or something changed", err)
		}
		h.refuses(t, hospital.NotFound, "user_unknown", func() error { return h.DisableUser(t.Context(), admin, "nobody") })
		h.refuses(t, hospital.NotFound, "user_unknown", func() error { return h.SetPassword(t.Context(), admin, "nobody", "correct horse") })
		refusal := h.refuses(t, hospital.Invalid, "fields", func() error { return h.SetPassword(t.Context(), admin, "keza", "short") })
		if got := wrongFields(refusal); got["password"] != "password_length" {
			t.Errorf("got %v", got)
		}
	})
}

func TestEverySignInThatFailsGetsTheSameAnswer(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		if err := h.DisableUser(t.Context(), admin, "eric"); err != nil {
			t.Fatal(err)
		}
		var first string
		for _, attempt := range [][2]string{{"keza", "wrong horse"}, {"nobody", "correct horse"}, {"eric", "correct horse"}, {"", ""},
			{strings.Repeat("k", 10000), strings.Repeat("p", 10000)}, {"keza\x00", "correct horse"}, {"\xff", "\xff"}} {
			token, s, err := h.SignIn(t.Context(), attempt[0], attempt[1], hospital.Client{Address: client})
			refusal := refused(t, err, hospital.Unauthenticated, "sign_in")
			if first == "" {
				first = refusal.Message
			}
			if token != "" || s.ID != 0 || refusal.Message != first {
				t.Errorf("%.20q: got token %q, session %+v and %q", attempt[0], token, s, refusal.Message)
			}
		}
		if n := h.number(t, `SELECT count(*) FROM session`); n != 0 {
			t.Errorf("there are %d sessions", n)
		}
	})
}

func TestNeitherTokensNorPasswordsAreStoredInClear(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		token, _ := h.signIn(t, "keza", "correct horse")
		const stranger = "192.0.2.99" // where somebody is signed in, they are told themselves
		_, _, err := h.SignIn(t.Context(), "my-secret-in-the-wrong-field", "x",
			hospital.Client{Address: stranger})
		refused(t, err, hospital.Unauthenticated, "sign_in")
		link, err := h.InviteUser(t.Context(), admin, hospital.AddUserCommand{Username: "eric",
			Role: hospital.KitchenStaff}, "")
		if err != nil {
			t.Fatal(err)
		}
		contents := h.contents(t)
		for _, secret := range []string{token, link.Token, "correct horse",
			"my-secret-in-the-wrong-field", stranger} {
			if strings.Contains(contents, secret) {
				t.Errorf("the database holds %q", secret)
			}
		}
	})
}

// TestAPasswordIsHashedAtOWASPsCost where nobody asks for less, as the tests do.
func TestAPasswordIsHashedAtOWASPsCost(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h, err := hospital.Open(t.Context(), hospital.Options{DatabaseURL: url})
		if err != nil {
			t.Fatal(err)
		}
		keza := hospital.AddUserCommand{Username: "keza", Role: hospital.MedicalStaff, Password: "correct horse"}
		_, err = h.AddUser(t.Context(), admin, keza)
		if err := errors.Join(err, h.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(hospitaltest.Contents(t, url), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Error("the password's hash does not say that it was made at that cost")
		}
	})
}

func TestWaitingToCheckAPasswordEndsWithTheContext(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := h.SignIn(ctx, "keza", "correct horse", hospital.Client{Address: client}); err == nil {
			t.Error("signed in for a caller who had left")
		}
	})
}
