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
	rounds := flag.Int("rounds", 60, "rounds to measure")
	requests := flag.Int("requests", 1000, "requests for each server in a round")
	concurrency := flag.Int("concurrency", 8, "requests at a time")
	flag.Parse()
	if *rounds < 1 || *requests < 1 || *concurrency < 1 {
		return errors.New("nothing to measure: give -rounds, -requests and -concurrency at least 1")
	}
	if len(CookieLine) != CookieBytes {
		return fmt.Errorf("the Cookie line has %d bytes: mend the workload to have %d", len(CookieLine), CookieBytes)
	}
	const limit = 15 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %v: lower -rounds or -requests", limit))
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
	families, err := lab.startAll()
	if err != nil {
		return err
	}
	load := newLoad(*concurrency, *requests)
	if err := load.measure(ctx, families, *rounds); err != nil {
		return err
	}
	fmt.Printf("%s, %d cores; %s; Caddy %s; %d rounds of %d requests for each server, %d at a time.\n\n",
		cpuModel(), runtime.NumCPU(), golang, caddy, *rounds, *requests, *concurrency)
	return printTable(families)
}

// startAll starts the portal and every server that is installed.
func (l *lab) startAll() ([]*family, error) {
	// Where Debian keeps nginx and haproxy, often missing for plain users.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin"); err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	portal := ports[0]
	program, err := portalCommand(loopback(portal))
	if err != nil {
		return nil, err
	}
	if _, err := l.start(program, portal); err != nil {
		return nil, err
	}
	all := families()
	for _, f := range all {
		if err := l.startFamily(f, portal); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// measure looks at one exchange with each server, warms them up, and measures
// the families in turn.
func (l *load) measure(ctx context.Context, families []*family, rounds int) error {
	const warmUp = 2000
	for _, f := range families {
		for _, s := range f.installed() {
			if err := l.inspect(ctx, s); err != nil {
				return err
			}
			if err := l.send(ctx, s, warmUp); err != nil {
				return err
			}
		}
	}
	for n := range rounds {
		fmt.Fprintf(os.Stderr, "\rround %d of %d", n+1, rounds)
		for _, f := range families {
			if servers := f.installed(); len(servers) > 0 {
				if err := l.round(ctx, servers); err != nil {
					return err
				}
			}
		}
	}
	fmt.Fprintln(os.Stderr)
	return nil
}
