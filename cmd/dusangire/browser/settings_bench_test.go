package browser_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// BenchmarkSettingsReachTheOtherNode measures from just before settings are posted to one node until
// a live page of the other shows them, and until an answer of the other goes by them.
func BenchmarkSettingsReachTheOtherNode(b *testing.B) {
	quietly(b)
	database, redis := hospitaltest.PostgreSQL(b), hubtest.StartRedis(b)
	join := func(c *program.ServeCommand) { c.DatabaseURL, c.RedisURL = database, redis.URL() }
	here, board := dusangiretest.MustServeWard(b, 1, join)
	admin := here.SignIn(hospital.Admin)
	there := dusangiretest.MustServe(b, join).SignIn(hospital.Admin)
	page := there.Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsHTML)
	page.Next()
	named := 0
	rename := func() (name string, posted time.Time) {
		<-time.After(rand.N(time.Second)) // #nosec G404 -- at any moment between two checks
		named++
		name, posted = fmt.Sprintf("Hospital %d", named), time.Now()
		admin.Command("/settings", map[string]any{"hospital_name": name})
		return name, posted
	}
	measure := func(b *testing.B) {
		var shown, answered []time.Duration
		for b.Loop() {
			name, posted := rename()
			page.NextWith(">" + name + "</a>")
			shown = append(shown, time.Since(posted))

			name, posted = rename()
			for there.Read("/settings/")["hospital_name"] != name {
				<-time.After(time.Millisecond)
			}
			answered = append(answered, time.Since(posted))
			page.NextWith(">" + name + "</a>")
		}
		report(b, "page-p50-ms", shown, 0.5)
		report(b, "page-max-ms", shown, 1)
		report(b, "answer-p50-ms", answered, 0.5)
		report(b, "answer-max-ms", answered, 1)
	}
	b.Run("redis", measure)
	redis.Kill()
	b.Run("redis_down", measure)
}
