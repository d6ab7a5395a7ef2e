package cookieconsent

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/audit"
	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// printReport prints what was found in a recording, before the choice and after it.
func printReport(cmd *cobra.Command, r *audit.Report) {
	for _, w := range r.Warnings {
		complain(cmd, yellow, "warning: "+w)
	}
	s := screenOf(cmd.OutOrStdout())
	choice := "no choice"
	if r.Choice > 0 {
		choice = fmt.Sprint("the choice is in exchange ", r.Choice)
	}
	fmt.Fprintf(s, "%s: %s, %d with other hosts, %s\n", printable(r.Host), quantity(r.Entries, "exchange", "exchanges"), r.Elsewhere, choice)
	for _, phase := range []audit.Phase{audit.Before, audit.After} {
		t := findings(r, phase)
		if len(t.rows) > 0 {
			fmt.Fprintf(s, "\n%s the choice:\n\n", map[audit.Phase]string{audit.Before: "Before", audit.After: "After"}[phase])
			t.print(s)
		}
	}
	if n := r.Violations(); n > 0 {
		fmt.Fprintf(s, "\n%s\n", s.coloured(quantity(n, "cookie", "cookies")+" would have been removed.", red))
		return
	}
	capped := 0
	for _, f := range r.Cookies {
		if f.Action == enforcer.Capped {
			capped++
		}
	}
	switch {
	case capped > 0:
		fmt.Fprintf(s, "\n%s\n", s.coloured("No cookie would have been removed; "+quantity(capped, "cookie", "cookies")+" would have been cut short.", yellow))
	case len(r.Cookies) > 0:
		fmt.Fprintf(s, "\n%s\n", s.coloured("The recording keeps the policy.", green))
	}
}

// findings is the table of a phase.
func findings(r *audit.Report, phase audit.Phase) *table {
	t := &table{columns: append(columnsOf("COOKIE", "WAS", "VERDICT", "SERVICE", "REASON"),
		column{title: "TIMES", number: true}, column{title: "FIRST", number: true}, column{title: "AT"})}
	for _, f := range r.Cookies {
		if f.Phase != phase {
			continue
		}
		t.add(shownName(f.Name), wayOf(f.Direction), verdict(f.Action), orDash(f.Service), cell{text: string(f.Reason)},
			cell{text: fmt.Sprint(f.Count)}, cell{text: fmt.Sprint("#", f.First)}, cell{text: f.Path})
	}
	return t
}

// reportJSON is a report for programs.
type reportJSON struct {
	Host       string          `json:"host"`
	Entries    int             `json:"exchanges"`
	Elsewhere  int             `json:"elsewhere"`
	Choice     int             `json:"choice"` // the exchange that has it first; 0 for none
	Violations int             `json:"violations"`
	Cookies    []findingJSON   `json:"cookies"`
	Causes     []consent.Cause `json:"causes,omitempty"`
	Warnings   []string        `json:"warnings,omitempty"`
}

// findingJSON is an audit.Finding under the names that decisions have elsewhere.
type findingJSON struct {
	Name      string             `json:"name"`
	Category  string             `json:"category,omitempty"`
	Service   string             `json:"service,omitempty"`
	Direction enforcer.Direction `json:"direction"`
	Phase     audit.Phase        `json:"phase"`
	Action    enforcer.Action    `json:"action"`
	Reason    enforcer.Reason    `json:"reason"`
	Count     int                `json:"count"`
	First     int                `json:"first"`
	Path      string             `json:"path"`
}

func jsonReport(r *audit.Report) reportJSON {
	j := reportJSON{
		Host: r.Host, Entries: r.Entries, Elsewhere: r.Elsewhere, Choice: r.Choice,
		Violations: r.Violations(), Cookies: []findingJSON{}, Causes: r.Causes, Warnings: r.Warnings,
	}
	for _, f := range r.Cookies {
		j.Cookies = append(j.Cookies, findingJSON{
			Name: f.Name, Category: f.Category, Service: f.Service, Direction: f.Direction, Phase: f.Phase,
			Action: f.Action, Reason: f.Reason, Count: f.Count, First: f.First, Path: f.Path,
		})
	}
	return j
}
