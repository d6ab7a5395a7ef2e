package consent

// MaxServices is how many services a policy may have: a decision is a bit for
// each of them, in a value of fixed size that needs no allocation.
const MaxServices = 512

// Set is a set of services, by their index in the policy. The zero Set is
// empty.
type Set [MaxServices / 64]uint64

// Add puts service i into the set.
func (s *Set) Add(i int) { s[i/64] |= 1 << (i % 64) }

// Has tells whether service i is in the set.
func (s *Set) Has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

// AddAll puts all of t into the set.
func (s *Set) AddAll(t *Set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// Union is what is in s or in t.
func (s Set) Union(t Set) Set {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

// Intersect is what is in s and in t.
func (s Set) Intersect(t Set) Set {
	for i := range s {
		s[i] &= t[i]
	}
	return s
}

// Without is what is in s and not in t.
func (s Set) Without(t Set) Set {
	for i := range s {
		s[i] &^= t[i]
	}
	return s
}
