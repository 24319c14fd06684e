// Package handlers is the hospital's door to the outside: Echo routes, sessions, who may do what,
// and the shapes of JSON.
//
// routes.go is the table of everything that can be asked, each line with the permission it needs. A
// noun's file holds its page, its live view (the same read and the same components) and its
// commands. A command always does four things: decode the input, ask package hospital, hand an
// error to problem.go, answer. Pages, commands and sockets pass the same checks.
//
// It holds no rules and no SQL.
package handlers
