package main

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is what server is measured: "dusangire", or bare "raw", "melody" or "melody-16".
type kind string

const (
	dusangire   kind = "dusangire"
	raw         kind = "raw"
	bareMelody  kind = "melody"
	smallMelody kind = "melody-16" // with buffers of 16 messages
)

// defaultBuffer is how many messages melody buffers for a socket by default.
const defaultBuffer = 256

// kindOf is the kind that the flags name.
func kindOf(baseline string, buffer int) (kind, error) {
	switch {
	case baseline == "":
		return dusangire, nil
	case baseline == string(raw):
		return raw, nil
	case baseline == string(bareMelody) && buffer == defaultBuffer:
		return bareMelody, nil
	case baseline == string(bareMelody) && buffer > 0:
		return kind(fmt.Sprintf("%s-%d", bareMelody, buffer)), nil
	}
	return "", fmt.Errorf("-baseline %q: give raw or melody, with a -buffer above 0", baseline)
}

// bare makes the bare server of this kind.
func (k kind) bare() bare {
	if k == raw {
		return newStraight()
	}
	buffer := defaultBuffer
	if _, size, found := strings.Cut(string(k), "-"); found {
		buffer, _ = strconv.Atoi(size) // kindOf wrote it
	}
	return newBroadcast(buffer)
}
