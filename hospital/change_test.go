package hospital_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestEveryCommandMovesItsTopicsByOneAndAnnouncesThemAfterTheCommit(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		wardA, wardB, metrics := hospital.WardTopic(h.a.ID), hospital.WardTopic(h.b.ID), hospital.MetricsTopic
		inBed, waiting := h.admit(t, "Uwase Marie", "A-01"), h.admit(t, "Mugisha Eric", "")
		h.set(t, "B-04", hospital.BedReserved)
		userID := h.addUser(t, "keza", hospital.MedicalStaff)
		user := hospital.UserTopic(userID)
		var token string
		ctx := t.Context()
		for _, command := range []struct {
			name string
			run  func() error
			want []hospital.Topic
		}{
			{"admit into a bed", func() error {
				_, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "A", BedID: h.bed(t, "A-02").ID})
				return err
			}, []hospital.Topic{wardA, metrics}},
			{"admit without a bed", func() error {
				_, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "B"})
				return err
			}, []hospital.Topic{metrics}},
			{"transfer within a ward", func() error {
				_, err := h.Transfer(ctx, nurse, inBed.ID, hospital.TransferCommand{BedID: h.bed(t, "A-03").ID})
				return err
			}, []hospital.Topic{wardA, metrics}},
			{"transfer to another ward", func() error {
				_, err := h.Transfer(ctx, nurse, inBed.ID, hospital.TransferCommand{BedID: h.bed(t, "B-01").ID})
				return err
			}, []hospital.Topic{wardA, wardB, metrics}},
			{"transfer to a first bed", func() error {
				_, err := h.Transfer(ctx, nurse, waiting.ID, hospital.TransferCommand{BedID: h.bed(t, "B-02").ID})
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"plan a discharge", func() error {
				_, err := h.PlanDischarge(ctx, nurse, inBed.ID, hospital.PlanDischargeCommand{Expected: morning.Add(time.Hour)})
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"take a plan back", func() error {
				_, err := h.PlanDischarge(ctx, nurse, inBed.ID, hospital.PlanDischargeCommand{})
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"discharge", func() error {
				_, err := h.Discharge(ctx, nurse, inBed.ID, hospital.DischargeCommand{Outcome: hospital.Improved})
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"set a bed's status", func() error {
				_, err := h.SetBedStatus(ctx, nurse, h.bed(t, "B-01").ID, hospital.BedStatusCommand{Status: hospital.BedAvailable})
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"release a reservation", func() error {
				h.clock.pass(hospital.ReservationLasts)
				_, err := h.ReleaseExpiredReservations(ctx)
				return err
			}, []hospital.Topic{wardB, metrics}},
			{"sign in", func() (err error) {
				token, _, err = h.SignIn(ctx, "keza", "correct horse", hospital.Client{Address: "10.0.0.1"})
				return err
			}, []hospital.Topic{user}},
			{"sign out", func() error { return h.SignOut(ctx, token) }, []hospital.Topic{user}},
			{"set a password", func() error { return h.SetPassword(ctx, admin, "keza", "battery staple") }, []hospital.Topic{user}},
			{"disable a user", func() error { return h.DisableUser(ctx, admin, "keza") }, []hospital.Topic{user}},
		} {
			all := []hospital.Topic{wardA, wardB, metrics, user}
			before := h.revisions(t, all...)
			h.heard.take()
			if err := command.run(); err != nil {
				t.Errorf("%s: %v", command.name, err)
				continue
			}
			want := hospital.Revisions{Epoch: before.Epoch, Topics: map[hospital.Topic]int64{}}
			for _, topic := range command.want {
				want.Topics[topic] = before.Topics[topic] + 1
			}
			if announced := h.heard.take(); len(announced) != 1 || !reflect.DeepEqual(announced[0], want) {
				t.Errorf("%s: announced %v, want once %v", command.name, announced, want)
			}
			maps.Copy(before.Topics, want.Topics)
			if after := h.revisions(t, all...); !reflect.DeepEqual(after, before) {
				t.Errorf("%s: the topics stand at %v, want %v", command.name, after, before)
			}
		}
	})
}

func TestAnAnnouncementIsMadeWhenEveryoneCanReadTheChange(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		other := hospitaltest.Open(t, hospital.Options{DatabaseURL: url}) // another node
		seen := 0
		h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url, Announce: func(announced hospital.Revisions) {
			now, err := other.Revisions(t.Context(), slices.Collect(maps.Keys(announced.Topics)))
			if err != nil || !reflect.DeepEqual(now, announced) {
				t.Errorf("announced %v while the other node reads %v and error %v", announced, now, err)
			}
			seen++
		}})
		if _, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "A", Name: "Medicine", Beds: 2}); err != nil {
			t.Fatal(err)
		}
		if seen != 1 {
			t.Errorf("announced %d times, want once", seen)
		}
	})
}

