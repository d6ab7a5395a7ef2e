package policyimport

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// readNames reads the names in a cell in the spellings that pages have, as names and
// patterns of a policy. What is odd is no name.
func readNames(marked string) (names, odd []string) {
	for line := range strings.Lines(quotes.Replace(seen(marked))) {
		line = withoutNotes(fold(line))
		if found, ok := readBeginnings(line); ok {
			names = append(names, found...)
			continue
		}
		for _, piece := range splitNames(line) {
			found, ok := readPiece(piece)
			if !ok && strings.ContainsFunc(piece, isWordRune) {
				odd = append(odd, piece)
			}
			names = append(names, found...)
		}
	}
	return names, odd
}

// quotes end a name, as the character that stands for all of them does. An apostrophe
// is part of a word.
var quotes = strings.NewReplacer("`", "\uE000", `"`, "\uE000", "“", "\uE000", "”", "\uE000", "„", "\uE000", "«", "\uE000", "»", "\uE000",
	"\r\n", "\n", "\r", "\n", "…", "...", "‘", "'", "’", "'")

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// beginnings are the words for "starting with".
var beginnings = regexp.MustCompile(`(?i)\b(?:start(?:s|ing)? with|begin(?:s|ning)? with|prefixed (?:with|by)|commen[cç]ant par|commencent par|commence par|d[ée]butant par|d[ée]butent par|beginnend mit|beginnen mit|que empiezan por|que comienzan (?:por|con))[ :]+|(?:يبدأ|تبدأ|بادئة) ?(?:بالحروف|بالاسم|بـ|ب)? ?`)

// readBeginnings reads "any cookie starting with _hs". It reports false for a line
// that does not say so.
func readBeginnings(line string) ([]string, bool) {
	at := beginnings.FindStringIndex(line)
	if at == nil {
		return nil, false
	}
	var names []string
	before := splitNames(line[:at[0]])
	for _, piece := range before[:max(len(before)-1, 0)] { // the last one is "any cookie"
		found, _ := readPiece(piece)
		names = append(names, found...)
	}
	found := false
	for _, piece := range splitNames(line[at[1]:]) {
		if name, ok := firstName(piece); ok {
			names = append(names, strings.TrimSuffix(name, "*")+"*")
			found = true
		}
	}
	return names, found
}

// firstName is the first word with what only names have, or the only word.
func firstName(piece string) (string, bool) {
	words := strings.Fields(piece)
	for _, word := range words {
		if name, ok := readName(word); ok && (len(words) == 1 || strings.ContainsAny(name, "_-.")) {
			return name, true
		}
	}
	return "", false
}

// separators part names. Words do so between spaces.
var separators = regexp.MustCompile(`[;,،؛•·\x{E000}]+| (?:and|et|und|or|ou|oder|as well as|ainsi que|[&/|+y–—]) | و ?`)

// splitNames splits a line into what may be names.
func splitNames(line string) []string {
	pieces := separators.Split(line, -1)
	for i := range pieces {
		pieces[i] = strings.TrimSpace(pieces[i])
	}
	return slices.DeleteFunc(pieces, func(piece string) bool { return piece == "" })
}

// fillers are words around names.
var fillers = set("cookie cookies cookie: cookies: the a le la les l der die das el los name name: names: nom nom: named called and et und or ou nommé nommés - • * : ملف ملفات تعريف الارتباط ارتباط و")

// readPiece reads one name with the words around it, or several names that only spaces
// part. It reports false for prose.
func readPiece(piece string) ([]string, bool) {
	words := strings.Fields(withoutNotes(piece))
	for len(words) > 0 && fillers[strings.ToLower(words[0])] {
		words = words[1:]
	}
	for len(words) > 0 && fillers[strings.TrimRight(strings.ToLower(words[len(words)-1]), ".")] {
		words = words[:len(words)-1]
	}
	var names []string
	for _, word := range words {
		name, ok := readName(word)
		if !ok || len(words) > 1 && !strings.ContainsAny(name, "_*-.0123456789") {
			return nil, false // in a row of words, only those that no prose has
		}
		names = append(names, name)
	}
	return names, true
}

