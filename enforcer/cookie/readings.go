package cookie

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Readings go through the other names that backends may read in a cookie's name,
// and the name's value in none of them. They are made of the bytes as they came,
// white space included:
//
//   - Django, Werkzeug and Starlette trim all Unicode white space; under ASGI
//     they take the bytes for Latin-1, so that 0x85 and 0xA0 are white space.
//   - PHP trims the beginning alone, so that "foo =x" is foo_. It reads "." and
//     " " as "_", "[" without a partner as "_", and otherwise only what stands
//     before "[". Before version 8.1 it left as it is what follows the lone "[".
//   - Perl's CGI modules, and PHP before 7.4.11, decode percent escapes, and
//     leave broken ones as they are.
//
// See rules Q7 and Q12.
type Readings struct {
	name      string // as it came; once it is decoded and too long for the room, decoded
	step      int
	decoded   bool
	inDecoded int // how many bytes of the decoded name are in its room; 0: it is not there

	// Room for what most names come to, so that no value that passes costs memory.
	decodedRoom, mangledRoom [maxReading]byte
}

// maxReading is the length of names whose readings cost no memory.
const maxReading = 256

// ReadingsOf returns the readings of a name. [HasReadings] spares most names the call.
func ReadingsOf(name string) Readings { return Readings{name: name} }

// HasReadings reports whether a name can be read in another way at all. Bytes of
// 0x80 and up may be white space, so they count.
func HasReadings(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c <= ' ', c >= 0x7f, c == '.', c == '[', c == '%':
			return true
		}
	}
	return false
}

// Next returns the next reading, and false after the last one. The reading is good
// until the call after this one.
func (r *Readings) Next() (reading string, ok bool) {
	const manglings = 2 // where the others begin
	for {
		name := r.text()
		switch step := r.step; {
		case step == 0:
			reading = strings.TrimFunc(name, isPythonSpace)
		case step == 1:
			reading = trimLatin1(name)
		case step < manglings+bracketReadings:
			reading = r.mangled(strings.TrimLeft(name, cSpace), step-manglings)
		case step < manglings+2*bracketReadings:
			reading = r.mangled(strings.TrimFunc(name, isPythonSpace), step-manglings-bracketReadings)
		case r.decoded || !r.decode():
			return "", false
		default:
			r.step = 0
			return r.text(), true
		}
		r.step++
		if reading != "" && reading != name {
			return reading, true
		}
	}
}

// text is the name that is read: as it came, or decoded.
func (r *Readings) text() string {
	if r.inDecoded > 0 {
		return unsafe.String(&r.decodedRoom[0], r.inDecoded)
	}
	return r.name
}

// decode goes over to the name with its escapes undone, and reports whether it had
// any.
func (r *Readings) decode() bool {
	r.decoded = true
	if strings.IndexByte(r.name, '%') < 0 {
		return false
	}
	if len(r.name) > maxReading {
		name := r.name
		r.name = string(appendDecoded(nil, name))
		return r.name != name
	}
	r.inDecoded = len(appendDecoded(r.decodedRoom[:0], r.name))
	return r.inDecoded < len(r.name)
}

// mangled is a name as PHP reads it; it is empty where that says nothing new.
func (r *Readings) mangled(name string, bracket int) string {
	room := r.mangledRoom[:0]
	if len(name) > maxReading {
		room = make([]byte, 0, len(name))
	}
	mangled := appendMangled(room, name, bracket)
	return unsafe.String(unsafe.SliceData(mangled), len(mangled))
}

// What PHP makes of "[": it is the end of the name; or it is "_" as all that is
// mangled; or it is, and what follows is left as it is.
const (
	bracketEnds = iota
	bracketMangled
	bracketMangledAlone
	bracketReadings
)

// appendMangled appends a name as PHP reads it, or nothing where it has no "[" and
// that is what the reading is about. It is never longer than the name.
func appendMangled(to []byte, name string, bracket int) []byte {
	at := strings.IndexByte(name, '[')
	if at < 0 && bracket != bracketEnds {
		return to
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c == '[' && bracket == bracketEnds:
			return to
		case c == '[' && bracket == bracketMangledAlone:
			return append(append(to, '_'), name[i+1:]...)
		case c == '[', c == '.', c == ' ':
			to = append(to, '_')
		default:
			to = append(to, c)
		}
	}
	return to
}

// cSpace is the white space of C.
const cSpace = " \t\n\v\f\r"

// isPythonSpace is what Python's str.strip takes: the separators 0x1C to 0x1F
// too.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// trimLatin1 trims white space where each byte is a character.
func trimLatin1(s string) string {
	for len(s) > 0 && isPythonSpace(rune(s[0])) {
		s = s[1:]
	}
	for len(s) > 0 && isPythonSpace(rune(s[len(s)-1])) {
		s = s[:len(s)-1]
	}
	return s
}

// appendDecoded appends a name with those of its escapes undone that are
// well-formed. It is shorter than the name, or the same.
func appendDecoded(to []byte, name string) []byte {
	from := 0
	for i := 0; i+2 < len(name); i++ {
		if name[i] != '%' {
			continue
		}
		if name[i+1] == 'u' && i+5 < len(name) { // as JavaScript's escape writes, and CGI.pm reads
			if c, err := strconv.ParseUint(name[i+2:i+6], 16, 16); err == nil {
				to = utf8.AppendRune(append(to, name[from:i]...), rune(c))
				from = i + 6
				i += 5
			}
			continue
		}
		if c, err := strconv.ParseUint(name[i+1:i+3], 16, 8); err == nil {
			to = append(append(to, name[from:i]...), byte(c))
			from = i + 3
			i += 2
		}
	}
	return append(to, name[from:]...)
}