func TestATopicThatNeverMovedStandsAtZero(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		got := h.revisions(t, hospital.WardTopic(h.a.ID), "ward:4711", "no such thing'--")
		if got.Epoch == "" || got.Topics[hospital.WardTopic(h.a.ID)] != 1 || len(got.Topics) != 3 || got.Topics["ward:4711"] != 0 {
			t.Errorf("got %+v", got)
		}
		none, err := h.Revisions(t.Context(), nil)
		if err != nil || none.Epoch != got.Epoch || len(none.Topics) != 0 {
			t.Errorf("of no topics: got %+v and error %v", none, err)
		}
	})
}

func TestEveryReadCarriesTheRevisionsItWasReadAt(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Uwase Marie", "A-01")
		h.admit(t, "Mugisha Eric", "")
		ward, metrics := hospital.WardTopic(h.a.ID), hospital.MetricsTopic
		for name, read := range map[string]struct {
			got  hospital.Revisions
			want []hospital.Topic
		}{
			"ward board":           {h.board(t, h.a).Revisions, []hospital.Topic{ward}},
			"bed detail":           {h.detail(t, "A-01").Revisions, []hospital.Topic{ward, metrics}},
			"medical dashboard":    {h.medical(t).Revisions, []hospital.Topic{metrics}},
			"management dashboard": {h.management(t).Revisions, []hospital.Topic{metrics}},
		} {
			if want := h.revisions(t, read.want...); !reflect.DeepEqual(read.got, want) {
				t.Errorf("%s: got %v, want %v", name, read.got, want)
			}
		}
	})
}

// A commit that fails at its very end: the trigger leaves a row behind that the commit finds to
// refer to nothing.
func TestACommitThatFailsAnnouncesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.exec(t, `CREATE TABLE doomed (what TEXT REFERENCES meta (name) DEFERRABLE INITIALLY DEFERRED)`)
		if h.onPostgreSQL() {
			h.exec(t, `CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO doomed VALUES (''nothing''); RETURN NEW; END'`)
			h.exec(t, `CREATE TRIGGER doom AFTER UPDATE ON topic_rev FOR EACH ROW EXECUTE FUNCTION doom()`)
		} else {
			h.exec(t, `CREATE TRIGGER doom AFTER UPDATE ON topic_rev BEGIN INSERT INTO doomed VALUES ('nothing'); END`)
		}
		before := h.contents(t)
		_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID})
		if err == nil {
			t.Fatal("the commit did not fail")
		}
		if after := h.contents(t); after != before {
			t.Errorf("it changed the database\nfrom %s\nto %s", before, after)
		}
		if announced := h.heard.take(); len(announced) > 0 {
			t.Errorf("it announced %v", announced)
		}
	})
}

func TestInTransactionIsOneTransactionAndOneAnnouncement(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		topics := []hospital.Topic{hospital.WardTopic(h.a.ID), hospital.WardTopic(h.b.ID), hospital.MetricsTopic}
		before := h.revisions(t, topics...)
		beds := []int64{h.bed(t, "A-01").ID, h.bed(t, "A-02").ID, h.bed(t, "B-01").ID}
		err := h.InTransaction(t.Context(), func(ctx context.Context) error {
			a, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: beds[0]})
			if err != nil {
				return err
			}
			if _, err := h.Transfer(ctx, nurse, a.ID, hospital.TransferCommand{BedID: beds[1]}); err != nil {
				return err
			}
			board, err := h.WardBoard(ctx, hospital.System, h.a.ID)
			if err != nil {
				return err
			}
			if board.Counts.Occupied != 1 || board.Counts.Cleaning != 1 {
				t.Errorf("a read inside sees %+v", board.Counts)
			}
			if outside := h.board(t, h.a); outside.Counts.Occupied != 0 {
				t.Errorf("a read outside sees %+v before the commit", outside.Counts)
			}
			if heard := h.heard.take(); len(heard) > 0 {
				t.Errorf("announced %v before the commit", heard)
			}
			_, _, err = h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: beds[2]})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for topic := range before.Topics {
			before.Topics[topic]++
		}
		if heard := h.heard.take(); len(heard) != 1 || !reflect.DeepEqual(heard[0], before) {
			t.Errorf("announced %v, want once %v", heard, before)
		}
		h.sound(t)
	})
}

