package browser_test

import (
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// newsApart reports whether what was told lately covers nothing of the page below it.
const newsApart = `(() => {
	const news = document.getElementById("news").getBoundingClientRect();
	const main = document.getElementById("main").getBoundingClientRect();
	return news.height > 0 && news.bottom <= main.top;
})()`

// TestAWardsPageTellsOfItsWardAndTheBellCounts: what happens in a ward stands above its board and
// covers no bed, and the bell says how much is unread until it is read, wherever that is.
func TestAWardsPageTellsOfItsWardAndTheBellCounts(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	admission := dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	nurse := visitorAs(s, hospital.MedicalStaff)
	nurse.openLive(dusangiretest.WardPath(board))
	const bell = `document.querySelector("#bell b")`
	nurse.until("a bell without a number", bell+`.hidden`)
	nurse.mark()

	began := time.Now()
	_, err := s.Hospital.SetDiet(t.Context(), hospital.System, admission.ID,
		hospital.DietCommand{NilByMouth: &hospital.Window{From: began.Add(-2 * time.Hour),
			Until: began.Add(time.Second)}})
	if err != nil {
		t.Fatal(err)
	}
	nurse.untilSays("#news > :first-child", "Nil by mouth is over in bed "+board.Beds[0].Number)
	nurse.untilSays("#news .named", "Uwase Marie")
	nurse.until("the news to cover nothing", newsApart)
	nurse.until("the bell to say 1", bell+`.textContent === "1" && !`+bell+`.hidden`)
	nurse.wantSamePage()

	other := nurse.another()
	other.openLive("/notifications/")
	other.press("#inbox-head button")
	ask[bool](nurse, `dispatchEvent(new Event("focus"))`) // the nurse comes back to the page
	nurse.until("the bell to be quiet again", bell+`.hidden`)
}
