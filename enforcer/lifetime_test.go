package enforcer

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLifetime holds S4: permitted cookies live no longer than the policy says, and
// nothing else in their lines changes.
func TestLifetime(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return now.Add(d).Format("Mon, 02 Jan 2006 15:04:05 GMT") }
	const thirteenMonths = "; Max-Age=33696000"
	for _, c := range []struct {
		name, line string
		appended   string
	}{
		{"longer", "_pk_id.1=1; Max-Age=33696001; Path=/", thirteenMonths},
		{"as long", "_pk_id.1=1; Max-Age=33696000; Path=/", ""},
		{"a session cookie", "_pk_id.1=1; Path=/", ""},
		{"by Expires", "_pk_id.1=1; expires=" + in(400*24*time.Hour), thirteenMonths},
		{"by Expires, short", "_pk_id.1=1; expires=" + in(389*24*time.Hour), ""},
		{"odd bytes stay", " _pk_id.1 = \"a,b\"é ;;MAX-age=99999999 ; x", thirteenMonths},
		{"a retention of its own", "_gid=1; Max-Age=86401", "; Max-Age=86400"},
		{"no retention", "_ga=1; Max-Age=99999999999", ""},
		{"until the session ends", "_gat=1; Max-Age=99999999999", ""}, // there is no number for that
		{"exempt, but not necessary", "visits=1; Max-Age=86401", "; Max-Age=86400"},
		{"necessary cookies are never touched", "sessionid=1; Max-Age=99999999999", ""},
		{"the choice neither", "cookies_preferences={\"statistical\":true}; Max-Age=99999999999", ""},
		{"a deletion", "_pk_id.1=; Max-Age=0", ""},
		{"an hour, and no zone that browsers know", "_gid=1; Expires=" + now.Add(time.Hour).Format("Mon, 02 Jan 2006 15:04:05 ") + "UTC", ""},
		{"a deletion for browsers, though not in every reading", "_gid=; Expires=" + in(999*24*time.Hour) + "; Expires=" + in(-time.Hour), ""},
		{"capped already", "_pk_id.1=1; Max-Age=99999999" + thirteenMonths, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []string{c.line + c.appended, "csrftoken=C; Max-Age=31449600"}
			e := newExpiring(t, "")
			lines := []string{c.line, "csrftoken=C; Max-Age=31449600"}
			header := send(e, page(`cookies_preferences={"statistical":true}`), lines...)
			if got := header["Set-Cookie"]; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if lines[0] != c.line {
				t.Errorf("the handler's slice was changed: %q", lines)
			}
		})
	}
}

// TestLifetimeByDate: Chromium counts from the response's Date (measured), and
// where it cannot be read, from its own clock.
func TestLifetimeByDate(t *testing.T) {
	t.Parallel()
	expires := "_gid=1; Expires=" + now.Add(time.Hour).Format(http.TimeFormat)
	for date, want := range map[string]string{
		now.Format(http.TimeFormat):                      expires,
		now.Add(-48 * time.Hour).Format(http.TimeFormat): expires + "; Max-Age=86400",
		"soon": expires,
	} {
		w := httptest.NewRecorder()
		newExpiring(t, "").Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", date)
			w.Header().Set("Set-Cookie", expires)
		})).ServeHTTP(w, page(grantGA))
		if got := w.Result().Header.Get("Set-Cookie"); got != want {
			t.Errorf("Date %q: got %q, want %q", date, got, want)
		}
	}
}

// TestLifetimeAfter1xx: a line that lives as long as it may by the Date of a 1xx is
// looked at again in the final head.
func TestLifetimeAfter1xx(t *testing.T) {
	t.Parallel()
	line := "_gid=1; Expires=" + now.Add(20*time.Hour).Format(http.TimeFormat)
	w := &headWriter{header: http.Header{}}
	x := newExpiring(t, "").Begin(w, page(grantGA))
	x.Header().Set("Set-Cookie", line)
	x.WriteHeader(http.StatusEarlyHints)
	x.Header().Set("Date", now.Add(-20*time.Hour).Format(http.TimeFormat))
	x.WriteHeader(http.StatusOK)
	if got := w.header.Get("Set-Cookie"); got != line+"; Max-Age=86400" {
		t.Errorf("got %q", got)
	}
}

// TestLifetimeOnce: a line is capped once, however often the header map is looked
// through, and on a 1xx too.
func TestLifetimeOnce(t *testing.T) {
	t.Parallel()
	const line = "_gid=%; Max-Age=86401"
	var lines []string
	for _, c := range "1234" {
		lines = append(lines, strings.Replace(line, "%", string(c), 1))
	}
	e := newExpiring(t, "")
	w := &headLog{headWriter: headWriter{header: http.Header{}}}
	x := e.Begin(w, page(grantGA))
	x.Header()["Set-Cookie"] = lines
	x.WriteHeader(http.StatusEarlyHints)
	x.WriteHeader(http.StatusOK)
	for range 3 {
		_, _ = x.Write([]byte("part"))
	}
	x.End()
	for i, got := range append(w.early[http.StatusEarlyHints], w.header["Set-Cookie"]...) {
		if want := lines[i%len(lines)] + "; Max-Age=86400"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := len(w.header["Set-Cookie"]); n != len(lines) {
		t.Errorf("%d lines, want %d", n, len(lines))
	}
}

// TestLifetimeOfControls: a line with a control character ends there for some
// browsers, so nothing that is appended caps it.
func TestLifetimeOfControls(t *testing.T) {
	t.Parallel()
	long, short := "_gid=1; Max-Age=86401; \x00", "_gid=2; Max-Age=86400; \x00"
	if got := send(newExpiring(t, ""), page(grantGA), long, short)["Set-Cookie"]; !slices.Equal(got, []string{short}) {
		t.Errorf("got %q", got)
	}
}

// TestGrantedDoesNotAllocate: to look at lines that pass as they are costs no
// allocation.
func TestGrantedDoesNotAllocate(t *testing.T) {
	e := newExpiring(t, "")
	r := page(grantGA)
	w := &headWriter{header: http.Header{"Set-Cookie": {"_gid=1; Max-Age=86400; Path=/", "_gat=1; Path=/x"}}}
	x := &Exchange{ResponseWriter: w, enforcer: e, request: r, host: r.Host}
	x.filterRequest(r)
	if n := testing.AllocsPerRun(100, x.filterHead); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
