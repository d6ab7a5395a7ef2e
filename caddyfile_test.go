package cookieconsent

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestCaddyfile compares what Caddyfiles are adapted to with golden files: each
// file under testdata/caddyfile is a Caddyfile, a line of dashes, and JSON.
func TestCaddyfile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/caddyfile/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no golden files")
	}
	const dashes = "\n----------\n"
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			config, want, found := strings.Cut(string(data), dashes)
			config = strings.TrimRight(config, "\n")
			if !found && !*update {
				t.Fatal("expected a line of dashes between the Caddyfile and the JSON")
			}
			adapted, warnings, err := adapt(config)
			if err != nil {
				t.Fatal(err)
			}
			if len(warnings) > 0 {
				t.Errorf("warnings: %v", warnings)
			}
			var pretty []byte
			if pretty, err = json.MarshalIndent(json.RawMessage(adapted), "", "\t"); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(config+dashes+string(pretty)+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got := string(pretty) + "\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func adapt(config string) ([]byte, []caddyconfig.Warning, error) {
	return caddyconfig.GetAdapter("caddyfile").Adapt([]byte(config+"\n"), map[string]any{"filename": "Caddyfile"})
}

// TestCaddyfileErrors: what does not exist, or stands twice, is an error that
// names it.
func TestCaddyfileErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, directive, want string }{
		{"no policy", "cookie_consent", "without a policy"},
		{"an empty block", "cookie_consent {\n}", "without a policy"},
		{"a matcher alone", "@portal path /\ncookie_consent @portal", "without a policy"},
		{"every request, alone", "cookie_consent *", "without a policy"},
		{"an empty policy", `cookie_consent ""`, "empty"},
		{"two arguments, no matcher", "cookie_consent first.yaml second.yaml", `"second.yaml"`},
		{"three arguments", "cookie_consent /a first.yaml third.yaml", `"third.yaml"`},
		{"unknown subdirective", "cookie_consent {\npolcy p.yaml\n}", `unrecognized subdirective "polcy": expected one of policy, mode, upstream_header, access_log, catalogue, page`},
		{"policy without a path", "cookie_consent {\npolicy\n}", "policy: expected the path of a policy.yaml"},
		{"policy with two paths", "cookie_consent {\npolicy a.yaml b.yaml\n}", `"b.yaml"`},
		{"policy with a block", "cookie_consent {\npolicy a.yaml {\nmode x\n}\n}", `"mode"`},
		{"policy twice in the block", "cookie_consent {\npolicy a.yaml\npolicy b.yaml\n}", `a second policy "b.yaml"`},
		{"policy as argument and in the block", "cookie_consent a.yaml {\npolicy b.yaml\n}", `a second policy "b.yaml"`},
		{"mode without a word", "cookie_consent p.yaml {\nmode\n}", "mode: expected enforce or report"},
		{"an unknown mode", "cookie_consent p.yaml {\nmode off\n}", `mode: expected enforce or report, found "off"`},
		{"mode twice", "cookie_consent p.yaml {\nmode report\nmode enforce\n}", `a second mode "enforce"`},
		{"access_log with an argument", "cookie_consent p.yaml {\naccess_log on\n}", `access_log: unexpected argument "on"`},
		{"access_log twice", "cookie_consent p.yaml {\naccess_log\naccess_log\n}", "access_log stands twice"},
		{"catalogue without a path", "cookie_consent p.yaml {\ncatalogue\n}", "catalogue: expected the path of a CSV file"},
		{"catalogue twice", "cookie_consent p.yaml {\ncatalogue a.csv\ncatalogue b.csv\n}", `a second catalogue "b.csv"`},
		{"page without a path", "cookie_consent p.yaml {\npage\n}", "page: expected the path of the page, such as /cookies"},
		{"page with another path", "cookie_consent p.yaml {\npage cookies\n}", `page: expected a path such as /cookies, found "cookies"`},
		{"page with a pattern", "cookie_consent p.yaml {\npage /cookies*\n}", `page: expected a path such as /cookies, found "/cookies*"`},
		{"page on another host", "cookie_consent p.yaml {\npage //evil.example\n}", `page: expected a path such as /cookies`},
		{"page with two paths", "cookie_consent p.yaml {\npage /a /b\n}", `page: unexpected argument "/b"`},
		{"page twice", "cookie_consent p.yaml {\npage /a\npage /b\n}", `a second page "/b"`},
		{"page with another subdirective", "cookie_consent p.yaml {\npage /a {\nrecords\n}\n}", `unrecognized subdirective "records": expected one of template, record`},
		{"page with a template without a path", "cookie_consent p.yaml {\npage /a {\ntemplate\n}\n}", "template: expected the path of a template"},
		{"page with two templates", "cookie_consent p.yaml {\npage /a {\ntemplate a\ntemplate b\n}\n}", `a second template "b"`},
		{"page that records with an argument", "cookie_consent p.yaml {\npage /a {\nrecord all\n}\n}", `unexpected argument "all"`},
		{"page that records twice", "cookie_consent p.yaml {\npage /a {\nrecord\nrecord\n}\n}", "record stands twice"},
		{"page with a block in its block", "cookie_consent p.yaml {\npage /a {\nrecord {\nx\n}\n}\n}", `unexpected block with "x"`},
		{"a page of its own with a policy", "cookie_consent_page policy.yaml", `unexpected argument "policy.yaml"`},
		{"a page of its own with two arguments", "cookie_consent_page /a policy.yaml", `unexpected argument "policy.yaml"`},
		{"a matcher without granted", "@m cookie_consent matomo\nrespond @m ok", "expected granted, and the id"},
		{"a matcher of nothing", "@m cookie_consent granted\nrespond @m ok", "granted: expected the id"},
		{"a matcher with a block", "@m cookie_consent granted matomo {\nx\n}\nrespond @m ok", `unexpected block with "x"`},
		{"upstream_header without a name", "cookie_consent p.yaml {\nupstream_header\n}", "upstream_header: expected the name of a header"},
		{"upstream_header with an empty name", "cookie_consent p.yaml {\nupstream_header \"\"\n}", "found an empty one"},
		{"upstream_header with two names", "cookie_consent p.yaml {\nupstream_header A B\n}", `"B"`},
		{"upstream_header twice", "cookie_consent p.yaml {\nupstream_header A\nupstream_header B\n}", `a second upstream_header "B"`},
		{"upstream_header with a block", "cookie_consent p.yaml {\nupstream_header A {\nB\n}\n}", `"B"`},
		{"upstream_header alone", "cookie_consent {\nupstream_header A\n}", "without a policy"},
		{"a path matcher alone", "cookie_consent /admin/* {\npolicy b.yaml\n}", "cookie_consent <path> <policy>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := adapt("localhost {\n" + c.directive + "\n}")
			if err == nil {
				t.Fatal("adapted without an error")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Caddyfile:") {
				t.Errorf("error %q: expected a position and %q", err, c.want)
			}
		})
	}
}
