package consent

import (
	"errors"
	"strings"
)

// JSON is a value in JSON (RFC 8259). One of its fields says where keys stand in it,
// as a path of names with "/" between them, in which [KeyName] stands for a key.
type JSON struct {
	// Member is the path of a text, number or boolean, which is a word.
	Member string

	// Arrays are paths of lists of granted keys. The keys that are not in them, in each
	// that is there, are denied.
	Arrays []string

	// NonEmpty is the path of an array or object. The key is granted where that has
	// something in it, and denied where it is empty, or not there.
	NonEmpty string
}

// KeyName is what stands for a key in the paths of [JSON].
const KeyName = "{key}"

// Root is the path of the whole value, in Arrays.
const Root = "."

// CheckKey implements [Decoding].
func (*JSON) CheckKey(key string) error {
	if key == "" || strings.Contains(key, "/") {
		return errors.New(`expected the name of a member, without "/"`)
	}
	return nil
}

func (d *JSON) absent() State {
	if d.Member != "" {
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
		if path == Root {
			t.root.list = true
		} else {
			t.root.at(path).list = true
		}
	}
	for member := range members {
		n := t.root.at(member)
		n.members = append(n.members, member)
	}
	return t
}

// tree is where in a JSON text something is looked for.
type tree struct{ root node }

type node struct {
	children map[string]*node

	words   []string // keys of which it is the word
	filled  []string // keys that are granted where it is not empty
	members []string // under which its text is looked for
	list    bool     // it lists keys
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
	s := scanner{text: text}
	s.skipSpace()
	// A text, number or boolean has no members.
	if s.at == len(text) || text[s.at] != '{' && text[s.at] != '[' {
		return false
	}
	ok := f.readNode(&s, &t.root)
	s.skipSpace()
	return ok && s.at == len(text)
}

// readNode takes a value, and records what is looked for in it.
func (f *findings) readNode(s *scanner, n *node) bool {
	if !f.counts() {
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
	text, kind := s.scalar()
	if kind == malformed {
		return false
	}
	f.keepAll(n, text)
	for _, key := range n.words {
		if isNull := s.text[start] == 'n'; isNull {
			f.note(key, Undecodable)
		} else {
			f.noteWord(key, text)
		}
	}
	f.noteAll(n.filled, Undecodable)
	f.lists.spoiled = f.lists.spoiled || n.list
	return true
}

func (f *findings) readObject(s *scanner, n *node, start int) bool {
	f.lists.spoiled = f.lists.spoiled || n.list
	f.noteAll(n.words, Undecodable)
	if s.next('}') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	for {
		name, ok := s.str()
		if !ok || !s.next(':') || !f.readNode(s, n.children[string(name)]) {
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
	if n.list {
		f.lists.count++
	}
	f.noteAll(n.words, Undecodable)
	if s.next(']') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	for {
		if !f.readItem(s, n.list) {
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

// readItem takes an item of an array, which may be the name of a granted key.
func (f *findings) readItem(s *scanner, isKey bool) bool {
	if !f.counts() {
		return false
	}
	s.skipSpace()
	if s.at < len(s.text) && (s.text[s.at] == '{' || s.text[s.at] == '[') {
		_, kind := s.value()
		return kind != malformed
	}
	text, kind := s.scalar()
	if kind == malformed {
		return false
	}
	if isKey {
		f.list(string(text))
	}
	return true
}

// keepAll records the text of a node for all who look for it.
func (f *findings) keepAll(n *node, text []byte) {
	for _, member := range n.members {
		f.keep(member, text)
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
