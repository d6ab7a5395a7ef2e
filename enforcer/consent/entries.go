package consent

// Entries are an array of objects in JSON, such as [{"id":"ads","value":true}].
type Entries struct {
	// Path is where the array stands.
	Path string

	// Key and Word are the members of each object that tell its key, and the word for
	// that.
	Key, Word string
}

// entry is one of them.
type entry struct {
	key, word   []byte
	keys, words int // how often it tells them
	isNull      bool
}

// readEntry takes an item of the array, and records what it says. It reports false where
// that is no object, or tells its key or word twice: who knows which of them counts.
func (f *findings) readEntry(s *scanner, e *Entries) bool {
	if !s.next('{') {
		return false
	}
	if s.next('}') {
		return true
	}
	var found entry
	for {
		name, ok := s.str()
		if !ok || !s.next(':') || !f.counts() {
			return false
		}
		s.skipSpace()
		start := s.at
		said, kind := s.scalar()
		if kind == malformed {
			return false
		}
		switch string(name) {
		case e.Key:
			found.key, found.keys = said, found.keys+1
		case e.Word:
			found.word, found.words, found.isNull = said, found.words+1, s.text[start] == 'n'
		}
		if s.next(',') {
			continue
		}
		return s.next('}') && f.noteEntry(&found)
	}
}

func (f *findings) noteEntry(e *entry) bool {
	switch {
	case e.keys > 1 || e.words > 1:
		return false
	case e.keys == 0: // it is about something else
	case e.words == 0 || e.isNull:
		f.note(string(e.key), Undecodable)
	default:
		f.noteWord(string(e.key), e.word)
	}
	return true
}
