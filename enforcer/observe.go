package enforcer

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/expiry"
)

// Observer is told what an enforcer finds. Its methods may be called by several
// goroutines at once, and must not block.
//
// What visitors send is nearly always what others have sent: the same names, judged
// alike. So an observer is asked first whether it knows a message already, by a hash,
// and counts it; only the first of its kind is told in full.
type Observer interface {
	// Again counts one more message that is like those with the same hash: it was for
	// the same host, and has cookies of the same names in the same order, of which the
	// same became. It reports false where there was none, and Observe is called next.
	Again(hash uint64) bool

	// Observe counts a message, and remembers what it is like. Where the hash is 0,
	// it is not to be remembered.
	Observe(hash uint64, m *Message)

	// Took tells how long all the work on one exchange took. It is measured for one
	// exchange in [Sampled].
	Took(d time.Duration)

	// Undeletable: every way was tried to delete a cookie, and the browser still
	// sends it. It is said once for each name and host (rule X2). The name is fit
	// for logs (rule F3); the category is empty for a cookie that no rule names.
	Undeletable(host, name, category string)
}

// Message is what became of the cookies of a request or of one head of a response.
// An exchange has one message for its request, whatever it holds.
type Message struct {
	// Direction tells requests and responses apart.
	Direction Direction

	// Host is the name that the request was for, in lower case, without a port.
	Host string

	// State is what the visitor's choice comes to.
	State State

	// Disputed tells that several consent cookies disagree (rule C3): what they disagree
	// about is not granted, until the visitor deletes one of them.
	Disputed bool

	// Cookies are those of the message, in their order, of very many the first 256.
	Cookies []Observed
}

// Observed is a cookie of a message.
type Observed struct {
	Decision

	// Line is the Set-Cookie line of a response. It has the cookie's value, which
	// must not be kept (rule F3). It is empty in requests, and for cookies that the
	// gateway expires.
	Line string
}

// like is a hash of all that an observer is told of a message. Nobody can make up two
// messages that are alike without knowing the seeds of the hashes in it.
type like uint64

// and mixes in a number.
func (l like) and(more uint64) like {
	high, low := bits.Mul64(uint64(l)^0x9e3779b97f4a7c15, more^0xd6e8feb86659fd93)
	return like(high ^ low)
}

// then mixes in a hash, in less time, as the next of a sequence.
func (l like) then(hash uint64) like { return like(bits.RotateLeft64(uint64(l), 7) + hash) }

// hostName is the name that the request was for. It is a copy, of the length that names
// have: observers may keep it.
func (x *Exchange) hostName() string {
	host := expiry.HostName(x.host)
	return strings.Clone(host[:min(len(host), maxHostBytes)])
}

// maxHostBytes is the length of the longest name in the DNS.
const maxHostBytes = 253

func hostHash(host string) uint64 { return maphash.String(hosts, host) }

// hosts is the seed of their hashes.
var hosts = maphash.MakeSeed()

// observeRequest tells of the request.
func (x *Exchange) observeRequest(names like) {
	o := x.enforcer.Observer
	x.like = x.enforcer.hash.and(hostHash(x.host)).and(x.judge.choice.hash)
	hash := uint64(x.like.and(uint64(names)))
	if o.Again(hash) {
		return
	}
	o.Observe(hash, &Message{
		Direction: Request,
		Host:      x.hostName(),
		State:     x.State(),
		Disputed:  x.judge.choice.merged.Disputed != consent.Set{},
		Cookies:   x.judge.observedPairs(x.cookies),
	})
}

// MaxTold is how many cookies of a message observers are told of. No browser sends more to one
// host, and to tell takes longer than to judge.
const MaxTold = 256

// observedPairs judges the Cookie lines of a request once more.
func (j *judge) observedPairs(lines []string) (all []Observed) {
	for _, line := range lines {
		for more := true; more && len(all) < MaxTold; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text != "" {
				service, _ := serviceOf(j.policy, pair)
				all = append(all, Observed{Decision: j.decidePair(listed{pair, service})})
			}
		}
	}
	return all
}

// observeSetCookies tells of the lines under one key of a header map, once: the map
// is looked through again before every part of a body. What became of the lines is
// in the pairs.
func (x *Exchange) observeSetCookies(j *judge, f *setCookies, pairs []listed, kept []string) {
	lines := f.lines
	if x.wroteHead || x.upgraded {
		x.observeLate(j, lines, pairs, kept)
		return
	}
	if x.came == nil {
		x.came, x.left = lines, kept
	} else {
		x.came, x.left = slices.Concat(x.came, lines), slices.Concat(x.left, kept)
	}
	hash := x.like.and(j.choice.hash).and(uint64(f.names))
	for i, p := range pairs {
		if p.service <= dropped {
			hash = hash.and(uint64(i)<<8 | uint64(-p.service))
		}
	}
	o := x.enforcer.Observer
	if o.Again(uint64(hash)) {
		return
	}
	o.Observe(uint64(hash), x.response(j, lines, pairs))
}

// observeLate tells of the lines that were not in the head.
func (x *Exchange) observeLate(j *judge, lines []string, pairs []listed, kept []string) {
	before := x.left
	if x.enforcer.ReportOnly {
		before = x.came
	}
	if slices.Equal(lines, before) {
		return
	}
	known := make(map[string]bool, len(before))
	for _, line := range before {
		known[line] = true
	}
	x.came, x.left = slices.Clip(x.came), slices.Clip(x.left)
	var newLines []string
	var newPairs []listed
	for i, line := range lines {
		var left []string
		if pairs[i].service != dropped {
			left, kept = kept[:1], kept[1:]
		}
		if !known[line] {
			newLines, newPairs = append(newLines, line), append(newPairs, pairs[i])
			x.came, x.left = append(x.came, line), append(x.left, left...)
		}
	}
	if len(newLines) > 0 {
		x.enforcer.Observer.Observe(0, x.response(j, newLines, newPairs))
	}
}

// response is the message of some Set-Cookie lines.
func (x *Exchange) response(j *judge, lines []string, pairs []listed) *Message {
	m := &Message{Direction: Response, Host: x.hostName(), State: j.choice.state(j.policy)}
	for i, line := range lines[:min(len(lines), MaxTold)] {
		pair, _ := setCookiePair(j.policy, line)
		m.Cookies = append(m.Cookies, Observed{j.decideLine(pair, pairs[i].service), line})
	}
	return m
}

// observeExpired tells of cookies that the response makes the browser delete.
func (x *Exchange) observeExpired(j *judge, pairs []cookie.Pair) {
	o := x.enforcer.Observer
	if o == nil || len(pairs) == 0 {
		return
	}
	hash := x.like.and(j.choice.hash)
	for _, p := range pairs {
		_, name := serviceOf(j.policy, p)
		hash = hash.then(name)
	}
	if o.Again(uint64(hash)) {
		return
	}
	m := &Message{Direction: Response, Host: x.hostName(), State: j.choice.state(j.policy)}
	for _, p := range pairs[:min(len(pairs), MaxTold)] {
		service, _ := serviceOf(j.policy, p)
		d := j.decision(Response, p, service)
		d.Action = Expired
		m.Cookies = append(m.Cookies, Observed{Decision: d})
	}
	o.Observe(uint64(hash), m)
}
