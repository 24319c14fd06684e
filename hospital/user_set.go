package hospital

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SetUserCommand is what SetUser needs. What is nil does not change.
type SetUserCommand struct {
	Username    *string // as of AddUserCommand
	DisplayName *string
	Role        *Role
	Wards       *[]int64
	Language    *string
	Disabled    *bool
	Version     int64 // of the user as somebody saw them; another one now: Conflict "user_outdated"
}

// SetUser changes an account. What stands already changes nothing. The person's screens follow: who
// is disabled is signed out, and whoever has another role or other wards sees what these see.
// Invalid names each wrong field, NotFound where there is no such user, Conflict a name that is
// taken, another version, and what would leave nobody who cares for accounts.
func (h *Hospital) SetUser(ctx context.Context, actor Actor, id int64,
	cmd SetUserCommand) (User, error) {
	if err := actor.need(ManageUsers); err != nil {
		return User{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (User, error) {
		if err := c.lockUserID(ctx, id); err != nil {
			return User{}, err
		}
		user, err := userByID(ctx, c.tx, id)
		if err == nil && cmd.Version != 0 && cmd.Version != user.Version {
			err = user.named(c.withChanges(ctx, user.outdated(), "user", id, cmd.Version,
				user.Version))
		}
		if err == nil {
			err = c.setUser(ctx, user, cmd)
		}
		if err != nil {
			return User{}, err
		}
		return userByID(ctx, c.tx, id)
	})
}

// SetUserNamed is SetUser for whoever knows the name.
func (h *Hospital) SetUserNamed(ctx context.Context, actor Actor, username string,
	cmd SetUserCommand) (User, error) {
	user, err := h.UserNamed(ctx, actor, username)
	if err != nil {
		return User{}, err
	}
	return h.SetUser(ctx, actor, user.ID, cmd)
}

// outdated is the refusal of a command whose giver saw another version.
func (u User) outdated() error {
	return Refuse(Conflict, "user_outdated",
		"The account %s has changed meanwhile. Look again before you change it.", u.Username).With(u)
}

// named adds what the user is called now to a refusal that says that this has changed: what they
// were called is not kept.
func (u User) named(err error) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	now := map[string]string{"username": u.Username, "display_name": u.DisplayName}
	for i, one := range refusal.Changes {
		if is, named := now[one.Field]; named {
			refusal.Changes[i].To, refusal.Changes[i].Unkept = told(is), true
		}
	}
	return err
}

// lockUserID keeps a user from everyone else until the commit. NotFound where there is none.
func (c *change) lockUserID(ctx context.Context, id int64) error {
	found, err := c.lock(ctx, "app_user", id)
	if err == nil && !found {
		return unknownUser()
	}
	return err
}

// patched is the user with what the command changes.
func (cmd SetUserCommand) patched(u User) User {
	for field, sent := range map[*string]*string{&u.Username: cmd.Username,
		&u.DisplayName: cmd.DisplayName, &u.Language: cmd.Language} {
		if sent != nil {
			*field = *sent
		}
	}
	if cmd.Role != nil {
		u.Role = *cmd.Role
	}
	if cmd.Wards != nil {
		u.Wards = *cmd.Wards
	}
	if cmd.Disabled != nil {
		u.Disabled = *cmd.Disabled
	}
	fields := AddUserCommand{Username: u.Username, DisplayName: u.DisplayName,
		Wards: u.Wards}.tidied()
	u.Username, u.DisplayName, u.Wards = fields.Username, fields.DisplayName, fields.Wards
	return u
}

// setUser changes a locked user and all that hangs on what changed.
func (c *change) setUser(ctx context.Context, was User, cmd SetUserCommand) error {
	is := cmd.patched(was)
	wrong := AddUserCommand{Username: is.Username, Role: is.Role, DisplayName: is.DisplayName,
		Language: is.Language}.wrong()
	if err := wrong.err(); err != nil {
		return err
	}
	e := userChange(was, is)
	if e.from == "" {
		return nil
	}
	if err := c.keepAnAdmin(ctx, was, is); err != nil {
		return err
	}
	_, err := c.exec(ctx, `UPDATE app_user SET username = $2, display_name = $3, role = $4,
			language = $5, disabled = $6, version = version + 1 WHERE id = $1`,
		is.ID, is.Username, is.DisplayName, is.Role, is.Language, is.Disabled)
	if err != nil {
		return usernameError(err, is.Username)
	}
	if !slices.Equal(was.Wards, is.Wards) {
		if _, err := c.exec(ctx, `DELETE FROM user_ward WHERE user_id = $1`, is.ID); err != nil {
			return fmt.Errorf("take the wards of %s: %w", was.Username, err)
		}
		if err := c.giveWards(ctx, is); err != nil {
			return err
		}
	}
	c.record(e, was, is)
	return c.followUser(ctx, was, is)
}

