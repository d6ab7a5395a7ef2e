package integration_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// separators are every byte that gets through Caddy in a Cookie header
// (TestOracleControlBytes), and white space of Unicode.
func separators() (all []string) {
	for c := range 0x100 {
		if c == '\t' || ' ' <= c && c != 0x7f {
			all = append(all, string([]byte{byte(c)}))
		}
	}
	for c := rune(0x80); c <= 0xffff; c++ {
		if unicode.IsSpace(c) || c == 0x200b || c == 0xfeff {
			all = append(all, string(c))
		}
	}
	return all
}

// TestSweep has every byte separate a refused cookie from the value of a permitted one: no
// parser reads it behind the gateway (Q8 and Q12). What parsers read in front of it is in
// docs/careless-parsers.md.
func TestSweep(t *testing.T) {
	portal := startPortal(t)
	gateway := startGateway(t, portal)
	var cases []oracleCase
	for _, form := range []string{
		"sessionid=S%s_ga=G", `sessionid="S"%s_ga=G`, "sessionid=S,%s_ga=G", "sessionid=S %s_ga=G", `sessionid="S%s_ga=G"`, `sessionid="S%s_ga=G`,
		"sessionid=S%s_ga", `sessionid="S"%s_ga`, "sessionid=S,%s_ga", "sessionid=S%s%%5Fga=G", "sessionid=S,%s_g%%61=G", "sessionid=S%s_ga =G", "sessionid=S,x%s_ga=G",
	} {
		for _, separator := range separators() {
			cases = append(cases, oracleCase{lines: []string{fmt.Sprintf(form, separator)}})
		}
	}
	var before, behind [][]byte
	django := make([][]string, len(cases))
	for i, got := range echoAll(t, gateway, cases) {
		before = append(before, []byte(cases[i].lines[0]))
		behind = append(behind, bytesOf(got.raw()))
		django[i] = slices.Collect(maps.Keys(got.Cookies))
	}
	for parser, read := range map[string]func([][]byte) [][]string{
		"Django": func([][]byte) [][]string { return django },
		"SimpleCookie": func(headers [][]byte) [][]string {
			return runParser(t, "python3", "portal", "simplecookie.py", headers)
		},
		"Express": func(headers [][]byte) [][]string {
			return runParser(t, "node", managersFolder(t), "parsers.mjs", headers)
		},
		"Go": readByGo,
	} {
		for i, names := range read(behind) {
			if slices.Contains(names, "_ga") {
				t.Errorf("Q12: %s reads %q in %q, which was %q", parser, names, behind[i], before[i])
			}
		}
	}

	// A test in which no parser was fooled would say nothing.
	fooled := 0
	for _, names := range runParser(t, "python3", "portal", "simplecookie.py", before) {
		if slices.Contains(names, "_ga") {
			fooled++
		}
	}
	kept := 0
	for i := range before {
		if bytes.Equal(before[i], behind[i]) {
			kept++
		}
	}
	t.Logf("%d headers, of which SimpleCookie was fooled by %d; %d are the same behind the gateway", len(cases), fooled, kept)
	if fooled < 10 || kept < len(cases)/4 {
		t.Errorf("SimpleCookie was fooled by %d headers of %d, and %d were kept: the sweep is broken", fooled, len(cases), kept)
	}
}

func readByGo(headers [][]byte) (all [][]string) {
	for _, header := range headers {
		var names []string
		for _, c := range (&http.Request{Header: http.Header{"Cookie": {string(header)}}}).Cookies() {
			names = append(names, c.Name)
		}
		all = append(all, names)
	}
	return all
}

// runParser runs a program that tells which names it reads in each header.
func runParser(t *testing.T, language, dir, script string, headers [][]byte) (names [][]string) {
	t.Helper()
	packages := map[string]string{"node": "nodejs", "python3": "python3"}
	input, err := json.Marshal(headers)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program(t, packages[language], language), script)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(output, &names)
	}
	if err != nil || len(names) != len(headers) {
		t.Fatalf("%v: %d headers of %d, %v\n%s", cmd.Args, len(names), len(headers), err, complaints.String())
	}
	return names
}

// bytesOf undoes what latin1 does.
func bytesOf(text string) []byte {
	all := []byte{} // JSON has null for nil
	for _, c := range text {
		all = append(all, byte(c))
	}
	return all
}
