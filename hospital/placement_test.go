package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// put puts somebody on the waiting list.
func (h *fixture) put(t testing.TB, name hospital.PatientName,
	p hospital.Placement) hospital.Admission {
	t.Helper()
	a, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: name, Placement: p})
	if err != nil {
		t.Fatalf("put %s on the waiting list: %v", name.Initials(), err)
	}
	return a
}

func TestTheWaitingListHasTheMostPressingFirstWithWhatTheyNeed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Not Waiting", "A-01")
		for _, one := range []struct {
			name     hospital.PatientName
			priority hospital.Priority
		}{{"First", ""}, {"Second", hospital.Routine}, {"Third", hospital.Urgent},
			{"Fourth", hospital.Emergency}, {"Fifth", hospital.Urgent}} {
			h.put(t, one.name, hospital.Placement{Priority: one.priority, WantedWardID: h.b.ID,
				Isolation: hospital.DropletIsolation})
			h.clock.pass(time.Minute)
		}
		found, err := h.WaitingList(t.Context(), manager)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range found.Patients {
			names = append(names, string(p.PatientName))
			if p.WantedWard != h.b.Name || p.WantedWardID != h.b.ID ||
				p.Isolation != hospital.DropletIsolation || p.Sex != "unknown" ||
				p.Diet != hospital.DietGeneral {
				t.Errorf("%s waits as %+v", p.PatientName, p)
			}
		}
		if want := "Fourth Third Fifth First Second"; strings.Join(names, " ") != want {
			t.Errorf("they stand as %v, want %s", names, want)
		}
		if d := h.medical(t); len(d.Waiting) != 5 || d.Waiting[0].PatientName != "Fourth" ||
			d.Waiting[0].Priority != hospital.Emergency {
			t.Errorf("the dashboard has them as %+v", d.Waiting)
		}
		for _, role := range []hospital.Role{hospital.KitchenStaff, hospital.DeliveryStaff,
			hospital.Customer} {
			_, err := h.WaitingList(t.Context(), hospital.Actor{UserID: 9, Role: role})
			refused(t, err, hospital.Forbidden, "forbidden")
		}
	})
}

func TestWhatAPatientNeedsIsChangedAndTheRestStays(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.put(t, "Uwase Marie", hospital.Placement{Priority: hospital.Urgent})
		lines := h.auditLines(t)
		h.heard.take()
		changed, err := h.EditAdmission(t.Context(), manager, a.ID,
			hospital.EditAdmissionCommand{Isolation: new(hospital.AirborneIsolation),
				WantedWardID: &h.b.ID, Note: new("  Coughs at night\nAsk the doctor "), Version: a.Version})
		if err != nil {
			t.Fatal(err)
		}
		want := hospital.Placement{Isolation: hospital.AirborneIsolation, Priority: hospital.Urgent,
			WantedWardID: h.b.ID, WantedWard: h.b.Name}
		if changed.Placement != want || changed.Version != a.Version+1 {
			t.Errorf("it is %+v in version %d, want %+v", changed.Placement, changed.Version, want)
		}
		if note := h.admissionDetail(t, a).Note; note.Text != "Coughs at night\nAsk the doctor" {
			t.Errorf("the note says %q", note.Text)
		}
		if got := h.audited(t, lines); !slices.Equal(got,
			[]string{fmt.Sprintf(
				"admission.edit isolation=none wanted_ward_id= note>isolation=airborne wanted_ward_id=%d note",
				h.b.ID)}) {
			t.Errorf("the audit says %v, want no word of the note", got)
		}
		if len(h.heard.take()) != 1 {
			t.Error("nobody was told of it")
		}
		same, err := h.EditAdmission(t.Context(), manager, a.ID,
			hospital.EditAdmissionCommand{Isolation: new(hospital.AirborneIsolation)})
		if err != nil || same.Version != changed.Version || len(h.heard.take()) != 0 {
			t.Errorf("what stands already changed something: version %d, error %v", same.Version, err)
		}
		anywhere, err := h.EditAdmission(t.Context(), manager, a.ID,
			hospital.EditAdmissionCommand{WantedWardID: new(int64)})
		if err != nil || anywhere.WantedWardID != 0 || anywhere.WantedWard != "" {
			t.Errorf("any ward: %+v, error %v", anywhere.Placement, err)
		}
	})
}

func TestWhatAPatientNeedsIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.put(t, "Uwase Marie", hospital.Placement{})
		for name, test := range map[string]struct {
			cmd         hospital.EditAdmissionCommand
			field, code string
		}{
			"an unknown isolation": {hospital.EditAdmissionCommand{Isolation: new(
				hospital.Isolation("strict"))}, "isolation", "unknown_choice"},
			"no isolation at all": {hospital.EditAdmissionCommand{Isolation: new(hospital.Isolation(""))},
				"isolation", "unknown_choice"},
			"an unknown priority": {hospital.EditAdmissionCommand{Priority: new(hospital.Priority("high"))},
				"priority", "unknown_choice"},
			"an unknown ward": {hospital.EditAdmissionCommand{WantedWardID: new(int64(4711))},
				"wanted_ward_id", "ward_unknown"},
			"a long note": {hospital.EditAdmissionCommand{Note: new(
				strings.Repeat("é", hospital.LongestNotes+1))}, "note", "too_long"},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := h.EditAdmission(t.Context(), nurse, a.ID, test.cmd)
				return err
			})
			if got := wrongFields(refusal)[test.field]; got != test.code {
				t.Errorf("%s: %s is %q, want %q", name, test.field, got, test.code)
			}
		}
		refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange",
				Placement: hospital.Placement{Isolation: "strict", Priority: "high", WantedWardID: 4711}})
			return err
		})
		if got := wrongFields(refusal); len(got) != 3 {
			t.Errorf("an admission with three wrong fields names %v", got)
		}
		other := h.admit(t, "Keza Ange", "A-01")
		urgent := hospital.EditAdmissionCommand{Priority: new(hospital.Urgent)}
		for code, seen := range map[string]hospital.EditAdmissionCommand{
			"another_patient": {Priority: urgent.Priority, AdmissionID: other.ID},
			"stay_outdated":   {Priority: urgent.Priority, Version: a.Version + 1},
		} {
			h.refuses(t, hospital.Conflict, code, func() error {
				_, err := h.EditAdmission(t.Context(), nurse, a.ID, seen)
				return err
			})
		}
		h.discharge(t, a.ID, hospital.Stable)
		h.refuses(t, hospital.Conflict, "stay_ended", func() error {
			_, err := h.EditAdmission(t.Context(), nurse, a.ID, urgent)
			return err
		})
	})
}

// Whoever saw an older state is told what has changed of the placement, and never what a note says.
func TestAnOutdatedCommandIsToldWhatChangedOfThePlacement(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.put(t, "Uwase Marie", hospital.Placement{})
		_, err := h.EditAdmission(t.Context(), manager, a.ID,
			hospital.EditAdmissionCommand{Isolation: new(hospital.ContactIsolation),
				WantedWardID: &h.a.ID, Note: new("kanari")})
		if err != nil {
			t.Fatal(err)
		}
		refusal := h.refuses(t, hospital.Conflict, "stay_outdated", func() error {
			_, err := h.EditAdmission(t.Context(), nurse, a.ID,
				hospital.EditAdmissionCommand{Priority: new(hospital.Urgent), Version: a.Version})
			return err
		})
		var told []string
		for _, one := range refusal.Changes {
			told = append(told, fmt.Sprint(one.Field, " ", one.From, ">", one.To, " ", one.By))
		}
		want := []string{"isolation none>contact manager",
			fmt.Sprintf("wanted_ward_id <nil>>%d manager", h.a.ID), "note <nil>><nil> manager"}
		if !slices.Equal(told, want) {
			t.Errorf("is told %v, want %v", told, want)
		}
	})
}

func TestABedThatDoesNotFitWarnsAndTakesThePatient(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.must(t, func() error {
			_, err := h.SetWard(t.Context(), manager, h.b.ID,
				hospital.SetWardCommand{Sex: new(hospital.MaleWard), Speciality: new(" Heart ")})
			return err
		})
		apart := []hospital.BedFeature{hospital.IsolationBed, hospital.Oxygen}
		h.must(t, func() error {
			_, err := h.SetBed(t.Context(), manager, h.bed(t, "B-02").ID,
				hospital.SetBedCommand{Features: &apart})
			return err
		})
		h.must(t, func() error {
			_, err := h.SetBed(t.Context(), manager, h.bed(t, "A-01").ID,
				hospital.SetBedCommand{Staffed: new(false)})
			return err
		})
		if ward := h.board(t, h.b).Ward; ward.Sex != hospital.MaleWard || ward.Speciality != "Heart" {
			t.Errorf("the ward is %+v", ward)
		}
		for i, test := range []struct {
			sex       string
			isolation hospital.Isolation
			bed, want string
		}{
			{"female", hospital.NoIsolation, "B-01", "sex"},
			{"male", hospital.ContactIsolation, "B-02", ""},
			{"unknown", hospital.AirborneIsolation, "B-03", "isolation"},
			{"female", hospital.DropletIsolation, "B-04", "sex isolation"},
			{"female", hospital.NoIsolation, "A-01", "staff"},
			{"male", hospital.NoIsolation, "A-02", ""},
		} {
			a, _, err := h.Admit(t.Context(), nurse,
				hospital.AdmitCommand{PatientName: hospital.PatientName(fmt.Sprint("Patient ", i)),
					Sex:   test.sex,
					BedID: h.bed(t, test.bed).ID, Placement: hospital.Placement{Isolation: test.isolation}})
			if err != nil {
				t.Fatalf("into %s: %v", test.bed, err)
			}
			var got []string
			for _, misfit := range a.Misfits() {
				got = append(got, string(misfit))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("a %s patient in isolation %s in bed %s: warns of %v, want %q", test.sex,
					test.isolation, test.bed, got, test.want)
			}
		}
		if waits := h.put(t, "Keza Ange",
			hospital.Placement{Isolation: hospital.ContactIsolation}); len(waits.Misfits()) > 0 {
			t.Errorf("who has no bed is warned of %v", waits.Misfits())
		}
		h.sound(t)
	})
}

