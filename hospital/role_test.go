package hospital_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// In the original, whoever was signed in could do everything.
func TestEachCommandAndReadIsForTheRolesWhoseWorkItIs(t *testing.T) {
	const wards = "medical_staff ward_management admin"
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.KitchenStaff)
		for name, command := range map[string]struct {
			roles string
			run   func(hospital.Actor) error
		}{
			"admit": {wards, func(actor hospital.Actor) error {
				_, _, err := h.Admit(t.Context(), actor, hospital.AdmitCommand{PatientName: "Uwase Marie"})
				return err
			}},
			"transfer": {wards, func(actor hospital.Actor) error {
				_, err := h.Transfer(t.Context(), actor, 4711, hospital.TransferCommand{BedID: 1})
				return err
			}},
			"plan a discharge": {wards, func(actor hospital.Actor) error {
				_, err := h.PlanDischarge(t.Context(), actor, 4711, hospital.PlanDischargeCommand{})
				return err
			}},
			"discharge": {wards, func(actor hospital.Actor) error {
				_, err := h.Discharge(t.Context(), actor, 4711, hospital.DischargeCommand{Outcome: hospital.Improved})
				return err
			}},
			"record a death": {"medical_staff admin", func(actor hospital.Actor) error {
				_, err := h.Discharge(t.Context(), actor, 4711, hospital.DischargeCommand{Outcome: hospital.Deceased})
				return err
			}},
			"edit an admission": {wards, func(actor hospital.Actor) error {
				_, err := h.EditAdmission(t.Context(), actor, 4711, hospital.EditAdmissionCommand{})
				return err
			}},
			"read a handover": {wards, func(actor hospital.Actor) error {
				_, err := h.Handover(t.Context(), actor, 4711, time.Time{})
				return err
			}},
			"read a ward's meal list": {wards + " kitchen", func(actor hospital.Actor) error {
				_, err := h.MealList(t.Context(), actor, 4711, hospital.Lunch)
				return err
			}},
			"change a bed": {wards, func(actor hospital.Actor) error {
				_, err := h.SetBedStatus(t.Context(), actor, 4711, hospital.BedStatusCommand{Status: hospital.BedReserved})
				return err
			}},
			"find patients": {wards, func(actor hospital.Actor) error {
				_, err := h.FindPatients(t.Context(), actor, "uwase")
				return err
			}},
			"read a ward's board": {wards, func(actor hospital.Actor) error {
				_, err := h.WardBoard(t.Context(), actor, 4711)
				return err
			}},
			"read the kitchen's board": {"kitchen admin", func(actor hospital.Actor) error {
				_, err := h.KitchenBoard(t.Context(), actor)
				return err
			}},
			"read the medical dashboard": {"medical_staff admin", func(actor hospital.Actor) error {
				_, err := h.MedicalDashboard(t.Context(), actor, nil)
				return err
			}},
			"read the management dashboard": {"ward_management admin", func(actor hospital.Actor) error {
				_, err := h.ManagementDashboard(t.Context(), actor)
				return err
			}},
			"change the settings": {"admin", func(actor hospital.Actor) error {
				_, err := h.SetSettings(t.Context(), actor, hospital.SettingsCommand{Version: 4711})
				return err
			}},
			"clean a bed": {wards + " housekeeping", func(actor hospital.Actor) error {
				_, err := h.CleanBed(t.Context(), actor, 4711,
					hospital.CleanBedCommand{Step: hospital.StartCleaning})
				return err
			}},
			"say what is cleaned first": {"ward_management admin", func(actor hospital.Actor) error {
				_, err := h.CleanBed(t.Context(), actor, 4711,
					hospital.CleanBedCommand{Step: hospital.CleanFirst})
				return err
			}},
			"read the beds to clean": {"housekeeping admin", func(actor hospital.Actor) error {
				_, err := h.CleaningBoard(t.Context(), actor, nil)
				return err
			}},
			"read an admission": {wards, func(actor hospital.Actor) error {
				_, err := h.Admission(t.Context(), actor, 4711)
				return err
			}},
			"cancel an admission": {wards, func(actor hospital.Actor) error {
				_, err := h.CancelAdmission(t.Context(), actor, 4711, undo)
				return err
			}},
			"take a discharge back": {"medical_staff admin", func(actor hospital.Actor) error {
				_, err := h.ReopenAdmission(t.Context(), actor, 4711, undo)
				return err
			}},
			"take a transfer back": {wards, func(actor hospital.Actor) error {
				_, err := h.UndoTransfer(t.Context(), actor, 4711, undo)
				return err
			}},
			"swap two patients": {wards, func(actor hospital.Actor) error {
				_, err := h.Swap(t.Context(), actor, 4711, hospital.SwapCommand{With: 4712})
				return err
			}},
			"go on leave": {wards, func(actor hospital.Actor) error {
				_, err := h.GoOnLeave(t.Context(), actor, 4711, hospital.LeaveCommand{})
				return err
			}},
			"return from leave": {wards, func(actor hospital.Actor) error {
				_, err := h.ReturnFromLeave(t.Context(), actor, 4711, hospital.ReturnCommand{})
				return err
			}},
			"read all of an admission": {wards, func(actor hospital.Actor) error {
				_, err := h.AdmissionDetail(t.Context(), actor, 4711)
				return err
			}},
			"compare an admission": {wards, func(actor hospital.Actor) error {
				return h.AdmissionAsSeen(t.Context(), actor, 4711, 4711, 1)
			}},
			"choose a bed": {wards, func(actor hospital.Actor) error {
				_, err := h.BedChoice(t.Context(), actor, 4711)
				return err
			}},
			"list the wards": {wards + " kitchen", func(actor hospital.Actor) error {
				_, err := h.Wards(t.Context(), actor)
				return err
			}},
			"list the users": {"admin", func(actor hospital.Actor) error {
				_, err := h.Users(t.Context(), actor)
				return err
			}},
			"list the zones": {"delivery customer admin", func(actor hospital.Actor) error {
				_, err := h.Zones(t.Context(), actor)
				return err
			}},
			"read a menu": {wards + " customer", func(actor hospital.Actor) error {
				_, err := h.Menu(t.Context(), actor, hospital.Lunch)
				return err
			}},
			"read the news": {"medical_staff ward_management kitchen delivery housekeeping customer admin",
				func(actor hospital.Actor) error {
					_, err := h.News(t.Context(), actor)
					return err
				}},
			"read a bed's page": {wards, func(actor hospital.Actor) error {
				_, err := h.BedDetail(t.Context(), actor, 4711)
				return err
			}},
			"add a ward": {"admin", func(actor hospital.Actor) error {
				_, err := h.AddWard(t.Context(), actor, hospital.AddWardCommand{Code: "A", Name: "Medicine"})
				return err
			}},
			"add a user": {"admin", func(actor hospital.Actor) error {
				_, err := h.AddUser(t.Context(), actor, hospital.AddUserCommand{Username: "keza", Role: hospital.KitchenStaff, Password: "x", Demo: true})
				return err
			}},
			"set a password": {"admin", func(actor hospital.Actor) error {
				return h.SetPassword(t.Context(), actor, "nobody", "correct horse")
			}},
			"disable a user": {"admin", func(actor hospital.Actor) error {
				return h.DisableUser(t.Context(), actor, "nobody")
			}},
		} {
			for _, role := range append(slices.Clone(hospital.Roles), "", "chef") {
				actor := hospital.Actor{UserID: 7, Username: "somebody", Role: role}
				if slices.Contains(strings.Fields(command.roles), string(role)) {
					if kindOf(command.run(actor)) == hospital.Forbidden {
						t.Errorf("%s: %s may not", name, role)
					}
					continue
				}
				h.refuses(t, hospital.Forbidden, "forbidden", func() error { return command.run(actor) })
			}
		}
	})
}

