package demo

import (
	"context"
	"time"

	"dusangire/hospital"
)

// The simulated people. They have no logins: an actor's name is what the audit shows.
var (
	nurse        = hospital.Actor{Username: "demo nurse", Role: hospital.MedicalStaff}
	doctor       = hospital.Actor{Username: "demo doctor", Role: hospital.MedicalStaff}
	desk         = hospital.Actor{Username: "demo desk", Role: hospital.WardManagement}
	housekeeping = hospital.Actor{Username: "demo housekeeping", Role: hospital.WardManagement}
	cook         = hospital.Actor{Username: "demo cook", Role: hospital.KitchenStaff}
)

// password is the one of every demo login, published on purpose.
const password = "dusangire"

// Login is one account of the demo hospital.
type Login struct {
	Username string
	Password string
	Role     hospital.Role
}

// Logins lists the demo logins: one for each role, which is also its username. None is bound to a ward, so that a newcomer sees all.
func Logins() []Login {
	logins := make([]Login, 0, len(hospital.Roles))
	for _, role := range hospital.Roles {
		logins = append(logins, Login{Username: string(role), Password: password, Role: role})
	}
	return logins
}

// Load writes the demo hospital as it stands at start, with the past days that led there: all of it or, on any error,
// nothing. The same seed and start give the same hospital. A database that has data is refused with
// a Conflict of code "not_empty".
func Load(ctx context.Context, h *hospital.Hospital, seed uint64, start time.Time) error {
	err := h.InTransaction(ctx, func(ctx context.Context) error {
		empty, err := h.Empty(ctx)
		if err != nil {
			return err
		}
		if !empty {
			return hospital.Refuse(hospital.Conflict, "not_empty", "The demo hospital needs an empty database, and this one has data. Nothing was changed.")
		}
		return newOpening(h, seed, start).write(ctx)
	})
	if err != nil {
		return err
	}
	return h.Analyze(ctx)
}
