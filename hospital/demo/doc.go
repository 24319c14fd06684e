// Package demo writes an invented hospital into an empty database and plays the people who work in it.
//
// Load writes the opening state: ten wards, their beds, some 125 patients who came over the past days, a menu, and a kitchen and couriers
// who are at work whatever the time of day. Staff then admits, moves and discharges patients, cleans beds and reports
// faults, orders, cooks and carries, one act at a time, so that the boards live. Both go through package hospital's commands like
// everybody else, so every rule holds for them and every act is in the audit.
//
// Nobody here exists. Names are put together from common Rwandan names; where a pair is a living person's, that is chance.
package demo
