package consent

import (
	"bytes"
	"strings"
)

// readWords reads pairs or a list of names. Nothing in them may look like
// broken JSON.
func (r *reading) readWords(text []byte) bool {
	if bytes.ContainsAny(text, "{}[]\"\\") {
		return false
	}
	if r.Format == Pairs || r.Format == Auto && bytes.ContainsAny(text, "=:") {
		r.readPairs(text)
		return true
	}
	return r.readList(text)
}

func (r *reading) readPairs(text []byte) {
	for item := range bytes.SplitSeq(text, separator(text)) {
		item = bytes.TrimSpace(item)
		i := bytes.IndexAny(item, "=:")
		if i < 0 {
			r.note(item, Undecodable)
			continue
		}
		name, value := bytes.TrimSpace(item[:i]), bytes.TrimSpace(item[i+1:])
		if r.isTimestamp(name) {
			r.age(value)
			continue
		}
		r.note(name, saidByWord(value))
	}
}

// readList reports false for a single word that answers a question nobody
// knows, such as "true" or "1".
func (r *reading) readList(text []byte) bool {
	if saidByWord(text) != Undecodable || isNumber(text) || string(text) == "null" {
		return false
	}
	for item := range bytes.SplitSeq(text, separator(text)) {
		r.note(bytes.TrimSpace(item), Granted)
	}
	return true
}

// separator is what stands between the items of a text: "&", else "|", else
// ",". Where several of them stand, the others belong to the items.
func separator(text []byte) []byte {
	for _, c := range []byte("&|") {
		if bytes.IndexByte(text, c) >= 0 {
			return []byte{c}
		}
	}
	return []byte{','}
}

// saidByWord reads the word that a pair gives for a name, in any case.
func saidByWord(word []byte) State {
	for _, w := range grantingWords {
		if strings.EqualFold(w, string(word)) {
			return Granted
		}
	}
	for _, w := range denyingWords {
		if strings.EqualFold(w, string(word)) {
			return Denied
		}
	}
	return Undecodable
}

var (
	grantingWords = []string{"1", "true", "yes", "on", "allow", "granted"}
	denyingWords  = []string{"0", "false", "no", "off", "deny", "denied"}
)
