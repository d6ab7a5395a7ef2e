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

func (USP) read(text []byte, f *findings) bool { return readUSP(text, uspOptOutSale, f) }

const uspOptOutSale = "OptOutSale"

// readUSP reads a version, whether notice was given, whether the visitor opted out of
// the sale, which is what a key stands for, and whether the contract covers it.
func readUSP(text []byte, key string, f *findings) bool {
	if len(text) != 4 || text[0] != '1' {
		return false
	}
	for _, c := range text[1:] {
		switch c {
		case 'Y', 'y', 'N', 'n', '-':
		default:
			return false
		}
	}
	s := Undecided
	if text[2] == 'Y' || text[2] == 'y' {
		s = Denied
	}
	f.note(key, s)
	return true
}
