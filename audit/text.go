package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxText is how many bytes of a text are read. Browsers send no header of that
// length; longer texts are bodies, and addresses that hold data.
const maxText = 64 << 10

// clipped is as much of a text as somebody asked for, with its escapes.
type clipped struct {
	raw  []byte
	long bool // there was more
}

// add adds a piece of a text, which is an escape or has none. An escape is added
// as a whole or not at all.
func (c *clipped) add(piece []byte, limit int) {
	switch room := limit - len(c.raw); {
	case c.long || len(piece) == 0:
	case len(piece) <= room:
		c.raw = append(c.raw, piece...)
	default:
		c.long = true
		if piece[0] != '\\' {
			c.raw = append(c.raw, piece[:room]...)
		}
	}
}

// decoded is the text without its escapes. Bytes that are not UTF-8 become U+FFFD.
func (c *clipped) decoded() []byte {
	if bytes.IndexByte(c.raw, '\\') < 0 && utf8.Valid(c.raw) {
		return c.raw
	}
	var text string
	quoted := append(append([]byte{'"'}, c.raw...), '"')
	_ = json.Unmarshal(quoted, &text) // fails only where reading has failed
	return []byte(text)
}

// readText reads a text: of a number or a word it is what stands there, of null
// an empty one, and of a long text the beginning.
func (s *scanner) readText() (text string, long bool) {
	switch s.peek() {
	case '"':
		c := s.quoted(maxText)
		return string(c.decoded()), c.long
	case '{', '[':
		s.fail(errors.New("expected a text in double quotes"))
		return "", false
	}
	text = s.word()
	return strings.TrimPrefix(text, "null"), false
}

// quoted reads a text whose first quote peek has seen, and keeps at most limit
// bytes of it until the next text is read.
func (s *scanner) quoted(limit int) *clipped {
	text := &s.text
	text.raw, text.long = text.raw[:0], false
	s.next()
	for s.err == nil {
		n := plain(s.rest)
		text.add(s.rest[:n], limit)
		if s.rest = s.rest[n:]; len(s.rest) == 0 {
			s.fill()
			continue
		}
		switch s.rest[0] {
		case '"':
			s.next()
			return text
		case '\\':
			text.add(s.escape(), limit)
		default:
			s.fail(errors.New("expected no control character in a text"))
		}
	}
	return text
}

// plain is how many bytes at the start are neither a quote nor an escape, nor a
// control character.
func plain(text []byte) int {
	for i, c := range text {
		if c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(text)
}

// escape reads an escape.
func (s *scanner) escape() []byte {
	s.unit = append(s.unit[:0], s.next(), s.next())
	c := s.unit[1]
	ok := strings.IndexByte(`"\/bfnrtu`, c) >= 0
	for i := 0; c == 'u' && i < 4; i++ {
		digit := s.next()
		s.unit = append(s.unit, digit)
		ok = ok && strings.IndexByte("0123456789abcdefABCDEF", digit) >= 0
	}
	if !ok {
		s.fail(errors.New(`expected an escape such as \n or \u00e9`))
	}
	return s.unit
}
