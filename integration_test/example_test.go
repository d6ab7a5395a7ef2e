package integration_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestExample runs Caddyfile.example, on other ports, and looks at what `make
// run` tells a newcomer to look at.
func TestExample(t *testing.T) {
	example, err := os.ReadFile("../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := filepath.Abs("../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	gateway := strconv.Itoa(freePort(t))
	startCaddy(t, strings.NewReplacer("8080", gateway, "8081", strconv.Itoa(freePort(t)), "2019", strconv.Itoa(freePort(t)), "policy.yaml", policy).Replace(string(example)))

	necessary := []string{"sessionid", "csrftoken", "django_language", "cookies_preferences"}
	for _, c := range []struct {
		name, choice string
		reaches      string // of the cookies that are sent, before the choice
		set          []string
		deleted      []string
	}{
		{"nothing chosen", "", "sessionid=s", necessary, nil},
		{"Matomo granted", "cookies_preferences=%7B%22matomo%22%3Atrue%7D", "sessionid=s; _pk_id.1.1fff=m", append(slices.Clone(necessary), "_pk_id.1.1fff"), nil},
		{"everything refused", "cookies_preferences=%7B%22matomo%22%3Afalse%2C%22ga%22%3Afalse%7D", "sessionid=s", necessary, []string{"_pk_id.1.1fff", "_ga"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			request, err := http.NewRequest("GET", "http://localhost:"+gateway+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			cookies, want := "sessionid=s; _pk_id.1.1fff=m; _ga=g", c.reaches
			if c.choice != "" {
				cookies, want = cookies+"; "+c.choice, want+"; "+c.choice
			}
			request.Header.Set("Cookie", cookies)
			request.Header.Set("Accept", "text/html")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(body), fmt.Sprintf("<pre>%s</pre>", want)) {
				t.Errorf("want the cookies %q on the page\n%s", want, body)
			}
			var set, deleted []string
			for _, line := range response.Header["Set-Cookie"] {
				name, rest, _ := strings.Cut(line, "=")
				if strings.HasPrefix(rest, "; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0") {
					deleted = append(deleted, name)
				} else {
					set = append(set, name)
				}
			}
			if !slices.Equal(set, c.set) || !slices.Equal(deleted, c.deleted) {
				t.Errorf("cookies set: %q, want %q; deleted: %q, want %q", set, c.set, deleted, c.deleted)
			}
		})
	}
}

// TestBinary: the binary lists the module, and names every problem of a policy
// (F1).
func TestBinary(t *testing.T) {
	binary := gatewayBinary(t)
	modules, err := exec.Command(binary, "list-modules").CombinedOutput()
	if err != nil || !strings.Contains(string(modules), "http.handlers.cookie_consent\n") {
		t.Errorf("list-modules: %v, and the module is not in\n%s", err, modules)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "policy.yaml"), []byte("version: 1\ncategories:\n  - {id: necessary, consent: nonne}\nservices:\n  - {id: portal, category: necesary, cookies: [a*]}\n"))
	write(t, filepath.Join(dir, "Caddyfile"), []byte("localhost {\n\tcookie_consent policy.yaml\n}\n"))
	validate := exec.Command(binary, "validate", "--adapter", "caddyfile", "--config", "Caddyfile")
	validate.Dir = dir
	validate.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	output, err := validate.CombinedOutput()
	if err == nil {
		t.Error("an invalid policy was accepted")
	}
	for _, want := range []string{
		`policy.yaml:3:30: unknown consent "nonne": expected one of none, required, objection`,
		`policy.yaml:5:28: unknown category "necesary": expected one of necessary`,
		`policy.yaml:5:48: expected at least 3 characters other than "*" in the pattern "a*"`,
	} {
		if !strings.Contains(string(output), strings.ReplaceAll(want, `"`, `\"`)) && !strings.Contains(string(output), want) {
			t.Errorf("expected %s in\n%s", want, output)
		}
	}
}
