package views_test

import (
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// A refusal that names no field says only that something went from one value to another.
func TestWhatHasChangedIsToldByTheNameOfItsField(t *testing.T) {
	fields := []string{"name_en", "name_fr", "name_rw", "serve_at", "cut_off_minutes", "main",
		"position", "enabled"} // of a meal
	for _, setting := range hospital.SettingsOf(t.Context()).Values() {
		fields = append(fields, setting.Key)
	}
	for _, lang := range text.Langs {
		ctx := text.With(t.Context(), lang)
		for _, field := range fields {
			change := hospital.Change{Field: field, From: "a", To: "b", By: "boss", At: time.Now()}
			said := views.ChangeWords(ctx, []hospital.Change{change})[0]
			if name, _, _ := strings.Cut(said, ":"); strings.TrimSpace(name) == "" {
				t.Errorf("in %s a change of %s is told as %q", lang, field, said)
			}
		}
	}
}
