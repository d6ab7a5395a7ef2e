package policyimport

import (
	"regexp"
	"slices"
	"strings"
)

// cookieKind is a kind of cookie that pages tell apart.
type cookieKind int

const (
	unknownKind cookieKind = iota
	necessary
	statistical
	functional
	firstParty
	thirdParty
	marketing // which is the third parties' as a rule
)

// categoryIDs are the ids of the categories for kinds that have one of their own.
var categoryIDs = map[cookieKind]string{
	necessary: "necessary", statistical: "statistical", functional: "functional",
	firstParty: "first_party", thirdParty: "third_party", marketing: "third_party",
}

// kindWords are the words that name a kind, in the form of plain. Words that end in
// "-" stand for all that begin so.
var kindWords = map[cookieKind]string{
	necessary: "necessary necessaire necessaires essential essentiel essentiels essentielle essentielles indispensable indispensables " +
		"notwendig notwendige notwendigen erforderlich erforderliche erforderlichen necesaria necesarias necesario necesarios esencial esenciales imprescindibles " +
		"ضروري ضروريه الضروري الضروريه اساسيه الاساسيه لازمه اللازمه",
	statistical: "statistic- statistique- statistik- estadistic- analytic- analytique- analyse- analitic- analisis audience audiences measure- mesure mesures performance- " +
		"احصاء- احصائ- الاحصاء- الاحصائ- تحليل- التحليل- الاداء قياس القياس لقياس",
	functional: "functional functionality functionalities preference- fonctionnel- fonctionnalite- personali- personnalis- funktional- funktionell- funcional- preferenz- praferenz- preferencia- " +
		"وظيفي- الوظيفي- تفضيل- التفضيل-",
	marketing: "advert- marketing publicit- publicidad target- ciblage werbung werbe- retargeting remarketing social soziale " +
		"اعلان- الاعلان- دعائي- الدعائي- تسويق- التسويق-",
	firstParty: "internal interne internes intern propio propias proprietaire- داخلي- الداخلي-",
	thirdParty: "tiers tierces tierce drittanbieter- terceros",
}

// kindPhrases are those that it takes several words for.
var kindPhrases = map[cookieKind][]string{
	firstParty: {"first party", "premiere partie", "الطرف الاول", "للطرف الاول", "طرف اول"},
	thirdParty: {"third party", "third parties", "tierces parties", "الطرف الثالث", "للطرف الثالث", "طرف ثالث", "اطراف ثالثه", "الاطراف الثالثه"},
}

// harmless are the words that a heading may have which says that cookies are necessary.
// With any other word it is in doubt: what may deny, limit or add to it cannot be listed.
var harmless = set("strictly strict absolutely technically technical always category type list table the a our these this that for to of on and " +
	"function work operate properly correctly proper functioning operation website websites site platform portal web " +
	"strictement absolument techniquement technique techniques toujours categorie type liste tableau le la les l nos notre ces ce cette pour au a du de des d que et " +
	"bon fonctionnement fonctionne fonctionner correctement correct plateforme portail internet " +
	"unbedingt zwingend technisch technische immer kategorie typ liste tabelle die der das des den fur zum unsere unserer diese dieser und " +
	"betrieb funktion funktionieren webseite seite plattform portals " +
	"estrictamente absolutamente tecnicamente tecnicas siempre categoria tipo lista tabla las los el para del nuestro sitio funcionamiento plataforma y " +
	"ملف ملفات تعريف تماما صارم صارمه بشكل بصوره صحيح صحيحه سليم سليمه للغايه تقنيا دائما الفيه نوع النوع قائمه جدول هذه التي و " +
	"لعمل عمل تعمل يعمل لكي لتشغيل تشغيل موقع الموقع لموقع للموقع موقعنا الالكتروني الويب المنصه منصه للمنصه البوابه بوابه للبوابه")

// harmlessAlone are those that name a kind of its own where they are joined to another.
var harmlessAlone = set("technical technique techniques technische tecnicas")

// harmlessPhrases are those whose words are not all harmless.
var harmlessPhrases = func() *strings.Replacer {
	var from []string
	for _, phrase := range slices.Concat(kindPhrases[firstParty], []string{
		"always active", "always on", "that are", "which are", "toujours actifs", "qui sont", "immer aktiv", "siempre activas", "نشطه دائما",
	}) {
		from = append(from, " "+phrase+" ", " ")
	}
	return strings.NewReplacer(from...)
}()

var (
	// numbering is that of headings.
	numbering = regexp.MustCompile(`^(?:[0-9]+[.)])+[0-9]*\s+`)
	// headingNumbers are those that say how many there are, or which heading it is, in the form
	// of plain.
	headingNumbers = regexp.MustCompile(`^(?:[1-9][0-9]*[.):]?)+ |^[a-z][.)] |\([0-9]+\)$|\b(?:category|categorie|kategorie|categoria|type|table) [1-9][0-9]*\b`)
	// oddMarks are what a heading in doubt has between its words.
	oddMarks = regexp.MustCompile(`[^\pL\p{Nd} .:,;()'&/|•·🍪🔒✓✔✅،؛-]`)
)

// conjunctions join two kinds in one heading.
var conjunctions = set("and et und y e or ou oder و")

// trackingWords are those of purposes that nobody needs, and that name no kind.
var trackingWords = strings.Fields("tracking track tracks tracked ad ads retarget- profiling profilage suivi pistage pixel pixels nachverfolg- verfolg- webanalyse rastreo seguimiento تتبع التتبع لتتبع")

