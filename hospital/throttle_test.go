package hospital_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestGuessingAPasswordIsMadeSlowForThatNameAlone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		guess := func(kind hospital.Kind, code string) *hospital.Error {
			t.Helper()
			_, _, err := h.SignIn(t.Context(), "keza", "wrong horse", hospital.Client{Address: client})
			return refused(t, err, kind, code)
		}
		for range 5 {
			guess(hospital.Unauthenticated, "sign_in")
		}
		h.signIn(t, "eric", "correct horse")
		for _, wait := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
			if got := guess(hospital.TooMany, "too_many_attempts").Args; len(got) != 1 || got[0] != wait {
				t.Errorf("has to wait %v seconds, want %d", got, wait)
			}
			h.clock.pass(time.Duration(wait)*time.Second - time.Millisecond)
			if _, _, err := h.SignIn(t.Context(), "keza", "correct horse", hospital.Client{Address: "198.51.100.1"}); err != nil {
				t.Errorf("from elsewhere, where nobody guessed: %v", err)
			}
			h.clock.pass(time.Millisecond)
			guess(hospital.Unauthenticated, "sign_in")
		}
		h.clock.pass(5 * time.Minute)
		h.signIn(t, "keza", "correct horse")
		guess(hospital.Unauthenticated, "sign_in") // free again
	})
}

func TestAPauseOrANewPasswordForgivesFailures(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		fail := func() {
			for range 5 {
				_, _, err := h.SignIn(t.Context(), "keza", "wrong horse", hospital.Client{Address: client})
				refused(t, err, hospital.Unauthenticated, "sign_in")
			}
			_, _, err := h.SignIn(t.Context(), "keza", "wrong horse", hospital.Client{Address: client})
			refused(t, err, hospital.TooMany, "too_many_attempts")
		}
		fail()
		h.clock.pass(time.Hour)
		fail()
		if err := h.SetPassword(t.Context(), admin, "keza", "battery staple"); err != nil {
			t.Fatal(err)
		}
		h.signIn(t, "keza", "battery staple")
		h.clock.pass(time.Hour)
		h.signIn(t, "keza", "battery staple")
		if err := h.ForgetOld(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.number(t, `SELECT count(*) FROM sign_in_failure WHERE failures > 0`); n != 0 {
			t.Errorf("%d failures are remembered after all succeeded", n)
		}
	})
}

func TestManyAttemptsAtOnceAreAllCounted(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		wrong, limited := 0, 0
		for _, err := range atOnce(20, func(int) error {
			_, _, err := h.SignIn(t.Context(), "keza", "wrong horse", hospital.Client{Address: client})
			return err
		}) {
			switch kindOf(err) {
			case hospital.Unauthenticated:
				wrong++
			case hospital.TooMany:
				limited++
			default:
				t.Error(err)
			}
		}
		if wrong != 5 || limited != 15 {
			t.Errorf("%d guesses were checked and %d refused, want 5 and 15", wrong, limited)
		}
	})
}

// guess tries a wrong password and reports whether it was looked at: it may also be too early.
func (h *fixture) guess(t testing.TB, name, address string) (looked bool) {
	t.Helper()
	_, _, err := h.SignIn(t.Context(), name, "wrong horse", hospital.Client{Address: address})
	switch kindOf(err) {
	case hospital.Unauthenticated:
		return true
	case hospital.TooMany:
		return false
	}
	t.Fatalf("a guess from %s: %v", address, err)
	return false
}

// addresses are n of them, made by a format with room for their number.
func addresses(n int, format string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

// TestNobodyIsKeptOutByWhatOthersGuess lets others guess at a name for hours, as often as they may,
// while its owner tries the right password every two minutes from a device that is not known.
func TestNobodyIsKeptOutByWhatOthersGuess(t *testing.T) {
	t.Parallel()
	for name, others := range map[string][]string{
		"one address":            addresses(1, "198.51.100.%d"),
		"twenty addresses":       addresses(20, "198.51.100.%d"),
		"twenty networks of six": addresses(20, "2001:db8:0:%x::1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, hospitaltest.SQLite(t))
			h.addUser(t, "keza", hospital.MedicalStaff)
			for step := range 2 * 60 * 2 { // two hours, every half a minute
				for _, address := range others {
					h.guess(t, "keza", address)
				}
				h.clock.pass(30 * time.Second)
				if step%4 == 3 {
					_, _, err := h.SignIn(t.Context(), "keza", "correct horse", hospital.Client{Address: client})
					if err != nil {
						t.Fatalf("after %d steps: %v", step, err)
					}
				}
			}
		})
	}
}

