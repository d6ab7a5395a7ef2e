package consent

func (t *tree) read(text []byte, f *findings) bool {
	f.passed = make([]bool, t.inner)
	if said, ok := wholeString(text); ok {
		text = said
	}
	// A text, number or boolean has no members.
	return hasStructure(text) && f.passes(&t.root) && f.readStructure(text, &t.root)
}

// readNode takes a value, and records what is looked for in it. It reports false where
// the value is the second that leads on to others: who knows which of them counts.
func (f *findings) readNode(s *scanner, n *node) bool {
	if !f.counts() || n != nil && !f.passes(n) {
		return false
	}
	if n == nil {
		_, kind := s.value()
		return kind != malformed
	}
	s.skipSpace()
	start := s.at
	switch {
	case s.next('{'):
		return f.readObject(s, n, start)
	case s.next('['):
		return f.readArray(s, n, start)
	}
	said, kind := s.scalar()
	switch {
	case kind == malformed:
		return false
	case s.text[start] == '"' && n.leadsOn() && hasStructure(said):
		return f.readStructure(said, n)
	}
	isNull, isFalse := s.text[start] == 'n', s.text[start] == 'f'
	f.keepAll(n, said)
	if isNull || isFalse {
		f.markNothing(n)
	}
	for _, key := range n.words {
		if isNull {
			f.note(key, Undecodable)
		} else {
			f.noteWord(key, said)
		}
	}
	f.noteAll(n.filled, Undecodable)
	f.lists.spoiled = f.lists.spoiled || n.list || n.isPart || n.inParts || n.denies && !isNull || n.entries != nil
	return true
}

// passes notes that a node was read, and reports false for one that leads on to others
// and was read before.
func (f *findings) passes(n *node) bool {
	if n.number == 0 {
		return true
	}
	again := f.passed[n.number-1]
	f.passed[n.number-1] = true
	return !again
}

func (f *findings) readObject(s *scanner, n *node, start int) bool {
	f.lists.spoiled = f.lists.spoiled || n.list || n.isPart || n.denies || n.entries != nil
	if n.inParts {
		f.lists.count++
	}
	f.noteAll(n.words, Undecodable)
	if s.next('}') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	parts := make(map[string]bool)
	for {
		name, ok := s.str()
		if n.inParts {
			if parts[string(name)] {
				return false
			}
			parts[string(name)] = true
		}
		if !ok || !s.next(':') || !f.readNode(s, n.child(name)) {
			return false
		}
		if s.next(',') {
			continue
		}
		if !s.next('}') {
			return false
		}
		f.keepAll(n, s.text[start:s.at])
		return true
	}
}

func (f *findings) readArray(s *scanner, n *node, start int) bool {
	f.hasEntries = f.hasEntries || n.entries != nil
	if n.list || n.inParts { // of an object without members, PHP makes an array
		f.lists.count++
	}
	f.noteAll(n.words, Undecodable)
	if s.next(']') {
		f.noteAll(n.filled, Denied)
		f.keepAll(n, s.text[start:s.at])
		return true
	}
	f.noteAll(n.filled, Granted)
	f.lists.spoiled = f.lists.spoiled || n.inParts
	for {
		if !f.readItem(s, n) {
			return false
		}
		if s.next(',') {
			continue
		}
		if !s.next(']') {
			return false
		}
		f.keepAll(n, s.text[start:s.at])
		return true
	}
}

// readItem takes an item of an array, which may be the name of a granted or denied key.
func (f *findings) readItem(s *scanner, n *node) bool {
	if !f.counts() {
		return false
	}
	s.skipSpace()
	if n.entries != nil {
		return f.readEntry(s, n.entries)
	}
	if s.at < len(s.text) && (s.text[s.at] == '{' || s.text[s.at] == '[') {
		_, kind := s.value()
		return kind != malformed
	}
	text, kind := s.scalar()
	if kind == malformed {
		return false
	}
	if n.list || n.isPart {
		f.list(string(text))
	}
	if n.denies {
		f.note(string(text), Denied)
	}
	return true
}

// keepAll records the text of a node for all who look for it.
func (f *findings) keepAll(n *node, text []byte) {
	for _, member := range n.members {
		f.keep(member, text)
	}
}

// markNothing records that the text that was kept last says that nothing is there.
func (f *findings) markNothing(n *node) {
	for _, member := range n.members {
		texts := f.texts[f.members[member]]
		texts[len(texts)-1].isNothing = true
	}
}

func (f *findings) noteAll(keys []string, s State) {
	for _, key := range keys {
		f.note(key, s)
	}
}

// scalar takes a string, number, boolean or null, and returns what it says.
func (s *scanner) scalar() ([]byte, kind) {
	s.skipSpace()
	if s.at < len(s.text) && s.text[s.at] == '"' {
		text, ok := s.str()
		if !ok {
			return nil, malformed
		}
		return text, other
	}
	return s.value()
}
