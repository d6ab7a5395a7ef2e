package cookieconsent

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

func presetsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "presets [<name>]",
		Short: "Shows how the choices that consent managers keep are read",
		Long: `
Lists the consent managers whose choices a policy can read with one line,
consent: {preset: <name>}. With a name, it prints the declaration that the
preset stands for, as a policy could have it, so that a site can start from it.`,
		Example: `  $ caddy cookie-consent presets
  $ caddy cookie-consent presets onetrust`,
		RunE: showPresets,
	}
}

func showPresets(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		t := table{columns: columnsOf("PRESET", "CONSENT MANAGER")}
		for _, p := range consent.Presets() {
			t.add(cell{text: p.Name}, cell{text: p.Manager})
		}
		t.print(screenOf(cmd.OutOrStdout()))
		return nil
	case 1:
		return showPreset(cmd, args[0])
	}
	return fmt.Errorf("unexpected argument %q: expected the name of one preset", args[1])
}

func showPreset(cmd *cobra.Command, name string) error {
	p, ok := consent.PresetNamed(name)
	if !ok {
		return fmt.Errorf("unknown preset %q: caddy cookie-consent presets lists all", name)
	}
	out := cmd.OutOrStdout()
	for _, note := range append([]string{p.Manager}, p.Notes...) {
		fmt.Fprintln(out, strings.TrimSuffix("# "+note, " "))
	}
	fmt.Fprint(out, "consent:\n", p.YAML)
	return nil
}
