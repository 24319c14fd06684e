package browser_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// TestNoStepOfTwoPagesReachesAnotherPatient lets two people in two browsers, and colleagues
// elsewhere, do what a ward does in random order, lines cut and joined again. Whatever they do, a
// command changes nobody but the one whose name stood over its form when it was begun, and nothing
// that somebody else has changed since is taken back unseen.
func TestNoStepOfTwoPagesReachesAnotherPatient(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1, uint64(time.Now().UnixNano())}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s, board := dusangiretest.MustServeWard(t, 4, nil)
			w := &busyWard{colleague: colleague{t, s}, board: board, random: rand.New(rand.NewPCG(seed, 0))}
			for _, role := range []hospital.Role{hospital.MedicalStaff, hospital.Admin} {
				w.nurses = append(w.nurses, w.nurse(role))
			}
			for range 3 {
				w.admit()
			}
			for range dusangiretest.Size(30, 500) {
				w.step()
			}
			for _, n := range w.nurses {
				n.join()
			}
		})
	}
}

// busyWard is a ward with those who work on it.
type busyWard struct {
	colleague
	board    hospital.WardBoard
	random   *rand.Rand
	nurses   []*formNurse
	admitted int
	done     []string // what was done so far, for who must find out why it went wrong
}

// formNurse is somebody before a page of the ward, with at most one form begun.
type formNurse struct {
	*screen
	ward    *busyWard
	role    hospital.Role
	cut     bool // the line is
	begun   *begunForm
	answers int // to commands so far
}

// begunForm is a form as its nurse remembers it.
type begunForm struct {
	kind, typed string
	admission   int64  // whose name stood over it
	name        string // that name
	unseen      bool   // somebody else has changed the admission since
}

// nurse opens the ward for somebody of the role.
func (w *busyWard) nurse(role hospital.Role) *formNurse {
	p := visitorAs(w.s, role)
	p.permits("409")
	p.permitsNoLine()
	p.openLive(dusangiretest.WardPath(w.board))
	ask[chromedp.Void](p, `window.answers = 0; document.addEventListener("htmx:finally:request", () => { window.answers++; })`)
	return &formNurse{screen: p, ward: w, role: role}
}

// step does one random thing, as is likely where somebody is: who has begun nothing opens a bed and
// begins, and while something is begun others act.
func (w *busyWard) step() {
	n := w.nurses[w.random.IntN(len(w.nurses))]
	chance := w.random.IntN(10)
	switch {
	case n.begun == nil && chance < 4:
		n.look()
		n.begin()
	case n.begun == nil && chance < 6:
		n.begin()
	case n.begun != nil && chance < 4:
		n.send()
	case chance == 9:
		n.cutOrJoin()
	default:
		w.act()
	}
}

// note remembers what was done.
func (w *busyWard) note(format string, args ...any) {
	w.done = append(w.done, fmt.Sprintf(format, args...))
}

// wrong tells what went wrong, and after what.
func (w *busyWard) wrong(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\nafter %q", fmt.Sprintf(format, args...), w.done)
}

// beds are the beds of a status now.
func (w *busyWard) beds(status hospital.BedStatus) []hospital.BoardBed {
	return slices.DeleteFunc(w.s.Board(w.board.ID).Beds, func(b hospital.BoardBed) bool { return b.Status != status })
}

