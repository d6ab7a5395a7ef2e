package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"strings"
)

// maxPage is how many bytes a page may have. No policy comes near it; a template that
// repeats itself does.
const maxPage = 1 << 20

//go:embed page.html refusal.html page.css
var files embed.FS

// The built-in page, what is shown instead of it, and their style.
var (
	builtIn         = template.Must(template.ParseFS(files, "page.html"))
	refusalTemplate = template.Must(template.ParseFS(files, "refusal.html"))
	style           = readStyle()
)

// What pages may load, in the words of a Content-Security-Policy: nothing but their own
// style, and where the site has its own template, what the site has for it.
var (
	builtInSources = "style-src 'sha256-" + hashOf(string(style)) + "'"
	ownSources     = "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'"
)

// readStyle reads the style, without the space that only its authors need.
func readStyle() template.CSS {
	text, err := files.ReadFile("page.css")
	if err != nil {
		panic(err) // it is part of the program
	}
	var short strings.Builder
	for line := range strings.Lines(string(text)) {
		short.WriteString(strings.TrimSpace(line))
	}
	return template.CSS(short.String())
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// refusal is what is shown instead of the page.
type refusal struct {
	Language, Dir string
	Style         template.CSS
	Error         ErrorText
	Back          string
	Action        string
}

var errTooLong = fmt.Errorf("expected a page of at most %d bytes", maxPage)

// bounded is a buffer that takes no more than a page.
type bounded struct{ bytes.Buffer }

// Write implements [io.Writer].
func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > maxPage {
		return 0, errTooLong
	}
	return b.Buffer.Write(data)
}

// render makes a page whole before anybody sees its beginning.
func render(t *template.Template, d *Data) ([]byte, error) {
	var html bounded
	err := t.Execute(&html, d)
	if errors.Is(err, errTooLong) {
		return nil, fmt.Errorf("%s: %w", t.Name(), err) // other errors name the template
	}
	if err != nil {
		return nil, err
	}
	return html.Bytes(), nil
}