// withoutNotes leaves out remarks on a name, such as [x4] and (session). A bracket
// that belongs to a name is the part of it that differs: voted_(number), SSESS<ID>.
func withoutNotes(text string) string {
	text = counts.ReplaceAllString(text, "")
	text = remarks.ReplaceAllString(text, " ")
	text = placeholders.ReplaceAllString(text, "$1$2*")
	text = differing.ReplaceAllString(text, "$1*")
	return attached.ReplaceAllString(text, "$1")
}

var (
	counts       = regexp.MustCompile(`(?i) ?[\[(] ?(?:[x×] ?\d+|\d+ ?[x×]?) ?[\])]| [x×] ?\d+$`)
	remarks      = regexp.MustCompile(`(?:^|\s)(?:\([^()]*\)|\[[^\[\]]*\])`)
	placeholders = regexp.MustCompile(`([^\s<{])(?:<[^<>]*>|\{[^{}]*\}|%[A-Za-z_]+%)|([_.-])(?:\([^()]*\)|\[[^\[\]]*\])`)
	differing    = regexp.MustCompile(`(?i)([a-z0-9])[\[(](?:[^\[\]()]*(?:id|hash|number|num|nr|name|key|token|code|random|xx|#|\*))[\])]`)
	attached     = regexp.MustCompile(`([a-z0-9])\([^()]*\)`)
)

// readName reads one word as a name or a pattern.
func readName(word string) (string, bool) {
	word, _, _ = strings.Cut(strings.Trim(word, "'"), "=")
	word = strings.TrimRight(word, ":,!?")
	if rest := strings.TrimRight(word, "."); len(word)-len(rest) > 1 {
		word = rest + "*" // _hjSessionUser_...
	} else {
		word = rest
	}
	word = standIns.ReplaceAllString(word, "*")
	word = afterStar.ReplaceAllString(word, "*")
	word = hash.ReplaceAllString(word, "$1*")
	word = stars.ReplaceAllString(word, "*")
	if published := onTheWire[strings.TrimRight(word, ".*")]; published != "" {
		return published, true
	}
	if !nameForm.MatchString(word) || len(word) > maxName || isAddress(word) || noNames[strings.ToLower(word)] {
		return "", false
	}
	return word, true
}

// maxName is the longest name that is read: those of real cookies are shorter, and
// patterns are compared with each other.
const maxName = 128

var (
	standIns  = regexp.MustCompile(`X{3,}|x{3,}|#{2,}|N{4,}`)
	afterStar = regexp.MustCompile(`\*(?:[-_.]?(?:[Xx]{1,2}|\*))+$`)
	hash      = regexp.MustCompile(`([._-])#`)
	stars     = regexp.MustCompile(`\*{2,}`)
	nameForm  = regexp.MustCompile(`^[!#$%&*+./:@A-Z\[\]a-z0-9^_|~(){}-]*[A-Za-z0-9][!#$%&*+./:@A-Z\[\]a-z0-9^_|~(){}-]*$`)
)

// onTheWire are the names of cookies of which published tables have only the
// beginning.
var onTheWire = map[string]string{
	"_pk_id": "_pk_id.*", "_pk_ses": "_pk_ses.*", "_pk_ref": "_pk_ref.*", "_pk_cvar": "_pk_cvar.*", "_pk_hsr": "_pk_hsr.*",
	"_pk_testcookie": "_pk_testcookie*",
}

var addresses = regexp.MustCompile(`^[a-z0-9.-]+\.(?:com|net|org|io|eu|fr|de|ae|uk|gov|edu|int)$|://|^www\.|@`)

// isAddress tells where a cookie comes from, which is not its name.
func isAddress(word string) bool { return addresses.MatchString(word) }

// noNames are words that tables have in place of a name.
var noNames = set("none n/a na no yes various several multiple persistent aucun aucune néant divers keine varios other others tbc tbd cookie cookies google facebook oui non and et or the")
