// Package tally counts things of which nearly all are like one that came before,
// such as the messages of one browser after the other. To count one more of a kind
// takes no lock, and next to no time.
package tally

import (
	"math/rand/v2"
	"sync/atomic"
)

// Tally counts things by kinds, which are told apart by a hash. Any number of
// goroutines may use it at once; no count is lost, and none is counted twice.
type Tally[T any] struct {
	sink   func(kind T, n uint64)
	places [sets][ways]atomic.Pointer[kind[T]]
}

// A kind has as many places to stand in as there are ways, of one set. There is room
// for 4,096 kinds.
const (
	sets = 1024
	ways = 4
)

type kind[T any] struct {
	hash  uint64
	count atomic.Uint64 // since it was last taken; from gone on, nobody takes it any more
	what  T
}

// gone is the count of a kind that has lost its place.
const gone = 1 << 63

// New returns a tally that is empty. What it has counted goes to sink, which may be
// called by any of those who use the tally.
func New[T any](sink func(what T, n uint64)) *Tally[T] { return &Tally[T]{sink: sink} }

// Again counts one more of a kind. It reports false where the kind is not known: then
// it is to be added.
func (t *Tally[T]) Again(hash uint64) bool {
	set := &t.places[hash%sets]
	for i := range set {
		if k := set[i].Load(); k != nil && k.hash == hash {
			return k.count.Add(1) < gone
		}
	}
	return false
}

// Add counts the first of a kind. It takes the place of another one where there is no
// room.
func (t *Tally[T]) Add(hash uint64, what T) {
	set := &t.places[hash%sets]
	added := &kind[T]{hash: hash, what: what}
	added.count.Store(1)
	for i := range set {
		k := set[i].Load()
		if k == nil && set[i].CompareAndSwap(nil, added) {
			return
		}
	}
	place := &set[rand.IntN(ways)]
	t.retire(place.Swap(added))
}

// retire takes what was counted of a kind that has lost its place.
func (t *Tally[T]) retire(k *kind[T]) {
	if k == nil {
		return
	}
	if n := k.count.Swap(gone); n > 0 {
		t.sink(k.what, n)
	}
}

// Drain hands over what was counted so far.
func (t *Tally[T]) Drain() {
	t.each(func(place *atomic.Pointer[kind[T]]) {
		k := place.Load()
		for k != nil {
			n := k.count.Load()
			if n == 0 || n >= gone {
				return
			}
			if k.count.CompareAndSwap(n, 0) {
				t.sink(k.what, n)
				return
			}
		}
	})
}

// Forget hands over what was counted, and forgets all kinds: the next of each is the
// first of its kind.
func (t *Tally[T]) Forget() {
	t.each(func(place *atomic.Pointer[kind[T]]) { t.retire(place.Swap(nil)) })
}

func (t *Tally[T]) each(do func(*atomic.Pointer[kind[T]])) {
	for i := range t.places {
		for j := range t.places[i] {
			do(&t.places[i][j])
		}
	}
}
