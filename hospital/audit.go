package hospital

import (
	"cmp"
	"context"
	"strings"
)

// entry is one line of the audit: what was done to what. Who did it and when is the command's, and
// is added by audit. A patient is an id in it: no name, no reason for admission and no notes.
type entry struct {
	action    string // such as "admission.admit"
	entity    string // what it was done to, such as "admission"
	entityID  int64
	patientID int64 // 0 where it concerns none
	wardID    int64 // 0 where it concerns none
	version   int64 // of what it was done to, after it
	from, to  string
	reason    string // that someone gave for a bed, a transfer, allergies; or what was refused
}

// audit adds a line to the audit, which the database never lets anyone change, and returns its id.
func (c *change) audit(ctx context.Context, e entry) (id int64, err error) {
	from := originOf(ctx)
	id, err = c.insert(ctx, `INSERT INTO audit (at, actor_id, actor, role, action, entity,
			entity_id, patient_id, ward_id, from_state, to_state, reason, request_id, address,
			session_id, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULLIF($14, ''), $15, $16)
		RETURNING id`,
		instant(c.now), reference(c.actor.UserID), c.actor.Username, c.actor.Role, e.action,
		e.entity, e.entityID, reference(e.patientID), reference(e.wardID), e.from, e.to, e.reason,
		keepable(cmp.Or(c.actor.RequestID, from.RequestID)), keepable(from.Address),
		reference(c.actor.SessionID), reference(e.version))
	return id, wrap(err, "audit %s", e.action)
}

// Origin is where a command comes from, as the audit notes it. The hospital's own have none.
type Origin struct {
	Address   string // of the client
	RequestID string // of the HTTP request, where no Actor has it: of failing to sign in
}

// originKey finds the Origin that From has put into a context.
type originKey struct{}

// From returns a context whose commands come from there.
func From(ctx context.Context, origin Origin) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// originOf is where a command comes from.
func originOf(ctx context.Context) Origin {
	origin, _ := ctx.Value(originKey{}).(Origin)
	return origin
}

// How much the record keeps of a request's id, and of what a browser calls itself.
const (
	longestRequestID = 100
	longestAgent     = 250
)

// keepable is an id that came from outside with what no database would take left out.
func keepable(id string) string { return keepableTo(id, longestRequestID) }

// keepableTo is keepable for a text of another length.
func keepableTo(text string, longest int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest])
	}
	return text
}
