package cookieconsent

import (
	"context"
	"slices"
	"sync"
	"time"
)

// handlers are those that serve requests now. Between two configs these are the old
// ones and the new ones.
var handlers = registry{refusals: make(map[string]refusal)}

// registry knows all handlers, and works for them in the background as long as there
// are any.
type registry struct {
	mu   sync.Mutex
	live []*Handler // in the order in which they came
	stop context.CancelFunc
	done chan struct{} // closed once nothing is saved any more

	refusals map[string]refusal // the last one of each file that is refused now
}

// add takes in a handler that is about to serve.
func (g *registry) add(h *Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live = append(g.live, h)
	if len(g.live) > 1 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop, g.done = cancel, make(chan struct{})
	go g.watch(ctx)
	go g.keep(ctx, g.done)
}

// remove takes leave of a handler. With the last one, what it has seen is saved.
func (g *registry) remove(h *Handler) {
	g.mu.Lock()
	i := slices.Index(g.live, h)
	if i < 0 {
		g.mu.Unlock()
		return
	}
	g.live = slices.Delete(g.live, i, i+1)
	last := len(g.live) == 0
	stop, done := g.stop, g.done
	g.mu.Unlock()
	if !last {
		return
	}
	stop()
	saved := make(chan struct{})
	go func() {
		defer close(saved)
		<-done
		ctx, cancel := context.WithTimeout(context.Background(), lastSaveTimeout)
		defer cancel()
		new(keeper).save(ctx, h)
	}()
	select {
	case <-saved:
	case <-time.After(lastSaveTimeout): // a storage that hangs keeps no config from ending
	}
}

// all are the handlers that serve requests now.
func (g *registry) all() []*Handler {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.live)
}

// newest is the handler that came last: its config is the one in force.
func (g *registry) newest() *Handler {
	if all := g.all(); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// watch looks after the files of policies.
func (g *registry) watch(ctx context.Context) {
	var w watcher
	each(ctx, lookEvery, func() { w.look(g) })
}

// keep saves the inventory at intervals.
func (g *registry) keep(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	var k keeper
	each(ctx, saveEvery, func() {
		if h := g.newest(); h != nil {
			ctx, cancel := context.WithTimeout(ctx, saveTimeout)
			defer cancel()
			k.save(ctx, h)
		}
	})
}

// each does something at once, and then at intervals.
func each(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