// kindOfText tells which kind of cookie a heading names. A heading that says necessary
// is only taken at its word where it says nothing else (it decides what passes without
// consent).
func kindOfText(text string) cookieKind {
	words := kindWordsOf(text)
	for _, k := range []cookieKind{statistical, marketing, thirdParty, functional} {
		if speaksOf(words, k) {
			return k
		}
	}
	switch {
	case isPlainlyNecessary(text, words):
		return necessary
	case speaksOf(words, firstParty):
		return firstParty
	}
	return unknownKind
}

// kindOfUse tells which kind a purpose is of, where it is one that nobody needs.
func kindOfUse(text string) cookieKind {
	words := kindWordsOf(text)
	switch {
	case speaksOf(words, statistical):
		return statistical
	case speaksOf(words, marketing), tracks(words):
		return marketing
	}
	return unknownKind
}

func tracks(words []string) bool {
	return slices.ContainsFunc(trackingWords, func(want string) bool { return hasPhrase(words, want) })
}

// isPlainlyNecessary tells whether a heading says that cookies are necessary, and has no
// word besides that is not known to be harmless.
func isPlainlyNecessary(text string, words []string) bool {
	text = plain(text)
	if !speaksOf(words, necessary) || oddMarks.MatchString(text) {
		return false
	}
	joined := isJoined(text, words)
	if joined && speaksOf(words, firstParty) {
		return false
	}
	words = kindWordsOf(headingNumbers.ReplaceAllString(text, " "))
	words = strings.Fields(harmlessPhrases.Replace(" " + strings.Join(words, " ") + " "))
	if slices.ContainsFunc(words, func(word string) bool {
		return !harmless[word] && !cookieNouns[word] && !necessaryWords[word] && !speaksOf([]string{word}, firstParty) || joined && harmlessAlone[word]
	}) {
		return false
	}
	// One that does not speak of cookies must not speak of anything else.
	return slices.ContainsFunc(words, func(word string) bool { return cookieNouns[word] }) ||
		!slices.ContainsFunc(words, func(word string) bool { return !bareWords[word] && !necessaryWords[word] })
}

// kindWordsOf are the words of a heading. The Arabic "and" is a letter of the word
// that follows it.
func kindWordsOf(text string) []string {
	var words []string
	for _, word := range wordsOf(text) {
		if rest, ok := strings.CutPrefix(word, "و"); ok && len(rest) > len("اب") && !strings.HasPrefix(rest, "ظيفي") {
			words = append(words, "و")
			word = rest
		}
		words = append(words, word)
	}
	return words
}

func speaksOf(words []string, k cookieKind) bool {
	for want := range strings.FieldsSeq(kindWords[k]) {
		if hasPhrase(words, want) {
			return true
		}
	}
	joined := " " + strings.Join(words, " ") + " "
	return slices.ContainsFunc(kindPhrases[k], func(phrase string) bool { return strings.Contains(joined, " "+phrase+" ") })
}

func isJoined(text string, words []string) bool {
	return strings.ContainsAny(text, "&/,+;،؛|") || slices.ContainsFunc(words, func(word string) bool { return conjunctions[word] })
}

var (
	necessaryWords = set(kindWords[necessary])
	bareWords      = set("strictly strict strictement absolutely absolument technically techniquement technisch unbedingt zwingend estrictamente always category categorie kategorie categoria type " +
		"for pour fur the le la les de du des die der and et und y site website تماما بشكل صارم الفيه النوع و")
	cookieNouns = set("cookie cookies tracker trackers traceur traceurs ارتباط الارتباط كوكي الكوكي كوكيز الكوكيز")
)

// isContrary tells a heading whose cookies a cell does not make necessary: one that
// speaks of that and does not plainly say so, or says the contrary.
func isContrary(heading string) bool {
	words := kindWordsOf(heading)
	return speaksOf(words, necessary) || tracks(words) || slices.ContainsFunc(words, func(word string) bool { return optionalWords[word] })
}

var optionalWords = set("optional unnecessary nonessential facultatif facultatifs optionnel optionnels optionale optionalen opcional opcionales اختياريه الاختياريه")

// typeWords are what the cells of a column of types say that does not tell what a
// cookie is for.
var typeWords = set("cookie cookies http https html html5 local session storage persistent permanent temporary first third 1st 3rd 1p 3p party server browser security authentication " +
	"interne internes propre propia propias propio temporaire permanente persistant securite authentification sitzung sicherheit sesion جلسه الجلسه دائم دائمه موقت موقته امان الامان")

// isType tells a cell that is in no doubt of what the heading says: it does not say
// what the cookies are for.
func isType(text string) bool {
	return !slices.ContainsFunc(kindWordsOf(text), func(word string) bool { return !typeWords[word] && !cookieNouns[word] }) && !strings.ContainsAny(text, "✗✘❌☐×")
}

// cookieWords are the words for cookies.
var cookieWords = strings.Fields("cookie- tracker- traceur- ارتباط الارتباط كوكي الكوكي كوكيز الكوكيز")

func isCookieWord(word string) bool {
	return slices.ContainsFunc(cookieWords, func(want string) bool { return hasPhrase([]string{word}, want) })
}

func mentionsCookies(text string) bool { return slices.ContainsFunc(wordsOf(text), isCookieWord) }

// isGeneric tells a heading that says nothing of a kind, such as "List of cookies":
// the one above it counts.
func isGeneric(text string) bool {
	return !slices.ContainsFunc(wordsOf(text), func(word string) bool {
		return !genericWords[word] && !isCookieWord(word) && strings.Trim(word, "0123456789") != ""
	})
}

var genericWords = set("list table of the a we use used our this these site website name names details detail in on which are that following below " +
	"liste tableau des de du les le la nous utilisons utilises utilise ce nos noms suivants d l dessous ci " +
	"die der liste tabelle verwendete wir lista tabla las los el que " +
	"قائمه جدول ملفات تعريف ملف المستخدمه التاليه التي نستخدمها اسماء")