// followUser does what follows from a change of a user: who is disabled is signed out, and who is no
// customer any more orders for no patient.
func (c *change) followUser(ctx context.Context, was, is User) error {
	if is.Disabled && !was.Disabled {
		if err := c.endSessions(ctx, is); err != nil {
			return err
		}
	}
	if was.Role != Customer || is.Role == Customer {
		return nil
	}
	_, err := c.exec(ctx, `DELETE FROM customer_link WHERE user_id = $1`, is.ID)
	c.touch(topicOnly(CustomerTopic(is.ID)))
	return wrap(err, "unlink %s", is.Username)
}

// userChange is the line of the audit for a change of a user; nothing in it where nothing changed.
// What people are called is not kept: a customer may be called what a patient is.
func userChange(was, is User) entry {
	e := entry{action: "user.set", entity: "user", entityID: is.ID, version: is.Version + 1}
	e.from, e.to = codesOf(coded{"role", string(was.Role), string(is.Role)},
		coded{"wards", idCodes(was.Wards), idCodes(is.Wards)},
		coded{"language", was.Language, is.Language},
		coded{"disabled", strconv.FormatBool(was.Disabled), strconv.FormatBool(is.Disabled)})
	if was.Username != is.Username {
		e.from = strings.TrimSpace(e.from + " username")
	}
	if was.DisplayName != is.DisplayName {
		e.from = strings.TrimSpace(e.from + " display_name")
	}
	return e
}

// idCodes are ids as one code of the audit.
func idCodes(ids []int64) string { return joined(ids, ",", number) }

// keepAnAdmin refuses what would leave nobody who can sign in and care for accounts. Whoever has
// the server's shell may: they can make another.
func (c *change) keepAnAdmin(ctx context.Context, was, is User) error {
	manages := func(u User) bool { return !u.Disabled && u.Role.May(ManageUsers) }
	if c.actor.UserID == 0 || !manages(was) || manages(is) {
		return nil
	}
	// All who take an administrator away wait for each other here.
	if _, err := c.exec(ctx, `UPDATE meta SET value = value WHERE name = 'epoch'`); err != nil {
		return fmt.Errorf("wait for other changes of administrators: %w", err)
	}
	others, err := queryIDs(ctx, c.tx, `SELECT id FROM app_user
		WHERE role = $1 AND NOT disabled AND id <> $2 AND password_hash <> $3`, Admin, was.ID,
		noPassword)
	if err == nil && len(others) == 0 {
		return Refuse(Conflict, "last_admin",
			"This is the last administrator who can sign in. Let somebody else be one first.")
	}
	return wrap(err, "read who cares for accounts")
}

// EndUserSessions signs a user out everywhere. No error where they are signed in nowhere. NotFound
// where there is no such user.
func (h *Hospital) EndUserSessions(ctx context.Context, actor Actor, id int64) error {
	return h.changeAs(ctx, actor, ManageUsers, func(ctx context.Context, c *change) error {
		if err := c.lockUserID(ctx, id); err != nil {
			return err
		}
		user, err := userByID(ctx, c.tx, id)
		if err != nil {
			return err
		}
		c.record(entry{action: "user.end_sessions", entity: "user", entityID: id}, user)
		return c.endSessions(ctx, user)
	})
}

// userChanges are the fields that a line of the audit about a user tells of.
func userChanges(action, from, to string) []Change {
	switch action {
	case "user.disable", "user.enable":
		return []Change{{Field: "disabled", From: from == "disabled", To: to == "disabled"}}
	case "user.set":
		return codedChanges(from, to)
	}
	return nil
}

// userValue is a value of the audit of a user as commands send it.
func userValue(field, code string) (value any, known bool) {
	switch field {
	case "disabled":
		return code == "true", true
	case "wards":
		ids := []int64{}
		for one := range strings.SplitSeq(code, ",") {
			if id, err := strconv.ParseInt(one, 10, 64); err == nil {
				ids = append(ids, id)
			}
		}
		return ids, true
	}
	return nil, false
}
