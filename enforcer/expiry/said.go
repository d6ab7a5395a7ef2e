package expiry

import (
	"hash/maphash"
	"sync"
)

// said are the cookies of which it has been said that they cannot be deleted,
// under hashes. There are as many as there are learned names; the oldest goes for
// a new one.
type said struct {
	seed maphash.Seed

	mu   sync.Mutex
	has  map[uint64]bool
	ring ring[uint64]
}

func newSaid() *said { return &said{seed: maphash.MakeSeed(), has: make(map[uint64]bool)} }

// add reports whether a cookie is a new one.
func (s *said) add(host, name string) bool {
	key := hash(s.seed, host, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has[key] {
		return false
	}
	s.has[key] = true
	if oldest, full := s.ring.push(key); full {
		delete(s.has, oldest)
	}
	return true
}
