package views_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

var update = flag.Bool("update", false, "write testdata/*.html anew")

// hash is what static puts into the name of a file.
var hash = regexp.MustCompile(`(/static/[a-z.-]+?)\.[0-9a-f]{12}(\.[a-z]+)`)

// golden are the parts whose markup is written down, so that a change of it is seen in review.
func golden() map[string]templ.Component {
	board := sampleBoard()
	parts := map[string]templ.Component{
		"bed_occupied":     views.BedRegion(board.Beds[0]).Component,
		"bed_leaving":      views.BedRegion(board.Beds[4]).Component,
		"bed_nil_by_mouth": views.BedRegion(board.Beds[1]).Component,
		"bed_not_asked":    views.BedRegion(board.Beds[17]).Component,
		"bed_meal_held":    views.BedRegion(board.Beds[6]).Component,
		"bed_meal_coming":  views.BedRegion(board.Beds[5]).Component,
		"panel_meals":      views.BedPanel(*viewer(hospital.MedicalStaff), detail(board.Beds[6]), views.Form{Key: "k", Offer: bedsideOffer()}),
		"order_held":       views.OrderRegions(sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()[1])), *viewer(hospital.MedicalStaff))[0].Component,
		"bed_available":    views.BedRegion(board.Beds[3]).Component,
		"bed_cleaning":     views.BedRegion(board.Beds[8]).Component,
		"panel_cleaning": views.BedPanel(*viewer(hospital.WardManagement), detail(board.Beds[8]),
			views.Form{}),
		"bed_reserved":   views.BedRegion(board.Beds[13]).Component,
		"panel_occupied": views.BedPanel(*viewer(hospital.MedicalStaff), detail(board.Beds[4]), views.Form{}),
		"panel_refused":  views.BedPanel(*viewer(hospital.WardManagement), detail(board.Beds[3]), refusedAdmission()),
		"stamp":          views.Marker(stampOf("ward:2=118")),
		"login":          views.LoginPage(views.Page{Title: "Sign in", Path: "/login"}, views.Form{}),
	}
	for _, r := range withItems(views.KitchenRegions(sampleKitchen(), sampleWall())) {
		if slices.Contains([]string{views.TicketID(1), views.TicketID(4), views.TicketID(6), views.TicketID(9), views.TicketID(13), views.TicketsID, views.DishCountID(1)}, r.ID) {
			parts["kitchen_"+r.ID] = r.Component
		}
	}
	for _, r := range withItems(views.RoundRegions(sampleRound())) {
		if slices.Contains([]string{views.TallyID, views.CarryID, views.StopID(1), views.StopID(2), views.StopID(4), views.StopID(6), views.TrayID(11), "ready-ward-2"}, r.ID) {
			parts["round_"+r.ID] = r.Component
		}
	}
	for _, r := range withItems(views.HousekeepingRegions(sampleCleaning())) {
		if slices.Contains([]string{views.CleaningTallyID, views.ToCleanID(30), views.ToCleanID(31)},
			r.ID) {
			parts["housekeeping_"+r.ID] = r.Component
		}
	}
	for _, r := range views.DeliveryRegions(sampleDelivery(), hospital.Customer) {
		parts["delivery_"+r.ID] = r.Component
	}
	parts["alarm"] = views.AlarmDialog(&views.Alarm{Code: "wrong_bed", Sentence: "MED-A-06 is not this patient's bed.", Delivery: 2})
	for _, r := range views.MedicalRegions(sampleMedical()) {
		if slices.Contains([]string{views.MetricsID, views.WaitingID, views.HeldID, views.FastedID, views.RecentID, views.WardTileID(2)}, r.ID) {
			parts["medical_"+r.ID] = r.Component
		}
	}
	for _, r := range views.ManagementRegions(sampleManagement()) {
		if slices.Contains([]string{views.TotalsID, views.CleaningID, views.WardTileID(2)}, r.ID) {
			parts["management_"+r.ID] = r.Component
		}
	}
	for _, r := range views.WardRegions(board) {
		if r.ID == views.WardHeadID || r.ID == views.WardCountsID {
			parts["ward_"+r.ID] = r.Component
		}
	}
	return parts
}

func TestThePartsHaveTheMarkupThatIsWrittenDown(t *testing.T) {
	for name, part := range golden() {
		got := outline(t, draw(t, text.En, part))
		path := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if outline(t, string(want)) != got {
			t.Errorf("%s is drawn as\n%s\nand written down as\n%s\nRun go test ./views -update if that is meant.", name, got, want)
		}
	}
}

// outline writes HTML with an element or a text a line, indented, and the names of static files without their hash, so that
// only structure and words count.
func outline(t testing.TB, source string) string {
	var b strings.Builder
	if strings.HasPrefix(source, "<!") {
		b.WriteString("<!DOCTYPE html>\n")
	}
	var write func(n *html.Node, depth int)
	write = func(n *html.Node, depth int) {
		indent := strings.Repeat("  ", depth)
		switch n.Type {
		case html.TextNode:
			if words := strings.Join(strings.Fields(n.Data), " "); words != "" {
				fmt.Fprintf(&b, "%s%s\n", indent, html.EscapeString(words))
			}
			return
		case html.ElementNode:
			fmt.Fprintf(&b, "%s<%s", indent, n.Data)
			for _, a := range n.Attr {
				fmt.Fprintf(&b, ` %s="%s"`, a.Key, html.EscapeString(hash.ReplaceAllString(a.Val, "$1$2")))
			}
			b.WriteString(">\n")
			defer fmt.Fprintf(&b, "%s</%s>\n", indent, n.Data)
			depth++
		}
		for child := range n.ChildNodes() {
			write(child, depth)
		}
	}
	for _, root := range parse(t, source) {
		write(root, 0)
	}
	return b.String()
}
