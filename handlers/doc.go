// Package handlers is the hospital's door to the outside: Echo routes, sessions, who may do what,
// and the shapes of JSON.
//
// routes.go is the table of everything that can be asked, noun by noun, each line with the
// permission it needs. A noun's file holds its page, its commands and its JSON. A page that is told
// of changes is a screen, declared once; screen.go makes its page, socket, polls and JSON of that.
// A command always does three things: decode the input, ask package hospital, answer. An error it
// returns with the form that was sent; form.go decides what the client sees of it. Pages, commands
// and sockets pass the same checks.
//
// It holds no rules and no SQL.
package handlers
