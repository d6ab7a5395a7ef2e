package inventory

import (
	"fmt"
	"testing"
	"time"
)

// on is a sighting on another host.
func on(host string, s Sighting) Sighting {
	s.Host = host
	return s
}

// usual are the cookies of a portal.
var usual = []Sighting{set("sessionid"), set("csrftoken"), sent("_pk_id.*"), sent("_ga")}

// fresh are cookies that it has since today.
var fresh = []Sighting{set("new_set"), sent("new_sent")}

// TestHostsFlood: on a site that takes any host, those that visitors make up push out each
// other, and neither what the portal has nor what comes to it.
func TestHostsFlood(t *testing.T) {
	t.Parallel()
	const hosts = 3 * MaxNames / 2
	for _, c := range []struct {
		name  string
		flood func(k int) []Sighting
	}{
		{"a cookie that is set", func(k int) []Sighting { return []Sighting{on(fmt.Sprint(k), set("sessionid"))} }},
		{"a cookie that is sent", func(k int) []Sighting { return []Sighting{on(fmt.Sprint(k), sent("x"))} }},
		{"both", func(k int) []Sighting {
			return []Sighting{on(fmt.Sprint(k), set("sessionid")), on(fmt.Sprint(k), sent(fmt.Sprint("x", k)))}
		}},
		{"hosts that come again", func(k int) []Sighting { return []Sighting{on(fmt.Sprint(k%(hosts/2)), set("sessionid"))} }},
		{"hosts with many cookies", func(k int) []Sighting { return []Sighting{on(fmt.Sprint(k%20), set(fmt.Sprint(k)))} }},
		{"many cookies at once", func(k int) (all []Sighting) {
			for n := range 5 {
				all = append(all, on(fmt.Sprint(k/5), set(fmt.Sprint(n))))
			}
			return all
		}},
		{"origins as well", func(k int) []Sighting {
			return []Sighting{on(fmt.Sprint(k), set("sessionid")), on(fmt.Sprint(k), Sighting{Name: "https://x.example", Direction: Reported})}
		}},
	} {
		for _, saves := range []int{0, 4} {
			t.Run(fmt.Sprintf("%s, saved %d times", c.name, saves), func(t *testing.T) {
				t.Parallel()
				i, m := New(), newMemory()
				i.Add(noon, 2000, usual)
				total := uint64(2000 * len(usual))
				for k := range hosts {
					sightings := c.flood(k)
					i.Add(noon, 1, sightings)
					total += uint64(len(sightings))
					if saves > 0 && k%(hosts/saves) == 0 {
						save(t, i, m)
					}
					if k == hosts/2 {
						i.Add(noon, 1, fresh)
						total += uint64(len(fresh))
					}
				}
				if saves > 0 {
					save(t, i, m)
					i = load(t, m)
				}
				s := i.Snapshot()
				wantRecords(t, s, usual, 2000)
				wantRecords(t, s, fresh, 1)
				counted := s.Overflow
				for _, r := range s.Records {
					counted += r.times()
				}
				if len(s.Records) > MaxNames+MaxOrigins || counted != total {
					t.Errorf("%d records, %d sightings of %d", len(s.Records), counted, total)
				}
			})
		}
	}
}

// wantRecords checks that cookies of the portal were seen so often.
func wantRecords(t *testing.T, s Snapshot, of []Sighting, times uint64) {
	t.Helper()
	for _, c := range of {
		if r := find(s, c.Name); r.times() != times {
			t.Errorf("%s was seen %d times, want %d", c.Name, r.times(), times)
		}
	}
}

// TestQuietPortal: what a portal was seen for earlier counts while it is quiet.
func TestQuietPortal(t *testing.T) {
	t.Parallel()
	m := newMemory()
	before := New()
	before.Add(noon, 50, usual)
	save(t, before, m)
	i := load(t, m)
	i.Add(noon, 1, fresh)
	for k := range 3 * MaxNames {
		i.Add(noon, 1, []Sighting{on(fmt.Sprint(k), set("sessionid"))})
	}
	save(t, i, m)
	s := load(t, m).Snapshot()
	wantRecords(t, s, usual, 50)
	wantRecords(t, s, fresh, 1)
}

