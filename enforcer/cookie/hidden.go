package cookie

import (
	"iter"
	"strings"
)

// Hidden yields the names that a careless parser may find inside another pair. What
// parsers were measured to read is in docs/careless-parsers.md:
//
//   - Before "=", what stands after a comma, a space, a tab or a closing quote, as
//     in `sessionid="S" _ga=G`; and after bytes that are in no name, as in
//     `sessionid=S]_ga=G`. Space and tab before the "=" count as nothing.
//   - Right after a comma, and where the pair begins, also what stands after the
//     separators that Tomcat skips there, as in `sessionid=S,(_ga=G`.
//   - Without "=", what stands alone after a comma, or, where the value is not in
//     quotes, after a space or the closing quote.
//
// Each byte of the pair is looked at a constant number of times, and stands in a
// constant number of names.
//
// See rules Q8 and Q12.
func Hidden(pair Pair) iter.Seq[string] {
	return func(yield func(string) bool) {
		text := pair.Text
		opening, closing := quotes(pair)
		t := token{end: -1, begins: alone, leads: true, skips: true}
		quoted := false // a quote followed "=", so that each one from there on may close it
		for i := range len(text) {
			kind := kinds[text[i]]
			if i == opening {
				kind = ordinary
			}
			if t.end >= 0 && kind != blank && kind != equals {
				if !t.yieldAlone(text, t.end, yield) {
					return
				}
				t = token{start: i, end: -1, begins: t.next}
			}
			switch kind {
			case comma:
				if !t.yieldAlone(text, i, yield) {
					return
				}
				t = token{start: i + 1, end: -1, begins: alone, leads: true, skips: true}
			case blank:
				t.blank(i, text[i] == ' ' && (i < pair.equals || i > closing))
			case quote:
				closes := i == closing || quoted
				quoted = quoted || t.valued && t.start == i
				t = token{start: i + 1, end: -1, begins: beforeEquals, leads: t.skips, skips: t.skips}
				if closes {
					t.begins = alone
				}
			case equals:
				if t.skips {
					t.start, t.begins, t.opens, t.valued = i+1, beforeEquals, i == pair.equals, true
					continue
				}
				if i == pair.equals && t.start == 0 {
					t.begins = inValue // it is the pair's own name, which does not hide
				}
				if !t.yieldNamed(text, i, yield) {
					return
				}
				t = token{start: i + 1, end: -1, opens: i == pair.equals, valued: true}
			case splitting:
				t.splits = true
				t.skips = t.skips && text[i] < 0x80
			case ordinary:
				t.skips = false
			}
		}
		if t.start > 0 { // else it is the whole pair, which has no name
			t.yieldAlone(text, len(text), yield)
		}
	}
}

// token is the name in hand, which may turn out to be none.
type token struct {
	start, end int       // end < 0: it is still growing
	begins     beginning // what it is a name for
	next       beginning // what the text behind its end is one for
	opens      bool      // the pair's value begins with it
	valued     bool      // it follows "=" and white space at most
	leads      bool      // it follows a comma, or the pair begins with it
	skips      bool      // it leads, and nothing is in it yet but what Tomcat skips
	splits     bool      // bytes are in it that are in no name
}

// beginning tells how a token begins: whether it is a name there.
type beginning int

const (
	inValue      beginning = iota // it is none, but what follows a byte of no name may be
	beforeEquals                  // if "=" follows
	alone                         // in any case
)

// blank takes in a space or a tab. One that separates begins a name that may stand
// alone.
func (t *token) blank(at int, separates bool) {
	next := beforeEquals
	if separates {
		next = alone
	}
	switch {
	case t.end >= 0:
		t.next = max(t.next, next)
	case t.start == at && t.opens: // this separates nothing
		t.start, t.begins = at+1, beforeEquals
	case t.start == at || t.skips:
		t.valued = t.valued && t.start == at
		t.start, t.begins, t.opens = at+1, max(t.begins, next), false
	default:
		t.end, t.next = at, next
	}
}

