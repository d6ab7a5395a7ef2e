package policyimport

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// readRetention reads how long a cookie lives in the words of a page, and says it in
// those of a policy. It reports false for words that are no limit, or more than one:
// what is read wrongly is a promise that is not kept.
func readRetention(text string) (string, bool) {
	words := plain(text)
	if inner := wholeParenthesis.FindStringSubmatch(words); inner != nil {
		words = inner[1]
	}
	words = inParentheses.ReplaceAllString(words, " ")
	words = strings.ReplaceAll(words, "au plus", " ") // at most; "plus de" is more than
	if len(words) > maxHeading {
		return "", false
	}
	tokens := durationTokens(words)
	if endsWithSession(words, tokens) {
		return "session", true
	}
	return readSpans(tokens)
}

var (
	wholeParenthesis = regexp.MustCompile(`^\(([^()]*)\)$`)
	inParentheses    = regexp.MustCompile(`\([^()]*\)|\[[^\[\]]*\]`)
)

// durationTokens are words and numbers. "13mois" is two of them.
func durationTokens(text string) []string {
	var tokens []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",،;:!\"", r) }) {
		word = strings.TrimRight(word, ".")
		digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
		if rest := strings.TrimPrefix(word[digits:], "-"); digits > 0 && startsWithLetter(rest) {
			tokens = append(tokens, word[:digits], rest)
		} else if rest, ok := strings.CutPrefix(word, "و"); ok && isTimeWord(rest) && !ones[word] {
			tokens = append(tokens, "و", rest) // the Arabic "and" is a letter of the next word
		} else if word != "" {
			tokens = append(tokens, word)
		}
	}
	return tokens
}

func startsWithLetter(text string) bool {
	for _, r := range text {
		return unicode.IsLetter(r)
	}
	return false
}

func isTimeWord(word string) bool {
	_, isNumber := numberOf(word)
	return isNumber || unitOf(word) != "" || duals[word] != ""
}

var (
	sessionWords = set("session sessions sitzung sesion جلسه الجلسه للجلسه")
	browserEnds  = regexp.MustCompile(`clos(e|es|ed|ing|ure)\b.*\bbrowser|browser.*\b(is|was|session)?\s*clos(e|es|ed|ing|ure)\b|(fermeture|fermez|ferme) .*navigateur|schliessen des browsers|cerrar el navegador|اغلاق.*(المتصفح|متصفح)`)
)

// endsWithSession tells whether the words say that a cookie ends with the session,
// and nothing of any time.
func endsWithSession(words string, tokens []string) bool {
	says := browserEnds.MatchString(words)
	for _, token := range tokens {
		if _, isNumber := numberOf(token); isNumber && !articles[token] || strings.ContainsAny(token, "0123456789") || unitOf(token) != "" || duals[token] != "" {
			return false
		}
		if contrary[token] {
			return false
		}
		says = says || sessionWords[token]
	}
	return says
}

var (
	articles = set("a an one un une ein eine")
	contrary = set("or ou oder not non no after beyond persistent persistant persistente permanent او لا غير ليس بعد دائم across between outlives multiple several")
)

// readSpans reads numbers and units that add up: "1 year 1 month", "13 mois".
func readSpans(tokens []string) (string, bool) {
	for len(tokens) > 0 && leading[tokens[0]] {
		tokens = tokens[1:]
	}
	var spans []string
	for len(tokens) > 0 {
		if len(spans) > 0 && joining[tokens[0]] {
			tokens = tokens[1:]
		}
		span, used := readSpan(tokens)
		if used == 0 {
			break
		}
		spans, tokens = append(spans, span), tokens[used:]
	}
	for _, token := range tokens { // what follows may explain, and must not limit or extend
		if extending[token] || isTimeWord(token) && !articles[token] || strings.ContainsAny(token, "0123456789+-/=<>*") {
			return "", false
		}
	}
	return strings.Join(spans, " "), len(spans) > 0
}

// readSpan reads a number with its unit at the beginning of words, and tells how many
// words it took. Arabic has words for one and two of a unit.
func readSpan(tokens []string) (string, int) {
	if len(tokens) == 0 {
		return "", 0
	}
	if unit := duals[tokens[0]]; unit != "" {
		used := 1
		if len(tokens) > 1 && twos[tokens[1]] {
			used = 2
		}
		return quantity(2, unit), used
	}
	if unit := unitOf(tokens[0]); singles[tokens[0]] {
		used := 1
		if len(tokens) > 1 && ones[tokens[1]] {
			used = 2
		}
		return quantity(1, unit), used
	}
	n, ok := numberOf(tokens[0])
	if !ok || len(tokens) < 2 {
		return "", 0
	}
	at := 1
	if teens[tokens[at]] && n < 10 && len(tokens) > 2 {
		n, at = n+10, at+1
	}
	unit := unitOf(tokens[at])
	if unit == "" {
		return "", 0
	}
	return quantity(n, unit), at + 1
}