// whereAPauseTakesNoTime runs test with a fixture whose attempts to sign in wait their second in the
// time of testing/synctest. The fixture's own clock stands still as ever.
func whereAPauseTakesNoTime(t *testing.T, test func(t *testing.T, h *fixture)) {
	t.Helper()
	url := hospitaltest.SQLite(t)
	synctest.Test(t, func(t *testing.T) { test(t, newFixture(t, url)) })
}

// TestTenThousandGuessesFromAHundredAddressesLeaveTheRightPersonIn: no device of theirs is known,
// nor their address.
func TestTenThousandGuessesFromAHundredAddressesLeaveTheRightPersonIn(t *testing.T) {
	t.Parallel()
	whereAPauseTakesNoTime(t, tenThousandGuessesLeaveTheRightPersonIn)
}

func tenThousandGuessesLeaveTheRightPersonIn(t *testing.T, h *fixture) {
	h.addUser(t, "keza", hospital.MedicalStaff)
	looked := 0
	for range 100 {
		for _, address := range addresses(100, "198.51.100.%d") {
			if h.guess(t, "keza", address) {
				looked++
			}
			h.clock.pass(10 * time.Millisecond)
		}
	}
	if looked > 100*12 {
		t.Errorf("%d of 10,000 guesses in 100 s were looked at", looked)
	}
	began := time.Now()
	h.signIn(t, "keza", "correct horse")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the right person waited %s", took)
	}
}

// TestTheNextTurnIsForWhoeverHasFailedLeast while sixty others guess at a name that very many have
// guessed at.
func TestTheNextTurnIsForWhoeverHasFailedLeast(t *testing.T) {
	t.Parallel()
	for who, c := range map[string]struct {
		typos int
		home  bool
		most  time.Duration
	}{
		"who has not failed":                       {0, false, time.Second},
		"who has mistyped":                         {2, false, time.Second},
		"who comes from where they were last week": {0, true, 0},
	} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			whereAPauseTakesNoTime(t, func(t *testing.T, h *fixture) {
				h.addUser(t, "keza", hospital.MedicalStaff)
				if c.home {
					h.signIn(t, "keza", "correct horse")
				}
				for range c.typos {
					h.guess(t, "keza", client)
				}
				guessed := h.guessAtOnce(t, "keza", addresses(60, "198.51.100.%d"))
				synctest.Wait()
				began := time.Now()
				h.signIn(t, "keza", "correct horse")
				if took := time.Since(began); took > c.most {
					t.Errorf("they waited %s, want at most %s", took, c.most)
				}
				guessed()
				if took := time.Since(began); took < 60/4*time.Second-2*time.Second {
					t.Errorf("sixty guesses took %s, want a second for each four", took)
				}
			})
		})
	}
}

// guessAtOnce begins a guess at a name from each of the addresses, which have failed three times and
// the name a thousand times, and returns what waits for them.
func (h *fixture) guessAtOnce(t *testing.T, name string, addresses []string) (wait func()) {
	t.Helper()
	for range 3 {
		for _, address := range addresses {
			h.guess(t, name, address)
		}
	}
	h.exec(t, `UPDATE sign_in_failure SET failures = 1000 WHERE subject LIKE 'name%'`)
	var guesses sync.WaitGroup
	for _, address := range addresses {
		guesses.Go(func() { h.guess(t, name, address) })
	}
	return guesses.Wait
}

