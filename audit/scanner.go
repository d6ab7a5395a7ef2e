package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth is how deep objects and arrays may stand in each other, as in
// encoding/json.
const maxDepth = 10_000

var errCut = errors.New("the recording is cut off here: export it again")

// scanner reads JSON piece by piece in bounded memory, whatever it is of:
// encoding/json holds every text, and every run of white space, as a whole. An
// error stays: after it, nothing is read any more. No error has a piece of what
// was read in it (rule F3).
type scanner struct {
	reader   io.Reader
	progress func(read int64) // told how many bytes are read; may be nil

	room   []byte // for a part of what is read:
	buffer []byte // the part in hand,
	rest   []byte // and what is left of it
	offset int64  // how many bytes are before the part,
	lines  int    // and how many line breaks

	depth int
	text  clipped // that was read last
	unit  []byte  // the escape that was read last
	ended bool    // there is nothing after the part
	err   error
}

func newScanner(r io.Reader, progress func(read int64)) *scanner {
	return &scanner{reader: r, progress: progress, room: make([]byte, 64<<10)}
}

// object reads an object, and calls member for each of its members, of which it
// has to read the value. The name is gone once it does. For null there is none.
func (s *scanner) object(member func(name []byte)) {
	s.list('{', '}', "an object", func() {
		if s.peek() != '"' {
			s.fail(errors.New("expected a name in double quotes"))
			return
		}
		name := s.quoted(maxText)
		if s.peek() != ':' {
			s.fail(errors.New(`expected ":" after a name`))
			return
		}
		s.rest = s.rest[1:]
		member(name.decoded())
	})
}

// array reads an array, and calls element for each of its elements, which has to
// read it. For null there is none.
func (s *scanner) array(element func()) { s.list('[', ']', "an array", element) }

// skip reads a value that nobody asks for.
func (s *scanner) skip() {
	switch s.peek() {
	case '{':
		s.object(func([]byte) { s.skip() })
	case '[':
		s.array(s.skip)
	case '"':
		s.quoted(0)
	default:
		s.word()
	}
}

// end expects that nothing follows.
func (s *scanner) end() {
	if s.err != nil {
		return
	}
	if s.peek(); s.ended {
		s.err = nil
	} else {
		s.fail(errors.New("expected the end of the recording"))
	}
}

func (s *scanner) list(opening, closing byte, what string, item func()) {
	switch s.peek() {
	case opening:
	case 'n':
		s.word()
		return
	default:
		s.fail(fmt.Errorf("expected %s", what))
		return
	}
	s.rest = s.rest[1:]
	if s.depth++; s.depth > maxDepth {
		s.fail(fmt.Errorf("expected objects and arrays at most %d deep", maxDepth))
	}
	if s.peek() == closing {
		s.rest = s.rest[1:]
		s.depth--
		return
	}
	for s.err == nil {
		item()
		switch s.peek() {
		case ',':
			s.rest = s.rest[1:]
		case closing:
			s.rest = s.rest[1:]
			s.depth--
			return
		default:
			s.fail(fmt.Errorf(`expected "," or "%c"`, closing))
		}
	}
}

// word reads a number, or one of true, false and null.
func (s *scanner) word() string {
	var word clipped
	for s.peek(); s.err == nil; s.fill() {
		n := bytes.IndexAny(s.rest, " \t\r\n,:\"{}[]")
		if n < 0 {
			n = len(s.rest)
		}
		word.add(s.rest[:n], maxText)
		if s.rest = s.rest[n:]; len(s.rest) > 0 {
			break
		}
	}
	if word.long || !json.Valid(word.raw) {
		s.fail(errors.New("expected a value in JSON's form"))
	}
	return string(word.raw)
}

// peek is the next byte that is no white space. It is 0, which stands nowhere in
// JSON, where there is none.
func (s *scanner) peek() byte {
	for {
		for i, c := range s.rest {
			if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				s.rest = s.rest[i:]
				return c
			}
		}
		s.rest = nil
		if !s.fill() {
			return 0
		}
	}
}

// next reads a byte.
func (s *scanner) next() byte {
	if len(s.rest) == 0 && !s.fill() {
		return 0
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c
}

// fill reads the next part, once nothing is left of the last.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	n, err := io.ReadFull(s.reader, s.room)
	if n == 0 {
		if s.ended = err == io.EOF; s.ended {
			err = errCut
		}
		s.fail(err)
		return false
	}
	s.offset += int64(len(s.buffer))
	s.lines += bytes.Count(s.buffer, newline)
	s.buffer, s.rest = s.room[:n], s.room[:n]
	if s.progress != nil {
		s.progress(s.offset + int64(n))
	}
	return true
}

var newline = []byte("\n")

// fail stops at an error, unless there is one.
func (s *scanner) fail(err error) {
	if s.err != nil {
		return
	}
	read := s.buffer[:len(s.buffer)-len(s.rest)]
	s.err = fmt.Errorf("line %d, byte %d: %w", s.lines+bytes.Count(read, newline)+1, s.offset+int64(len(read))+1, err)
	s.rest = nil
}

// begin reads the mark of UTF-8, and refuses UTF-16, with a mark or without.
func (s *scanner) begin() {
	s.fill()
	s.rest = bytes.TrimPrefix(s.rest, []byte("\ufeff"))
	if first := s.rest[:min(2, len(s.rest))]; bytes.IndexByte(first, 0) >= 0 || bytes.Equal(first, []byte("\xfe\xff")) || bytes.Equal(first, []byte("\xff\xfe")) {
		s.fail(errors.New("expected UTF-8, found UTF-16: save the recording as UTF-8"))
	}
}
