package consent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// Step takes one wrapping off a text. A step that does not apply leaves the text as
// it is, but for a part that is not there: then the text cannot be read.
type Step struct {
	Do StepKind

	// Text is what Strip takes off, or the separator of Field and Rest.
	Text string

	// At is which part is taken, counted from 0.
	At int
}

// StepKind is what a step does.
type StepKind uint8

const (
	// Percent undoes percent-encoding as JavaScript's decodeURIComponent does, and then
	// as WholePercent does.
	Percent StepKind = iota
	// WholePercent undoes percent-encoding of a text as a whole, as often as there is
	// one: a text in which a separator stands for itself, such as "groups=C0001%3A1", is
	// left as it is.
	WholePercent
	// Base64 undoes base64 in either alphabet, with or without padding.
	Base64
	// DoubleQuotes undoes the quotes that Python's http.cookies writes.
	DoubleQuotes
	// Strip takes characters off both ends.
	Strip
	// Field takes one part between separators.
	Field
	// Rest takes all from one part on.
	Rest
)

// unwrapped takes steps, and leaves the text that it was given alone. It reports false
// where the text has too few parts.
func unwrapped(text []byte, steps []Step) (_ []byte, ok bool) {
	for i := range steps {
		if text, ok = steps[i].take(text); !ok {
			return nil, false
		}
	}
	return text, true
}

func (s *Step) take(text []byte) (_ []byte, ok bool) {
	switch s.Do {
	case Percent:
		if bytes.IndexByte(text, '%') < 0 || hasStructure(text) && json.Valid(text) {
			return text, true // an escape in a string of JSON is a part of that
		}
		if decoded, ok := percentDecode(bytes.Clone(text)); ok {
			return wholeDecoded(decoded), true
		}
	case WholePercent:
		return wholeDecoded(text), true
	case Base64:
		return base64Decoded(text), true
	case DoubleQuotes:
		return unquote(bytes.Clone(text)), true
	case Strip:
		return bytes.Trim(text, s.Text), true
	case Field:
		rest, ok := after(text, s.Text, s.At)
		field, _, _ := bytes.Cut(rest, []byte(s.Text))
		return field, ok
	case Rest:
		return after(text, s.Text, s.At)
	}
	return text, true
}

// after is what comes after the first n separators. It reports false where there are
// fewer.
func after(text []byte, separator string, n int) (_ []byte, ok bool) {
	for ; n > 0; n-- {
		if _, text, ok = bytes.Cut(text, []byte(separator)); !ok {
			return nil, false
		}
	}
	return text, true
}

func base64Decoded(text []byte) []byte {
	plain := bytes.TrimRight(text, "=")
	if len(text)-len(plain) > 2 || len(plain) == 0 {
		return text
	}
	plain = bytes.Clone(plain)
	for i, c := range plain {
		switch c {
		case '-':
			plain[i] = '+'
		case '_':
			plain[i] = '/'
		case '\r', '\n': // which the decoder would pass over
			return text
		}
	}
	decoded, err := base64.RawStdEncoding.AppendDecode(nil, plain)
	if err != nil {
		return text
	}
	return decoded
}
