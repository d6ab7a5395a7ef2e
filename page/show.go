package page

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What the page comes as.
const (
	htmlKind = "text/html; charset=utf-8"
	jsonKind = "application/json"
)

// show answers with the page, or with its data as JSON.
func (p *Page) show(w http.ResponseWriter, r *http.Request, v Visitor) {
	language, kind := p.language(r), htmlKind
	var n note
	if prefersJSON(r.Header.Values("Accept")) {
		kind = jsonKind
	} else {
		n = p.noteFor(r)
	}
	if lang := asked(r); lang != "" {
		n.keep = "?lang=" + lang
	}
	shown, wait := p.rendered(kind, language, v, n)
	if wait > 0 {
		p.refuseFor(w, r, v, wait)
		return
	}
	p.setHeaders(w.Header(), shown.sources)
	p.write(w, r, language, kind, http.StatusOK, shown.body)
}

// render makes the page: by the site's own template if there is one that works. It
// reports whether all has worked.
func (p *Page) render(kind, language string, v Visitor, n note) (made rendering, worked bool) {
	if kind == jsonKind {
		return rendering{p.json(language, v), builtInSources}, true
	}
	d := p.data(language, v, n)
	if p.own != nil {
		html, err := render(p.own, d)
		if err == nil {
			return rendering{html, ownSources}, true
		}
		p.tell(err)
	}
	html, err := render(builtIn, d)
	if err != nil {
		p.tell(err) // only a bug, or a policy beyond all measure, brings this about
	}
	return rendering{html, builtInSources}, err == nil && p.own == nil
}

// tellEvery is the time for which no further failure of the template is told, in
// seconds.
const tellEvery = 60

// tell tells of a template that failed.
func (p *Page) tell(err error) {
	now, last := p.now().Unix(), p.toldLast.Load()
	if p.onError == nil || now-last < tellEvery || !p.toldLast.CompareAndSwap(last, now) {
		return
	}
	p.onError(fmt.Errorf("the template of the page: %w", err))
}

// refuseFor answers that a client has used up its turns for some time.
func (p *Page) refuseFor(w http.ResponseWriter, r *http.Request, v Visitor, wait time.Duration) {
	seconds := (wait + time.Second - 1) / time.Second
	w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	p.refuse(w, r, v, http.StatusTooManyRequests)
}

// refuse answers with an error that visitors can read.
func (p *Page) refuse(w http.ResponseWriter, r *http.Request, v Visitor, status int) {
	language := p.language(r)
	d := refusal{
		Language: language, Dir: direction(language), Style: style,
		Error: texts[language].Errors[status], Back: texts[language].Back, Action: pathOf(v.Path),
	}
	if lang := asked(r); lang != "" {
		d.Action += "?lang=" + lang
	}
	var html bytes.Buffer
	if err := refusalTemplate.Execute(&html, d); err != nil {
		p.tell(err)
	}
	p.setHeaders(w.Header(), builtInSources)
	p.write(w, r, language, htmlKind, status, html.Bytes())
}

// setHeaders sets what all answers have.
func (p *Page) setHeaders(h http.Header, sources string) {
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Cookie, Accept, Accept-Language, Sec-GPC")
	h.Set("Content-Security-Policy", "default-src 'none'; "+sources+"; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
}

func (p *Page) write(w http.ResponseWriter, r *http.Request, language, kind string, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Language", language)
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a visitor who has left needs no page
	}
}

// Write writes the page as a file, in one of [Languages]. It has no form, as nobody
// answers it there.
func (p *Page) Write(w io.Writer, language string) error {
	if texts[language] == nil {
		return fmt.Errorf("there is no page in the language %q: expected one of %s", language, strings.Join(Languages(), ", "))
	}
	t := builtIn
	if p.own != nil {
		t = p.own
	}
	html, err := render(t, p.dataForFile(language))
	if err != nil {
		return fmt.Errorf("the template of the page, without a visitor: %w", err)
	}
	_, err = w.Write(html)
	return err
}
