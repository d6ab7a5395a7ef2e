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
