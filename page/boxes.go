package page

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// box is something that visitors choose: services of a category that have one key, or
// a category without services.
type box struct {
	category int
	key      string
	places   []int // in a choice
	services []int // in the policy; none: it is the category's own
}

// boxesOf are the boxes of a policy, in the order of its options.
func boxesOf(p *policy.Policy) (boxes []box) {
	for _, o := range p.Options() {
		i := slices.IndexFunc(boxes, func(b box) bool { return b.category == o.Category && b.key == o.Key })
		if i < 0 {
			i = len(boxes)
			boxes = append(boxes, box{category: o.Category, key: o.Key})
		}
		boxes[i].places = append(boxes[i].places, o.Place)
		if o.Service >= 0 {
			boxes[i].services = append(boxes[i].services, o.Service)
		}
	}
	return boxes
}

// id is the value that the box posts.
func (b *box) id(p *policy.Policy) string {
	if len(b.services) == 0 {
		return p.Categories[b.category].ID
	}
	return p.Services[b.services[0]].ID
}

// state is what a choice says about the box.
func (b *box) state(c *consent.Choice) consent.State {
	weakest := consent.Granted
	for _, place := range b.places {
		switch s := c.State(place); {
		case s == consent.Denied:
			return s
		case s == consent.Undecodable || weakest == consent.Granted:
			weakest = s
		}
	}
	return weakest
}

// isSignalled tells whether the Global Privacy Control signal denies a key.
func (p *Page) isSignalled(key string) bool {
	return slices.ContainsFunc(p.boxes, func(b box) bool {
		return b.key == key && slices.ContainsFunc(b.places, p.policy.SignalDenies)
	})
}

// posted is the form as it came back.
type posted struct {
	button                       string
	ticked, wereTicked           map[string]bool // services
	categories, categoriesBefore map[string]bool
}

func readForm(form url.Values) posted {
	set := func(name string) map[string]bool {
		set := make(map[string]bool)
		for _, id := range form[name] {
			set[id] = true
		}
		return set
	}
	return posted{
		ticked: set("service"), wereTicked: set("was_service"),
		categories: set("category"), categoriesBefore: set("was_category"),
	}
}

// wish is what a form says about a box.
type wish struct{ granted, own bool } // own: the box itself was changed

// wish reads what is wanted of a box: its own change counts before that of its
// category, and nothing else changes anything.
func (f *posted) wish(b *box, p *policy.Policy) wish {
	category := p.Categories[b.category].ID
	ticked := f.categories[category]
	changed := ticked != f.categoriesBefore[category]
	if len(b.services) == 0 {
		return wish{granted: ticked}
	}
	id := b.id(p)
	switch {
	case f.ticked[id] != f.wereTicked[id]:
		return wish{granted: f.ticked[id], own: true}
	case changed:
		return wish{granted: ticked}
	}
	return wish{granted: f.wereTicked[id]}
}

// and joins what is wanted of two boxes with one key, which are chosen together. A box
// that was changed itself counts before one that was not; otherwise both have to be
// wanted.
func (w wish) and(other wish) wish {
	if w.own != other.own {
		if w.own {
			return w
		}
		return other
	}
	return wish{granted: w.granted && other.granted, own: w.own}
}

// answers is what is to be saved for a form.
func (p *Page) answers(f *posted, gpc bool) []consent.Answer {
	wishes := make(map[string]wish)
	var keys []string
	for i := range p.boxes {
		b := &p.boxes[i]
		var w wish
		switch f.button {
		case "accept":
			w.granted = true
		case "save":
			w = f.wish(b, p.policy)
		}
		first, known := wishes[b.key]
		if known {
			w = first.and(w)
		} else {
			keys = append(keys, b.key)
		}
		wishes[b.key] = w
	}
	if gpc {
		for key := range wishes {
			if p.isSignalled(key) {
				wishes[key] = wish{}
			}
		}
	}
	var answers []consent.Answer
	for _, key := range keys {
		answers = append(answers, consent.Answer{Key: key, Granted: wishes[key].granted && p.coversWanted(key, wishes)})
	}
	return answers
}

// coversWanted tells whether everything that a key speaks of is wanted. The key of a
// service may be the id of its category: then it speaks of other services as well.
func (p *Page) coversWanted(key string, wishes map[string]wish) bool {
	services := p.policy.Decoder.Keys[key]
	return !slices.ContainsFunc(p.boxes, func(b box) bool {
		return !wishes[b.key].granted && slices.ContainsFunc(b.places, services.Has)
	})
}

// maxCookieBytes is how long the name and the value of a cookie may be together, in
// browsers.
const maxCookieBytes = 4096

// checkWritable finds out whether every choice can be read back from the cookie it is
// saved in.
func (p *Page) checkWritable() error {
	d := &p.policy.Decoder
	now := p.now()
	for _, button := range []string{"accept", "refuse"} {
		value := d.Encode(p.answers(&posted{button: button}, false), now)
		if n := len(p.policy.ConsentCookie) + len(value); n > maxCookieBytes {
			return fmt.Errorf("a choice about everything has %d bytes in the cookie %q, and browsers keep %d: give services that are switched together one key, or use shorter keys", n, p.policy.ConsentCookie, maxCookieBytes)
		}
		if err := p.checkReadable(value, button, now); err != nil {
			return err
		}
	}
	return nil
}

func (p *Page) checkReadable(value, button string, now time.Time) error {
	choice := p.policy.Decoder.Decode(value, func() time.Time { return now })
	want := consent.Denied
	if button == "accept" {
		want = consent.Granted
	}
	for i := range p.boxes {
		if p.boxes[i].state(&choice) != want {
			return fmt.Errorf("a choice about the key %q could not be read back from the cookie %q, in the format of the policy: use format: json, or another key", p.boxes[i].key, p.policy.ConsentCookie)
		}
	}
	return nil
}
