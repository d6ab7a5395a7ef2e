package enforcer

import (
	"net/http"
	"slices"
	"strings"
)

// settled are many Set-Cookie lines of a header map that were judged. A handler may write
// a body in any number of parts, and the head may go out with each of them, so that to
// judge all lines again before every one would be endless work.
//
// Handlers may have kept the slice that is in the map, and write into it at any time. So
// while others send what is in the map, it has a copy of what was judged. A handler that
// puts another slice into the map, as to add a line does, has it judged.
type settled struct {
	key    string
	theirs []string // in the map while the handler works
	ours   []string // in the map while others send it
	dates  []string // by which they were judged
	judge  *judge   // of the header map
}

// A header map is settled that has more lines than minSettled, and no more dates than
// maxDates.
const (
	minSettled = 16
	maxDates   = 2
)

// settle takes note of lines that were judged, and are as they may go out.
func (x *Exchange) settle(header http.Header, key string, j *judge) {
	x.settled = nil
	lines, dates := header[key], datesOf(header)
	if len(lines) <= minSettled || len(dates) > maxDates {
		return
	}
	x.settled = &settled{key: key, theirs: lines, ours: slices.Clone(lines), dates: slices.Clone(dates), judge: j}
}

// isSettled reports whether lines under a key are those that were judged before.
func (x *Exchange) isSettled(header http.Header, key string, lines []string) bool {
	s := x.settled
	if s == nil || s.key != key || len(lines) != len(s.theirs) || &lines[0] != &s.theirs[0] {
		return false
	}
	return slices.Equal(datesOf(header), s.dates)
}

// lend puts what was judged into the map, until takeBack.
func (x *Exchange) lend(header http.Header) {
	if !x.enforcer.ReportOnly {
		header[x.settled.key] = x.settled.ours
	}
}

// takeBack puts into the map what the handler knows, unless somebody else has put in
// something else.
func (x *Exchange) takeBack() {
	s := x.settled
	if s == nil || x.enforcer.ReportOnly {
		return
	}
	header := x.Header()
	if lines := header[s.key]; len(lines) == len(s.ours) && &lines[0] == &s.ours[0] {
		header[s.key] = s.theirs
	}
}

// datesOf are the Date lines of a header map.
func datesOf(header http.Header) (dates []string) {
	for key, lines := range header {
		switch {
		case len(key) != len("Date") || !strings.EqualFold(key, "Date"):
		case dates == nil:
			dates = lines
		default:
			dates = slices.Concat(dates, lines)
		}
	}
	return dates
}