// TestAgeing: an old flood does not stay for good, however hard it came.
func TestAgeing(t *testing.T) {
	t.Parallel()
	i, m := New(), newMemory()
	for k := range MaxNames {
		i.Add(noon, 1000, []Sighting{on(fmt.Sprint(k%50), set(fmt.Sprint(k)))})
	}
	save(t, i, m)
	i = load(t, m)
	later := noon.Add(30 * 24 * time.Hour)
	var names []Sighting
	for k := range 500 {
		names = append(names, set(fmt.Sprint("set", k)), sent(fmt.Sprint("sent", k)))
	}
	for _, s := range names {
		i.Add(later, 1, []Sighting{s})
	}
	save(t, i, m)
	wantRecords(t, load(t, m).Snapshot(), names, 1)
}

// TestHostQuota: a host with ever more names pushes out its own, and those of no other host.
func TestHostQuota(t *testing.T) {
	t.Parallel()
	quiet := func(i *Inventory) (all []Sighting) {
		for k := range 1000 {
			s := on(fmt.Sprint("quiet", k/10), set(fmt.Sprint(k)))
			i.Add(noon, 1, []Sighting{s})
			all = append(all, s)
		}
		return all
	}
	busy := func(i *Inventory) {
		i.Add(noon, 1_000_000, usual)
		for k := range 2 * MaxNames {
			i.Add(noon, 2, []Sighting{set(fmt.Sprint("f", k))})
		}
	}
	for _, c := range []struct {
		name string
		fill func(i *Inventory) []Sighting
	}{
		{"the quiet hosts first", func(i *Inventory) []Sighting { all := quiet(i); busy(i); return all }},
		{"the busy host first", func(i *Inventory) []Sighting { busy(i); return quiet(i) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := New()
			wanted := c.fill(i)
			s := i.Snapshot()
			has := make(map[key]bool)
			for _, r := range s.Records {
				has[key{r.Host, r.Name}] = true
			}
			for _, w := range append(wanted, usual...) {
				if !has[key{w.Host, w.Name}] {
					t.Errorf("%s of %s is gone", w.Name, w.Host)
				}
			}
			if len(s.Records) != MaxNames {
				t.Errorf("%d records", len(s.Records))
			}
		})
	}
}

// TestShelf: what a shelf knows of its hosts stays right, whatever comes and goes.
func TestShelf(t *testing.T) {
	t.Parallel()
	s := newShelf(0, 40)
	for k := range 5000 {
		r := on(fmt.Sprint(k*k%(1+k%17)), sent(fmt.Sprint(k*7%23)))
		if k%3 == 0 {
			r.Direction = Set
		}
		record := r.record(noon.Add(time.Duration(k)*time.Hour), 1)
		s.add(&record)
		total, large := 0, 0
		for n, h := range s.sample {
			total += h.len()
			if h.len() > s.quota() {
				large++
			}
			if h.place != n || s.hosts[h.host] != h || h.len() == 0 {
				t.Fatalf("host %s is at %d, with %d records", h.host, n, h.len())
			}
		}
		if total != len(s.entries) || total > s.limit || len(s.hosts) != len(s.sample) || large != len(s.large) {
			t.Fatalf("%d records of %d, %d hosts of %d, %d of %d large", total, len(s.entries), len(s.hosts), len(s.sample), large, len(s.large))
		}
		for _, h := range s.sample {
			for n, e := range h.set {
				if e.place != n || e.of != h || e.Set == 0 || s.entries[key{e.Host, e.Name}] != e {
					t.Fatalf("%+v is among those that are set", e)
				}
			}
			for n, e := range h.sent {
				if e.place != n || e.of != h || e.Set > 0 || s.entries[key{e.Host, e.Name}] != e {
					t.Fatalf("%+v is among those that are sent", e)
				}
			}
		}
	}
}
