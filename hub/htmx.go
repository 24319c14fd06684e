package hub

import (
	"bytes"
	"fmt"
	"regexp"

	"dusangire/hub/freshness"
)

// partial is one step of a frame: what htmx does to the element of an id.
type partial struct {
	target string
	swap   swap
	body   [][]byte
}

// swap is a way of htmx to bring content to a target.
type swap string

const (
	morph  swap = "outerMorph" // make the target what the body is, touching nothing that is equal
	remove swap = "delete"
	first  swap = "afterbegin" // put the body into the target, before all that is in it
	after  swap = "afterend"   // put the body behind the target
)

// partials bring a page from a version to the regions that have changed since. Htmx finds all
// targets before it swaps the first, so no step may aim at what another one brings. Removals come
// first, for an item that moves is removed and brought again under the same id.
func partials(regions []seenRegion, version uint64) []partial {
	var removals, rest []partial
	for _, r := range regions {
		switch {
		case r.list == nil:
			rest = append(rest, partial{r.ID, morph, [][]byte{r.Body}})
		case r.changed > version || !r.list.follows(version):
			rest = append(rest, partial{r.ID, morph, r.whole()})
		default:
			removals = append(removals, r.list.removals(version)...)
			rest = append(rest, r.list.steps(r.ID, version)...)
		}
	}
	return append(removals, rest...)
}

// htmlFrame writes the steps and then the freshness marker, each as an <hx-partial>.
func htmlFrame(steps []partial, marker []byte) []byte {
	var b bytes.Buffer
	for _, step := range steps {
		step.write(&b)
	}
	partial{freshness.MarkerID, morph, [][]byte{marker}}.write(&b)
	return b.Bytes()
}

func (p partial) write(b *bytes.Buffer) {
	b.WriteString(`<hx-partial hx-target="#`)
	b.WriteString(p.target)
	b.WriteString(`" hx-swap="`)
	b.WriteString(string(p.swap))
	b.WriteString(`">`)
	for _, body := range p.body {
		b.Write(body)
	}
	b.WriteString(`</hx-partial>`)
}

// regionID is what may stand in a selector unescaped.
var regionID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkElement refuses a body that is not one element with the region's id at its start, since
// anything else in a frame would replace what it must not.
func checkElement(r Region) error {
	start, content, _ := bytes.Cut(r.Body, []byte(">"))
	hasID := bytes.Contains(start, []byte(` id="`+r.ID+`"`))
	if !regionID.MatchString(r.ID) || !bytes.HasPrefix(start, []byte("<")) || !hasID {
		return fmt.Errorf("region %q does not start with an element of that id", r.ID)
	}
	if r.Items != nil && !bytes.HasPrefix(content, []byte("</")) {
		return fmt.Errorf("region %q has items and is not drawn empty", r.ID)
	}
	return nil
}
