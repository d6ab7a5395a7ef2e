package inventory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Storage is where instances share an inventory. It is a part of what Caddy's
// storages do: Store replaces a value at once or not at all, and Load returns
// [io/fs.ErrNotExist] for a key that is not there.
type Storage interface {
	Load(ctx context.Context, key string) ([]byte, error)
	Store(ctx context.Context, key string, value []byte) error
	Lock(ctx context.Context, name string) error
	Unlock(ctx context.Context, name string) error
}

// Key is where the inventory is in a storage.
const Key = "cookie_consent/inventory.json"

const lockName = "cookie_consent_inventory"

// unlockTime is how long giving the lock back may take. The context of the call may
// be done by then.
const unlockTime = 10 * time.Second

// Save adds what is new since the last Save to what is stored, and takes over the
// result, with what other instances have seen. Where nothing is new, it only reads:
// after a restart, that brings back what was stored.
//
// After an error, what is new stays here for the next Save: that is no error of
// requests. A storage that fails to store and has stored nevertheless makes the
// same sightings count twice then; there is no telling, and a name that is lost
// would be worse. A storage that fails to unlock has stored. A document that is
// garbled, or of a newer version, is never overwritten, and an error that says what to
// do.
//
// When the storage is another one than before, only what is new goes there: what
// was saved is where it is, and stays in the snapshots of this process, of the
// last three other inventories. Each of them has an id, so that another way to the
// same inventory, or a copy of it, does not count twice.
func (i *Inventory) Save(ctx context.Context, storage Storage) error {
	if err := i.begin(ctx); err != nil {
		return err
	}
	defer i.end()
	news := i.take()
	if news.isEmpty() {
		return i.load(ctx, storage)
	}
	return i.store(ctx, storage, news)
}

// begin waits until no other call uses a storage.
func (i *Inventory) begin(ctx context.Context) error {
	select {
	case i.storing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting until the inventory's storage has answered another call: %w", ctx.Err())
	}
}

func (i *Inventory) end() { <-i.storing }

// take returns what is to be saved. It stays in the snapshots.
func (i *Inventory) take() Snapshot {
	i.mu.Lock()
	defer i.mu.Unlock()
	fresh := i.fresh.snapshot()
	i.fresh = newTable(0)
	i.fresh.know(i.hosts)
	if i.unsaved.isEmpty() {
		i.unsaved = fresh
	} else {
		i.unsaved = merge(i.unsaved, fresh)
	}
	return i.unsaved
}

func (i *Inventory) load(ctx context.Context, storage Storage) error {
	d, err := read(ctx, storage)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.adopt(d)
	return nil
}

func (i *Inventory) store(ctx context.Context, storage Storage, news Snapshot) (err error) {
	if err := storage.Lock(ctx, lockName); err != nil {
		return fmt.Errorf("locking the inventory in its storage: %w", err)
	}
	defer func() { err = errors.Join(err, unlock(ctx, storage)) }()
	d, err := read(ctx, storage)
	if err != nil {
		return err
	}
	if d.ID == "" {
		d.ID = rand.Text()
	}
	d.Snapshot = merge(d.Snapshot, news)
	if err := write(ctx, storage, d); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.adopt(d)
	i.unsaved = Snapshot{}
	return nil
}

func unlock(ctx context.Context, storage Storage) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
	defer cancel()
	if err := storage.Unlock(ctx, lockName); err != nil {
		return fmt.Errorf("unlocking the inventory in its storage: %w", err)
	}
	return nil
}

// maxStored is how many inventories of different storages are remembered.
const maxStored = 4

// adopt remembers a document instead of an older state of the same inventory. It
// needs the mutex.
func (i *Inventory) adopt(d document) {
	if d.ID == "" {
		return // nothing is stored yet
	}
	others := slices.DeleteFunc(slices.Clone(i.stored), func(o document) bool { return o.ID == d.ID })
	i.stored = append(others[max(0, len(others)+1-maxStored):], d)
	i.hosts = d.worthOfHosts()
	i.fresh.know(i.hosts)
}
