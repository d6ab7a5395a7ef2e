package cookie

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Details are what a Set-Cookie line says besides the name and the value.
type Details struct {
	Attributes

	// Secure keeps the cookie to HTTPS.
	Secure bool

	// SameSite is "Strict", "Lax" or "None", and empty where the line has none of them.
	SameSite string

	// MaxAge is how many seconds the cookie lives. It is 0 for a session cookie, and
	// for one that the line deletes.
	MaxAge int64
}

// ReadDetails reads a Set-Cookie line as RFC 6265bis, section 5.7, has it.
func ReadDetails(line string, now time.Time) Details {
	d := Details{Attributes: ReadAttributes(line)}
	_, rest := cut(line, ';')
	for rest != "" {
		var name, value string
		name, value, rest = nextAttribute(rest)
		switch {
		case isNamed(name, "secure"):
			d.Secure = true
		case isNamed(name, "samesite"):
			d.SameSite = sameSite(value)
		}
	}
	switch maxAge, expires := readLife(line); {
	case maxAge.foundValid:
		d.MaxAge = max(0, seconds(maxAge.valid))
	case expires.foundValid:
		date, _ := ParseDate(expires.valid)
		d.MaxAge = max(0, int64(date.Sub(now)/time.Second))
	}
	return d
}

func sameSite(value string) string {
	for _, known := range []string{"Strict", "Lax", "None"} {
		if strings.EqualFold(value, known) {
			return known
		}
	}
	return ""
}

// seconds is the number in a valid Max-Age value, or the nearest there is.
func seconds(value string) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil && value[0] != '-' {
		return math.MaxInt64
	}
	return n
}
