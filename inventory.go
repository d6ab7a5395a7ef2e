package cookieconsent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-consent/caddy-consent/inventory"
)

// observed is the inventory of all handlers. It outlives config reloads.
var observed = inventory.New()

const (
	// saveEvery is how much of the inventory a crash may lose.
	saveEvery = 10 * time.Second
	// saveTimeout is how long a storage may take. At the end of the process, it may
	// take as long as lastSaveTimeout.
	saveTimeout     = time.Minute
	lastSaveTimeout = 5 * time.Second
)

// provisionCatalogue reads the file from which the inventory takes suggestions.
func (h *Handler) provisionCatalogue() error {
	if h.Catalogue == "" {
		return nil
	}
	path, err := caddy.NewReplacer().ReplaceOrErr(h.Catalogue, true, true)
	if err != nil {
		return fmt.Errorf("the path of the catalogue: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	defer file.Close()
	h.catalogue, err = inventory.ReadCatalogue(path, file)
	return err
}

// keeper saves the inventory at intervals. A storage that fails, or that hangs, keeps
// no request waiting: what it has not taken stays in memory for the next time.
type keeper struct {
	failing bool // which is logged once
}

// save saves what was seen up to now, in the storage of a handler.
func (k *keeper) save(ctx context.Context, h *Handler) {
	seen.Forget() // so that the next message of each kind tells how its cookies are set
	if h.storage == nil {
		return
	}
	err := observed.Save(ctx, h.storage)
	if errors.Is(err, context.Canceled) {
		return // there is one more time
	}
	if err != nil && !k.failing {
		h.logger.Error("the inventory of cookies could not be saved, and stays in memory until it can be", zap.Error(err))
	}
	k.failing = err != nil
}

// cookieSeen is a cookie as the admin endpoint tells of it.
type cookieSeen struct {
	inventory.Record
	ByScript   bool                  `json:"by_script,omitempty"`  // no response has set it
	Suggestion *inventory.Suggestion `json:"suggestion,omitempty"` // of a catalogue, for one that is unlisted
}

// originSeen is an origin from which pages were to load, as the admin endpoint tells of
// it.
type originSeen struct {
	Host      string    `json:"host"`
	Origin    string    `json:"origin"`
	Reported  uint64    `json:"reported"`
	Blocked   uint64    `json:"blocked,omitempty"` // of these; the others were loaded
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	inventory.Verdict
}

// inventorySeen is what the admin endpoint tells of the inventory.
type inventorySeen struct {
	Cookies  []cookieSeen `json:"cookies"`
	Origins  []originSeen `json:"origins"`
	Overflow uint64       `json:"overflow"` // sightings of names for which there was no room
}

// adminInventory tells what was seen up to now.
func adminInventory(w http.ResponseWriter, _ *http.Request) error {
	seen.Drain()
	snapshot := observed.Snapshot()
	answer := inventorySeen{Cookies: []cookieSeen{}, Origins: []originSeen{}, Overflow: snapshot.Overflow}
	all := handlers.all()
	for _, record := range snapshot.Records {
		if record.IsOrigin() {
			answer.Origins = append(answer.Origins, originSeen{
				Host: record.Host, Origin: record.Name, Reported: record.Reported, Blocked: record.Removed,
				FirstSeen: record.FirstSeen, LastSeen: record.LastSeen, Verdict: record.Verdict,
			})
			continue
		}
		c := cookieSeen{Record: record, ByScript: record.ByScript()}
		if record.Verdict == (inventory.Verdict{}) {
			c.Suggestion = suggestion(all, record.Name)
		}
		answer.Cookies = append(answer.Cookies, c)
	}
	return respond(w, http.StatusOK, answer)
}

// suggestion is what the first catalogue says that knows a name, or nil.
func suggestion(all []*Handler, name string) *inventory.Suggestion {
	for _, h := range all {
		if s, ok := h.catalogue.Suggest(name); ok {
			return &s
		}
	}
	return nil
}
