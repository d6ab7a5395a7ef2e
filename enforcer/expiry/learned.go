package expiry

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxNames is how many names are remembered, of all hosts together.
const maxNames = 10_000

// maxScopes is how many scopes of one name are remembered.
const maxScopes = 4

// names are what is known of cookies' names, for each host that they were set on.
// Each client has a share of those that it had the portal set first; the oldest goes when
// there is no room for a new one, unless it was set again since its turn came last. Reading
// takes no lock: every Set-Cookie line that passes is looked up.
type names struct {
	seed    maphash.Seed
	buckets []atomic.Pointer[record] // chains of records

	mu   sync.Mutex // for changes of the chains
	kept *shares[*record]
}

// record is what is known of one name.
type record struct {
	host, name string
	scopes     atomic.Pointer[[]Scope]
	isSet      atomic.Bool            // since it was last looked at
	following  atomic.Pointer[record] // in the bucket
}

func newNames() *names {
	n := &names{seed: maphash.MakeSeed(), buckets: make([]atomic.Pointer[record], 8192), kept: newShares[*record](maxNames)}
	n.kept.spares = func(r *record) bool { return r.isSet.Swap(false) }
	return n
}

func (n *names) bucket(host, name string) *atomic.Pointer[record] {
	return &n.buckets[hash(n.seed, host, name)%uint64(len(n.buckets))]
}

func (n *names) find(host, name string) *record {
	r := n.bucket(host, name).Load()
	for r != nil && (r.name != name || r.host != host) {
		r = r.following.Load()
	}
	return r
}

// scopes are those that were learned for a name.
func (n *names) scopes(host, name string) []Scope {
	r := n.find(host, name)
	if r == nil {
		return nil
	}
	return r.known()
}

func (r *record) known() []Scope {
	if scopes := r.scopes.Load(); scopes != nil {
		return *scopes
	}
	return nil
}

// know tells whether a scope was learned for a name, which is set again.
func (n *names) know(host, name string, s Scope) bool {
	r := n.find(host, name)
	if r == nil || !slices.Contains(r.known(), s) {
		return false
	}
	if !r.isSet.Load() { // to write what is there already takes longer
		r.isSet.Store(true)
	}
	return true
}

// learn remembers a scope, for a client. What it keeps are copies: the strings that it is given
// are parts of whole messages.
func (n *names) learn(client uint64, host, name string, s Scope) {
	s.Domain, s.Path = strings.Clone(s.Domain), strings.Clone(s.Path)
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.findOrAdd(client, host, name)
	scopes := slices.DeleteFunc(slices.Clone(r.known()), s.isSame)
	if len(scopes) == maxScopes {
		scopes = scopes[1:]
	}
	scopes = append(scopes, s)
	r.scopes.Store(&scopes)
}

func (n *names) findOrAdd(client uint64, host, name string) *record {
	if r := n.find(host, name); r != nil {
		return r
	}
	r := &record{host: strings.Clone(host), name: strings.Clone(name)}
	bucket := n.bucket(host, name)
	r.following.Store(bucket.Load())
	bucket.Store(r)
	if gone, full := n.kept.put(client, hash(n.seed, host, name), r); full {
		n.remove(gone)
	}
	return r
}

// remove takes a record out of its chain. Whoever is reading it goes on from there.
func (n *names) remove(r *record) {
	link := n.bucket(r.host, r.name)
	for link.Load() != r {
		link = &link.Load().following
	}
	link.Store(r.following.Load())
}
