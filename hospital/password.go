package hospital

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password's hash: OWASP's minimum for argon2id. It is written into each hash, so raising it
// leaves the older ones good.
const (
	hashMemory  = 19456 // KiB
	hashTime    = 2
	hashThreads = 1
	hashLength  = 32
	saltLength  = 16
)

// hashesAtOnce bounds the memory and the processors that sign-ins can take from everyone else.
const hashesAtOnce = 4

// passwordHash is a hash with its cost and its salt, in the PHC string format.
type passwordHash string

// noPassword stands in for the hash of a user who does not exist, so that looking for one takes the same work. Nothing matches it.
var noPassword = phc(make([]byte, saltLength), make([]byte, hashLength))

// phc writes a hash in the PHC string format.
func phc(salt, key []byte) passwordHash {
	encode := base64.RawStdEncoding.EncodeToString
	return passwordHash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, hashMemory, hashTime, hashThreads, encode(salt), encode(key)))
}

// hashPassword hashes a new password. It waits for its turn until the context ends.
func (h *Hospital) hashPassword(ctx context.Context, password string) (passwordHash, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt) // never fails
	var key []byte
	err := h.whileHashing(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	})
	return phc(salt, key), err
}

// matches reports whether the password is the one that was hashed. It waits for its turn until the context ends.
func (h *Hospital) matches(ctx context.Context, hash passwordHash, password string) (same bool, err error) {
	var memory, time uint32
	var threads uint8
	var version int
	parts := strings.Split(string(hash), "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("a password's hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("read the cost of a password's hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("read the salt of a password's hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("read a password's hash: %w", err)
	}
	err = h.whileHashing(ctx, func() {
		// #nosec G115 -- the length of a hash, a few bytes
		got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
		same = subtle.ConstantTimeCompare(got, want) == 1
	})
	return same, err
}

// whileHashing runs work when fewer than hashesAtOnce others do, or returns the context's error.
func (h *Hospital) whileHashing(ctx context.Context, work func()) error {
	select {
	case h.hashing <- struct{}{}:
		defer func() { <-h.hashing }()
		work()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
}
