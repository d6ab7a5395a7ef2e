package page

import (
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// maxForm is how many bytes a posted form may have.
const maxForm = 64 << 10

// choices are the values of the field "choice", of which a form sends one.
var choices = []string{"save", "refuse", "accept"}

// crossOrigin refuses forms that another site has made a browser send.
var crossOrigin = http.NewCrossOriginProtection()

// take saves the choice of a form.
func (p *Page) take(w http.ResponseWriter, r *http.Request, v Visitor, save func(Saved)) {
	if crossOrigin.Check(asSent(r, v)) != nil {
		p.refuse(w, r, v, http.StatusForbidden) // and takes no turn of the visitor's
		return
	}
	if wait := p.saves.Take(v.Address, p.now()); wait > 0 {
		p.refuseFor(w, r, v, wait)
		return
	}
	f, status := p.readPost(w, r)
	if status != http.StatusOK {
		p.refuse(w, r, v, status)
		return
	}
	now := p.now()
	value := p.policy.Decoder.Encode(p.answers(&f, v.GPC), now)
	receipt := ""
	if save != nil {
		s := p.saved(value, v, now)
		s.Language = p.language(r)
		save(s)
		receipt = s.Receipt
	}
	deletions, cleared := p.otherCopies(r, v)
	query := "?" + savedParameter + "=" + seal(sealed{hashValue(value), cleared, receipt}, now)
	if lang := asked(r); lang != "" {
		query += "&lang=" + lang
	}
	p.setHeaders(w.Header(), builtInSources)
	// The choice comes last: some clients take a host-only cookie for that of its domain.
	for _, line := range append(deletions, p.cookieLine(value, v)) {
		w.Header().Add("Set-Cookie", line)
	}
	w.Header().Set("Location", pathOf(v.Path)+query)
	w.WriteHeader(http.StatusSeeOther)
}

// readPost reads a posted form. The status is OK, or that of the refusal.
func (p *Page) readPost(w http.ResponseWriter, r *http.Request) (posted, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return posted{}, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return posted{}, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return posted{}, http.StatusBadRequest
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["choice"]) != 1 {
		return posted{}, http.StatusBadRequest
	}
	if len(form["policy"]) > 1 || form.Get("policy") != p.sha256 {
		return posted{}, http.StatusConflict // "accept all" would grant what the visitor was not shown
	}
	f := readForm(form)
	f.button = form["choice"][0]
	if !slices.Contains(choices, f.button) {
		return posted{}, http.StatusBadRequest
	}
	return f, http.StatusOK
}

// asSent is a request as the visitor's browser sent it, as far as it tells from which site:
// a proxy in front may have put another host into it.
func asSent(r *http.Request, v Visitor) *http.Request {
	origin, err := url.Parse(r.Header.Get("Origin"))
	name := (&url.URL{Host: r.Host}).Hostname()
	if err != nil || strings.EqualFold(name, v.Host) || !strings.EqualFold(origin.Hostname(), v.Host) {
		return r
	}
	sent := *r
	sent.Host = origin.Host
	return &sent
}

// saved is what is told of a choice: what the gateway reads in its cookie from now on.
func (p *Page) saved(value string, v Visitor, now time.Time) Saved {
	s := Saved{Time: now.UTC(), Host: v.Host, Receipt: rand.Text(), GPC: v.GPC, SHA256: p.sha256}
	if !p.updated.IsZero() {
		s.Version = p.updated.Format(time.DateOnly)
	}
	choice := p.policy.Decoder.Decode(value, func() time.Time { return now })
	for _, o := range p.policy.Options() {
		id := p.policy.Categories[o.Category].ID
		if o.Service >= 0 {
			id = p.policy.Services[o.Service].ID
		}
		if choice.State(o.Place) == consent.Granted {
			s.Granted = append(s.Granted, id)
		} else {
			s.Denied = append(s.Denied, id)
		}
	}
	return s
}
