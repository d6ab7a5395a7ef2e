//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// goal is what the gateway may cost: its CPU time per request, divided by that
// of the same Caddy without it.
const goal = 1.03

func printTable(families []*family) error {
	fmt.Println("| server | CPU µs/request | ratio to its own plain proxying (95 %) | trackers leaked, to portal + to browser | other cookies lost |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: |")
	for _, f := range families {
		for i, s := range f.servers {
			fmt.Println(s.row(i == 0))
		}
	}
	gateway := families[0].servers[len(families[0].servers)-1]
	ratio, low, high := median(gateway.ratios)
	fmt.Printf("\nThe gateway takes %.3f (%.3f to %.3f) of the CPU time of plain Caddy; the goal is %.2f at most.\n", ratio, low, high, goal)
	if gateway.exchange != (exchange{}) {
		return errors.New("the gateway let a tracker through or lost another cookie: mend that first, the times are void")
	}
	return nil
}

func (s *server) row(plain bool) string {
	if s.missing {
		return fmt.Sprintf("| %s | not installed | | | |", s.name)
	}
	mid, _, _ := median(s.times)
	ratio := "1"
	if !plain {
		r, low, high := median(s.ratios)
		ratio = fmt.Sprintf("%.3f (%.3f to %.3f)", r, low, high)
	}
	return fmt.Sprintf("| %s | %.1f | %s | %d + %d | %d + %d |",
		s.name, mid, ratio, s.leaked[0], s.leaked[1], s.lost[0], s.lost[1])
}

// cpuModel is the processor in the words of the kernel.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(info)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
