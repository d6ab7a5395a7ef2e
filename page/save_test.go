package page

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// post sends a form as a browser on the site does, with the field that says which policy
// was shown, unless the form has one of its own.
func post(p *Page, v Visitor, target, body string, save func(Saved), headers ...string) *httptest.ResponseRecorder {
	if !strings.Contains(body, "policy=") {
		body += "&policy=" + p.sha256
	}
	return postBare(p, v, target, body, save, headers...)
}

// postBare sends a form as it is.
func postBare(p *Page, v Visitor, target, body string, save func(Saved), headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Del(headers[i]); headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	p.Serve(w, r, v, save)
	return w
}

// written is the choice in the cookie of an answer, as the gateway reads it, and the
// cookie's attributes.
func written(t testing.TB, p *Page, w *httptest.ResponseRecorder) (choice consent.Choice, attributes string) {
	t.Helper()
	lines := w.Header().Values("Set-Cookie")
	if len(lines) != 1 {
		t.Fatalf("cookies %q", lines)
	}
	pair, attributes, _ := strings.Cut(lines[0], "; ")
	name, value, _ := strings.Cut(pair, "=")
	if name != p.policy.ConsentCookie {
		t.Fatalf("the cookie %q", name)
	}
	return p.policy.Decoder.Decode(value, p.now), attributes
}

