package page

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// maxAcceptLanguage is how many bytes of an Accept-Language header are read. Browsers
// send far fewer.
const maxAcceptLanguage = 256

// languageCookie is where Django keeps the visitor's language.
const languageCookie = "django_language"

// matcher finds the best of the page's languages. What it finds for nobody's wish is
// told apart by its confidence.
var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, name := range Languages() {
		tags = append(tags, language.MustParse(name))
	}
	return language.NewMatcher(tags)
}()

// language is the one in which a request is answered.
func (p *Page) language(r *http.Request) string {
	if asked := asked(r); asked != "" {
		return asked
	}
	for value := range valuesOf(r, languageCookie) {
		if known := spoken(strings.Trim(value, `"`)); known != "" {
			return known
		}
	}
	if accepted := accepted(r.Header.Get("Accept-Language")); accepted != "" {
		return accepted
	}
	if own := spoken(p.policy.Language); own != "" {
		return own
	}
	return "en"
}

// asked is the language that the address of a request names, or "".
func asked(r *http.Request) string { return spoken(r.URL.Query().Get("lang")) }

// spoken is the language of the page that a tag such as "fr" or "fr-CA" stands for, or
// "".
func spoken(tag string) string {
	base := tag
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		base = tag[:i]
	}
	for name := range texts {
		if strings.EqualFold(base, name) {
			return name
		}
	}
	return ""
}

// accepted is the language that an Accept-Language header likes best, or "" where it
// likes none. Of a long header only the beginning counts.
func accepted(header string) string {
	if len(header) > maxAcceptLanguage {
		header = header[:max(strings.LastIndexByte(header[:maxAcceptLanguage], ','), 0)]
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return ""
	}
	return Languages()[i]
}

// direction is that in which a language is written.
func direction(tag string) string {
	script, _ := language.Make(tag).Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	}
	return "ltr"
}
