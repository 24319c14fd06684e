package hospital

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-crypt/crypt/algorithm/argon2"
	"golang.org/x/text/unicode/norm"
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
		refuse("password_common", "This password is among the first that others try: a common one, a "+
			"name, a place, a month or a row of keys, whatever figures are around it. Choose another, "+
			"such as four words that only you put together.")
	}
}

// The cost of a new hash: OWASP's minimum for argon2id, on one processor. It is written into each
// hash, so raising it leaves the older ones good.
const (
	hashMemory = 19456 // KiB
	hashPasses = 2
)

// newHasher makes new hashes at that cost.
func newHasher() (*argon2.Hasher, error) {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(hashMemory),
		argon2.WithT(hashPasses), argon2.WithP(1))
	return hasher, wrap(err, "prepare the hashing of passwords")
}

// hashesAtOnce bounds the memory and the processors that sign-ins can take from everyone else: each
// check of a password has 19 MiB, and what the one before it had is garbage until it is collected.
const hashesAtOnce = 2

// passwordHash is a hash with its cost and its salt, in the PHC string format.
type passwordHash string

// noPassword stands in for the hash of a user who does not exist, so that looking for one takes the
// same work. Its salt and its key are zeros: no password is known to match it.
var noPassword = passwordHash(fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s",
	hashMemory, hashPasses, strings.Repeat("A", 22), strings.Repeat("A", 43)))

// hashPassword hashes a new password. It waits for its turn until the context ends.
func (h *Hospital) hashPassword(ctx context.Context, password string) (passwordHash, error) {
	var hash passwordHash
	err := h.whileHashing(ctx, knownDevice, func() error {
		digest, err := h.hasher.Hash(password)
		if err == nil {
			hash = passwordHash(digest.Encode())
		}
		return err
	})
	return hash, err
}

// matches reports whether the password is the one that was hashed, at whatever cost. It waits for
// its turn until the context ends.
func (h *Hospital) matches(
	ctx context.Context, p priority, hash passwordHash, password string,
) (same bool, err error) {
	err = h.whileHashing(ctx, p, func() error {
		digest, err := argon2.Decode(string(hash))
		if err == nil {
			same, err = digest.MatchAdvanced(password)
		}
		return err
	})
	return same, err
}

// whileHashing runs work when fewer than hashesAtOnce others do, or returns the context's error.
func (h *Hospital) whileHashing(ctx context.Context, p priority, work func() error) error {
	if err := h.hashing.acquire(ctx, p); err != nil {
		return err
	}
	defer h.hashing.release()
	if err := work(); err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	return nil
}
