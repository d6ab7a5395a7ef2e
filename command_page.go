package cookieconsent

import (
	"cmp"
	"fmt"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/page"
)

func pageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "page [<policy.yaml>]",
		Short: "Writes a cookie policy as the page that visitors read",
		Long: `
Writes a cookie policy as a page in HTML, as the gateway shows it to visitors,
without the form for their choice: for a site that publishes the page itself.

Without an argument it reads policy.yaml; "-" is the standard input.`,
		Example: `  $ caddy cookie-consent page policy.yaml --lang fr > page.html`,
		RunE:    writePage,
	}
	f := cmd.Flags()
	f.String("lang", "", "The `language`: "+strings.Join(page.Languages(), ", ")+" (default: that of the policy)")
	f.String("template", "", "The `path` of a template of the site's own")
	return cmd
}

func writePage(cmd *cobra.Command, args []string) error {
	f := caddycmd.Flags{FlagSet: cmd.Flags()}
	path := "policy.yaml"
	switch len(args) {
	case 0:
	case 1:
		path = args[0]
	default:
		return fmt.Errorf("unexpected argument %q: expected one policy", args[1])
	}
	p, source, err := readPolicy(cmd, path)
	if err != nil {
		return err
	}
	c := page.Config{Policy: p, SHA256: source.sum(), Updated: source.day(p), TemplateName: f.String("template"), WithoutForm: true}
	if c.TemplateName != "" {
		if c.Template, err = readTemplate(c.TemplateName); err != nil {
			return err
		}
	}
	made, err := page.New(c)
	if err != nil {
		return err
	}
	language, _, _ := strings.Cut(cmp.Or(f.String("lang"), p.Language), "-")
	return made.Write(cmd.OutOrStdout(), language)
}
