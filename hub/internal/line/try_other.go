//go:build !unix

package line

const canTry = false

func tryWrite(uintptr, []byte) int { return 0 }
