package consent

import "bytes"

// tcfSegments are the segments after the core, which may stand in any order.
type tcfSegments struct {
	reader *tcfReader

	// disclosed tells of each of the reader's vendors whether the visitor was told of it.
	// Nil: no segment says so.
	disclosed []bool
}

// The types of segments, and how long what is read of them is, in bits.
const (
	tcfSegmentCore      = 0
	tcfSegmentDisclosed = 1
	tcfSegmentAllowed   = 2 // until TCF 2.2
	tcfSegmentPublisher = 3

	tcfSegmentBits   = 3
	tcfPublisherBits = 2 * tcfPurposes // consents, and legitimate interests
)

// read reports false where a segment is cut off, or stands there twice.
func (s *tcfSegments) read(text []byte) bool {
	seen, more := [8]bool{}, true
	for more {
		var segment []byte
		segment, text, more = bytes.Cut(text, []byte("."))
		b, ok := bitsOf(segment)
		if !ok {
			return false
		}
		kind := b.number(tcfSegmentBits)
		if b.over || seen[kind] || !s.readSegment(kind, b) {
			return false
		}
		seen[kind] = true
	}
	return true
}

func (s *tcfSegments) readSegment(kind int64, b *bitString) bool {
	switch kind {
	case tcfSegmentCore:
		return false
	case tcfSegmentDisclosed, tcfSegmentAllowed:
		vendors := make([]bool, len(s.reader.vendors))
		if !s.reader.readVendors(b, tcfSegmentBits, vendors) {
			return false
		}
		if kind == tcfSegmentDisclosed {
			s.disclosed = vendors
		}
	case tcfSegmentPublisher:
		custom := b.numberAt(tcfSegmentBits+tcfPublisherBits, 6)
		return !b.over && int64(b.len()-b.at) >= 2*custom
	}
	return true
}
