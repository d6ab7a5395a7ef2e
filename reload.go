package cookieconsent

import (
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"
)

// lookEvery is how often files are looked at. A change is in force after two looks.
const lookEvery = time.Second

// watcher finds out when the files of policies change. It reads them rather than
// waiting to be told: notifications miss symbolic links that are swapped, as
// Kubernetes does, and many network file systems; and a modification time may be
// that of the version before.
type watcher struct {
	seen map[string]string // what was in a file the last time, as contentOf has it
}

// look reads the files of all handlers. What it finds is put into force once it was
// the same twice: whoever writes a file may not be at its end.
func (w *watcher) look(g *registry) {
	before := w.seen
	w.seen = make(map[string]string)
	for _, file := range g.files() {
		source, err := fileSource(file)
		content := contentOf(source, err)
		w.seen[file] = content
		if before[file] == content {
			_, _ = g.reload(file, source, err) // it has logged what is wrong
		}
	}
}

// contentOf tells contents apart, and what keeps them from being read.
func contentOf(source *policySource, err error) string {
	if err != nil {
		return err.Error()
	}
	return source.sum()
}

// files are those of all handlers, each once.
func (g *registry) files() (files []string) {
	for _, h := range g.all() {
		if h.file != "" && !slices.Contains(files, h.file) {
			files = append(files, h.file)
		}
	}
	return files
}

// refused tells whether the last good policy is in force in place of a file's.
func (g *registry) refused(file string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, refused := g.refusals[file]
	return refused
}

// refusal is what was last wrong with a file. What lies there is judged again only by
// other handlers, or once it is something else.
type refusal struct {
	content string // as contentOf has it
	by      []*Handler
	err     error
}

// reload puts what a file holds now into force, in all handlers that have it, or in
// none (rule F2). It reports whether anything has changed.
func (g *registry) reload(file string, source *policySource, err error) (changed bool, _ error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	content := contentOf(source, err)
	outdated := slices.DeleteFunc(slices.Clone(g.live), func(h *Handler) bool {
		return h.file != file || h.inForce.Load().source.sum() == content
	})
	if len(outdated) == 0 {
		delete(g.refusals, file)
		return false, nil
	}
	last := g.refusals[file]
	if last.content == content && slices.Equal(last.by, outdated) {
		return false, last.err
	}
	prepared := make([]*inForce, len(outdated))
	if err == nil {
		prepared, err = prepareAll(outdated, source)
	}
	if err != nil {
		g.refusals[file] = refusal{content, outdated, err}
		if last.content != content {
			outdated[0].logger.Error("the cookie policy has changed and is not in force: the last good one stays",
				zap.String("policy", file), zap.String("sha256", outdated[0].inForce.Load().source.sum()), zap.Error(err))
		}
		return false, err
	}
	for i, h := range outdated {
		h.putInForce(prepared[i])
	}
	delete(g.refusals, file)
	return true, nil
}

// prepareAll prepares a policy for some handlers. Their errors come together.
func prepareAll(all []*Handler, source *policySource) ([]*inForce, error) {
	p, err := source.load()
	if err != nil {
		return nil, err
	}
	var prepared []*inForce
	var problems []error
	for _, h := range all {
		next, err := h.prepare(p, source)
		prepared, problems = append(prepared, next), append(problems, err)
	}
	return prepared, errors.Join(problems...)
}

// sumOf is the hash of the policy that is in force in place of a file.
func (g *registry) sumOf(file string) string {
	for _, h := range g.all() {
		if h.file == file {
			return h.inForce.Load().source.sum()
		}
	}
	return ""
}
