package integration_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(wayOut{})
	caddy.RegisterModule(naive{})
	httpcaddyfile.RegisterHandlerDirective("way_out", func(httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		return wayOut{}, nil
	})
	httpcaddyfile.RegisterHandlerDirective("naive_consent", func(httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		return naive{}, nil
	})
	httpcaddyfile.RegisterDirectiveOrder("naive_consent", httpcaddyfile.Before, "header")
	httpcaddyfile.RegisterDirectiveOrder("way_out", httpcaddyfile.Before, "respond")
}

// The cookies that every way out tries to send: the first is permitted, the
// others are not.
const (
	permittedLine = "sessionid=S; Path=/; HttpOnly"
	trackerLine   = "_ga=1; Path=/; Max-Age=63072000"
	unlistedLine  = "shiny=1"
)

// addCookies adds all of them to a header.
func addCookies(h http.Header) {
	for _, line := range []string{permittedLine, trackerLine, unlistedLine} {
		h.Add("Set-Cookie", line)
	}
}

// ways are ways out of the gateway for a handler inside of Caddy, by the path
// they are found under (rule S3).
var ways = map[string]func(w http.ResponseWriter, r *http.Request) error{
	"/status/": func(w http.ResponseWriter, r *http.Request) error {
		addCookies(w.Header())
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/status/%d", &status); err != nil {
			return err
		}
		w.WriteHeader(status)
		return nil
	},
	"/1xx/": func(w http.ResponseWriter, r *http.Request) error {
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/1xx/%d", &status); err != nil {
			return err
		}
		addCookies(w.Header())
		w.WriteHeader(status)
		w.Header().Del("Set-Cookie")
		addCookies(w.Header()) // the final head is one more
		_, err := io.WriteString(w, "after")
		return err
	},
	"/write": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		_, err := io.WriteString(w, "body")
		return err
	},
	"/read-from": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		from, ok := w.(io.ReaderFrom)
		if !ok {
			return errors.New("the writer is no io.ReaderFrom")
		}
		_, err := from.ReadFrom(strings.NewReader(strings.Repeat("x", 1<<20)))
		return err
	},
	"/read-lazily": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		_, err := io.Copy(w, lazyReader{w.Header(), strings.NewReader("body")})
		return err
	},
	"/flush": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		flusher, ok := w.(http.Flusher)
		if !ok {
			return errors.New("the writer is no http.Flusher")
		}
		flusher.Flush()
		_, err := io.WriteString(w, "body")
		return err
	},
	"/flush-error": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		_, err := io.WriteString(w, "body")
		return err
	},
	"/nothing": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		return nil
	},
	"/error": func(w http.ResponseWriter, _ *http.Request) error {
		addCookies(w.Header())
		return caddyhttp.Error(http.StatusTeapot, errors.New("the handler failed"))
	},
	"/late": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		w.WriteHeader(http.StatusOK)
		addCookies(w.Header())
		_, err := io.WriteString(w, "body")
		return err
	},
	"/late-and-large": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		w.WriteHeader(http.StatusOK)
		w.Header()["set-cookie"] = []string{trackerLine}
		_, err := io.WriteString(w, strings.Repeat("x", 64<<10))
		return err
	},
	"/late-and-nothing": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		w.WriteHeader(http.StatusOK)
		addCookies(w.Header())
		return nil
	},
	"/trailer-announced": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		w.Header().Set("Trailer", "X-Sum, Set-Cookie")
		w.WriteHeader(http.StatusOK)
		_, err := io.WriteString(w, "body")
		w.Header().Set("X-Sum", "7")
		addCookies(w.Header())
		return err
	},
	"/trailer-prefixed": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		w.WriteHeader(http.StatusOK)
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		_, err := io.WriteString(w, "body")
		w.Header().Set(http.TrailerPrefix+"X-Sum", "7")
		for _, line := range []string{trackerLine, unlistedLine} {
			w.Header().Add(http.TrailerPrefix+"Set-Cookie", line)
		}
		return err
	},
	"/keys": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header()["set-cookie"] = []string{permittedLine, trackerLine}
		w.Header()["SET-COOKIE"] = []string{unlistedLine}
		w.Header()["Set-Cookie2"] = []string{trackerLine}
		_, err := io.WriteString(w, "body")
		return err
	},
	"/hijack": func(w http.ResponseWriter, _ *http.Request) error {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: %s\r\nContent-Length: 0\r\n\r\n", trackerLine)
			return err
		}
		addCookies(w.Header())
		if !errors.Is(err, http.ErrNotSupported) {
			w.WriteHeader(http.StatusInternalServerError)
			return nil
		}
		_, err = io.WriteString(w, "refused")
		return err
	},
	"/header-directive": func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Add("Set-Cookie", permittedLine)
		_, err := io.WriteString(w, "body")
		return err
	},
}

// lazyReader is a body that adds cookies to the head while it is read.
type lazyReader struct {
	header http.Header
	io.Reader
}

func (r lazyReader) Read(p []byte) (int, error) {
	r.header.Add("Set-Cookie", trackerLine)
	return r.Reader.Read(p)
}

// wayOut is a handler that sends cookies in every way that Caddy has.
type wayOut struct{}

func (wayOut) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.way_out", New: func() caddy.Module { return new(wayOut) }}
}

func (wayOut) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	for path, way := range ways {
		if r.URL.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(r.URL.Path, path) {
			return way(w, r)
		}
	}
	return next.ServeHTTP(w, r)
}

// naive is the gateway that everybody writes first: a wrapper that filters
// WriteHeader and Write. It runs through the same matrix, and has to fail in it.
type naive struct{}

func (naive) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.naive_consent", New: func() caddy.Module { return new(naive) }}
}

func (naive) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	return next.ServeHTTP(&naiveWriter{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}}, r)
}

type naiveWriter struct {
	*caddyhttp.ResponseWriterWrapper
	wroteHeader bool
}

func (w *naiveWriter) WriteHeader(status int) {
	if w.wroteHeader {
		return
	}
	w.wroteHeader = true
	lines := w.Header()["Set-Cookie"]
	w.Header().Del("Set-Cookie")
	for _, line := range lines {
		if strings.HasPrefix(line, "sessionid=") {
			w.Header().Add("Set-Cookie", line)
		}
	}
	w.ResponseWriterWrapper.WriteHeader(status)
}

func (w *naiveWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriterWrapper.Write(p)
}

func (naive) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }
