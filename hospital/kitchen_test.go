package hospital_test

import (
	"testing"

	"dusangire/hospital"
)

// kitchen reads the kitchen's wall.
func (s *service) kitchen(t testing.TB) hospital.KitchenBoard {
	t.Helper()
	board, err := s.KitchenBoard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return board
}
