package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong in a policy, and what would be right.
type Problem struct {
	// File is the name under which the policy was parsed.
	File string

	// Line and Column tell where in the file, counted from 1. They are 0 for what is said
	// of the problems that are not listed.
	Line, Column int

	// Text says what was found and what was expected.
	Text string
}

// Error gives the problem in the form that editors jump to.
func (p Problem) Error() string { return p.Place() + ": " + p.Text }

// Place is where the problem is, in the form that editors jump to.
func (p Problem) Place() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// maxProblems is how many problems are listed: nobody mends more at once, and a file can
// have a million.
const maxProblems = 100

// maxTextBytes is the length of the longest text of a problem: a name in it may be as long as
// the file.
const maxTextBytes = 2000

// Problems is what is wrong in a policy, in the order of the file. Where it is very much,
// the last one says how much more there is.
type Problems []Problem

// Error gives each problem on a line of its own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// list is what is shown of what was found.
func (f *findings) list(file string) Problems {
	f.listed.sort()
	if f.more > 0 {
		f.listed = append(f.listed, Problem{File: file, Text: fmt.Sprintf("and %d more", f.more)})
	}
	return f.listed
}

// findings are problems as they are found.
type findings struct {
	listed Problems
	more   int // that are not listed
}

func (f *findings) count() int { return len(f.listed) + f.more }

func (f *findings) isFull() bool { return len(f.listed) >= maxProblems }

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
