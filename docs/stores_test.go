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
	testNamed = regexp.MustCompile("`(Test[A-Za-z]+)`")
	testFound = regexp.MustCompile(`(?m)^func (Test[A-Za-z]+)\(t \*testing\.T\)`)
	fileNamed = regexp.MustCompile("`([a-z/]+(?:\\.go)?)`")
)

// TestBoundedStores holds that the files and the tests which the list of bounded stores
// names are there, and that each store between visitors has a test of a flood.
func TestBoundedStores(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("bounded-stores.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsThere(t)
	between, _, _ := strings.Cut(string(list), "## Within one message")
	stores := 0
	for line := range strings.Lines(between) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what |") || strings.HasPrefix(line, "| --- |") {
			continue
		}
		stores++
		named := testNamed.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test shows what a flood does: %s", line)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("there is no test %s", name[1])
			}
		}
	}
	if stores == 0 {
		t.Error("no store is listed")
	}
	for _, name := range fileNamed.FindAllStringSubmatch(string(list), -1) {
		if !strings.Contains(name[1], "/") && !strings.HasSuffix(name[1], ".go") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(name[1]))); err != nil {
			t.Error(err)
		}
	}
}

// testsThere are the names of all tests.
func testsThere(t *testing.T) map[string]bool {
	t.Helper()
	tests := make(map[string]bool)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == ".cache" || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, name := range testFound.FindAllStringSubmatch(string(text), -1) {
			tests[name[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