// TestAGuessWhoseCallerHangsUpCounts as every other one: nobody guesses for nothing.
func TestAGuessWhoseCallerHangsUpCounts(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		from := hospital.Client{Address: client}
		if err := h.GuessAndHangUp(t.Context(), "keza", "wrong horse", from); err != nil {
			t.Error(err)
		}
		n := h.number(t, `SELECT coalesce(sum(failures), 0) FROM sign_in_failure
			WHERE subject LIKE 'pair%'`)
		if n != 1 {
			t.Errorf("%d failures were counted, want 1", n)
		}
	})
}

// TestOneAddressHasThreeHundredGuessesADay takes as many as it gets: one whenever it may, or all
// that come quickly and then a pause that makes the hospital forget.
func TestOneAddressHasThreeHundredGuessesADay(t *testing.T) {
	t.Parallel()
	for name, quick := range map[string]int{"whenever it may": 1 << 30, "with a pause after 12": 12, "with a pause after 13": 13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whereAPauseTakesNoTime(t, func(t *testing.T, h *fixture) {
				h.addUser(t, "keza", hospital.MedicalStaff)
				if looked := h.guessesInADay(t, "keza", quick); looked > 310 || looked < 250 {
					t.Errorf("an address had %d guesses in a day, want about 300", looked)
				}
			})
		})
	}
}

// guessesInADay is how many passwords one network can try at a name in a day, if it waits for an
// hour after so many quick ones.
func (h *fixture) guessesInADay(t *testing.T, name string, quick int) (looked int) {
	t.Helper()
	until := h.clock.Now().Add(24 * time.Hour)
	for inRow := 0; h.clock.Now().Before(until); {
		address := fmt.Sprintf("2001:db8::%x", looked)
		_, _, err := h.SignIn(t.Context(), name, "wrong horse", hospital.Client{Address: address})
		if kindOf(err) == hospital.TooMany {
			wait, _ := refused(t, err, hospital.TooMany, "too_many_attempts").Args[0].(int)
			h.clock.pass(time.Duration(wait) * time.Second)
			continue
		}
		refused(t, err, hospital.Unauthenticated, "sign_in")
		looked++
		if inRow++; inRow == quick {
			inRow = 0
			h.clock.pass(time.Hour)
		}
	}
	return looked
}

// TestWhoGuessesManyNamesKeepsNobodyOutWhoSharesTheirAddress: a visitor on the ward's network.
func TestWhoGuessesManyNamesKeepsNobodyOutWhoSharesTheirAddress(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		slow := func(name string, want bool) {
			t.Helper()
			if is, err := h.Slowed(t.Context(), name, hospital.Client{Address: client}); err != nil || is != want {
				t.Errorf("%s has to wait a little: %t and error %v, want %t", name, is, err, want)
			}
		}
		h.signIn(t, "keza", "correct horse")
		h.guess(t, "eric", client)
		h.exec(t, `UPDATE sign_in_failure SET failures = 60 WHERE subject LIKE 'client%'`)
		slow("keza", false) // who signed in from there of late
		slow("eric", true)
		h.signIn(t, "eric", "correct horse")
		slow("eric", false)
		h.clock.pass(31 * 24 * time.Hour)
		h.guess(t, "somebody", client)
		h.exec(t, `UPDATE sign_in_failure SET failures = 60 WHERE subject LIKE 'client%'`)
		slow("keza", true) // not of late
		if err := h.ForgetOld(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.number(t, `SELECT count(*) FROM sign_in_place`); n != 0 {
			t.Errorf("%d places are remembered for ever", n)
		}
	})
}

// TestANameThatThousandsGuessAtIsSlowedAndNotLocked, by more addresses than anybody could count.
func TestANameThatThousandsGuessAtIsSlowedAndNotLocked(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.guess(t, "keza", "198.51.100.1")
		h.exec(t, `UPDATE sign_in_failure SET failures = 1000 WHERE subject LIKE 'name%'`)
		if slow, err := h.Slowed(t.Context(), "keza", hospital.Client{Address: client}); err != nil || !slow {
			t.Errorf("a stranger's attempt should wait a little: %t %v", slow, err)
		}
		h.signIn(t, "keza", "correct horse")
		if slow, err := h.Slowed(t.Context(), "eric", hospital.Client{Address: client}); err != nil || slow {
			t.Errorf("another name is not slowed: %t %v", slow, err)
		}
	})
}

