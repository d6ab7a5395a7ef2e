// Package quota limits how often each client may have something done, so that one that
// asks without end keeps nobody else from it.
package quota

import (
	"net/netip"
	"sync"
	"time"
)

// Quota is a number of turns for each client, which come back one by one in time. Any
// number of goroutines may use it at once. A nil Quota limits nobody.
type Quota struct {
	most  int           // turns that a client may have saved up
	every time.Duration // in which one comes back

	mu          sync.Mutex
	recent, old map[netip.Prefix]time.Time // when all turns will be back
}

// maxClients is how many clients are remembered in each half of their time. When one more
// comes, those go that have not asked since the last time that this was so: a flood from so
// many addresses gets its own turns back early, and takes nobody else's.
const maxClients = 8192

// New returns a quota of so many turns at once, and of one more in every such time.
func New(most int, every time.Duration) *Quota {
	return &Quota{most: most, every: every, recent: make(map[netip.Prefix]time.Time)}
}

// Take takes a turn of the client with an address. Where there is none left, it returns
// after what time there will be one, which is never 0. What has no address, as it comes
// through a Unix socket, is not limited: it may be everybody.
func (q *Quota) Take(address string, now time.Time) (wait time.Duration) {
	if q == nil {
		return 0
	}
	client, ok := Client(address)
	if !ok {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	full, ok := q.recent[client]
	if !ok {
		full = q.old[client]
	}
	if full.Before(now) {
		full = now
	}
	next := full.Add(q.every)
	wait = next.Sub(now) - time.Duration(q.most)*q.every
	if wait <= 0 {
		full, wait = next, 0
	}
	q.put(client, full)
	return wait
}

func (q *Quota) put(client netip.Prefix, full time.Time) {
	if _, known := q.recent[client]; !known && len(q.recent) == maxClients {
		q.old, q.recent = q.recent, make(map[netip.Prefix]time.Time)
	}
	q.recent[client] = full
}

// Client is what counts as one client: an address of IPv4, or a /64 of IPv6, in which
// each host makes up as many addresses as it likes (RFC 4291, section 2.5.1).
func Client(address string) (client netip.Prefix, ok bool) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, false
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	client, err = ip.Prefix(bits)
	return client, err == nil
}
