//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load sends the workload's request over connections that are kept open.
type load struct {
	client      *http.Client
	concurrency int
	requests    int // in one round
}

func newLoad(concurrency, requests int) *load {
	transport := &http.Transport{MaxIdleConnsPerHost: concurrency, DisableCompression: true}
	return &load{client: &http.Client{Transport: transport}, concurrency: concurrency, requests: requests}
}

// get makes one exchange with a server.
func (l *load) get(ctx context.Context, s *server, path string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+loopback(s.port)+path, nil)
	if err != nil {
		return nil, "", err
	}
	r.Header["Cookie"] = []string{CookieLine}
	response, err := l.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s; see whether the portal still runs", s.name, response.Status)
	}
	return response, string(body), err
}

// exchange tells what a server did to the cookies of one exchange.
type exchange struct {
	leaked [2]int // trackers that reached the portal, and the browser
	lost   [2]int // other cookies that did not
}

// inspect makes one exchange and looks at both ends of it.
func (l *load) inspect(ctx context.Context, s *server) error {
	response, seen, err := l.get(ctx, s, seenPath)
	if err != nil {
		return err
	}
	s.exchange = exchange{}
	s.compare(0, RequestCookies, strings.Split(seen, "; "))
	s.compare(1, ResponseCookies, response.Header["Set-Cookie"])
	return nil
}

func (x *exchange) compare(direction int, sent, arrived []string) {
	for _, cookie := range sent {
		// Its beginning, since a gateway may cap its life by a further attribute.
		begins := func(line string) bool { return strings.HasPrefix(line, cookie) }
		switch arrives := slices.ContainsFunc(arrived, begins); {
		case arrives && IsTracker(cookie):
			x.leaked[direction]++
		case !arrives && !IsTracker(cookie):
			x.lost[direction]++
		}
	}
}

// send sends n requests, and returns the first error.
func (l *load) send(ctx context.Context, s *server, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var sent atomic.Int64
	var workers sync.WaitGroup
	for range l.concurrency {
		workers.Go(func() {
			for ctx.Err() == nil && sent.Add(1) <= int64(n) {
				if _, _, err := l.get(ctx, s, "/"); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// burst is how many requests a server gets before it is the turn of the next:
// so few that a machine that gets slower or faster, or has other things to do,
// does so for all servers of a family.
const burst = 25

// round measures the servers of a family at the same time, and adds to the CPU
// time that each has used. They get their requests in bursts, in an order that is
// drawn anew each time: none may be the one that always finds the caches as it
// left them. The clocks are read before and after all of that, so that what a
// server does later, such as collecting garbage, counts.
func (l *load) round(ctx context.Context, servers []*server, used map[*server]time.Duration) error {
	before, err := clocks(servers)
	if err != nil {
		return err
	}
	order := slices.Clone(servers)
	for left := l.requests; left > 0; left -= burst {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, s := range order {
			if err := l.send(ctx, s, min(burst, left)); err != nil {
				return err
			}
		}
	}
	time.Sleep(5 * time.Millisecond) // for what comes after the last response
	after, err := clocks(servers)
	if err != nil {
		return err
	}
	for i, s := range servers {
		used[s] += after[i] - before[i]
	}
	return nil
}

func clocks(servers []*server) ([]time.Duration, error) {
	times := make([]time.Duration, len(servers))
	for i, s := range servers {
		var err error
		if times[i], err = s.process.cpu(); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// median returns the median of samples and its 95 % interval, by order
// statistics: they assume nothing about how the samples are distributed.
func median(samples []float64) (mid, low, high float64) {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	mid = (sorted[(n-1)/2] + sorted[n/2]) / 2
	rank := max(0, int((float64(n)-1.96*math.Sqrt(float64(n)))/2)-1)
	return mid, sorted[rank], sorted[n-1-rank]
}
