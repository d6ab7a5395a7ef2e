package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkShow is what a look at the page costs.
func BenchmarkShow(b *testing.B) {
	for _, c := range []struct{ name, accept string }{{"HTML", "text/html"}, {"JSON", "application/json"}} {
		b.Run(c.name, func(b *testing.B) {
			p := newPage(b, shipped(b))
			v := visitor(p, []string{"matomo"}, nil)
			r := httptest.NewRequest(http.MethodGet, "/cookies", nil)
			r.Header.Set("Accept", c.accept)
			b.ReportAllocs()
			for b.Loop() {
				p.Serve(httptest.NewRecorder(), r, v, nil)
			}
		})
	}
}

// BenchmarkRefuse is what a form costs that is refused.
func BenchmarkRefuse(b *testing.B) {
	p := newPage(b, shipped(b))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/cookies", strings.NewReader("choice=all"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		p.Serve(httptest.NewRecorder(), r, Visitor{Path: "/cookies"}, nil)
	}
}
