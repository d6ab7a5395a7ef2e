package consent

import (
	"bytes"
	"encoding/base64"
)

// Step takes one wrapping off a text. A step that does not apply leaves the text as
// it is.
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
	// Percent undoes percent-encoding as JavaScript's decodeURIComponent does.
	Percent StepKind = iota
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

// unwrapped takes steps, and leaves the text that it was given alone.
func unwrapped(text []byte, steps []Step) []byte {
	for i := range steps {
		text = steps[i].take(text)
	}
	return text
}

func (s *Step) take(text []byte) []byte {
	switch s.Do {
	case Percent:
		if bytes.IndexByte(text, '%') < 0 {
			return text
		}
		if decoded, ok := percentDecode(bytes.Clone(text)); ok {
			return decoded
		}
	case Base64:
		return base64Decoded(text)
	case DoubleQuotes:
		return unquote(bytes.Clone(text))
	case Strip:
		return bytes.Trim(text, s.Text)
	case Field:
		if rest := after(text, s.Text, s.At); rest != nil {
			field, _, _ := bytes.Cut(rest, []byte(s.Text))
			return field
		}
	case Rest:
		if rest := after(text, s.Text, s.At); rest != nil {
			return rest
		}
	}
	return text
}

// after is what comes after the first n separators, or nil where there are fewer.
func after(text []byte, separator string, n int) []byte {
	for ; n > 0; n-- {
		i := bytes.Index(text, []byte(separator))
		if i < 0 {
			return nil
		}
		text = text[i+len(separator):]
	}
	return text
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
