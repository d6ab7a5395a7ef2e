package consent

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"
)

// Memory decodes values as its decoder does, and remembers what they say: one
// page makes a browser send the same choice dozens of times. Any number of
// goroutines may use it at once.
//
// It keeps as many values as it has places, and each until another one takes its
// place: in about 200 KiB altogether, or a megabyte where they come from sources.
type Memory struct {
	read   func(value string, now func() time.Time) said
	most   int // the length of the longest value that is remembered
	seed   maphash.Seed
	places [256]atomic.Pointer[remembered]
}

type remembered struct {
	value string
	said  said
	hash  uint64 // of the choice
}

// The longest value that is worth a place: real ones have some hundred bytes, and
// those of consent managers up to some thousand. To decode a longer one takes an
// allocation.
const (
	maxRemembered       = 512
	maxRememberedOfMany = MaxValueBytes
)

// NewMemory returns a memory that is empty, of the values of one cookie.
func NewMemory(d *Decoder) *Memory {
	return &Memory{read: d.read, most: maxRemembered, seed: maphash.MakeSeed()}
}

// NewMemoryOf returns a memory that is empty, of the pairs that sources hold.
func NewMemoryOf(s *Sources) *Memory {
	return &Memory{read: s.read, most: maxRememberedOfMany, seed: maphash.MakeSeed()}
}

// Decode is Decode of the decoder, or of the sources, without a copy: nothing may be
// changed in the choice. The hash is the choice's, and remembered, too.
func (m *Memory) Decode(value string, now func() time.Time) (choice *Choice, hash uint64) {
	if len(value) > m.most {
		s := m.read(value, now)
		return &s.choice, s.choice.Hash()
	}
	place := &m.places[maphash.String(m.seed, value)%uint64(len(m.places))]
	r := place.Load()
	if r == nil || r.value != value || !r.said.holds(now) {
		// A copy, because the value is a part of all that the browser sent.
		r = &remembered{value: strings.Clone(value), said: m.read(value, now)}
		r.hash = r.said.choice.Hash()
		place.Store(r)
	}
	return &r.said.choice, r.hash
}
