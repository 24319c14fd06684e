// Package text holds every word that the screens say, in English, French and Kinyarwanda.
//
// catalogue.tsv is the one place to read and change them: a line per key, a column per language,
// the same fmt verbs in each. The language travels in the context: handlers put it there with With,
// and T, Refusal and the forms of a time read it. Nothing here knows HTML.
package text

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"dusangire/hospital"
)

// Lang is one of the languages, by its ISO 639-1 code.
type Lang string

// The languages.
const (
	En Lang = "en"
	Fr Lang = "fr"
	Rw Lang = "rw"
)

// Langs lists the languages in the order of the catalogue's columns; the first is spoken where
// nothing else is known.
var Langs = []Lang{En, Fr, Rw}

// Name is the language's own name for itself.
func (l Lang) Name() string {
	switch l {
	case Fr:
		return "Français"
	case Rw:
		return "Kinyarwanda"
	default:
		return "English"
	}
}

//go:embed catalogue.tsv
var catalogueFile string

// catalogue is catalogueFile by key and language. Only its init writes it.
var catalogue = parseCatalogue(catalogueFile)

// parseCatalogue reads the lines of the catalogue. It panics on a malformed one: the file is part
// of the program.
func parseCatalogue(file string) map[string]map[Lang]string {
	sentences := map[string]map[Lang]string{}
	for n, line := range strings.Split(strings.TrimSpace(file), "\n") {
		if n == 0 || line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 1+len(Langs) {
			panic(fmt.Sprintf("text: catalogue line %d has %d columns, not a key and %d languages",
				n+1, len(columns), len(Langs)))
		}
		key := columns[0]
		if _, twice := sentences[key]; twice {
			panic(fmt.Sprintf("text: catalogue line %d: key %q stands there twice", n+1, key))
		}
		sentences[key] = map[Lang]string{}
		for i, lang := range Langs {
			sentences[key][lang] = columns[i+1]
		}
	}
	return sentences
}

type contextKey struct{}

// With returns a context whose texts are in the language l.
func With(ctx context.Context, l Lang) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// From returns the language of the context; English where none was put into it.
func From(ctx context.Context) Lang {
	if l, ok := ctx.Value(contextKey{}).(Lang); ok {
		return l
	}
	return En
}

// T is the sentence of a key in the context's language, filled with args as fmt does. An unknown
// key shows itself, so that it is seen; a test makes sure that none is used.
func T(ctx context.Context, key string, args ...any) string {
	sentence, known := catalogue[key][From(ctx)]
	if !known {
		return key
	}
	return fill(sentence, args)
}

// For is what a button says that does something to somebody: the words of a key with their name, so
// that nobody presses it for another. Without a name it is the words alone.
func For(ctx context.Context, key, name string) string {
	if name == "" {
		return T(ctx, key)
	}
	return T(ctx, "button.for", T(ctx, key), name)
}

// Has reports whether there are words for a key.
func Has(key string) bool {
	_, known := catalogue[key]
	return known
}

// fill puts the args into a sentence, which need not use all of them.
func fill(sentence string, args []any) string {
	if len(args) == 0 || !strings.Contains(sentence, "%") {
		return sentence
	}
	return fmt.Sprintf(sentence, args...)
}

// Refusal says in the context's language why something was refused. A code that the catalogue lacks
// is said in English, as English is always: the code's own sentence knows more. A translation need
// not use all that the sentence was filled with.
func Refusal(ctx context.Context, e *hospital.Error) string {
	lang := From(ctx)
	sentence, known := catalogue["refusal."+e.Code][lang]
	if lang == En || !known {
		return e.Message
	}
	args := make([]any, len(e.Args))
	for i, arg := range e.Args {
		args[i] = worded(ctx, arg)
	}
	return fill(sentence, args)
}

// worded puts into the context's language what a refusal was filled with, where that has words of
// its own.
func worded(ctx context.Context, arg any) any {
	switch arg := arg.(type) {
	case *hospital.Error:
		return Refusal(ctx, arg)
	case hospital.Hazards:
		reasons := make([]string, len(arg))
		for i, z := range arg {
			reasons[i] = Hazard(ctx, z)
		}
		return strings.Join(reasons, " ; ")
	case hospital.Whereabouts:
		if arg == "" {
			return T(ctx, "where.waiting")
		}
		return T(ctx, "where.in_bed", string(arg))
	case hospital.Meal:
		return Meal(ctx, arg)
	case hospital.Money:
		return MoneyOf(ctx, arg)
	case hospital.BedStatus:
		return T(ctx, "status."+string(arg))
	case hospital.OrderStatus:
		return T(ctx, "order."+string(arg))
	case hospital.DeliveryStatus:
		return T(ctx, "delivery."+string(arg))
	}
	return arg
}

