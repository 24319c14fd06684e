package hub

import "fmt"

// recoverInto turns a panic into an error. It is to be deferred.
func recoverInto(err *error) {
	if failure := recover(); failure != nil {
		*err = fmt.Errorf("panic: %v", failure)
	}
}
