package program

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// envPrefix begins the name of each variable that is the twin of a flag.
const envPrefix = "DUSANGIRE_"

// cleanSettings cleans the environment and the arguments, and returns these.
func cleanSettings(args []string) ([]string, error) {
	if err := cleanEnvironment(); err != nil {
		return nil, err
	}
	return cleanArguments(args)
}

// cleanEnvironment takes away what stands around each setting in the environment and is not meant:
// a file that was written on Windows, or for another reader of such files, leaves a carriage
// return, a byte order mark, blanks or quotes. A variable that is empty is no setting.
func cleanEnvironment() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		bare := strings.TrimPrefix(strings.TrimFunc(name, isPadding), "export ")
		if bare != name && strings.HasPrefix(bare, envPrefix) {
			return fmt.Errorf("the environment has a variable %q: let its line begin with %s, in "+
				"a file without a byte order mark", name, bare)
		}
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		cleaned := unquoted(strings.TrimFunc(value, isPadding))
		if invisible := invisibleIn(cleaned); invisible != "" {
			return errInvisible(name+" (--"+flagOf(name)+")", invisible)
		}
		if err := setVariable(name, cleaned); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func setVariable(name, value string) error {
	if value == "" {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, value)
}

// flagOf is the name of the flag whose twin a variable is.
func flagOf(variable string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, envPrefix)), "_", "-")
}

// cleanArguments does the same for the command line, but for quotes, which are a shell's. A script
// with the line ends of Windows leaves its carriage return at the last argument, or as one of its
// own.
func cleanArguments(args []string) ([]string, error) {
	var cleaned []string
	for i, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if found && strings.HasPrefix(name, "--") {
			arg = name + "=" + strings.TrimFunc(value, isPadding)
		} else {
			arg = strings.TrimFunc(arg, isPadding)
		}
		if invisible := invisibleIn(arg); invisible != "" {
			return nil, errInvisible(argumentName(args, i), invisible)
		}
		isLineEnd := i == len(args)-1 && arg == "" && strings.Contains(args[i], "\r")
		if !isLineEnd {
			cleaned = append(cleaned, arg)
		}
	}
	return cleaned, nil
}

// argumentName is what an argument is called: by its flag, or by its place.
func argumentName(args []string, i int) string {
	name, _, _ := strings.Cut(args[i], "=")
	if strings.HasPrefix(name, "--") && invisibleIn(name) == "" {
		return name
	}
	if i > 0 && strings.HasPrefix(args[i-1], "--") && !strings.Contains(args[i-1], "=") {
		return args[i-1]
	}
	return fmt.Sprintf("argument %d", i+1)
}

// isPadding reports whether a character at the edge of a setting does not belong to it.
func isPadding(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }

// invisibleIn names the first character that can't be seen; "" where there is none.
func invisibleIn(value string) string {
	if i := strings.IndexFunc(value, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
		return fmt.Sprintf("%U", []rune(value[i:])[0])
	}
	return ""
}

func errInvisible(setting, character string) error {
	return fmt.Errorf("%s: it has %s in it, which can't be seen; write it anew", setting, character)
}

// unquoted takes one pair of quotes away that stands around a value.
func unquoted(value string) string {
	for _, quote := range []string{`"`, "'"} {
		if inner, is := strings.CutPrefix(value, quote); is && strings.HasSuffix(inner, quote) {
			return strings.TrimFunc(strings.TrimSuffix(inner, quote), isPadding)
		}
	}
	return value
}

var (
	schemeOf    = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*://`)
	hostAfterAt = regexp.MustCompile(`^[A-Za-z0-9._,:\[\]-]*(/[A-Za-z0-9._-]*)?$`) // an @
	hostAlone   = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]*)?$`)
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
	case at >= 0 && hostAfterAt.MatchString(place[at+1:]):
		return scheme + "…" + place[at:]
	case at < 0 && scheme != "" && hostAlone.MatchString(place):
		return scheme + place
	}
	return scheme + "…"
}

// printable is what may be told of any other setting: all of it, unless somebody has put a URL
// there.
func printable(value string) string {
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
		if told := printable(value); told != value {
			quoted := strings.Trim(fmt.Sprintf("%q", value), `"`)
			sentence = strings.NewReplacer(value, told, quoted, told).Replace(sentence)
		}
	}
	return sentence
}
