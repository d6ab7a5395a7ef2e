package cookieconsent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-consent/caddy-consent/enforcer"
	"github.com/caddy-consent/caddy-consent/enforcer/consent"
	"github.com/caddy-consent/caddy-consent/enforcer/cookie"
	"github.com/caddy-consent/caddy-consent/enforcer/policy"
)

func init() {
	caddy.RegisterModule(adminAPI{})
}

// adminAPI is what the admin endpoint tells of the handlers that serve requests now.
// It keeps nothing: after a config that could not be loaded, the old handlers go on,
// and so does this.
type adminAPI struct{}

// CaddyModule returns the Caddy module information.
func (adminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.cookie_consent",
		New: func() caddy.Module { return new(adminAPI) },
	}
}

// Provision puts the metrics into the registry that the admin endpoint hands out: that
// of a config which cannot be loaded stays, and no handler comes to it.
func (adminAPI) Provision(ctx caddy.Context) error { return registerMetrics(ctx.GetMetricsRegistry()) }

// Routes are the routes of the admin endpoint.
func (adminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{
		{Pattern: adminPrefix + "policy", Handler: only(http.MethodGet, adminPolicy)},
		{Pattern: adminPrefix + "inventory", Handler: only(http.MethodGet, adminInventory)},
		{Pattern: adminPrefix + "explain", Handler: only(http.MethodPost, adminExplain)},
		{Pattern: adminPrefix + "reload", Handler: only(http.MethodPost, adminReload)},
	}
}

const adminPrefix = "/cookie_consent/"

// only refuses other methods than one.
func only(method string, handle caddy.AdminHandlerFunc) caddy.AdminHandler {
	return caddy.AdminHandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != method {
			w.Header().Set("Allow", method)
			return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: fmt.Errorf("expected the method %s, found %s", method, r.Method)}
		}
		return handle(w, r)
	})
}

// deployment is a policy in force, and how many handlers go by it in the same way.
type deployment struct {
	Policy   string    `json:"policy"` // its path, or "policy" where it is in the config
	SHA256   string    `json:"sha256"` // the first digits of that of its content
	Mode     string    `json:"mode"`
	Since    time.Time `json:"in_force_since"`
	Handlers int       `json:"handlers"`
	Reloaded bool      `json:"last_reload_successful"`

	inForce *inForce
}

// deployments are those that a request asks for, by the path or the hash of a policy
// and by a mode.
func deployments(r *http.Request) (found []*deployment, _ error) {
	wantPolicy, wantMode := r.URL.Query().Get("policy"), r.URL.Query().Get("mode")
	for _, h := range handlers.all() {
		now := h.inForce.Load()
		name, sum := now.source.name, now.source.sum()
		if wantPolicy != "" && wantPolicy != name && wantPolicy != sum || wantMode != "" && wantMode != h.Mode {
			continue
		}
		if i := indexOf(found, name, sum, h.Mode); i >= 0 {
			found[i].Handlers++
			continue
		}
		found = append(found, &deployment{
			Policy: name, SHA256: sum, Mode: h.Mode, Since: now.since.UTC(), Handlers: 1,
			Reloaded: !handlers.refused(h.file), inForce: now,
		})
	}
	if len(found) == 0 {
		return nil, caddy.APIError{HTTPStatus: http.StatusNotFound, Err: errors.New("no handler of this policy and mode: GET " + adminPrefix + "policy lists those there are")}
	}
	return found, nil
}

func indexOf(all []*deployment, name, sum, mode string) int {
	for i, d := range all {
		if d.Policy == name && d.SHA256 == sum && d.Mode == mode {
			return i
		}
	}
	return -1
}

// adminPolicy tells which policies are in force.
func adminPolicy(w http.ResponseWriter, r *http.Request) error {
	type service struct {
		ID        string   `json:"id"`
		Category  string   `json:"category"`
		Provider  string   `json:"provider,omitempty"`
		Purpose   string   `json:"purpose,omitempty"`
		Cookies   []string `json:"cookies"`
		Origins   []string `json:"origins,omitempty"`
		Retention string   `json:"retention,omitempty"`
	}
	type category struct {
		ID      string         `json:"id"`
		Consent policy.Consent `json:"consent"`
	}
	type answer struct {
		*deployment
		Site       string     `json:"site,omitempty"`
		Choice     string     `json:"consent_cookie"`
		Choices    []string   `json:"consent_cookies"`
		Owned      []string   `json:"owned_cookies,omitempty"`
		Categories []category `json:"categories"`
		Services   []service  `json:"services"`

		ThirdParties   policy.ThirdParties `json:"third_parties,omitempty"`
		AllowedOrigins []string            `json:"allowed_origins,omitempty"`
	}
	if len(handlers.all()) == 0 {
		return respond(w, http.StatusOK, map[string]any{"policies": []answer{}})
	}
	found, err := deployments(r)
	if err != nil {
		return err
	}
	answers := make([]answer, len(found))
	for i, d := range found {
		p := d.inForce.policy
		a := answer{deployment: d, Site: p.Site, Choice: p.ConsentCookie, Choices: p.ChoiceCookies(), Owned: p.OwnedCookies(), ThirdParties: p.ThirdParties, AllowedOrigins: originTexts(p.AllowedOrigins)}
		for _, c := range p.Categories {
			a.Categories = append(a.Categories, category{c.ID, c.Consent})
		}
		for _, s := range p.Services {
			a.Services = append(a.Services, service{ID: s.ID, Category: p.Categories[s.Category].ID, Provider: s.Provider.String(), Purpose: s.Purpose.String(), Retention: s.Retention.Text, Origins: originTexts(s.Origins)})
		}
		for rule := range p.Rules() {
			a.Services[rule.Service].Cookies = append(a.Services[rule.Service].Cookies, rule.Name)
		}
		answers[i] = a
	}
	return respond(w, http.StatusOK, map[string]any{"policies": answers})
}

