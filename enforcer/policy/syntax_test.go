package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// lined are the lines of a policy, of which each service takes five.
func lined(services int) []string {
	lines := []string{"version: 1", "categories:", "  - {id: n, consent: none}", "  - {id: s, consent: required}", "services:"}
	for i := range services {
		lines = append(lines, fmt.Sprintf("  - id: x%d", i), "    category: s", fmt.Sprintf("    purpose: Counts visits, %d", i), "    cookies:", fmt.Sprintf("      - c%d", i))
	}
	return lines
}

// TestPlaceOfMistakes: a mistake in the middle of a policy is told where somebody has to look
// for it, whatever comes before and after. Rule F1.
func TestPlaceOfMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		line int
		text string
		want string
	}{
		{"a key one space too deep", 102, "     category: s", "102:14"},
		{"a key one space too far left", 102, "   category: s", "102:4"},
		{"a tab for indentation", 102, "\tcategory: s", "102:1"},
		{"a colon is missing", 102, "    category s", "102:5"},
		{"a colon is missing before a list", 104, "    cookies", "104:5"},
		{"a double quote that is never closed", 103, "    purpose: \"Counts", "103:14"},
		{"a single quote that is never closed", 103, "    purpose: 'Counts", "103:14"},
		{"a bracket that is never closed", 104, "    origins: [a, b", "104:18"},
		{"a brace that is never closed", 104, "    origins: {a: b", "104:18"},
		{"a key twice", 103, "    category: s", "103:5"},
		{"an alias of nothing", 103, "    purpose: *nobody", "103:14"},
		{"an anchor without a name", 103, "    purpose: & x", "103:14"},
		{"an unknown escape", 103, `    purpose: "a\qb"`, "103:16"},
		{"a control character", 103, "    purpose: a\x01b", "103:15"},
		{"invalid UTF-8", 103, "    purpose: a\xffb", "103:15"},
		{"two colons", 103, "    purpose: a: b", "103:15"},
		{"an item too far left", 105, "   - c", "105:4"},
		{"an item of the list around it, too deep", 106, "    - id: x", "106:5"},
		{"an item of the list around it, too far left", 106, " - id: x", "106:2"},
		{"a character that begins nothing", 103, "    purpose: @x", "103:14"},
		{"another one", 103, "    purpose: %x", "103:14"},
		{"text after a quote", 103, "    purpose: \"a\" b", "103:18"},
		{"a tag that is never closed", 103, "    purpose: !<x y", "103:16"},
		{"no space after a dash", 105, "      -c", "105:7"},
		{"a bracket that was never opened", 104, "    cookies: ]", "104:14"},
	} {
		for name, end := range map[string]string{"": "\n", ", with CRLF": "\r\n"} {
			t.Run(row.name+name, func(t *testing.T) {
				t.Parallel()
				lines := lined(40)
				lines[row.line-1] = row.text
				_, err := Parse("policy.yaml", []byte(strings.Join(lines, end)+end))
				var problems Problems
				if !errors.As(err, &problems) {
					t.Fatalf("got %v", err)
				}
				if got := problems[0].Place(); got != "policy.yaml:"+row.want {
					t.Errorf("got %v, want %s", problems[0], row.want)
				}
			})
		}
	}
}

// TestPlaceInLargePolicies: where to look for the place would take too long, the line is the
// one that package yaml has.
func TestPlaceInLargePolicies(t *testing.T) {
	t.Parallel()
	lines := lined(maxSearched / 60)
	lines[101] = "   category: s"
	text := strings.Join(lines, "\n")
	var problems Problems
	if _, err := Parse("policy.yaml", []byte(text)); !errors.As(err, &problems) || len(text) <= maxSearched || problems[0].Place() != "policy.yaml:6:3" {
		t.Errorf("%d bytes: %v", len(text), problems)
	}
}

func BenchmarkPlaceOfMistake(b *testing.B) {
	lines := lined(maxSearched / 95)
	lines[len(lines)-1] = "   - x"
	text := []byte(strings.Join(lines, "\n"))
	for b.Loop() {
		_, _ = Parse("policy.yaml", text)
	}
}
