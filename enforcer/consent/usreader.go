package consent

import (
	"bytes"
	"slices"
)

// usReader reads one section of the United States, for the keys that look into it.
type usReader struct {
	layouts []usLayout // of the core segment, by version from 1 on
	more    *usLayout  // of another one; nil where none may follow
	gpc     []string   // keys that Global Privacy Control denies
	hasGPC  bool
	keys    []string // all of them
}

// usLayout is where the fields stand that keys look at.
type usLayout struct {
	fields []usLooked
	size   int // of all fields, in bits
}

type usLooked struct {
	at        int
	isConsent bool
	keys      []string
}

const usVersionBits = 6

// newUSReader returns nil where no key looks into the section.
func newUSReader(s *usSection, keys names) *usReader {
	d := &usReader{hasGPC: s.hasGPC}
	look := func(field string) (found []string) {
		for _, key := range []string{s.name + "." + field, usAnyPrefix + field} {
			if !keys.has(key) {
				continue
			}
			found = append(found, key)
			if !slices.Contains(d.keys, key) {
				d.keys = append(d.keys, key)
			}
		}
		return found
	}
	layout := func(fields []usField, at int) (l usLayout) {
		var named []usKeyed
		named, l.size = keyed(fields, at)
		for _, f := range named {
			if found := look(f.name); found != nil {
				l.fields = append(l.fields, usLooked{f.at, f.says == saysConsent, found})
			}
		}
		return l
	}
	for _, fields := range s.layouts {
		d.layouts = append(d.layouts, layout(fields, usVersionBits))
	}
	if s.more != nil {
		more := layout(s.more, 0)
		d.more = &more
	}
	if s.hasGPC {
		for _, field := range usAnywhere {
			d.gpc = append(d.gpc, look(field)...)
		}
	}
	if d.keys == nil {
		return nil
	}
	return d
}

// read notes what the section says. Where it cannot be read, nothing that it might say
// is granted.
func (d *usReader) read(section []byte, f *findings) {
	if d.readSegments(section, f) {
		return
	}
	for _, key := range d.keys {
		f.note(key, Undecodable)
	}
}

func (d *usReader) readSegments(section []byte, f *findings) bool {
	core, rest, hasRest := bytes.Cut(section, []byte("."))
	b, ok := bitsOf(core)
	if !ok {
		return false
	}
	version := b.number(usVersionBits)
	if version < 1 || version > int64(len(d.layouts)) || !d.layouts[version-1].read(b, f) {
		return false
	}
	if !hasRest {
		return true
	}
	b, ok = bitsOf(rest)
	switch {
	case !ok:
		return false
	case d.hasGPC:
		return d.readGPC(b, f)
	}
	return d.more != nil && d.more.read(b, f)
}

// readGPC reads the segment of the signal. Who sends it has opted out of sale, sharing
// and targeted advertising, whatever the core segment says (rule C6).
func (d *usReader) readGPC(b *bitString, f *findings) bool {
	const segment = 1
	isGPC, isSent := b.number(2) == segment, b.bit()
	if !isGPC || b.over {
		return false
	}
	if isSent {
		for _, key := range d.gpc {
			f.note(key, Denied)
		}
	}
	return true
}

func (l *usLayout) read(b *bitString, f *findings) bool {
	if b.len() < l.size {
		return false
	}
	for i := range l.fields {
		field := &l.fields[i]
		s := field.state(b.numberAt(field.at, 2))
		for _, key := range field.keys {
			f.note(key, s)
		}
	}
	return true
}

func (l *usLooked) state(said int64) State {
	switch {
	case said == 1:
		return Denied
	case said == 2 && l.isConsent:
		return Granted
	case said == 3:
		return Undecodable
	}
	return Undecided
}