// device signs in on a new device and returns what it keeps.
func (h *fixture) device(t testing.TB, name, password, devices string) string {
	t.Helper()
	_, s := h.signIn(t, name, password)
	devices, err := h.RememberDevice(t.Context(), s.User, devices)
	if err != nil {
		t.Fatal(err)
	}
	return devices
}

// TestAKnownDeviceIsSlowedByItsOwnFailuresAlone, whatever was guessed at the name, from the same
// address too.
func TestAKnownDeviceIsSlowedByItsOwnFailuresAlone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		ward := h.device(t, "eric", "correct horse", h.device(t, "keza", "correct horse", ""))
		own := h.device(t, "keza", "correct horse", "")
		try := func(devices, password string) error {
			_, _, err := h.SignIn(t.Context(), "keza", password, hospital.Client{Address: client, Devices: devices})
			return err
		}
		for h.guess(t, "keza", client) {
		}
		h.exec(t, `UPDATE sign_in_failure SET failures = 5000 WHERE subject NOT LIKE 'pair%'`)
		for what, devices := range map[string]string{"the ward's": ward, "her own": own} {
			if err := try(devices, "correct horse"); err != nil {
				t.Errorf("from %s device, while a stranger must wait: %v", what, err)
			}
		}
		for range 5 {
			refused(t, try(own, "wrong horse"), hospital.Unauthenticated, "sign_in")
		}
		refused(t, try(own, "correct horse"), hospital.TooMany, "too_many_attempts")
		if err := try(ward, "correct horse"); err != nil {
			t.Errorf("from another known device: %v", err)
		}
	})
}

// TestADeviceIsKnownToWhomItIsSigned and to nobody else, and no longer when the password has
// changed.
func TestADeviceIsKnownToWhomItIsSigned(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		keza := h.device(t, "keza", "correct horse", "")
		eric := h.device(t, "eric", "correct horse", "")
		both := h.device(t, "eric", "correct horse", keza)
		name, signed, _ := strings.Cut(keza, ".")
		other, _, _ := strings.Cut(eric, ".")
		knows := func(user, devices string) bool {
			t.Helper()
			is, err := h.Knows(t.Context(), user, hospital.Client{Address: client, Devices: devices})
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		for what, c := range map[string]struct {
			user, devices string
			want          bool
		}{
			"its user":                    {"keza", keza, true},
			"the first of two":            {"keza", both, true},
			"the second of two":           {"eric", both, true},
			"another user":                {"eric", keza, false},
			"a name that nobody has":      {"ntawe", keza, false},
			"nothing":                     {"keza", "", false},
			"a signature that was moved":  {"keza", other + "." + signed, false},
			"a name without a signature":  {"keza", name, false},
			"a signature that was cut":    {"keza", keza[:len(keza)-1], false},
			"more than a device can hold": {"keza", keza + strings.Repeat("."+signed, 64), false},
			"nonsense":                    {"keza", strings.Repeat("x", 5000), false},
		} {
			if got := knows(c.user, c.devices); got != c.want {
				t.Errorf("%s: the device is known: %t, want %t", what, got, c.want)
			}
		}
		again := h.device(t, "keza", "correct horse", both)
		if strings.Count(again, ".") != 2 || !strings.HasPrefix(again, name+".") {
			t.Errorf("a device has one name and each account once: %s", again)
		}
		if err := h.SetPassword(t.Context(), admin, "keza", "battery staple"); err != nil {
			t.Fatal(err)
		}
		if knows("keza", both) || !knows("eric", both) {
			t.Error("a new password makes the devices of that account, and of no other, strange again")
		}
	})
}

// TestManyRightPasswordsAtOnceAllGetIn: a kitchen's tablets after a power cut, all under one login
// and behind one address.
func TestManyRightPasswordsAtOnceAllGetIn(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "kitchen", hospital.KitchenStaff)
		h.guess(t, "kitchen", client)
		for i, err := range atOnce(36, func(int) error {
			_, _, err := h.SignIn(context.Background(), "kitchen", "correct horse", hospital.Client{Address: client})
			return err
		}) {
			if err != nil {
				t.Errorf("tablet %d: %v", i, err)
			}
		}
	})
}

