// Package commonpassword knows the passwords that those who guess try first.
package commonpassword

import (
	_ "embed" // the list
	"slices"
	"strings"
	"sync"
)

//go:embed list.txt
var list string

// sorted is the list, whose lines are in order.
var sorted = sync.OnceValue(func() []string { return strings.Fields(list) })

// Contains reports whether a password is among the hundred thousand that are used most, in capitals
// or not. Those of fewer than eight characters are left out of the list, and so is no answer for
// them.
func Contains(password string) bool {
	_, found := slices.BinarySearch(sorted(), strings.ToLower(password))
	return found
}
