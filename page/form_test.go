package page

import (
	"strings"
	"testing"
)

// aForm is the least that a template of the site's own has to have.
const aForm = `{{with .Choice}}<form method="post" action="{{.Action}}"><input type="hidden" name="policy" value="{{$.SHA256}}"><button name="choice" value="refuse"></button></form>{{end}}`

// TestTemplateForm: a template is read as browsers read the page, and each problem says
// where it is.
func TestTemplateForm(t *testing.T) {
	t.Parallel()
	const (
		policyField = `<input type="hidden" name="policy" value="{{.SHA256}}">`
		button      = `<button name="choice" value="accept">Accept</button>`
		noForm      = `own.html: expected a form in which visitors choose`
		noPolicy    = `: expected the field <input type="hidden" name="policy" value="{{.SHA256}}"> in this form, found none`
		twice       = `: expected the field <input type="hidden" name="policy" value="{{.SHA256}}"> once in its form, found it twice`
	)
	for _, c := range []struct {
		name, template string
		want           []string // the problems; none: it is accepted
	}{
		{"the least", aForm, nil},
		{"other quotes, and none", `<FORM METHOD=POST><input type=hidden name='policy' value={{.SHA256}}><BUTTON NAME=choice value=accept></form>`, nil},
		{"fields that name their form", `<form id="f" method="post"></form><input form="f" name="policy" value="{{.SHA256}}"><button form="f" name="choice" value="save"></button>`, nil},
		{"a form for each button", `<form method="post">` + policyField + button + `</form><form method="post">` + policyField + `<input type="submit" name="choice" value="refuse"></form>`, nil},
		{"a list", `<form method="post">` + policyField + `<select name="choice"><option value="accept"><option value="refuse"></select></form>`, nil},
		{"another form besides", aForm + `<form action="/search"><input name="q"></form>`, nil},
		{"nothing", "<p>", []string{noForm}},
		{"a text with the names", `name="choice" name="policy"`, []string{noForm}},
		{"a comment", `<!-- <form method="post">` + policyField + button + `</form> -->`, []string{noForm}},
		{"an element template", `<template>` + aForm + `</template>`, []string{noForm}},
		{"another form alone", `<form action="/search"><input name="q"></form>`, []string{noForm}},
		{"a button that sends nothing", `<form method="post">` + policyField + `<button type="button" name="choice" value="accept"></button></form>`, []string{noForm}},
		{"no policy", "<p>\n  <form method=\"post\">" + button + "</form>", []string{"own.html:2:3" + noPolicy}},
		{"no policy, by other quotes", "<form method='post'><button name='choice' value='accept'></button></form>", []string{"own.html:1:1" + noPolicy}},
		{"the policy in a comment", `<form method="post"><!--` + policyField + `-->` + button + `</form>`, []string{"own.html:1:1" + noPolicy}},
		{"the policy in an attribute", `<form method="post" data-x='name="policy"'>` + button + `</form>`, []string{"own.html:1:1" + noPolicy}},
		{"the policy outside", policyField + `<form method="post">` + button + `</form>`, []string{noPolicy}},
		{"the policy in another form", `<form>` + policyField + `</form><form method="post">` + button + `</form>`, []string{"own.html:1:69" + noPolicy}},
		{"the policy in one of two forms", aForm + "\n" + `<form id="second" method="post">` + button + `</form>`, []string{"own.html:2:1" + noPolicy}},
		{"the policy twice", `<form method="post">` + policyField + policyField + button + `</form>`, []string{twice}},
		{"another policy", `<form method="post">` + "\n" + `<input type="hidden" name="policy" value="ba9876543210">` + button + `</form>`, []string{`own.html:2:1: expected {{.SHA256}} as the value of the field "policy"`}},
		{"the policy switched off", `<form method="post"><input name="policy" value="{{.SHA256}}" disabled>` + button + `</form>`, []string{"own.html:1:21: expected the field \"policy\" without the attribute disabled"}},
		{"a button outside", aForm + "\n" + button, []string{`own.html:2:1: expected the field "choice" in a form, found it outside of any`}},
		{"a form that a table ends", `<table><form method="post"><tr><td>` + policyField + button + `</td></tr></form></table>`, []string{`found it outside of any`}},
		{"a button that nobody knows", `<form method="post">` + policyField + `<button name="choice" value="reject">`, []string{`one of the values save, refuse, accept for the field "choice", found "reject"`}},
		{"a button without a value", `<form method="post">` + policyField + `<button name="choice">Accept</button>`, []string{`own.html:1:76: expected one of the values save, refuse, accept for the field "choice", found ""`}},
		{"boxes outside", aForm + `{{range .Categories}}{{with .Box}}<input type="checkbox" name="category" value="{{.ID}}">{{end}}{{end}}`, []string{`expected the field "category" in the form that has the field "choice", found it outside`}},
		{"in the address", `<form action="{{with .Choice}}{{.Action}}{{end}}">` + policyField + button + `</form>`, []string{`own.html:1:1: expected the attribute method="post" of this form, found ""`}},
		{"as files", `<form method="post" enctype="multipart/form-data">` + policyField + button + `</form>`, []string{`expected a form without the attribute enctype`}},
		{"only until somebody has chosen", `{{if eq .Choice.Status "unchosen"}}` + aForm + `{{end}}`, []string{noForm}},
		{"only in one language", `{{if eq .Language "ar"}}` + aForm + `{{end}}`, []string{`in the language "en": ` + noForm}},
		{"several", `<form>` + button + `</form>` + "\n" + button, []string{"own.html:1:1" + noPolicy, `own.html:1:1: expected the attribute method`, `in a form, found it outside of any`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Config{Policy: parse(t, manyKinds), SHA256: "0123456789ab", Template: c.template, TemplateName: "own.html"})
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
			}
		})
	}
}

// TestTemplateWithoutForm: where nobody chooses on the page, nothing is asked of its form.
func TestTemplateWithoutForm(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{
		{Policy: parse(t, manyKinds+managedChoice), SHA256: "0123456789ab", Template: "<p>"},
		{Policy: parse(t, manyKinds), SHA256: "0123456789ab", Template: "<p>", WithoutForm: true},
		{Policy: parse(t, manyKinds), Template: `<form method="post"><button name="choice" value="accept">`},
	} {
		if _, err := New(c); err != nil {
			t.Error(err)
		}
	}
	plain := configured(t, Config{Policy: parse(t, manyKinds), WithoutForm: true})
	if page := get(plain, Visitor{}, "/?lang=en").Body.String(); strings.Contains(page, "<form") || !strings.Contains(page, "Matomo") {
		t.Error(page)
	}
}

// TestBuiltInForm: the page that is built in keeps to what is asked of others.
func TestBuiltInForm(t *testing.T) {
	t.Parallel()
	text, err := files.ReadFile("page.html")
	if err != nil {
		t.Fatal(err)
	}
	for name, policy := range map[string]string{"shipped": shipped(t), "many kinds": manyKinds} {
		if _, err := New(Config{Policy: parse(t, policy), SHA256: "0123456789ab", Template: string(text)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
