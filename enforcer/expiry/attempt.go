package expiry

// attempt is what a response tries, and the turn after that.
type attempt struct {
	lines  []string
	turn   turn
	isDone bool // there is nothing else to try
}

// next makes up an attempt of those lines whose turn it is, as many as there is
// room for. After them it repeats the likely ones of before: the browser's cookie
// may have been set again in the meantime, or be another browser's with the same
// value.
func (a *variants) next(t turn, room int) attempt {
	w := writer{variants: a, room: room, belongTogether: room < MaxBytes}
	for ; t.group < exhausted; t.group, t.sent = t.group+1, 0 {
		scopes := a.in(t.group)
		if len(scopes) <= t.sent {
			continue
		}
		likely := min(t.group, common+1)
		sent, complete := w.write(t.group, scopes, t.sent)
		if t.sent = sent; complete {
			t.group, t.sent = t.group+1, 0
		}
		if complete || len(w.lines) > 0 {
			w.repeat(likely)
		}
		return attempt{lines: w.lines, turn: t}
	}
	return attempt{turn: t, isDone: true}
}

// likely are the lines of all groups that are likely.
func (a *variants) likely(room int) []string {
	w := writer{variants: a, room: room, belongTogether: room < MaxBytes}
	for g := learned; g <= common; g++ {
		w.write(g, w.in(g), 0)
	}
	return w.lines
}

// repeat writes all of the groups before one, where there is room.
func (w *writer) repeat(before group) {
	w.belongTogether = true
	for g := learned; g < before; g++ {
		w.write(g, w.in(g), 0)
	}
}

// writer writes lines for as long as there is room.
type writer struct {
	*variants
	lines          []string
	room           int
	belongTogether bool // lines of a group that is likely are written all or not at all
}

// write writes the lines of a group's scopes but the first ones, and but those that the response
// has already (rule X4). It returns how many of the group are dealt with then, and
// whether those are all.
func (w *writer) write(g group, scopes []Scope, from int) (sent int, complete bool) {
	lines, room := w.lines, w.room
	for i := from; i < len(scopes); i++ {
		if w.cookie.Gone[scopes[i].place()] {
			continue
		}
		line := scopes[i].line(w.cookie.Name, w.has, w.visit.HTTPS)
		size := Size(line)
		switch {
		case size <= room:
			lines, room = append(lines, line), room-size
			continue
		case g <= common && w.belongTogether:
			return from, false
		}
		w.lines, w.room = lines, room
		return i, false
	}
	w.lines, w.room = lines, room
	return len(scopes), true
}
