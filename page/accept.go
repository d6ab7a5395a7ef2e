package page

import (
	"strconv"
	"strings"
)

// preference is how much a client likes a media type: by its quality, and then by how
// closely the client has named it.
type preference struct {
	quality   float64
	closeness int // 3: by its name, 2: by its kind, 1: with all others, 0: not at all
}

// prefersJSON tells whether a client would rather have JSON than HTML. Who takes
// anything gets HTML.
func prefersJSON(accept []string) bool {
	header := strings.Join(accept, ",")
	json, html := preferenceFor(header, "application/json"), preferenceFor(header, "text/html")
	if json.quality != html.quality {
		return json.quality > html.quality
	}
	return json.quality > 0 && json.closeness > html.closeness
}

// preferenceFor reads what an Accept header says about a media type: the closest of
// its names counts (RFC 9110, section 12.5.1).
func preferenceFor(header, mediaType string) (p preference) {
	kind, _, _ := strings.Cut(mediaType, "/")
	for item := range strings.SplitSeq(header, ",") {
		named, parameters, _ := strings.Cut(item, ";")
		closeness := 0
		switch strings.ToLower(strings.TrimSpace(named)) {
		case mediaType:
			closeness = 3
		case kind + "/*":
			closeness = 2
		case "*/*":
			closeness = 1
		}
		if closeness > p.closeness {
			p = preference{qualityOf(parameters), closeness}
		}
	}
	return p
}

// qualityOf reads the parameter q. One that cannot be read is none.
func qualityOf(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
		return 0
	}
	return 1
}
