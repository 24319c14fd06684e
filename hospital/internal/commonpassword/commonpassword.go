// Package commonpassword knows the passwords that those who guess try first.
package commonpassword

import (
	_ "embed" // the list
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed list.txt
var list string

// sorted is the list, whose lines are in order.
var sorted = sync.OnceValue(func() []string { return strings.Fields(list) })

// shortestCore is how many letters a word has at least that tells one password from another.
const shortestCore = 4

// cores are the words of the list without the figures around them, in order.
var cores = sync.OnceValue(func() []string {
	var all []string
	for _, password := range sorted() {
		if core := coreOf(password); len(core) >= shortestCore {
			all = append(all, core)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})

// coreOf is what is left of a password without what is no letter at its ends.
func coreOf(password string) string {
	return strings.TrimFunc(password, func(r rune) bool { return !unicode.IsLetter(r) })
}

// Contains reports whether a password is among the hundred thousand that are used most, in capitals
// or not, or is one of them with other figures around it. Those of fewer than eight characters are
// left out of the list, and so is no answer for them.
func Contains(password string) bool {
	lower := strings.ToLower(password)
	_, listed := slices.BinarySearch(sorted(), lower)
	_, known := slices.BinarySearch(cores(), coreOf(lower))
	return listed || known
}
