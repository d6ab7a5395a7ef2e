package cookie

import (
	"math"
	"testing"
	"time"
)

func TestReadDetails(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, line string
		want       Details
	}{
		{"none", "_ga=1", Details{}},
		{"all", "_ga=1; Domain=example.org; Path=/a; Secure; HttpOnly; SameSite=none; Partitioned; Max-Age=60", Details{Attributes{"example.org", "/a", true, true}, true, "None", 60}},
		{"an odd SameSite is none", "_ga=1; SameSite=Lax; SameSite=odd", Details{}},
		{"Max-Age beats Expires", "_ga=1; Max-Age=60; Expires=Wed, 25 Nov 2026 12:00:00 GMT", Details{MaxAge: 60}},
		{"Expires", "_ga=1; Expires=Wed, 25 Nov 2026 12:00:00 GMT", Details{MaxAge: 24 * 60 * 60}},
		{"an invalid Max-Age does not count", "_ga=1; Max-Age=60; Max-Age=soon", Details{MaxAge: 60}},
		{"a deletion", "_ga=1; Max-Age=-1", Details{}},
		{"a date in the past", "_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Details{}},
		{"beyond all numbers", "_ga=1; Max-Age=99999999999999999999", Details{MaxAge: math.MaxInt64}},
		{"below all numbers", "_ga=1; Max-Age=-99999999999999999999", Details{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ReadDetails(c.line, now); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
