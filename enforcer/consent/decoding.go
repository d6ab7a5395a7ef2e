package consent

import "errors"

// Decoding is how an unwrapped value is written: [Flag], [Pairs], [List], [JSON],
// [TCF], [GPP] or [USP].
type Decoding interface {
	// CheckKey tells what is wrong with a key that no value can have.
	CheckKey(key string) error

	// CheckMember tells what is wrong with a member that no value can supply.
	CheckMember(member string) error

	// HasWords reports whether values have words, which grant and deny.
	HasWords() bool

	// reader is what reads values for some keys and members.
	reader(keys, members names) reader

	// absent is what a value means for a key that it does not name.
	absent() State
}

// errNoMembers is for a value that is not made of members.
var errNoMembers = errors.New("the value has no members: name another cookie with cookie, or a part of the own value with unwrap")

// reader reads a text. It reports false where the text is not written as it should
// be: then nothing that was found counts.
type reader interface {
	read(text []byte, f *findings) bool
}

// names are the indexes of names that are looked for.
type names map[string]int

func (n names) add(name string) int {
	if i, known := n[name]; known {
		return i
	}
	n[name] = len(n)
	return len(n) - 1
}

func (n names) has(name string) bool {
	_, known := n[name]
	return known
}

// findings are what the values of one source say of the names that are looked for.
type findings struct {
	cookie string // in which the value was
	words  *Words
	keys   names
	said   []uint8 // of each key, by index: bits of all states that it was given

	members names
	texts   [][]text // of each member, by index

	absent State // what is said of a key that no value names

	hasEntries bool // an array of objects was there, if only an empty one
	// The member without which nothing in the value is granted, where it is not there or
	// cannot be read.
	missing string
	items   int
	lists   lists
	passed  []bool // of the nodes of a tree that lead on to others, by number
}

// maxItems is how many names and items are read of a value, in all. Those of
// 4096 bytes hardly have more.
const maxItems = 2048

// counts counts one more name or item. It reports false where there are too many.
func (f *findings) counts() bool {
	f.items++
	return f.items <= maxItems
}

// note records what a value says about a key.
func (f *findings) note(key string, s State) {
	if i, known := f.keys[key]; known {
		f.said[i] |= 1 << s
	}
}

// noteWord records the word that a value gives for a key.
func (f *findings) noteWord(key string, word []byte) { f.note(key, f.words.state(word)) }

// keep records the text of a member.
func (f *findings) keep(member string, said []byte) {
	if i, known := f.members[member]; known {
		f.texts[i] = append(f.texts[i], text{says: string(said)})
	}
}

// state is what all that was found says about a key (rule C3).
func (f *findings) state(key int) State {
	said := f.said[key] | f.lists.said(key)
	switch {
	case said == 0:
		return f.absent
	case said&(1<<Denied) != 0:
		return Denied
	case said&(1<<Undecodable) != 0:
		return Undecodable
	case said&(1<<Undecided) != 0:
		return Undecided
	}
	return Granted
}

// lists counts the lists of granted keys in a value: a key is granted where it is in
// all of them, and denied where it is not.
type lists struct {
	count   int   // how many there were
	spoiled bool  // something else stood in the place of one
	either  bool  // a service of a key that is in none may be in them under another one
	in      []int // by key: in how many it was
	last    []int // by key: in which it was last, counted from 1
}

// list records that a key is in the list that was begun last.
func (f *findings) list(key string) {
	l := &f.lists
	if i, known := f.keys[key]; known && l.last[i] != l.count {
		l.last[i] = l.count
		l.in[i]++
	}
}

func (l *lists) said(key int) uint8 {
	switch {
	case l.spoiled:
		return 1 << Undecodable
	case l.count == 0:
		return 0
	case l.either && l.in[key] == 0:
		return 0
	case l.in[key] < l.count:
		return 1 << Denied
	}
	return 1 << Granted
}
