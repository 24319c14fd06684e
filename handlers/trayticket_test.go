package handlers_test

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	qr "github.com/piglig/go-qr"

	"dusangire/hospital"
)

// TestTrayTicketsAsProgramAndAsPage asks for the tickets of a ward as everything that prints them.
func TestTrayTicketsAsProgramAndAsPage(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	stay := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "milk")
	order := h.order(stay, hospital.Dinner, h.dish("Rice", "hot"))
	other := h.admitAsked("Keza Ange", h.bed(h.b, 1).ID)
	h.order(other, hospital.Dinner, h.dish("Beans", "hot"))
	kitchen := h.token("kitchen")
	tickets := func(query string) []map[string]any {
		var got map[string]any
		h.get("/tickets/"+query, kitchen, program).json(&got)
		return h.list(got, "tickets")
	}
	for _, ticket := range tickets("") {
		if ticket["code"] != "" {
			t.Errorf("asked for nothing in particular, a ticket is printed: %v", ticket)
		}
	}
	dinner := "?meal=dinner&ward=" + h.a.Code
	printed := tickets(dinner + "&changed=true")
	if len(printed) != 1 || printed[0]["id"] != float64(order.ID) || printed[0]["reprint"] != false {
		t.Fatalf("the first print of a ward has %v", printed)
	}
	code, _ := printed[0]["code"].(string)
	if left := tickets(fmt.Sprintf("?meal=dinner&ward=%d&changed=true", h.a.ID)); len(left) != 0 {
		t.Errorf("after the print these are still to be printed: %v", left)
	}
	for _, size := range []string{"a6", "a4", "80mm"} {
		page := h.get("/tickets/"+dinner+"&size="+size, kitchen, browser)
		ticket := page.html().Find(".tray-ticket")
		if ticket.Length() != 1 || page.status != http.StatusOK {
			t.Fatalf("the page of %s has %d tickets: %d", size, ticket.Length(), page.status)
		}
		said := strings.Join(strings.Fields(ticket.Text()), " ")
		for _, words := range []string{h.bed(h.a, 1).Number, "U. M.", "Allergy: milk", "Dinner", "Rice",
			"IDDSI 7 regular", "No. " + strconv.FormatInt(order.ID, 10), "REPRINT"} {
			if !strings.Contains(said, words) {
				t.Errorf("the ticket on %s does not say %q: %s", size, words, said)
			}
		}
		if strings.Contains(page.body, "Uwase") || strings.Contains(page.body, code) {
			t.Errorf("the ticket on %s tells the name, or writes out the code", size)
		}
		sheet := page.html().Find(`link[media="print"][href*="print-` + size + `."]`)
		if sheet.Length() != 1 {
			t.Errorf("the page of %s prints on no paper of its own", size)
		}
		if read, err := qr.Decode(drawnCode(t, page.html())); err != nil || read != code {
			t.Errorf("a scanner reads %q from the ticket on %s, want %q: %v", read, size, code, err)
		}
	}
	for query, field := range map[string]string{"?ward=XYZ": "ward", "?meal=brunch": "meal",
		"?size=a3": "size", "?changed=perhaps": "changed", "?printed_at=noon": "printed_at"} {
		refused := h.get("/tickets/"+query, kitchen, program).problem(http.StatusUnprocessableEntity)
		if refused.Errors[field] == "" {
			t.Errorf("%s is refused with %v", query, refused.Errors)
		}
	}
}

// drawnCode is the QR code of a page's ticket as a camera sees it.
func drawnCode(t *testing.T, page *goquery.Document) image.Image {
	t.Helper()
	box, _ := page.Find(".qr").Attr("viewbox")
	if box == "" {
		box, _ = page.Find(".qr").Attr("viewBox")
	}
	path, _ := page.Find(".qr path").Attr("d")
	var side int
	if _, err := fmt.Sscanf(box, "0 0 %d", &side); err != nil {
		t.Fatalf("the code has the box %q: %v", box, err)
	}
	const scale = 8
	seen := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range seen.Pix {
		seen.Pix[i] = 255
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "M"), "M") {
		var x, y, length int
		if _, err := fmt.Sscanf(part, "%d %dh%d", &x, &y, &length); err != nil {
			t.Fatalf("the code is drawn by %q: %v", part, err)
		}
		for dx := range length * scale {
			for dy := range scale {
				seen.SetGray(x*scale+dx, y*scale+dy, color.Gray{})
			}
		}
	}
	return seen
}
