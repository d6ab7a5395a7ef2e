package policy

import "math/bits"

// otherPatterns are the patterns that are not just a short literal and "*". Few
// policies have any. They are found by a window on what they begin with, or else
// on what they end with; only those with "*" at both ends are tried one by one.
type otherPatterns struct {
	beginnings, endings sizes
	anchored            map[key]globs
	floating            globs
}

// with adds a pattern to p, which may be nil.
func (p *otherPatterns) with(g *glob) *otherPatterns {
	if p == nil {
		p = &otherPatterns{anchored: make(map[key]globs)}
	}
	var k key
	switch prefix, suffix := g.prefix(), g.suffix(); {
	case prefix != "":
		w, n := windowOf(prefix), min(len(prefix), windowSize)
		p.beginnings.add(w, n)
		k = key{w, uint32(n), beginning}
	case suffix != "":
		n := min(len(suffix), windowSize)
		p.endings.add(windowOf(last(suffix, bucketBytes)), n)
		k = key{windowOf(last(suffix, n)), uint32(n), ending}
	default:
		p.floating = append(p.floating, g)
		return p
	}
	p.anchored[k] = append(p.anchored[k], g)
	return p
}

// sort has to be called once all patterns are there.
func (p *otherPatterns) sort() {
	p.floating.sort()
	for _, gs := range p.anchored {
		gs.sort()
	}
}

// find returns the most specific pattern that matches a name with the window w,
// and has as many literal characters as least. It returns nil where none does.
func (p *otherPatterns) find(w window, name string, least int) *glob {
	best := p.floating.find(name, least)
	consider := func(gs globs) {
		if best != nil {
			least = best.literals + 1
		}
		if g := gs.find(name, least); g != nil {
			best = g
		}
	}
	for sizes := p.beginnings.of(w); sizes != 0; sizes &= sizes - 1 {
		n := bits.TrailingZeros32(sizes)
		consider(p.anchored[key{w.first(n), uint32(n), beginning}])
	}
	for sizes := p.endings.of(windowOf(last(name, bucketBytes))); sizes != 0; sizes &= sizes - 1 {
		n := bits.TrailingZeros32(sizes)
		consider(p.anchored[key{windowOf(last(name, n)), uint32(n), ending}])
	}
	return best
}

// sizes tells how long the windows are on those patterns that may match a name:
// bit n of the element for its bucket stands for n bytes.
type sizes [64]uint32

// bucketBytes is how many bytes of a name decide on its bucket, at the end where
// the windows are.
const bucketBytes = 3

func (s *sizes) of(w window) uint32 { return s[w.bucket()] }

// add files a pattern that has n bytes in its window. The bytes that decide are
// the first ones of w.
func (s *sizes) add(w window, n int) {
	if n >= bucketBytes {
		s[w.bucket()] |= 1 << n
		return
	}
	for i := range s { // names with it are in any bucket
		s[i] |= 1 << n
	}
}

func (w window) bucket() uint64 {
	return w.low & (1<<(8*bucketBytes) - 1) * 0x9e3779b97f4a7c15 >> 58
}

// last returns the last n bytes of a text, or all.
func last(s string, n int) string { return s[max(0, len(s)-n):] }
