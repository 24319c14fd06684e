package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/views/text"
)

// SetupStep draws one step of setting a hospital up.
type SetupStep func(Page) templ.Component

// The steps after the first, which makes the administrator, in their order.
var setupSteps = []struct{ key, path string }{
	{"setup.step.hospital", SettingsStepPath}, {"setup.step.wards", WardsStepPath},
	{"setup.step.meals", MealsStepPath}, {"setup.step.menu", MenuStepPath},
}

// stepClass is how a step looks while another one is under way.
func stepClass(step, now int) string {
	switch {
	case step < now:
		return "done"
	case step == now:
		return "now"
	}
	return ""
}

// stepNow marks the step that is under way.
func stepNow(step, now int) templ.Attributes {
	if step == now {
		return templ.Attributes{"aria-current": "step"}
	}
	return nil
}

// nextStep is the path of the step after one; after the last what is still missing.
func nextStep(step int) string {
	if step < len(setupSteps) {
		return setupSteps[step].path
	}
	return SetupPath
}

// SetupWards is the step of the wards.
func SetupWards(wards []hospital.Ward, f Form) SetupStep {
	return func(p Page) templ.Component { return setupWardsStep(p, wards, f) }
}

// SetupOverview is the page of the whole setup.
func SetupOverview(missing []hospital.Missing) SetupStep {
	return func(p Page) templ.Component { return setupOverview(p, missing) }
}

// MissingWords say what a hospital lacks.
func MissingWords(ctx context.Context, m hospital.Missing) string {
	switch m.Kind {
	case hospital.MissingDiet:
		return text.T(ctx, "missing.diet", text.T(ctx, "diet."+string(m.Diet)),
			text.Meal(ctx, m.Meal))
	case hospital.MissingTexture:
		return text.T(ctx, "missing.texture", levels(m.Textures),
			text.Meal(ctx, m.Meal))
	case hospital.MissingLogin:
		return text.T(ctx, "missing.login", text.T(ctx, "role."+string(m.Role)))
	}
	return text.T(ctx, "missing."+string(m.Kind))
}

// missingPath is where what a hospital lacks is added.
func missingPath(m hospital.Missing) string {
	switch m.Kind {
	case hospital.MissingLogin:
		return UsersPath
	case hospital.MissingDish:
		return MenuStepPath
	case hospital.MissingDiet, hospital.MissingTexture:
		return DishesPath + "?view=matrix"
	case hospital.MissingBed: // a step adds wards, and none to those that there are
		return WardsPath
	}
	return WardsStepPath
}

// wayOn leads to a page on which a step can be done in another way, or in more detail.
type wayOn struct{ path, words string }

// How a menu can begin.
const (
	StartWithSample = "sample"
	StartEmpty      = "empty"
)

// SetupMenu is the step of the menu, which has so many dishes by now.
func SetupMenu(dishes int, f Form) SetupStep {
	return func(p Page) templ.Component { return setupMenuStep(p, dishes, f) }
}

// SettingsStep is the step of what the hospital is called and where it is.
func SettingsStep(settings *hospital.Settings, f Form) SetupStep {
	return func(p Page) templ.Component { return settingsStep(p, settings, f) }
}

// MealsStep is the step of the meals.
func MealsStep(settings *hospital.Settings, f Form) SetupStep {
	return func(p Page) templ.Component { return mealsStep(p, settings, f) }
}

// StepField is what a field of one meal is called among those of all.
func StepField(field string, code hospital.Meal) string { return field + "_" + string(code) }

// clockOf is a time of day as a form has it; "" for a meal that has none.
func clockOf(k hospital.MealKind) string {
	if !k.Timed {
		return ""
	}
	return time.Time{}.Add(k.Serve).Format("15:04")
}
