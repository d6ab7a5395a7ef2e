package cookieconsent

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
	"github.com/caddy-consent/caddy-consent/policyimport"
)

func importCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import <page.html>",
		Short: "Makes a cookie policy of a page that a site has published",
		Long: `
Reads the tables of a published cookie policy, as HTML, Markdown or text with
tabs, and prints a policy.yaml: providers, names, purposes, retentions, and
categories from the headings. What could not be read is a comment at its line.

The policy is valid as it is. Read it before you enforce it: pages are often
not what a site does. "-" is the standard input.`,
		Example: `  $ caddy cookie-consent import page.html > policy.yaml
  $ curl -s https://data.example.org/cookies |
      caddy cookie-consent import - > policy.yaml`,
		RunE: importPage,
	}
}

func importPage(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("expected the path of one page, or - for the standard input")
	}
	name, from := args[0], cmd.InOrStdin()
	if name == stdin {
		name = "<stdin>"
	} else {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("reading the page: %w", err)
		}
		defer file.Close()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, policy.MaxBytes+1)) // which Import refuses
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	yaml, err := policyimport.Import(name, data)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(yaml)
	return err
}
