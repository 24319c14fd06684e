// Package static holds what pages need besides HTML: the style sheet and the scripts of all of them,
// those that the pages of one noun add (kitchen.css, kitchen.js), htmx with its socket extension,
// icons, and the typefaces (.ci/fonts makes them), so that a page looks the same whatever fonts a
// machine has.
//
// They are part of the binary and named by their content (/static/app.3f2a1c9b04de.css), so a browser may keep them for
// ever and still never mixes two versions. There is no build step: what lies in this folder is what is sent,
// with the paths of other files and the times of package freshness filled in.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"dusangire/hub/freshness"
)

//go:embed *.css *.js *.svg vendor/*.js vendor/*.woff2
var files embed.FS

// prefix is where the files are served.
const prefix = "/static/"

// patterns find the files. One that another refers to by url(NAME) stands before it, because the reference carries its hash.
var patterns = []string{"*.svg", "vendor/*.woff2", "*.css", "*.js", "vendor/*.js"}

// asset is one file as it is served.
type asset struct {
	path        string // such as /static/app.3f2a1c9b04de.css
	contentType string
	body        []byte
}

var byName, byPath = load()

func load() (byName, byPath map[string]asset) {
	byName, byPath = map[string]asset{}, map[string]asset{}
	for _, name := range list() {
		body, err := files.ReadFile(name)
		if err != nil {
			panic("static: " + err.Error())
		}
		if path.Ext(name) == ".css" {
			body = withHashedReferences(body, byName)
		}
		if name == "app.css" {
			body = append([]byte(freshness.ForStyles()), body...)
		}
		a := asset{path: hashedPath(name, body), contentType: contentTypes[path.Ext(name)], body: body}
		byName[name], byPath[a.path] = a, a
	}
	return byName, byPath
}

// list names the files in the order of the patterns.
func list() []string {
	var names []string
	for _, pattern := range patterns {
		found, err := fs.Glob(files, pattern)
		if err != nil {
			panic("static: " + err.Error())
		}
		names = append(names, found...)
	}
	return names
}

// withHashedReferences replaces each url(NAME) of a style sheet by the path under which NAME is served.
func withHashedReferences(css []byte, known map[string]asset) []byte {
	for name, a := range known {
		css = bytes.ReplaceAll(css, []byte("url("+name+")"), []byte("url("+a.path+")"))
	}
	return css
}

// hashedPath puts the start of the content's hash before the extension.
func hashedPath(name string, body []byte) string {
	sum := sha256.Sum256(body)
	base, ext := path.Base(name), path.Ext(name)
	return prefix + strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

// contentTypes are those of the files here, by extension.
var contentTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
}

// Path is the URL path under which the file name of this folder is served, such as Path("app.css"). It panics for a
// name that is no file here: the names are written in templates, not typed by people.
func Path(name string) string {
	a, known := byName[name]
	if !known {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.path
}

// Has reports whether there is a file of that name.
func Has(name string) bool { return byName[name].path != "" }

// Handler serves the files at their Paths, to be kept for ever, and 404 for everything else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, known := byPath[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.contentType)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
	})
}
