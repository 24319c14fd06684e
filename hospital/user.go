package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"dusangire/hospital/internal/store"
)

// User is someone who can sign in.
type User struct {
	ID       int64
	Username string // lower case, unique
	Role     Role
	// the wards this person works on, sorted; none means all. They shape the dashboard, not the
	// permissions
	Wards       []int64
	DisplayName string // what colleagues call them; empty: the username
	Language    string // one of Languages; empty: the browser's
	Disabled    bool
	Demo        bool // has the published password of the demo hospital
	Waiting     bool // has not set a password yet
	CreatedAt   time.Time
	Version     int64 // counts the changes of what SetUser sets
}

// Called is what a person is called on screens.
func (u User) Called() string { return cmp.Or(u.DisplayName, u.Username) }

// AddUserCommand is what AddUser needs.
type AddUserCommand struct {
	Username string // 2–64 of a–z, 0–9, dot, hyphen, underscore; capitals are folded
	Role     Role
	Wards    []int64
	Password string // 8–128 characters, hard to guess; demo users may have any
	Demo     bool

	DisplayName string // at most LongestName characters; may be empty
	Language    string // one of Languages; may be empty
	Disabled    bool
}

var usernamePattern = regexp.MustCompile(`^[a-z0-9._-]{2,64}$`)

// foldUsername is the form in which a name is kept and looked for.
func foldUsername(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// AddUser creates a login. Invalid names wrong fields, Conflict a name that is taken.
func (h *Hospital) AddUser(ctx context.Context, actor Actor, user AddUserCommand) (User, error) {
	user = user.tidied()
	wrong := user.wrong()
	if !user.Demo {
		wrong.password(user.Username, user.Password)
	}
	if err := cmp.Or(actor.need(ManageUsers), wrong.err()); err != nil {
		return User{}, err
	}
	hash, err := h.hashPassword(ctx, typed(user.Password))
	if err != nil {
		return User{}, notSaved(ctx, err)
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (User, error) {
		id, err := c.addUser(ctx, user, hash)
		if err != nil {
			return User{}, err
		}
		return userByID(ctx, c.tx, id)
	})
}

// tidied is the command with its fields as they are kept.
func (u AddUserCommand) tidied() AddUserCommand {
	u.Username, u.DisplayName = foldUsername(u.Username), tidy(u.DisplayName)
	u.Wards = sortedSet(u.Wards)
	return u
}

// wrong are what is wrong with the fields, apart from the password and from what only the database
// knows.
func (u AddUserCommand) wrong() fields {
	wrong := fields{}
	if !usernamePattern.MatchString(u.Username) {
		wrong.refuse("username", "username",
			"Use 2 to 64 of the letters a–z, digits, dot, hyphen and underscore.")
	}
	wrong.letters("username", u.Username)
	if !u.Role.Valid() {
		refuseChoice(wrong, "role", Roles)
	}
	wrong.text("display_name", u.DisplayName, LongestName)
	wrong.letters("display_name", u.DisplayName)
	if u.Language != "" && !slices.Contains(Languages, u.Language) {
		refuseChoice(wrong, "language", Languages)
	}
	return wrong
}

// addUser inserts a user with the wards, records it and returns the id.
func (c *change) addUser(ctx context.Context, user AddUserCommand,
	hash passwordHash) (id int64, err error) {
	id, err = c.insert(ctx, `INSERT INTO app_user (username, role, password_hash, demo, created_at,
			display_name, language, disabled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, user.Username, user.Role, hash,
		user.Demo, instant(c.now), user.DisplayName, user.Language, user.Disabled)
	if err != nil {
		return 0, usernameError(err, user.Username)
	}
	c.record(entry{action: "user.add", entity: "user", entityID: id, to: string(user.Role),
		version: 1}, User{ID: id, Role: user.Role})
	return id, c.giveWards(ctx, User{ID: id, Username: user.Username, Wards: user.Wards})
}

// usernameError turns the database's complaint about a name that is taken into a refusal.
func usernameError(err error, username string) error {
	if store.Violated(err) == "app_user_username" {
		return Refuse(Conflict, "username_taken",
			"There is a user %s already. Choose another name.", username)
	}
	return wrap(err, "write user %s", username)
}

// giveWards lets a user work on the wards that it names, besides those that they have.
func (c *change) giveWards(ctx context.Context, user User) error {
	for _, ward := range user.Wards {
		known, err := c.exec(ctx,
			`INSERT INTO user_ward (user_id, ward_id) SELECT $1, id FROM ward WHERE id = $2`,
			user.ID, ward)
		if err != nil {
			return fmt.Errorf("give user %s ward %d: %w", user.Username, ward, err)
		}
		if known == 0 {
			return refuseField("wards", "ward_unknown", "There is no ward with the id %d.", ward)
		}
	}
	return nil
}

// Users lists every login by name.
func (h *Hospital) Users(ctx context.Context, actor Actor) ([]User, error) {
	return readAs(ctx, h, actor, ManageUsers,
		func(ctx context.Context, q *sql.Tx) ([]User, error) {
			users, _, err := usersWhere(ctx, q, `TRUE`)
			slices.SortFunc(users, func(a, b User) int {
				return cmp.Compare(a.Username, b.Username)
			})
			return users, err
		})
}

// User reads one login. NotFound where there is none.
func (h *Hospital) User(ctx context.Context, actor Actor, id int64) (User, error) {
	return readAs(ctx, h, actor, ManageUsers, func(ctx context.Context, q *sql.Tx) (User, error) {
		users, _, err := usersWhere(ctx, q, `app_user.id = $1`, id)
		if err == nil && len(users) == 0 {
			err = unknownUser()
		}
		if err != nil {
			return User{}, err
		}
		return users[0], nil
	})
}

// UserNamed is User for whoever knows the name.
func (h *Hospital) UserNamed(ctx context.Context, actor Actor, username string) (User, error) {
	return readAs(ctx, h, actor, ManageUsers, func(ctx context.Context, q *sql.Tx) (User, error) {
		user, _, err := userByName(ctx, q, foldUsername(username))
		return user, err
	})
}

// HasDemoUsers reports whether somebody can sign in with the published password of the demo
// hospital.
func (h *Hospital) HasDemoUsers(ctx context.Context) (bool, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (bool, error) {
		return scanValue[bool](q.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM app_user WHERE demo AND NOT disabled)`))
	})
}

