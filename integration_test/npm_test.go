package integration_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

const fetchTimeout = 5 * time.Minute

// fetchedManagers is a copy of the folder managers with the npm packages that it
// names, which all tests of this process share. TestMain removes dir in the end.
var fetchedManagers struct {
	once sync.Once
	dir  string
	err  error
}

// managersFolder returns the folder managers with its npm packages: consent
// managers, and what the IAB makes consent strings with. None of them is in this
// repository.
func managersFolder(t testing.TB) string {
	t.Helper()
	npm := program(t, "npm", "npm")
	m := &fetchedManagers
	m.once.Do(func() {
		if m.dir, m.err = os.MkdirTemp("", "cookie-consent-managers-*"); m.err != nil {
			return
		}
		if m.err = os.CopyFS(m.dir, os.DirFS("managers")); m.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		fetch := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		fetch.Dir = m.dir
		if output, err := fetch.CombinedOutput(); err != nil {
			m.err = fmt.Errorf("%v: %w\n%s", fetch.Args, err, output)
		}
	})
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m.dir
}
