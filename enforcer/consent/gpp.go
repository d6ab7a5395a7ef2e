package consent

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// GPP is a string of the IAB's Global Privacy Platform. Keys are fields of its
// sections: "usnat.SaleOptOut", "uspv1.OptOutSale", "tcfeu.7", "tcfeu.vendor.755".
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
	case "usnat":
		if field == usnatGPC || slices.ContainsFunc(usnatFields, func(u usnatField) bool { return u.name == field }) {
			return nil
		}
		return errors.New("expected a field of usnat that tells what the visitor has chosen, such as usnat.SaleOptOut")
	}
	return errors.New("expected a field of a section: usnat.…, uspv1.… or tcfeu.…")
}

// CanGrant tells whether a key can grant at all, or only deny.
func (GPP) CanGrant(key string) bool {
	section, field, _ := strings.Cut(key, ".")
	return section == "tcfeu" || slices.ContainsFunc(usnatFields, func(u usnatField) bool { return section == "usnat" && u.name == field && u.isConsent })
}

// CheckMember implements [Decoding].
func (GPP) CheckMember(member string) error { return checkTCFMember(member, "tcfeu.") }

// HasWords implements [Decoding].
func (GPP) HasWords() bool { return false }

func (GPP) absent() State { return Undecided }

func (GPP) reader(keys, _ names) reader { return &gppReader{tcf: newTCFReader(keys, "tcfeu.")} }

// The sections that are read, by their ids, and the first bits of the header.
const (
	sectionTCFEU = 2
	sectionUSPV1 = 6
	sectionUSNat = 7

	gppType, gppVersion = 3, 1
	maxSections         = 64
)

type gppReader struct{ tcf *tcfReader }

func (d *gppReader) read(text []byte, f *findings) bool {
	header, rest, _ := bytes.Cut(text, []byte("~"))
	ids, ok := sectionsOf(header)
	if !ok {
		return false
	}
	for i, id := range ids {
		if i > 0 && rest == nil {
			return false
		}
		var section []byte
		section, rest, _ = bytes.Cut(rest, []byte("~"))
		switch id {
		case sectionTCFEU:
			ok = d.tcf.read(section, f)
		case sectionUSPV1:
			ok = readUSP(section, "uspv1."+uspOptOutSale, f)
		case sectionUSNat:
			ok = readUSNat(section, f)
		}
		if !ok {
			return false
		}
	}
	return rest == nil
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

type usnatField struct {
	name      string
	at        [2]int // in bits, in versions 1 and 2; 0 where there is none
	isConsent bool   // 2 is an explicit yes, and not only no opt-out
}

// usnatFields are those of the core segment in which visitors choose. Each has two
// bits.
var usnatFields = func() []usnatField {
	fields := []usnatField{
		{"SaleOptOut", [2]int{18, 18}, false},
		{"SharingOptOut", [2]int{20, 20}, false},
		{"TargetedAdvertisingOptOut", [2]int{22, 22}, false},
		{"PersonalDataConsents", [2]int{52, 62}, true},
	}
	const sensitive, children = 24, 2
	for i := range 16 {
		u := usnatField{"SensitiveDataProcessing." + strconv.Itoa(i+1), [2]int{0, sensitive + 2*i}, false}
		if i < 12 {
			u.at[0] = u.at[1]
		}
		fields = append(fields, u)
	}
	for i := range 3 {
		u := usnatField{"KnownChildSensitiveDataConsents." + strconv.Itoa(i+1), [2]int{0, sensitive + 2*16 + 2*i}, true}
		if i < children {
			u.at[0] = sensitive + 2*12 + 2*i
		}
		fields = append(fields, u)
	}
	return fields
}()

// usnatGPC is the only field of a segment of its own, in which Global Privacy Control
// denies.
const usnatGPC = "Gpc"

func readUSNat(section []byte, f *findings) bool {
	core, more, hasMore := bytes.Cut(section, []byte("."))
	b, ok := bitsOf(core)
	if !ok {
		return false
	}
	version := b.number(6)
	if version != 1 && version != 2 {
		return false
	}
	for _, u := range usnatFields {
		at := u.at[version-1]
		if at == 0 {
			continue
		}
		switch said := b.numberAt(at, 2); {
		case said == 1:
			f.note("usnat."+u.name, Denied)
		case said == 2 && u.isConsent:
			f.note("usnat."+u.name, Granted)
		case said == 3:
			f.note("usnat."+u.name, Undecodable)
		default:
			f.note("usnat."+u.name, Undecided)
		}
	}
	if b.over {
		return false
	}
	if hasMore {
		g, ok := bitsOf(more)
		if !ok || g.number(2) != 1 {
			return false
		}
		if gpc := g.bit(); gpc {
			f.note("usnat."+usnatGPC, Denied)
		}
		return !g.over
	}
	return true
}
