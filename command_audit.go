package cookieconsent

import (
	"errors"
	"fmt"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/audit"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit <site.har>",
		Short: "Judges a recorded visit by the policy",
		Long: `
Reads a recording of a visit to the site, and tells which cookies were set and
sent before the visitor's choice and after it, and what the gateway would have
removed.

To record one, open the network tab of the browser's developer tools, visit the
site, make a choice, visit some more, and save all as HAR. Chrome leaves cookies
out unless told to "Export HAR (with sensitive data)".

"-" is the standard input.

Exit status: 0 where the recording keeps the policy, 1 where cookies would have
been removed, 2 where the recording could not be read or has no cookies.`,
		Example: `  $ caddy cookie-consent audit site.har
  $ caddy cookie-consent audit --host data.ajman.ae site.har
  $ cat site.har | caddy cookie-consent audit --json -`,
		RunE: auditRecording,
	}
	f := cmd.Flags()
	f.String("policy", "policy.yaml", "Policy `path`, or \"-\"")
	f.String("host", "", "The `host` whose cookies are judged (default: the site's)")
	f.Bool("json", false, "Print JSON")
	return cmd
}

func auditRecording(cmd *cobra.Command, args []string) error {
	f := caddycmd.Flags{FlagSet: cmd.Flags()}
	path := f.String("policy")
	if len(args) != 1 {
		return fmt.Errorf("expected one recording, such as site.har, found %d", len(args))
	}
	if path == stdin && args[0] == stdin {
		return errors.New("expected the policy or the recording on the standard input, found both")
	}
	p, _, err := readPolicy(cmd, path)
	if err != nil {
		return err
	}
	report, err := auditFile(cmd, p, args[0], audit.Options{Host: f.String("host")})
	if err != nil {
		return err
	}
	if f.Bool("json") {
		err = printJSON(cmd, jsonReport(report))
	} else {
		printReport(cmd, report)
	}
	switch {
	case err != nil:
		return err
	case len(report.Cookies) == 0:
		return errNoCookies
	case report.Violations() > 0:
		return errFound
	}
	return nil
}

// errNoCookies keeps a check in CI from being green for good on recordings that say
// nothing.
var errNoCookies = errors.New("the recording has no cookies of the site, so there is nothing to judge: export it with sensitive data")

// auditFile shows how far it has come, where somebody watches and it takes a while.
func auditFile(cmd *cobra.Command, p *policy.Policy, path string, o audit.Options) (*audit.Report, error) {
	if path == stdin {
		return audit.Run(p, "<stdin>", cmd.InOrStdin(), o)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the recording: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > slowBytes && isTerminal(cmd.ErrOrStderr()) {
		o.Progress = progressOf(cmd.ErrOrStderr(), info.Size())
		defer fmt.Fprint(cmd.ErrOrStderr(), clearLine)
	}
	return audit.Run(p, path, file, o)
}
