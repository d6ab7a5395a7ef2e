package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// document is what a storage holds.
type document struct {
	Version int    `json:"version"`
	ID      string `json:"id"` // of this inventory; empty where nothing is stored
	Snapshot
}

// version is that of the documents that are written, and the only one that can be
// read.
const version = 1

// maxID is the length of the longest id. The ones made here have 26 bytes.
const maxID = 64

// read returns what is stored.
func read(ctx context.Context, storage Storage) (document, error) {
	text, err := storage.Load(ctx, Key)
	if errors.Is(err, fs.ErrNotExist) {
		return document{}, nil
	}
	if err != nil {
		return document{}, fmt.Errorf("reading the inventory from its storage: %w", err)
	}
	d, err := parse(text)
	if err != nil {
		return document{}, fmt.Errorf("%s in the storage: %w", Key, err)
	}
	return d, nil
}

func write(ctx context.Context, storage Storage, d document) error {
	d.Version = version
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("writing the inventory as JSON: %w", err)
	}
	if err := storage.Store(ctx, Key, text); err != nil {
		return fmt.Errorf("storing the inventory: %w", err)
	}
	return nil
}

// parse reads a document. People may have edited it: its records are fitted, merged
// and bounded like sightings.
func parse(text []byte) (document, error) {
	// The version comes first: others may have members of other types.
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return document{}, garbled(err)
	}
	if head.Version > version {
		return document{}, fmt.Errorf("expected an inventory of version %d, found version %d of a newer release: update this gateway, or move the document away to begin a new inventory",
			version, head.Version)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return document{}, garbled(err)
	}
	switch {
	case d.Version != version:
		return document{}, garbled(fmt.Errorf("its version is %d", d.Version))
	case d.ID == "" || len(d.ID) > maxID:
		return document{}, garbled(fmt.Errorf("its id has %d bytes, and not 1 to %d", len(d.ID), maxID))
	}
	for i := range d.Records {
		d.Records[i].fit()
	}
	d.Snapshot = merge(d.Snapshot)
	return d, nil
}

func garbled(err error) error {
	return fmt.Errorf("expected an inventory of version %d: %w; repair the document, or move it away to begin a new one", version, err)
}
