package policy

import "encoding/binary"

// windowSize is how many bytes a window holds.
const windowSize = 16

// window is the first bytes of a text, and zeros where it has no more.
type window struct{ low, high uint64 }

// windowOf reads the first bytes of a text. A loop over them, or a case for each
// length, would cost more than all that is done with the window.
func windowOf(s string) window {
	if len(s) >= windowSize {
		return window{word(s), word(s[8:])}
	}
	var padded [windowSize]byte
	copy(padded[:], s)
	return window{binary.LittleEndian.Uint64(padded[:]), binary.LittleEndian.Uint64(padded[8:])}
}

// first is the window on the first n bytes, of at most windowSize.
func (w window) first(n int) window {
	return window{
		w.low & (^uint64(0) >> (64 - 8*uint(min(n, 8)))),
		w.high & (^uint64(0) >> (64 - 8*uint(max(n, 8)-8))),
	}
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