// usersWhere reads the users that fit a condition, by id, with the hashes of their passwords.
func usersWhere(ctx context.Context, q *sql.Tx, condition string,
	args ...any) (users []User, hashes []passwordHash, _ error) {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx, `SELECT app_user.id, app_user.username, app_user.role,
			app_user.disabled, app_user.demo, app_user.created_at, app_user.password_hash,
			app_user.display_name, app_user.language, app_user.version, user_ward.ward_id
		FROM app_user LEFT JOIN user_ward ON user_ward.user_id = app_user.id
		WHERE `+condition+` ORDER BY app_user.id, user_ward.ward_id`, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var u User
		var hash passwordHash
		var ward int64
		err := row.Scan(&u.ID, &u.Username, &u.Role, &u.Disabled, &u.Demo,
			(*instant)(&u.CreatedAt), &hash, &u.DisplayName, &u.Language, &u.Version,
			(*reference)(&ward))
		u.Waiting = hash == noPassword
		if len(users) == 0 || users[len(users)-1].ID != u.ID {
			users, hashes = append(users, u), append(hashes, hash)
		}
		if ward != 0 {
			last := &users[len(users)-1]
			last.Wards = append(last.Wards, ward)
		}
		return err
	})
	return users, hashes, wrap(err, "read users")
}

// userByName reads a user with the password's hash. NotFound where nobody has the name.
func userByName(ctx context.Context, q *sql.Tx, username string) (User, passwordHash, error) {
	if !usernamePattern.MatchString(username) {
		return User{}, "", unknownUser() // and nothing that a database would choke on
	}
	users, hashes, err := usersWhere(ctx, q, `app_user.username = $1`, username)
	if err != nil {
		return User{}, "", err
	}
	if len(users) == 0 {
		return User{}, "", unknownUser()
	}
	return users[0], hashes[0], nil
}

func unknownUser() error {
	return Refuse(NotFound, "user_unknown", "There is no such user.")
}

// userByID reads a user who is known to exist.
func userByID(ctx context.Context, q *sql.Tx, id int64) (User, error) {
	users, _, err := usersWhere(ctx, q, `app_user.id = $1`, id)
	if err == nil && len(users) == 0 {
		err = fmt.Errorf("user %d vanished", id)
	}
	if err != nil {
		return User{}, err
	}
	return users[0], nil
}

