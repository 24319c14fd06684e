package hospital

import (
	"context"
	"time"
)

// User is someone who can sign in.
type User struct {
	ID        int64
	Username  string // lower case, unique
	Role      Role
	Wards     []int64 // the wards this person works on, sorted; none means all. They shape the dashboard, not the permissions
	Disabled  bool
	Demo      bool // has the published password of the demo hospital
	CreatedAt time.Time
}

// NewUser is what AddUser needs.
type NewUser struct {
	Username string // 2–64 of a–z, 0–9, dot, hyphen, underscore; capitals are folded
	Role     Role
	Wards    []int64
	Password string // 8–128 characters; demo users may have any
	Demo     bool
}

// AddUser creates a login. Invalid names wrong fields, Conflict a name that is taken.
func (h *Hospital) AddUser(ctx context.Context, actor Actor, user NewUser) (User, error) {
	panic("unbuilt")
}

// Users lists every login by name.
func (h *Hospital) Users(ctx context.Context) ([]User, error) { panic("unbuilt") }

// SetPassword replaces a password, ends the user's sessions and takes the Demo mark away.
func (h *Hospital) SetPassword(ctx context.Context, actor Actor, username, password string) error {
	panic("unbuilt")
}

// DisableUser ends a login and all its sessions. Disabling twice is no error.
func (h *Hospital) DisableUser(ctx context.Context, actor Actor, username string) error {
	panic("unbuilt")
}
