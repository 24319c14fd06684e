// Package docs_test holds the documents to what they say of themselves: that they fit their page,
// and that whatever they, or a comment, refer to is there.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// root is the repository, from here.
const root = ".."

const (
	mostReadmeLines = 120
	widest          = 100 // characters
)

// folders are those whose files the documents name.
const folders = `\.ci|cmd|deploy|docs|handlers|hospital|hub|static|views`

// texts are the files of the repository whose names end so, by their path in it. What was made
// elsewhere is not among them.
func texts(t *testing.T, endings ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if slices.Contains([]string{".git", "testdata", "vendor", "screenshots", "bin"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(path, e) }) {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheDocumentsFitTheirPage(t *testing.T) {
	for path, text := range texts(t, ".md") {
		for i, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(line); n > widest {
				t.Errorf("%s:%d has %d characters, %d are the most", path, i+1, n, widest)
			}
		}
		if n := strings.Count(text, "\n"); path == "README.md" && n > mostReadmeLines {
			t.Errorf("%s has %d lines, %d are the most: docs/ has room", path, n, mostReadmeLines)
		}
	}
}

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	fileName  = regexp.MustCompile(`^(` + folders + `)/[\w.*/-]+$`)
	testName  = regexp.MustCompile(`\bTest[A-Z]\w*`)
	codeName  = regexp.MustCompile(`^[A-Za-z]*[a-z][A-Z]\w*$`) // setBedStatus, of code alone
	reference = regexp.MustCompile(`[\w./-]+\.md\b(#[\w-]+)?`)
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

func TestEveryLinkOfADocumentEndsAtSomethingThatIsThere(t *testing.T) {
	documents := texts(t, ".md")
	anchors := anchorsOf(t, documents)
	for path, text := range documents {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(found[1], "#")
			to := path
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			wantThere(t, anchors, path, to, anchor)
		}
	}
}

func TestEveryFileAndTestThatADocumentNamesIsThere(t *testing.T) {
	var tests strings.Builder
	for _, text := range texts(t, "_test.go") {
		tests.WriteString(text)
	}
	for path, text := range texts(t, ".md") {
		for _, span := range codeSpan.FindAllStringSubmatch(text, -1) {
			if !fileName.MatchString(span[1]) {
				continue
			}
			if files, err := filepath.Glob(filepath.Join(root, span[1])); err != nil || len(files) == 0 {
				t.Errorf("%s names the file %s, and there is none", path, span[1])
			}
		}
		for _, name := range testName.FindAllString(text, -1) {
			if !strings.Contains(tests.String(), "func "+name+"(") {
				t.Errorf("%s names the test %s, and there is none", path, name)
			}
		}
	}
}

func TestEveryFunctionThatADocumentNamesIsThere(t *testing.T) {
	named := map[string]bool{}
	word := regexp.MustCompile(`\w+`)
	for _, text := range texts(t, ".go", ".templ", ".js") {
		for _, name := range word.FindAllString(text, -1) {
			named[name] = true
		}
	}
	for path, text := range texts(t, ".md") {
		for _, span := range codeSpan.FindAllStringSubmatch(text, -1) {
			if codeName.MatchString(span[1]) && !named[span[1]] {
				t.Errorf("%s names %s, and the code has no such name", path, span[1])
			}
		}
	}
}

func TestEveryDocumentThatTheSourceRefersToIsThere(t *testing.T) {
	anchors := anchorsOf(t, texts(t, ".md"))
	sources := texts(t, ".go", ".templ", ".js", ".css", ".sql", "Makefile", "check", "pre-commit")
	for path, text := range sources {
		for _, found := range reference.FindAllString(text, -1) {
			to, anchor, _ := strings.Cut(found, "#")
			if strings.HasPrefix(to, "../") { // of code that reads it; comments name it from the root
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), to))
			}
			wantThere(t, anchors, path, to, anchor)
		}
	}
}

// wantThere reports a reference from one file to another, or to a heading in it, that leads
// nowhere.
func wantThere(t *testing.T, anchors map[string][]string, from, to, anchor string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, to)); err != nil {
		t.Errorf("%s refers to %s, and there is no such file", from, to)
	} else if anchor != "" && !slices.Contains(anchors[to], anchor) {
		t.Errorf("%s refers to #%s of %s, and there is no such heading", from, anchor, to)
	}
}

// anchorsOf are those of the headings of each document. Of two that are called the same nobody
// could refer to the second.
func anchorsOf(t *testing.T, documents map[string]string) map[string][]string {
	t.Helper()
	anchors := map[string][]string{}
	for path, text := range documents {
		for _, found := range heading.FindAllStringSubmatch(text, -1) {
			anchor := anchorOf(found[1])
			if slices.Contains(anchors[path], anchor) && path != "CHANGELOG.md" {
				t.Errorf("%s has two headings called %q", path, found[1])
			}
			anchors[path] = append(anchors[path], anchor)
		}
	}
	return anchors
}

// anchorOf is how those who show Markdown make a link of a heading.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
