package consent

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// GPP is a string of the IAB's Global Privacy Platform. Keys are fields of its
// sections: "usca.SaleOptOut", "uspv1.OptOutSale", "tcfeu.7", "tcfeu.vendor.755"; and
// "us.SaleOptOut" is that field in all sections of the United States and its states.
//
// Who opted out has denied. Who did not has granted nothing: that is no consent.
type GPP struct{}

// CheckKey implements [Decoding].
func (GPP) CheckKey(key string) error {
	section, field, _ := strings.Cut(key, ".")
	switch section {
	case "tcfeu":
		if _, err := tcfKeyOf(field); err != nil {
			return errors.New("expected a purpose such as tcfeu.7, a special feature such as tcfeu.special_feature.1, or a vendor such as tcfeu.vendor.755")
		}
		return nil
	case "uspv1":
		if field == uspOptOutSale {
			return nil
		}
		return errors.New("expected uspv1." + uspOptOutSale)
	case "us":
		if slices.Contains(usAnywhere, field) {
			return nil
		}
		return errors.New("expected one of us." + strings.Join(usAnywhere, ", us."))
	}
	if s := usSectionOf(section); s != nil {
		return s.checkKey(field)
	}
	return errors.New("expected a field of a section: us.… for all of the United States, usnat.…, that of a state such as usca.…, uspv1.… or tcfeu.…")
}

// CanGrant tells whether a key can grant at all, or only deny.
func (GPP) CanGrant(key string) bool {
	section, field, _ := strings.Cut(key, ".")
	if s := usSectionOf(section); s != nil {
		return s.says(field) == saysConsent
	}
	return section == "tcfeu"
}

// IsOfOneSection reports whether a key tells of an opt-out in one section of the United
// States, and not of that in all of them. The other is the key that does.
func (GPP) IsOfOneSection(key string) (other string, ok bool) {
	section, field, _ := strings.Cut(key, ".")
	if section == "uspv1" {
		return usAnyPrefix + usSale.name, true
	}
	return usAnyPrefix + field, usSectionOf(section) != nil && slices.Contains(usAnywhere, field)
}

// CheckMember implements [Decoding].
func (GPP) CheckMember(member string) error { return checkTCFMember(member, "tcfeu.") }

// HasWords implements [Decoding].
func (GPP) HasWords() bool { return false }

func (GPP) absent() State { return Undecided }

func (GPP) reader(keys, members names) reader {
	d := &gppReader{tcf: newTCFReader(keys, members, "tcfeu."), us: make(map[int64]*usReader)}
	for _, key := range []string{"uspv1." + uspOptOutSale, usAnyPrefix + usSale.name} {
		if keys.has(key) {
			d.usp = append(d.usp, key)
		}
	}
	for i := range usSections {
		if r := newUSReader(&usSections[i], keys); r != nil {
			d.us[usSections[i].id] = r
		}
	}
	return d
}

// The sections that are read and are not about states, by their ids, and the first bits
// of the header.
const (
	sectionTCFEU = 2
	sectionUSPV1 = 6

	gppType, gppVersion = 3, 1
	maxSections         = 64
)

// gppReader reads the sections that keys and members look into.
type gppReader struct {
	tcf *tcfReader // nil where nothing looks into its section
	usp []string   // keys of the US Privacy String
	us  map[int64]*usReader
}

func (d *gppReader) read(text []byte, f *findings) bool {
	header, rest, _ := bytes.Cut(text, []byte("~"))
	ids, ok := sectionsOf(header)
	if !ok {
		return false
	}
	for _, id := range ids {
		if rest == nil {
			return false
		}
		var section []byte
		section, rest, _ = bytes.Cut(rest, []byte("~"))
		if !d.readSection(id, section, f) {
			return false
		}
	}
	return rest == nil
}

// readSection reports false where a section cannot be read that may hold a date.
func (d *gppReader) readSection(id int64, section []byte, f *findings) bool {
	switch {
	case id == sectionTCFEU && d.tcf != nil:
		return d.tcf.read(section, f)
	case id == sectionUSPV1:
		s := uspState(section)
		for _, key := range d.usp {
			f.note(key, s)
		}
	case d.us[id] != nil:
		d.us[id].read(section, f)
	}
	return true
}

// sectionsOf are the ids of the sections, in their order, which is that of the ids.
func sectionsOf(header []byte) (ids []int64, ok bool) {
	b, ok := bitsOf(header)
	if !ok || b.number(6) != gppType || b.number(6) != gppVersion {
		return nil, false
	}
	last := int64(0)
	for range b.number(12) {
		isRange := b.bit()
		first := last + b.fibonacci()
		last = first
		if isRange {
			last += b.fibonacci()
		}
		if b.over || last-first >= maxSections || len(ids) >= maxSections {
			return nil, false
		}
		for id := first; id <= last; id++ {
			ids = append(ids, id)
		}
	}
	return ids, !b.over
}
