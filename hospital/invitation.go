package hospital

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"slices"
	"time"
)

// InvitationLasts is for how long a caregiver may accept an invitation, while the stay lasts.
const InvitationLasts = 72 * time.Hour

// mostInvitations is how many invitations to one stay may wait for somebody at once.
const mostInvitations = 10

// Invitation lets one caregiver order for the patient of an admission, as long as that lasts. The
// code is shown once, to whoever hands it out.
type Invitation struct {
	ID          int64
	AdmissionID int64
	Code        string // such as "K7QM4-3XPRT"; empty for whoever reads it later
	Place       string // ward and bed; empty while the patient waits for one
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// InviteCommand is what Invite and RevokeInvitations need.
type InviteCommand struct {
	AdmissionID int64 // the admission that its giver saw; 0 where they did not say
	Version     int64 // of the admission, likewise
	Key         string
}

// codeAlphabet are the characters of a code: none that is taken for another one.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// invitationCode is the code that a secret stands for: 49 bits, which nobody guesses from outside.
func invitationCode(secret string) string {
	sum := sha256.Sum256([]byte("invitation " + secret))
	code := make([]byte, 0, 11)
	for i, b := range sum[:10] {
		if i == 5 {
			code = append(code, '-')
		}
		code = append(code, codeAlphabet[int(b)%len(codeAlphabet)])
	}
	return string(code)
}

// hashOfCode is what is kept of a code, in whatever spelling it was typed.
func hashOfCode(code string) string { return digest("invitation " + bareCode(code)) }

// Invite makes an invitation to an open admission. Conflict where it has ended, where its giver saw
// another one, or where too many wait already.
func (h *Hospital) Invite(ctx context.Context, actor Actor, admissionID int64,
	cmd InviteCommand) (Invitation, error) {
	if err := actor.need(InviteCaregivers); err != nil {
		return Invitation{}, err
	}
	secret := h.secretFor(actor, "invitation.add", cmd.Key)
	code := invitationCode(secret)
	made, _, err := create(ctx, h, actor, creation[Invitation]{
		name: "invitation.add", key: cmd.Key, said: admissionID,
		make: func(ctx context.Context, c *change) (int64, error) {
			admission, err := c.lockOpenAdmission(ctx, admissionID,
				precondition{cmd.AdmissionID, cmd.Version})
			if err != nil {
				return 0, err
			}
			return c.invite(ctx, admission, code)
		},
		read: readInvitation,
	})
	made.Code = code
	return made, err
}

// invite keeps an invitation to a locked admission and returns its id.
func (c *change) invite(ctx context.Context, admission Admission, code string) (int64, error) {
	waiting, err := scanValue[int](c.tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM invitation
		WHERE admission_id = $1 AND used_by IS NULL AND expires_at > $2`, admission.ID,
		instant(c.now)))
	if err != nil {
		return 0, wrap(err, "count the invitations to admission %d", admission.ID)
	}
	if waiting >= mostInvitations {
		return 0, Refuse(Conflict, "invitations_many",
			"%d slips are out that nobody has used. Take them back before you make another.", waiting)
	}
	c.record(admission.entry("invitation.add"), topicOnly(PatientTopic(admission.PatientID)))
	id, err := c.insert(ctx, `INSERT INTO invitation (admission_id, code_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4) RETURNING id`, admission.ID, hashOfCode(code), instant(c.now),
		instant(c.now.Add(InvitationLasts)))
	return id, wrap(err, "invite to admission %d", admission.ID)
}

const selectInvitation = `SELECT invitation.id, invitation.admission_id, invitation.created_at,
		invitation.expires_at, COALESCE(ward.name || ', ' || bed.number, '')
	FROM invitation JOIN admission ON admission.id = invitation.admission_id
	LEFT JOIN bed ON bed.id = admission.bed_id LEFT JOIN ward ON ward.id = bed.ward_id`

func scanInvitation(row scanner) (i Invitation, err error) {
	err = row.Scan(&i.ID, &i.AdmissionID, (*instant)(&i.CreatedAt), (*instant)(&i.ExpiresAt),
		&i.Place)
	return i, err
}

func readInvitation(ctx context.Context, q *sql.Tx, id int64) (Invitation, error) {
	i, err := scanInvitation(q.QueryRowContext(ctx, selectInvitation+` WHERE invitation.id = $1`, id))
	return i, wrapRow(err, usedUp, "read invitation %d", id)
}

// InvitationList is what the ward sees of the invitations to one stay.
type InvitationList struct {
	Admission
	Waiting   []Invitation // nobody has accepted them yet, the newest first
	Customers []string     // usernames of those who may order for the patient
}

// Invitations reads what waits for caregivers of an open admission. NotFound where there is none.
func (h *Hospital) Invitations(ctx context.Context, actor Actor,
	admissionID int64) (InvitationList, error) {
	return readAs(ctx, h, actor, InviteCaregivers,
		func(ctx context.Context, q *sql.Tx) (list InvitationList, err error) {
			if list.Admission, err = readAdmission(ctx, q, admissionID); err != nil {
				return list, err
			}
			rows, err := q.QueryContext(ctx, selectInvitation+` WHERE invitation.admission_id = $1
				AND invitation.used_by IS NULL AND invitation.expires_at > $2`, admissionID,
				instant(h.clock(ctx)))
			if list.Waiting, err = collect(rows, err, scanInvitation); err != nil {
				return list, wrap(err, "read the invitations to admission %d", admissionID)
			}
			slices.SortFunc(list.Waiting, func(a, b Invitation) int { return cmp.Compare(b.ID, a.ID) })
			list.Customers, err = customersOf(ctx, q, list.PatientID)
			return list, err
		})
}

// RevokeInvitations takes back what nobody has accepted. Where there is nothing it changes nothing.
// Conflict where the admission has ended, which takes them back too, or its giver saw another one.
func (h *Hospital) RevokeInvitations(ctx context.Context, actor Actor, admissionID int64,
	cmd InviteCommand) error {
	return h.changeAs(ctx, actor, InviteCaregivers, func(ctx context.Context, c *change) error {
		admission, err := c.lockOpenAdmission(ctx, admissionID,
			precondition{cmd.AdmissionID, cmd.Version})
		if err != nil {
			return err
		}
		taken, err := c.exec(ctx,
			`DELETE FROM invitation WHERE admission_id = $1 AND used_by IS NULL`, admissionID)
		if err == nil && taken > 0 {
			c.record(admission.entry("invitation.revoke"),
				topicOnly(PatientTopic(admission.PatientID)))
		}
		return wrap(err, "take back the invitations to admission %d", admissionID)
	})
}

// InvitationOf finds the invitation of a code that can still be accepted. NotFound for any other.
func (h *Hospital) InvitationOf(ctx context.Context, code string) (Invitation, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Invitation, error) {
		return invitationOf(ctx, q, code, h.clock(ctx))
	})
}

// invitationOf reads the invitation of a code that is good now.
func invitationOf(ctx context.Context, q *sql.Tx, code string, now time.Time) (Invitation, error) {
	i, err := scanInvitation(q.QueryRowContext(ctx, selectInvitation+` WHERE code_hash = $1
		AND invitation.used_by IS NULL AND invitation.expires_at > $2
		AND admission.discharged_at IS NULL`, hashOfCode(code), instant(now)))
	return i, wrapRow(err, usedUp, "read an invitation")
}

// AcceptInvitation makes a login with which a caregiver orders for the patient during the stay.
// NotFound where the code is no longer good, Invalid for wrong fields, Conflict for a name that is
// taken.
func (h *Hospital) AcceptInvitation(ctx context.Context, code string,
	user AddUserCommand) (User, error) {
	user = user.tidied()
	user.Role, user.Wards, user.Demo, user.Disabled = Customer, nil, false, false
	wrong := user.wrong()
	wrong.password(user.Username, user.Password)
	if err := wrong.err(); err != nil {
		return User{}, err
	}
	if _, err := h.InvitationOf(ctx, code); err != nil { // before the work of a hash
		return User{}, err
	}
	hash, err := h.hashPassword(ctx, typed(user.Password))
	if err != nil {
		return User{}, notSaved(ctx, err)
	}
	themselves := Actor{Username: user.Username, Role: Customer}
	return command(ctx, h, themselves, func(ctx context.Context, c *change) (User, error) {
		id, err := c.addUser(ctx, user, hash)
		if err == nil {
			err = c.accept(ctx, code, id)
		}
		if err != nil {
			return User{}, err
		}
		return userByID(ctx, c.tx, id)
	})
}

// AcceptAs lets a customer who has a login already order for the patient of an invitation.
func (h *Hospital) AcceptAs(ctx context.Context, actor Actor, code string) error {
	if actor.Role != Customer {
		return Refuse(Conflict, "not_a_customer",
			"You are signed in as one of the staff. Sign out before you accept this invitation.")
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		if err := c.lockUserID(ctx, actor.UserID); err != nil {
			return err
		}
		return c.accept(ctx, code, actor.UserID)
	})
}

// accept links a locked customer with the patient of an invitation, for the stay, and uses it up.
// Who is linked for good already stays so.
func (c *change) accept(ctx context.Context, code string, userID int64) error {
	found, err := invitationOf(ctx, c.tx, code, c.now)
	if err != nil {
		return err
	}
	admission, err := c.lockOpenAdmission(ctx, found.AdmissionID, precondition{})
	if err != nil {
		return err
	}
	used, err := c.exec(ctx, `UPDATE invitation SET used_by = $2 WHERE id = $1 AND used_by IS NULL`,
		found.ID, userID)
	if err == nil && used == 0 {
		return usedUp()
	}
	if err != nil {
		return wrap(err, "use invitation %d", found.ID)
	}
	_, err = c.exec(ctx, `INSERT INTO customer_link (user_id, patient_id, linked_at, admission_id)
		VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, patient_id)
		DO UPDATE SET admission_id = excluded.admission_id
		WHERE customer_link.admission_id IS NOT NULL`,
		userID, admission.PatientID, instant(c.now), admission.ID)
	if err != nil {
		return wrap(err, "link user %d for admission %d", userID, admission.ID)
	}
	c.record(entry{action: "customer.accept", entity: "user", entityID: userID,
		patientID: admission.PatientID}, topicOnly(CustomerTopic(userID)))
	return nil
}

// endsLinks reports whether somebody may order for the patient of an admission no longer than it
// lasts.
func (c *change) endsLinks(ctx context.Context, admission Admission) (bool, error) {
	ends, err := scanValue[bool](c.tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM customer_link WHERE admission_id = $1)`, admission.ID))
	return ends, wrap(err, "read who is linked for admission %d", admission.ID)
}
