package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dusangire/hospital"
)

// couriers are the usernames of the simulated couriers.
var couriers = []string{"jean.bosco", "aline", "olivier"}

// How the simulated couriers work, in paces of the staff.
const (
	trayWaits    = 15 // before a courier of the staff takes it, so that people who carry may
	cartHolds    = 6  // trays
	loading      = 6
	toTheWard    = 25
	toTheHouse   = 60
	toTheNextBed = 12
)

// Carry lets each simulated courier do one thing.
func (s *Staff) Carry(ctx context.Context) error {
	logins, err := s.logins(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range couriers {
		if courier, known := logins[name]; known {
			failed = append(failed, s.carry(ctx, courier))
		}
	}
	return errors.Join(failed...)
}

// carry lets a courier go on with what they have, or take something if they have nothing.
func (s *Staff) carry(ctx context.Context, courier hospital.Actor) error {
	board, err := s.h.DeliveryBoard(ctx, courier)
	if err != nil {
		return fmt.Errorf("read the round of %s: %w", courier.Username, err)
	}
	var claimed, underWay []hospital.RoundStop
	for _, round := range board.Mine {
		for _, stop := range round.Stops {
			if stop.Status == hospital.DeliveryInTransit {
				underWay = append(underWay, stop)
			} else {
				claimed = append(claimed, stop)
			}
		}
	}
	name, done := "", false
	switch {
	case len(underWay) > 0:
		name = "bring a tray"
		done, err = s.bring(ctx, courier, underWay, board.At)
	case len(claimed) > 0:
		name = "depart"
		done, err = s.depart(ctx, courier, claimed, board.At)
	default:
		name = "claim trays"
		done, err = s.claim(ctx, courier, board)
	}
	_, err = s.did(ctx, name, done, err)
	return err
}

// claim takes the trays of the round in which one has been waiting longest, if long enough.
func (s *Staff) claim(ctx context.Context, courier hospital.Actor, board hospital.DeliveryBoard) (bool, error) {
	var oldest *hospital.Round[hospital.Tray]
	since := board.At.Add(-trayWaits * s.pace)
	for i, round := range board.Waiting {
		for _, tray := range round.Stops {
			if tray.StatusSince.Before(since) {
				oldest, since = &board.Waiting[i], tray.StatusSince
			}
		}
	}
	if oldest == nil {
		return false, nil
	}
	for _, tray := range oldest.Stops[:min(len(oldest.Stops), cartHolds)] {
		if _, err := s.h.ClaimDelivery(ctx, courier, tray.ID, hospital.CourierCommand{Version: tray.Version}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// depart sets off with everything once it is loaded.
func (s *Staff) depart(ctx context.Context, courier hospital.Actor, claimed []hospital.RoundStop, now time.Time) (bool, error) {
	if slices.ContainsFunc(claimed, func(stop hospital.RoundStop) bool { return now.Sub(stop.StatusSince) < loading*s.pace }) {
		return false, nil
	}
	for _, stop := range claimed {
		if _, err := s.h.DepartDelivery(ctx, courier, stop.ID, hospital.CourierCommand{Version: stop.Version}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// bring goes on to the first stop of those under way, and ends it there: with a tray that must come back, with an excuse at times, after the
// wrong bed at times, and mostly well.
func (s *Staff) bring(ctx context.Context, courier hospital.Actor, underWay []hospital.RoundStop, now time.Time) (bool, error) {
	stop := underWay[0]
	left, way := stop.StatusSince, time.Duration(toTheWard)*s.pace
	if stop.WardCode == "" {
		way = toTheHouse * s.pace
	}
	if handed := s.handed[courier.UserID]; handed.After(left) {
		left, way = handed, toTheNextBed*s.pace
	}
	if gone := now.Sub(left); gone < way {
		return s.locate(ctx, courier, underWay, float64(gone)/float64(way))
	}
	luck := s.rng.IntN(50)
	var err error
	switch {
	case stop.Stopped != "":
		_, err = s.h.FailDelivery(ctx, courier, stop.ID, "Brought back to the kitchen", hospital.CourierCommand{})
	case stop.BedNumber == "" && stop.WardCode == "" && stop.Destination == "", luck == 0:
		_, err = s.h.FailDelivery(ctx, courier, stop.ID, pick(s.rng, hospital.FailReasons[:3]), hospital.CourierCommand{})
	default:
		err = s.handOver(ctx, courier, underWay, luck == 1)
	}
	if err != nil {
		return false, err
	}
	s.handed[courier.UserID] = now
	return true, nil
}

// handOver delivers the first of some stops with the code of its bed, or with what the customer says at the door. By mistake it is
// the bed of the next stop first, which the rules refuse.
func (s *Staff) handOver(ctx context.Context, courier hospital.Actor, underWay []hospital.RoundStop, mistake bool) error {
	stop := underWay[0]
	handover := hospital.DeliverCommand{BedCode: stop.BedNumber, ReceivedBy: pick(s.rng, hospital.Receivers)}
	if mistake && len(underWay) > 1 && underWay[1].BedNumber != "" {
		handover.BedCode = underWay[1].BedNumber
	}
	if stop.BedNumber == "" {
		code, err := s.codeAtTheDoor(ctx, courier, stop.OrderID, stop.ID)
		if err != nil {
			return err
		}
		handover = hospital.DeliverCommand{BedCode: code, ReceivedBy: string(stop.PatientName)}
	}
	_, err := s.h.Deliver(ctx, courier, stop.ID, handover)
	return err
}

// codeAtTheDoor is what the customer who waits for an order tells the courier.
func (s *Staff) codeAtTheDoor(ctx context.Context, courier hospital.Actor, order, delivery int64) (string, error) {
	o, err := s.h.Order(ctx, courier, order)
	if err != nil {
		return "", err
	}
	address, err := s.h.Address(ctx, courier, o.AddressID)
	if err != nil {
		return "", err
	}
	watch, err := s.h.Delivery(ctx, hospital.Actor{UserID: address.OwnerID, Username: "demo customer", Role: hospital.Customer}, delivery)
	return watch.Code, err
}

// position is somewhere on the hill of the demo hospital, in degrees.
type position struct{ latitude, longitude float64 }

// theKitchen is where trays come from.
var theKitchen = position{-1.9480, 30.0595}

// doors are where the wards are, by code; houses are farther off.
var (
	doors = map[string]position{
		"URG":   {-1.9476, 30.0602},
		"MED-A": {-1.9483, 30.0604},
		"MED-B": {-1.9483, 30.0604},
		"SURG":  {-1.9486, 30.0600},
		"ICU":   {-1.9486, 30.0600},
		"PED":   {-1.9479, 30.0611},
		"NUT":   {-1.9479, 30.0611},
		"MAT":   {-1.9474, 30.0609},
		"ISO":   {-1.9490, 30.0590},
		"PRIV":  {-1.9488, 30.0585},
	}
	houses = position{-1.9452, 30.0648}
)

// locate tells now and then where a courier is, with how much of the way gone.
func (s *Staff) locate(ctx context.Context, courier hospital.Actor, underWay []hospital.RoundStop, gone float64) (bool, error) {
	if s.rng.IntN(3) > 0 {
		return false, nil
	}
	to := houses
	if door, known := doors[underWay[0].WardCode]; known {
		to = door
	}
	latitude := theKitchen.latitude + gone*(to.latitude-theKitchen.latitude)
	longitude := theKitchen.longitude + gone*(to.longitude-theKitchen.longitude)
	for _, stop := range underWay {
		if _, err := s.h.LocateDelivery(ctx, courier, stop.ID, latitude, longitude); err != nil {
			return false, err
		}
	}
	return true, nil
}
