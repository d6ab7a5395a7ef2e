package expiry

// ring holds maxNames items in the order in which they came.
type ring[T any] struct {
	items []T
	next  int // where the next one goes
}

// push puts an item in. Where there is no room, the oldest one comes out.
func (r *ring[T]) push(item T) (oldest T, full bool) {
	if len(r.items) < maxNames {
		r.items = append(r.items, item)
		return oldest, false
	}
	oldest = r.items[r.next]
	r.items[r.next] = item
	r.next = (r.next + 1) % maxNames
	return oldest, true
}
