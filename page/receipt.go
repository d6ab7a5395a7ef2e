package page

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// note is what a page tells of the choice that was made on it.
type note struct {
	saved, lost bool // the browser has kept the choice, or has not
	cleared     bool // it had several copies of it
	receipt     string
	keep        string // the query by which the language was chosen
}

// noteFor is the note that the address of a request asks for. Whoever follows a link that
// somebody made up is told of nothing that has not happened, and whoever reads one in a log
// learns nothing: it takes the cookie that was set.
func (p *Page) noteFor(r *http.Request) note {
	s, ok := unseal(r.URL.Query().Get(savedParameter), p.now())
	switch {
	case !ok:
		return note{}
	case !sends(r, p.policy.ConsentCookie, s.value):
		return note{lost: true}
	}
	return note{saved: true, cleared: s.cleared, receipt: s.receipt}
}

const savedParameter = "saved"

// sends tells whether a request has a cookie whose value has a hash.
func sends(r *http.Request, name string, value valueHash) bool {
	for sent := range valuesOf(r, name) {
		if hashValue(sent) == value {
			return true
		}
	}
	return false
}

// sealed is what the address after a choice has in it.
type sealed struct {
	value   valueHash // of the cookie that was set
	cleared bool      // others of its name were deleted
	receipt string    // may be empty
}

type valueHash [16]byte

func hashValue(value string) (h valueHash) {
	sum := sha256.Sum256([]byte(value))
	copy(h[:], sum[:])
	return h
}

// sealing hides receipts in addresses: access logs have these next to those of visitors,
// and must not lead to the record. The key is of this process. Another one tells the
// visitor nothing of what was saved.
var sealing = func() cipher.AEAD {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // which never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // of a key that has another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // of a cipher that has other blocks
	}
	return aead
}()

// receiptLasts is how long an address shows a receipt.
const receiptLasts = 10 * time.Minute

func seal(s sealed, at time.Time) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	text = append(text, s.value[:]...)
	cleared := byte(0)
	if s.cleared {
		cleared = 1
	}
	text = append(append(text, cleared), s.receipt...)
	return base64.RawURLEncoding.EncodeToString(sealing.Seal(nil, nil, text, nil))
}

// unseal reports false for anything else, and for what is too old.
func unseal(text string, now time.Time) (s sealed, ok bool) {
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return sealed{}, false
	}
	const fixed = 8 + len(s.value) + 1
	opened, err := sealing.Open(nil, nil, bytes, nil)
	if err != nil || len(opened) < fixed {
		return sealed{}, false
	}
	copy(s.value[:], opened[8:])
	s.cleared, s.receipt = opened[fixed-1] == 1, string(opened[fixed:])
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(opened)), 0))
	return s, age >= -time.Second && age <= receiptLasts
}
