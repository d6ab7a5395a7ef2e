package page

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// retention is how long a cookie is kept, in words. It is empty where that is not
// limited.
func (t *Texts) retention(r policy.Retention) string {
	if r.Session {
		return t.Session
	}
	var spans []string
	for _, s := range r.Spans() {
		if s.Count > 0 {
			spans = append(spans, t.Units[s.Unit].number(s.Count))
		}
	}
	return strings.Join(spans, t.And)
}

// number is a number of a unit. Languages that tell more forms apart than one and
// other do so as Arabic does, by the last two digits.
func (f Forms) number(n int) string {
	form := f.Other
	switch last := n % 100; {
	case n == 1:
		form = f.One
	case n == 2:
		form = cmp.Or(f.Two, f.Other)
	case 3 <= last && last <= 10:
		form = cmp.Or(f.Few, f.Other)
	case 11 <= last:
		form = cmp.Or(f.Many, f.Other)
	}
	return strings.Replace(form, "%d", strconv.Itoa(n), 1)
}

// day is a day in words.
func (t *Texts) day(day time.Time) string {
	return strconv.Itoa(day.Day()) + " " + t.Months[day.Month()-1] + " " + strconv.Itoa(day.Year())
}
