package hospital

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// LongestKey is the most characters of an idempotency key.
const LongestKey = 200

// keysLast is how long a key is remembered: longer than anybody tries again.
const keysLast = 48 * time.Hour

// once makes sure that the actor's command under this key happens once, however often and on
// however many nodes it is given: the first time it does do, which returns the id of what it made;
// after that it returns that id, and replayed true, and nothing is changed. The same key with
// another payload is refused. An empty key stands for no key.
//
// The key's row is inserted first. A command under the same key waits there until this one has been
// committed or not.
func (c *change) once(ctx context.Context, key, command string, payload any,
	do func() (int64, error)) (id int64, replayed bool, err error) {
	if key == "" {
		id, err = do()
		return id, false, err
	}
	if unwritable(key) || utf8.RuneCountInString(key) > LongestKey {
		return 0, false, wrongKey(Refuse(Invalid, "idempotency_key",
			"An idempotency key has at most %d characters that can be written.", LongestKey))
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return 0, false, fmt.Errorf("digest a command: %w", err)
	}
	payloadDigest := digest(string(text))

	_, err = c.exec(ctx, `INSERT INTO idempotency (user_id, key, command, payload, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, key) DO NOTHING`,
		c.actor.UserID, key, command, payloadDigest, instant(c.now))
	if err != nil {
		return 0, false, fmt.Errorf("keep an idempotency key: %w", err)
	}
	id, err = c.earlier(ctx, key, command, payloadDigest)
	if err != nil || id != 0 {
		return id, id != 0, err
	}
	if id, err = do(); err != nil {
		return 0, false, err
	}
	_, err = c.exec(ctx, `UPDATE idempotency SET result_id = $3 WHERE user_id = $1 AND key = $2`,
		c.actor.UserID, key, id)
	return id, false, wrap(err, "keep what an idempotency key led to")
}

// creation is a command that makes something, once under its key.
type creation[T any] struct {
	name string // of the command, under which its key is kept
	key  string
	said any // what the same key must repeat
	make func(ctx context.Context, c *change) (id int64, err error)
	read func(ctx context.Context, q *sql.Tx, id int64) (T, error)
}

// create runs a command that makes something and returns it. replayed says that an earlier command
// under the same key made it.
func create[T any](ctx context.Context, h *Hospital, actor Actor,
	cmd creation[T]) (made T, replayed bool, err error) {
	made, err = command(ctx, h, actor, func(ctx context.Context, c *change) (T, error) {
		var id int64
		var err error
		id, replayed, err = c.once(ctx, cmd.key, cmd.name, cmd.said,
			func() (int64, error) { return cmd.make(ctx, c) })
		if err != nil {
			return made, err
		}
		return cmd.read(ctx, c.tx, id)
	})
	return made, replayed && err == nil, err
}

// earlier returns what the key led to before, or 0 where it is new.
func (c *change) earlier(ctx context.Context, key, command,
	payloadDigest string) (id int64, err error) {
	var earlierCommand, earlierPayload string
	err = c.tx.QueryRowContext(ctx,
		`SELECT command, payload, result_id FROM idempotency WHERE user_id = $1 AND key = $2`,
		c.actor.UserID, key).Scan(&earlierCommand, &earlierPayload, (*reference)(&id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, errors.New("an idempotency key vanished")
	case err != nil:
		return 0, fmt.Errorf("read an idempotency key: %w", err)
	case earlierCommand != command || earlierPayload != payloadDigest:
		return 0, wrongKey(Refuse(Invalid, "idempotency_key_reused",
			"This was sent under the key of something else. Open the form again and send it anew."))
	}
	return id, nil
}

// wrongKey makes a refusal of a key say the same at the key's field.
func wrongKey(refusal *Error) error {
	atField := *refusal
	refusal.Fields = fields{"idempotency_key": &atField}
	return refusal
}

// digest is a text's SHA-256, for comparing what must not be kept.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