// grantedIn are the ids of what a choice grants, and nothing else of it.
func grantedIn(p *Page, choice consent.Choice) (ids []string) {
	for id, state := range p.states(&choice) {
		if state == "granted" {
			_, id, _ = strings.Cut(id, " ")
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// formOf is the form as a browser sends it when some boxes of the page are turned over.
func formOf(t *testing.T, page string, turned ...string) url.Values {
	t.Helper()
	form := make(url.Values)
	found := 0
	for _, n := range elements(t, page) {
		if n.Data != "input" || has(n, "disabled") {
			continue
		}
		name, value := valueOf(n, "name"), valueOf(n, "value")
		turn := slices.Contains(turned, name+" "+value)
		if turn {
			found++
		}
		if valueOf(n, "type") == "hidden" || has(n, "checked") != turn {
			form.Add(name, value)
		}
	}
	if found != len(turned) {
		t.Fatalf("turned %d boxes over, want %q", found, turned)
	}
	return form
}

const (
	statistical, comfort, third, marketing = "category statistical", "category comfort-things", "category third_party", "category marketing"
	matomo, ga, anon, chat, video          = "service matomo", "service ga", "service anon", "service chat", "service yt"
)

// TestSemantics: what a visitor sees, turns over and presses, and what is saved.
func TestSemantics(t *testing.T) {
	t.Parallel()
	all := []string{"m", "ga", "chat", "video", "marketing"}
	for _, c := range []struct {
		name    string
		granted []string // keys, before
		turned  []string // boxes
		button  string
		gpc     bool
		want    string // ids
	}{
		{"nothing turned over", nil, nil, "save", false, "anon"},
		{"nothing turned over, where all is granted", all, nil, "save", false, "anon chat ga marketing matomo vimeo yt"},
		{"a service ticked", nil, []string{ga}, "save", false, "anon ga"},
		{"a service unticked", []string{"m", "ga"}, []string{ga}, "save", false, "anon matomo"},
		{"a category ticked", nil, []string{statistical}, "save", false, "anon ga matomo"},
		{"a category ticked, of which one is granted", []string{"m"}, []string{statistical}, "save", false, "anon ga matomo"},
		{"a category unticked", []string{"m", "ga", "chat"}, []string{statistical}, "save", false, "chat"},
		{"a category and a service ticked", nil, []string{statistical, ga}, "save", false, "anon ga matomo"},
		{"a category ticked and a service unticked", []string{"m"}, []string{statistical, matomo}, "save", false, "anon ga"},
		{"a category unticked and a service too", []string{"m", "ga"}, []string{statistical, matomo}, "save", false, ""},
		{"a service unticked in a whole category", []string{"m", "ga"}, []string{matomo}, "save", false, "anon ga"},
		{"all services ticked one by one", nil, []string{matomo, ga}, "save", false, "anon ga matomo"},
		{"services that are chosen together", nil, []string{video}, "save", false, "anon vimeo yt"},
		{"their category", nil, []string{third}, "save", false, "anon vimeo yt"},
		{"a category without services", nil, []string{marketing}, "save", false, "anon marketing"},
		{"it is unticked", all, []string{marketing}, "save", false, "anon chat ga matomo vimeo yt"},
		{"no objection", nil, []string{comfort}, "save", false, "anon chat"},
		{"no objection to a service", nil, []string{chat}, "save", false, "anon chat"},
		{"C9: what is exempt is unticked", nil, []string{anon}, "save", false, ""},
		{"C9: what is exempt is unticked, among others", []string{"m", "ga"}, []string{anon}, "save", false, "ga matomo"},
		{"refuse all", all, nil, "refuse", false, ""},
		{"refuse all, with boxes ticked", nil, []string{statistical, chat}, "refuse", false, ""},
		{"accept all", nil, nil, "accept", false, "anon chat ga marketing matomo vimeo yt"},
		{"accept all, with boxes unticked", all, []string{statistical, chat}, "accept", false, "anon chat ga marketing matomo vimeo yt"},
		{"the signal", []string{"m", "ga", "chat"}, nil, "save", true, "anon chat"},
		{"accept all, with the signal", nil, nil, "accept", true, "anon chat marketing vimeo yt"},
		{"refuse all, with the signal", all, nil, "refuse", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(t, manyKinds+"signals: {gpc: [statistical]}\n")
			v := visitor(p, c.granted, nil)
			if c.gpc {
				v = signalled(p, v)
			}
			form := formOf(t, get(p, v, "/").Body.String(), c.turned...)
			form.Set("choice", c.button)
			var s Saved
			w := post(p, v, "/", form.Encode(), func(told Saved) { s = told })
			choice, _ := written(t, p, w)
			if got := strings.Join(grantedIn(p, choice), " "); got != c.want {
				t.Errorf("the cookie grants %q", got)
			}
			slices.Sort(s.Granted)
			if got := strings.Join(s.Granted, " "); got != c.want {
				t.Errorf("told that %q is granted", got)
			}
			if len(s.Granted)+len(s.Denied) != 7 || s.GPC != c.gpc {
				t.Errorf("told %+v", s)
			}
			// The next page shows what was saved.
			v.Choice = choice
			for _, id := range []string{"matomo", "ga", "anon", "chat", "yt"} {
				shown := strings.Contains(" "+boxesOn(t, get(p, v, "/").Body.String()), " "+id+"+")
				if want := slices.Contains(s.Granted, id) && !(c.gpc && (id == "ga" || id == "matomo")); shown != want {
					t.Errorf("the box of %q is ticked: %t", id, shown)
				}
			}
		})
	}
}

// TestForged: forms that no page has sent grant nothing by accident.
func TestForged(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds+"signals: {gpc: [statistical]}\n")
	for _, c := range []struct {
		name, body string
		gpc        bool
		want       string
	}{
		{"unknown ids", "choice=save&service=x&category=y&service=&service=%00", false, ""},
		{"a category as a service", "choice=save&service=statistical&category=ga", false, ""},
		{"the key instead of the id", "choice=save&service=m&service=video", false, ""},
		{"one that needs no choice", "choice=save&service=portal&category=necessary", false, ""},
		{"one that is exempt", "choice=save&service=anon", false, "anon"},
		{"the second of two that are chosen together", "choice=save&service=vimeo", false, ""},
		{"twice", "choice=save&service=ga&service=ga", false, "ga"},
		{"a category that was ticked without its services", "choice=save&category=statistical&was_category=statistical", false, ""},
		{"denied by the signal", "choice=save&service=ga&category=statistical", true, "anon"},
		{"was ticked, by the signal", "choice=save&service=ga&was_service=ga", true, ""},
		{"many fields", "choice=save&service=ga" + strings.Repeat("&a", 9000), false, "ga"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := Visitor{Path: "/"}
			if c.gpc {
				v = signalled(p, v)
			}
			choice, _ := written(t, p, post(p, v, "/", c.body, nil))
			if got := strings.Join(grantedIn(p, choice), " "); got != c.want {
				t.Errorf("granted %q", got)
			}
		})
	}
}