// SetPassword replaces a password, ends the user's sessions and takes the Demo mark away. Invalid
// for a password that can't be typed or is easily guessed, NotFound where there is no such user.
func (h *Hospital) SetPassword(ctx context.Context, actor Actor, username, password string) error {
	if err := actor.need(ManageUsers); err != nil {
		return err
	}
	hash, err := h.newPassword(ctx, foldUsername(username), "password", password)
	if err != nil {
		return err
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		user, err := c.lockUser(ctx, username)
		if err == nil {
			err = c.setPassword(ctx, user, hash, "user.set_password")
		}
		if err == nil {
			err = c.endSessions(ctx, user)
		}
		return err
	})
}

// newPassword hashes a password that a user may have. What is wrong with it is told of the field.
func (h *Hospital) newPassword(ctx context.Context, username, field,
	password string) (passwordHash, error) {
	wrong := fields{}
	wrong.password(username, password)
	if len(wrong) > 0 {
		return "", fields{field: wrong["password"]}.err()
	}
	hash, err := h.hashPassword(ctx, typed(password))
	return hash, notSaved(ctx, err)
}

// setPassword gives a locked user a password, lets the name be tried anew, and takes back the link
// with which they could have set one.
func (c *change) setPassword(ctx context.Context, user User, hash passwordHash,
	action string) error {
	_, err := c.exec(ctx, `UPDATE app_user SET password_hash = $2, demo = FALSE WHERE id = $1`,
		user.ID, hash)
	if err != nil {
		return fmt.Errorf("set the password of %s: %w", user.Username, err)
	}
	if err := c.clearFailures(ctx, user.Username); err != nil {
		return err
	}
	c.record(entry{action: action, entity: "user", entityID: user.ID}, user)
	return c.dropPasswordLink(ctx, user)
}

// DisableUser ends a login and all its sessions. Disabling twice is no error. NotFound where there
// is no such user.
func (h *Hospital) DisableUser(ctx context.Context, actor Actor, username string) error {
	return h.changeAs(ctx, actor, ManageUsers, func(ctx context.Context, c *change) error {
		user, err := c.lockUser(ctx, username)
		if err != nil || user.Disabled {
			return err
		}
		e := entry{action: "user.disable", from: "enabled", to: "disabled"}
		if err := c.setDisabled(ctx, user, true, e); err != nil {
			return err
		}
		return c.endSessions(ctx, user)
	})
}

// EnableUser gives a disabled login back; the sessions that ended stay ended. Enabling twice is no
// error. NotFound where there is no such user.
func (h *Hospital) EnableUser(ctx context.Context, actor Actor, username string) error {
	return h.changeAs(ctx, actor, ManageUsers, func(ctx context.Context, c *change) error {
		user, err := c.lockUser(ctx, username)
		if err != nil || !user.Disabled {
			return err
		}
		e := entry{action: "user.enable", from: "disabled", to: "enabled"}
		return c.setDisabled(ctx, user, false, e)
	})
}

// setDisabled disables a locked user's login or gives it back, and records it.
func (c *change) setDisabled(ctx context.Context, user User, disabled bool, e entry) error {
	_, err := c.exec(ctx,
		`UPDATE app_user SET disabled = $2, version = version + 1 WHERE id = $1`, user.ID, disabled)
	e.entity, e.entityID, e.version = "user", user.ID, user.Version+1
	c.record(e, user)
	return wrap(err, "disable or enable %s", user.Username)
}

// lockUser keeps a user from everyone else until the commit and returns it as it stands. NotFound
// where there is none.
func (c *change) lockUser(ctx context.Context, username string) (User, error) {
	user, _, err := userByName(ctx, c.tx, foldUsername(username))
	if err != nil {
		return User{}, err
	}
	_, err = c.exec(ctx, `UPDATE app_user SET username = username WHERE id = $1`, user.ID)
	if err != nil {
		return User{}, fmt.Errorf("lock user %s: %w", user.Username, err)
	}
	user, _, err = userByName(ctx, c.tx, user.Username)
	return user, err
}

// endSessions ends all sessions of a locked user.
func (c *change) endSessions(ctx context.Context, user User) error {
	_, err := c.exec(ctx, `DELETE FROM session WHERE user_id = $1`, user.ID)
	return wrap(err, "end the sessions of %s", user.Username)
}
