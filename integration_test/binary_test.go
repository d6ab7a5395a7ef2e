// Package integration_test looks at the gateway as its users meet it: the real
// binary, a real Django portal behind it, and a real browser in front.
package integration_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
)

// builtGateway is the binary that all tests of this process share: Caddy takes
// minutes to build when nothing is cached. TestMain may remove dir in the end.
var builtGateway struct {
	once      sync.Once
	dir, path string
	err       error
}

// gatewayBinary returns the path of a Caddy with the gateway in it: the one that
// CADDY_BINARY names, or one built from this source.
func gatewayBinary(t testing.TB) string {
	t.Helper()
	g := &builtGateway
	g.once.Do(func() {
		if g.path = os.Getenv("CADDY_BINARY"); g.path != "" {
			if g.path, g.err = filepath.Abs(g.path); g.err == nil {
				_, g.err = os.Stat(g.path)
			}
			return
		}
		if g.dir, g.err = os.MkdirTemp("", "cookie-consent-gateway-*"); g.err != nil {
			return
		}
		g.path = filepath.Join(g.dir, "caddy")
		build := exec.Command("go", "build", "-o", g.path, "./cmd/caddy")
		build.Dir = ".."
		if output, err := build.CombinedOutput(); err != nil {
			g.err = fmt.Errorf("%v: %w\n%s", build.Args, err, output)
		}
	})
	if g.err != nil {
		t.Fatal(g.err)
	}
	return g.path
}

// startCaddy runs the gateway with a Caddyfile until the test ends. It returns
// once the config is in force, so every port in it can be connected to. The
// environment is the test's own plus env ("NAME=value").
func startCaddy(t testing.TB, caddyfile string, env ...string) *process {
	t.Helper()
	binary := gatewayBinary(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(path, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}

	// The way in which `caddy start` waits: Caddy sends back on this address what
	// it reads from its standard input, once it serves.
	ready, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	cmd := exec.Command(binary, "run", "--adapter", "caddyfile", "--config", path, "--pingback", ready.Addr().String())
	const confirmation = "serving"
	cmd.Stdin = bytes.NewReader([]byte(confirmation))
	cmd.Env = append(os.Environ(),
		"HOME="+dir,
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"XDG_DATA_HOME="+filepath.Join(dir, "data"))
	cmd.Env = append(cmd.Env, env...)
	caddy := start(t, "caddy", cmd)

	answered := make(chan error, 1)
	go func() {
		connection, err := ready.Accept()
		if err != nil {
			answered <- err
			return
		}
		defer connection.Close()
		said, err := io.ReadAll(connection)
		if err == nil && string(said) != confirmation {
			err = fmt.Errorf("said %q", said)
		}
		answered <- err
	}()
	caddy.wait(t, answered, "is its Caddyfile valid?")
	return caddy
}

// freePort returns a TCP port of the loopback interface that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// process is a program that runs beside a test.
type process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed once it has ended and said all it had to say

	mu  sync.Mutex
	log bytes.Buffer
}

// start starts a program, and ends it when the test ends. What it wrote to its
// two outputs is shown if the test fails.
func start(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{name: name, cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p, p
	// Outputs that a killed program's children keep open are not waited for.
	cmd.WaitDelay = stopTimeout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // the log tells more than the exit status
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended already
		select {
		case <-p.exited:
		case <-time.After(stopTimeout):
			_ = cmd.Process.Kill()
			<-p.exited
			t.Errorf("%s did not end within %s of SIGTERM", name, stopTimeout)
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", name, p.output())
		}
	})
	return p
}

// kill ends the program as a crash does.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
}

// wait waits until the process is ready, which it tells on a channel. The hint
// is for whoever reads that it never was.
func (p *process) wait(t testing.TB, ready <-chan error, hint string) {
	t.Helper()
	select {
	case err := <-ready:
		if err != nil {
			t.Fatalf("waiting for %s: %v (%s)", p.name, err, hint)
		}
	case <-p.exited:
		t.Fatalf("%s ended before it was ready (%s)", p.name, hint)
	case <-time.After(startTimeout):
		t.Fatalf("%s is not ready after %s (%s)", p.name, startTimeout, hint)
	}
}

// Write takes a piece of the program's output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

// output is what the program has written so far.
func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// program finds a program on the PATH.
func program(t testing.TB, debianPackage string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("none of %q is on the PATH: install the Debian package %s", names, debianPackage)
	return ""
}
