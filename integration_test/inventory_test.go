package integration_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// saved is how long it takes at most until what was seen is in the storage.
const saved = 15 * time.Second

// TestInventoryOutlivesAKill kills the gateway, runs it again, and runs a second one
// on the same storage: there is one inventory, and it has what all of them have seen.
func TestInventoryOutlivesAKill(t *testing.T) {
	t.Parallel()
	portal := startPortal(t)
	storage := filepath.Join(t.TempDir(), "storage")
	stored := func() string {
		data, err := os.ReadFile(filepath.Join(storage, "cookie_consent", "inventory.json"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(data)
	}

	first := startOperated(t, portal, storage)
	first.visit(t, "seen_by_the_first=secret; _ga=secret")
	first.visit(t, "seen_by_the_first=secret")
	await(t, "the first one's cookies are stored", saved, func() bool { return strings.Contains(stored(), "seen_by_the_first") })
	first.kill(t)

	again := startOperated(t, portal, storage)
	await(t, "what was stored is known again", saved, func() bool { return again.inventory(t)["seen_by_the_first"].Sent == 2 })
	second := startOperated(t, portal, storage)
	again.visit(t, "seen_by_both=secret; seen_by_the_first=secret")
	second.visit(t, "seen_by_both=secret; seen_by_the_second=secret")
	for _, g := range []*operated{again, second} {
		await(t, "both instances know what both have seen", 2*saved, func() bool {
			all := g.inventory(t)
			return all["seen_by_the_first"].Sent == 3 && all["seen_by_both"].Sent == 2 && all["seen_by_the_second"].Sent == 1
		})
	}
	all := second.inventory(t)
	if c := all["_ga"]; c.Service != "ga" || !c.ByScript || c.Removed != 1 || c.Host != "127.0.0.1" {
		t.Errorf("_ga is %+v", c)
	}
	if c := all["csrftoken"]; c.Set != 4 || c.Sent != 0 || c.Attributes == nil || c.Attributes.SameSite != "Lax" || c.Attributes.MaxAge != 31449600 {
		t.Errorf("csrftoken is %+v", c)
	}
	if strings.Contains(stored(), "secret") {
		t.Error("F3: a value is in the storage")
	}
}

// operated is a gateway with an admin endpoint.
type operated struct {
	*process
	address, admin string
}

func startOperated(t *testing.T, portal, storage string) *operated {
	t.Helper()
	g := &operated{address: fmt.Sprintf("127.0.0.1:%d", freePort(t)), admin: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	g.process = startCaddy(t, fmt.Sprintf(`{
	admin %s
	storage file_system %q
}
http://%s {
	bind 127.0.0.1
	cookie_consent %q
	reverse_proxy %s
}
`, g.admin, storage, g.address, portalPolicy(t), portal))
	return g
}

// visit opens the portal's first page, which sets csrftoken.
func (g *operated) visit(t *testing.T, cookies string) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+g.address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookies)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// seenCookie is a cookie as the admin endpoint tells of it.
type seenCookie struct {
	Host, Name, Service string
	Sent, Set, Removed  int
	ByScript            bool `json:"by_script"`
	Attributes          *struct {
		SameSite string `json:"same_site"`
		MaxAge   int    `json:"max_age"`
	}
}

func (g *operated) inventory(t *testing.T) map[string]seenCookie {
	t.Helper()
	response, err := http.Get("http://" + g.admin + "/cookie_consent/inventory")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Cookies []seenCookie }
	if err := json.Unmarshal(body, &told); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	byName := make(map[string]seenCookie)
	for _, c := range told.Cookies {
		byName[c.Name] = c
	}
	return byName
}

// await waits until something holds.
func await(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}
