package enforcer

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
)

// Exchange is the response writer of one request. There is no way out that it
// does not filter (rule S3): the header map is judged before every call that
// can send it, and once more when the handler is done. It is judged again after
// WriteHeader because HTTP/3, and writers that buffer, send the head later.
type Exchange struct {
	http.ResponseWriter

	enforcer    *Enforcer
	request     *http.Request
	host        string   // of the request, as it came
	cookies     []string // the Cookie lines of the request, as they came
	judge       judge    // by the choice that came with the request
	like        like     // what of the request observers are told begins with
	came, left  []string // Set-Cookie lines as they came, and those that were left of them
	clock       clock
	gpc         bool   // the request has the Global Privacy Control signal
	owesPrivate bool   // a line was dropped, and no head has been made private yet
	isForOne    bool   // the final head has something that is for this visitor only
	wroteHead   bool   // a final head was handed to the writer below
	toWebSocket bool   // the request asks for a WebSocket
	upgraded    bool   // a 101 went out
	notModified bool   // the head is that of a 304
	page        uint16 // the number of the page that the visitor goes to

	// Set-Cookie lines that the judge was found to permit as they are, where there is
	// room for all that the header map had.
	permittedCount uint8
	permitted      [2]string

	settled *settled // lines that were judged, where there are many

	// What goes into the header maps, kept here to save allocations. Nothing
	// reads them again, so nobody who changes them can change a decision.
	cookieLine, cacheControl [1]string
}

// WriteHeader filters the header map and sends it. Each 1xx head is filtered by
// itself: the reverse proxy restores its own map after every one.
func (x *Exchange) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols && !x.toWebSocket && !x.enforcer.ReportOnly {
		status = http.StatusBadGateway // nobody has asked for that (rule Q11)
	}
	if 100 <= status && status <= 199 {
		x.clock.start()
		isForOne := x.isForOne
		header, j := x.filterHeader()
		if x.enforcer.guardsLoading() {
			x.guardLinks(header, j)
		}
		x.isForOne = isForOne                // no cache stores a 1xx
		x.permittedCount, x.settled = 0, nil // the final head is judged, and observed, by itself
		x.clock.stop()
		x.upgraded = x.upgraded || status == http.StatusSwitchingProtocols && !x.wroteHead
	} else {
		x.notModified = x.notModified || status == http.StatusNotModified
		x.filterHead()
	}
	x.ResponseWriter.WriteHeader(status)
	x.takeBack()
}

// Write sends a part of the body, after the head if that is not out yet.
func (x *Exchange) Write(p []byte) (int, error) {
	x.filterHead()
	n, err := x.ResponseWriter.Write(p)
	x.takeBack()
	return n, err
}

// ReadFrom sends a part of the body. A file goes the fastest way that the writer
// below has, which is sendfile over plain TCP. Other readers may do anything
// while they are read, such as setting headers, so what they give goes through
// Write.
func (x *Exchange) ReadFrom(r io.Reader) (int64, error) {
	below, ok := x.ResponseWriter.(io.ReaderFrom)
	if !ok || !isFile(r) && !x.enforcer.ReportOnly {
		return io.Copy(writerOnly{x}, r)
	}
	x.filterHead()
	n, err := below.ReadFrom(r)
	x.takeBack()
	return n, err
}

func isFile(r io.Reader) bool {
	if limited, ok := r.(*io.LimitedReader); ok {
		r = limited.R
	}
	_, ok := r.(*os.File)
	return ok
}

// writerOnly hides ReadFrom, which io.Copy would call.
type writerOnly struct{ io.Writer }

// FlushError sends what is buffered, the head included.
func (x *Exchange) FlushError() error {
	x.filterHead()
	err := http.NewResponseController(x.ResponseWriter).Flush()
	x.takeBack()
	return err
}

// Flush is FlushError for callers that know http.Flusher only.
func (x *Exchange) Flush() { _ = x.FlushError() }

// Hijack hands out the connection once a 101 has been sent through the
// exchange. A raw connection would be a way around the policy.
func (x *Exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !x.upgraded && !x.enforcer.ReportOnly {
		return nil, nil, http.ErrNotSupported
	}
	return http.NewResponseController(x.ResponseWriter).Hijack()
}

// Push starts an HTTP/2 push. The pushed response comes through the server, and
// so through an exchange of its own.
func (x *Exchange) Push(target string, opts *http.PushOptions) error {
	if below, ok := x.ResponseWriter.(http.Pusher); ok {
		return below.Push(target, opts)
	}
	return http.ErrNotSupported
}

// Unwrap lets http.ResponseController reach deadlines and full duplex.
func (x *Exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// End filters what is still to be sent after the handler: the trailers, the
// head where nothing was written at all, and the headers that an error page
// will carry.
func (x *Exchange) End() {
	x.settled = nil // what goes out after the handler is judged as it is then
	x.filterHead()
	x.clock.tell(x.enforcer.Observer)
}

// Interface guards
var (
	_ http.Flusher  = (*Exchange)(nil)
	_ http.Hijacker = (*Exchange)(nil)
	_ http.Pusher   = (*Exchange)(nil)
	_ io.ReaderFrom = (*Exchange)(nil)
)
