package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// units are the words for spans of time. A month is 30 days and a year 365:
// the policy promises a visitor a limit, not a date.
var units = map[string]time.Duration{
	"second": time.Second, "sec": time.Second, "s": time.Second,
	"minute": time.Minute, "min": time.Minute,
	"hour": time.Hour, "h": time.Hour,
	"day": day, "d": day,
	"week":  7 * day,
	"month": 30 * day,
	"year":  365 * day,
}

// maxDuration keeps sums far from overflow.
const maxDuration = 100 * 365 * day

var errDuration = errors.New(`expected a number and a unit, as in "30 min", "2 weeks", "6 months" or "1 year 1 month"`)

// parseDuration reads a span of time as people write it: numbers, each followed
// by a unit, which add up.
func parseDuration(text string) (time.Duration, error) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, errDuration
	}
	var sum time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseUint(words[i], 10, 31)
		if err != nil {
			return 0, errDuration
		}
		unit, ok := unitNamed(words[i+1])
		if !ok {
			return 0, fmt.Errorf("unknown unit %q: %w", words[i+1], errDuration)
		}
		if n > uint64(maxDuration/unit) {
			return 0, errors.New("expected at most 100 years")
		}
		if sum += time.Duration(n) * unit; sum > maxDuration {
			return 0, errors.New("expected at most 100 years")
		}
	}
	if sum == 0 {
		return 0, errors.New("expected more than nothing")
	}
	return sum, nil
}

// Span is a number of units of time, such as 13 months.
type Span struct {
	Count int
	Unit  string // second, minute, hour, day, week, month or year
}

// unitNames are the words for units that a Span has.
var unitNames = map[time.Duration]string{
	time.Second: "second", time.Minute: "minute", time.Hour: "hour",
	day: "day", units["week"]: "week", units["month"]: "month", units["year"]: "year",
}

// Spans are the spans of time that add up to the limit, as the policy has them: it
// says 13 months, and not 390 days. There is none for session cookies.
func (r Retention) Spans() (spans []Span) {
	words := strings.Fields(r.Text)
	if r.Limit == 0 {
		return nil
	}
	for i := 0; i+1 < len(words); i += 2 {
		n, _ := strconv.Atoi(words[i]) // which parseDuration has read
		unit, _ := unitNamed(words[i+1])
		spans = append(spans, Span{n, unitNames[unit]})
	}
	return spans
}

// unitNamed is a unit under one of its names, or more of it.
func unitNamed(word string) (time.Duration, bool) {
	word = strings.ToLower(word)
	unit, ok := units[word]
	if !ok {
		unit, ok = units[strings.TrimSuffix(word, "s")]
	}
	return unit, ok
}

// parseRetention reads how long a cookie may live: a duration, or "session".
func parseRetention(text string) (Retention, error) {
	if strings.EqualFold(text, "session") {
		return Retention{Text: text, Session: true}, nil
	}
	limit, err := parseDuration(text)
	if err != nil {
		return Retention{}, fmt.Errorf(`%w, or "session"`, err)
	}
	return Retention{Text: text, Limit: limit}, nil
}
