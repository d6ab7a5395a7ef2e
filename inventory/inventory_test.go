package inventory

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

var noon = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

const host = "data.example.org"

// sent and set are sightings of a name on the host.
func sent(name string) Sighting { return Sighting{Host: host, Name: name} }

func set(name string) Sighting {
	return Sighting{Host: host, Name: name, Direction: Set, Attributes: &Attributes{Path: "/"}}
}

// add has each of the sightings seen once, in a message of its own.
func add(i *Inventory, sightings ...Sighting) {
	for _, s := range sightings {
		i.Add(noon, 1, []Sighting{s})
	}
}

// find returns the record of a name on the host, or an empty one.
func find(s Snapshot, name string) Record {
	for _, r := range s.Records {
		if r.Host == host && r.Name == name {
			return r
		}
	}
	return Record{}
}

// sightings is how many there are in a snapshot, with those that had no room.
func sightings(s Snapshot) uint64 {
	total := s.Overflow
	for _, r := range s.Records {
		total += r.Sent + r.Set
	}
	return total
}

// inShort is a snapshot as "name sent/set", for each record.
func inShort(s Snapshot) string {
	var short []string
	for _, r := range s.Records {
		short = append(short, fmt.Sprintf("%s %d/%d", r.Name, r.Sent, r.Set))
	}
	if s.Overflow > 0 {
		short = append(short, fmt.Sprintf("overflow %d", s.Overflow))
	}
	return strings.Join(short, ", ")
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRecords holds what becomes of sightings, member for member: there is no
// place for a value.
func TestRecords(t *testing.T) {
	t.Parallel()
	all := Attributes{Domain: "example.org", Path: "/a", SameSite: "Lax", Secure: true, HTTPOnly: true, Partitioned: true, MaxAge: 3600}
	type message struct {
		at        time.Time
		n         uint64
		sightings []Sighting
	}
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	for _, c := range []struct {
		name     string
		messages []message
		want     string
	}{
		{name: "nothing", want: `[]`},
		{
			name:     "no message",
			messages: []message{{at(0), 0, []Sighting{sent("a")}}},
			want:     `[]`,
		},
		{
			name:     "sent",
			messages: []message{{at(0), 1, []Sighting{{Host: "h", Name: "a"}}}},
			want:     `[{"host":"h","name":"a","sent":1,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z"}]`,
		},
		{
			name:     "set, and a time with nanoseconds in a zone",
			messages: []message{{at(0).Add(time.Nanosecond).In(time.FixedZone("", 4*3600)), 2, []Sighting{{Host: "h", Name: "a", Direction: Set, Attributes: &all, Removed: true, Verdict: Verdict{Category: "statistical", Service: "matomo"}}}}},
			want: `[{"host":"h","name":"a","set":2,"removed":2,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z",` +
				`"attributes":{"domain":"example.org","path":"/a","same_site":"Lax","secure":true,"http_only":true,"partitioned":true,"max_age":3600},` +
				`"last_set":"2026-11-24T12:00:00Z","category":"statistical","service":"matomo"}]`,
		},
		{
			name:     "sorted, and kept apart",
			messages: []message{{at(0), 1, []Sighting{{Host: "h", Name: "b"}, {Host: "g", Name: "b"}, {Host: "h", Name: "a"}, {Host: "h", Name: "b"}}}},
			want: `[{"host":"g","name":"b","sent":1,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z"},` +
				`{"host":"h","name":"a","sent":1,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z"},` +
				`{"host":"h","name":"b","sent":2,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z"}]`,
		},
		{
			name: "the later one wins, whichever is added first",
			messages: []message{
				{at(9), 1, []Sighting{{Host: "h", Name: "a", Verdict: Verdict{Category: "late"}}}},
				{at(5), 1, []Sighting{{Host: "h", Name: "a", Direction: Set, Attributes: &Attributes{Path: "/5"}, Verdict: Verdict{Category: "early"}}}},
				{at(2), 1, []Sighting{{Host: "h", Name: "a", Direction: Set, Attributes: &Attributes{Path: "/2"}, Verdict: Verdict{Category: "earlier", Service: "x"}}}},
				{at(7), 1, []Sighting{{Host: "h", Name: "a", Direction: Set, Verdict: Verdict{Category: "early"}}}},
			},
			want: `[{"host":"h","name":"a","sent":1,"set":3,"first_seen":"2026-11-24T12:00:02Z","last_seen":"2026-11-24T12:00:09Z",` +
				`"attributes":{"path":"/5"},"last_set":"2026-11-24T12:00:05Z","category":"late"}]`,
		},
		{
			name: "of two at the same second, the one added last",
			messages: []message{
				{at(0), 1, []Sighting{{Host: "h", Name: "a", Direction: Set, Attributes: &Attributes{MaxAge: 1}, Verdict: Verdict{Category: "c", Service: "s"}}}},
				{at(0), 1, []Sighting{{Host: "h", Name: "a", Direction: Set, Attributes: &Attributes{}}}},
			},
			want: `[{"host":"h","name":"a","set":2,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z","attributes":{},"last_set":"2026-11-24T12:00:00Z"}]`,
		},
		{
			name:     "counts stop at the highest number",
			messages: []message{{at(0), math.MaxUint64, []Sighting{{Host: "h", Name: "a"}, {Host: "h", Name: "a"}}}},
			want:     `[{"host":"h","name":"a","sent":18446744073709551615,"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T12:00:00Z"}]`,
		},
		{
			name:     "a time without a form",
			messages: []message{{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), 1, []Sighting{{Host: "h", Name: "a"}}}},
			want:     `[{"host":"h","name":"a","sent":1,"first_seen":"0001-01-01T00:00:00Z","last_seen":"0001-01-01T00:00:00Z"}]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := New()
			for _, m := range c.messages {
				i.Add(m.at, m.n, m.sightings)
			}
			if got := asJSON(t, i.Snapshot().Records); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestByScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		r    Record
		want bool
	}{
		{"sent", Record{Sent: 1}, true},
		{"sent and removed", Record{Sent: 2, Removed: 2}, true},
		{"sent and set", Record{Sent: 9, Set: 1}, false},
		{"set", Record{Set: 1}, false},
		{"nothing", Record{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.r.ByScript(); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"as long as may be", "0123456789", "0123456789"},
		{"too long", "0123456789a", "0123456…"},
		{"cut where a letter begins", "012345é789", "012345…"},
		{"letters of several bytes that just fit", "ééééé", "ééééé"},
		{"one too many of them", "éééééé", "ééé…"},
		{"a control", "a\x1b[2J\n", "a�[2J�"},
		{"a control of two bytes", "a\u009bb", "a�b"},
		{"a change of direction", "a\u202eb", "a�b"},
		{"no UTF-8", "a\xffb", "a�b"},
		{"too long after all", "abc\x01\x02\x03", "abc�…"},
		{"very long", strings.Repeat("\xff", 1<<20), "��…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := fit(c.text, 10)
			if got != c.want || len(got) > 10 || !utf8.ValidString(got) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestTextsAreBounded floods every text of a sighting.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\x1b", 1<<16)
	i := New()
	attributes := &Attributes{Domain: long, Path: long, SameSite: long}
	add(i, Sighting{Host: long, Name: long, Direction: Set, Attributes: attributes, Verdict: Verdict{Category: long, Service: long}})
	s := i.Snapshot()
	if text := asJSON(t, s); len(s.Records) != 1 || len(text) > 3000 || strings.Contains(text, "u001b") {
		t.Errorf("%d bytes of %d records", len(text), len(s.Records))
	}
	if r := s.Records[0]; len(r.Host) > 253 || len(r.Name) > 128 {
		t.Errorf("a host of %d and a name of %d bytes", len(r.Host), len(r.Name))
	}
	if attributes.Path != long {
		t.Error("the caller's attributes were changed")
	}
}

// TestSnapshotIsACopy: neither side sees what the other one changes.
func TestSnapshotIsACopy(t *testing.T) {
	t.Parallel()
	i := New()
	attributes := &Attributes{Path: "/"}
	add(i, Sighting{Host: host, Name: "a", Direction: Set, Attributes: attributes})
	attributes.Path = "changed"
	s := i.Snapshot()
	s.Records[0].Attributes.Path, s.Records[0].Set = "changed", 7
	if r := find(i.Snapshot(), "a"); r.Attributes.Path != "/" || r.Set != 1 {
		t.Errorf("got %d, %+v", r.Set, r.Attributes)
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	names := func(prefix string, count int) (all []string) {
		for k := range count {
			all = append(all, fmt.Sprintf("%s%06d", prefix, k))
		}
		return all
	}
	seen := func(i *Inventory, n uint64, names []string, sighting func(string) Sighting) {
		all := make([]Sighting, len(names))
		for k, name := range names {
			all[k] = sighting(name)
		}
		i.Add(noon, n, all)
	}
	flood := func(i *Inventory, prefix string, count int, sighting func(string) Sighting) {
		seen(i, 1, names(prefix, count), sighting)
	}
	for _, c := range []struct {
		name         string
		fill         func(*Inventory)
		has, hasNot  []string
		wantOverflow uint64
	}{
		{
			name:         "one more than there is room for, set",
			fill:         func(i *Inventory) { flood(i, "s", MaxNames+1, set) },
			has:          []string{"s010000"},
			wantOverflow: 1,
		},
		{
			name: "one more than there is room for, sent",
			fill: func(i *Inventory) {
				flood(i, "s", MaxNames, sent)
				add(i, sent("new"))
			},
			has:          []string{"new"},
			wantOverflow: 1,
		},
		{
			name: "what is set stays, and so does what is sent often",
			fill: func(i *Inventory) {
				add(i, set("portal"))
				seen(i, 1000, names("script", 50), sent)
				flood(i, "f", 10*MaxNames, sent)
			},
			has:          append(names("script", 50), "portal"),
			wantOverflow: 9*MaxNames + 51,
		},
		{
			name: "what was sent before it was set stays",
			fill: func(i *Inventory) {
				flood(i, "f", MaxNames-1, sent)
				flood(i, "f", MaxNames-1, set)
				flood(i, "g", MaxNames, sent)
			},
			has:          names("f", MaxNames-1),
			wantOverflow: MaxNames - 1,
		},
		{
			name: "what is sent finds room among what is set",
			fill: func(i *Inventory) {
				flood(i, "f", MaxNames, set)
				add(i, sent("script"))
			},
			has:          []string{"script"},
			wantOverflow: 1,
		},
		{
			name: "what is set makes room",
			fill: func(i *Inventory) {
				flood(i, "f", MaxNames, sent)
				flood(i, "s", MaxNames, set)
			},
			has:          []string{"s000000", "s009999"},
			hasNot:       []string{"f000000"},
			wantOverflow: MaxNames,
		},
		{
			name: "nothing has to go for what is known",
			fill: func(i *Inventory) {
				flood(i, "f", MaxNames, sent)
				flood(i, "f", MaxNames, set)
				flood(i, "f", MaxNames, sent)
			},
			has: []string{"f000000", "f009999"},
		},
		{
			name: "what was set often stays, whoever comes",
			fill: func(i *Inventory) {
				flood(i, "s", MaxNames/2, set)
				flood(i, "s", MaxNames/2, set)
				flood(i, "f", MaxNames/2, set) // on hosts that visitors have made up
				flood(i, "g", 500, sent)
				i.Add(noon, 10, []Sighting{set("t")})
			},
			has:          append(names("s", MaxNames/2), "t"),
			wantOverflow: 501,
		},
		{
			name: "the only one that may go",
			fill: func(i *Inventory) {
				flood(i, "s", MaxNames-3, set)
				i.Add(noon, 8, []Sighting{sent("a"), sent("c")})
				i.Add(noon, 7, []Sighting{sent("b")})
				add(i, sent("new"))
			},
			has:          []string{"a", "c", "new"},
			hasNot:       []string{"b"},
			wantOverflow: 7,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := New()
			c.fill(i)
			s := i.Snapshot()
			if len(s.Records) != MaxNames || s.Overflow != c.wantOverflow {
				t.Errorf("got %d records and %d without room, want %d", len(s.Records), s.Overflow, c.wantOverflow)
			}
			has := make(map[string]bool)
			for _, r := range s.Records {
				has[r.Name] = true
			}
			for _, name := range c.has {
				if !has[name] {
					t.Errorf("%s is gone", name)
				}
			}
			for _, name := range c.hasNot {
				if has[name] {
					t.Errorf("%s is there", name)
				}
			}
		})
	}
}

// TestOverflowStops holds that this count does not begin anew either.
func TestOverflowStops(t *testing.T) {
	t.Parallel()
	full := newTable(0)
	full.cookies = newShelf(0, 1)
	full.add(&Record{Name: "a", Sent: math.MaxUint64})
	full.add(&Record{Name: "b", Sent: 2})
	full.add(&Record{Name: "c", Sent: 2})
	if got := merge(full.snapshot(), Snapshot{Overflow: 3}).Overflow; got != math.MaxUint64 {
		t.Errorf("got %d", got)
	}
}

// TestOriginsApart: whoever reports made-up origins takes the place of no cookie.
func TestOriginsApart(t *testing.T) {
	t.Parallel()
	i := New()
	i.Add(noon, 1, []Sighting{sent("rare")})
	const kept = "https://kept.example"
	for range 3 {
		i.Add(noon, 3, []Sighting{{Host: "portal.example", Name: kept, Direction: Reported, Removed: true}})
	}
	for n := range 3 * MaxOrigins {
		i.Add(noon, 1, []Sighting{{Host: "portal.example", Name: fmt.Sprintf("https://x%d.example", n), Direction: Reported}})
	}
	all := i.Snapshot()
	cookies, origins, times := 0, 0, uint64(0)
	for _, r := range all.Records {
		if !r.IsOrigin() {
			cookies++
			continue
		}
		origins++
		if r.Name == kept {
			times = r.Reported
			if r.Removed != 9 || r.ByScript() {
				t.Errorf("the record is %+v", r)
			}
		}
	}
	if cookies != 1 || origins != MaxOrigins || times != 9 || all.Overflow != 2*MaxOrigins+1 {
		t.Errorf("%d cookies, %d origins, reported %d times, and %d without room", cookies, origins, times, all.Overflow)
	}
}

func TestConcurrentAdds(t *testing.T) {
	t.Parallel()
	i := New()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				i.Add(noon, 2, []Sighting{sent("a"), set("b")})
				i.Add(noon, 1, []Sighting{sent("b")})
			}
		})
		all.Go(func() {
			for range 10 {
				_ = i.Snapshot()
			}
		})
	}
	all.Wait()
	if got := inShort(i.Snapshot()); got != "a 16000/0, b 8000/16000" {
		t.Errorf("got %s", got)
	}
}

func BenchmarkAdd(b *testing.B) {
	names := []string{"sessionid", "csrftoken", "_ga", "_ga_*", "_gid", "_pk_id.*.*", "_pk_ses.*.*", "cookies_preferences", "_fbp", "_hjSession_*", "lang", "theme"}
	message := make([]Sighting, 0, len(names))
	for k, name := range names {
		s := sent(name)
		if k%4 == 0 {
			s = set(name)
		}
		s.Verdict = Verdict{Category: "statistical", Service: "matomo"}
		message = append(message, s)
	}
	i := New()
	b.ReportAllocs()
	for b.Loop() {
		i.Add(noon, 1, message)
	}
}

func BenchmarkAddFlood(b *testing.B) {
	i := New()
	message := make([]Sighting, 12)
	k := 0
	b.ReportAllocs()
	for b.Loop() {
		for m := range message {
			message[m] = sent(fmt.Sprint(k))
			k++
		}
		i.Add(noon, 1, message)
	}
}

func BenchmarkSnapshotFull(b *testing.B) {
	i := New()
	for k := range MaxNames {
		add(i, set(fmt.Sprint(k)))
	}
	for b.Loop() {
		_ = i.Snapshot()
	}
}
