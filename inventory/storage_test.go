package inventory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a storage. It complains of what a real one would suffer from.
type memory struct {
	lock chan struct{} // has room for the one that holds it

	mu     sync.Mutex
	values map[string][]byte
	stores int
	before map[string]func(context.Context) error // what a step does first
	after  map[string]func() error                // and last
}

func newMemory() *memory {
	return &memory{
		lock:   make(chan struct{}, 1),
		values: make(map[string][]byte),
		before: make(map[string]func(context.Context) error),
		after:  make(map[string]func() error),
	}
}

func (m *memory) step(ctx context.Context, name string, do func() error) error {
	m.mu.Lock()
	before, after := m.before[name], m.after[name]
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if before != nil {
		if err := before(ctx); err != nil {
			return err
		}
	}
	if err := do(); err != nil || after == nil {
		return err
	}
	return after()
}

func (m *memory) Load(ctx context.Context, key string) (value []byte, err error) {
	err = m.step(ctx, "Load", func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		stored, ok := m.values[key]
		if !ok {
			return fmt.Errorf("no such key: %w", fs.ErrNotExist)
		}
		value = append(value, stored...)
		return nil
	})
	return value, err
}

func (m *memory) Store(ctx context.Context, key string, value []byte) error {
	return m.step(ctx, "Store", func() error {
		if len(m.lock) == 0 {
			return errors.New("stored without the lock")
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.values[key] = append([]byte(nil), value...)
		m.stores++
		return nil
	})
}

func (m *memory) Lock(ctx context.Context, _ string) error {
	return m.step(ctx, "Lock", func() error {
		select {
		case m.lock <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func (m *memory) Unlock(ctx context.Context, _ string) error {
	return m.step(ctx, "Unlock", func() error {
		select {
		case <-m.lock:
			return nil
		default:
			return errors.New("unlocked what was not locked")
		}
	})
}

func save(t *testing.T, i *Inventory, s Storage) {
	t.Helper()
	if err := i.Save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, s Storage) *Inventory {
	t.Helper()
	i := New()
	if err := i.Save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return i
}

func wantInShort(t *testing.T, i *Inventory, want string) {
	t.Helper()
	if got := inShort(i.Snapshot()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	m := newMemory()
	before := load(t, m) // nothing is there yet
	add(before, set("a"), sent("a"), sent("b"))
	save(t, before, m)
	want := asJSON(t, before.Snapshot())
	after := load(t, m)
	if got := asJSON(t, after.Snapshot()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	add(after, sent("b"))
	wantInShort(t, after, "a 1/1, b 2/0")
	save(t, after, m)
	save(t, after, m)
	wantInShort(t, after, "a 1/1, b 2/0")
	wantInShort(t, load(t, m), "a 1/1, b 2/0")
	if m.stores != 2 {
		t.Errorf("stored %d times", m.stores)
	}
}

// TestNothingIsNew holds that nothing is stored then, and that it is read all the
// same.
func TestNothingIsNew(t *testing.T) {
	t.Parallel()
	m := newMemory()
	idle, busy := New(), New()
	save(t, idle, m)
	if m.stores != 0 {
		t.Error("stored nothing")
	}
	add(busy, set("a"))
	save(t, busy, m)
	save(t, idle, m)
	wantInShort(t, idle, "a 0/1")
	if m.stores != 1 {
		t.Errorf("stored %d times", m.stores)
	}
}

func TestTwoInstances(t *testing.T) {
	t.Parallel()
	m := newMemory()
	a, b := New(), New()
	for range 10 {
		add(a, set("both"), sent("of a"))
		save(t, a, m)
		add(b, sent("both"), set("both"), sent("of b"))
		save(t, b, m)
	}
	save(t, a, m)
	const want = "both 10/20, of a 10/0, of b 10/0"
	wantInShort(t, a, want)
	wantInShort(t, b, want)
	wantInShort(t, load(t, m), want)
}

// TestLaterSightingWins holds that a merge goes by the times of the sightings, and
// not of the saves.
func TestLaterSightingWins(t *testing.T) {
	t.Parallel()
	m := newMemory()
	late, early := New(), New()
	late.Add(noon.Add(time.Hour), 1, []Sighting{{Host: host, Name: "a", Verdict: Verdict{Category: "late", Service: "x"}}})
	late.Add(noon, 1, []Sighting{{Host: host, Name: "a", Direction: Set, Attributes: &Attributes{Path: "/noon"}}})
	early.Add(noon.Add(time.Minute), 1, []Sighting{{Host: host, Name: "a", Direction: Set, Attributes: &Attributes{Path: "/later"}, Verdict: Verdict{Category: "early", Service: "y"}}})
	early.Add(noon.Add(-time.Hour), 1, []Sighting{sent("a")})
	save(t, late, m)
	save(t, early, m)
	r := find(load(t, m).Snapshot(), "a")
	if !r.FirstSeen.Equal(noon.Add(-time.Hour)) || !r.LastSeen.Equal(noon.Add(time.Hour)) {
		t.Errorf("seen from %s to %s", r.FirstSeen, r.LastSeen)
	}
	if r.Category != "late" || r.Attributes.Path != "/later" || !r.LastSet.Equal(noon.Add(time.Minute)) {
		t.Errorf("got %+v, %+v", r, r.Attributes)
	}
}

// TestFailures holds that an error loses nothing, and that only a storage that has
// stored and denies it makes a sighting count twice.
func TestFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fail := func(context.Context) error { return broken }
	for _, c := range []struct {
		name   string
		fail   func(*memory)
		stored string // after the failure
		want   string // after the next Save
	}{
		{"lock", func(m *memory) { m.before["Lock"] = fail }, "a 0/1", "a 1/1, b 1/0"},
		{"load", func(m *memory) { m.before["Load"] = fail }, "a 0/1", "a 1/1, b 1/0"},
		{"store", func(m *memory) { m.before["Store"] = fail }, "a 0/1", "a 1/1, b 1/0"},
		{
			"store, though it has stored",
			func(m *memory) { m.after["Store"] = func() error { return broken } },
			"a 1/1", "a 2/1, b 1/0",
		},
		{"unlock, though it has unlocked", func(m *memory) { m.after["Unlock"] = func() error { return broken } }, "a 1/1", "a 1/1, b 1/0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			i := New()
			add(i, set("a"))
			save(t, i, m)
			add(i, sent("a"))
			c.fail(m)
			if err := i.Save(t.Context(), m); !errors.Is(err, broken) {
				t.Fatalf("got the error %v", err)
			}
			if len(m.lock) > 0 {
				t.Fatal("still locked")
			}
			clear(m.before)
			clear(m.after)
			wantInShort(t, i, "a 1/1")
			wantInShort(t, load(t, m), c.stored)
			add(i, sent("b"))
			wantInShort(t, i, "a 1/1, b 1/0")
			save(t, i, m)
			wantInShort(t, i, c.want)
			save(t, i, m)
			wantInShort(t, load(t, m), c.want)
		})
	}
}

// TestManyFailures holds that what is kept for a storage that comes back is bounded,
// and complete.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.before["Store"] = func(context.Context) error { return errors.New("broken") }
	i := New()
	add(i, set("portal"))
	total := uint64(1)
	for round := range 3 {
		for k := range MaxNames / 2 {
			add(i, sent(fmt.Sprint(round, " ", k)))
			total++
		}
		if err := i.Save(t.Context(), m); err == nil {
			t.Fatal("no error")
		}
	}
	if len(i.unsaved.Records) > MaxNames {
		t.Errorf("%d records wait", len(i.unsaved.Records))
	}
	clear(m.before)
	save(t, i, m)
	s := load(t, m).Snapshot()
	if len(s.Records) != MaxNames || sightings(s) != total || find(s, "portal").Set != 1 {
		t.Errorf("got %d records of %d sightings, want %d", len(s.Records), sightings(s), total)
	}
}

// TestContextIsDoneMeanwhile holds that the lock is given back then.
func TestContextIsDoneMeanwhile(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"Lock", "Load", "Store"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			i := New()
			add(i, set("a"))
			save(t, i, m)
			add(i, set("a"))
			ctx, cancel := context.WithCancel(t.Context())
			m.after[step] = func() error { cancel(); return nil }
			err := i.Save(ctx, m)
			if stored := step == "Store"; stored != (err == nil) {
				t.Errorf("got the error %v", err)
			}
			if len(m.lock) > 0 {
				t.Fatal("still locked")
			}
			clear(m.after)
			save(t, i, m)
			wantInShort(t, load(t, m), "a 0/2")
		})
	}
}

// TestHangingStorage holds that only calls of Load and Save wait for a storage, and
// no longer than their contexts last.
func TestHangingStorage(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"Lock", "Load", "Store", "Unlock"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				goOn := make(chan struct{})
				m.before[step] = func(context.Context) error { <-goOn; return nil }
				i := New()
				add(i, set("a"))
				done := make(chan error)
				go func() { done <- i.Save(context.Background(), m) }()
				synctest.Wait()

				add(i, sent("a"), sent("b"))
				wantInShort(t, i, "a 1/1, b 1/0")
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := i.Save(ctx, m); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a second Save: %v", err)
				}

				close(goOn)
				if err := <-done; err != nil {
					t.Error(err)
				}
				wantInShort(t, i, "a 1/1, b 1/0")
				wantInShort(t, load(t, m), "a 0/1")
				save(t, i, m)
				wantInShort(t, load(t, m), "a 1/1, b 1/0")
			})
		})
	}
}

