package policyimport

import "strings"

// retentionField is a retention in the words of a page. What cannot be read becomes a
// comment.
func retentionField(text string) field {
	f := field{key: "retention", value: cut(text, maxHeading)}
	if text == "" {
		return f
	}
	read, ok := readRetention(text)
	if !ok {
		f.why = `expected how long at most, as in "13 months" or "session"`
		return f
	}
	f.value = read
	return f
}

// livesOf are the retentions of cookies that stand in one cell, each on its line.
func livesOf(marked string, cookies int) []string {
	var lives []string
	for line := range strings.Lines(strings.ReplaceAll(marked, "`", "")) {
		if line = fold(line); line != "" {
			lives = append(lives, line)
		}
	}
	if len(lives) < 2 || len(lives) != cookies {
		return nil
	}
	for _, life := range lives {
		if _, ok := readRetention(life); !ok {
			return nil
		}
	}
	return lives
}

// shareRetention makes the retention of all cookies that of the service.
func (s *serviceDraft) shareRetention() {
	cookies := listed(s.cookies)
	if len(cookies) == 0 || cookies[0].places[retentionPlace].value == "" {
		return
	}
	shared := cookies[0].places[retentionPlace]
	for _, e := range cookies {
		if e.places[retentionPlace] != shared {
			return
		}
	}
	s.places[retentionPlace] = shared
	for _, e := range cookies {
		e.places[retentionPlace] = field{key: "retention"}
	}
}
