//go:build !unix

package hub

const canTry = false

func tryWrite(uintptr, []byte) int { return 0 }
