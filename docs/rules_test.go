package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	stated = regexp.MustCompile(`(?m)^- \*\*([QCSXF][0-9]+)\*\* `)
	cited  = regexp.MustCompile(`\b[QCSXF][1-9][0-9]?\b`)
)

// TestRules holds that whoever meets the number of a rule, in code or in a document,
// can look the rule up.
func TestRules(t *testing.T) {
	t.Parallel()
	book, err := os.ReadFile("rules.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := make(map[string]bool)
	for _, rule := range stated.FindAllSubmatch(book, -1) {
		if id := string(rule[1]); rules[id] {
			t.Errorf("docs/rules.md has two rules %s", id)
		} else {
			rules[id] = true
		}
	}
	citations := 0
	err = filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata" || entry.Name() == ".cache") {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for number, line := range strings.Split(string(text), "\n") {
			for _, rule := range cited.FindAllString(line, -1) {
				if citations++; !rules[rule] {
					t.Errorf("%s:%d names rule %s, which docs/rules.md does not have", filepath.Clean(path), number+1, rule)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if citations == 0 {
		t.Error("no rule is named anywhere: the test has looked in the wrong place")
	}
}
