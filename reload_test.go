package cookieconsent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logged "go.uber.org/zap/zaptest/observer"
)

// watchedHandler is a handler that nobody watches but the test.
func watchedHandler(t *testing.T, file, header string) (*Handler, *logged.ObservedLogs) {
	t.Helper()
	path, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := logged.New(zapcore.ErrorLevel)
	h := &Handler{Policy: path, Mode: enforce, UpstreamHeader: header, logger: zap.New(core)}
	if err := h.provisionPolicy(); err != nil {
		t.Fatal(err)
	}
	return h, logs
}

// TestWatcher holds F2, look by look: what is in force after each, and how many
// errors are in the log.
func TestWatcher(t *testing.T) {
	t.Parallel()
	const bad, worse = "version: 1\n", "version: 2\n"
	// The header that tells the portal of the decision knows no such category.
	unsayable := strings.ReplaceAll(stripping, "statistical", "Statistical")
	for _, c := range []struct {
		name  string
		looks []string // what is in the file at each; "": there is none
		want  string
		logs  int
	}{
		{"a change", []string{stripping, allowing, allowing}, allowing, 0},
		{"not at its end yet", []string{stripping, allowing}, stripping, 0},
		{"written in parts", []string{stripping, allowing, stripping, stripping}, stripping, 0},
		{"changed before the first look", []string{allowing, allowing}, allowing, 0},
		{"a bad one", []string{stripping, bad, bad}, stripping, 1},
		{"a bad one is logged once", []string{stripping, bad, bad, bad, bad}, stripping, 1},
		{"another bad one", []string{stripping, bad, bad, worse, worse}, stripping, 2},
		{"the same bad one after a good one", []string{stripping, bad, bad, allowing, allowing, bad, bad}, allowing, 2},
		{"the same bad one after the old good one", []string{bad, bad, stripping, stripping, bad, bad}, stripping, 2},
		{"no file", []string{stripping, "", "", ""}, stripping, 1},
		{"no file for a moment", []string{stripping, "", allowing, allowing}, allowing, 0},
		{"one that not all handlers can have", []string{stripping, unsayable, unsayable}, stripping, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "policy.yaml")
			put := func(text string) {
				t.Helper()
				err := os.WriteFile(file, []byte(text), 0o600)
				if text == "" {
					err = os.Remove(file)
				}
				if err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			put(stripping)
			first, logs := watchedHandler(t, file, "")
			second, _ := watchedHandler(t, file, "X-Cookie-Consent")
			g := registry{live: []*Handler{first, second}, refusals: make(map[string]refusal)}
			var w watcher
			for _, text := range c.looks {
				put(text)
				w.look(&g)
			}
			for _, h := range g.live {
				if got := string(h.inForce.Load().source.data); got != c.want {
					t.Errorf("with the header %q, in force is\n%s", h.UpstreamHeader, got)
				}
			}
			if got := logs.Len(); got != c.logs {
				t.Errorf("%d errors in the log, want %d: %v", got, c.logs, logs.All())
			}
			last := c.looks[len(c.looks)-1]
			refused := len(c.looks) > 1 && last != c.want && last == c.looks[len(c.looks)-2]
			if got := g.refused(file); got != refused {
				t.Errorf("refused: %v, want %v", got, refused)
			}
		})
	}
}

// TestFilesApart: a file that changes is in force where it is meant to be.
func TestFilesApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var g registry
	g.refusals = make(map[string]refusal)
	for _, name := range []string{"one.yaml", "two.yaml"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(stripping), 0o600); err != nil {
			t.Fatal(err)
		}
		h, _ := watchedHandler(t, file, "")
		g.live = append(g.live, h)
	}
	inline := &Handler{Policy: json.RawMessage(inlinePolicy), Mode: enforce, logger: zap.NewNop()}
	if err := inline.provisionPolicy(); err != nil {
		t.Fatal(err)
	}
	g.live = append(g.live, inline)
	if err := os.WriteFile(filepath.Join(dir, "two.yaml"), []byte(allowing), 0o600); err != nil {
		t.Fatal(err)
	}
	var w watcher
	w.look(&g)
	w.look(&g)
	for i, want := range []string{stripping, allowing} {
		if got := string(g.live[i].inForce.Load().source.data); got != want {
			t.Errorf("handler %d has\n%s", i, got)
		}
	}
}

// TestRefusedOnce: what lies there and was refused is not judged again, by the watcher or
// for who asks, until it is something else. Rule F2.
func TestRefusedOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	put := func(text string) *policySource {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		source, err := fileSource(file)
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	put(stripping)
	h, logs := watchedHandler(t, file, "")
	other, _ := watchedHandler(t, file, "")
	g := registry{live: []*Handler{h}, refusals: make(map[string]refusal)}
	_, first := g.reload(file, put("version: 2"), nil)
	_, again := g.reload(file, put("version: 2"), nil)
	if first == nil || again != first {
		t.Errorf("judged anew: %v, and then %v", first, again)
	}
	g.live = append(g.live, other)
	if _, err := g.reload(file, put("version: 2"), nil); err == nil || err == first {
		t.Errorf("another handler did not judge: %v", err)
	}
	if _, err := g.reload(file, put("version: 3"), nil); err == nil || err == first {
		t.Errorf("other content was not judged: %v", err)
	}
	if got := logs.Len(); got != 2 {
		t.Errorf("%d errors in the log, want one for each content", got)
	}
	if changed, err := g.reload(file, put(allowing), nil); err != nil || !changed || g.refused(file) {
		t.Errorf("what is right is not in force: %v", err)
	}
}
