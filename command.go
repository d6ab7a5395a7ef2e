package cookieconsent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "cookie-consent",
		Short: "Checks cookie policies, and what they make of cookies",
		Long: `
Checks cookie policies, and tells what the gateway makes of cookies by them.

Only the inventory asks a gateway that runs; the other commands read files.

Exit status: 0 where all is well, 1 where a policy is not valid or a recording
has cookies that the gateway would have removed, 2 where a command could not do
its work.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Use, cmd.Example = cmd.Name(), "  $ caddy cookie-consent validate policy.yaml"
			cmd.DisableFlagsInUseLine = true
			cmd.AddCommand(validateCommand(), explainCommand(), presetsCommand(), inventoryCommand(), auditCommand(), pageCommand(), importCommand())
			for _, sub := range cmd.Commands() {
				speakPlainly(sub)
			}
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, chooseSubcommand
			speakPlainly(cmd)
		},
	})
}

// chooseSubcommand helps those who have named none.
func chooseSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return fmt.Errorf("unknown command %q: expected one of %s", args[0], strings.Join(names, ", "))
}

// errFound says that a command has done its work and has found something wrong, which
// it has told.
var errFound = errors.New("something is wrong with what was checked")

// speakPlainly has errors printed as lines of text: Caddy's own wrapper logs them, as
// JSON where nobody watches, and cobra has one exit status for all.
func speakPlainly(cmd *cobra.Command) {
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	do := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return conclude(cmd, do(cmd, args)) }
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return conclude(cmd, fmt.Errorf("%w: see caddy cookie-consent %s --help", err, cmd.Name()))
	})
}

// conclude prints an error, and returns one that has the exit status it asks for.
func conclude(cmd *cobra.Command, err error) error {
	if err == nil || errors.Is(err, errFound) {
		return err
	}
	complain(cmd, red, err)
	if errors.As(err, new(policy.Problems)) {
		return errFound
	}
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return 2, nil })(cmd, nil)
}

// complain prints what an error says, or a warning, line by line.
func complain(cmd *cobra.Command, t tone, what any) {
	s := screenOf(cmd.ErrOrStderr())
	for line := range strings.Lines(fmt.Sprint(what)) {
		fmt.Fprintln(s, s.coloured(printable(strings.TrimSuffix(line, "\n")), t))
	}
}

// stdin is the argument that stands for the standard input.
const stdin = "-"

// readPolicy reads a policy from a file or from the standard input. The error is a
// policy.Problems where it is not valid.
func readPolicy(cmd *cobra.Command, path string) (*policy.Policy, *policySource, error) {
	if path == stdin {
		s := &policySource{name: "<stdin>"}
		data, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), policy.MaxBytes+1)) // which Parse refuses
		if err != nil {
			return nil, s, fmt.Errorf("reading the cookie policy: %w", err)
		}
		s.data = data
		p, err := policy.Parse(s.name, s.data)
		return p, s, err
	}
	s, err := fileSource(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := policy.Parse(s.name, s.data)
	return p, s, err
}

// printJSON prints an answer for programs.
func printJSON(cmd *cobra.Command, answer any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(answer)
}
