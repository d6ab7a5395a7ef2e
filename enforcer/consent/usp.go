package consent

import "errors"

// USP is a US Privacy String, such as "1YNN". Its only key is "OptOutSale", which can
// deny: who did not opt out has granted nothing.
type USP struct{}

// CheckKey implements [Decoding].
func (USP) CheckKey(key string) error {
	if key != uspOptOutSale {
		return errors.New("expected " + uspOptOutSale)
	}
	return nil
}

// CanGrant tells whether a key can grant at all, or only deny.
func (USP) CanGrant(string) bool { return false }

// CheckMember implements [Decoding].
func (USP) CheckMember(string) error { return errNoMembers }

// HasWords implements [Decoding].
func (USP) HasWords() bool { return false }

func (d USP) reader(names, names) reader { return d }

func (USP) absent() State { return Undecided }

func (USP) read(text []byte, f *findings) bool {
	s := uspState(text)
	f.note(uspOptOutSale, s)
	return s != Undecodable
}

const uspOptOutSale = "OptOutSale"

// uspState reads a version, whether notice was given, whether the visitor opted out of
// the sale, which is what matters, and whether the contract covers it.
func uspState(text []byte) State {
	if len(text) != 4 || text[0] != '1' {
		return Undecodable
	}
	for _, c := range text[1:] {
		switch c {
		case 'Y', 'y', 'N', 'n', '-':
		default:
			return Undecodable
		}
	}
	if text[2] == 'Y' || text[2] == 'y' {
		return Denied
	}
	return Undecided
}
