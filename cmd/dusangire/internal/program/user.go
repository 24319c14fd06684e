package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"dusangire/hospital"
	"dusangire/views"
)

// userCommand is account care. Passwords are read from standard input, never from a flag, which
// others could see.
type userCommand struct {
	Add     userAdd     `cmd:"" help:"Create a login; the password is read from standard input, or set with a link."`
	List    userList    `cmd:"" help:"List all logins."`
	Set     userSet     `cmd:"" help:"Change what a login is called, its role, wards or language."`
	Passwd  userPasswd  `cmd:"" help:"Set a password, read from standard input; ends the user's sessions."`
	Reset   userReset   `cmd:"" help:"Take a password away and print a link to set another one; ends the user's sessions."`
	SignOut userSignOut `cmd:"" name:"sign-out" help:"End all sessions of a login, and their sockets."`
	Disable userDisable `cmd:"" help:"End a login, its sessions and its sockets."`
	Enable  userEnable  `cmd:"" help:"Give a disabled login back."`
	Unlock  userUnlock  `cmd:"" help:"Let a login that others guessed at be tried again at once."`
}

// operator is whoever runs the program on the server.
var operator = hospital.Actor{Username: "operator", Role: hospital.Admin}

type userAdd struct {
	database
	linked
	Name        string  `arg:"" help:"The new login's name."`
	Role        string  `required:"" help:"What they do, such as medical_staff. A wrong word lists all."`
	Ward        []int64 `help:"A ward this person works on; may be repeated. None: all." placeholder:"ID"`
	DisplayName string  `help:"What colleagues call them." placeholder:"NAME"`
	Language    string  `help:"In which language they read: en, fr or rw." placeholder:"CODE"`
	Link        bool    `help:"Ask for no password and print a link with which the person sets one."`
}

// Run creates a login.
func (c *userAdd) Run(ctx context.Context) error {
	if !hospital.Role(c.Role).Valid() {
		return unknownRole(c.Role)
	}
	user := hospital.AddUserCommand{Username: c.Name, Role: hospital.Role(c.Role), Wards: c.Ward,
		DisplayName: c.DisplayName, Language: c.Language}
	return c.with(ctx, func(h *hospital.Hospital) (err error) {
		if c.Link {
			return c.print(h.InviteUser(ctx, operator, user, ""))
		}
		if user.Password, err = readPassword(); err != nil {
			return err
		}
		added, err := h.AddUser(ctx, operator, user)
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s can sign in as %s.\n", added.Username, added.Role)
		}
		return err
	})
}

func unknownRole(role string) error {
	return &usageError{fmt.Errorf("--role %q: choose one of %v", role, hospital.Roles)}
}

// linked is where a link leads that is printed.
type linked struct {
	Server string `default:"http://127.0.0.1:8000" help:"Where people reach the server, for a link that is printed." placeholder:"URL"`
}

// print prints a link, for the person whom it is for.
func (l linked) print(link hospital.PasswordLink, err error) error {
	if err == nil {
		fmt.Fprintf(os.Stdout, "%s sets a password with this link, once, until %s:\n%s%s\n",
			link.User.Username, link.ExpiresAt.Format(time.RFC3339),
			strings.TrimSuffix(l.Server, "/"), views.PasswordPathOf(link.Token))
	}
	return err
}

type userSet struct {
	database
	Name        string  `arg:"" help:"Whose login."`
	Username    *string `help:"A new name to sign in with." placeholder:"NAME"`
	DisplayName *string `help:"What colleagues call them; empty: the name." placeholder:"NAME"`
	Role        *string `help:"What they do, such as medical_staff." placeholder:"ROLE"`
	Ward        []int64 `help:"A ward this person works on, instead of those before; may be repeated." placeholder:"ID"`
	AllWards    bool    `help:"They work on all wards."`
	Language    *string `help:"In which language they read: en, fr, rw; empty: the browser's." placeholder:"CODE"`
}

// Run changes a login.
func (c *userSet) Run(ctx context.Context) error {
	cmd := hospital.SetUserCommand{Username: c.Username, DisplayName: c.DisplayName,
		Language: c.Language}
	if c.Role != nil {
		if !hospital.Role(*c.Role).Valid() {
			return unknownRole(*c.Role)
		}
		cmd.Role = new(hospital.Role(*c.Role))
	}
	if len(c.Ward) > 0 && c.AllWards {
		return &usageError{errors.New("--ward and --all-wards: give one of them")}
	}
	if len(c.Ward) > 0 || c.AllWards {
		cmd.Wards = &c.Ward
	}
	return c.with(ctx, func(h *hospital.Hospital) error {
		_, err := h.SetUserNamed(ctx, operator, c.Name, cmd)
		return err
	})
}

type userReset struct {
	login
	linked
}

// Run takes a password away and prints a link.
func (c *userReset) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		user, err := h.UserNamed(ctx, operator, c.Name)
		if err != nil {
			return err
		}
		return c.print(h.ResetUser(ctx, operator, user.ID))
	})
}

type userSignOut struct{ login }

// Run ends all sessions of a login.
func (c *userSignOut) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		user, err := h.UserNamed(ctx, operator, c.Name)
		if err != nil {
			return err
		}
		return h.EndUserSessions(ctx, operator, user.ID)
	})
}

type userList struct{ database }

// Run prints all logins.
func (c *userList) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		users, err := h.Users(ctx, hospital.System)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tROLE\tWARDS\tSTATE")
		for _, user := range users {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n",
				user.Username, user.Role, wardsWord(user.Wards), stateWord(user))
		}
		return table.Flush()
	})
}

func wardsWord(wards []int64) string {
	if len(wards) == 0 {
		return "all"
	}
	return strings.Trim(fmt.Sprint(wards), "[]")
}

func stateWord(user hospital.User) string {
	switch {
	case user.Disabled:
		return "disabled"
	case user.Waiting:
		return "no password yet"
	case user.Demo:
		return "active, demo password"
	}
	return "active"
}

type userPasswd struct {
	database
	Name string `arg:"" help:"Whose password."`
}

// Run sets a password.
func (c *userPasswd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		password, err := readPassword()
		if err != nil {
			return err
		}
		return h.SetPassword(ctx, operator, c.Name, password)
	})
}

// login is one that there is.
type login struct {
	database
	Name string `arg:"" help:"Whose login."`
}

type userDisable struct{ login }

// Run ends a login.
func (c *userDisable) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		return h.DisableUser(ctx, operator, c.Name)
	})
}

type userEnable struct{ login }

// Run gives a login back.
func (c *userEnable) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		return h.EnableUser(ctx, operator, c.Name)
	})
}

type userUnlock struct{ login }

// Run lets a login be tried again.
func (c *userUnlock) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		err := h.UnlockUser(ctx, operator, c.Name)
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s can try again at once.\n", strings.ToLower(c.Name))
		}
		return err
	})
}

// byteOrderMark is what some editors begin a text with.
const byteOrderMark = "\uFEFF"

// readPassword takes one line of standard input; on a terminal it asks and shows nothing of what is
// typed.
func readPassword() (string, error) {
	if in := int(os.Stdin.Fd()); term.IsTerminal(in) {
		fmt.Fprint(os.Stderr, "Password: ")
		typed, err := term.ReadPassword(in)
		fmt.Fprintln(os.Stderr)
		return string(typed), err
	}
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	return strings.TrimRight(strings.TrimPrefix(line, byteOrderMark), "\r\n"), nil
}
