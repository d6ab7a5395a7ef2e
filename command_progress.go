package cookieconsent

import (
	"fmt"
	"io"
)

const (
	// slowBytes is how large a file is from which on reading it takes a while.
	slowBytes = 8 << 20
	// clearLine has a terminal forget the line it is on.
	clearLine = "\r\x1b[K"
)

// progressOf returns a function that is told how many bytes of a file of some size
// have been read. It keeps one line of a terminal up to date.
func progressOf(w io.Writer, size int64) func(read int64) {
	shown := int64(-1)
	return func(read int64) {
		percent := min(100*read/size, 100) // a file may grow
		if percent == shown {
			return
		}
		shown = percent
		fmt.Fprintf(w, "%s%3d %% of %d MiB read", clearLine, percent, size>>20)
	}
}
