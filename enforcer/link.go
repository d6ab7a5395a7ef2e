package enforcer

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// filterLinks takes off a header map the links that have a browser load something, or
// get ready to, from where the visitor does not permit it: cookies go along. Browsers
// act on them at once, before there is any document. A response that keeps one by the
// visitor's choice is for nobody else (rule S7).
func (x *Exchange) filterLinks(header http.Header, j *judge) {
	loses := func(line string) bool { return line == "" || x.losesLink(line, j) }
	isChosen := func(line string) bool { return x.losesLink(line, &x.enforcer.refusing) }
	for key, lines := range header {
		if len(key) != len("Link") || !strings.EqualFold(key, "Link") {
			continue
		}
		if s := x.settled; s != nil && s.permitted == j.permitted && s.links.are(key, lines) {
			header[key] = s.links.ours
			continue
		}
		if !slices.ContainsFunc(lines, loses) {
			x.isForOne = x.isForOne || slices.ContainsFunc(lines, isChosen)
			x.settleLinks(key, lines, j)
			continue
		}
		var kept []string
		for _, line := range lines {
			if line = x.filterLinkLine(line, j); line != "" {
				kept = append(kept, line)
			}
		}
		if header[key] = kept; len(kept) == 0 {
			delete(header, key)
		}
		x.isForOne = x.isForOne || slices.ContainsFunc(kept, isChosen)
	}
}

// settleLinks takes note of lines that may go out as they are.
func (x *Exchange) settleLinks(key string, lines []string, j *judge) {
	if !areMany(lines) {
		return
	}
	if x.settled == nil {
		x.settled = new(settled)
	}
	x.settled.links, x.settled.permitted = newLent(key, lines), j.permitted
}

// losesLink tells whether a line has a link that may not stay.
func (x *Exchange) losesLink(line string, j *judge) bool {
	for link := range links(line) {
		if x.refusesLink(link, j) {
			return true
		}
	}
	return false
}

// filterLinkLine leaves of a line the links that may stay, as they are.
func (x *Exchange) filterLinkLine(line string, j *judge) string {
	if !x.losesLink(line, j) {
		return line
	}
	var kept []string
	for link := range links(line) {
		if link = strings.Trim(link, " \t"); link != "" && !x.refusesLink(link, j) {
			kept = append(kept, link)
		}
	}
	return strings.Join(kept, ", ")
}

// links are those of a line: between them are commas that are neither in a target nor in
// a quoted string (RFC 8288, section 3).
func links(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for link := ""; line != ""; {
			if link, line = cutAt(line, ','); !yield(link) {
				return
			}
		}
	}
}

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

// refusesLink tells whether a link has a browser load from where it may not.
func (x *Exchange) refusesLink(link string, j *judge) bool {
	_, link, _ = strings.Cut(link, "<")
	target, params, ok := strings.Cut(link, ">")
	if !ok {
		return false
	}
	loads, pictures := false, ""
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
			pictures += " " + value
		}
	}
	if !loads || !x.permitsLink(target, j) {
		return loads
	}
	for address := range strings.FieldsFuncSeq(pictures, func(c rune) bool { return c == ' ' || c == ',' || c == '\t' }) {
		if !x.permitsLink(address, j) {
			return true
		}
	}
	return false
}
