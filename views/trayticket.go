package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	qr "github.com/piglig/go-qr"

	"dusangire/hospital"
	"dusangire/views/text"
)

// TicketSize is the paper that tray tickets are printed on.
type TicketSize string

// TicketSizes lists the papers: a sheet a ticket, four on a sheet, a roll.
var TicketSizes = []TicketSize{"a6", "a4", "80mm"}

// TicketPaper is what the page of tray tickets shows.
type TicketPaper struct {
	hospital.TrayTickets
	Size    TicketSize
	Wards   []hospital.Ward
	Chooses bool // the page only asks which tickets are wanted
}

// path is that of the same selection, changed by each of the changes.
func (p TicketPaper) path(changes ...func(*hospital.TrayTicketSelection)) string {
	selection := p.TrayTicketSelection
	for _, change := range changes {
		change(&selection)
	}
	path := TicketsPath + "?meal=" + string(selection.Meal) + "&size=" + string(p.Size)
	if selection.WardID != 0 {
		path += "&ward=" + number(selection.WardID)
	}
	if selection.Changed {
		path += "&changed=true"
	}
	if !selection.PrintedAt.IsZero() {
		path += "&printed_at=" + selection.PrintedAt.UTC().Format("2006-01-02T15:04:05.999Z")
	}
	return path
}

// all is the selection with the tickets that have not changed.
func (p TicketPaper) all() string {
	return p.path(func(s *hospital.TrayTicketSelection) {
		s.Changed, s.PrintedAt = false, time.Time{}
	})
}

// lastRun is the selection of what was printed last, whatever has become of it.
func (p TicketPaper) lastRun() string {
	return p.path(func(s *hospital.TrayTicketSelection) {
		s.Changed, s.PrintedAt = false, p.LastPrint
	})
}

// ofWard is the selection in one ward, all or what has changed.
func (p TicketPaper) ofWard(wardID int64, changed bool) string {
	return p.path(func(s *hospital.TrayTicketSelection) { s.WardID, s.Changed = wardID, changed })
}

// sheets are the tickets by the sheets that they are printed on.
func (p TicketPaper) sheets() [][]hospital.TrayTicket {
	a := 1
	if p.Size == "a4" {
		a = 4
	}
	return slices.Collect(slices.Chunk(p.Tickets, a))
}

// wardTickets are how many tickets there are for one ward, or for the addresses.
type wardTickets struct {
	wardID       int64
	name         string
	all, changed int
}

// byWard counts the tickets by wards, as they are served.
func (p TicketPaper) byWard(ctx context.Context) (counts []wardTickets) {
	for _, t := range p.Tickets {
		if len(counts) == 0 || counts[len(counts)-1].wardID != t.WardID {
			name := t.WardName
			if t.WardID == 0 {
				name = text.T(ctx, "tray.elsewhere")
			}
			counts = append(counts, wardTickets{wardID: t.WardID, name: name})
		}
		last := &counts[len(counts)-1]
		last.all++
		if t.Changed() {
			last.changed++
		}
	}
	return counts
}

// changed counts the tickets of which no paper says what they say now.
func (p TicketPaper) changed() int {
	n := 0
	for _, t := range p.Tickets {
		if t.Changed() {
			n++
		}
	}
	return n
}

// trayPrint says of a ticket that it was printed before, and whether it replaces that paper.
func trayPrint(ctx context.Context, t hospital.TrayTicket) string {
	switch at := text.Moment(ctx, t.PrintedAt); {
	case !t.Reprint():
		return ""
	case t.Changed():
		return text.T(ctx, "tray.replaces", at)
	default:
		return text.T(ctx, "tray.again", at)
	}
}

// offLineWords says why a tray does not go.
func offLineWords(ctx context.Context, t hospital.TrayTicket) string {
	switch {
	case t.Status == hospital.OrderCancelled:
		return text.T(ctx, "order.cancelled")
	case t.Stopped != "":
		return text.T(ctx, "stopped."+t.Stopped)
	}
	return heldFor(ctx, t.Ticket)
}

// onceEach are the dishes of a ticket, each once with how often it is served.
func onceEach(t hospital.TrayTicket) (served []servedDish) {
	for _, station := range hospital.Stations {
		served = append(served, servedFrom(t.Ticket, station)...)
	}
	return served
}

// quietZone is how many modules around a QR code must be white.
const quietZone = 4

// qrCode is a QR code as a path in an SVG of so many units a side. It is read where a quarter of
// it is dirty: trays are wet.
func qrCode(content string) (path string, side int) {
	code, err := qr.EncodeText(content, qr.Quartile)
	if err != nil {
		panic(fmt.Sprintf("a code of %d characters: %v", len(content), err))
	}
	var drawn strings.Builder
	for y := range code.Size() {
		for x := 0; x < code.Size(); x++ {
			from := x
			for x < code.Size() && code.Module(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&drawn, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return drawn.String(), code.Size() + 2*quietZone
}
