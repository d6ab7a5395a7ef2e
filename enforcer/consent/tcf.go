package consent

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// TCF is a string of the IAB's Transparency and Consent Framework, version 2. Keys
// are purposes ("7"), special features ("special_feature.1") and vendors
// ("vendor.755"). Legitimate interests grant nothing.
type TCF struct{}

// CheckKey implements [Decoding].
func (TCF) CheckKey(key string) error {
	_, err := tcfKeyOf(key)
	return err
}

// CheckMember implements [Decoding].
func (TCF) CheckMember(member string) error { return checkTCFMember(member, "") }

// HasWords implements [Decoding].
func (TCF) HasWords() bool { return false }

// checkTCFMember tells what is wrong with a member whose name begins with a prefix.
func checkTCFMember(member, prefix string) error {
	var possible []string
	for _, field := range tcfFields {
		if member == prefix+field.name {
			return nil
		}
		possible = append(possible, prefix+field.name)
	}
	return errors.New("expected one of " + strings.Join(possible, ", "))
}

func (TCF) absent() State { return Undecided }

func (TCF) reader(keys, _ names) reader { return newTCFReader(keys, "") }

// Where the fields of the core segment begin, in bits.
const (
	tcfVersionBits    = 6
	tcfFeaturesAt     = 140
	tcfPurposesAt     = 152
	tcfInterestsAt    = 176 // legitimate ones, which are not read
	tcfMaxVendorAt    = 213
	tcfVendorRangesAt = 230
	tcfFeatures       = 12
	tcfPurposes       = 24
	tcfMaxVendor      = 1<<16 - 1
)

// tcfFields are those that dates, versions and conditions may ask for.
var tcfFields = []struct {
	name     string
	at, size int
}{
	{"version", 0, tcfVersionBits}, {"created", 6, 36}, {"lastUpdated", 42, 36}, {"cmpId", 78, 12}, {"cmpVersion", 90, 12},
	{"consentScreen", 102, 6}, {"vendorListVersion", 120, 12}, {"tcfPolicyVersion", 132, 6}, {"isServiceSpecific", 138, 1},
}

// tcfKey is a bit of the string.
type tcfKey struct {
	at     int // 0 for a vendor
	vendor int64
}

func tcfKeyOf(key string) (tcfKey, error) {
	number := func(text string, most int) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && 1 <= n && n <= most && strconv.Itoa(n) == text
	}
	if feature, ok := strings.CutPrefix(key, "special_feature."); ok {
		if n, ok := number(feature, tcfFeatures); ok {
			return tcfKey{at: tcfFeaturesAt + n - 1}, nil
		}
	} else if vendor, ok := strings.CutPrefix(key, "vendor."); ok {
		if n, ok := number(vendor, tcfMaxVendor); ok {
			return tcfKey{vendor: int64(n)}, nil
		}
	} else if n, ok := number(key, tcfPurposes); ok {
		return tcfKey{at: tcfPurposesAt + n - 1}, nil
	}
	return tcfKey{}, errors.New("expected a purpose from 1 to 24, a special feature such as special_feature.1, or a vendor such as vendor.755")
}

type tcfReader struct {
	prefix string // of all its keys and members
	keys   map[string]tcfKey

	// Names of the keys of each vendor, and whether there are any.
	vendors map[int64][]string
}

// newTCFReader reads the keys that begin with a prefix.
func newTCFReader(keys names, prefix string) *tcfReader {
	d := &tcfReader{prefix: prefix, keys: make(map[string]tcfKey), vendors: make(map[int64][]string)}
	for key := range keys {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		k, err := tcfKeyOf(name)
		switch {
		case err != nil: // of another section
		case k.vendor != 0:
			d.vendors[k.vendor] = append(d.vendors[k.vendor], key)
		default:
			d.keys[key] = k
		}
	}
	return d
}

func (d *tcfReader) read(text []byte, f *findings) bool {
	core, _, _ := bytes.Cut(text, []byte("."))
	b, ok := bitsOf(core)
	if !ok || b.numberAt(0, tcfVersionBits) != 2 || b.len() < tcfInterestsAt {
		return false
	}
	for key, k := range d.keys {
		f.note(key, grantedIf(b.bitAt(k.at)))
	}
	for _, field := range tcfFields {
		n := b.numberAt(field.at, field.size)
		if field.name == "created" || field.name == "lastUpdated" {
			n /= 10 // of tenths of a second
		}
		f.keep(d.prefix+field.name, strconv.AppendInt(nil, n, 10))
	}
	return len(d.vendors) == 0 || d.readVendors(b, f)
}

// readVendors reads the vendors, which stand as a bit each, or as ranges.
func (d *tcfReader) readVendors(b *bitString, f *findings) bool {
	granted := make(map[int64]bool)
	highest := b.numberAt(tcfMaxVendorAt, 16)
	if areRanges := b.bit(); areRanges {
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
			for vendor := range d.vendors {
				granted[vendor] = granted[vendor] || first <= vendor && vendor <= last
			}
		}
	} else {
		if b.len() < tcfVendorRangesAt+int(highest) {
			return false
		}
		for vendor := range d.vendors {
			granted[vendor] = vendor <= highest && b.bitAt(tcfVendorRangesAt+int(vendor)-1)
		}
	}
	for vendor, keys := range d.vendors {
		for _, key := range keys {
			f.note(key, grantedIf(granted[vendor]))
		}
	}
	return !b.over
}

func grantedIf(bit bool) State {
	if bit {
		return Granted
	}
	return Denied
}
