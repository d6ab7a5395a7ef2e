package consent

import "github.com/caddy-consent/caddy-consent/enforcer/cookie"

// jar is the cookies of one message that sources look at.
type jar struct {
	cookies []jarred
	isCut   bool // there were more of them than any browser has reason to send
}

type jarred struct{ name, value string }

// jarOf reads a Cookie line, up to [MaxPairs] and [MaxBytes].
func jarOf(line string) (j jar) {
	size := 0
	for more := true; more; {
		var p cookie.Pair
		if p, line, more = cookie.Next(line); p.Text == "" {
			continue
		}
		if size += len(p.Text); len(j.cookies) == MaxPairs || size > MaxBytes {
			j.isCut = true
			return j
		}
		j.cookies = append(j.cookies, jarred{p.Name(), p.Value()})
	}
	return j
}

// of are the cookies of a declared name.
func (j *jar) of(declared string) (found []jarred) {
	for _, c := range j.cookies {
		if Matches(declared, c.name) {
			found = append(found, c)
		}
	}
	return found
}

// around is the jar that one source reads. What it looks for in other cookies is read
// once, however many it has of its own.
type around struct {
	*jar
	texts map[*Place][]text
}

// at are the texts at a place in other cookies.
func (a *around) at(p *Place) []text {
	texts, known := a.texts[p]
	if !known {
		for _, c := range a.of(p.Cookie) {
			texts = append(texts, p.textIn(c.value))
		}
		a.texts[p] = texts
	}
	return texts
}
