package cookieconsent

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func inventoryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Lists the cookies that the running gateway has seen",
		Long: `
Asks the running gateway which cookies it has seen: how often each was sent by
browsers, set by responses ("script" where none has, so that a script must have)
and removed, and under which service the policy lists it.

With --yaml, it prints what the policy does not list yet as lines for its
"services:", which are valid as they are; choose the category of each. Origins
that browsers report are printed as lines for "allowed_origins:", in comments.

The gateway's admin endpoint has to be reachable. Its address comes from
--address, else from the file that --config names, else it is Caddy's default.

Exit status: 0, or 2 where the gateway could not be asked.`,
		Example: `  $ caddy cookie-consent inventory --config Caddyfile
  $ caddy cookie-consent inventory --config Caddyfile --yaml > new.yaml`,
		RunE: listInventory,
	}
	f := cmd.Flags()
	f.Bool("yaml", false, "Print lines for the policy")
	f.String("policy", "", "The `path` or hash of the policy to add to, of several")
	f.StringP("config", "c", "", "The configuration `file`, which has the address")
	f.StringP("adapter", "a", "", "The `name` of the config adapter to apply")
	f.String("address", "", "The `address` of the admin endpoint")
	return cmd
}

func listInventory(cmd *cobra.Command, args []string) error {
	f := caddycmd.Flags{FlagSet: cmd.Flags()}
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: expected flags only, such as --config Caddyfile", args[0])
	}
	if f.Changed("policy") && !f.Bool("yaml") {
		return errors.New("--policy has no effect without --yaml: the table has what all policies made of the cookies")
	}
	address, err := caddycmd.DetermineAdminAPIAddress(f.String("address"), nil, f.String("config"), f.String("adapter"))
	if err != nil {
		return fmt.Errorf("finding the admin endpoint: %w", err)
	}
	var found inventorySeen
	if err := ask(address, "inventory", &found); err != nil {
		return err
	}
	if !f.Bool("yaml") {
		found.print(screenOf(cmd.OutOrStdout()), time.Now())
		return nil
	}
	inForce, err := policyInForce(address, f.String("policy"))
	if err != nil {
		return err
	}
	if err := suggest(cmd.OutOrStdout(), inForce, found.Cookies); err != nil {
		return err
	}
	return suggestOrigins(cmd.OutOrStdout(), inForce, found.Origins)
}

// ask asks a running gateway.
func ask(address, route string, answer any) error {
	response, err := caddycmd.AdminAPIRequest(address, http.MethodGet, adminPrefix+route, nil, nil)
	if err != nil {
		return fmt.Errorf("asking the gateway at %s: %w (expected a running gateway: name its admin endpoint with --address or --config)", address, err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("asking the gateway at %s: expected JSON from %s%s: %w", address, adminPrefix, route, err)
	}
	return nil
}

func (found *inventorySeen) print(s screen, now time.Time) {
	if len(found.Cookies) == 0 {
		fmt.Fprintln(s, "No cookie has been seen yet.")
	} else {
		found.table(now).print(s)
	}
	if len(found.Origins) > 0 {
		fmt.Fprint(s, "\nWhat pages were to load that was not permitted, as browsers report:\n\n")
		found.originsTable(now).print(s)
	}
	if found.Overflow > 0 {
		fmt.Fprintf(s, "\nThere was no room for other names, which were seen %d times.\n", found.Overflow)
	}
	if t := found.suggestions(); len(t.rows) > 0 {
		fmt.Fprint(s, "\nWhat the catalogue says of unlisted ones (an aid, no authority):\n\n")
		t.print(s)
	}
}

func (found *inventorySeen) table(now time.Time) *table {
	t := &table{columns: []column{
		{title: "HOST"}, {title: "COOKIE"}, {title: "SENT", number: true}, {title: "SET", number: true},
		{title: "REMOVED", number: true}, {title: "LISTED"}, {title: "LAST SEEN"},
	}}
	for _, c := range found.Cookies {
		set, removed, listed := cell{text: fmt.Sprint(c.Set)}, cell{text: fmt.Sprint(c.Removed)}, orDash(c.Service)
		if c.ByScript {
			set.text = "script"
		}
		if c.Removed > 0 {
			removed.tone = red
		}
		switch {
		case c.Owned:
			listed = cell{text: "owned"}
		case c.Service == "":
			listed.tone = yellow
		}
		t.add(cell{text: c.Host}, shownName(c.Name), cell{text: fmt.Sprint(c.Sent)}, set, removed, listed, cell{text: ago(now.Sub(c.LastSeen))})
	}
	return t
}

func (found *inventorySeen) suggestions() *table {
	t := &table{columns: columnsOf("COOKIE", "CATEGORY", "PLATFORM")}
	told := map[string]bool{} // it may be on several hosts
	for _, c := range found.Cookies {
		if c.Suggestion != nil && !told[c.Name] {
			told[c.Name] = true
			t.add(shownName(c.Name), orDash(c.Suggestion.Category), orDash(c.Suggestion.Platform))
		}
	}
	return t
}

// ago is a time that has passed, in words.
func ago(passed time.Duration) string {
	switch {
	case passed < time.Minute:
		return "now"
	case passed < time.Hour:
		return fmt.Sprint(int(passed.Minutes()), " min ago")
	case passed < 48*time.Hour:
		return fmt.Sprint(int(passed.Hours()), " h ago")
	}
	return quantity(int(passed.Hours()/24), "day", "days") + " ago"
}
