package cookieconsent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

// policySource is where a handler's policy comes from: a file, or the config.
type policySource struct {
	name     string // of the file, as problems and logs give it
	inline   bool   // it is in the config
	data     []byte
	modified time.Time // zero for a policy in the config
}

// policySource finds out which of its two forms the policy has, and reads it.
func (h *Handler) policySource() (*policySource, error) {
	raw := bytes.TrimSpace(h.Policy)
	if len(raw) == 0 || string(raw) == "null" || string(raw) == `""` {
		return nil, errNoPolicy
	}
	switch raw[0] {
	case '{':
		return inlineSource(raw)
	case '"':
		var path string
		if err := json.Unmarshal(raw, &path); err != nil {
			return nil, fmt.Errorf("reading the path of the cookie policy: %w", err)
		}
		path, err := caddy.NewReplacer().ReplaceOrErr(path, true, true)
		if err != nil {
			return nil, fmt.Errorf("the path of the cookie policy: %w", err)
		}
		return fileSource(path)
	}
	return nil, fmt.Errorf("expected a path or an object as policy, found %.40s", raw)
}

// inlineSource indents the object, for problems to have a position, and writes
// its strings anew: JSON has escapes, such as surrogate pairs, that YAML has not.
func inlineSource(raw []byte) (*policySource, error) {
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("reading the cookie policy: %w", err)
	}
	data := jsonString.ReplaceAllFunc(indented.Bytes(), func(quoted []byte) []byte {
		var text string
		if json.Unmarshal(quoted, &text) != nil {
			return quoted
		}
		plain, err := json.Marshal(text)
		if err != nil {
			return quoted
		}
		return plain
	})
	return &policySource{name: "policy", inline: true, data: data}, nil
}

// jsonString is a string of valid JSON.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func fileSource(path string) (*policySource, error) {
	// One byte more than is allowed, so that Parse can tell.
	data, modified, err := readFile(path, policy.MaxBytes+1)
	if err != nil {
		return nil, fmt.Errorf("reading the cookie policy: %w", err)
	}
	return &policySource{name: path, data: data, modified: modified}, nil
}

// readFile reads a file up to some length.
func readFile(path string, most int64) (data []byte, modified time.Time, err error) {
	// To open a pipe that nobody writes to would take forever.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, time.Time{}, fmt.Errorf("expected a file, and %s is none", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer file.Close()
	if data, err = io.ReadAll(io.LimitReader(file, most)); err != nil {
		return nil, time.Time{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	return data, info.ModTime(), nil
}

func (s *policySource) load() (*policy.Policy, error) {
	p, err := policy.Parse(s.name, s.data)
	if err != nil {
		return nil, fmt.Errorf("the cookie policy is not valid:\n%w", err)
	}
	return p, nil
}

// day is that of the policy's last change, as it says, or as its file does. It is zero
// where neither does.
func (s *policySource) day(p *policy.Policy) time.Time {
	if p.Updated.IsZero() && !s.modified.IsZero() {
		return s.modified.UTC().Truncate(24 * time.Hour)
	}
	return p.Updated
}

// sum is a short hash of the policy's content, to tell two versions apart.
func (s *policySource) sum() string {
	sum := sha256.Sum256(s.data)
	return hex.EncodeToString(sum[:6])
}
