// Package hospital is what a hospital is, and the only door to its database.
//
// A file per noun: ward.go, bed.go, admission.go, user.go and so on hold the type, its states, the
// rules and the SQL of that noun together, because a rule such as "one patient a bed" is decided by
// the database and belongs beside its query.
//
// There are reads and commands. A read (WardBoard, MedicalDashboard) answers from one consistent
// snapshot and carries the revisions of the topics it was read at. A command (Admit, Transfer,
// SetBedStatus) goes through the steps that change.go frames: check → change → audit → revisions →
// commit → announce. A command that returns nil is in the database. One that returns an error
// changed nothing, with two exceptions: an order that a safety check refuses to go on with is held
// (commitAndRefuse), and a wrong code of a bed or at a door is noted. Of outcome_unknown nobody
// knows whether it was committed.
//
// It knows SQLite and PostgreSQL, and neither HTTP, HTML, Redis nor sockets.
package hospital
