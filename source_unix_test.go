//go:build unix

package cookieconsent

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: a pipe that nobody writes to keeps nobody waiting.
func TestPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "policy.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fileSource(pipe); err == nil || !strings.Contains(err.Error(), "expected a file") {
		t.Errorf("error %v", err)
	}
}
