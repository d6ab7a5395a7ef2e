//go:build linux

package main

import (
	"debug/buildinfo"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

//go:embed *.tmpl
var templates embed.FS

// family is a proxy. Its first server proxies alone, and is what the others are
// compared with.
type family struct {
	program string
	config  string                       // the template
	args    func(config string) []string // to start it in the foreground
	servers []*server
}

// server is one row of the table.
type server struct {
	name    string
	filter  bool // takes cookies off
	missing bool // not installed

	port    int
	process *process
	exchange
	times  []float64 // CPU microseconds per request, one for each start
	ratios []float64 // to the first server of the family, which was started with it
}

func families() []*family {
	return []*family{
		{
			program: "caddy",
			config:  "Caddyfile.tmpl",
			args: func(config string) []string {
				return []string{"run", "--adapter", "caddyfile", "--config", config}
			},
			servers: []*server{
				{name: "Caddy, `reverse_proxy` alone"},
				{name: "Caddy, the same once more (control)"},
				{name: "**Caddy, `cookie_consent`**", filter: true},
			},
		},
		{
			program: "nginx",
			config:  "nginx.conf.tmpl",
			args:    func(config string) []string { return []string{"-p", filepath.Dir(config), "-c", config} },
			servers: []*server{
				{name: "nginx, `proxy_pass` alone"},
				{name: "nginx, Lua filter", filter: true},
			},
		},
		{
			program: "haproxy",
			config:  "haproxy.cfg.tmpl",
			args:    func(config string) []string { return []string{"-db", "-f", config} },
			servers: []*server{
				{name: "HAProxy alone"},
				{name: "HAProxy, regular expressions", filter: true},
			},
		},
	}
}

// startPortal starts the portal that all servers stand before.
func (l *lab) startPortal() (port int, err error) {
	ports, err := freePorts(1)
	if err != nil {
		return 0, err
	}
	program, err := portalCommand(loopback(ports[0]))
	if err != nil {
		return 0, err
	}
	_, err = l.start(program, ports[0])
	return ports[0], err
}

// buildCaddy builds cmd/caddy and puts it where the family of Caddy is looked
// for. It returns the versions of Caddy and Go.
func (l *lab) buildCaddy() (caddy, golang string, err error) {
	l.caddy = filepath.Join(l.dir, "caddy")
	build := exec.CommandContext(l.ctx, "go", "build", "-o", l.caddy, "./cmd/caddy")
	if out, err := build.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("building caddy: %w; run the benchmark from the root of the repository: %s", err, out)
	}
	info, err := buildinfo.ReadFile(l.caddy)
	if err != nil {
		return "", "", err
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/caddyserver/caddy/v2" {
			caddy = dep.Version
		}
	}
	return caddy, info.GoVersion, nil
}

// installed are the servers of a family that can be measured.
func (f *family) installed() []*server {
	return slices.DeleteFunc(slices.Clone(f.servers), func(s *server) bool { return s.missing })
}

// startFamily starts the servers of a family, as far as they are installed.
func (l *lab) startFamily(f *family, portal int) error {
	path, modules, err := l.find(f.program)
	if err != nil {
		for _, s := range f.servers {
			s.missing = true
		}
		return nil
	}
	policy, err := filepath.Abs("policy.yaml")
	if err != nil {
		return err
	}
	ports, err := freePorts(len(f.servers))
	if err != nil {
		return err
	}
	for i, s := range f.servers {
		if f.program == "nginx" && s.filter && modules == nil {
			s.missing = true
			continue
		}
		s.port = ports[i]
		dir := filepath.Join(l.dir, fmt.Sprintf("%s-%d", f.program, i))
		config, err := writeConfig(dir, f.config, map[string]any{
			"Port":    s.port,
			"Portal":  loopback(portal),
			"Filter":  s.filter,
			"Policy":  policy,
			"Modules": modules,
		})
		if err != nil {
			return err
		}
		env := append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
		if s.process, err = l.start(command{path: path, args: f.args(config), env: env}, s.port); err != nil {
			return err
		}
	}
	return nil
}

// find looks for a program and, for nginx, the modules that Lua needs: none
// where they are built in, nil where there are none.
func (l *lab) find(program string) (path string, modules []string, err error) {
	if program == "caddy" {
		return l.caddy, nil, nil
	}
	if path, err = exec.LookPath(program); err != nil || program != "nginx" {
		return path, nil, err
	}
	out, err := exec.CommandContext(l.ctx, path, "-V").CombinedOutput()
	if err != nil {
		return "", nil, err
	}
	if regexp.MustCompile(`--add-module=\S*lua`).Match(out) {
		return path, []string{}, nil
	}
	dir := regexp.MustCompile(`--modules-path=(\S+)`).FindSubmatch(out)
	if dir == nil {
		return path, nil, nil
	}
	for _, name := range []string{"ndk_http_module.so", "ngx_http_lua_module.so"} {
		module := filepath.Join(string(dir[1]), name)
		if _, err := os.Stat(module); err != nil {
			return path, nil, nil
		}
		modules = append(modules, module)
	}
	return path, modules, nil
}

func writeConfig(dir, name string, data any) (path string, err error) {
	t, err := template.ParseFS(templates, name)
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	var text strings.Builder
	if err := t.Execute(&text, data); err != nil {
		return "", err
	}
	path = filepath.Join(dir, strings.TrimSuffix(name, ".tmpl"))
	return path, os.WriteFile(path, []byte(text.String()), 0o600)
}
