package tally

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// counts is a sink.
type counts struct {
	mu sync.Mutex
	of map[uint64]uint64
}

func (c *counts) add(what, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[what] += n
}

func newCounts() *counts { return &counts{of: make(map[uint64]uint64)} }

func (t *Tally[T]) count(hash uint64, what T) {
	if !t.Again(hash) {
		t.Add(hash, what)
	}
}

// TestTally: what is not handed over yet is not lost, and is handed over once.
func TestTally(t *testing.T) {
	t.Parallel()
	c := newCounts()
	tally := New(c.add)
	if tally.Again(7) {
		t.Fatal("an empty tally knows a kind")
	}
	for range 3 {
		tally.count(7, 7)
	}
	if len(c.of) != 0 {
		t.Errorf("handed over before it was asked for: %v", c.of)
	}
	for range 2 {
		tally.Drain()
		if c.of[7] != 3 {
			t.Errorf("drained %d, want 3", c.of[7])
		}
	}
	if !tally.Again(7) {
		t.Error("a kind was forgotten")
	}
	tally.Forget()
	if c.of[7] != 4 {
		t.Errorf("forgot %d, want 4", c.of[7])
	}
	if tally.Again(7) {
		t.Error("a kind was not forgotten")
	}
}

// TestBound: kinds that have no room push out others, whose counts are handed over.
func TestBound(t *testing.T) {
	t.Parallel()
	c := newCounts()
	tally := New(c.add)
	const kinds = 3 * sets * ways
	for i := range uint64(kinds) {
		tally.count(i, i)
		tally.count(i, i)
	}
	if held := kinds - len(c.of); held != sets*ways {
		t.Errorf("%d kinds are held, want %d", held, sets*ways)
	}
	tally.Forget()
	for i := range uint64(kinds) {
		if c.of[i] != 2 {
			t.Fatalf("kind %d: %d, want 2", i, c.of[i])
		}
	}
}

// TestConcurrent: counts are exact, whoever counts, drains, forgets and pushes out
// at the same time.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c := newCounts()
	tally := New(c.add)
	const (
		workers = 4
		each    = 50_000
		kinds   = 16 // of two sets, so that they push out each other
	)
	var all, workersDone sync.WaitGroup
	done := make(chan struct{})
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				tally.Drain()
				tally.Forget()
			}
		}
	})
	for range workers {
		workersDone.Go(func() {
			for range each {
				i := rand.Uint64N(kinds)
				tally.count(i%2+sets*i, i)
			}
		})
	}
	workersDone.Wait()
	close(done)
	all.Wait()
	tally.Drain()
	var sum uint64
	for _, n := range c.of {
		sum += n
	}
	if len(c.of) != kinds || sum != workers*each {
		t.Errorf("%d of %d kinds, %d counted, want %d", len(c.of), kinds, sum, workers*each)
	}
}
