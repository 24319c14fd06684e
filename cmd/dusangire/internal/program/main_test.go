package program_test

import (
	"os"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
)

func TestMain(m *testing.M) { os.Exit(dusangiretest.Main(m)) }
