package page

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// wanted tells anew whether a form asks for a service in so many words: it says what
// nobody may go beyond.
func wanted(form url.Values, service, category string) bool {
	if form.Get("choice") == "accept" {
		return true
	}
	ticked := slices.Contains(form["service"], service)
	return form.Get("choice") == "save" && (ticked || slices.Contains(form["category"], category))
}

// FuzzSave: whatever is posted, nothing breaks; and what is told to be granted is what
// the gateway reads in the cookie from then on, and was asked for.
func FuzzSave(f *testing.F) {
	for _, body := range []string{
		"", "choice=save", "choice=refuse", "choice=accept", "choice=all", "choice=save&choice=accept", "choice=save&service=ga",
		"choice=save&service=m", "choice=save&service=matomo&was_service=matomo&category=statistical", "choice=save&category=marketing&category=third_party",
		"choice=save&was_category=statistical&was_service=ga&service=ga", "choice=accept&x=%zz", "choice=accept;x", "choice=save&service=yt&was_service=vimeo",
		"choice=save&service=ga" + strings.Repeat("&service=chat", 50), "choice=save&was_service=ga", "choice=%73ave&category=comfort-things",
	} {
		for format := range uint8(4) {
			f.Add(body, format, true)
			f.Add(body, format, false)
		}
	}
	var pages []*Page
	for i, format := range []string{"auto", "json", "pairs", "list"} {
		text := manyKinds
		if format == "list" {
			text = strings.Replace(text, "consent: objection", "consent: required", 1)
		}
		p := newPage(f, text+fmt.Sprintf("consent: {format: %s}\nsignals: {gpc: [statistical]}\n", format))
		if pages = append(pages, p); len(pages) != i+1 {
			f.Fatal("a page is missing")
		}
	}
	f.Fuzz(func(t *testing.T, body string, format uint8, gpc bool) {
		p := pages[int(format)%len(pages)]
		v := Visitor{Path: "/cookies", Host: "data.example.org"}
		if gpc {
			v = signalled(p, v)
		}
		var told []Saved
		w := post(p, v, "/", body, func(s Saved) { told = append(told, s) })
		if w.Code != 303 {
			if w.Code < 400 || w.Code >= 500 || len(told) > 0 || w.Header().Get("Set-Cookie") != "" {
				t.Fatalf("%d, told %d times, %v", w.Code, len(told), w.Header())
			}
			return
		}
		if len(told) != 1 {
			t.Fatalf("told %d times", len(told))
		}
		s := told[0]
		choice, _ := written(t, p, w)
		form, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("saved what cannot be read: %v", err)
		}
		options := 0
		for i := range p.policy.Categories {
			category := p.policy.Categories[i].ID
			for _, o := range p.policy.Options() {
				if o.Category != i {
					continue
				}
				options++
				id := category
				if o.Service >= 0 {
					id = p.policy.Services[o.Service].ID
				}
				isGranted := slices.Contains(s.Granted, id)
				if isGranted == slices.Contains(s.Denied, id) {
					t.Fatalf("%q is granted and denied, or neither: %+v", id, s)
				}
				if read := p.states(&choice); isGranted != (read["service "+id] == "granted" || read["category "+id] == "granted") {
					t.Fatalf("told of %q: %t, but the gateway reads %v", id, isGranted, read)
				}
				asked := wanted(form, id, category) || o.Key == "video" && (wanted(form, "yt", category) || wanted(form, "vimeo", category))
				if isGranted && (!asked || gpc && p.policy.SignalDenies(o.Place)) {
					t.Fatalf("%q is granted, which nobody asked for", id)
				}
				denied := choice.Denied.Has(o.Place)
				if isList := int(format)%len(pages) == 3; denied == isGranted && !isList {
					t.Fatalf("the gateway does not read that %q is denied", id)
				}
			}
		}
		if len(s.Granted)+len(s.Denied) != options {
			t.Fatalf("told %+v", s)
		}
	})
}
