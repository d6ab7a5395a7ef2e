package cookieconsent

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

func explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [<policy.yaml>]",
		Short: "Tells what becomes of cookies, and why",
		Long: `
Tells what the gateway makes of cookies under a visitor's choice, and by which
rule of the policy, with its line. Without --cookie and --set-cookie, it tells
so of every rule. A cookie that the gateway deletes from the browser has a row
more, with the verdict "expired".

The choice is the value of the consent cookie, as it is in the browser or as
plain JSON, or consent cookies with their names, as the browser sends them:
--choice 'OptanonConsent=…; OptanonAlertBoxClosed=…'. It is read exactly as the
gateway reads it. Without one, the visitor has not chosen yet.

Where something that the choice says does not count, or cannot be read, it tells
why: it is too old, of an older version, not decided, and so on.

Without an argument it reads policy.yaml; "-" is the standard input.`,
		Example: `  $ caddy cookie-consent explain
  $ caddy cookie-consent explain staging.yaml --choice '{"ga": false}'
  $ caddy cookie-consent explain --choice '{"ga": false}' \
      --cookie 'sessionid=x; _ga=y' --set-cookie '_pk_id.1=z; Path=/'`,
		RunE: explain,
	}
	f := cmd.Flags()
	f.String("policy", "policy.yaml", "Policy `path`, as the argument")
	f.String("choice", "", "The `value` of the consent cookie, or cookies")
	f.StringArray("cookie", nil, "A Cookie `header` of a request; can be repeated")
	f.StringArray("set-cookie", nil, "A Set-Cookie `header` of a response; can be repeated")
	f.Bool("gpc", false, "The browser sends Sec-GPC: 1")
	f.Bool("json", false, "Print JSON")
	return cmd
}

// explanation is what explain prints as JSON.
type explanation struct {
	Policy    string              `json:"policy"`
	State     enforcer.State      `json:"state"`
	Causes    []consent.Cause     `json:"causes,omitempty"`
	Decisions []enforcer.Decision `json:"decisions"`
	More      int                 `json:"more,omitempty"` // cookies beyond those of the decisions
}

func explain(cmd *cobra.Command, args []string) error {
	f := caddycmd.Flags{FlagSet: cmd.Flags()}
	path := f.String("policy")
	switch {
	case len(args) > 1 || len(args) == 1 && f.Changed("policy"):
		return fmt.Errorf("unexpected argument %q: expected one policy", args[len(args)-1])
	case len(args) == 1:
		path = args[0]
	}
	p, source, err := readPolicy(cmd, path)
	if err != nil {
		return err
	}
	request := http.Header{}
	if f.Bool("gpc") {
		request.Set("Sec-GPC", "1")
	}
	if f.Changed("choice") {
		line, err := choiceLine(p, f.String("choice"))
		if err != nil {
			return err
		}
		request.Set("Cookie", line)
	}
	cookies, err := f.GetStringArray("cookie")
	if err != nil {
		return err
	}
	lines, err := f.GetStringArray("set-cookie")
	if err != nil {
		return err
	}
	if err := checkPasted(cookies, lines); err != nil {
		return err
	}
	if f.Bool("gpc") && !p.HonoursGPC {
		complain(cmd, yellow, "note: --gpc makes no difference: the policy has no categories under signals")
	}
	x := explanation{Policy: source.name, Decisions: []enforcer.Decision{}}
	if len(cookies)+len(lines) == 0 {
		x.explainRules(p, request)
	} else {
		request["Cookie"] = append(request["Cookie"], cookies...)
		e := enforcer.New(p).Explain(request, http.Header{"Set-Cookie": lines})
		x.State, x.Causes, x.Decisions, x.More = e.State, e.Causes, append(x.Decisions, e.Decisions...), e.More
		adviseOnNameless(cmd, cookies)
	}
	if f.Bool("json") {
		return printJSON(cmd, x)
	}
	for _, c := range x.Causes {
		complain(cmd, yellow, "note: "+c.String())
	}
	x.print(screenOf(cmd.OutOrStdout()))
	return nil
}

// choiceLine is the Cookie line of a choice: consent cookies with their names, or the
// value of the one that the policy reads.
func choiceLine(p *policy.Policy, choice string) (string, error) {
	if strings.ContainsFunc(choice, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return "", errors.New("expected a text that a browser can send as --choice, found a line break or another control character in it: percent-encode it")
	}
	if name, _, named := strings.Cut(choice, "="); named && p.HoldsChoice(strings.Trim(name, " \t")) {
		return choice, nil
	}
	if strings.HasSuffix(p.ConsentCookie, "*") {
		return "", fmt.Errorf("expected consent cookies with their names as --choice, such as %q", strings.TrimSuffix(p.ConsentCookie, "*")+"…=…")
	}
	if strings.Contains(choice, ";") {
		return "", errors.New(`expected one value of the consent cookie as --choice, found ";" in it, where a browser ends the cookie: percent-encode it`)
	}
	return p.ConsentCookie + "=" + choice, nil
}