func TestThePermissionsAreThoseOfTheContract(t *testing.T) {
	const everyone = "medical_staff ward_management kitchen delivery housekeeping customer admin"
	for p, roles := range map[hospital.Permission]string{
		hospital.ReadOwnSession:          everyone,
		hospital.ListWards:               "medical_staff ward_management kitchen admin",
		hospital.ReadWards:               "medical_staff ward_management admin",
		hospital.ReadClinical:            "medical_staff admin",
		hospital.ReadMedicalDashboard:    "medical_staff admin",
		hospital.ReadManagementDashboard: "ward_management admin",
		hospital.AdmitPatients:           "medical_staff ward_management admin",
		hospital.TransferPatients:        "medical_staff ward_management admin",
		hospital.PlanDischarges:          "medical_staff ward_management admin",
		hospital.DischargePatients:       "medical_staff ward_management admin",
		hospital.RecordDeaths:            "medical_staff admin",
		hospital.EditAdmissions:          "medical_staff ward_management admin",
		hospital.ReadMealLists:           "medical_staff ward_management kitchen admin",
		hospital.ChangeBeds:              "medical_staff ward_management admin",
		hospital.CloseBeds:               "ward_management admin",
		hospital.ArrangeWards:            "ward_management admin",
		hospital.ReadCleaning:            "housekeeping admin",
		hospital.CleanBeds:               "medical_staff ward_management housekeeping admin",
		hospital.RankCleaning:            "ward_management admin",
		hospital.FollowOrders:            "medical_staff ward_management kitchen delivery customer admin",
		hospital.SetUpWards:              "admin",
		hospital.ManageUsers:             "admin",
		hospital.ManageSettings:          "admin",
		hospital.OrderDiets:              "medical_staff admin",
		hospital.OrderMeals:              "medical_staff ward_management customer admin",
		hospital.OverrideHazards:         "medical_staff",
		hospital.OrderRounds:             "medical_staff ward_management kitchen admin",
		hospital.ReadOrders:              "medical_staff ward_management kitchen delivery admin",
		hospital.ReadKitchen:             "kitchen admin",
		hospital.CookOrders:              "kitchen admin",
		hospital.ManageMenu:              "kitchen admin",
		hospital.ReadDeliveries:          "delivery admin",
		hospital.CarryDeliveries:         "delivery admin",
		hospital.OverseeDeliveries:       "admin",
		hospital.FollowDeliveries:        "medical_staff ward_management delivery customer admin",
		hospital.ManageZones:             "admin",
		hospital.OrderForPatients:        "customer admin",
		hospital.LinkCustomers:           "ward_management admin",
		"everything":                     "",
	} {
		for _, role := range append(slices.Clone(hospital.Roles), "", "chef") {
			if got := role.May(p); got != slices.Contains(strings.Fields(roles), string(role)) {
				t.Errorf("%q may %s: got %t", role, p, got)
			}
		}
	}
}

