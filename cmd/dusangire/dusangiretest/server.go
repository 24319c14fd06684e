// Package dusangiretest starts the whole program for tests, in their own process or as one of its
// own, and speaks to it as its clients do: over HTTP, over sockets and on the command line.
package dusangiretest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hospital/hospitaltest"
)

// Server is the whole program on a free port, in the process of the test.
type Server struct {
	T        testing.TB
	URL      string // without a slash at its end
	Metrics  string // where its metrics are; "" where there are none
	Hospital *hospital.Hospital
	Database string // its URL
	Stop     func() // drains the program and waits; more than once is no error
}

// MustServe starts the program as `serve` does, on a free port and a temporary SQLite database
// unless change says otherwise. The end of the test stops it.
func MustServe(t testing.TB, change func(*program.ServeCommand)) *Server {
	t.Helper()
	c := program.ServeCommand{LogFormat: "text", DemoSeed: 1}
	c.DatabaseConnections, c.Hasher = 16, hospitaltest.CheapHasher(t)
	c.Addr, c.DatabaseURL = "127.0.0.1:0", hospitaltest.SQLite(t)
	if change != nil {
		change(&c)
	}
	p, err := program.Start(t.Context(), c)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	s := &Server{
		T: t, URL: p.URL(), Metrics: p.MetricsURL(), Hospital: p.Hospital(), Database: c.DatabaseURL,
		Stop: sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the server ended with %v", err)
			}
		}),
	}
	t.Cleanup(s.Stop)
	return s
}

// MustServeWard starts a server with one ward of beds and a login of every role.
func MustServeWard(
	t testing.TB, beds int, change func(*program.ServeCommand),
) (*Server, hospital.WardBoard) {
	t.Helper()
	s := MustServe(t, change)
	return s, settle(t, s.Hospital, beds)
}

// MustServeProcess starts the program as a process, to be frozen and stopped, on a ward of beds
// with a login of every role. beside has the same data, for changes that no page asks for; its own
// server is not looked at. again starts the process another time on its address.
func MustServeProcess(
	t testing.TB, beds int,
) (beside *Server, board hospital.WardBoard, process *Process, again func()) {
	t.Helper()
	beside, board = MustServeWard(t, beds, nil)
	start := Invocation{
		Args: []string{"--addr", FreeAddress(t), "--database-url", beside.Database},
	}
	return beside, board, start.Serve(t), func() { start.Serve(t) }
}

// MustServeDemo serves the demo hospital without its staff, so that it stands still while it is
// looked at, and the gallery.
func MustServeDemo(t testing.TB) *Server {
	t.Helper()
	s := MustServe(t, func(c *program.ServeCommand) { c.Gallery = true })
	if err := demo.Load(t.Context(), s.Hospital, 1, time.Now()); err != nil {
		t.Fatalf("load the demo hospital: %v", err)
	}
	return s
}

// MustSettle puts one ward of beds and a login of every role into a database.
func MustSettle(t testing.TB, database string, beds int) hospital.WardBoard {
	t.Helper()
	return settle(t, hospitaltest.Open(t, hospital.Options{DatabaseURL: database}), beds)
}

// Password is what every login has that MustServeWard and MustSettle make.
const Password = "correct horse"

func settle(t testing.TB, h *hospital.Hospital, beds int) hospital.WardBoard {
	t.Helper()
	ward, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{
		Code: "MED-A", Name: "Medicine, women", Block: "B1", Beds: beds,
	})
	if err != nil {
		t.Fatalf("add a ward: %v", err)
	}
	for _, role := range hospital.Roles {
		_, err := h.AddUser(t.Context(), hospital.System, hospital.AddUserCommand{
			Username: string(role), Role: role, Password: Password,
		})
		if err != nil {
			t.Fatalf("add %s: %v", role, err)
		}
	}
	board, err := h.WardBoard(t.Context(), hospital.System, ward.ID)
	if err != nil {
		t.Fatalf("read ward %d: %v", ward.ID, err)
	}
	return board
}

// Client is a client of the server without a session.
func (s *Server) Client() Client { return Client{T: s.T, URL: s.URL} }

// SignIn signs in as the login that MustServeWard made for a role.
func (s *Server) SignIn(role hospital.Role) Client {
	s.T.Helper()
	return s.Client().SignInAs(string(role), Password)
}

// Board is a ward as it is now.
func (s *Server) Board(wardID int64) hospital.WardBoard {
	s.T.Helper()
	board, err := s.Hospital.WardBoard(s.T.Context(), hospital.System, wardID)
	if err != nil {
		s.T.Fatalf("read ward %d: %v", wardID, err)
	}
	return board
}

// Dish puts a dish on the menu of every meal that suits everyone but those who are allergic to what
// is in it.
func (s *Server) Dish(name string, allergens ...hospital.Allergen) hospital.Dish {
	s.T.Helper()
	dish, err := s.Hospital.AddDish(s.T.Context(), hospital.System, hospital.Dish{
		Name: hospital.DishName{En: name}, Meals: hospital.Meals, Station: "hot", Allergens: allergens,
		Diets: hospital.Diets, Textures: []hospital.Texture{0, 1, 2, 3, 4, 5, 6, 7}, Price: 1200,
		Available: true,
	})
	if err != nil {
		s.T.Fatalf("add %s: %v", name, err)
	}
	return dish
}

// Admit opens an admission without any client.
func Admit(
	t testing.TB, s *Server, name hospital.PatientName, bed hospital.BoardBed,
) hospital.Admission {
	t.Helper()
	admission, _, err := s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{
		PatientName: name, BedID: bed.ID,
	})
	if err != nil {
		t.Fatalf("admit %s: %v", name, err)
	}
	return admission
}

// SetBedStatus changes a bed without any client.
func SetBedStatus(t testing.TB, s *Server, bed hospital.BoardBed, to hospital.BedStatus) {
	t.Helper()
	change := hospital.BedStatusCommand{Status: to}
	if _, err := s.Hospital.SetBedStatus(t.Context(), hospital.System, bed.ID, change); err != nil {
		t.Fatalf("set %s to %s: %v", bed.Number, to, err)
	}
}

// WardPath is where the page of a ward is.
func WardPath(board hospital.WardBoard) string { return fmt.Sprintf("/wards/%d/", board.ID) }

// BedPath is where the page of a bed is, and with a command's name after it, where that is sent.
func BedPath(bed hospital.BoardBed) string { return fmt.Sprintf("/beds/%d/", bed.ID) }
