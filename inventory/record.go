package inventory

import (
	"math"
	"strings"
	"time"
)

// Sighting is a cookie that was seen in a message, or an origin that a browser has
// reported. What is longer than a record keeps is cut there.
type Sighting struct {
	// Host is in lower case, without a port. Name is fit for logs: ids in it are
	// replaced by "*". That of an origin is the origin, as https://www.example.com.
	Host, Name string

	Direction Direction

	// Removed tells that the gateway took the cookie out of the message, or would
	// have, where it only reports; of an origin, that the browser loaded nothing.
	Removed bool

	// Attributes are those of a Set-Cookie line. It is nil in requests, and for lines
	// that are not to tell how the cookie is set, as those that delete it.
	Attributes *Attributes

	Verdict Verdict
}

// Direction tells which way a message went.
type Direction uint8

const (
	Sent     Direction = iota // by a browser, in a request
	Set                       // by a response
	Reported                  // by a browser: a page was to load from an origin
)

// Attributes are what a Set-Cookie line says besides the name and the value.
type Attributes struct {
	Domain      string `json:"domain,omitempty"`
	Path        string `json:"path,omitempty"`
	SameSite    string `json:"same_site,omitempty"`
	Secure      bool   `json:"secure,omitempty"`
	HTTPOnly    bool   `json:"http_only,omitempty"`
	Partitioned bool   `json:"partitioned,omitempty"`

	// MaxAge is in seconds. It is 0 for a session cookie.
	MaxAge int64 `json:"max_age,omitempty"`
}

// Verdict is where the policy lists a cookie. It is empty for an unlisted one.
type Verdict struct {
	Category string `json:"category,omitempty"`
	Service  string `json:"service,omitempty"`

	// Owned tells that it is a cookie of the consent manager, which passes unlisted.
	Owned bool `json:"owned,omitempty"`
}

// Record is what is known of one name, or of one origin, on one host. Times are in UTC, with a
// precision of a second; counts stop at the highest number.
type Record struct {
	Host string `json:"host"` // 253 bytes at most
	Name string `json:"name"` // 128 bytes at most

	// Sent, Set, Reported and Removed count sightings: in requests, in responses, in
	// reports of browsers, and those of all that were removed.
	Sent     uint64 `json:"sent,omitempty"`
	Set      uint64 `json:"set,omitempty"`
	Reported uint64 `json:"reported,omitempty"`
	Removed  uint64 `json:"removed,omitempty"`

	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`

	// Attributes are of the last line that had some, and LastSet is when that was.
	Attributes *Attributes `json:"attributes,omitempty"`
	LastSet    time.Time   `json:"last_set,omitzero"`

	// Verdict is that of the last sighting.
	Verdict
}

// ByScript tells that the cookie was sent and no response has set it: a script has,
// or a response that did not pass here.
func (r *Record) ByScript() bool { return r.Sent > 0 && r.Set == 0 }

// IsOrigin tells that the record is of an origin, and not of a cookie.
func (r *Record) IsOrigin() bool { return r.Reported > 0 }

// times is how often it was seen.
func (r *Record) times() uint64 { return sum(sum(r.Sent, r.Set), r.Reported) }

// The longest texts of a record, in bytes.
const (
	maxHost = 253 // of a name in the DNS
	maxName = 128
	maxText = 256
)

// record is what n sightings at a time are counted as.
func (s *Sighting) record(at time.Time, n uint64) Record {
	r := Record{
		Host:       s.Host,
		Name:       s.Name,
		FirstSeen:  at,
		LastSeen:   at,
		Attributes: s.Attributes,
		Verdict:    s.Verdict,
	}
	switch s.Direction {
	case Set:
		r.Set = n
	case Reported:
		r.Reported = n
	default:
		r.Sent = n
	}
	if s.Removed {
		r.Removed = n
	}
	if s.Attributes != nil {
		r.LastSet = at
	}
	r.fitTexts()
	return r
}

// add counts what another record of the same cookie does. Of two as late as each
// other, the other one is the later.
func (r *Record) add(other *Record) {
	r.Sent = sum(r.Sent, other.Sent)
	r.Set = sum(r.Set, other.Set)
	r.Reported = sum(r.Reported, other.Reported)
	r.Removed = sum(r.Removed, other.Removed)
	if other.FirstSeen.Before(r.FirstSeen) {
		r.FirstSeen = other.FirstSeen
	}
	if !other.LastSeen.Before(r.LastSeen) {
		r.LastSeen, r.Verdict = other.LastSeen, other.Verdict
	}
	if other.Attributes == nil || r.Attributes != nil && other.LastSet.Before(r.LastSet) {
		return
	}
	r.LastSet = other.LastSet
	if r.Attributes == nil || *r.Attributes != *other.Attributes {
		r.Attributes = other.Attributes.clone()
	}
}

func sum(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// clone copies a record with its texts, which may be parts of whole messages.
func (r *Record) clone() Record {
	c := *r
	c.Host, c.Name = strings.Clone(r.Host), strings.Clone(r.Name)
	c.Attributes = r.Attributes.clone()
	return c
}

func (a *Attributes) clone() *Attributes {
	if a == nil {
		return nil
	}
	c := *a
	c.Domain, c.Path, c.SameSite = strings.Clone(a.Domain), strings.Clone(a.Path), strings.Clone(a.SameSite)
	return &c
}
