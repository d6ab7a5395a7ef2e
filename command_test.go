package cookieconsent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// commandLine runs `caddy cookie-consent` with what stands after it.
func commandLine(input string, args ...string) (output, complaints string, status int) {
	registered := caddycmd.Commands()["cookie-consent"]
	cmd := &cobra.Command{Use: registered.Name, Short: registered.Short, Long: registered.Long}
	registered.CobraFunc(cmd)
	caddy := &cobra.Command{Use: "caddy"}
	caddy.AddCommand(cmd)
	var out, err bytes.Buffer
	caddy.SetIn(strings.NewReader(input))
	caddy.SetOut(&out)
	caddy.SetErr(&err)
	caddy.SetArgs(append([]string{"cookie-consent"}, args...))
	switch failed := caddy.Execute(); {
	case errors.Is(failed, errFound):
		status = 1
	case failed != nil:
		status = 2
	}
	return out.String(), err.String(), status
}

// secret is the value of every cookie that is not a choice.
const secret = "Secret"

// TestCommands compares what is printed with golden files.
func TestCommands(t *testing.T) {
	t.Parallel()
	const (
		policyFlag = "--policy=testdata/command/policy.yaml"
		cookies    = "--cookie=sessionid=Secret; _ga=Secret; Secret; a\x1b]0;b\u202e=Secret"
	)
	for name, args := range map[string][]string{
		"help":                   {},
		"help_validate":          {"validate", "--help"},
		"help_explain":           {"explain", "--help"},
		"help_presets":           {"presets", "--help"},
		"presets":                {"presets"},
		"presets_onetrust":       {"presets", "onetrust"},
		"presets_osano":          {"presets", "osano"},
		"presets_unknown":        {"presets", "onetrus"},
		"explain_managed":        {"explain", "--policy=testdata/command/managed.yaml", "--choice=OptanonConsent=groups=C0002%3A1%2CC0004%3A0; OptanonAlertBoxClosed=2026-11-20T05:08:46.528Z"},
		"explain_owned":          {"explain", "--policy=testdata/command/managed.yaml", "--cookie=OptanonControl=1; OptanonConsent=; _ga=1"},
		"explain_managed_value":  {"explain", "--policy=testdata/command/managed.yaml", "--choice=interactionCount=0&groups=C0002%3A1"},
		"help_inventory":         {"inventory", "--help"},
		"help_audit":             {"audit", "--help"},
		"unknown_command":        {"validte"},
		"unknown_flag":           {"audit", "--hots=portal.example"},
		"validate":               {"validate", "testdata/command/policy.yaml"},
		"validate_all":           {"validate", "testdata/command/broken.yaml", "testdata/command/policy.yaml"},
		"validate_missing":       {"validate", "testdata/command/broken.yaml", "testdata/command/missing.yaml", "-"},
		"explain_rules":          {"explain", policyFlag},
		"explain_rules_choice":   {"explain", policyFlag, `--choice={"ga": true}`},
		"explain_encoded":        {"explain", policyFlag, "--choice=%7B%22ga%22%3Atrue%7D"},
		"explain_gpc":            {"explain", policyFlag, `--choice={"ga": true}`, "--gpc"},
		"explain_request":        {"explain", policyFlag, cookies},
		"explain_both":           {"explain", policyFlag, `--choice={"ga": false}`, cookies, "--set-cookie=_ga_1=Secret; Path=/", "--set-cookie=_ga=; Max-Age=0"},
		"explain_capped":         {"explain", policyFlag, `--choice={"ga": true}`, "--set-cookie=_ga=Secret; Max-Age=99999999"},
		"explain_json":           {"explain", policyFlag, "--json", "--set-cookie=_ga=Secret"},
		"explain_several":        {"explain", policyFlag, "--choice=a; _ga=1"},
		"explain_invalid_policy": {"explain", "--policy=testdata/command/broken.yaml"},
		"explain_pasted":         {"explain", policyFlag, "--cookie=Cookie: _ga=1"},
		"explain_pasted_line":    {"explain", policyFlag, "--set-cookie=set-cookie: _ga=1"},
		"explain_pasted_choice":  {"explain", policyFlag, "--choice=cookies_preferences={}"},
		"explain_argument":       {"explain", "testdata/command/policy.yaml", "--set-cookie=_ga=Secret"},
		"explain_two_policies":   {"explain", "testdata/command/policy.yaml", policyFlag},
		"explain_too_old":        {"explain", "testdata/command/policy.yaml", `--choice={"ga": true, "timestamp": 1577836800}`, "--cookie=_ga=Secret"},
		"explain_unreadable":     {"explain", "testdata/command/policy.yaml", `--choice={"ga": "Secret"}`, "--cookie=_ga=Secret"},
		"explain_disputed":       {"explain", "testdata/command/policy.yaml", `--choice=cookies_preferences={"ga": true}; cookies_preferences={"ga": false}`, "--cookie=_ga=Secret"},
		"explain_not_decided":    {"explain", "testdata/command/managed.yaml", "--choice=OptanonConsent=groups=C0002%3A1"},
		"explain_control":        {"explain", "testdata/command/policy.yaml", "--choice={\n}"},
		"explain_nameless":       {"explain", "testdata/command/policy.yaml", "--cookie=_ga"},
		"explain_many":           {"explain", "testdata/command/policy.yaml", "--cookie=" + strings.Repeat("_ga=Secret; ", 300), "--json"},
		"audit":                  {"audit", policyFlag, "testdata/command/site.har"},
		"audit_good":             {"audit", policyFlag, "testdata/command/good.har"},
		"audit_json":             {"audit", policyFlag, "--json", "testdata/command/site.har"},
		"audit_other_host":       {"audit", policyFlag, "--host=nowhere.example", "testdata/command/site.har"},
		"audit_no_har":           {"audit", policyFlag, "testdata/command/policy.yaml"},
		"audit_missing":          {"audit", policyFlag, "testdata/command/missing.har"},
		"audit_nothing":          {"audit", policyFlag},
		"audit_no_cookies":       {"audit", policyFlag, "testdata/command/sanitized.har"},
		"audit_stdin_twice":      {"audit", "--policy=-", "-"},
		"help_page":              {"page", "--help"},
		"help_import":            {"import", "--help"},
		"page_language":          {"page", "testdata/command/policy.yaml", "--lang=xx"},
		"page_invalid_policy":    {"page", "testdata/command/broken.yaml"},
		"page_arguments":         {"page", "a.yaml", "b.yaml"},
		"page_no_template":       {"page", "testdata/command/policy.yaml", "--template=testdata/command/missing.html"},
		"import_nothing":         {"import"},
		"import_missing":         {"import", "testdata/command/missing.html"},
		"import_no_page":         {"import", "testdata/command/site.har"},
		"import_table":           {"import", "testdata/command/page.md"},
		"inventory_argument":     {"inventory", "policy.yaml"},
		"inventory_policy":       {"inventory", "--policy=policy.yaml"},
		"inventory_no_config":    {"inventory", "--config=testdata/command/missing.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, complaints, status := commandLine("", args...)
			if strings.Contains(output+complaints, secret) {
				t.Errorf("F3: a value is told:\n%s%s", output, complaints)
			}
			harmless(t, output+complaints)
			narrow(t, output)
			compareGolden(t, name, fmt.Sprintf("%s--- stderr\n%s--- exit status %d\n", output, complaints, status))
		})
	}
}

