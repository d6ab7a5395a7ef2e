package consent

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Answer is what a visitor says about one key of a choice.
type Answer struct {
	Key     string
	Granted bool
}

// Encode writes a choice as a value that the decoder reads, in the form in which
// portals' scripts write it: percent-encoded, with the time in milliseconds. AutoFormat
// is written as an object of JSON. A list has granted names only and no time: what is
// not in it is undecided. Where choices have a version, it is that of AtLeast.
func (d *Decoder) Encode(answers []Answer, at time.Time) string {
	switch d.Format {
	case ListFormat:
		return escape(strings.Join(granted(answers), ","))
	case PairsFormat:
		return escape(d.pairs(answers, at))
	}
	return escape(d.object(answers, at))
}

func granted(answers []Answer) (keys []string) {
	for _, a := range answers {
		if a.Granted {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

func (d *Decoder) pairs(answers []Answer, at time.Time) string {
	var pairs []string
	for _, a := range answers {
		said := "0"
		if a.Granted {
			said = "1"
		}
		pairs = append(pairs, a.Key+"="+said)
	}
	if d.Timestamp != "" {
		pairs = append(pairs, d.Timestamp+"="+strconv.FormatInt(at.UnixMilli(), 10))
	}
	if d.Version != "" {
		pairs = append(pairs, d.Version+"="+d.AtLeast)
	}
	return strings.Join(pairs, "&")
}

// object writes the members in the order of the answers, which a map would not keep.
func (d *Decoder) object(answers []Answer, at time.Time) string {
	var object strings.Builder
	member := func(name, value string) {
		if object.Len() > 0 {
			object.WriteByte(',')
		}
		object.WriteString(quote(name) + ":" + value)
	}
	for _, a := range answers {
		member(a.Key, strconv.FormatBool(a.Granted))
	}
	if d.Timestamp != "" {
		member(d.Timestamp, strconv.FormatInt(at.UnixMilli(), 10))
	}
	if d.Version != "" {
		member(d.Version, quote(d.AtLeast))
	}
	return "{" + object.String() + "}"
}

func quote(text string) string {
	quoted, _ := json.Marshal(text) // of a string, which cannot fail
	return string(quoted)
}

// escape is encodeURIComponent, but for marks that it leaves as they are.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