// Notice says a notification in the context's language: in a few words, and in a sentence. English
// is said as it was kept, and so is what the catalogue lacks.
func Notice(ctx context.Context, n hospital.Notification) (title, message string) {
	key := "notice." + n.Code
	if _, known := catalogue[key]; !known || From(ctx) == En {
		return n.Title, n.Message
	}
	var meal string
	if n.About.Meal != "" {
		meal = Meal(ctx, n.About.Meal)
	}
	return n.About.Fill(T(ctx, key+".title"), meal), n.About.Fill(T(ctx, key), meal)
}

// Meal is what a meal is called in the context's language. One that there is no more is called by
// its code.
func Meal(ctx context.Context, code hospital.Meal) string {
	return cmp.Or(Dish(ctx, hospital.SettingsOf(ctx).Meal(code).Name), string(code))
}

// Dish is what a dish is called in the context's language, in English where nobody has translated
// it.
func Dish(ctx context.Context, name hospital.DishName) string {
	switch From(ctx) {
	case Fr:
		return cmp.Or(name.Fr, name.En)
	case Rw:
		return cmp.Or(name.Rw, name.En)
	}
	return name.En
}

// Hazard says in the context's language why something must not go to the patient.
func Hazard(ctx context.Context, z hospital.Hazard) string {
	dish := Dish(ctx, z.DishName)
	switch {
	case z.Kind == hospital.HazardAllergen && z.Severe:
		return T(ctx, "hazard.severe", dish, T(ctx, "allergen."+string(z.Allergen)))
	case z.Kind == hospital.HazardAllergen, z.Kind == hospital.HazardMayContain:
		return T(ctx, "hazard."+string(z.Kind), dish, T(ctx, "allergen."+string(z.Allergen)))
	case z.Kind == hospital.HazardDiet:
		return T(ctx, "hazard.diet", dish, T(ctx, "diet."+string(z.Diet)))
	case z.Kind == hospital.HazardTexture:
		return T(ctx, "hazard.texture", dish)
	}
	return T(ctx, "hazard."+string(z.Kind))
}

// DishHazard is Hazard where the name of the dish stands beside it.
func DishHazard(ctx context.Context, z hospital.Hazard) string {
	kind := string(z.Kind)
	switch {
	case z.Kind == hospital.HazardAllergen && z.Severe:
		kind = "severe"
	case z.Kind == hospital.HazardDiet:
		return T(ctx, "hazard.own.diet", T(ctx, "diet."+string(z.Diet)))
	case z.Allergen == "" && z.Kind != hospital.HazardTexture:
		return Hazard(ctx, z)
	}
	return T(ctx, "hazard.own."+kind, T(ctx, "allergen."+string(z.Allergen)))
}

// tags are the languages as browsers name them.
var tags = map[Lang]language.Tag{
	En: language.English, Fr: language.French, Rw: language.MustParse("rw"),
}

// Offered lists the languages that the context's hospital offers, the one first that is spoken
// where nobody has chosen.
func Offered(ctx context.Context) []Lang {
	settings := hospital.SettingsOf(ctx)
	first := Lang(settings.DefaultLanguage)
	offered := []Lang{first}
	for _, l := range Langs {
		if l != first && settings.Offers(string(l)) {
			offered = append(offered, l)
		}
	}
	return offered
}

// Pick chooses the language of a reader among those that are offered: the one they chose, else the
// best that their browser asks for, else the first.
func Pick(ctx context.Context, chosen, acceptLanguage string) Lang {
	offered := Offered(ctx)
	if slices.Contains(offered, Lang(chosen)) {
		return Lang(chosen)
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return offered[0]
	}
	known := make([]language.Tag, len(offered))
	for i, l := range offered {
		known[i] = tags[l]
	}
	_, i, confidence := language.NewMatcher(known).Match(wanted...)
	if confidence == language.No {
		return offered[0]
	}
	return offered[i]
}