func TestStandardInput(t *testing.T) {
	t.Parallel()
	policy, err := os.ReadFile("testdata/command/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	recording, err := os.ReadFile("testdata/command/site.har")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, input string
		args        []string
		want        string
		status      int
	}{
		{"validate", string(policy), []string{"validate", "-"}, "<stdin>: valid, 2 categories, 2 services, 5 cookies", 0},
		{"explain", string(policy), []string{"explain", "--policy", "-"}, "policy <stdin>, choice: undecided", 0},
		{"page", string(policy), []string{"page", "-", "--lang", "fr"}, `<html lang="fr"`, 0},
		{"import", "| Cookie | Purpose |\n|---|---|\n| `a_cookie` | To test |\n", []string{"import", "-"}, "a_cookie", 0},
		{"audit", string(recording), []string{"audit", "--policy", "testdata/command/policy.yaml", "-"}, "would have been removed", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			output, complaints, status := commandLine(test.input, test.args...)
			if status != test.status || !strings.Contains(output, test.want) {
				t.Errorf("status %d, want %d, and %q in\n%s%s", status, test.status, test.want, output, complaints)
			}
		})
	}
}

// harmless fails where a terminal would do more than show the text.
func harmless(t *testing.T, text string) {
	t.Helper()
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%q is for a terminal to act on, in\n%q", c, text)
			return
		}
	}
}

// narrow fails where a line does not fit a terminal.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, `Use "caddy`) {
			continue // cobra's own
		}
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "command", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: found\n%s\nwant\n%s", path, got, want)
	}
}
