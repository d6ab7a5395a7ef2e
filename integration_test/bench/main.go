//go:build linux

// Command bench measures what the gateway costs: the CPU time per request of a
// Caddy with cookie_consent, next to the same Caddy with reverse_proxy alone.
// Beside them it measures what people do without the gateway: nginx with Lua,
// and HAProxy with regular expressions, where they are installed. Run it from
// the root of the repository:
//
//	go run ./integration_test/bench
//
// It prints a table in Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	if address := os.Getenv(portalEnv); address != "" {
		log.Fatal(servePortal(address))
	}
	runtime.LockOSThread() // children end with the thread that started them
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	if ctx.Err() != nil {
		err = errors.New("interrupted: run it again to its end to see the table")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	starts := flag.Int("starts", 12, "how often to start the servers anew")
	rounds := flag.Int("rounds", 10, "rounds to measure after each start")
	requests := flag.Int("requests", 500, "requests for each server in a round")
	concurrency := flag.Int("concurrency", 8, "requests at a time")
	flag.Parse()
	if min(*starts, *rounds, *requests, *concurrency) < 1 {
		return errors.New("nothing to measure: give -starts, -rounds, -requests and -concurrency at least 1")
	}
	if len(CookieLine) != CookieBytes {
		return fmt.Errorf("the Cookie line has %d bytes: mend the workload to have %d", len(CookieLine), CookieBytes)
	}
	const limit = 15 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %v: lower -starts, -rounds or -requests", limit))
	defer cancel()

	lab, err := openLab(ctx)
	if err != nil {
		return err
	}
	defer lab.close()
	caddy, golang, err := lab.buildCaddy()
	if err != nil {
		return err
	}
	// Where Debian keeps nginx and haproxy, often missing for plain users.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin"); err != nil {
		return err
	}
	portal, err := lab.startPortal()
	if err != nil {
		return err
	}
	families := families()
	load := newLoad(*concurrency, *requests)
	for n := range *starts {
		fmt.Fprintf(os.Stderr, "\rstart %d of %d", n+1, *starts)
		if err := lab.measure(ctx, families, portal, load, *rounds); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr)
	fmt.Printf("%s, %d cores; %s; Caddy %s; %d starts of %d rounds of %d requests for each server, %d at a time.\n\n",
		cpuModel(), runtime.NumCPU(), golang, caddy, *starts, *rounds, *requests, *concurrency)
	return printTable(families)
}

// measure starts every server that is installed, looks at one exchange with each,
// warms them up, and measures the families in turn. Then it ends them: how a
// process happens to lie in memory makes it up to 2 % faster or slower for as
// long as it runs.
func (l *lab) measure(ctx context.Context, families []*family, portal int, load *load, rounds int) error {
	inner, err := openLab(ctx)
	if err != nil {
		return err
	}
	defer inner.close()
	inner.caddy = l.caddy
	const warmUp = 2000
	for _, f := range families {
		if err := inner.startFamily(f, portal); err != nil {
			return err
		}
		for _, s := range f.installed() {
			if err := load.inspect(ctx, s); err != nil {
				return err
			}
			if err := load.send(ctx, s, warmUp); err != nil {
				return err
			}
		}
	}
	used := make(map[*server]time.Duration)
	for range rounds {
		for _, f := range families {
			if err := load.round(ctx, f.installed(), used); err != nil {
				return err
			}
		}
	}
	for _, f := range families {
		for _, s := range f.installed() {
			s.times = append(s.times, float64(used[s])/float64(time.Microsecond)/float64(rounds*load.requests))
			s.ratios = append(s.ratios, float64(used[s])/float64(used[f.servers[0]]))
		}
	}
	return nil
}
