package consent

import (
	"bytes"
	"encoding/json"
)

// maxDepth is how deep a member may nest before the whole value counts as
// undecodable. Nested members never grant anything, whatever their depth.
const maxDepth = 64

// readJSON reads an object of booleans or an array of granted names. It reports
// false where the text is not one well-formed value from begin to end; what it
// noted until then is void.
//
// encoding/json would allocate for every member of every request; this reads
// the same grammar in place, and hands over only strings with escapes.
func (r *reading) readJSON(text []byte) bool {
	s := scanner{text: text}
	var ok bool
	if s.next('[') {
		ok = r.readArray(&s)
	} else {
		ok = s.next('{') && r.readObject(&s)
	}
	s.skipSpace()
	return ok && s.at == len(s.text)
}

func (r *reading) readObject(s *scanner) bool {
	if s.next('}') {
		return true
	}
	for {
		name, ok := s.str()
		if !ok || !s.next(':') {
			return false
		}
		value, kind := s.value()
		switch {
		case kind == malformed:
			return false
		case r.isTimestamp(name):
			r.date(value)
		case r.isVersion(name):
			r.version(value)
		case kind == boolean:
			r.note(name, saidBy(value))
		default:
			r.note(name, Undecodable)
		}
		if s.next(',') {
			continue
		}
		return s.next('}')
	}
}

func saidBy(boolean []byte) State {
	if boolean[0] == 't' {
		return Granted
	}
	return Denied
}

func (r *reading) readArray(s *scanner) bool {
	if s.next(']') {
		r.denyTheRest()
		return true
	}
	for {
		name, ok := s.str()
		if !ok {
			return false
		}
		r.note(name, Granted)
		if s.next(',') {
			continue
		}
		r.denyTheRest()
		return s.next(']')
	}
}

// scanner reads the tokens of a JSON text (RFC 8259).
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) skipSpace() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next takes the byte c, if it is the next one after white space.
func (s *scanner) next(c byte) bool {
	s.skipSpace()
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// str takes a string and returns what it says.
func (s *scanner) str() ([]byte, bool) {
	if !s.next('"') {
		return nil, false
	}
	start, escaped := s.at, false
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '\\':
			escaped = true
			s.at++
		case c < ' ':
			return nil, false
		case c == '"' && escaped:
			// A copy, so that the text of ordinary values stays on the stack.
			var said string
			err := json.Unmarshal(bytes.Clone(s.text[start-1:s.at]), &said)
			return []byte(said), err == nil
		case c == '"':
			return s.text[start : s.at-1], true
		}
	}
	return nil, false
}

type kind uint8

const (
	malformed kind = iota
	boolean
	other // a number, null, a string, an object or an array
)

// value takes a value of any kind.
func (s *scanner) value() ([]byte, kind) {
	s.skipSpace()
	start := s.at
	if s.at == len(s.text) {
		return nil, malformed
	}
	switch c := s.text[s.at]; {
	case c == '"':
		if _, ok := s.str(); !ok {
			return nil, malformed
		}
		return s.text[start:s.at], other
	case c == '{' || c == '[':
		if !s.skipNested() {
			return nil, malformed
		}
		return s.text[start:s.at], other
	}
	switch word := s.word(); {
	case string(word) == "true", string(word) == "false":
		return word, boolean
	case string(word) == "null", isNumber(word):
		return word, other
	}
	return nil, malformed
}

// word takes a run of the bytes that numbers and literals are made of.
func (s *scanner) word() []byte {
	start := s.at
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	return s.text[start:s.at]
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.'
}

// isNumber asks encoding/json for anything but plain digits, which is what
// timestamps are.
func isNumber(word []byte) bool {
	for i, c := range word {
		if c < '0' || c > '9' || i == 0 && c == '0' && len(word) > 1 {
			return json.Valid(bytes.Clone(word))
		}
	}
	return len(word) > 0
}

// skipNested takes an object or an array, of which nothing can grant. It finds
// the end by brackets and strings; whether what is in between is JSON, and the
// whole value with it, is for encoding/json to say.
func (s *scanner) skipNested() bool {
	start := s.at
	var open [maxDepth]byte
	for depth := 0; s.at < len(s.text); {
		switch c := s.text[s.at]; {
		case c == '"':
			if _, ok := s.str(); !ok {
				return false
			}
			continue
		case c == '{' || c == '[':
			if depth == maxDepth {
				return false
			}
			open[depth] = c + 2 // its partner, in ASCII
			depth++
		case c == '}' || c == ']':
			depth--
			if open[depth] != c {
				return false
			}
			if depth == 0 {
				s.at++
				return json.Valid(bytes.Clone(s.text[start:s.at]))
			}
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return false
		}
		s.at++
	}
	return false
}
