package consent

// bitString is the bits of a text in base64url, six in each character. The IAB's strings
// are read so, in place.
type bitString struct {
	text []byte
	at   int
	over bool // something was read that is not there
}

// bitsOf returns the bits of a text. It reports false where that has other characters.
func bitsOf(text []byte) (*bitString, bool) {
	for _, c := range text {
		if sextet[c] < 0 {
			return nil, false
		}
	}
	return &bitString{text: text}, true
}

func (b *bitString) len() int { return 6 * len(b.text) }

// bit reads the next bit. Past the end it is false, and b.over is true.
func (b *bitString) bit() bool {
	if b.at >= b.len() {
		b.over = true
		return false
	}
	bit := sextet[b.text[b.at/6]]>>(5-b.at%6)&1 != 0
	b.at++
	return bit
}

// number reads an unsigned integer of up to 63 bits.
func (b *bitString) number(size int) (n int64) {
	for range size {
		n <<= 1
		if b.bit() {
			n |= 1
		}
	}
	return n
}

// numberAt reads one that begins at a bit.
func (b *bitString) numberAt(at, size int) int64 {
	b.at = at
	return b.number(size)
}

// bitAt reads one bit.
func (b *bitString) bitAt(at int) bool {
	b.at = at
	return b.bit()
}

// fibonacci reads an integer in Fibonacci coding, which ends with two ones.
func (b *bitString) fibonacci() (n int64) {
	for last, low, high := false, int64(1), int64(2); ; low, high = high, low+high {
		bit := b.bit()
		switch {
		case b.over || low > maxFibonacci:
			b.over = true
			return 0
		case bit && last:
			return n
		case bit:
			n += low
		}
		last = bit
	}
}

// maxFibonacci is more than any id that is coded so.
const maxFibonacci = 1 << 32

// sextet is what each character of base64url stands for, and -1 for others.
var sextet = func() (table [256]int8) {
	for c := range table {
		table[c] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		table[c] = int8(i)
	}
	return table
}()
