package enforcer

//lint:file-ignore SA1008 handlers may use keys that are not canonical.

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// partWriter keeps what Set-Cookie lines the header map has when each part of a body comes.
type partWriter struct {
	headWriter
	parts [][]string
	check func()
}

func (w *partWriter) Write(p []byte) (int, error) {
	if w.check != nil {
		w.check()
	}
	w.parts = append(w.parts, slices.Clone(w.header["Set-Cookie"]))
	return len(p), nil
}

// TestManyLines holds S3: of many lines, none goes out before it was judged, whatever a
// handler does to the header map between the parts of a body, or to a slice that it has kept.
func TestManyLines(t *testing.T) {
	t.Parallel()
	permitted := slices.Repeat([]string{"sessionid=1"}, 2*fewLines)
	with := func(more ...string) []string { return slices.Concat(permitted, more) }
	const past = "_ga=1; Expires=Fri, 01 Jan 2016 00:00:00 GMT"
	for _, c := range []struct {
		name   string
		change func(header http.Header) // after three parts
		part   []string                 // of the next part
		end    []string                 // when the handler is done
	}{
		{"nothing", func(http.Header) {}, with(past), with(past)},
		{"a line more", func(h http.Header) { h.Add("Set-Cookie", "_ga=1") }, with(past), with(past)},
		{"a permitted line more", func(h http.Header) { h.Add("Set-Cookie", "csrftoken=1") }, with(past, "csrftoken=1"), with(past, "csrftoken=1")},
		{"a line in place", func(h http.Header) { h["Set-Cookie"][0] = "_ga=1" }, with(past), with(past)[1:]},
		{"another slice", func(h http.Header) { h["Set-Cookie"] = append([]string{"_ga=1"}, permitted...) }, permitted, permitted},
		{"a line less", func(h http.Header) { h["Set-Cookie"] = h["Set-Cookie"][1:] }, with(past)[1:], with(past)[1:]},
		{"no lines", func(h http.Header) { h.Del("Set-Cookie") }, nil, nil},
		{"a second key", func(h http.Header) { h["set-cookie"] = []string{"_ga=1"} }, with(past), with(past)},
		{"a Date that moves the past", func(h http.Header) { h["date"] = []string{"Thu, 01 Jan 1970 00:00:00 GMT"} }, permitted, permitted},
		{"the choice", func(h http.Header) { h.Add("Set-Cookie", refuseAll) }, with(past, refuseAll), with(past, refuseAll)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &partWriter{headWriter: headWriter{header: http.Header{"Set-Cookie": slices.Clip(with(past))}}}
			x := newEnforcer(t, "strip").Begin(w, httptest.NewRequest("GET", "/", nil))
			for i := range 6 {
				if i == 3 {
					c.change(x.Header())
				}
				_, _ = x.Write([]byte("part"))
				want := with(past)
				if i >= 3 {
					want = c.part
				}
				if got := w.parts[i]; !slices.Equal(got, want) {
					t.Errorf("part %d: %s", i, strings.Join(got[max(0, len(got)-3):], ", "))
				}
			}
			x.End()
			if got := w.header["Set-Cookie"]; !slices.Equal(got, c.end) {
				t.Errorf("in the end: %d lines: %s", len(got), strings.Join(got, ", "))
			}
			if got := w.header["set-cookie"]; got != nil {
				t.Errorf("%q passed under a second key", got)
			}
		})
	}
}

// TestManyLinks: of many links, none goes out before it was judged, either.
func TestManyLinks(t *testing.T) {
	t.Parallel()
	const refused = "<https://elsewhere.example/a.css>; rel=stylesheet"
	many := slices.Repeat([]string{"</a.css>; rel=preload"}, 2*fewLines)
	for name, change := range map[string]func(header http.Header){
		"a line more":     func(h http.Header) { h.Add("Link", refused) },
		"a line in place": func(h http.Header) { h["Link"][0] = refused },
		"a second key":    func(h http.Header) { h["link"] = []string{refused} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &partWriter{headWriter: headWriter{header: http.Header{"Link": slices.Clone(many)}}}
			x := newLoading(t).Begin(w, httptest.NewRequest("GET", "http://portal.example/", nil))
			for i := range 6 {
				if i == 3 {
					change(x.Header())
				}
				w.check = func() {
					if got := append(slices.Clone(w.header["Link"]), w.header["link"]...); !slices.Equal(got, many) {
						t.Errorf("part %d: %q", i, got)
					}
				}
				_, _ = x.Write([]byte("part"))
			}
			x.End()
			if got := w.header["Link"]; slices.Contains(got, refused) {
				t.Errorf("in the end: %q", got)
			}
		})
	}
}

// TestManyLinesInReport: a report puts nothing into the header map.
func TestManyLinesInReport(t *testing.T) {
	t.Parallel()
	lines := slices.Repeat([]string{"_ga=1"}, 2*fewLines)
	w := &partWriter{headWriter: headWriter{header: http.Header{"Set-Cookie": lines}}}
	e := newEnforcer(t, "strip")
	e.ReportOnly = true
	x := e.Begin(w, httptest.NewRequest("GET", "/", nil))
	for range 3 {
		_, _ = x.Write([]byte("part"))
	}
	lines[0] = "_gb=1"
	_, _ = x.Write([]byte("part"))
	x.End()
	if got := w.parts[3]; !slices.Equal(got, lines) || &w.header["Set-Cookie"][0] != &lines[0] {
		t.Errorf("%q", got)
	}
}
