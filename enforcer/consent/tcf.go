package consent

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// TCF is a string of the IAB's Transparency and Consent Framework, version 2. Keys
// are purposes ("7"), special features ("special_feature.1") and vendors
// ("vendor.755"). Legitimate interests grant nothing, and neither does a vendor that the
// visitor was not told of.
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
		possible = append(possible, prefix+field.name)
	}
	possible = append(possible, prefix+tcfDisclosed)
	if slices.Contains(possible, member) {
		return nil
	}
	return errors.New("expected one of " + strings.Join(possible, ", "))
}

func (TCF) absent() State { return Undecided }

func (TCF) reader(keys, members names) reader {
	if d := newTCFReader(keys, members, ""); d != nil {
		return d
	}
	return &tcfReader{}
}

// Where the fields of the core segment begin, in bits.
const (
	tcfVersionBits = 6
	tcfFeaturesAt  = 140
	tcfPurposesAt  = 152
	tcfInterestsAt = 176 // legitimate ones, which are not read
	tcfVendorsAt   = 213
	tcfFeatures    = 12
	tcfPurposes    = 24
	tcfMaxVendor   = 1<<16 - 1
)

// tcfDisclosed is the member that is there where the segment of disclosed vendors is.
const tcfDisclosed = "disclosedVendors"

// tcfField is a number in the core segment.
type tcfField struct {
	name     string
	at, size int
}

// tcfFields are those that dates, versions and conditions may ask for.
var tcfFields = []tcfField{
	{"version", 0, tcfVersionBits}, tcfCreated, tcfUpdated, {"cmpId", 78, 12}, {"cmpVersion", 90, 12},
	{"consentScreen", 102, 6}, {"vendorListVersion", 120, 12}, {"tcfPolicyVersion", 132, 6}, {"isServiceSpecific", 138, 1},
}

// The dates are in tenths of a second.
var tcfCreated, tcfUpdated = tcfField{"created", 6, 36}, tcfField{"lastUpdated", 42, 36}

// in reads the field, and a date in seconds.
func (t *tcfField) in(b *bitString) int64 {
	n := b.numberAt(t.at, t.size)
	if t.name == tcfCreated.name || t.name == tcfUpdated.name {
		n /= 10
	}
	return n
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