func pickOf[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

// admit brings somebody new into a bed, which is cleaned first where none is free.
func (w *busyWard) admit() {
	free := w.beds(hospital.BedAvailable)
	if len(free) == 0 {
		return
	}
	w.admitted++
	name := hospital.PatientName(fmt.Sprintf("Patient Number%d", w.admitted))
	bed := pickOf(w.random, free)
	dusangiretest.Admit(w.t, w.s, name, bed)
	w.note("%s comes into %s", name, bed.Number)
}

// act lets a colleague elsewhere do something.
func (w *busyWard) act() {
	for _, bed := range w.beds(hospital.BedCleaning) {
		dusangiretest.SetBedStatus(w.t, w.s, bed, hospital.BedAvailable)
	}
	occupied, free := w.beds(hospital.BedOccupied), w.beds(hospital.BedAvailable)
	if len(occupied) == 0 {
		w.admit()
		return
	}
	bed := w.wanted(occupied)
	admission := hospital.Admission{ID: bed.Admission.AdmissionID}
	switch w.random.IntN(5) {
	case 0:
		w.admit()
		return
	case 1, 2:
		if len(free) == 0 {
			return
		}
		w.takeOver(admission, bed, free[0], hospital.PatientName(fmt.Sprintf("Patient Taking%d",
			len(w.done))))
	case 3:
		_, err := w.s.Hospital.Discharge(w.t.Context(), hospital.System, admission.ID, hospital.DischargeCommand{Outcome: hospital.Stable})
		w.must("discharge", err)
	case 4:
		allergies := w.allergies(admission.ID)
		fresh := pickOf(w.random, hospital.Allergens)
		allergies.Allergens, allergies.Severe = append(slices.Clone(allergies.Allergens), fresh), append(slices.Clone(allergies.Severe), fresh)
		if slices.Contains(w.allergies(admission.ID).Severe, fresh) {
			return
		}
		w.diet(admission, hospital.DietCommand{Allergies: &allergies})
	}
	w.note("a colleague changes %s in %s", bed.Admission.PatientName, bed.Number)
	w.changed(admission.ID, nil)
}

// wanted is one of the beds: mostly that of somebody about whom a form is begun, for that is where
// it can go wrong.
func (w *busyWard) wanted(beds []hospital.BoardBed) hospital.BoardBed {
	for _, n := range w.nurses {
		if n.begun == nil || w.random.IntN(3) == 0 {
			continue
		}
		for _, bed := range beds {
			if bed.Admission.AdmissionID == n.begun.admission {
				return bed
			}
		}
	}
	return pickOf(w.random, beds)
}

// changed tells all but one that an admission has been changed.
func (w *busyWard) changed(admissionID int64, by *formNurse) {
	for _, n := range w.nurses {
		if n != by && n.begun != nil && n.begun.admission == admissionID {
			n.begun.unseen = true
		}
	}
}

// versions are those of all admissions.
func (w *busyWard) versions() map[int64]int64 {
	versions := map[int64]int64{}
	for id := int64(1); ; id++ {
		admission, err := w.s.Hospital.Admission(w.t.Context(), hospital.System, id)
		if err != nil {
			return versions
		}
		versions[id] = admission.Version
	}
}

// look opens a bed, which drops what was begun.
func (n *formNurse) look() {
	if n.cut {
		return
	}
	bed := pickOf(n.ward.random, n.ward.board.Beds)
	n.begun = nil
	ask[chromedp.Void](n.screen,
		`document.querySelector("`+card(bed)+
			` > a").click(); document.querySelector(".question .primary")?.click()`)
	n.untilOpen(bed)
	n.ward.note("%s opens %s", n.role, bed.Number)
}

// begin fills in a form of the open panel for whoever is named over it. Filling in and looking who
// that is are one step of the page, which an update can't divide.
func (n *formNurse) begin() {
	w := n.ward
	f := &begunForm{kind: "discharge", typed: fmt.Sprintf("what %s saw, %d", n.role, len(w.done))}
	fill := map[string][]string{"discharge-outcome": {"improved"}, "discharge-notes": {f.typed}}
	if w.random.IntN(2) == 0 {
		f.kind = "diet"
		fill = map[string][]string{"diet-diet": shuffled(w.random, hospital.Diets)}
	}
	values, err := json.Marshal(fill)
	n.ward.must("write down what is filled in", err)
	over := ask[[]string](n.screen, `(() => {
		const form = document.getElementById("form-`+f.kind+`");
		if (!form) return [];
		for (const [id, values] of Object.entries(`+string(values)+`)) {
			const control = form.querySelector("#" + id);
			control.value = values.find((value) => value !== control.value) ?? values[0];
			for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, {bubbles: true}));
		}
		form.querySelector('[name="allergies[]"][value="`+string(pickOf(w.random, hospital.Allergens))+`"]:not(:checked)')?.click();
		const section = form.closest(".panel");
		return [section.dataset.admission, section.querySelector(".patient").textContent.trim(),
			form.elements.version.value, form.querySelector("#discharge-notes, #diet-diet").value];
	})()`)
	if len(over) == 0 {
		return
	}
	admissionID, err := strconv.ParseInt(over[0], 10, 64)
	if err != nil {
		n.t.Fatalf("the panel with the %s is about %q", f.kind, over)
	}
	f.admission, f.name, f.typed = admissionID, over[1], over[3]
	f.unseen = over[2] != fmt.Sprint(w.versions()[admissionID])
	n.begun = f
	w.note("%s begins the %s of %s", n.role, f.kind, f.name)
}

func shuffled[T ~string](random *rand.Rand, list []T) []string {
	mixed := make([]string, len(list))
	for i, j := range random.Perm(len(list)) {
		mixed[i] = string(list[j])
	}
	return mixed
}

// press presses the button of the form that the nurse began, and reports whether the form stood
// there as they left it. Looking and pressing are one step of the page, which an update can't divide.
func (n *formNurse) press() (stood bool) {
	css := map[string]string{"discharge": "#discharge-notes", "diet": "#diet-diet"}[n.begun.kind]
	return ask[bool](n.screen, `(() => {
		const stands = document.querySelector("`+css+`")?.value === `+strconv.Quote(n.begun.typed)+`;
		if (!stands) return false;
		document.querySelector("#form-`+n.begun.kind+` .primary").click();
		const question = document.querySelector(".question");
		if (question && !question.innerText.includes(`+strconv.Quote(n.begun.name)+`)) return false;
		question?.querySelector(".primary").click();
		return stands;
	})()`)
}

// send presses the button of what looks like the form that was begun. What is no longer there must
// have been put aside.
func (n *formNurse) send() {
	w, f := n.ward, n.begun
	if f == nil || n.cut {
		return
	}
	before, severe := w.versions(), w.allergies(f.admission).Severe
	if !n.press() {
		n.until("what was typed for "+f.name+" to be put aside", `document.querySelector("#aside .alert") !== null`)
		n.begun = nil
		return
	}
	n.answers++
	n.until("an answer", fmt.Sprintf(`window.answers >= %d`, n.answers))
	w.note("%s sends the %s of %s", n.role, f.kind, f.name)
	n.judge(before, severe)
}

// judge looks at what a command has changed.
func (n *formNurse) judge(before map[int64]int64, severe []hospital.Allergen) {
	w, f := n.ward, n.begun
	after := w.versions()
	for id := range maps.Keys(after) {
		if before[id] != after[id] && id != f.admission {
			w.wrong("the %s of %s (admission %d) changed admission %d", f.kind, f.name, f.admission, id)
		}
	}
	saved := before[f.admission] != after[f.admission]
	if saved && f.unseen {
		w.wrong("the %s of %s was saved although somebody else had changed something unseen", f.kind, f.name)
	}
	for _, one := range severe {
		if now := w.allergies(f.admission).Severe; !slices.Contains(now, one) {
			w.wrong("the %s of %s left %v severe, and took %s away", f.kind, f.name, now, one)
		}
	}
	f.unseen = false // a refusal has told it
	if saved {
		n.begun = nil
		w.changed(f.admission, n)
	}
}

// cutOrJoin takes the line away from the page, or gives it back.
func (n *formNurse) cutOrJoin() {
	if n.cut {
		n.join()
		return
	}
	n.offline(true)
	n.cut = true
	n.ward.note("%s has no line", n.role)
}

// join gives the line back.
func (n *formNurse) join() {
	if !n.cut {
		return
	}
	n.offline(false)
	n.untilLive()
	n.cut = false
	n.ward.note("%s has a line again", n.role)
}
