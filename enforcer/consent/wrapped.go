package consent

import "bytes"

// readStructure reads an object or array that is all of a text. Managers write the one
// that matters as a string in JSON, too: "[\"analytics\"]".
func (f *findings) readStructure(text []byte, n *node) bool {
	s := scanner{text: text}
	s.skipSpace()
	start, ok := s.at, false
	switch {
	case s.next('{'):
		ok = f.readObject(&s, n, start)
	case s.next('['):
		ok = f.readArray(&s, n, start)
	}
	s.skipSpace()
	return ok && s.at == len(text)
}

// wholeString is what a text says that is one string of JSON.
func wholeString(text []byte) ([]byte, bool) {
	s := scanner{text: text}
	said, ok := s.str()
	s.skipSpace()
	return said, ok && s.at == len(text)
}

// hasStructure reports whether a text begins as an object or array does.
func hasStructure(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// leadsOn reports whether something is looked for in an object or array at a node.
func (n *node) leadsOn() bool {
	return n.number != 0 || n.list || n.isPart || n.denies || n.entries != nil || len(n.filled) > 0
}
