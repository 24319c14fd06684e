package hospital

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
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
		refuse("password_encoding", "The password did not arrive as UTF-8 text. Save or send it as UTF-8.")
	case strings.TrimSpace(password) != password:
		refuse("password_blanks", "A password begins and ends with no blank: nobody would see it.")
	case unwritable(password), visible(password) != password, strings.ContainsAny(password, "\t\n"):
		refuse("password_characters", "Use only characters that can be seen and typed.")
	case length < ShortestPassword || length > LongestPassword:
		refuse("password_length", "A password has %d to %d characters.", ShortestPassword, LongestPassword)
	case guessable(username, password):
		refuse("password_common", "This password is among the first that others try. Choose another, such as four words that only you put together.")
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

// hashCost is that of a new hash where no other is asked for: OWASP's minimum for argon2id. It is
// written into each hash, so raising it leaves the older ones good.
var hashCost = &argon2id.Params{
	Memory: 19456 /* KiB */, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32,
}

// hashesAtOnce bounds the memory and the processors that sign-ins can take from everyone else: each
// check of a password has 19 MiB, and what the one before it had is garbage until it is collected.
const hashesAtOnce = 2

// passwordHash is a hash with its cost and its salt, in the PHC string format.
type passwordHash string

// noPassword stands in for the hash of a user who does not exist, so that looking for one takes the
// same work. Its salt and its key are zeros: no password is known to match it.
var noPassword = passwordHash(fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s",
	hashCost.Memory, hashCost.Iterations, hashCost.Parallelism,
	strings.Repeat("A", 22), strings.Repeat("A", 43)))

// hashPassword hashes a new password. It waits for its turn until the context ends.
func (h *Hospital) hashPassword(ctx context.Context, password string) (passwordHash, error) {
	var hash string
	err := h.whileHashing(ctx, known, func() (err error) {
		hash, err = argon2id.CreateHash(password, h.hashCost)
		return err
	})
	return passwordHash(hash), err
}

// matches reports whether the password is the one that was hashed, at whatever cost. It waits for
// its turn until the context ends.
func (h *Hospital) matches(
	ctx context.Context, r rank, hash passwordHash, password string,
) (same bool, err error) {
	err = h.whileHashing(ctx, r, func() (err error) {
		same, err = argon2id.ComparePasswordAndHash(password, string(hash))
		return err
	})
	return same, err
}

// whileHashing runs work when fewer than hashesAtOnce others do, or returns the context's error.
func (h *Hospital) whileHashing(ctx context.Context, r rank, work func() error) error {
	if err := h.hashing.enter(ctx, r); err != nil {
		return err
	}
	defer h.hashing.leave()
	if err := work(); err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	return nil
}