// TestSharedKeys: services in several categories may be chosen together, and a key may
// be the id of its category. Nothing is granted that was not asked for.
func TestSharedKeys(t *testing.T) {
	t.Parallel()
	const base = `version: 1
signals: {gpc: [b]}
categories: [{id: n, consent: none}, {id: a, consent: required}, {id: b, consent: required}]
services:
  - {id: p, category: n, cookies: [cookies_preferences]}
`
	across := base + `  - {id: a1, key: k, category: a, provider: One, cookies: [aaa1]}
  - {id: a2, category: a, cookies: [aaa2]}
  - {id: b1, key: k, category: b, provider: Two, cookies: [bbb1]}
`
	whole := base + `  - {id: a1, key: a, category: a, cookies: [aaa1]}
  - {id: a2, category: a, cookies: [aaa2]}
  - {id: b1, category: b, cookies: [bbb1]}
`
	for _, c := range []struct {
		name, policy, body string
		gpc                bool
		want               string
	}{
		{"one box of two", across, "choice=save&service=a1", false, "a1 b1"},
		{"the other box", across, "choice=save&service=b1", false, "a1 b1"},
		{"one box unticked", across, "choice=save&service=a1&was_service=a1&was_service=b1", false, ""},
		{"they contradict each other", across, "choice=save&service=a1&was_service=b1", false, ""},
		{"one category of two", across, "choice=save&category=a", false, "a2"},
		{"both categories", across, "choice=save&category=a&category=b", false, "a1 a2 b1"},
		{"one category unticked", across, "choice=save&was_category=a&was_category=b&category=b&service=b1&was_service=b1&service=a1&was_service=a1&was_service=a2&service=a2", false, ""},
		{"the signal denies one", across, "choice=accept", true, "a2"},
		{"the key of the whole category, alone", whole, "choice=save&service=a1", false, ""},
		{"another service of the category", whole, "choice=save&service=a2", false, ""},
		{"the whole category", whole, "choice=save&category=a", false, "a1 a2"},
	} {
		for _, format := range []string{"json", "pairs", "list"} {
			t.Run(c.name+", "+format, func(t *testing.T) {
				t.Parallel()
				p := newPage(t, c.policy+"consent: {format: "+format+"}\n")
				v := Visitor{Path: "/"}
				if c.gpc {
					v = signalled(p, v)
				}
				choice, _ := written(t, p, post(p, v, "/", c.body, nil))
				want := c.want
				if format == "list" && c.name == "another service of the category" {
					want = "a2" // a list has no no of its own for the category
				}
				if got := strings.Join(grantedIn(p, choice), " "); got != want {
					t.Errorf("granted %q", got)
				}
			})
		}
	}
	p := newPage(t, across)
	v := visitor(p, []string{"k", "a2"}, nil)
	if got := boxesOn(t, get(p, v, "/").Body.String()); got != "a+ a1+ a2+ b+ b1+" {
		t.Errorf("boxes %s", got)
	}
	if got := boxesOn(t, get(p, signalled(p, v), "/").Body.String()); got != "a- a1-x a2+ b-x b1-x" {
		t.Errorf("boxes %s, with the signal", got)
	}
	page := get(p, Visitor{}, "/?lang=en").Body.String()
	if !strings.Contains(page, "Chosen together with: <bdi>Two</bdi>") || !strings.Contains(page, "Chosen together with: <bdi>One</bdi>") {
		t.Error("visitors are not told what is chosen together")
	}
}

