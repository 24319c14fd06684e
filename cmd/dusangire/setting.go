package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// envPrefix begins the name of each variable that is the twin of a flag.
const envPrefix = "DUSANGIRE_"

// mend mends the settings wherever they stand, and returns the arguments.
func mend(args []string) ([]string, error) {
	if err := mendEnvironment(); err != nil {
		return nil, err
	}
	return mendArguments(args)
}

// mendEnvironment makes of each setting in the environment what was meant by it: a file that was
// written on Windows, or for another reader of such files, leaves a carriage return, a byte order
// mark, blanks or quotes around it. A variable that is empty is no setting.
func mendEnvironment() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		bare := strings.TrimPrefix(strings.TrimFunc(name, isMargin), "export ")
		if bare != name && strings.HasPrefix(bare, envPrefix) {
			return fmt.Errorf("the environment has a variable %q: let its line begin with %s, in a file "+
				"without a byte order mark", name, bare)
		}
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		mended := unquoted(strings.TrimFunc(value, isMargin))
		if unseen := unseenIn(mended); unseen != "" {
			return errUnseen(name+" (--"+flagOf(name)+")", unseen)
		}
		if err := keep(name, mended); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func keep(name, value string) error {
	if value == "" {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, value)
}

// flagOf is the name of the flag whose twin a variable is.
func flagOf(variable string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, envPrefix)), "_", "-")
}

// mendArguments does the same for the command line, but for quotes, which are a shell's. A script
// with the line ends of Windows leaves its carriage return at the last argument, or as one of its
// own.
func mendArguments(args []string) ([]string, error) {
	var mended []string
	for i, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if found && strings.HasPrefix(name, "--") {
			arg = name + "=" + strings.TrimFunc(value, isMargin)
		} else {
			arg = strings.TrimFunc(arg, isMargin)
		}
		if unseen := unseenIn(arg); unseen != "" {
			return nil, errUnseen(argumentName(args, i), unseen)
		}
		if isLineEnd := arg == "" && strings.Contains(args[i], "\r"); !isLineEnd || i < len(args)-1 {
			mended = append(mended, arg)
		}
	}
	return mended, nil
}

// argumentName is what an argument is called: by its flag, or by its place.
func argumentName(args []string, i int) string {
	name, _, _ := strings.Cut(args[i], "=")
	if strings.HasPrefix(name, "--") && unseenIn(name) == "" {
		return name
	}
	if i > 0 && strings.HasPrefix(args[i-1], "--") && !strings.Contains(args[i-1], "=") {
		return args[i-1]
	}
	return fmt.Sprintf("argument %d", i+1)
}

// isMargin reports whether a character at the edge of a setting is none of it.
func isMargin(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }

// unseenIn names the first character that can't be seen; "" where there is none.
func unseenIn(value string) string {
	if i := strings.IndexFunc(value, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
		return fmt.Sprintf("%U", []rune(value[i:])[0])
	}
	return ""
}

func errUnseen(setting, character string) error {
	return fmt.Errorf("%s: it has %s in it, which can't be seen; write it anew", setting, character)
}

// unquoted takes one pair of quotes away that stands around a value.
func unquoted(value string) string {
	for _, quote := range []string{`"`, "'"} {
		if inner, is := strings.CutPrefix(value, quote); is && strings.HasSuffix(inner, quote) {
			return strings.TrimFunc(strings.TrimSuffix(inner, quote), isMargin)
		}
	}
	return value
}

var (
	schemeOf   = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*://`)
	placeAfter = regexp.MustCompile(`^[A-Za-z0-9._,:\[\]-]*(/[A-Za-z0-9._-]*)?$`) // an @
	placeAlone = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]*)?$`)
)

// redacted is what may be told of a URL, rightly written or not: its scheme, and where it leads.
// Whatever could be a part of a password, also of one with an @, / or ? in it, is left out.
func redacted(url string) string {
	if path, is := strings.CutPrefix(url, "sqlite:"); is && !strings.ContainsAny(path, "@?:") {
		return url
	}
	scheme := schemeOf.FindString(url)
	rest := url[len(scheme):]
	place, asked, _ := strings.Cut(rest, "?")
	place, fragment, _ := strings.Cut(place, "#")
	at := strings.LastIndex(place, "@")
	switch {
	case strings.Contains(asked+fragment, "@"), at >= 0 && strings.Contains(place[:at], "/"):
		return scheme + "…" // nobody can tell where the password ends
	case at >= 0 && placeAfter.MatchString(place[at+1:]):
		return scheme + "…" + place[at:]
	case at < 0 && scheme != "" && placeAlone.MatchString(place):
		return scheme + place
	}
	return scheme + "…"
}

// shown is what may be told of any other setting: all of it, unless somebody has put a URL there.
func shown(value string) string {
	if strings.ContainsAny(value, "@=?") || strings.Contains(value, "://") {
		return redacted(value)
	}
	return value
}

// withoutSecrets cuts out of a sentence of the parser, which quotes what it was given, what could
// be a password.
func withoutSecrets(sentence string, args []string) string {
	given := append([]string(nil), args...)
	for _, arg := range args {
		_, value, _ := strings.Cut(arg, "=")
		given = append(given, value)
	}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, envPrefix) {
			given = append(given, value)
		}
	}
	for _, value := range given {
		if told := shown(value); told != value {
			quoted := strings.Trim(fmt.Sprintf("%q", value), `"`)
			sentence = strings.NewReplacer(value, told, quoted, told).Replace(sentence)
		}
	}
	return sentence
}
