// Package timezone lists the time zones that people live in.
package timezone

import (
	_ "embed"
	"strings"
	_ "time/tzdata" // every zone must be known on every machine
)

//go:embed list.txt
var list string

// Names are those of the IANA database, as its zone.tab lists them.
var Names = strings.Fields(list)
