package enforcer

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// requestCases are also the seeds of the fuzz target.
var requestCases = []struct {
	name     string
	unlisted string
	lines    []string
	want     []string // nil: the header is gone
}{
	{"Q1: several lines leave as one", "strip", []string{"sessionid=S", "csrftoken=C; _ga=G"}, []string{"sessionid=S; csrftoken=C"}},
	{"Q1: with no pair left the header is removed", "strip", []string{"_ga=G; _gid=D"}, nil},
	{"Q1: an empty header is removed", "strip", []string{""}, nil},
	{"Q1: nothing but separators is removed", "strip", []string{" ; ;;\t;"}, nil},
	{"Q1: nothing removed, nothing changed", "strip", []string{" sessionid=S;;csrftoken=C ; "}, []string{" sessionid=S;;csrftoken=C ; "}},
	{"Q2: bytes, order and duplicates stay", "strip", []string{`sessionid="a\"b,c";_ga=1;csrftoken= {x:[1]} ;sessionid=2;sessionid`}, []string{`sessionid="a\"b,c"; csrftoken= {x:[1]}; sessionid=2`}},
	{"Q2: bytes that are not ASCII stay", "strip", []string{"django_language=\xff\xc3\xa9; _ga=1"}, []string{"django_language=\xff\xc3\xa9"}},
	{"Q2: a name is trimmed of space and tab", "strip", []string{"\t_ga \t= 1; sessionid\t=S"}, []string{"sessionid\t=S"}},
	{"Q3: a nameless pair is unlisted", "strip", []string{"sessionid; sessionid=S; =x"}, []string{"sessionid=S"}},
	{"Q3: allow lets nameless pairs pass", "allow", []string{"anything; sessionid=S; =x"}, []string{"anything; sessionid=S; =x"}},
	{"Q3: allow and a text that equals a refused name", "allow", []string{"_ga; =_ga; =_ga=1; sessionid=S"}, []string{"sessionid=S"}},
	{"Q4: names are compared by case", "allow", []string{"_GA=1; _ga=2"}, []string{"_GA=1"}},
	{"Q5: the consent cookie always passes", "strip", []string{`cookies_preferences=garbage, _ga=1`}, []string{`cookies_preferences=garbage, _ga=1`}},
	{"Q6: unlisted goes", "strip", []string{"shiny=1; sessionid=S"}, []string{"sessionid=S"}},
	{"Q6: unlisted stays where it is allowed", "allow", []string{"shiny=1; sessionid=S"}, []string{"shiny=1; sessionid=S"}},
	{"Q7: Unicode white space", "allow", []string{"\u00a0_ga=1; _gid\x1f=1; a=1"}, []string{"a=1"}},
	{"Q7: PHP", "allow", []string{".ga=1; _ga[x]=1; _ga[=1; _ga.x=1; a.b=1"}, []string{"a.b=1"}},
	{"Q7: percent", "allow", []string{"%5Fga=1; %5fgid%00=1; _g%61=2; a%=1"}, []string{"%5fgid%00=1; a%=1"}},
	{"Q7: percent, as CGI.pm reads it", "allow", []string{"_%u0067a=1; %u00=1; b%u0062=1"}, []string{"%u00=1; b%u0062=1"}},
	{"Q7: percent and PHP", "allow", []string{"%2ega=1; _ga%5Bx=1"}, nil},
	{"Q8: comma", "strip", []string{"sessionid=S,_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q8: closing quote and space", "strip", []string{`sessionid="S" _ga=G; csrftoken="C"_pk_id.1.1fff=P`}, nil},
	{"Q8: tab", "strip", []string{"sessionid=S\t_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q8: space before the equals sign", "strip", []string{"sessionid=S, _ga =G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q8: RFC 2965", "allow", []string{"$Version=1, sessionid=S, _ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q8: in an unlisted name", "allow", []string{"x, _ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q8: a permitted name may hide", "strip", []string{"sessionid=S,csrftoken=C, csrftoken; django_language=a==,b="}, []string{"sessionid=S,csrftoken=C, csrftoken; django_language=a==,b="}},
	{"Q8: what is granted may hide", "strip", []string{grantMatomo + "; sessionid=S,_pk_id.1=P"}, []string{grantMatomo + "; sessionid=S,_pk_id.1=P"}},
	{"Q12: percent", "strip", []string{"sessionid=S,%5Fga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: percent in lower case", "strip", []string{"sessionid=S,_g%61=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: percent, twice in a line", "strip", []string{"sessionid=S,x=1, _%67%61 =G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: without a value", "strip", []string{"sessionid=S,_ga; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: without a value, among others", "strip", []string{"sessionid=S, _ga ,x=1; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: without a value, percent", "strip", []string{"sessionid=S,%5Fga; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: without a value, after a space", "strip", []string{"sessionid=S _ga; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: without a value, after a closing quote", "strip", []string{`sessionid="S"_ga; csrftoken=C`}, []string{"csrftoken=C"}},
	{"Q12: closing quote and byte 0xA0", "strip", []string{"sessionid=\"S\"\xa0_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: closing bracket", "strip", []string{"sessionid=S]_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: opening bracket", "strip", []string{"sessionid=S[_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: bracket, and PHP", "strip", []string{"sessionid=S]_ga[x]=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: no-break space", "strip", []string{"sessionid=S\u00a0_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: ideographic space", "strip", []string{"sessionid=S\u3000_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: white space around, after a comma", "strip", []string{"sessionid=S,\u2003_ga\u2003=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: parenthesis after a comma", "strip", []string{"sessionid=S,(_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: all that Tomcat skips", "strip", []string{"sessionid=S, ()<>@:\\?={}\t_ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: PHP", "strip", []string{"sessionid=S,.ga=G; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: PHP reads the policy so, too", "strip", []string{"sessionid=S,_pk_id_1=P; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: a byte of no name in a name", "allow", []string{"x[_ga=G; y\u00a0_ga=G; (_ga=G; _ga,x=1; csrftoken=C"}, []string{"csrftoken=C"}},
	{"Q12: both sides as PHP reads them", "allow", []string{"_pk_id_1=P; _pk_id[1]=P; _pk_id 1=P; _pk.ses_1=P; _pk_idx=1; csrftoken=C"}, []string{"_pk_idx=1; csrftoken=C"}},
	{"Q12: both sides, and granted", "allow", []string{"_pk_id_1=P; " + grantMatomo}, []string{"_pk_id_1=P; " + grantMatomo}},
	{"Q12: white space before the equals sign (PHP)", "allow", []string{"_pk_id =P; _ga\t=G; x =1; csrftoken =C"}, []string{"x =1; csrftoken =C"}},
	{"Q12: white space makes another name of a permitted one (PHP)", "strip", []string{"quoted =P; quoted=P"}, []string{"quoted=P"}},
	{"Q12: a choice may hide", "strip", []string{"cookies_preferences=x,%5Fga=G ]_ga=G"}, []string{"cookies_preferences=x,%5Fga=G ]_ga=G"}},
	{"C1: granted", "strip", []string{"_pk_id.1.1fff=P; " + grantMatomo + "; _ga=G"}, []string{"_pk_id.1.1fff=P; " + grantMatomo}},
	{"C3: two choices, denied beats granted", "strip", []string{grantMatomo + "; " + refuseAll + "; _pk_id.1=P"}, []string{grantMatomo + "; " + refuseAll}},
	{"C3: two choices, granted needs both", "strip", []string{grantMatomo + "; cookies_preferences=%7B%7D; _pk_id.1=P"}, []string{grantMatomo + "; cookies_preferences=%7B%7D"}},
	{"C3: a category grants its services", "strip", []string{"cookies_preferences=statistical; _pk_id.1=P; _ga=G"}, []string{"cookies_preferences=statistical; _pk_id.1=P; _ga=G"}},
	{"C4: objection passes until denied", "strip", []string{"theme=dark"}, []string{"theme=dark"}},
	{"C4: objection", "strip", []string{"theme=dark; " + refuseAll}, []string{refuseAll}},
	{"C4: anonymized", "strip", []string{"visits=1; cookies_preferences=%7B%22ga%22%3Afalse%7D"}, []string{"visits=1; cookies_preferences=%7B%22ga%22%3Afalse%7D"}},
	{"C9: anonymized, and refused", "strip", []string{"visits=1; cookies_preferences=%7B%22statistical%22%3Afalse%7D"}, []string{"cookies_preferences=%7B%22statistical%22%3Afalse%7D"}},
	{"C8: an old objection", "strip", []string{`theme=dark; cookies_preferences={"theme":false,"timestamp":1577836800}`}, []string{`cookies_preferences={"theme":false,"timestamp":1577836800}`}},
	{"C8: an objection that cannot be read", "strip", []string{`theme=dark; visits=1; cookies_preferences={"theme":"no"}`}, []string{`visits=1; cookies_preferences={"theme":"no"}`}},
	{"C8: an objection that is cut off", "strip", []string{`theme=dark; cookies_preferences={"theme":fal`}, []string{`cookies_preferences={"theme":fal`}},
	{"C8: an objection with a bad date", "strip", []string{`theme=dark; cookies_preferences={"theme":false,"timestamp":"?"}`}, []string{`cookies_preferences={"theme":false,"timestamp":"?"}`}},
	{"C10: a list that does not name it", "strip", []string{"theme=dark; cookies_preferences=technically_required"}, []string{"cookies_preferences=technically_required"}},
	{"C5: an old choice grants nothing", "strip", []string{`cookies_preferences={"matomo":true,"timestamp":1577836800}; _pk_id.1=P`}, []string{`cookies_preferences={"matomo":true,"timestamp":1577836800}`}},
	{"C7: a garbled choice fails nothing necessary", "strip", []string{"sessionid=S; cookies_preferences=%%%{{{; csrftoken=C; _ga=1"}, []string{"sessionid=S; cookies_preferences=%%%{{{; csrftoken=C"}},
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for _, c := range requestCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEnforcer(t, c.unlisted)
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Cookie"] = slices.Clone(c.lines)
			e.Begin(httptest.NewRecorder(), r)
			got, present := r.Header["Cookie"]
			if !slices.Equal(got, c.want) || present != (c.want != nil) {
				t.Errorf("from %q\n got %q\nwant %q", c.lines, got, c.want)
			}
		})
	}
}

// TestRequestUnchanged holds Q1: where nothing is removed the header keeps the
// very same string, and the slice that held it.
func TestRequestUnchanged(t *testing.T) {
	t.Parallel()
	lines := []string{strings.Clone("sessionid=S; csrftoken=C")}
	was := unsafe.StringData(lines[0])
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = lines
	newEnforcer(t, "strip").Begin(httptest.NewRecorder(), r)
	if got := r.Header["Cookie"]; &got[0] != &lines[0] || unsafe.StringData(got[0]) != was {
		t.Error("the header was copied")
	}
}

// TestRequestSharesNothing: the slice that goes into the header map belongs to
// this exchange alone, so that no other middleware can change another's.
func TestRequestSharesNothing(t *testing.T) {
	t.Parallel()
	e := newEnforcer(t, "strip")
	before := []string{"sessionid=S; _ga=G"}
	first, second := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("GET", "/", nil)
	first.Header["Cookie"], second.Header["Cookie"] = before, slices.Clone(before)
	e.Begin(httptest.NewRecorder(), first)
	e.Begin(httptest.NewRecorder(), second)
	first.Header["Cookie"][0] = "changed"
	if got := second.Header.Get("Cookie"); got != "sessionid=S" {
		t.Errorf("another request's header became %q", got)
	}
	if before[0] != "sessionid=S; _ga=G" {
		t.Error("the slice that came with the request was written to")
	}
}

// TestCookie2 holds the first half of Q9.
func TestCookie2(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie2"] = []string{"$Version=1"}
	newEnforcer(t, "allow").Begin(httptest.NewRecorder(), r)
	if len(r.Header["Cookie2"]) > 0 {
		t.Error("Cookie2 reached the portal")
	}
}

// TestRequestTrailers holds the second half of Q9, over a real connection: the
// handler sees the body's end and no cookie in the trailers.
func TestRequestTrailers(t *testing.T) {
	t.Parallel()
	e := newEnforcer(t, "allow")
	for _, announced := range []string{"Cookie, X-Sum", "X-Sum"} {
		t.Run(announced, func(t *testing.T) {
			t.Parallel()
			var trailer http.Header
			var body string
			server := httptest.NewServer(e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, ok := r.Trailer["Cookie"]; ok {
					t.Error("the cookie was announced to the handler")
				}
				b, _ := io.ReadAll(r.Body)
				body, trailer = string(b), maps.Clone(r.Trailer)
			})))
			defer server.Close()
			answer := rawExchange(t, server.Listener.Addr().String(), "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+
				"Transfer-Encoding: chunked\r\nTrailer: "+announced+"\r\n\r\n2\r\nhi\r\n0\r\nCookie: _ga=1\r\nX-Sum: 7\r\n\r\n")
			if !strings.HasPrefix(answer, "HTTP/1.1 200") || body != "hi" {
				t.Fatalf("answer %q, body %q", answer, body)
			}
			if trailer.Get("X-Sum") != "7" {
				t.Errorf("another trailer was lost: %v", trailer)
			}
			if _, ok := trailer["Cookie"]; ok {
				t.Errorf("trailer %v", trailer)
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	for _, c := range requestCases {
		f.Add(strings.Join(c.lines, "\n"), c.unlisted == "allow")
	}
	strip, allow := newEnforcer(f, "strip"), newEnforcer(f, "allow")
	f.Fuzz(func(t *testing.T, text string, allowed bool) {
		e := strip
		if allowed {
			e = allow
		}
		lines := strings.Split(text, "\n")
		once := filtered(e, lines)
		for _, pair := range strings.Split(once, ";") {
			name, _, hasName := strings.Cut(strings.Trim(pair, " \t"), "=")
			name = strings.Trim(name, " \t")
			rule := e.policy.Lookup(name)
			switch {
			case once == "" || name == e.policy.ConsentCookie:
			case hasName && rule != nil && e.policy.Services[rule.Service].ID == "portal":
			case hasName && rule == nil && name != "" && !allowed:
				t.Errorf("unlisted %q is left in %q", name, once)
			case name == "_ga" && !strings.Contains(text, "cookies_preferences"):
				t.Errorf("%q is left in %q without a choice", name, once)
			}
		}
		if whole := strings.Join(lines, "; "); !standsIn(once, whole) {
			t.Errorf("%q is not made of the pairs of %q", once, whole)
		}
		if twice := filtered(e, []string{once}); twice != once {
			t.Errorf("filtered once %q, twice %q", once, twice)
		}
	})
}

func filtered(e *Enforcer, lines []string) string {
	r := &http.Request{Header: http.Header{"Cookie": slices.Clone(lines)}}
	e.Begin(httptest.NewRecorder(), r)
	return r.Header.Get("Cookie")
}

// standsIn tells whether the pairs of a filtered header stand in the original,
// byte for byte and in this order.
func standsIn(filtered, whole string) bool {
	for pair := range strings.SplitSeq(filtered, ";") {
		pair = strings.Trim(pair, " \t")
		i := strings.Index(whole, pair)
		if i < 0 {
			return false
		}
		whole = whole[i+len(pair):]
	}
	return true
}

// TestHostileHeaders: whatever stands around them, the necessary cookies pass
// untouched (C7), and the rest goes.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	e := newEnforcer(t, "strip")
	const size = 16 << 10
	for name, noise := range map[string]string{
		"semicolons":        strings.Repeat(";", size),
		"equals signs":      strings.Repeat("=", size),
		"quotes":            strings.Repeat(`"`, size),
		"backslashes":       strings.Repeat(`\`, size),
		"ten thousand":      strings.Repeat("a=1;", 10_000),
		"ten thousand _ga":  strings.Repeat("_ga=1; ", 10_000),
		"invalid UTF-8":     strings.Repeat("\xff\xfe=\x80;", size/4),
		"hidden names":      "x=" + strings.Repeat(",_ga=", size/5),
		"patterns":          strings.Repeat("_pk_id.", size/7) + "=1",
		"a hostile choice":  "cookies_preferences=" + strings.Repeat("[", 4096-20),
		"a choice too long": "cookies_preferences=" + strings.Repeat("%7B", size/3),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := filtered(e, []string{"sessionid=S; " + noise + "; csrftoken=C"})
			if !strings.HasPrefix(got, "sessionid=S; ") || !strings.HasSuffix(got, "csrftoken=C") {
				t.Errorf("the necessary cookies became %.80q", got)
			}
			if strings.Contains(got, "_ga") || strings.Contains(got, "_pk") {
				t.Errorf("a tracker's cookie is left: %.80q", got)
			}
		})
	}
}
