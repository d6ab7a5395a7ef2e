package page

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
)

// note is what a page tells of the choice that was made on it.
type note struct {
	saved, lost bool // the browser has kept the choice, or has not
	receipt     string
	keep        string // the query by which the language was chosen
}

// noteFor is the note that the address of a request asks for. Whoever follows a link that
// somebody made up is told of nothing that has not happened.
func (p *Page) noteFor(r *http.Request) note {
	query := r.URL.Query()
	switch {
	case !query.Has(savedParameter) || !p.takesChoice():
		return note{}
	case !sends(r, p.policy.ConsentCookie):
		return note{lost: true}
	}
	return note{saved: true, receipt: unseal(query.Get(savedParameter), p.now())}
}

const savedParameter = "saved"

// sends tells whether a request has a cookie.
func sends(r *http.Request, name string) bool {
	for _, line := range r.Header["Cookie"] {
		for more := true; more; {
			var pair cookie.Pair
			if pair, line, more = cookie.Next(line); pair.Text != "" && pair.Name() == name {
				return true
			}
		}
	}
	return false
}

// sealing hides receipts in addresses: access logs have these next to those of visitors,
// and must not lead to the record. The key is of this process. Another one shows the
// visitor no receipt.
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

func seal(receipt string, at time.Time) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	return base64.RawURLEncoding.EncodeToString(sealing.Seal(nil, nil, append(text, receipt...), nil))
}

// unseal returns the receipt, or "" for anything else.
func unseal(sealed string, now time.Time) string {
	const most = 256
	if len(sealed) > most {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return ""
	}
	opened, err := sealing.Open(nil, nil, text, nil)
	if err != nil || len(opened) < 8 {
		return ""
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(opened)), 0))
	if age < -time.Second || age > receiptLasts {
		return ""
	}
	return string(opened[8:])
}
