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
// place, in less than 200 KiB altogether.
type Memory struct {
	decoder *Decoder
	seed    maphash.Seed
	places  [256]atomic.Pointer[remembered]
}

type remembered struct {
	value string
	said  said
}

// maxRemembered is the longest value that is worth a place: real ones have some
// hundred bytes.
const maxRemembered = 256

// NewMemory returns a memory that is empty.
func NewMemory(d *Decoder) *Memory { return &Memory{decoder: d, seed: maphash.MakeSeed()} }

// Decode is [Decoder.Decode], into a choice that is there already: copies of one
// take time.
func (m *Memory) Decode(choice *Choice, value string, now func() time.Time) {
	if len(value) > maxRemembered {
		*choice = m.decoder.Decode(value, now)
		return
	}
	place := &m.places[maphash.String(m.seed, value)%uint64(len(m.places))]
	r := place.Load()
	if r == nil || r.value != value {
		// A copy, because the value is a part of all that the browser sent.
		r = &remembered{strings.Clone(value), m.decoder.read(value)}
		place.Store(r)
	}
	*choice = *r.said.at(now)
}
