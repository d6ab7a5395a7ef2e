package page

import (
	"html/template"
	"regexp"
	"strings"
)

// Data is what a template of the page is executed with: the built-in one, and the
// site's own.
type Data struct {
	// Language is the one in which the page is shown, such as "fr", and Dir its
	// direction: "ltr" or "rtl".
	Language, Dir string

	// Text is the page's own words in that language.
	Text *Texts

	// Languages are all in which there is the page. A page for a file has none.
	Languages []LanguageLink

	// Style is the style of the built-in page. The site's own may have one of its own,
	// in itself or in files of the site.
	Style template.CSS

	// Site is the address of the site, and SiteName what of it people read. Both may
	// be empty.
	Site, SiteName string

	// Settings are the keys of the policy that the page does not show, as JSON. Those
	// who import a policy from its page look for them in the attribute
	// data-cookie-policy of the element main.
	Settings string

	// Introduction is what the page begins with: one item for each paragraph.
	Introduction []Words

	// HasIntroduction tells that the policy has one; otherwise the page's own words
	// are taken.
	HasIntroduction bool

	// Choice is the visitor's choice. It is nil where there is nothing to choose, and
	// on a page for a file, which nobody answers.
	Choice *Choice

	// Kinds are the kinds of consent that categories of the policy have.
	Kinds []Kind

	// Categories are those of the policy, in its order.
	Categories []Category

	// HasPatterns tells that there is a cookie with "*" in its name.
	HasPatterns bool

	// Strips tells that cookies which the policy does not list do not pass.
	Strips bool

	// Owned are the names of cookies that pass all the same, since the consent manager
	// owns them, and that no table lists.
	Owned []Words

	// Updated is the day of the policy, such as 2026-01-31, and UpdatedText the same in
	// words of the language. Both are empty where it is not known.
	Updated, UpdatedText string

	// SHA256 is the beginning of the hash of the policy in force; may be empty. The form
	// sends it along, as the hidden field "policy": a choice that was made under another
	// policy is not saved.
	SHA256 string
}

// Words is a text of the policy, or of the page where the policy has none.
type Words struct {
	Text string

	// Lang is the language of the text, and Dir its direction. Both are empty where it
	// is in the language of the page.
	Lang, Dir string

	// Before is what stands before the text in a list: a comma, but for the first.
	Before string

	// Published tells that the text stands in the policy.
	Published bool
}

// Paragraphs are those of the text: between them are blank lines.
func (w Words) Paragraphs() []string {
	paragraphs := blankLine.Split(strings.TrimSpace(w.Text), -1)
	for i := range paragraphs {
		paragraphs[i] = strings.TrimSpace(paragraphs[i])
	}
	return paragraphs
}

var blankLine = regexp.MustCompile(`\n([ \t\r]*\n)+`)

// LanguageLink leads to the page in another language.
type LanguageLink struct {
	// Code is the language, such as "fr", and Name what it calls itself.
	Code, Name string

	// Current tells that the page is in this language.
	Current bool
}

// Kind is a kind of consent, and what it means for visitors.
type Kind struct {
	// ID is "none", "required" or "objection".
	ID, Name, Meaning string
}

// Choice is what the visitor has chosen, and how to choose.
//
// The form is posted to Action. It has the hidden field "policy" with the SHA256 of [Data],
// buttons with the name "choice" and the values "save", "refuse" and "accept", and boxes
// with the names "category" and "service" and the values of their ID. For each box that is
// ticked when the page is shown, a hidden field with the name "was_category" or
// "was_service" has the same value.
type Choice struct {
	// Action is where the form is posted. It is empty where another consent manager
	// keeps the choice: then there is no form.
	Action string

	// Status is where the visitor stands: "chosen", "unchosen" or "undecodable".
	Status string

	// Saved tells that the choice has just been saved, and Lost that the browser has not
	// kept it. Receipt is the receipt for one that was saved; may be empty.
	Saved, Lost bool
	Receipt     string

	// Cleared tells that the browser had several copies of the choice, and that the
	// others were deleted when this one was saved.
	Cleared bool

	// Disputed tells that the browser has several copies of the choice, which disagree:
	// what only some of them grant is refused.
	Disputed bool

	// SignalDenies are the categories that the visitor's browser denies by the Global
	// Privacy Control signal. None: it does not.
	SignalDenies []Words
}

// Category is a kind of cookie.
type Category struct {
	ID string

	// Consent is "none", "required" or "objection".
	Consent string

	// ExemptIfAnonymized tells that services need no consent where their data are
	// anonymous.
	ExemptIfAnonymized bool

	// Title is never empty; the Description may be.
	Title, Description Words

	// Services are the rows of its table, in the order of the policy.
	Services []Service

	// Box is the box for the whole category. It is nil where nothing in it is chosen.
	// Its state is "undecided" where those of its services differ.
	Box *Box

	// Boxes are those for its services. A category without services has none.
	Boxes []Box

	// Exempt are the names of services that are exempt from consent: they are active
	// until the visitor refuses them.
	Exempt []Words
}

// Box is something that visitors choose.
type Box struct {
	// ID is the value of the field: that of a service or category.
	ID string

	// HTML is an id for the element, which no other element of the page has.
	HTML string

	// Names are those of the services that are chosen by it, and Function what the
	// first of them is for; may be empty.
	Names    []Words
	Function Words

	// Together are the names of services elsewhere on the page that are chosen at the
	// same time, because the visitor's choice has one key for them.
	Together []Words

	// State is "granted", "denied", "undecided" or "undecodable", or "exempt" where its
	// services are active until the visitor refuses them.
	State string

	// Ticked and Disabled are how the box is shown.
	Ticked, Disabled bool
}

// Service is a row of the table.
type Service struct {
	ID string

	// Key is what the visitor's choice calls the service. It is empty where that is the
	// ID.
	Key string

	// Anonymized tells that its data are anonymous.
	Anonymized bool

	// Domain and Path are those of its cookies; may be empty.
	Domain, Path string

	// Provider, Function and Purpose are columns of the table; may be empty.
	Provider, Function, Purpose Words

	// Retention is how long its cookies are kept, in words of the page's language. It
	// is empty where the policy does not say.
	Retention string

	// Cookies are its cookies, and Origins where it is loaded from.
	Cookies []Cookie
	Origins []string
}

// Cookie is a cookie of a service, or a pattern for several.
type Cookie struct {
	Name string

	// Domain, Path and Retention are the cookie's own. They are empty where they are
	// those of the service.
	Domain, Path, Retention string
}
