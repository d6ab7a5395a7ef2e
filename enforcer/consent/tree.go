package consent

import (
	"errors"
	"fmt"
	"strings"
)

// JSON is a value in JSON (RFC 8259). One of its fields says where keys stand in it,
// as a path of names with "/" between them, in which [KeyName] stands for a key.
type JSON struct {
	// Member is the path of a text, number or boolean, which is a word.
	Member string

	// Arrays are paths of lists of granted keys. The keys that are not in them, in each
	// that is there, are denied. [AnyMember] at the end of one stands for all members of
	// an object, which are parts of one list.
	Arrays []string

	// Denied are paths of lists of denied keys, which stand beside those of Arrays.
	Denied []string

	// Entries are objects in an array, of which each is about one key. It may be nil.
	Entries *Entries

	// NonEmpty is the path of an array or object. The key is granted where that has
	// something in it, and denied where it is empty, or not there.
	NonEmpty string

	// Complete tells that Member or Entries name all that is granted: a key that is not
	// there is denied.
	Complete bool
}

// KeyName is what stands for a key in the paths of [JSON].
const KeyName = "{key}"

// Root is the path of the whole value, in Arrays.
const Root = "."

// AnyMember is what stands for the name of any member at the end of a path in Arrays.
const AnyMember = "*"

// CheckKey implements [Decoding].
func (*JSON) CheckKey(key string) error {
	if key == "" || strings.Contains(key, "/") {
		return errors.New(`expected the name of a member, without "/"`)
	}
	return nil
}

// CheckMember implements [Decoding].
func (*JSON) CheckMember(member string) error {
	if strings.Contains(member, KeyName) || strings.HasSuffix(member, "/"+AnyMember) {
		return fmt.Errorf("expected the path of one member, such as purposes/analytics: %s and %q stand for keys, in decode", KeyName, AnyMember)
	}
	return nil
}

// HasWords implements [Decoding].
func (d *JSON) HasWords() bool { return d.Member != "" || d.Entries != nil }

func (d *JSON) absent() State {
	if d.HasWords() && !d.Complete {
		return Undecided
	}
	return Denied
}

func (d *JSON) reader(keys, members names) reader {
	t := new(tree)
	for key := range keys {
		if d.Member != "" {
			n := t.root.at(strings.ReplaceAll(d.Member, KeyName, key))
			n.words = append(n.words, key)
		}
		if d.NonEmpty != "" {
			n := t.root.at(strings.ReplaceAll(d.NonEmpty, KeyName, key))
			n.filled = append(n.filled, key)
		}
	}
	for _, path := range d.Arrays {
		switch parent, ofAny := strings.CutSuffix(path, "/"+AnyMember); {
		case path == Root:
			t.root.list = true
		case path == AnyMember:
			t.root.inParts = true
		case ofAny:
			t.root.at(parent).inParts = true
		default:
			t.root.at(path).list = true
		}
	}
	for _, path := range d.Denied {
		t.root.at(path).denies = true
	}
	if d.Entries != nil {
		t.root.place(d.Entries.Path).entries = d.Entries
	}
	for member := range members {
		n := t.root.at(member)
		n.members = append(n.members, member)
	}
	t.count(&t.root)
	return t
}

// tree is where in a JSON text something is looked for.
type tree struct {
	root  node
	inner int // how many nodes lead on to others
}

type node struct {
	children map[string]*node
	number   int // among those that lead on to others, from 1; 0: it does not

	words   []string // keys of which it is the word
	filled  []string // keys that are granted where it is not empty
	members []string // under which its text is looked for
	list    bool     // it lists keys
	denies  bool     // it lists keys that are denied
	entries *Entries // which it lists
	inParts bool     // its members list keys together,
	isPart  bool     // and this is one of them
}

// part is a member that lists keys with others, in which nothing else is looked for.
var part = &node{isPart: true}

// count numbers the nodes that lead on to others.
func (t *tree) count(n *node) {
	if len(n.children) > 0 || n.inParts {
		t.inner++
		n.number = t.inner
	}
	for _, child := range n.children {
		child.isPart = n.inParts
		t.count(child)
	}
}

// child is what is looked for in a member, or nil.
func (n *node) child(name []byte) *node {
	if child := n.children[string(name)]; child != nil || !n.inParts {
		return child
	}
	return part
}

// place is the node at a path that may be Root.
func (n *node) place(path string) *node {
	if path == Root {
		return n
	}
	return n.at(path)
}

// at is the node at a path, which is made where there is none.
func (n *node) at(path string) *node {
	for name := range strings.SplitSeq(path, "/") {
		next := n.children[name]
		if next == nil {
			if n.children == nil {
				n.children = make(map[string]*node)
			}
			next = new(node)
			n.children[name] = next
		}
		n = next
	}
	return n
}