// yieldAlone yields the token as a name without "=". It reports false where nobody
// wants any more.
func (t *token) yieldAlone(text string, end int, yield func(string) bool) bool {
	if t.end >= 0 {
		end = t.end
	}
	return t.begins != alone || t.start >= end || yield(text[t.start:end])
}

// yieldNamed yields the names that "=" may make of the token, whose end it is: the
// whole, what follows those bytes that Tomcat skips, and what stands between bytes
// that are in no name. Of the latter PHP would read what is before "[".
func (t *token) yieldNamed(text string, end int, yield func(string) bool) bool {
	if t.end >= 0 {
		end = t.end
	}
	start := t.start
	if t.begins != inValue && start < end && !yield(text[start:end]) {
		return false
	}
	if t.leads {
		for start < end && (kinds[text[start]] == skipped || text[start] < 0x80 && kinds[text[start]] == splitting) {
			start++
		}
		if t.start < start && start < end && !yield(text[start:end]) {
			return false
		}
	}
	if !t.splits {
		return true
	}
	for start < end && (text[end-1] < ' ' || text[end-1] >= 0x7f) { // it may be white space
		end--
	}
	from := end // of the part in hand
	for i := start; i < end; i++ {
		if kinds[text[i]] != splitting {
			continue
		}
		if text[i] == '[' && from < i && !yield(text[from:i]) {
			return false
		}
		from = i + 1
	}
	return from >= end || yield(text[from:end])
}

// quotes returns where the quotes stand between which the value of a pair is, or -1.
// WebOb sees no quoted value behind what it takes for no name, nor where only an
// escaped quote could close it, which it does for Mojolicious.
func quotes(pair Pair) (opening, closing int) {
	name, sent := pair.Name(), pair.Value()
	value := strings.TrimLeft(sent, cSpace)
	if pair.equals < 0 || !strings.HasPrefix(value, `"`) {
		return -1, -1
	}
	opening = len(pair.Text) - len(value)
	if name == "" || kinds[name[len(name)-1]] != ordinary || len(value) < len(sent) {
		opening = -1
	}
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '"':
			return opening, len(pair.Text) - len(value) + i
		}
	}
	return -1, strings.LastIndexByte(pair.Text, '"')
}

// MayHide reports, for next to nothing, whether [Hidden] may find a name in a pair.
func MayHide(pair Pair) bool {
	value := pair.Value()
	if strings.IndexByte(value, '=') >= 0 || strings.IndexByte(value, ',') >= 0 || strings.IndexByte(value, ' ') >= 0 {
		return true
	}
	if n := len(value); n > 0 && value[0] < ' ' || n > 0 && value[0] == '"' && strings.IndexByte(value[1:], '"') < n-2 {
		return true // something follows the closing quote, none closes, or one may begin late
	}
	name := pair.Name()
	if pair.equals < 0 {
		name = value
	}
	for i := range len(name) {
		if k := kinds[name[i]]; k > skipped || k == skipped && i == 0 {
			return true
		}
	}
	return false
}

// kind is what a byte is to careless parsers.
type kind byte

const (
	ordinary  kind = iota
	skipped        // Tomcat skips it before a name
	splitting      // it is in no name: WebOb begins anew behind it, and Tomcat skips those that are ASCII
	comma
	blank
	quote
	equals
)

var kinds = func() (kinds [256]kind) {
	for _, c := range []byte("():<>?@{}") {
		kinds[c] = skipped
	}
	for c := range kinds {
		if c < ' ' || c >= 0x7f {
			kinds[c] = splitting
		}
	}
	kinds['['], kinds[']'], kinds['\\'] = splitting, splitting, splitting
	for _, c := range []byte(cSpace) {
		kinds[c] = blank
	}
	kinds[','], kinds['"'], kinds['='] = comma, quote, equals
	return kinds
}()
