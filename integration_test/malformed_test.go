package integration_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// bits are the bits of a text in base64url, as '0' and '1'. They are short once more
// was read than there is, or where nothing can be.
type bits struct {
	left  string
	short bool
}

func bitsOf(text string) *bits {
	var all strings.Builder
	for _, c := range []byte(text) {
		value := strings.IndexByte(base64url, c)
		if value < 0 {
			return &bits{short: true}
		}
		for bit := 5; bit >= 0; bit-- {
			all.WriteByte('0' + byte(value>>bit&1))
		}
	}
	return &bits{left: all.String()}
}

func (b *bits) take(n int) string {
	if b.short = b.short || n > len(b.left); b.short {
		return ""
	}
	taken := b.left[:n]
	b.left = b.left[n:]
	return taken
}

func (b *bits) number(n int) int {
	number, _ := strconv.ParseInt(b.take(n), 2, 64) // 0 where they are short
	return int(number)
}

// ids are the places of the ones among the next n bits, from 1.
func (b *bits) ids(n int) (ids []int) {
	for i, bit := range b.take(n) {
		if bit == '1' {
			ids = append(ids, i+1)
		}
	}
	return ids
}

// referenceTCF reads a string, field by field, as far as the policies of these tests ask
// for them. Where one of them is not there, nothing is.
func referenceTCF(text string) *tcfVector {
	core, others, hasOthers := strings.Cut(text, ".")
	b := bitsOf(core)
	if b.number(6) != 2 {
		return nil
	}
	made := max(b.number(36), b.number(36)) // in tenths of a second
	b.take(62)                              // the consent manager, the language, the list of vendors
	v := &tcfVector{SpecialFeatures: b.ids(12), Purposes: b.ids(24)}
	b.take(24 + 13) // legitimate interests, the publisher's country
	v.Vendors = b.vendors()
	var disclosed []int
	isTold := false
	if hasOthers {
		disclosed, isTold = b.disclosed(others)
	}
	if b.short || !isTold && made >= mustDisclose {
		return nil
	}
	if isTold {
		v.Vendors = slices.DeleteFunc(v.Vendors, func(id int) bool { return !slices.Contains(disclosed, id) })
	}
	return v
}

// mustDisclose is March 2026, since when TCF 2.3 asks for the disclosed vendors.
const mustDisclose = 17723232000

// disclosed reads the vendors of the segment that tells of them, if there is one.
func (b *bits) disclosed(segments string) (ids []int, isThere bool) {
	for segment := range strings.SplitSeq(segments, ".") {
		s := bitsOf(segment)
		switch s.number(3) {
		case 0:
			s.short = true
		case 1:
			ids, isThere = s.vendors(), true
		case 2:
			s.vendors()
		case 3:
			s.take(24 + 24)
			s.take(2 * s.number(6))
		}
		b.short = b.short || s.short
	}
	return ids, isThere
}

// vendors reads a field of vendors.
func (b *bits) vendors() (ids []int) {
	highest := b.number(16)
	if areRanges := b.number(1) == 1; !areRanges {
		ids = b.ids(highest)
	} else {
		for range b.number(12) {
			isRange := b.number(1) == 1
			first := b.number(16)
			last := first
			if isRange {
				last = b.number(16)
			}
			if first == 0 || last < first {
				b.short = true // the library refuses the one, and is alone in reading the other
				return nil
			}
			for id := first; id <= last; id++ {
				ids = append(ids, id)
			}
		}
	}
	return slices.DeleteFunc(ids, func(id int) bool { return !slices.Contains(vendorIDs, id) })
}

// referenceGPP reads the section of the framework for Europe in a string, of which
// the header has to name as many sections as there are.
func referenceGPP(text string) *tcfVector {
	header, rest, _ := strings.Cut(text, "~")
	sections := strings.Split(rest, "~")
	b := bitsOf(header)
	if b.number(6) != 3 || b.number(6) != 1 {
		return nil
	}
	var ids []int
	id := 0
	for range b.number(12) {
		isRange := b.number(1) == 1
		id += b.fibonacci()
		ids = append(ids, id)
		if isRange {
			for n := b.fibonacci(); n > 0 && len(ids) < 100; n-- {
				id++
				ids = append(ids, id)
			}
		}
		if b.short {
			return nil
		}
	}
	if at := slices.Index(ids, 2); at >= 0 && len(ids) == len(sections) {
		return referenceTCF(sections[at])
	}
	return nil
}

