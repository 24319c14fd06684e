// Package views draws what people see: pages, and the regions of the pages that are live.
//
// A file per noun, as in the other rooms: ward.templ, bed.templ, admission.templ, dashboard.templ.
// A page is a component that takes a Page and a value of package hospital; a region is a part of it
// that changes by itself and has an id from region.go. …Regions, beside the page, lists those of a
// page. The same component draws a region in the page and in a frame over the socket, so the two
// can't differ.
//
// Everything is drawn from its arguments and the language in the context (package text). Nothing
// here reads a database, knows a socket or decides what somebody may do: hospital.Role.May is
// asked, never answered. Styles are classes of static/app.css; the content security policy forbids
// inline styles and scripts, and a test forbids them here.
package views
