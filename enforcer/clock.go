package enforcer

import (
	"math/rand/v2"
	"time"
)

// Sampled is how many exchanges there are for one whose time is taken: to look at a
// clock costs as much as to judge several cookies.
const Sampled = 16

// clock measures the time that the work on an exchange takes.
type clock struct {
	runs bool
	took time.Duration // while it runs, less the time when it was started
}

// epoch is what times are counted from: to look at the monotonic clock alone is
// faster.
var epoch = time.Now()

// newClock is one that runs for some exchanges, and only where somebody is told.
func newClock(o Observer) clock { return clock{runs: o != nil && rand.Uint32()%Sampled == 0} }

func (c *clock) start() {
	if c.runs {
		c.took -= time.Since(epoch)
	}
}

func (c *clock) stop() {
	if c.runs {
		c.took += time.Since(epoch)
	}
}

// tell tells how long it took.
func (c *clock) tell(o Observer) {
	if c.runs {
		o.Took(c.took)
	}
}
