package consent

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// tcfReader reads strings of the framework for some keys and members.
type tcfReader struct {
	keys    map[string]tcfKey // of bits in the core segment
	vendors []tcfVendor
	members []tcfMember
	tells   string // the member that tells of disclosed vendors
}

// tcfVendor is a vendor that keys look at.
type tcfVendor struct {
	id   int64
	keys []string
}

// tcfMember is a field by the name that the source has for it.
type tcfMember struct {
	name  string
	field tcfField
}

// newTCFReader reads for the keys and members that begin with a prefix. It returns nil
// where none does.
func newTCFReader(keys, members names, prefix string) *tcfReader {
	d := &tcfReader{keys: make(map[string]tcfKey), tells: prefix + tcfDisclosed}
	for key := range keys {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		k, err := tcfKeyOf(name)
		switch {
		case err != nil: // of another section
		case k.vendor != 0:
			d.addVendor(k.vendor, key)
		default:
			d.keys[key] = k
		}
	}
	for _, field := range tcfFields {
		if members.has(prefix + field.name) {
			d.members = append(d.members, tcfMember{prefix + field.name, field})
		}
	}
	if len(d.keys) == 0 && d.vendors == nil && d.members == nil && !members.has(d.tells) {
		return nil
	}
	return d
}

func (d *tcfReader) addVendor(id int64, key string) {
	i := slices.IndexFunc(d.vendors, func(v tcfVendor) bool { return v.id == id })
	if i < 0 {
		i = len(d.vendors)
		d.vendors = append(d.vendors, tcfVendor{id: id})
	}
	d.vendors[i].keys = append(d.vendors[i].keys, key)
}

// tcfDisclosedFrom is March 2026: a string that was made since then is none without the
// segment of disclosed vendors (TCF 2.3).
const tcfDisclosedFrom = 1772323200

func (d *tcfReader) read(text []byte, f *findings) bool {
	core, rest, hasRest := bytes.Cut(text, []byte("."))
	b, ok := bitsOf(core)
	if !ok || b.numberAt(0, tcfVersionBits) != 2 || b.len() < tcfInterestsAt {
		return false
	}
	consents := make([]bool, len(d.vendors))
	if len(d.vendors) > 0 && !d.readVendors(b, tcfVendorsAt, consents) {
		return false
	}
	more := tcfSegments{reader: d}
	isWhole := !hasRest || more.read(rest)
	if max(tcfCreated.in(b), tcfUpdated.in(b)) >= tcfDisclosedFrom {
		isWhole = isWhole && more.disclosed != nil
	}
	yes := Granted
	if !isWhole {
		yes, f.missing = Undecodable, d.tells // a no stays one (rule C8)
	}
	for key, k := range d.keys {
		f.note(key, yes.onlyIf(b.bitAt(k.at)))
	}
	for i, v := range d.vendors {
		s := yes.onlyIf(consents[i] && (more.disclosed == nil || more.disclosed[i]))
		for _, key := range v.keys {
			f.note(key, s)
		}
	}
	d.readMembers(b, f)
	if more.disclosed != nil {
		f.keep(d.tells, []byte("1"))
	}
	return true
}

// onlyIf is a state where a bit is set, and a no where it is not.
func (s State) onlyIf(bit bool) State {
	if bit {
		return s
	}
	return Denied
}

func (d *tcfReader) readMembers(b *bitString, f *findings) {
	for i := range d.members {
		m := &d.members[i]
		f.keep(m.name, strconv.AppendInt(nil, m.field.in(b), 10))
	}
}

// readVendors reads which vendors are in a list that begins at a bit. They stand there
// as a bit each, or as ranges.
func (d *tcfReader) readVendors(b *bitString, at int, in []bool) bool {
	highest := b.numberAt(at, 16)
	if areRanges := b.bit(); areRanges {
		return d.readRanges(b, in)
	}
	first := b.at
	if b.over || b.len() < first+int(highest) {
		return false
	}
	for i, v := range d.vendors {
		in[i] = v.id <= highest && b.bitAt(first+int(v.id)-1)
	}
	return true
}

func (d *tcfReader) readRanges(b *bitString, in []bool) bool {
	for range b.number(12) {
		isRange := b.bit()
		first := b.number(16)
		last := first
		if isRange {
			last = b.number(16)
		}
		if b.over || first == 0 || first > last {
			return false
		}
		for i, v := range d.vendors {
			in[i] = in[i] || first <= v.id && v.id <= last
		}
	}
	return !b.over
}
