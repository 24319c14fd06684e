package program

import (
	"testing"
)

func TestWhatIsToldOfAURLStillHelps(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://u:geheim@10.0.0.7:5432/hosp":            "postgres://…@10.0.0.7:5432/hosp",
		"postgres://u:geheim@10.0.0.7/hosp?sslmode=disable": "postgres://…@10.0.0.7/hosp",
		"postgres://db.example/hosp":                        "postgres://db.example/hosp",
		"mysql://u:top@SECRET@h/db":                         "mysql://…@h/db",
		"postgres://u:p@db1:5433,db2:5434/hosp":             "postgres://…@db1:5433,db2:5434/hosp",
		"rediss://:geheim@[::1]:6379/0":                     "rediss://…@[::1]:6379/0",
		"sqlite:/var/lib/dusangire/board.db":                "sqlite:/var/lib/dusangire/board.db",
		"hosp:geheim@db/hosp":                               "…@db/hosp",
		"postgres://u:p@ss/w?rd#1@db/hosp":                  "postgres://…",
		"redis://:ge/heim@h:6379/0":                         "redis://…",
		"host=db password=geheim":                           "…",
	} {
		if got := redacted(url); got != want {
			t.Errorf("of %s is told %s, want %s", url, got, want)
		}
	}
}

// TestADatabaseURLThatCanBeReadInOneWayIsTaken has the forms that must go on to the driver.
func TestADatabaseURLThatCanBeReadInOneWayIsTaken(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:p@h/db",
		"postgresql://u:p%40ss%2Fw@h:5432/db?sslmode=disable",
		"postgres://u:p@ss@h/db",
		"postgres://u:p@h1:5433,h2:5434/db?target_session_attrs=read-write",
		"postgres:///db?host=/run/postgresql",
		"postgres://u@/db?host=/run/postgresql",
		"postgres://[::1]:5432/db",
		"sqlite:dusangire.db",
		"sqlite:/var/lib/dusangire/a@b.db",
		"sqlite:////abs.db",
		"sqlite:with blank.db",
	} {
		if err := (database{DatabaseURL: url, DatabaseConnections: 16}).check(); err != nil {
			t.Errorf("%s is refused: %v", url, err)
		}
	}
	for _, url := range []string{
		"redis://h:6379/0", "redis://:p%40ss@h", "rediss://u:p@h:6380/1?skip_verify=true",
		"unix:///run/redis.sock", "unix://u:p@/run/redis.sock?db=1",
	} {
		if err := (endpoint{Addr: "127.0.0.1:0", RedisURL: url}).check(); err != nil {
			t.Errorf("%s is refused: %v", url, err)
		}
	}
}