// fibonacci reads a number as a sum of the numbers 1, 2, 3, 5, 8 …, which a second
// one in a row ends.
func (b *bits) fibonacci() (number int) {
	for x, y, before := 1, 2, 0; !b.short; x, y = y, x+y {
		bit := b.number(1)
		if bit == 1 && before == 1 {
			return number
		}
		number += bit * x
		before = bit
	}
	return 0
}

// malformed is a string that somebody has made of a good one.
type malformed struct {
	how, text string
	readable  bool // whatever else: what stands there counts
}

// outsiders are bytes that may stand in the value of a cookie, and in no string.
const outsiders = "!#$&'()*+,/:<>?@[]^`{|}\\\"=% \x80\xff"

// malformedTCF makes thousands of strings. The first few are cut off at each length.
func malformedTCF(vectors []tcfVector) (all []malformed) {
	add := func(readable bool, how, text string) { all = append(all, malformed{how, text, readable}) }
	add(false, "empty", "")
	for i, v := range vectors {
		core, _, _ := strings.Cut(v.String, ".")
		if i < 40 {
			for n := range v.String {
				add(v.String[max(n-1, 0)] != '.', fmt.Sprintf("cut off after %d", n), v.String[:n])
			}
		}
		at, digit := rand.IntN(len(core)), base64url[rand.IntN(len(base64url))]
		add(true, "another version", string(digit)+v.String[1:])
		add(true, "another digit", v.String[:at]+string(digit)+v.String[at+1:])
		outsider := outsiders[rand.IntN(len(outsiders))]
		inside := 1 + rand.IntN(len(core)-2) // a space at an end is not of the value
		add(false, "outside the alphabet", v.String[:inside]+string(outsider)+v.String[inside+1:])
		add(false, "garbage after", v.String+string(outsider)+"!")
		add(false, "too long", v.String+"."+strings.Repeat("A", 4096))
		switch i % 6 {
		case 0:
			add(false, "padding", core+strings.Repeat("=", 1+rand.IntN(3)))
		case 1:
			add(true, "digits after", core+strings.Repeat("A", 1+rand.IntN(30)))
		case 2:
			add(false, "an empty segment at the end", v.String+".")
		case 3:
			add(false, "an empty segment", core+".."+core)
		case 4:
			add(true, "an empty core", "."+v.String)
		case 5:
			add(false, "quotes", `"`+v.String+`"`)
		}
	}
	return all
}

// malformedGPP makes thousands of strings. The first few are cut off at each length.
func malformedGPP(vectors []gppVector) (all []malformed) {
	add := func(readable bool, how, text string) { all = append(all, malformed{how, text, readable}) }
	for i, v := range vectors {
		header, sections, found := strings.Cut(v.String, "~")
		if !found || v.TCFEU == nil {
			continue
		}
		if i < 80 {
			for n := range v.String {
				add(false, fmt.Sprintf("cut off after %d", n), v.String[:n])
			}
		}
		at, digit := rand.IntN(len(header)), base64url[rand.IntN(len(base64url))]
		add(false, "another digit in the header", header[:at]+string(digit)+header[at+1:]+"~"+sections)
		outsider := outsiders[rand.IntN(len(outsiders))]
		inside := 1 + rand.IntN(len(header)-1)
		add(false, "outside the alphabet", header[:inside]+string(outsider)+header[inside+1:]+"~"+sections)
		add(false, "garbage after", v.String+string(outsider)+"!")
		switch i % 5 {
		case 0:
			add(false, "an empty section at the start", header+"~~"+sections)
		case 1:
			add(false, "an empty section at the end", v.String+"~")
		case 2:
			add(false, "no header", sections)
		case 3:
			add(false, "the header twice", header+"~"+v.String)
		case 4:
			add(false, "too long", v.String+strings.Repeat("A", 4096))
		}
	}
	return all
}
