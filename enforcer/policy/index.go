package policy

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
)

// ruleIndex finds the rule for a name in a time that hardly depends on the
// number of rules. It is a hash table of names, and of patterns that are a literal
// and "*". They are told apart by windows on their bytes, which are two words and
// not a loop: a processor mispredicts next to no branch. And a lookup reads little
// memory, which between the other work of a request is what it really costs.
type ruleIndex struct {
	rules []Rule
	slots []slot // a power of two of them, with open addressing, at most two thirds full
	sizes sizes  // of the windows on patterns in the table
	other *otherPatterns
}

// slot is a place in the hash table. Two of them fill a cache line.
type slot struct {
	key     key
	rule    int32 // its index
	service int32 // that of the rule
}

func newRuleIndex(rules []Rule) ruleIndex {
	x := ruleIndex{rules: rules, slots: make([]slot, 1<<bits.Len(uint(len(rules)*3/2)))}
	for i := range rules {
		rule := &rules[i]
		if !isPattern(rule.Name) {
			x.add(nameKey(windowOf(rule.Name), rule.Name), i)
			continue
		}
		g := newGlob(rule)
		n := g.literals
		if n > windowSize || g.prefix()+"*" != rule.Name {
			x.other = x.other.with(g)
			continue
		}
		w := windowOf(g.prefix())
		x.sizes.add(w, n)
		x.add(key{w, uint32(n), beginning}, i)
	}
	if x.other != nil {
		x.other.sort()
	}
	return x
}

// add files rule i under a key.
func (x *ruleIndex) add(k key, i int) {
	at := k.hash()
	for x.slots[x.wrap(at)].key.kind != unused {
		at++
	}
	x.slots[x.wrap(at)] = slot{key: k, rule: int32(i), service: int32(x.rules[i].Service)}
}

func (x *ruleIndex) wrap(i uint64) uint64 { return i & uint64(len(x.slots)-1) }

// find returns the rule for a name and its service, or nil, and the hash of the
// name. The name is the first n bytes of a text: where the text is longer, it is
// read in whole words.
func (x *ruleIndex) find(text string, n int) (rule *Rule, service int, hash uint64) {
	if n == 0 {
		return nil, 0, noName
	}
	w := windowOf(text).first(min(n, windowSize))
	k := nameKey(w, text[:n])
	hash = k.hash()
	for i := hash; ; i++ {
		s := &x.slots[x.wrap(i)]
		if s.key == k && (n <= windowSize || x.rules[s.rule].Name == text[:n]) {
			return &x.rules[s.rule], int(s.service), hash
		}
		if s.key.kind == unused {
			break
		}
	}
	s := x.findPattern(w, n)
	if x.other != nil {
		least := 0
		if s != nil {
			least = int(s.key.size) + 1
		}
		if g := x.other.find(w, text[:n], least); g != nil {
			return g.rule, g.rule.Service, hash
		}
	}
	if s == nil {
		return nil, 0, hash
	}
	return &x.rules[s.rule], int(s.service), hash
}

// findPattern returns the slot of the longest pattern in the table for a name of
// n bytes with the window w, or nil. It looks through the slots as find does; one
// function for both would make the whole filter 4 % slower.
func (x *ruleIndex) findPattern(w window, n int) *slot {
	for sizes := x.sizes.of(w); sizes != 0; {
		size := bits.Len32(sizes) - 1
		sizes &^= 1 << size
		if size > n {
			continue
		}
		k := key{w.first(size), uint32(size), beginning}
		for i := k.hash(); ; i++ {
			s := &x.slots[x.wrap(i)]
			if s.key == k {
				return s
			}
			if s.key.kind == unused {
				break
			}
		}
	}
	return nil
}

// key is what literals are told apart by. Two long names may have the same.
type key struct {
	window window
	size   uint32 // of the name, or of the window on a pattern
	kind   kind
}

type kind uint32

const (
	unused    kind = iota
	wholeName      // the literal is a name
	beginning      // a pattern begins with it
	ending         // a pattern ends with it
)

// nameKey is the key of a name with the window w. It takes in all bytes of a long
// name: such names often begin and end alike.
func nameKey(w window, name string) key {
	if len(name) > windowSize {
		w.high ^= maphash.String(longNames, name)
	}
	return key{w, uint32(len(name)), wholeName}
}

// longNames is the seed of their hashes.
var longNames = maphash.MakeSeed()

func (k *key) hash() uint64 {
	high, low := bits.Mul64(k.window.low^seed.low, k.window.high^seed.high^uint64(k.size)<<32^uint64(k.kind)<<48)
	return high ^ low
}

// seed keeps those who choose names from choosing their hashes.
var seed = window{rand.Uint64(), rand.Uint64()}

// noName is the hash of a name that is empty.
var noName = rand.Uint64()
