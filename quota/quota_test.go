package quota

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var noon = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

// TestTake: turns are used up, and come back one by one.
func TestTake(t *testing.T) {
	t.Parallel()
	q := New(3, 10*time.Second)
	for _, c := range []struct {
		name string
		at   time.Duration
		want time.Duration
	}{
		{"the first", 0, 0},
		{"the second", 0, 0},
		{"the last", 0, 0},
		{"none is left", 0, 10 * time.Second},
		{"whoever asks in vain does not wait longer", 4 * time.Second, 6 * time.Second},
		{"one is back", 10 * time.Second, 0},
		{"and gone", 10 * time.Second, 10 * time.Second},
		{"two are back", 30 * time.Second, 0},
		{"the second of them", 30 * time.Second, 0},
		{"both are gone", 30 * time.Second, 10 * time.Second},
		{"no more are saved up than there were", time.Hour, 0},
		{"the second of these", time.Hour, 0},
		{"the last of these", time.Hour, 0},
		{"all are gone", time.Hour, 10 * time.Second},
	} {
		if got := q.Take("192.0.2.1", noon.Add(c.at)); got != c.want {
			t.Errorf("%s: wait %v, want %v", c.name, got, c.want)
		}
	}
}

// TestClients: who shares turns with a client that has none left.
func TestClients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, client, other string
		isLimited           bool
	}{
		{"the same address", "192.0.2.1", "192.0.2.1", true},
		{"the next address", "192.0.2.1", "192.0.2.2", false},
		{"the same address in IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"the next address in IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"another address of a /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		{"an address of the next /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"another zone", "fe80::1%eth0", "fe80::1%eth1", true},
		{"no address", "192.0.2.1", "", false},
		{"no addresses", "", "", false},
		{"a socket", "@", "@", false},
		{"an address with a port", "192.0.2.1:80", "192.0.2.1:80", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := New(1, time.Second)
			if wait := q.Take(c.client, noon); wait != 0 {
				t.Errorf("the first waits %v", wait)
			}
			if wait := q.Take(c.other, noon); (wait != 0) != c.isLimited {
				t.Errorf("the second waits %v", wait)
			}
		})
	}
	if wait := (*Quota)(nil).Take("192.0.2.1", noon); wait != 0 {
		t.Error("no quota limits somebody")
	}
}

// TestFlood: many clients are remembered up to a bound, one that asks without end stays
// limited, and no other one is.
func TestFlood(t *testing.T) {
	t.Parallel()
	q := New(2, time.Hour)
	passed := 0
	for i := range 5 * maxClients {
		if q.Take("192.0.2.1", noon) == 0 {
			passed++
		}
		other := fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)
		if wait := q.Take(other, noon); wait != 0 {
			t.Fatalf("%s waits %v", other, wait)
		}
	}
	if passed != 2 {
		t.Errorf("the one had %d turns", passed)
	}
	if n := len(q.recent) + len(q.old); n > 2*maxClients {
		t.Errorf("%d clients are remembered", n)
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	q := New(100, time.Hour)
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				if q.Take("192.0.2.1", noon) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d turns", passed.Load())
	}
}

func BenchmarkTake(b *testing.B) {
	q := New(100, time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		q.Take("2001:db8::1", noon)
	}
}
