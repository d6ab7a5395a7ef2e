package page

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Texts are the page's own words in one language.
type Texts struct {
	// Name is what the language calls itself.
	Name string `yaml:"name"`

	// Title is the heading of the page, and Languages that of the links to it in
	// other languages.
	Title     string `yaml:"title"`
	Languages string `yaml:"languages"`

	// Introduction is what the page begins with where the policy has no introduction.
	Introduction string `yaml:"introduction"`

	// The visitor's choice: its heading, where the visitor stands, and how to choose.
	Choice      string `yaml:"choice"`
	Unchosen    string `yaml:"unchosen"`
	Chosen      string `yaml:"chosen"`
	Undecodable string `yaml:"undecodable"`
	Managed     string `yaml:"managed"`
	Withdrawal  string `yaml:"withdrawal"`
	Whole       string `yaml:"whole"`
	Allow       string `yaml:"allow"`
	Comma       string `yaml:"comma"`
	Together    string `yaml:"together"`
	Always      string `yaml:"always"`
	Exempt      string `yaml:"exempt"`
	Until       string `yaml:"until"`
	Save        string `yaml:"save"`
	Refuse      string `yaml:"refuse"`
	Accept      string `yaml:"accept"`

	// The answer to a choice.
	Saved    string `yaml:"saved"`
	Lost     string `yaml:"lost"`
	Cleared  string `yaml:"cleared"`
	Disputed string `yaml:"disputed"`
	Receipt  string `yaml:"receipt"`
	Keep     string `yaml:"keep"`

	// States are words for what stands between a service and its cookies, by the names
	// that the page's JSON has for them.
	States map[string]string `yaml:"states"`

	// The Global Privacy Control signal.
	Signal       string `yaml:"signal"`
	SignalDenies string `yaml:"signal_denies"`

	// What a cookie is, and what the kinds of consent are and mean.
	WhatIs       string            `yaml:"what_is"`
	WhatIsAnswer string            `yaml:"what_is_answer"`
	Kinds        string            `yaml:"kinds"`
	KindNames    map[string]string `yaml:"kind_names"`
	KindMeanings map[string]string `yaml:"kind_meanings"`

	// The tables: their heading and caption, the heads of their columns, and what
	// stands around their cells.
	Cookies       string `yaml:"cookies"`
	Caption       string `yaml:"caption"`
	Provider      string `yaml:"provider"`
	Function      string `yaml:"function"`
	CookieNames   string `yaml:"cookie_names"`
	Purpose       string `yaml:"purpose"`
	Retention     string `yaml:"retention"`
	LoadsFrom     string `yaml:"loads_from"`
	Anonymized    string `yaml:"anonymized"`
	NoServices    string `yaml:"no_services"`
	ExemptIfNoted string `yaml:"exempt_if_noted"`
	Star          string `yaml:"star"`

	// What the policy says of itself.
	InForce  string `yaml:"in_force"`
	Enforced string `yaml:"enforced"`
	Stripped string `yaml:"stripped"`
	Owned    string `yaml:"owned"`
	Site     string `yaml:"site"`
	Updated  string `yaml:"updated"`
	Hash     string `yaml:"hash"`

	// Categories are names for kinds of cookie that many policies have, by their ids.
	Categories map[string]string `yaml:"categories"`

	// Months are the names of the months.
	Months []string `yaml:"months"`

	// Session is the retention of session cookies, Units are forms of the words for
	// units of time, and And stands between two numbers of them.
	Session string           `yaml:"session"`
	And     string           `yaml:"and"`
	Units   map[string]Forms `yaml:"units"`

	// Errors are what went wrong, by the status of the answer; Back leads to the page.
	Errors map[int]ErrorText `yaml:"errors"`
	Back   string            `yaml:"back"`
}

// Forms are the forms that a word for a unit of time has. "%d" in them stands for the
// number.
type Forms struct {
	One   string `yaml:"one"`
	Two   string `yaml:"two"`  // empty: as Other
	Few   string `yaml:"few"`  // 3 to 10; empty: as Other
	Many  string `yaml:"many"` // 11 to 99; empty: as Other
	Other string `yaml:"other"`
}

// ErrorText is what visitors read instead of the page.
type ErrorText struct {
	Title string `yaml:"title"`
	Text  string `yaml:"text"`
}

//go:embed texts/*.yaml
var textFiles embed.FS

// texts are the page's own words, by language.
var texts = func() map[string]*Texts {
	all := make(map[string]*Texts)
	files, err := textFiles.ReadDir("texts")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, file := range files {
		data, err := textFiles.ReadFile("texts/" + file.Name())
		if err != nil {
			panic(err)
		}
		t := new(Texts)
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		decoder.KnownFields(true)
		if err := decoder.Decode(t); err != nil {
			panic(fmt.Sprintf("%s: %v", file.Name(), err))
		}
		all[strings.TrimSuffix(file.Name(), ".yaml")] = t
	}
	return all
}()

// Languages are those that the page speaks, in the order of the alphabet.
func Languages() []string { return slices.Sorted(maps.Keys(texts)) }

// categoryName is a name for a kind of cookie that the policy gives no title.
func (t *Texts) categoryName(id string) string {
	if name := t.Categories[id]; name != "" {
		return name
	}
	words := strings.NewReplacer("_", " ", "-", " ").Replace(id)
	return strings.ToUpper(words[:1]) + words[1:] // ids are of ASCII
}
