package hospital

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"dusangire/hospital/internal/commonpassword"
)

// The length of a password, in characters.
const (
	ShortestPassword = 8
	LongestPassword  = 128
)

// typed is a password as it is set and checked: what keyboards and systems write in different ways
// is the same (NFC).
func typed(password string) string { return norm.NFC.String(password) }

// password records why a user can't have a new password: it can never be typed, or it is among the
// first that others try.
func (f fields) password(username, password string) {
	password = typed(password)
	length := utf8.RuneCountInString(password)
	refuse := func(code, format string, args ...any) { f.refuse("password", code, format, args...) }
	switch {
	case !utf8.ValidString(password):
		refuse("password_encoding",
			"The password did not arrive as UTF-8 text. Save or send it as UTF-8.")
	case strings.TrimSpace(password) != password:
		refuse("password_blanks", "A password begins and ends with no blank: nobody would see it.")
	case unwritable(password), visible(password) != password, strings.ContainsAny(password, "\t\n"):
		refuse("password_characters", "Use only characters that can be seen and typed.")
	case length < ShortestPassword || length > LongestPassword:
		refuse("password_length", "A password has %d to %d characters.", ShortestPassword,
			LongestPassword)
	case guessable(username, password):
		refuse("password_common",
			"This password is among the first that others try. Choose another, such as four words that only you put together.")
	}
}

// ourName is what the users of this program think of first.
const ourName = "dusangire"

// guessable reports whether a password is widely used, or is a name with figures around it: the
// user's or the program's.
func guessable(username, password string) bool {
	folded := strings.ToLower(password)
	name := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	bare := strings.TrimFunc(username, func(r rune) bool { return !unicode.IsLetter(r) })
	named := folded == username || name == ourName || name != "" && name == bare
	return named || commonpassword.Contains(folded)
}

// The cost of a password's hash: OWASP's minimum for argon2id. It is written into each hash, so
// raising it leaves the older ones good.
const (
	hashMemory  = 19456 // KiB
	hashTime    = 2
	hashThreads = 1
	hashLength  = 32
	saltLength  = 16
)

// hashesAtOnce bounds the memory and the processors that sign-ins can take from everyone else: each
// check of a password has 19 MiB, and what the one before it had is garbage until it is collected.
const hashesAtOnce = 2

// passwordHash is a hash with its cost and its salt, in the PHC string format.
type passwordHash string

// noPassword stands in for the hash of a user who does not exist, so that looking for one takes the
// same work. Nothing matches it.
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
	err := h.whileHashing(ctx, knownDevice, func() {
		key = argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	})
	return phc(salt, key), err
}

// matches reports whether the password is the one that was hashed. It waits for its turn until the
// context ends.
func (h *Hospital) matches(ctx context.Context, p priority, hash passwordHash,
	password string) (same bool, err error) {
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
	err = h.whileHashing(ctx, p, func() {
		// #nosec G115 -- the length of a hash, a few bytes
		got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
		same = subtle.ConstantTimeCompare(got, want) == 1
	})
	return same, err
}

// whileHashing runs work when fewer than hashesAtOnce others do, or returns the context's error.
func (h *Hospital) whileHashing(ctx context.Context, p priority, work func()) error {
	if err := h.hashing.acquire(ctx, p); err != nil {
		return err
	}
	defer h.hashing.release()
	work()
	return nil
}
