package consent

import "bytes"

// readWords reads pairs or a list of names. Nothing in them may look like
// broken JSON. An empty text says nothing, unless it has to be a list.
func (r *reading) readWords(text []byte) bool {
	if bytes.ContainsAny(text, "{}[]\"\\") {
		return false
	}
	if len(text) == 0 && r.Format != ListFormat {
		return true
	}
	if r.Format == PairsFormat || r.Format == AutoFormat && bytes.ContainsAny(text, "=:") {
		r.readPairs(text)
		return true
	}
	return r.readList(text)
}

func (r *reading) readPairs(text []byte) {
	for separator := separatorOf(text); len(text) > 0; {
		var item []byte
		item, text = nextItem(text, separator)
		i := bytes.IndexAny(item, "=:")
		if i < 0 {
			r.note(item, Undecodable)
			continue
		}
		name, value := bytes.TrimSpace(item[:i]), bytes.TrimSpace(item[i+1:])
		switch {
		case r.isTimestamp(name):
			r.date(value)
		case r.isVersion(name):
			r.version(value)
		default:
			r.note(name, saidByWord(value))
		}
	}
}

// readList reports false where an item is a pair, or a word that answers a question,
// such as "no" or "1": then it is no list of granted names, whatever it is.
func (r *reading) readList(text []byte) bool {
	for separator := separatorOf(text); len(text) > 0; {
		var item []byte
		item, text = nextItem(text, separator)
		if saidByWord(item) != Undecodable || isNumber(item) || string(item) == "null" || bytes.ContainsAny(item, "=:") {
			return false
		}
		r.note(item, Granted)
	}
	r.denyTheRest()
	return true
}

// separatorOf is what stands between the items of a text: "&", else "|", else
// ",". Where several of them stand, the others belong to the items.
func separatorOf(text []byte) byte {
	switch {
	case bytes.IndexByte(text, '&') >= 0:
		return '&'
	case bytes.IndexByte(text, '|') >= 0:
		return '|'
	}
	return ','
}

func nextItem(text []byte, separator byte) (item, rest []byte) {
	if i := bytes.IndexByte(text, separator); i >= 0 {
		return bytes.TrimSpace(text[:i]), text[i+1:]
	}
	return bytes.TrimSpace(text), nil
}
