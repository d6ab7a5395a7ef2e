//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// command is a program to start.
type command struct {
	path string
	args []string
	env  []string // the default is that of this process
}

// lab holds all that has to be gone in the end: processes and files.
type lab struct {
	ctx       context.Context
	cancel    context.CancelFunc
	dir       string
	caddy     string // the program, once it is built
	processes []*process
}

func openLab(ctx context.Context) (*lab, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	return &lab{ctx: ctx, cancel: cancel, dir: dir}, nil
}

// close ends every process that the lab started, and removes its files.
func (l *lab) close() {
	l.cancel()
	for _, p := range l.processes {
		<-p.done
	}
	_ = os.RemoveAll(l.dir)
}

// process is a program that runs until the lab closes.
type process struct {
	pid    int
	done   chan struct{} // closed once it has ended
	output bytes.Buffer  // to be read once it has ended
}

// start starts a program and waits until it listens on a loopback port.
func (l *lab) start(c command, port int) (*process, error) {
	cmd := exec.CommandContext(l.ctx, c.path, c.args...)
	cmd.Dir, cmd.Env = l.dir, c.env
	// A group of its own: Ctrl-C reaches this program alone, which then ends
	// the group. Where this program is killed, the kernel ends the leader.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	p := &process{done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.pid = cmd.Process.Pid
	l.processes = append(l.processes, p)
	go func() {
		defer close(p.done)
		_ = cmd.Wait()
	}()
	return p, l.await(p, c, port)
}

func (l *lab) await(p *process, c command, port int) error {
	for range 400 {
		conn, err := net.Dial("tcp", loopback(port))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		case <-p.done:
			return fmt.Errorf("%s ended at once; mend what it says: %s", c.path, p.output.String())
		case <-time.After(25 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not listen on port %d after 10 s; try again on a machine with less to do", c.path, port)
}

// cpu is the CPU time that a process and its children have used, threads that
// have ended included.
func (p *process) cpu() (time.Duration, error) {
	total, err := cpuClock(p.pid)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.pid))
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(child)
		if err != nil {
			return 0, err
		}
		t, err := cpuClock(pid)
		if err != nil {
			return 0, err
		}
		total += t
	}
	return total, nil
}

// cpuClock reads the CPU clock of a process, which is exact to nanoseconds, as
// clock_getcpuclockid(3) finds it.
func cpuClock(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|sched, &t); err != nil {
		return 0, fmt.Errorf("reading the CPU clock of process %d: %w; see above whether it ended", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// freePorts finds ports of the loopback interface that nobody listens on.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", loopback(0))
		if err != nil {
			return nil, err
		}
		defer l.Close() // only now, so that no port is found twice
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