// TestUnlockHangs holds that a Save ends all the same where the storage minds its
// context.
func TestUnlockHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.before["Unlock"] = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		i := New()
		add(i, set("a"))
		if err := i.Save(context.Background(), m); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v", err)
		}
	})
}

// TestConcurrentSaves has three instances count and save at once.
func TestConcurrentSaves(t *testing.T) {
	t.Parallel()
	const rounds, adders = 50, 4
	m := newMemory()
	instances := []*Inventory{New(), New(), New()}
	var all sync.WaitGroup
	for _, i := range instances {
		for range adders {
			all.Go(func() {
				for k := range rounds {
					i.Add(noon, 1, []Sighting{sent("a"), set(fmt.Sprint("b", k%3))})
					if k%5 == 0 {
						if err := i.Save(t.Context(), m); err != nil {
							t.Error(err)
						}
						_ = i.Snapshot()
					}
				}
			})
		}
	}
	all.Wait()
	for _, i := range instances {
		save(t, i, m)
	}
	want := fmt.Sprintf("a %d/0, b0 0/%d, b1 0/%d, b2 0/%d", 3*adders*50, 3*adders*17, 3*adders*17, 3*adders*16)
	wantInShort(t, load(t, m), want)
	save(t, instances[0], m)
	wantInShort(t, instances[0], want)
}

