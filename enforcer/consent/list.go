package consent

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Flag is a value that is one word. Its key is the name of the cookie, or, where the
// source has a beginning of names and "*", what that stands for.
type Flag struct{ Cookie string }

// CheckKey implements [Decoding].
func (d Flag) CheckKey(key string) error {
	if key == "" || key != d.Cookie && !strings.HasSuffix(d.Cookie, "*") {
		return fmt.Errorf("expected %s, the name of the cookie", d.Cookie)
	}
	return nil
}

// CheckMember implements [Decoding].
func (Flag) CheckMember(string) error { return errNoMembers }

// HasWords implements [Decoding].
func (Flag) HasWords() bool { return true }

func (d Flag) reader(names, names) reader { return d }

func (Flag) absent() State { return Undecided }

func (d Flag) read(text []byte, f *findings) bool {
	f.noteWord(d.key(f.cookie), text)
	return true
}

// key is what a cookie is called by its source.
func (d Flag) key(cookie string) string {
	if beginning, isPattern := strings.CutSuffix(d.Cookie, "*"); isPattern {
		return strings.TrimPrefix(cookie, beginning)
	}
	return cookie
}

// Separators are texts of which any may stand between two items.
type Separators []string

// cut cuts a text after the first item of it.
func (s Separators) cut(text []byte) (item, rest []byte) {
	if len(s) == 1 {
		item, rest, _ = bytes.Cut(text, []byte(s[0]))
		return item, rest
	}
	for i := range text {
		if rest, ok := s.cutPrefix(text[i:]); ok {
			return text[:i], rest
		}
	}
	return text, nil
}

// cutPrefix is what comes after a separator. It reports false where the text does not
// begin with one.
func (s Separators) cutPrefix(text []byte) (rest []byte, ok bool) {
	for _, separator := range s {
		if rest, ok = bytes.CutPrefix(text, []byte(separator)); ok {
			return rest, true
		}
	}
	return text, false
}

// List is a value that lists the keys that are granted. The others are denied.
type List struct {
	// Between is what stands between the keys.
	Between Separators

	// Levels has the value be a number instead: keys are numbers, and those up to it
	// are granted.
	Levels bool
}

// CheckKey implements [Decoding].
func (d List) CheckKey(key string) error {
	if _, ok := levelOf([]byte(key)); d.Levels && !ok {
		return errors.New("expected a level, which is a number such as 2")
	}
	return nil
}

// CheckMember implements [Decoding].
func (List) CheckMember(string) error { return errNoMembers }

// HasWords implements [Decoding].
func (List) HasWords() bool { return false }

func (d List) reader(keys, _ names) reader {
	if d.Levels {
		return levels(keys)
	}
	return listReader(d.Between)
}

func (List) absent() State { return Denied }

type listReader Separators

func (between listReader) read(text []byte, f *findings) bool {
	f.lists.count++
	for len(text) > 0 {
		var item []byte
		item, text = Separators(between).cut(text)
		if !f.counts() {
			return false
		}
		f.list(string(bytes.TrimSpace(item)))
	}
	return true
}

type levels names

func (keys levels) read(text []byte, f *findings) bool {
	granted, ok := levelOf(bytes.TrimSpace(text))
	if !ok {
		return false
	}
	for key := range keys {
		s := Denied
		if level, _ := levelOf([]byte(key)); level <= granted {
			s = Granted
		}
		f.note(key, s)
	}
	return true
}

func levelOf(text []byte) (int, bool) {
	const most = 9 // digits
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	if len(text) == 0 || len(text) > most {
		return 0, false
	}
	n, _ := strconv.Atoi(string(text))
	return n, true
}
