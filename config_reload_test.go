package cookieconsent

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestReload runs Caddy with two sites, each with a handler of its own, and loads
// another config: how cookies were set is still known afterwards, for each host
// (X2), and the metrics are registered anew. The visitors come by HTTPS, as a
// trusted proxy says.
func TestReload(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	file, dir := policyFile(t, gpcPolicy), t.TempDir()
	config := func(added string) []byte {
		site := func(host, line string) string {
			return fmt.Sprintf("http://%s.reload.example.org:%s {\n\tbind 127.0.0.1\n\tcookie_consent %q\n\t%s\n\theader +Set-Cookie %q\n\trespond ok\n}\n",
				host, address[strings.LastIndex(address, ":")+1:], file, added, line)
		}
		json, _, err := adapt("{\n\tadmin off\n\tstorage file_system " + dir + "\n\tmetrics\n\tservers {\n\t\ttrusted_proxies static 127.0.0.1/32\n\t}\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n" +
			site("one", "_ga=secret; Path=/one; Domain=reload.example.org; HttpOnly") + site("two", "_ga=secret; Path=/two"))
		if err != nil {
			t.Fatal(err)
		}
		return json
	}
	ask := func(host, choice string) http.Header {
		t.Helper()
		r, err := http.NewRequest("GET", "http://"+address+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host + ".reload.example.org"
		r.Header.Set("Accept", "text/html")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("Cookie", `_ga=secret; cookies_preferences={"ga":`+choice+`}`)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.Header
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := caddy.Load(config("header X-Load first"), true); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup // visitors of both hosts at once, for the race detector
	for range 4 {
		for _, host := range []string{"one", "two"} {
			all.Go(func() {
				if got := ask(host, "true")["Set-Cookie"]; len(got) != 1 {
					t.Errorf("granted, %s sets %q", host, got)
				}
			})
		}
	}
	all.Wait()
	if err := caddy.Load(config("header X-Load second"), true); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"one": "_ga=; Path=/one; Domain=reload.example.org; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly",
		"two": "_ga=; Path=/two; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure",
	} {
		header := ask(host, "false")
		if got := header["Set-Cookie"]; !slices.Equal(got, []string{want}) || header.Get("X-Load") != "second" {
			t.Errorf("%s, after the %s load: got %q, want %q", host, header.Get("X-Load"), got, want)
		}
	}
	undeletable.WithLabelValues("statistical") // so that there is something to gather
	ctx := caddy.ActiveContext()
	families, err := ctx.GetMetricsRegistry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "caddy_cookie_consent_undeletable_total" {
			return
		}
	}
	t.Error("after a reload the metrics are gone")
}

// TestUndeletable: what cannot be deleted is in the log and the metrics, without
// ids and values (F3).
func TestUndeletable(t *testing.T) {
	h, err := provision(t, `{"policy": "`+policyFile(t, gpcPolicy)+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	if h.inForce.Load().enforcer.Observer == nil || h.inForce.Load().enforcer.Expiry != memory {
		t.Fatal("the handler does not observe, or remembers on its own")
	}
	var log bytes.Buffer
	logger := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg", LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder}), zapcore.AddSync(&log), zap.DebugLevel))
	o := observer{logger, enforce}
	before := undeletables(t, "statistical")
	o.Undeletable("portal.example.org", "_ga_*", "statistical")
	if got := undeletables(t, "statistical"); got != before+1 {
		t.Errorf("counted %v, then %v", before, got)
	}
	before = undeletables(t, "unlisted")
	o.Undeletable("portal.example.org", "shiny", "")
	if got := undeletables(t, "unlisted"); got != before+1 {
		t.Errorf("unlisted: counted %v, then %v", before, got)
	}
	for _, want := range []string{`"level":"warn"`, `"host":"portal.example.org"`, `"cookie":"_ga_*"`, `"category":"statistical"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, &log)
		}
	}
}

// undeletables is the metric for a category.
func undeletables(t *testing.T, category string) float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for range 2 { // as two handlers do
		if err := registerMetrics(registry); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.Metric {
			if len(metric.Label) == 1 && metric.Label[0].GetName() == "category" && metric.Label[0].GetValue() == category {
				return metric.Counter.GetValue()
			}
		}
	}
	return 0
}