func TestInTransactionLeavesNoTraceWhenItFails(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed, before := h.bed(t, "A-01").ID, h.contents(t)
		failed := errors.New("changed my mind")
		err := h.InTransaction(t.Context(), func(ctx context.Context) error {
			if _, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed}); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Errorf("got error %v, want %v", err, failed)
		}
		if after := h.contents(t); after != before {
			t.Errorf("it changed the database\nfrom %s\nto %s", before, after)
		}
		if heard := h.heard.take(); len(heard) > 0 {
			t.Errorf("it announced %v", heard)
		}
	})
}

func TestARefusedCommandWithinATransactionUndoesItsPartAlone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		topics := []hospital.Topic{hospital.WardTopic(h.a.ID), hospital.WardTopic(h.b.ID), hospital.MetricsTopic}
		before := h.revisions(t, topics...)
		inA, inB := h.bed(t, "A-01").ID, h.bed(t, "B-01").ID
		err := h.InTransaction(t.Context(), func(ctx context.Context) error {
			if _, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: inA}); err != nil {
				return err
			}
			_, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: inA})
			refused(t, err, hospital.Conflict, "bed_taken")
			inner := h.InTransaction(ctx, func(ctx context.Context) error {
				if _, _, err := h.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: inB}); err != nil {
					return err
				}
				return errors.New("changed my mind")
			})
			if inner == nil {
				t.Error("the inner one did not fail")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		before.Topics[topics[0]]++
		before.Topics[topics[2]]++
		if after := h.revisions(t, topics...); !reflect.DeepEqual(after, before) {
			t.Errorf("the topics stand at %v, want %v", after, before)
		}
		if n := h.number(t, `SELECT count(*) FROM patient`); n != 1 {
			t.Errorf("there are %d patients, want 1", n)
		}
		h.sound(t)
	})
}

func TestWhatHappenedEarlierIsKeptAtItsTime(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		yesterday := morning.AddDate(0, 0, -1)
		a, _, err := h.Admit(hospital.At(t.Context(), yesterday), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID,
			ExpectedDischarge: yesterday.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if a.AdmittedAt != yesterday || a.BedSince != yesterday || h.bed(t, "A-01").StatusSince != yesterday {
			t.Errorf("got %+v in the bed %+v", a, h.bed(t, "A-01").Bed)
		}
		if n := h.number(t, `SELECT count(*) FROM audit WHERE at = $1`, yesterday.UnixMilli()); n != 2 {
			t.Errorf("the audit has %d lines of that time, want 2", n)
		}
	})
}

func TestTheAuditSaysWhoDidWhatAndIsNeverChanged(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		n := h.number(t, `SELECT count(*) FROM audit WHERE action = 'admission.admit' AND entity = 'admission' AND entity_id = $1
			AND patient_id = $2 AND ward_id = $3 AND actor_id = $4 AND actor = 'nurse' AND role = 'medical_staff' AND to_state = 'A-01'
			AND request_id = 'r-nurse' AND at = $5`, a.ID, a.PatientID, h.a.ID, nurse.UserID, morning.UnixMilli())
		if n != 1 {
			t.Errorf("the audit has %d such lines, want 1", n)
		}
		if n := h.number(t, `SELECT count(*) FROM audit WHERE actor = 'system' AND actor_id IS NULL`); n != 0 {
			t.Errorf("the audit has %d lines of the system", n)
		}
		for _, statement := range []string{`UPDATE audit SET actor = 'nobody'`, `DELETE FROM audit`} {
			if _, err := h.raw.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("the database took %s", statement)
			}
		}
	})
}

// revisions reads where topics stand.
func (h *fixture) revisions(t testing.TB, topics ...hospital.Topic) hospital.Revisions {
	t.Helper()
	found, err := h.Revisions(t.Context(), topics)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// medical reads the medical dashboard of some wards.
func (h *fixture) medical(t testing.TB, wards ...int64) hospital.MedicalDashboard {
	t.Helper()
	d, err := h.MedicalDashboard(t.Context(), hospital.System, wards)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// management reads the management dashboard.
func (h *fixture) management(t testing.TB) hospital.ManagementDashboard {
	t.Helper()
	d, err := h.ManagementDashboard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// addUser creates a login with the password "correct horse" and returns its id.
func (h *fixture) addUser(t testing.TB, name string, role hospital.Role) int64 {
	t.Helper()
	user, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: name, Role: role, Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	return user.ID
}
