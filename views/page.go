package views

import (
	"cmp"
	"context"

	"github.com/a-h/templ"

	"dusangire/hospital"
)

// Page is what every page needs besides its own data.
type Page struct {
	Title  string         // already in the reader's language
	Viewer *Viewer        // nil: nobody is signed in
	Live   *Live          // nil: the page has no socket
	News   *hospital.News // what those whom the page is for were told; nil: it shows none
	Path   string         // marks where one is, and where the language form comes back to
	// Within is the entry of the navigation that is marked where Path has none; may be empty.
	Within string
	// Missing is what the hospital lacks, for whoever sets it up; nil elsewhere.
	Missing []hospital.Missing
	// Unclaimed says that nobody has an account yet.
	Unclaimed bool
	// Assets are the nouns whose style sheets and scripts the page adds to those of all pages, such
	// as "kitchen customer"; may be empty.
	Assets string
	// Paper is what the page is printed on where that is not A4: print-PAPER.css says how.
	Paper string
}

// here is the entry of the navigation that is marked.
func (p Page) here() string { return cmp.Or(p.Within, p.Path) }

// in is the page with an entry of the navigation marked.
func (p Page) in(entry string) Page {
	p.Within = entry
	return p
}

// with is the page with the style sheets and scripts of some nouns, separated by spaces.
func (p Page) with(assets string) Page {
	p.Assets = assets
	return p
}

// on is the page for another paper than A4.
func (p Page) on(paper string) Page {
	p.Paper = paper
	return p
}

// Viewer is the signed-in person, as far as pages differ by it.
type Viewer struct {
	UserID   int64
	Username string
	Called   string // what colleagues call them; empty: the username
	Role     hospital.Role
	Wards    []hospital.Ward // for the navigation: this person's own, all where none are assigned
	Unread   int             // notifications
	// UnreadTag says what Unread was counted from, as the answer at UnreadPath does.
	UnreadTag string
}

// A page says with all that it asks for and sends whose it is, since somebody else may have signed
// in meanwhile in the same browser: its forms in a field, its scripts in a header, its socket in
// the query.
const (
	PersonField  = "person"
	PersonHeader = "Dusangire-Person"
)

// personKey finds whose page is drawn, which OfPerson has put into a context.
type personKey struct{}

// OfPerson returns a context in which forms are drawn as a user's own.
func OfPerson(ctx context.Context, userID int64) context.Context {
	return context.WithValue(ctx, personKey{}, number(userID))
}

// personOf is whose page is drawn; "" for what many people get.
func personOf(ctx context.Context) string {
	person, _ := ctx.Value(personKey{}).(string)
	return person
}

// whose is what the body of a page tells its scripts of whose page it is.
func (p Page) whose() templ.Attributes {
	if p.Viewer == nil {
		return nil
	}
	person := number(p.Viewer.UserID)
	header := `{"` + PersonHeader + `":"` + person + `"}`
	return templ.Attributes{"data-person": person, "hx-headers:inherited": header}
}

// Live says where a page's changes come from.
type Live struct {
	Socket    string             // path, such as "/ws/ward/3/"
	Revisions hospital.Revisions // of what the page was drawn from
}