// checkPasted refuses what was pasted with its name, which would be taken for another
// cookie.
func checkPasted(cookies, lines []string) error {
	for _, c := range []struct {
		flag, name string
		values     []string
	}{{"--cookie", "Cookie:", cookies}, {"--set-cookie", "Set-Cookie:", lines}} {
		for _, value := range c.values {
			if len(value) >= len(c.name) && strings.EqualFold(value[:len(c.name)], c.name) {
				return fmt.Errorf("expected the value of the header alone as %s: leave %s out", c.flag, c.name)
			}
		}
	}
	return nil
}

// adviseOnNameless helps those who have named a cookie and given it no value: that is
// how a cookie without a name is sent (rule Q3). It does not repeat the text, which may
// be a value (rule F3).
func adviseOnNameless(cmd *cobra.Command, cookies []string) {
	for _, line := range cookies {
		if line != "" && !strings.Contains(line, "=") {
			complain(cmd, yellow, `note: what has no "=" was judged as a cookie without a name: to ask about a cookie, write --cookie 'name=x'`)
			return
		}
	}
}

// explainRules judges a cookie of each rule, and of each name that a consent manager
// owns. The rule's own name stands for it: a pattern matches itself, and no other one
// that does is more specific.
func (x *explanation) explainRules(p *policy.Policy, request http.Header) {
	e := enforcer.New(p)
	choice := e.Explain(request, nil)
	x.State, x.Causes = choice.State, choice.Causes
	var names []string
	for rule := range p.Rules() {
		names = append(names, rule.Name)
	}
	for _, name := range p.OwnedCookies() {
		if p.Lookup(name) == nil && !p.HoldsChoice(name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		r, pair := request.Clone(), name+"=1"
		r["Cookie"] = append(r["Cookie"], pair)
		var of enforcer.Decision
		for _, d := range e.Explain(r, nil).Decisions {
			if d.Direction == enforcer.Request {
				of = d
			}
		}
		x.Decisions = append(x.Decisions, of)
	}
}

func (x *explanation) print(s screen) {
	fmt.Fprintf(s, "policy %s, choice: %s\n\n", printable(x.Policy), x.State)
	t := table{columns: append(columnsOf("COOKIE", "VERDICT", "SERVICE", "CATEGORY", "REASON", "RULE"), column{title: "LINE", number: true})}
	directions := map[enforcer.Direction]bool{}
	for _, d := range x.Decisions {
		directions[d.Direction] = true
	}
	if len(directions) > 1 {
		t.columns = append(columnsOf("WAS"), t.columns...)
	}
	for _, d := range x.Decisions {
		row := []cell{shownName(d.Name), verdict(d.Action), orDash(d.Service), orDash(d.Category), {text: string(d.Reason)}, orDash(d.Rule), lineOf(d)}
		if len(directions) > 1 {
			row = append([]cell{wayOf(d.Direction)}, row...)
		}
		t.add(row...)
	}
	t.print(s)
	if x.More > 0 {
		fmt.Fprintf(s, "\n%s more: of a header, the first %d cookies are shown.\n", quantity(x.More, "cookie", "cookies"), enforcer.MaxTold)
	}
}

// lineOf is where the policy speaks of a cookie.
func lineOf(d enforcer.Decision) cell {
	if d.Rule == "" {
		return cell{}
	}
	return cell{text: fmt.Sprint(":", d.Line)}
}

// shownName never shows the text of a cookie without a name, which is a value (rule
// F3).
func shownName(name string) cell {
	if name == "" {
		name = "(nameless)"
	}
	return cell{text: name}
}

// wayOf tells whether a browser sent a cookie, or was to set or delete it.
func wayOf(d enforcer.Direction) cell {
	if d == enforcer.Request {
		return cell{text: "sent"}
	}
	return cell{text: "set"}
}

func verdict(a enforcer.Action) cell {
	tones := map[enforcer.Action]tone{enforcer.Kept: green, enforcer.Removed: red, enforcer.Expired: yellow, enforcer.Capped: yellow}
	return cell{string(a), tones[a]}
}

func orDash(text string) cell {
	if text == "" {
		text = "-"
	}
	return cell{text: text}
}
