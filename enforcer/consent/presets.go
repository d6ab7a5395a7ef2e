package consent

import (
	_ "embed"
	"slices"
	"strings"
)

// presetsFile is a YAML mapping of names to declarations, each after a comment that
// begins with the name of the manager.
//
//go:embed presets.yaml
var presetsFile string

// Preset is the declaration of a source that reads the choices which a consent
// manager keeps.
type Preset struct {
	// Name is what a policy calls it.
	Name string

	// Manager is the consent manager, in its own spelling.
	Manager string

	// Notes are what else there is to know, each line without its "#".
	Notes []string

	// YAML is the declaration, each line indented by two spaces.
	YAML string
}

// Presets are all there are, in alphabetical order.
func Presets() []Preset { return presets }

// PresetNamed returns the preset of a name. It reports false where there is none.
func PresetNamed(name string) (Preset, bool) {
	i, found := slices.BinarySearchFunc(presets, name, func(p Preset, name string) int { return strings.Compare(p.Name, name) })
	if !found {
		return Preset{}, false
	}
	return presets[i], true
}

var presets = func() (all []Preset) {
	var next Preset
	for line := range strings.Lines(presetsFile) {
		text := strings.TrimSuffix(line, "\n")
		note, isNote := strings.CutPrefix(text, "#")
		switch {
		case strings.HasPrefix(line, " "):
			all[len(all)-1].YAML += line
		case isNote && next.Manager == "":
			next.Manager = strings.TrimPrefix(note, " ")
		case isNote:
			next.Notes = append(next.Notes, strings.TrimPrefix(note, " "))
		case strings.HasSuffix(text, ":"):
			next.Name = strings.TrimSuffix(text, ":")
			all = append(all, next)
			next = Preset{}
		default:
			next = Preset{} // the head of the file
		}
	}
	slices.SortFunc(all, func(a, b Preset) int { return strings.Compare(a.Name, b.Name) })
	return all
}()