func TestTheSystemActsAsItself(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedReserved)
		h.clock.pass(hospital.ReservationLasts + time.Second)
		h.release(t, 1)
		if n := h.number(t, `SELECT count(*) FROM audit WHERE actor = 'system' AND actor_id IS NULL AND reason = 'reservation ran out'`); n != 1 {
			t.Errorf("the audit has %d such lines, want 1", n)
		}
	})
}

// kindOf is the kind of a refusal, "" for anything else.
func kindOf(err error) hospital.Kind {
	if refusal, ok := errors.AsType[*hospital.Error](err); ok {
		return refusal.Kind
	}
	return ""
}

// TestTheHolderOfAPermissionMayDoThatAlone, as whom screens are read that are drawn once for many.
func TestTheHolderOfAPermissionMayDoThatAlone(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	holder := hospital.HolderOf(hospital.ReadWards)
	if _, err := h.WardBoard(t.Context(), holder, h.a.ID); err != nil {
		t.Errorf("the holder of ReadWards should read a ward's board, got %v", err)
	}
	for what, read := range map[string]func() error{
		"a kitchen's board": func() error {
			_, err := h.KitchenBoard(t.Context(), holder)
			return err
		},
		"a ward's board as nobody": func() error {
			_, err := h.WardBoard(t.Context(), hospital.Actor{}, h.a.ID)
			return err
		},
		"a bed's new state": func() error {
			_, err := h.SetBedStatus(t.Context(), holder, h.bed(t, "A-01").ID, hospital.BedStatusCommand{Status: hospital.BedReserved})
			return err
		},
	} {
		if err := read(); !hospital.IsKind(err, hospital.Forbidden) {
			t.Errorf("%s should be refused, got %v", what, err)
		}
	}
}
