package consent

import "strings"

// Words are what grants and denies, as it stands in a value.
type Words struct {
	// Granted, Denied and Undecided are words. "*" in one of the first two stands for
	// every other word. Where both are empty, the words are 1, true, yes, on, allow
	// and granted, and 0, false, no, off, deny and denied, in any case. Those of them
	// that deny do so under a "*" that grants, too, unless another list has them.
	Granted, Denied, Undecided []string
}

// AnyOther is the word that stands for all others.
const AnyOther = "*"

func (w *Words) state(word []byte) State {
	of, other := w.find(word)
	switch {
	case of != Undecodable:
		return of
	case len(w.Granted)+len(w.Denied) == 0:
		return saidByWord(word)
	case len(word) == 0:
		return Undecodable
	case other == Granted:
		return unlessRefused(word)
	}
	return other
}

// unlessRefused grants by any word, but for those that say no where none are listed, and
// what is left of one.
func unlessRefused(word []byte) State {
	if saidByWord(word) == Denied {
		return Denied
	}
	for _, refusal := range []string{"false", "off", "no", "denied"} {
		if len(word) < len(refusal) && strings.EqualFold(refusal[:len(word)], string(word)) {
			return Undecodable
		}
	}
	return Granted
}

// find looks a word up, and tells what words mean that are in no list. A word is in
// one list only.
func (w *Words) find(word []byte) (of, other State) {
	of, other = Undecodable, Undecodable
	cutOff := false
	for _, list := range []struct {
		words []string
		state State
	}{{w.Granted, Granted}, {w.Undecided, Undecided}, {w.Denied, Denied}} {
		for _, listed := range list.words {
			switch listed {
			case AnyOther:
				other = list.state
			case string(word):
				of = list.state
			default:
				cutOff = cutOff || strings.HasPrefix(listed, string(word))
			}
		}
	}
	if cutOff { // "-" may be what is left of "-1"
		other = Undecodable
	}
	return of, other
}

// saidByWord reads the word that a pair gives for a name, in any case of ASCII.
func saidByWord(word []byte) State {
	var lower [maxWord]byte
	if len(word) > len(lower) {
		return Undecodable
	}
	for i, c := range word {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(word)]) {
	case "1", "true", "yes", "on", "allow", "granted":
		return Granted
	case "0", "false", "no", "off", "deny", "denied":
		return Denied
	}
	return Undecodable
}

// maxWord is the length of the longest word, "granted".
const maxWord = 7
