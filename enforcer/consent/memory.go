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
// place, in about 200 KiB altogether.
type Memory struct {
	decoder *Decoder
	seed    maphash.Seed
	places  [256]atomic.Pointer[remembered]
}

type remembered struct {
	value string
	said  said
	hash  uint64 // of the choice
}

// maxRemembered is the longest value that is worth a place: real ones have some
// hundred bytes. To decode a longer one takes an allocation.
const maxRemembered = 512

// NewMemory returns a memory that is empty.
func NewMemory(d *Decoder) *Memory { return &Memory{decoder: d, seed: maphash.MakeSeed()} }

// Decode is [Decoder.Decode] without a copy: nothing may be changed in the choice.
// The hash is the choice's, and remembered, too.
func (m *Memory) Decode(value string, now func() time.Time) (choice *Choice, hash uint64) {
	if len(value) > maxRemembered {
		decoded := m.decoder.Decode(value, now)
		return &decoded, decoded.Hash()
	}
	place := &m.places[maphash.String(m.seed, value)%uint64(len(m.places))]
	r := place.Load()
	if r == nil || r.value != value {
		// A copy, because the value is a part of all that the browser sent.
		r = &remembered{value: strings.Clone(value), said: m.decoder.read(value)}
		r.hash = r.said.choice.Hash()
		place.Store(r)
	}
	if choice = r.said.at(now); choice == &undecided {
		return choice, 0
	}
	return choice, r.hash
}