func originTexts(origins []policy.Origin) (texts []string) {
	for _, o := range origins {
		texts = append(texts, o.String())
	}
	return texts
}

// explained is what adminExplain answers.
type explained struct {
	*deployment
	State     enforcer.State      `json:"state"`
	Causes    []consent.Cause     `json:"causes,omitempty"`
	Decisions []enforcer.Decision `json:"decisions"`
	More      int                 `json:"more,omitempty"` // cookies beyond those of the decisions
}

// adminExplain judges the headers of an exchange.
func adminExplain(w http.ResponseWriter, r *http.Request) error {
	found, err := deployments(r)
	if err != nil {
		return err
	}
	if len(found) > 1 {
		return caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: fmt.Errorf("expected ?policy=… and &mode=… that tell one of these: %s", strings.Join(choices(found), "; "))}
	}
	var body struct {
		Request  headers `json:"request"`
		Response headers `json:"response"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxExplainBytes))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&body)
	if _, end := decoder.Token(); err != nil || end != io.EOF {
		return caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: errors.New(`expected {"request": {"Cookie": "…"}, "response": {"Set-Cookie": ["…"]}}, with a text or a list of texts for each header, of 1 MiB at most`)}
	}
	e := found[0].inForce.enforcer.Explain(http.Header(body.Request), http.Header(body.Response))
	for i := range e.Decisions {
		e.Decisions[i].Name = cookie.Collapsed(e.Decisions[i].Name) // rule F3
	}
	return respond(w, http.StatusOK, explained{found[0], e.State, e.Causes, e.Decisions, e.More})
}

// maxExplainBytes is more than any server takes as headers.
const maxExplainBytes = 1 << 20

func choices(found []*deployment) (texts []string) {
	for _, d := range found {
		texts = append(texts, fmt.Sprintf("policy=%s (%s) mode=%s", d.Policy, d.SHA256, d.Mode))
	}
	return texts
}

// headers are read from an object with a text, or a list of texts, for each name.
type headers http.Header

// UnmarshalJSON reads the object.
func (h *headers) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*h = make(headers)
	for name, raw := range fields {
		var lines []string
		if err := json.Unmarshal(raw, &lines); err != nil {
			var line string
			if err := json.Unmarshal(raw, &line); err != nil {
				return err
			}
			lines = []string{line}
		}
		name = http.CanonicalHeaderKey(name)
		(*h)[name] = append((*h)[name], lines...)
	}
	return nil
}

// adminReload puts the files of policies into force as they are now.
func adminReload(w http.ResponseWriter, r *http.Request) error {
	type answer struct {
		Policy  string   `json:"policy"`
		SHA256  string   `json:"sha256"` // of what is in force now
		Changed bool     `json:"changed"`
		Errors  []string `json:"errors,omitempty"`
	}
	want := r.URL.Query().Get("policy")
	answers, status := []answer{}, http.StatusOK
	for _, file := range handlers.files() {
		if want != "" && want != file {
			continue
		}
		source, err := fileSource(file)
		changed, err := handlers.reload(file, source, err)
		a := answer{Policy: file, Changed: changed, SHA256: handlers.sumOf(file), Errors: texts(err)}
		if err != nil {
			status = http.StatusUnprocessableEntity
		}
		answers = append(answers, a)
	}
	if want != "" && len(answers) == 0 {
		return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: errors.New("no handler has this file as its policy: GET " + adminPrefix + "policy lists those there are")}
	}
	return respond(w, status, map[string]any{"policies": answers})
}

// texts are the problems of a policy, or what else is wrong.
func texts(err error) (all []string) {
	if err == nil {
		return nil
	}
	var problems policy.Problems
	if !errors.As(err, &problems) {
		return []string{err.Error()}
	}
	for _, p := range problems {
		all = append(all, p.Error())
	}
	return all
}

func respond(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	return encoder.Encode(body)
}

// Interface guards
var (
	_ caddy.Provisioner = adminAPI{}
	_ caddy.AdminRouter = adminAPI{}
)
