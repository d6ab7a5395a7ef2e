package enforcer

import (
	"net/http"
	"slices"
	"strings"
)

// filterLinks takes off a header map the links that have a browser load something, or
// get ready to, from where the visitor does not permit it: cookies go along. Browsers
// act on them at once, before there is any document.
func (x *Exchange) filterLinks(header http.Header, j *judge) {
	for key, lines := range header {
		if !strings.EqualFold(key, "Link") {
			continue
		}
		kept := make([]string, 0, len(lines))
		for _, line := range lines {
			if line = x.filterLinkLine(line, j); line != "" {
				kept = append(kept, line)
			}
		}
		switch {
		case len(kept) == 0:
			delete(header, key)
		case !slices.Equal(kept, lines):
			header[key] = kept
		}
	}
}

// filterLinkLine leaves of a line the links that may stay, as they are.
func (x *Exchange) filterLinkLine(line string, j *judge) string {
	var kept []string
	lost := false
	for rest := line; rest != ""; {
		var link string
		link, rest = nextLink(rest)
		notPermitted := func(target string) bool { return !x.permitsLink(target, j) }
		if slices.ContainsFunc(loadsFrom(link), notPermitted) {
			lost = true
			continue
		}
		if link = strings.Trim(link, " \t"); link != "" {
			kept = append(kept, link)
		}
	}
	if !lost {
		return line
	}
	return strings.Join(kept, ", ")
}

// nextLink cuts a link off a line, at the next comma that is neither in its target nor
// in a quoted string (RFC 8288, section 3).
func nextLink(line string) (link, rest string) { return cutAt(line, ',') }

// cutAt cuts a text at the next mark of a kind, outside of <…> and "…".
func cutAt(text string, mark byte) (before, after string) {
	quoted, target := false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !target:
			quoted = !quoted
		case quoted:
		case c == '<':
			target = true
		case c == '>':
			target = false
		case c == mark && !target:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// loading are the relations that have browsers load, connect to, or look up a target.
var loading = []string{"preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "prerender", "stylesheet", "icon"}

// loadsFrom are the addresses from which a link has a browser load.
func loadsFrom(link string) []string {
	_, link, _ = strings.Cut(link, "<")
	target, params, ok := strings.Cut(link, ">")
	if !ok {
		return nil
	}
	addresses, loads := []string{target}, false
	for params != "" {
		var param string
		param, params = cutAt(params, ';')
		name, value, _ := strings.Cut(param, "=")
		value = strings.ReplaceAll(strings.Trim(value, " \t\""), `\`, "") // which quotes what follows
		switch strings.ToLower(strings.Trim(name, " \t")) {
		case "rel":
			for relation := range strings.FieldsSeq(strings.ToLower(value)) {
				loads = loads || slices.Contains(loading, relation)
			}
		case "imagesrcset": // its addresses stand between sizes, which pass for paths
			addresses = append(addresses, strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ',' || c == '\t' })...)
		}
	}
	if !loads {
		return nil
	}
	return addresses
}