// TestAClockThatWasAheadLocksNobodyOut: what failed while it was counts as if it had failed now, no
// more and no less.
func TestAClockThatWasAheadLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for what, devices := range map[string]bool{"a stranger": false, "a known device": true} {
		t.Run(what, func(t *testing.T) {
			onEach(t, func(t *testing.T, h *fixture) {
				h.addUser(t, "keza", hospital.MedicalStaff)
				from := hospital.Client{Address: client}
				if devices {
					from.Devices = h.device(t, "keza", "correct horse", "")
				}
				try := func(password string) error {
					_, _, err := h.SignIn(t.Context(), "keza", password, from)
					return err
				}
				h.clock.pass(24 * time.Hour)
				for range 5 {
					refused(t, try("wrong horse"), hospital.Unauthenticated, "sign_in")
				}
				h.clock.pass(-24 * time.Hour)
				refused(t, try("correct horse"), hospital.TooMany, "too_many_attempts")
				h.clock.pass(time.Second)
				if err := try("correct horse"); err != nil {
					t.Errorf("a second later: %v", err)
				}
			})
		})
	}
}

// TestANetworkOfSixCountsAsOneAddress, since every customer has 2⁶⁴ of them.
func TestANetworkOfSixCountsAsOneAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "@": "@", "": "",
	} {
		if got := hospital.Network(address); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
}

func TestAnOperatorUnlocksANameAndItsSessionsStand(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		token, _ := h.signIn(t, "keza", "correct horse")
		devices := h.device(t, "keza", "correct horse", "")
		for _, from := range []hospital.Client{{Address: client}, {Address: client, Devices: devices}} {
			for range 5 {
				_, _, err := h.SignIn(t.Context(), "keza", "wrong horse", from)
				refused(t, err, hospital.Unauthenticated, "sign_in")
			}
			_, _, err := h.SignIn(t.Context(), "keza", "correct horse", from)
			refused(t, err, hospital.TooMany, "too_many_attempts")
		}
		if err := h.UnlockUser(t.Context(), admin, "Keza"); err != nil {
			t.Fatal(err)
		}
		for _, from := range []hospital.Client{{Address: client}, {Address: client, Devices: devices}} {
			if _, _, err := h.SignIn(t.Context(), "keza", "correct horse", from); err != nil {
				t.Errorf("after the unlocking: %v", err)
			}
		}
		h.session(t, token, true)
		h.refuses(t, hospital.NotFound, "user_unknown", func() error { return h.UnlockUser(t.Context(), admin, "nobody") })
		h.refuses(t, hospital.Forbidden, "forbidden", func() error { return h.UnlockUser(t.Context(), nurse, "keza") })
	})
}

// TestASignInEndsTheSessionThatItsRequestCameWith and no other one; one that fails ends none.
func TestASignInEndsTheSessionThatItsRequestCameWith(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		h.addUser(t, "eric", hospital.MedicalStaff)
		replaced, s := h.signIn(t, "keza", "correct horse")
		other, _ := h.signIn(t, "keza", "correct horse")
		with := hospital.Client{Address: client, Session: replaced}
		_, _, err := h.SignIn(t.Context(), "eric", "wrong horse", with)
		refused(t, err, hospital.Unauthenticated, "sign_in")
		before := h.session(t, replaced, true).Revisions
		token, _, err := h.SignIn(t.Context(), "eric", "correct horse", with)
		if err != nil {
			t.Fatal(err)
		}
		h.session(t, replaced, false)
		h.session(t, other, true)
		h.session(t, token, true)
		topic := hospital.UserTopic(s.User.ID)
		if now := h.revisions(t, topic); now.Topics[topic] != before.Topics[topic]+1 {
			t.Errorf("the topic of whose session ended moved from %v to %v", before, now)
		}
		if _, _, err := h.SignIn(t.Context(), "keza", "correct horse", hospital.Client{Address: client, Session: "nonsense"}); err != nil {
			t.Errorf("with a session that is none: %v", err)
		}
	})
}
