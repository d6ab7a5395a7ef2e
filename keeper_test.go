package cookieconsent

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logged "go.uber.org/zap/zaptest/observer"

	"github.com/caddy-consent/caddy-consent/inventory"
)

// badStorage is a storage that fails, or that hangs: until nobody waits any more, or
// whoever waits.
type badStorage struct {
	err    error
	broken chan struct{} // closed in the end
}

func (s badStorage) do(ctx context.Context) error {
	switch {
	case s.err != nil:
		return s.err
	case s.broken != nil:
		<-s.broken
		return errors.New("no answer")
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s badStorage) Load(ctx context.Context, _ string) ([]byte, error) { return nil, s.do(ctx) }

func (s badStorage) Store(ctx context.Context, _ string, _ []byte) error { return s.do(ctx) }

func (s badStorage) Lock(ctx context.Context, _ string) error { return s.do(ctx) }

func (s badStorage) Unlock(ctx context.Context, _ string) error { return s.do(ctx) }

// TestBadStorage: a storage that fails or hangs fails no request and keeps no config
// from ending. It is logged once.
func TestBadStorage(t *testing.T) {
	for name, storage := range map[string]badStorage{
		"full":          {err: errors.New("no space left")},
		"hangs":         {},
		"hangs forever": {broken: make(chan struct{})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if storage.broken != nil {
					storage.broken = make(chan struct{}) // one of this test's own time
					defer close(storage.broken)
				}
				core, logs := logged.New(zapcore.ErrorLevel)
				h := &Handler{Policy: []byte(inlinePolicy), Mode: enforce, logger: zap.New(core), storage: storage}
				if err := h.provisionPolicy(); err != nil {
					t.Fatal(err)
				}
				g := registry{refusals: make(map[string]refusal)}
				g.add(h)
				for range 20 {
					r := httptest.NewRequest("GET", "/", nil)
					r.Header.Set("Cookie", "_ga=1")
					err := h.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
						if r.Header["Cookie"] != nil {
							t.Error("a cookie got through")
						}
						return nil
					}))
					if err != nil {
						t.Fatal(err)
					}
					<-time.After(saveEvery)
				}
				began := time.Now()
				g.remove(h)
				if took := time.Since(began); took > lastSaveTimeout {
					t.Errorf("the config took %s to end", took)
				}
				if logs.Len() > 2 || logs.Len() == 0 && storage.broken == nil { // at the end it is logged once more
					t.Errorf("%d errors in the log: %v", logs.Len(), logs.All())
				}
			})
		})
	}
}

// TestStorageRecovers: what a storage did not take is there once it does, and the next
// failure is logged again.
func TestStorageRecovers(t *testing.T) {
	t.Parallel()
	core, logs := logged.New(zapcore.ErrorLevel)
	full := badStorage{err: errors.New("no space left")}
	works := &memoryStorage{}
	var k keeper
	for _, storage := range []inventory.Storage{full, full, works, full, works} {
		k.save(t.Context(), &Handler{logger: zap.New(core), storage: storage})
	}
	if logs.Len() != 2 {
		t.Errorf("%d errors in the log, want 2: %v", logs.Len(), logs.All())
	}
}

// memoryStorage is a storage that works.
type memoryStorage struct{ value []byte }

func (s *memoryStorage) Load(context.Context, string) ([]byte, error) {
	if s.value == nil {
		return nil, fs.ErrNotExist
	}
	return s.value, nil
}

func (s *memoryStorage) Store(_ context.Context, _ string, value []byte) error {
	s.value = value
	return nil
}

func (s *memoryStorage) Lock(context.Context, string) error { return nil }

func (s *memoryStorage) Unlock(context.Context, string) error { return nil }