// must runs what must succeed.
func (h *fixture) must(t testing.TB, do func() error) {
	t.Helper()
	if err := do(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatABedAndAWardAreFitForIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01")
		setBed := func(actor hospital.Actor, cmd hospital.SetBedCommand) func() error {
			return func() error {
				_, err := h.SetBed(t.Context(), actor, bed.ID, cmd)
				return err
			}
		}
		setWard := func(actor hospital.Actor, cmd hospital.SetWardCommand) func() error {
			return func() error {
				_, err := h.SetWard(t.Context(), actor, h.a.ID, cmd)
				return err
			}
		}
		h.refuses(t, hospital.Forbidden, "forbidden",
			setBed(nurse, hospital.SetBedCommand{Staffed: new(false)}))
		h.refuses(t, hospital.Forbidden, "forbidden",
			setWard(nurse, hospital.SetWardCommand{Sex: new(hospital.MaleWard)}))
		h.refuses(t, hospital.Invalid, "fields",
			setBed(manager, hospital.SetBedCommand{Features: &[]hospital.BedFeature{"window"}}))
		h.refuses(t, hospital.Invalid, "fields",
			setWard(manager, hospital.SetWardCommand{Sex: new(hospital.WardSex("mixed")),
				Speciality: new("--")}))
		h.must(t, setBed(manager, hospital.SetBedCommand{Staffed: new(false), Version: bed.Version}))
		refusal := h.refuses(t, hospital.Conflict, "bed_outdated",
			setBed(manager, hospital.SetBedCommand{Staffed: new(true), Version: bed.Version}))
		if len(refusal.Changes) != 1 || refusal.Changes[0].Field != "staffed" ||
			refusal.Changes[0].To != "false" {
			t.Errorf("is told %+v", refusal.Changes)
		}
		_, err := h.SetWard(t.Context(), manager, 4711, hospital.SetWardCommand{})
		refused(t, err, hospital.NotFound, "ward_unknown")
	})
}

// Whoever cooks for and carries to somebody who is kept apart sees it at once.
func TestIsolationIsOnTheTicketAndTheTray(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.claim(t, s.courier, d.ID)
		s.heard.take()
		if _, err := s.EditAdmission(t.Context(), nurse, a.ID,
			hospital.EditAdmissionCommand{Isolation: new(hospital.ContactIsolation)}); err != nil {
			t.Fatal(err)
		}
		told := map[hospital.Topic]bool{}
		for _, r := range s.heard.take() {
			for topic := range r.Topics {
				told[topic] = true
			}
		}
		if !told[hospital.KitchenTopic] || !told[hospital.DeliveriesTopic] {
			t.Errorf("told was %v, want the kitchen and the couriers too", told)
		}
		if tickets := s.kitchen(t).Tickets; len(tickets) != 1 ||
			tickets[0].Isolation != hospital.ContactIsolation {
			t.Errorf("the kitchen has the tickets %+v", tickets)
		}
		if mine := s.round(t, s.courier).Mine; len(mine) != 1 ||
			mine[0].Stops[0].Isolation != hospital.ContactIsolation {
			t.Errorf("the courier has %+v", mine)
		}
	})
}

// Who waits is shown as who lies in a bed is: what was asked is not asked for again, and a fast
// that comes stands there.
func TestWhoWaitsIsShownAsInABed(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		waits := s.patient(t, "Uwase Marie", "")
		from := s.clock.Now().Add(time.Hour)
		s.diet(t, waits, allergic("milk"))
		s.diet(t, waits, fasting(from, time.Time{}))
		shown := func() *hospital.BoardAdmission {
			t.Helper()
			return must[hospital.BedDetail](t)(
				s.WaitingDetail(t.Context(), nurse, waits.ID)).Admission
		}
		if a := shown(); !a.AllergiesConfirmed || a.NilByMouth || !a.NilByMouthFrom.Equal(from) {
			t.Errorf("before the fast they are shown as %+v", *a)
		}
		s.clock.goTo(from)
		if a := shown(); !a.NilByMouth || !a.NilByMouthFrom.IsZero() {
			t.Errorf("at the fast they are shown as %+v", *a)
		}
	})
}
