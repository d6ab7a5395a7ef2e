package consent

import (
	"slices"
	"strings"
)

// Condition is what has to stand at a place. Where a place has more than one text,
// a condition that the visitor has decided has to be met by all of them, and another
// one, which takes grants away, by any: and that one is also met where it cannot be
// told.
type Condition struct {
	Place
	Test Test

	// Words are those of the tests Is and IsNot, and Least is that of AtLeast.
	Words []string
	Least string
}

// Test is how a condition tests a text.
type Test uint8

const (
	// IsThere: there is a text. It is not empty, and not JSON's null or false.
	IsThere Test = iota
	// Is: it is one of some words.
	Is
	// IsNot: there is a text, and it is none of some words.
	IsNot
	// IsAtLeast: it is a number or version, as [IsVersion] has it, and not lower than
	// another one.
	IsAtLeast
)

// text is what stands at a place.
type text struct {
	says      string
	isNothing bool // it is JSON's null or false
	garbled   bool // it is too long, or not wrapped as the place says
}

// textIn is what stands at a place in the value of a cookie.
func (p *Place) textIn(value string) text {
	if len(value) > MaxValueBytes {
		return text{garbled: true}
	}
	return p.unwrap(text{says: value})
}

func (p *Place) unwrap(t text) text {
	if len(p.Unwrap) > 0 {
		said, ok := unwrapped([]byte(t.says), p.Unwrap)
		t.says, t.garbled = string(said), t.garbled || !ok
	}
	t.says = strings.TrimSpace(t.says)
	return t
}

// isMetBy tells whether a text meets the condition, without any doubt.
func (c *Condition) isMetBy(t text) bool {
	if t.garbled {
		return false
	}
	switch c.Test {
	case Is:
		return slices.Contains(c.Words, t.says)
	case IsNot:
		return t.says != "" && !t.isNothing && !c.mayBeCutOff(t.says)
	case IsAtLeast:
		older, ok := isOlder([]byte(t.says), []byte(c.Least))
		return ok && !older
	}
	return t.says != "" && !t.isNothing
}

// mayBeMetBy tells whether a text meets the condition, or would if all of it were
// there.
func (c *Condition) mayBeMetBy(t text) bool {
	if t.garbled {
		return true
	}
	switch c.Test {
	case Is:
		return c.mayBeCutOff(t.says)
	case IsNot:
		return !slices.Contains(c.Words, t.says)
	case IsAtLeast:
		older, ok := isOlder([]byte(t.says), []byte(c.Least))
		return !ok || !older
	}
	return !t.isNothing
}

// mayBeCutOff tells whether a text is one of the words, or what one begins with.
func (c *Condition) mayBeCutOff(text string) bool {
	return slices.ContainsFunc(c.Words, func(word string) bool { return strings.HasPrefix(word, text) })
}
