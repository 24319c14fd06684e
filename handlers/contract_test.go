package handlers_test

import (
	"os"
	"strings"
	"testing"

	"dusangire/handlers"
	"dusangire/hospital"
)

// Whatever can be asked, and every value that a field of it can have, stands in docs/contract.md.

func contract(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheContractNamesEveryRoute(t *testing.T) {
	text := contract(t)
	for _, route := range new(handlers.Server).Routes() {
		path := strings.NewReplacer(":id", "{id}", ":role", "{role}", ":token", "{token}",
			":code", "{code}", ":station", "{station}").Replace(route.Path)
		if role, ok := strings.CutPrefix(path, "/ws/dashboard/"); ok && role != "{role}/" {
			continue // one of those that {role} stands for
		}
		for _, kind := range hospital.FileKinds {
			for _, in := range []string{"/import/", "/export/", "/sample/"} {
				path = strings.Replace(path, in+string(kind), in+"{kind}", 1)
			}
		}
		if strings.HasPrefix(path, "/dashboard/") || path == "/static/*" {
			continue
		}
		if !strings.Contains(text, path) && !namedAfterAnother(text, path) {
			t.Errorf("docs/contract.md does not name %s %s", route.Method, path)
		}
	}
}

// namedAfterAnother reports whether a path is the last of several that differ in their end, as in
// "/orders/{id}/confirm, /start, /ready".
func namedAfterAnother(text, path string) bool {
	cut := strings.LastIndex(path, "/")
	for paragraph := range strings.SplitSeq(text, "\n- ") {
		begins := strings.Contains(paragraph, "`POST "+path[:cut+1])
		if begins && strings.Contains(paragraph, "`"+path[cut:]+"`") {
			return true
		}
	}
	return false
}

func TestTheContractNamesEveryValueOfAField(t *testing.T) {
	text := contract(t)
	wantNamed(t, text, hospital.Roles)
	wantNamed(t, text, hospital.BedStatuses)
	wantNamed(t, text, hospital.OrderStatuses)
	wantNamed(t, text, hospital.DeliveryStatuses)
	wantNamed(t, text, hospital.Diets)
	wantNamed(t, text, hospital.Allergens)
	wantNamed(t, text, hospital.Meals)
	wantNamed(t, text, hospital.Stations)
	wantNamed(t, text, hospital.DishActions)
	wantNamed(t, text, hospital.Outcomes)
	wantNamed(t, text, hospital.Sexes)
	wantNamed(t, text, hospital.Isolations)
	wantNamed(t, text, hospital.Priorities)
	wantNamed(t, text, hospital.BedFeatures)
	wantNamed(t, text, hospital.WardSexes)
	wantNamed(t, text, hospital.Misfits)
}

func wantNamed[T ~string](t *testing.T, text string, values []T) {
	t.Helper()
	for _, value := range values {
		if !strings.Contains(text, "`"+string(value)+"`") {
			t.Errorf("docs/contract.md does not name %T %q", value, value)
		}
	}
}
