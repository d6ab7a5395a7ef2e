package inventory

import (
	"strings"
	"time"
	"unicode"
)

// fitTexts makes the texts of a record short and harmless. It changes nothing that
// others may hold.
func (r *Record) fitTexts() {
	r.Host = fit(r.Host, maxHost)
	r.Name = fit(r.Name, maxName)
	r.Attributes = r.Attributes.fit()
	r.Category = fit(r.Category, maxText)
	r.Service = fit(r.Service, maxText)
}

// fit does so, and gives a record that was read the times it should have.
func (r *Record) fit() {
	r.fitTexts()
	r.FirstSeen, r.LastSeen, r.LastSet = second(r.FirstSeen), second(r.LastSeen), second(r.LastSet)
}

func (a *Attributes) fit() *Attributes {
	if a == nil {
		return nil
	}
	fitting := *a
	fitting.Domain = fit(a.Domain, maxHost)
	fitting.Path = fit(a.Path, maxText)
	fitting.SameSite = fit(a.SameSite, maxText)
	if fitting == *a {
		return a
	}
	changed := fitting // so that only this one is allocated
	return &changed
}

// fit returns a text of at most so many bytes, in valid UTF-8 and without anything
// that a terminal could act on. Where it had to be cut, it ends with an ellipsis.
func fit(text string, limit int) string {
	if len(text) <= limit && isPlain(text) {
		return text
	}
	const ellipsis = "…"
	var fitting strings.Builder
	end := 0 // of what an ellipsis leaves room for
	for _, c := range text {
		if fitting.Len() <= limit-len(ellipsis) {
			end = fitting.Len()
		}
		if !unicode.IsPrint(c) {
			c = unicode.ReplacementChar
		}
		fitting.WriteRune(c)
		if fitting.Len() > limit {
			return fitting.String()[:end] + ellipsis
		}
	}
	return fitting.String()
}

func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// second returns a time as records have it. One that RFC 3339 has no form for
// becomes the zero time.
func second(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second)
	if year := t.Year(); year < 1 || year > 9999 {
		return time.Time{}
	}
	return t
}
