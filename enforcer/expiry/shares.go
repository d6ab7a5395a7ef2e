package expiry

import "container/heap"

// shares keep items of many owners, up to a number of all. Where there is no room for
// one more, the owner that has most gives its oldest: whoever brings items without end
// pushes out its own.
type shares[T any] struct {
	most   int
	spares func(T) bool // tells of an oldest item that the next one goes for it; may be nil

	count, changes int
	owners         map[uint64]*share[T]
	byCount        byCount[T]
}

// share is what one owner has.
type share[T any] struct {
	owner   uint64
	items   map[uint64]*item[T]
	ends    item[T] // of the ring of items: the oldest comes after it, the newest before it
	changed int     // the number of the last change
	place   int     // in the heap
}

type item[T any] struct {
	key           uint64
	what          T
	before, after *item[T]
}

func newShares[T any](most int) *shares[T] {
	return &shares[T]{most: most, owners: make(map[uint64]*share[T])}
}

func (s *shares[T]) get(owner, key uint64) (what T, ok bool) {
	if own := s.owners[owner]; own != nil {
		if i := own.items[key]; i != nil {
			return i.what, true
		}
	}
	return what, false
}

// put keeps an item as the newest of its owner. It returns the one that had to go.
func (s *shares[T]) put(owner, key uint64, what T) (gone T, full bool) {
	_, known := s.get(owner, key)
	if full = !known && s.count == s.most; full {
		gone = s.evict(s.byCount[0])
	}
	own := s.owners[owner]
	if own == nil {
		own = newShare[T](owner)
		s.owners[owner] = own
		heap.Push(&s.byCount, own)
	}
	if known {
		i := own.items[key]
		i.what = what
		own.renew(i)
	} else {
		own.items[key] = own.append(&item[T]{key: key, what: what})
		s.count++
	}
	s.changes++
	own.changed = s.changes
	heap.Fix(&s.byCount, own.place)
	return gone, full
}

// evict removes the oldest item of an owner that is not spared, or the oldest of all.
func (s *shares[T]) evict(own *share[T]) T {
	for range own.items {
		if s.spares == nil || !s.spares(own.ends.after.what) {
			break
		}
		own.renew(own.ends.after)
	}
	return s.remove(own, own.ends.after)
}

func (s *shares[T]) remove(own *share[T], gone *item[T]) T {
	gone.unlink()
	delete(own.items, gone.key)
	if s.count--; len(own.items) > 0 {
		heap.Fix(&s.byCount, own.place)
		return gone.what
	}
	heap.Remove(&s.byCount, own.place)
	delete(s.owners, own.owner)
	return gone.what
}

// forget removes all items of which a function tells that they are over. It asks no
// more of an owner once one is not: those that were put after it are not, either.
func (s *shares[T]) forget(isOver func(T) bool) {
	for _, own := range s.owners {
		for len(own.items) > 0 && isOver(own.ends.after.what) {
			s.remove(own, own.ends.after)
		}
	}
}

func newShare[T any](owner uint64) *share[T] {
	own := &share[T]{owner: owner, items: make(map[uint64]*item[T])}
	own.ends.before, own.ends.after = &own.ends, &own.ends
	return own
}

// append makes an item the newest.
func (s *share[T]) append(i *item[T]) *item[T] {
	i.before, i.after = s.ends.before, &s.ends
	i.before.after, i.after.before = i, i
	return i
}

// renew makes an item that is there the newest.
func (s *share[T]) renew(i *item[T]) {
	i.unlink()
	s.append(i)
}

func (i *item[T]) unlink() { i.before.after, i.after.before = i.after, i.before }

// byCount is a heap of owners: the one with most comes first, and of these the one that
// has brought nothing for the longest.
type byCount[T any] []*share[T]

func (b byCount[T]) Len() int { return len(b) }

func (b byCount[T]) Less(i, j int) bool {
	if m, n := len(b[i].items), len(b[j].items); m != n {
		return m > n
	}
	return b[i].changed < b[j].changed
}

func (b byCount[T]) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].place, b[j].place = i, j
}

// Push adds an owner, as [heap.Push] asks for.
func (b *byCount[T]) Push(own any) {
	own.(*share[T]).place = len(*b)
	*b = append(*b, own.(*share[T]))
}

// Pop takes the last one off, as [heap.Pop] asks for.
func (b *byCount[T]) Pop() any {
	last := len(*b) - 1
	own := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return own
}
