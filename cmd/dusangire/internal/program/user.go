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

	"golang.org/x/term"

	"dusangire/hospital"
)

// userCommand is account care. Passwords are read from standard input, never from a flag, which
// others could see.
type userCommand struct {
	Add     userAdd     `cmd:"" help:"Create a login; the password is read from standard input."`
	List    userList    `cmd:"" help:"List all logins."`
	Passwd  userPasswd  `cmd:"" help:"Set a password, read from standard input; ends the user's sessions."`
	Disable userDisable `cmd:"" help:"End a login, its sessions and its sockets."`
	Enable  userEnable  `cmd:"" help:"Give a disabled login back."`
	Unlock  userUnlock  `cmd:"" help:"Let a login that others guessed at be tried again at once."`
}

// operator is whoever runs the program on the server.
var operator = hospital.Actor{Username: "operator", Role: hospital.Admin}

type userAdd struct {
	database
	Name string  `arg:"" help:"The new login's name."`
	Role string  `required:"" help:"What they do, such as medical_staff. A wrong word lists all."`
	Ward []int64 `help:"A ward this person works on; may be repeated. None: all." placeholder:"ID"`
}

// Run creates a login.
func (c *userAdd) Run(ctx context.Context) error {
	if !hospital.Role(c.Role).Valid() {
		return &usageError{fmt.Errorf("--role %q: choose one of %v", c.Role, hospital.Roles)}
	}
	return c.with(ctx, func(h *hospital.Hospital) error {
		password, err := readPassword()
		if err != nil {
			return err
		}
		user, err := h.AddUser(ctx, operator, hospital.AddUserCommand{
			Username: c.Name, Role: hospital.Role(c.Role), Wards: c.Ward, Password: password,
		})
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s can sign in as %s.\n", user.Username, user.Role)
		}
		return err
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