// quantity is a number of units as a policy has it.
func quantity(n int, unit string) string {
	if n != 1 && unit != "min" {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

func numberOf(word string) (int, bool) {
	if n, err := strconv.Atoi(word); err == nil && n >= 0 && n < 1e6 && word[0] != '+' {
		return n, true
	}
	n, ok := numbers[word]
	return n, ok
}

func unitOf(word string) string { return unitWords[word] }

// inverted maps each word to the text it stands under.
func inverted(lists map[string]string) map[string]string {
	m := make(map[string]string)
	for to, words := range lists {
		for word := range strings.FieldsSeq(words) {
			m[word] = to
		}
	}
	return m
}

var unitWords = inverted(map[string]string{
	"second": "second seconds sec secs s seconde secondes sekunde sekunden segundo segundos ثانيه ثوان ثواني",
	"min":    "minute minutes min mins mn minuten minuto minutos دقيقه دقائق",
	"hour":   "hour hours h hr hrs heure heures stunde stunden std hora horas ساعه ساعات",
	"day":    "day days d jour jours j tag tage tagen dia dias يوم يوما ايام",
	"week":   "week weeks wk wks semaine semaines woche wochen semana semanas اسبوع اسبوعا اسابيع",
	"month":  "month months mo mos mois monat monate monaten mes meses شهر شهرا اشهر شهور",
	"year":   "year years yr yrs y an ans annee annees jahr jahre jahren ano anos سنه سنوات سنين عام عاما اعوام",
})

// duals are Arabic words for two of a unit.
var duals = inverted(map[string]string{
	"second": "ثانيتان ثانيتين", "min": "دقيقتان دقيقتين", "hour": "ساعتان ساعتين", "day": "يومان يومين",
	"week": "اسبوعان اسبوعين", "month": "شهران شهرين", "year": "سنتان سنتين عامان عامين",
})

var numbers = numberWords(map[int]string{
	1: "one a an un une ein eine einen una", 2: "two deux zwei dos", 3: "three trois drei tres ثلاثه ثلاث", 4: "four quatre vier cuatro اربعه اربع",
	5: "five cinq funf cinco خمسه خمس", 6: "six sechs seis سته ست", 7: "seven sept sieben siete سبعه سبع", 8: "eight huit acht ocho ثمانيه ثماني ثمان",
	9: "nine neuf neun nueve تسعه تسع", 10: "ten dix zehn diez عشره عشر", 11: "eleven onze elf once", 12: "twelve douze zwolf doce",
	13: "thirteen treize dreizehn trece", 14: "fourteen quatorze", 15: "fifteen quinze", 18: "eighteen", 20: "twenty vingt zwanzig عشرون عشرين",
	24: "twenty-four vingt-quatre", 30: "thirty trente dreissig ثلاثون ثلاثين", 60: "sixty soixante ستون ستين", 90: "ninety تسعون تسعين",
})

func numberWords(lists map[int]string) map[string]int {
	m := map[string]int{"اثنا": 2, "اثني": 2, "احد": 1}
	for n, words := range lists {
		for word := range strings.FieldsSeq(words) {
			m[word] = n
		}
	}
	return m
}

var (
	// singles are Arabic words that stand for one of a unit by themselves.
	singles = set("ثانيه دقيقه ساعه يوم يوما اسبوع اسبوعا شهر شهرا سنه عام عاما")

	ones  = set("واحد واحده")
	twos  = set("اثنان اثنين اثنتان اثنتين")
	teens = set("عشر عشره")
	// joining are words between spans that add up.
	joining = set("and et und y و plus")
	// leading are words before a limit that leave it one.
	leading = set("up to maximum max most of at about approximately approx around within for expires expire expiry after lasts kept stored retained limited duration lifetime period during is " +
		"jusqu'a environ pendant duree de conserve conserves apres " +
		"bis zu maximal hasta maximo durante lebensdauer laufzeit " +
		"حتي لمده مده تصل الي اقصي حد خلال حوالي تنتهي بعد ~")
	// extending are words after a limit that make it another one, or none.
	extending = set("or ou oder o او to bis and et und y و plus more longer then puis dann per pro until unless jusqu'a renewed renewable renouvelable renouvele extended prolonge each every again minimum min least mindestens moins session sessions x times fois ثم كل اكثر حتي ago")
)