// TestSnapshotNeverGoesBack watches the total while saves come and go.
func TestSnapshotNeverGoesBack(t *testing.T) {
	t.Parallel()
	m := newMemory()
	i := New()
	var all sync.WaitGroup
	all.Go(func() {
		for range 200 {
			add(i, sent("a"))
			if err := i.Save(t.Context(), m); err != nil {
				t.Error(err)
			}
		}
	})
	for last := uint64(0); last < 200; {
		got := find(i.Snapshot(), "a").Sent
		if got < last || got > 200 {
			t.Fatalf("got %d after %d", got, last)
		}
		last = got
	}
	all.Wait()
}

func TestAnotherStorage(t *testing.T) {
	t.Parallel()
	a, b := newMemory(), newMemory()
	i := New()
	add(i, set("a"), sent("both"))
	save(t, i, a)
	add(i, set("b"), sent("both"))
	save(t, i, b)
	wantInShort(t, i, "a 0/1, b 0/1, both 2/0")
	wantInShort(t, load(t, a), "a 0/1, both 1/0")
	wantInShort(t, load(t, b), "b 0/1, both 1/0")

	t.Log("and back")
	add(i, sent("both"))
	save(t, i, a)
	wantInShort(t, i, "a 0/1, b 0/1, both 3/0")
	wantInShort(t, load(t, a), "a 0/1, both 2/0")

	t.Log("another way to the same one, as after a config reload, and a copy")
	same, other := newMemory(), newMemory()
	same.values, other.values[Key] = a.values, a.values[Key]
	add(i, sent("both"))
	save(t, i, same)
	wantInShort(t, i, "a 0/1, b 0/1, both 4/0")
	save(t, i, other) // it has what the first one had before
	wantInShort(t, i, "a 0/1, b 0/1, both 3/0")
}

// TestStoragesAreBounded holds that of many storages, the last ones are in sight.
func TestStoragesAreBounded(t *testing.T) {
	t.Parallel()
	i := New()
	for k := range 10 {
		add(i, set(fmt.Sprint(k)))
		save(t, i, newMemory())
	}
	wantInShort(t, i, "6 0/1, 7 0/1, 8 0/1, 9 0/1")
}

// TestStoredBound holds that a flood through two instances does not push out what
// the portal sets, and that everything is counted.
func TestStoredBound(t *testing.T) {
	t.Parallel()
	m := newMemory()
	a, b := New(), New()
	add(a, set("portal"))
	a.Add(noon, 500, []Sighting{sent("script")})
	save(t, a, m)
	total := uint64(501)
	for round := range 3 {
		for k := range MaxNames {
			add(a, sent(fmt.Sprint("a", round, " ", k)))
			add(b, sent(fmt.Sprint("b", round, " ", k)))
			total += 2
		}
		save(t, a, m)
		save(t, b, m)
	}
	add(b, set("new"))
	total++
	save(t, b, m)
	for name, s := range map[string]Snapshot{"stored": load(t, m).Snapshot(), "seen": b.Snapshot()} {
		if len(s.Records) != MaxNames || sightings(s) != total {
			t.Errorf("%s: %d records of %d sightings, want %d", name, len(s.Records), sightings(s), total)
		}
		if find(s, "portal").Set != 1 || find(s, "new").Set != 1 || find(s, "script").Sent != 500 {
			t.Errorf("%s: the flood pushed out a real one", name)
		}
	}
}

