package cookieconsent

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestNested: whether somebody reports, before an enforcing handler or behind it,
// makes no difference to matchers, placeholders and the access log.
func TestNested(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	for name, text := range map[string]string{"old.yaml": stripping, "new.yaml": allowing} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = caddy.Stop() })
	enforcing := "cookie_consent " + dir + "/old.yaml {\n\taccess_log\n\t}\n"
	reporting := "cookie_consent " + dir + "/new.yaml {\n\tmode report\n\t}\n"
	for name, handlers := range map[string]string{"alone": enforcing, "before": reporting + enforcing, "behind": enforcing + reporting} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(dir, name+".log")
			config, _, err := adapt(fmt.Sprintf(`{
	admin off
	storage file_system %s/storage
}
http://:%s {
	bind 127.0.0.1
	log {
		output file %s
	}
	route {
		%s
		@granted cookie_consent granted statistical
		header @granted X-Granted yes
		header X-Removed {http.cookie_consent.removed}
		header X-Vars "{http.vars.cookie_consent_report}"
		header +Set-Cookie "_ga=secret; Path=/deep"
		respond "{http.request.header.Cookie}"
	}
}`, dir, strings.TrimPrefix(address, "127.0.0.1:"), log, handlers))
			if err != nil {
				t.Fatal(err)
			}
			if err := caddy.Load(config, true); err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequest("GET", "http://"+address+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Close = true
			r.Header.Set("Cookie", "_ga=secret; sessionid=1")
			response, reached := do(t, r)
			header := response.Header
			if reached != "sessionid=1" || header["Set-Cookie"] != nil || header.Get("X-Granted") != "" || header.Get("X-Removed") != "_ga" {
				t.Errorf("the portal gets %q, the browser %v", reached, header)
			}
			if strings.Contains(fmt.Sprint(header), "secret") {
				t.Errorf("F3: a value is in %v", header)
			}
			written, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(written, []byte(`"cookie_consent.state":"undecided","cookie_consent.removed":["_ga"]`)) || bytes.Count(written, []byte("cookie_consent.state")) != 1 {
				t.Errorf("the access log has\n%s", written)
			}
		})
	}
}
