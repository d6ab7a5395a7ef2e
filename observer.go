package cookieconsent

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/tally"
	"github.com/caddy-consent/caddy-consent/inventory"
)

// observer writes what the enforcer finds into the metrics, the inventory and the
// log.
type observer struct {
	logger *zap.Logger
	mode   string
}

// seen counts the messages of all handlers until somebody asks for the metrics or
// the inventory: these take locks.
var seen = tally.New(count)

// effect is what one message adds to the metrics and to the inventory.
type effect struct {
	counters  map[prometheus.Counter]int
	sightings []inventory.Sighting
	bytes     int // of texts in the sightings
}

// A message with more cookies than maxAlike, or whose names, domains and paths have more
// bytes than maxAlikeBytes, is not expected again, and not worth the memory.
const (
	maxAlike      = 64
	maxAlikeBytes = 4096
)

// Again counts a message that is like others.
func (o observer) Again(hash uint64) bool { return seen.Again(hash) }

// Observe counts a message that is the first of its kind.
func (o observer) Observe(hash uint64, m *enforcer.Message) {
	if m.Disputed && disputes.isNew(m.Host) {
		o.logger.Warn("a browser sends several consent cookies that disagree: what one grants and another does not is not granted, until the visitor saves the choice on the policy's page or deletes a cookie; see that scripts and portal set it in one domain and path",
			zap.String("host", m.Host))
	}
	e := o.effect(m)
	if hash == 0 || len(m.Cookies) > maxAlike || e.bytes > maxAlikeBytes {
		count(e, 1)
		return
	}
	seen.Add(hash, e)
}

func (o observer) effect(m *enforcer.Message) effect {
	e := effect{counters: make(map[prometheus.Counter]int)}
	if m.Direction == enforcer.Request {
		e.counters[exchanges.WithLabelValues(string(m.State), o.mode)]++
	}
	now := time.Now()
	for i := range m.Cookies {
		c := &m.Cookies[i]
		e.counters[cookies.WithLabelValues(string(c.Direction), category(c.Category), string(c.Action), string(c.Reason))]++
		if c.Action != enforcer.Expired && c.Name != "" { // what is expired was sent, and counts there
			s := sighting(m.Host, c, now)
			e.sightings = append(e.sightings, s)
			if e.bytes += len(s.Name); s.Attributes != nil {
				e.bytes += len(s.Attributes.Domain) + len(s.Attributes.Path)
			}
		}
	}
	return e
}

func sighting(host string, c *enforcer.Observed, now time.Time) inventory.Sighting {
	s := inventory.Sighting{
		Host:    host,
		Name:    cookie.Collapsed(c.Name),
		Removed: c.Action == enforcer.Removed,
		Verdict: inventory.Verdict{Category: c.Category, Service: c.Service, Owned: c.Reason == enforcer.Owned},
	}
	if c.Direction == enforcer.Request {
		return s
	}
	s.Direction = inventory.Set
	if c.Reason == enforcer.Deletion || cookie.Deletes(c.Line, func() time.Time { return now }) {
		return s // it does not tell how the cookie is set
	}
	d := cookie.ReadDetails(c.Line, now)
	s.Attributes = &inventory.Attributes{
		Domain: strings.Clone(d.Domain[:min(len(d.Domain), maxDomain)]), // of the line, which has the value
		Path:   cookie.Collapsed(d.Path), SameSite: d.SameSite,
		Secure: d.Secure, HTTPOnly: d.HTTPOnly, Partitioned: d.Partitioned, MaxAge: d.MaxAge,
	}
	return s
}

// maxDomain is the length of the longest name in the DNS. Nothing longer is a domain.
const maxDomain = 253

// count adds the effect of n messages.
func count(e effect, n uint64) {
	for counter, times := range e.counters {
		counter.Add(float64(n) * float64(times))
	}
	observed.Add(time.Now(), n, e.sightings)
}

// disputes are the hosts of which it was said that consent cookies disagree.
var disputes hostsTold

// hostsTold are hosts of which something was said once. Of very many, the oldest goes
// for a new one; and as anybody can make up hosts, little is said in a short time.
type hostsTold struct {
	mu    sync.Mutex
	hosts []string
	tells rate.Sometimes
}

// maxHostsTold is how many hosts are remembered.
const maxHostsTold = 1024

// isNew reports whether it is to be said of a host.
func (t *hostsTold) isNew(host string) (isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(t.hosts, host) {
		return false
	}
	t.tells.First, t.tells.Interval = 100, time.Minute
	t.tells.Do(func() {
		if isNew = true; len(t.hosts) == maxHostsTold {
			t.hosts = t.hosts[1:]
		}
		t.hosts = append(t.hosts, host)
	})
	return isNew
}

// Took tells how long the work on an exchange took.
func (o observer) Took(d time.Duration) { filterSeconds.Observe(d.Seconds()) }

// Undeletable tells that the visitor's browser still sends a cookie.
func (o observer) Undeletable(host, name, of string) {
	o.logger.Warn("a denied cookie is still there after every way to delete it was tried: name its domain and path in the policy, or stop the script that sets it again",
		zap.String("host", host),
		zap.String("cookie", name),
		zap.String("category", of))
	undeletable.WithLabelValues(category(of)).Inc()
}

// category is the label of a category.
func category(id string) string {
	if id == "" {
		return "unlisted"
	}
	return id
}

// Interface guards
var _ enforcer.Observer = observer{}