// TestRefusedPosts: nothing is saved that the page's own form did not send.
func TestRefusedPosts(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name, body string
		headers    []string
		status     int
	}{
		{"of this site", "choice=refuse", nil, 303},
		{"by a program", "choice=refuse", []string{"Sec-Fetch-Site", ""}, 303},
		{"by an old browser", "choice=refuse", []string{"Sec-Fetch-Site", "", "Origin", "https://example.com"}, 303},
		{"another character set", "choice=refuse", []string{"Content-Type", form + "; charset=UTF-8"}, 303},
		{"of another site", "choice=accept", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"of a sister site", "choice=accept", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"of another site, by an old browser", "choice=accept", []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, 403},
		{"by an old browser, through a proxy", "choice=refuse", []string{"Sec-Fetch-Site", "", "Origin", "https://portal.example:8443"}, 303},
		{"of another site that ends alike", "choice=accept", []string{"Sec-Fetch-Site", "", "Origin", "https://evil.portal.example"}, 403},
		{"of another site, through a proxy", "choice=accept", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://portal.example"}, 403},
		{"of the page that was shown", "choice=accept&policy=0123456789ab", nil, 303},
		{"of the page of another policy", "choice=accept&policy=0123456789ac", nil, 409},
		{"of the page of no policy", "choice=accept&policy=", nil, 409},
		{"of the pages of two policies", "choice=accept&policy=0123456789ab&policy=0123456789ac", nil, 409},
		{"of one page twice", "choice=accept&policy=0123456789ab&policy=0123456789ab", nil, 409},
		{"of nowhere", "choice=accept", []string{"Sec-Fetch-Site", "", "Origin", "null"}, 403},
		{"as a text", "choice=accept", []string{"Content-Type", "text/plain"}, 415},
		{"as files", "choice=accept", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		{"as JSON", `{"choice":"accept"}`, []string{"Content-Type", "application/json"}, 415},
		{"as nothing", "choice=accept", []string{"Content-Type", ""}, 415},
		{"as nonsense", "choice=accept", []string{"Content-Type", ";;;"}, 415},
		{"too long", "choice=accept&x=" + strings.Repeat("x", maxForm), nil, 413},
		{"just short enough", "choice=refuse&x=" + strings.Repeat("x", maxForm-len("choice=refuse&x=&policy=0123456789ab")), nil, 303},
		{"too many fields", "choice=accept" + strings.Repeat("&x", 20_000), nil, 400},
		{"empty", "", nil, 400},
		{"no choice", "service=ga", nil, 400},
		{"an empty choice", "choice=", nil, 400},
		{"an unknown choice", "choice=all", nil, 400},
		{"two choices", "choice=refuse&choice=accept", nil, 400},
		{"a broken escape", "choice=accept&x=%zz", nil, 400},
		{"a semicolon", "choice=accept;x=y", nil, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			told := 0
			w := post(p, Visitor{Path: "/cookies", Host: "portal.example"}, "/?lang=fr", c.body, func(Saved) { told++ }, c.headers...)
			if w.Code != c.status {
				t.Fatalf("status %d", w.Code)
			}
			if isSaved := c.status == 303; (told == 1) != isSaved || (w.Header().Get("Set-Cookie") != "") != isSaved || (w.Header().Get("Location") != "") != isSaved {
				t.Errorf("told %d times; %v", told, w.Header())
			}
			if c.status != 303 && !strings.Contains(w.Body.String(), "<h1>"+strings.ReplaceAll(texts["fr"].Errors[c.status].Title, "'", "&#39;")+"</h1>") {
				t.Error(w.Body)
			}
		})
	}
	for _, body := range []string{"choice=accept", "choice=refuse", "choice=save&Policy=0123456789ab"} {
		t.Run("without the policy: "+body, func(t *testing.T) {
			t.Parallel()
			w := postBare(p, Visitor{}, "/", body, func(Saved) { t.Error("it was recorded") })
			if w.Code != 409 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("status %d, cookie %q", w.Code, w.Header().Get("Set-Cookie"))
			}
		})
	}
	t.Run("a query does not count", func(t *testing.T) {
		t.Parallel()
		if w := post(p, Visitor{}, "/?choice=accept", "", nil); w.Code != 400 {
			t.Errorf("status %d", w.Code)
		}
	})
	t.Run("a body that breaks off", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("choice=accept"), brokenReader{}))
		r.Header.Set("Content-Type", form)
		w := httptest.NewRecorder()
		if p.Serve(w, r, Visitor{}, nil); w.Code != 400 {
			t.Errorf("status %d", w.Code)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the connection broke off") }

// TestTold: what the record gets, and what it does not.
func TestTold(t *testing.T) {
	t.Parallel()
	p := newPage(t, manyKinds)
	var told []Saved
	v := Visitor{Path: "/cookies", Host: "data.example.org"}
	for range 2 {
		w := post(p, v, "/?lang=ar", "choice=save&service=ga", func(s Saved) { told = append(told, s) })
		receipt := told[len(told)-1].Receipt
		to := w.Header().Get("Location")
		if !strings.HasPrefix(to, "/cookies?saved=") || !strings.HasSuffix(to, "&lang=ar") || strings.Contains(to, receipt) {
			t.Errorf("Location %q", to)
		}
		kept, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		if page := get(p, v, to, "Cookie", kept).Body.String(); !strings.Contains(page, receipt) {
			t.Errorf("%s does not show the receipt %q", to, receipt)
		}
	}
	s := told[0]
	if !s.Time.Equal(testNow) || s.Time.Location().String() != "UTC" || s.Host != v.Host || s.Language != "ar" || s.SHA256 != "0123456789ab" || s.Version != "2026-03-05" || s.GPC {
		t.Errorf("told %+v", s)
	}
	if !slices.Equal(s.Granted, []string{"ga"}) || !slices.Equal(s.Denied, []string{"matomo", "anon", "chat", "yt", "vimeo", "marketing"}) {
		t.Errorf("told %+v", s)
	}
	if len(s.Receipt) != 26 || s.Receipt == told[1].Receipt {
		t.Errorf("receipts %q and %q", s.Receipt, told[1].Receipt)
	}
}
