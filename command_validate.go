package cookieconsent

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

func validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate [<policy.yaml> …]",
		Short: "Tells what is wrong in a cookie policy",
		Long: `
Reads cookie policies, and prints everything that is wrong in them at once, with
line and column. Warnings are of what is allowed but most likely not meant.

Without an argument it reads policy.yaml; "-" is the standard input.

Exit status: 0 where all policies are valid, 1 where one is not, 2 where one
could not be read.`,
		Example: `  $ caddy cookie-consent validate
  $ caddy cookie-consent validate staging.yaml production.yaml
  $ cat policy.yaml | caddy cookie-consent validate -`,
		RunE: validate,
	}
}

// validate goes on after an error, so that one run tells of all policies.
func validate(cmd *cobra.Command, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"policy.yaml"}
	}
	var invalid, unread error
	for _, path := range paths {
		p, source, err := readPolicy(cmd, path)
		switch {
		case err == nil:
			sayValid(cmd, source.name, p)
		case errors.As(err, new(policy.Problems)):
			complain(cmd, red, err)
			invalid = errFound
		default:
			unread = errors.Join(unread, err)
		}
	}
	if unread != nil {
		return unread
	}
	return invalid
}

func sayValid(cmd *cobra.Command, name string, p *policy.Policy) {
	for _, w := range p.Warnings {
		complain(cmd, yellow, fmt.Sprintf("%s: warning: %s", w.Place(), w.Text))
	}
	// A list has no timestamp at all, of which there is a warning (rule C5).
	if p.Decoder.MaxAge > 0 && p.Decoder.Format != consent.ListFormat {
		complain(cmd, plain, fmt.Sprintf("%s: note: a choice without %q does not age, whatever max_age says", name, p.Decoder.Timestamp))
	}
	rules := 0
	for range p.Rules() {
		rules++
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: valid, %s, %s, %s\n", printable(name),
		quantity(len(p.Categories), "category", "categories"), quantity(len(p.Services), "service", "services"), quantity(rules, "cookie", "cookies"))
}
