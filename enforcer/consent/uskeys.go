package consent

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// usKeyed is a field of a section by the name that keys have for it.
type usKeyed struct {
	name string
	at   int // in bits
	says usMeaning
}

// keyed are the fields that tell what the visitor has chosen, of which the first begins
// at a bit, and where the last field ends.
func keyed(fields []usField, at int) (named []usKeyed, end int) {
	const size = 2
	for _, field := range fields {
		for i := range field.count {
			name := field.name
			if field.count > 1 {
				name += "." + strconv.Itoa(i+1)
			}
			if field.says != saysNothing {
				named = append(named, usKeyed{name, at, field.says})
			}
			at += size
		}
	}
	return named, at
}

// named are all fields that a section may have in one of its versions, but for the
// signal.
func (s *usSection) named() (all []usKeyed) {
	for _, fields := range append(slices.Clone(s.layouts), s.more) {
		more, _ := keyed(fields, 0)
		all = append(all, more...)
	}
	return all
}

// usSectionOf finds a section by its name.
func usSectionOf(name string) *usSection {
	i := slices.IndexFunc(usSections, func(s usSection) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &usSections[i]
}

// checkKey tells what is wrong with a key of the section that no value can have.
func (s *usSection) checkKey(field string) error {
	if field == usGPC && s.hasGPC || s.says(field) != saysNothing {
		return nil
	}
	var possible []string
	for _, fields := range append(slices.Clone(s.layouts[len(s.layouts)-1:]), s.more) {
		for _, f := range fields {
			switch {
			case f.says == saysNothing:
			case f.count > 1:
				possible = append(possible, f.name+".1 to "+strconv.Itoa(f.count))
			default:
				possible = append(possible, f.name)
			}
		}
	}
	if s.hasGPC {
		possible = append(possible, usGPC)
	}
	return errors.New("expected a field of " + s.name + " that tells what the visitor has chosen: " + strings.Join(possible, ", "))
}

// says is what a field means, if there is one of that name.
func (s *usSection) says(field string) usMeaning {
	for _, f := range s.named() {
		if f.name == field {
			return f.says
		}
	}
	return saysNothing
}
