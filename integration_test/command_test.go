package integration_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandDir is a directory in which the examples of the help texts work, with a
// gateway that has seen cookies.
func commandDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	shipped, err := os.ReadFile("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"policy.yaml", "staging.yaml", "production.yaml"} {
		write(t, filepath.Join(dir, name), shipped)
	}
	write(t, filepath.Join(dir, "site.har"), []byte(`{"log": {"entries": [{
		"startedDateTime": "2026-01-02T03:04:05Z",
		"request": {"url": "https://data.ajman.ae/", "headers": [{"name": "Cookie", "value": "sessionid=1"}]},
		"response": {"headers": []}}]}}`))
	admin, site := freePort(t), freePort(t)
	caddyfile := fmt.Sprintf("{\n\tadmin localhost:%d\n\tstorage file_system %s\n}\nhttp://localhost:%d {\n\tcookie_consent %s\n\trespond hello\n}\n",
		admin, filepath.Join(dir, "storage"), site, filepath.Join(dir, "policy.yaml"))
	write(t, filepath.Join(dir, "Caddyfile"), []byte(caddyfile))
	startCaddy(t, caddyfile)
	request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://localhost:%d/", site), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", "sessionid=1; basket=2; we:ird=3")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return dir
}

// shell runs a line as a user types it, with the gateway as caddy.
func shell(t *testing.T, dir, line string) (output, complaints string, status int) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(gatewayBinary(t), filepath.Join(bin, "caddy")); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	var exit *exec.ExitError
	if failed := cmd.Run(); failed != nil && !errors.As(failed, &exit) {
		t.Fatal(failed)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// TestCommandExamples runs the examples of all help texts.
func TestCommandExamples(t *testing.T) {
	dir := commandDir(t)
	for _, name := range []string{"", "validate", "explain", "inventory", "audit"} {
		help, complaints, status := shell(t, dir, "caddy cookie-consent "+name+" --help")
		_, rest, _ := strings.Cut(help, "\nExamples:\n")
		examples, _, _ := strings.Cut(rest, "\n\n")
		examples = strings.ReplaceAll(examples, "\\\n", "")
		if status != 0 || complaints != "" || !strings.HasPrefix(examples, "  $ ") {
			t.Fatalf("%s --help: exit status %d, %q, and no examples in\n%s", name, status, complaints, help)
		}
		for line := range strings.Lines(examples) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			if output, complaints, status := shell(t, dir, line); status != 0 || output == "" && !strings.Contains(line, ">") {
				t.Errorf("%s: exit status %d\n%s%s", line, status, output, complaints)
			}
		}
	}

	// What the last example of the inventory has written is ready to paste.
	output, complaints, status := shell(t, dir, "cat new.yaml && cat new.yaml >> policy.yaml && caddy cookie-consent explain --cookie 'basket=2; we:ird=3'")
	const row = `%s +removed +%s +third_party +undecided`
	for _, want := range []string{fmt.Sprintf(row, "basket", "basket"), fmt.Sprintf(row, "we:ird", "we-ird")} {
		if status != 0 || !regexp.MustCompile(want).MatchString(output) {
			t.Errorf("exit status %d, and no row %q in\n%s%s", status, want, output, complaints)
		}
	}
}

// TestCommandExit looks at what scripts see.
func TestCommandExit(t *testing.T) {
	dir := t.TempDir()
	const head, services = "version: 1\ncategories:\n  - {id: necessary, consent: %s}\n", "services:\n  - {id: portal, category: necessary, cookies: [sessionid, cookies_preferences]}\n"
	write(t, filepath.Join(dir, "policy.yaml"), fmt.Appendf(nil, head+services, "none"))
	write(t, filepath.Join(dir, "broken.yaml"), fmt.Appendf(nil, head+services, "nonne"))
	write(t, filepath.Join(dir, "site.har"), []byte(`{"log": {"entries": [{"request": {"url": "https://a.example/", "headers": [{"name": "Cookie", "value": "_ga=1"}]}, "response": {"headers": []}}]}}`))
	for _, test := range []struct {
		name, line string
		output     string // a part of it, unless it is empty
		complaints string
		status     int
	}{
		{"valid", "validate", "policy.yaml: valid, 1 category, 1 service, 2 cookies\n", "", 0},
		{"not valid", "validate broken.yaml", "", "broken.yaml:3:30: unknown consent \"nonne\": expected one of none, required, objection\n", 1},
		{"not valid, elsewhere", "audit --policy broken.yaml site.har", "", "broken.yaml:3:30: unknown consent \"nonne\": expected one of none, required, objection\n", 1},
		{"not there", "validate missing.yaml", "", "reading the cookie policy: open missing.yaml: no such file or directory\n", 2},
		{"removed", "audit site.har 2>/dev/null", "1 cookie would have been removed.\n", "", 1},
		{"no recording", "audit policy.yaml", "", "policy.yaml: line 1, byte 1: expected an object (exchanges read: 0)\n", 2},
		{"no such command", "validte", "", "unknown command \"validte\": expected one of audit, explain, import, inventory, page, presets, validate\n", 2},
		{"no such flag", "audit --nope", "", "unknown flag: --nope: see caddy cookie-consent audit --help\n", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, complaints, status := shell(t, dir, "caddy cookie-consent "+test.line)
			if status != test.status || complaints != test.complaints || !strings.Contains(output, test.output) || test.output == "" && output != "" {
				t.Errorf("exit status %d, output %q, complaints %q; want %d, %q, %q", status, output, complaints, test.status, test.output, test.complaints)
			}
		})
	}
}