func (t *tree) read(text []byte, f *findings) bool {
	f.passed = make([]bool, t.inner)
	if said, ok := wholeString(text); ok {
		text = said
	}
	// A text, number or boolean has no members.
	return hasStructure(text) && f.passes(&t.root) && f.readStructure(text, &t.root)
}

// readNode takes a value, and records what is looked for in it. It reports false where
// the value is the second that leads on to others: who knows which of them counts.
func (f *findings) readNode(s *scanner, n *node) bool {
	if !f.counts() || n != nil && !f.passes(n) {
		return false
	}
	if n == nil {
		_, kind := s.value()
		return kind != malformed
	}
	s.skipSpace()
	start := s.at
	switch {
	case s.next('{'):
		return f.readObject(s, n, start)
	case s.next('['):
		return f.readArray(s, n, start)
	}
	said, kind := s.scalar()
	switch {
	case kind == malformed:
		return false
	case s.text[start] == '"' && n.leadsOn() && hasStructure(said):
		return f.readStructure(said, n)
	}
	isNull, isFalse := s.text[start] == 'n', s.text[start] == 'f'
	f.keepAll(n, said)
	if isNull || isFalse {
		f.markNothing(n)
	}
	for _, key := range n.words {
		if isNull {
			f.note(key, Undecodable)
		} else {
			f.noteWord(key, said)
		}
	}
	f.noteAll(n.filled, Undecodable)
	f.lists.spoiled = f.lists.spoiled || n.list || n.isPart || n.inParts || n.denies && !isNull || n.entries != nil
	return true
}

// passes notes that a node was read, and reports false for one that leads on to others
// and was read before.
func (f *findings) passes(n *node) bool {
	if n.number == 0 {
		return true
	}
	again := f.passed[n.number-1]
	f.passed[n.number-1] = true
	return !again
}

func (f *findings) readObject(s *scanner, n *node, start int) bool {
	f.lists.spoiled = f.lists.spoiled || n.list || n.isPart || n.denies || n.entries != nil
	if n.inParts {
		f.lists.count++
	}
	f.noteAll(n.words, Undecodable)
	if s.next('}') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	parts := make(map[string]bool)
	for {
		name, ok := s.str()
		if n.inParts {
			if parts[string(name)] {
				return false
			}
			parts[string(name)] = true
		}
		if !ok || !s.next(':') || !f.readNode(s, n.child(name)) {
			return false
		}
		if s.next(',') {
			continue
		}
		if !s.next('}') {
			return false
		}
		f.keepAll(n, s.text[start:s.at])
		return true
	}
}

func (f *findings) readArray(s *scanner, n *node, start int) bool {
	f.hasEntries = f.hasEntries || n.entries != nil
	if n.list || n.inParts { // of an object without members, PHP makes an array
		f.lists.count++
	}
	f.noteAll(n.words, Undecodable)
	if s.next(']') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	f.lists.spoiled = f.lists.spoiled || n.inParts
	for {
		if !f.readItem(s, n) {
			return false
		}
		if s.next(',') {
			continue
		}
		if !s.next(']') {
			return false
		}
		f.keepAll(n, s.text[start:s.at])
		return true
	}
}

// readItem takes an item of an array, which may be the name of a granted or denied key.
func (f *findings) readItem(s *scanner, n *node) bool {
	if !f.counts() {
		return false
	}
	s.skipSpace()
	if n.entries != nil {
		return f.readEntry(s, n.entries)
	}
	if s.at < len(s.text) && (s.text[s.at] == '{' || s.text[s.at] == '[') {
		_, kind := s.value()
		return kind != malformed
	}
	text, kind := s.scalar()
	if kind == malformed {
		return false
	}
	if n.list || n.isPart {
		f.list(string(text))
	}
	if n.denies {
		f.note(string(text), Denied)
	}
	return true
}

// keepAll records the text of a node for all who look for it.
func (f *findings) keepAll(n *node, text []byte) {
	for _, member := range n.members {
		f.keep(member, text)
	}
}

// markNothing records that the text that was kept last says that nothing is there.
func (f *findings) markNothing(n *node) {
	for _, member := range n.members {
		texts := f.texts[f.members[member]]
		texts[len(texts)-1].isNothing = true
	}
}

func (f *findings) noteAll(keys []string, s State) {
	for _, key := range keys {
		f.note(key, s)
	}
}

// scalar takes a string, number, boolean or null, and returns what it says.
func (s *scanner) scalar() ([]byte, kind) {
	s.skipSpace()
	if s.at < len(s.text) && s.text[s.at] == '"' {
		text, ok := s.str()
		if !ok {
			return nil, malformed
		}
		return text, other
	}
	return s.value()
}