// garbledDocuments are such that are left alone, with what the error says.
var garbledDocuments = []struct{ name, text, says string }{
	{"empty", "", "repair the document, or move it away"},
	{"half", `{"version":1,"id":"x","records":[{"host":"h"`, "move it away"},
	{"two", `{"version":1,"id":"x"}{}`, "move it away"},
	{"null", "null", "its version is 0"},
	{"a list", "[]", "move it away"},
	{"of no version", `{"id":"x","records":[]}`, "its version is 0"},
	{"of a version below", `{"version":-1,"id":"x"}`, "its version is -1"},
	{"of a newer version", `{"version":2,"id":7,"records":{}}`, "update this gateway"},
	{"without an id", `{"version":1,"records":[]}`, "its id has 0 bytes"},
	{"with a long id", `{"version":1,"id":"` + strings.Repeat("x", 65) + `"}`, "its id has 65 bytes"},
	{"a count below zero", `{"version":1,"id":"x","records":[{"sent":-1}]}`, "move it away"},
	{"a time that is none", `{"version":1,"id":"x","records":[{"last_seen":"yesterday"}]}`, "move it away"},
	{"records that are none", `{"version":1,"id":"x","records":[7]}`, "move it away"},
}

func TestGarbledDocument(t *testing.T) {
	t.Parallel()
	for _, c := range garbledDocuments {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.values[Key] = []byte(c.text)
			i := New()
			add(i, set("a"))
			for name, i := range map[string]*Inventory{"nothing is new": New(), "something is new": i} {
				err := i.Save(t.Context(), m)
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), Key) {
					t.Errorf("%s: got the error %v", name, err)
				}
			}
			if string(m.values[Key]) != c.text || len(m.lock) > 0 {
				t.Fatal("it was overwritten, or is still locked")
			}
			add(i, sent("a"))
			wantInShort(t, i, "a 1/1")
			delete(m.values, Key)
			save(t, i, m)
			wantInShort(t, load(t, m), "a 1/1")
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range garbledDocuments {
		f.Add([]byte(c.text))
	}
	i, m := New(), newMemory()
	add(i, set("a"), sent("a"), sent("b"))
	if err := i.Save(f.Context(), m); err != nil {
		f.Fatal(err)
	}
	f.Add(m.values[Key])
	f.Add([]byte(`{"version":1,"id":"x","overflow":18446744073709551615,"records":[{"host":"\u001b","name":"\ud800","sent":1},{"host":"\u001b","name":"\ud800","set":1}]}`))
	f.Add([]byte(`{"version":1,"id":"x","records":[{"first_seen":"0000-01-01T00:00:00+01:00","last_seen":"9999-12-31T23:59:59-01:00","attributes":{"path":"\n"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parse(text)
		if err != nil {
			return
		}
		if len(d.Records) > MaxNames {
			t.Errorf("%d records", len(d.Records))
		}
		for _, r := range d.Records {
			fitting := r.clone()
			if fitting.fit(); asJSON(t, fitting) != asJSON(t, r) || len(r.Host) > maxHost || len(r.Name) > maxName {
				t.Errorf("%q on %q is not fit", r.Name, r.Host)
			}
		}
		written := asJSON(t, d)
		again, err := parse([]byte(written))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if got := asJSON(t, again); got != written {
			t.Errorf("got  %s\nwant %s", got, written)
		}
	})
}

// TestParseBounds reads a document that has more records than there may be.
func TestParseBounds(t *testing.T) {
	t.Parallel()
	d := document{Version: version, ID: "x"}
	for k := range MaxNames + 5 {
		d.Records = append(d.Records, Record{Host: host, Name: fmt.Sprint(k), Sent: 1})
	}
	got, err := parse([]byte(asJSON(t, d)))
	if err != nil || len(got.Records) != MaxNames || got.Overflow != 5 {
		t.Errorf("got %d records, %d without room, %v", len(got.Records), got.Overflow, err)
	}
}

// TestParseFits reads what somebody has edited, with a name twice.
func TestParseFits(t *testing.T) {
	t.Parallel()
	d, err := parse([]byte(`{"version":1,"id":"x","overflow":2,"more":7,"records":[
		{"host":"h","name":"a\n","sent":1,"first_seen":"2026-11-24T16:00:00.5+04:00","last_seen":"9999-12-31T23:59:59-01:00"},
		{"host":"h","name":"a\r","set":1,"first_seen":"2026-11-24T13:00:00Z","last_seen":"2026-11-24T13:00:00Z","attributes":{"path":"\u001b"},"last_set":"2026-11-24T17:00:00+04:00"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":1,"id":"x","records":[{"host":"h","name":"a�","sent":1,"set":1,` +
		`"first_seen":"2026-11-24T12:00:00Z","last_seen":"2026-11-24T13:00:00Z","attributes":{"path":"�"},"last_set":"2026-11-24T13:00:00Z"}],"overflow":2}`
	if got := asJSON(t, d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
