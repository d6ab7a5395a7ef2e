package consent

import "bytes"

// Pairs is a value of keys with a word each, such as "ga=1&matomo=0". A word may stand
// in single or double quotes, and then hold separators.
type Pairs struct {
	// Between is what stands between pairs, and Assign what stands between a key and
	// its word.
	Between Separators
	Assign  string

	// Complete tells that a value names all that is granted: a key that is not there is
	// denied.
	Complete bool

	// Nested tells that the keys are not those of the pairs: one of these holds others.
	// It may be nil.
	Nested *Nested
}

// Nested are the pairs in the member of others, such as
// "groups=C0001%3A1%2CC0002%3A0".
type Nested struct {
	Member  string
	Unwrap  []Step
	Between Separators
	Assign  string
}

// CheckKey implements [Decoding].
func (*Pairs) CheckKey(string) error { return nil }

// CheckMember implements [Decoding].
func (*Pairs) CheckMember(string) error { return nil }

// HasWords implements [Decoding].
func (*Pairs) HasWords() bool { return true }

func (d *Pairs) reader(names, names) reader { return d }

func (d *Pairs) absent() State {
	if d.Complete {
		return Denied
	}
	return Undecided
}

func (d *Pairs) read(text []byte, f *findings) bool {
	return eachPair(text, d.Between, d.Assign, f, func(p pair) bool {
		f.keep(string(p.key), p.word)
		switch {
		case d.Nested == nil:
			f.noteWord(string(p.key), p.word)
		case string(p.key) == d.Nested.Member:
			inner, ok := unwrapped(p.word, d.Nested.Unwrap)
			return ok && eachPair(inner, d.Nested.Between, d.Nested.Assign, f, func(p pair) bool {
				f.noteWord(string(p.key), p.word)
				return true
			})
		}
		return true
	})
}

// pair is a key and its word, which is empty where there is none.
type pair struct{ key, word []byte }

// eachPair calls do for each pair of a text, until that reports false. It reports
// false where that did, or the text is not made of pairs.
func eachPair(text []byte, between Separators, assign string, f *findings, do func(pair) bool) bool {
	for len(text) > 0 {
		item, rest := between.cut(text)
		key, word, assigned := bytes.Cut(item, []byte(assign))
		p := pair{bytes.TrimSpace(key), bytes.TrimSpace(word)}
		if len(p.word) > 0 && isQuote(p.word[0]) {
			var ok bool
			if p.word, rest, ok = quoted(text[len(key)+len(assign):], between); !ok {
				return false
			}
		}
		text = rest
		if n := len(p.key); n > 1 && isQuote(p.key[0]) && p.key[n-1] == p.key[0] {
			p.key = p.key[1 : n-1]
		}
		if !f.counts() {
			return false
		}
		if (len(p.key) > 0 || assigned) && !do(p) {
			return false
		}
	}
	return true
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// quoted cuts a word in quotes off a text, and the separator after it.
func quoted(text []byte, between Separators) (word, rest []byte, ok bool) {
	text = bytes.TrimLeft(text, " \t")
	end := bytes.IndexByte(text[1:], text[0]) + 1
	if end == 0 {
		return nil, nil, false
	}
	word, rest = text[1:end], bytes.TrimLeft(text[end+1:], " \t")
	if len(rest) == 0 {
		return word, nil, true
	}
	rest, ok = between.cutPrefix(rest)
	return word, rest, ok
}
