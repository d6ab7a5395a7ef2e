package policyimport

import (
	"regexp"
	"slices"
	"strings"
)

// column is what a column of a table tells.
type column int

const (
	nothing column = iota
	names
	provider
	function
	purpose
	retention
	category
)

// columns are the places of the columns in the rows of a table, or -1.
type columns struct {
	at [category + 1]int
}

func noColumns() columns {
	var c columns
	for i := range c.at {
		c.at[i] = -1
	}
	return c
}

func (c *columns) has(what column) bool { return c.at[what] >= 0 }

// of is a cell of a row. It is empty where the table has no such column.
func (c *columns) of(what column, row []cell) cell {
	if at := c.at[what]; at >= 0 && at < len(row) {
		return row[at]
	}
	return cell{}
}

// heads are the words that heads of columns have, those of the more telling columns
// first: a "cookie provider" is a provider. All words of a phrase must be there. Words
// are in the form of plain; those that end in "-" stand for all that begin so.
var heads = []struct {
	column  column
	phrases string // separated by "|"
}{
	{retention, "retention|retain-|duration|expir-|lifespan|lifetime|life|validity|stored for|storage period|period|how long|max age|" +
		"duree|conservation|dauer|speicherdauer|laufzeit|ablauf-|duracion|caducidad|plazo|" +
		"مده|المده|ومده|انتهاء|الانتهاء|الصلاحيه|الاحتفاظ"},
	{purpose, "purpose-|used for|use it for|description|what it does|what does|why|finalite-|objectif-|objet|but|zweck-|beschreibung|finalidad|proposito|descripcion|" +
		"الغرض|غرض|الوصف|وصف|الهدف|الغايه"},
	{category, "category|categories|type-|kind|categorie-|kategorie|art|typ|tipo|categoria|" +
		"الفيه|الفئه|فئه|النوع|نوع"},
	{provider, "provider-|host|company|vendor|set by|supplier|publisher|owner|issuer|placed by|origin|third party|" +
		"fournisseur-|hote|societe|entreprise|emetteur|editeur|depose par|prestataire|anbieter|unternehmen|herausgeber|proveedor|empresa|titular|" +
		"المزود|مزود|الجهه|الشركه|المصدر|مقدم|الناشر|المضيف"},
	{function, "function-|use|usage|service-|feature|fonction-|utilisation|dienst|funktion|funcion|servicio|uso|" +
		"الوظيفه|وظيفه|الخدمه|خدمه|الاستخدام"},
	{names, "cookie-|tracker-|traceur-|ارتباط|الارتباط|كوكي|الكوكي|كوكيز|الكوكيز"},
	{names, "name-|nom|noms|nombre|bezeichnung|اسم|الاسم|الاسماء"},
}

// columnOf tells what the head of a column speaks of. Sentences and names of cookies
// are no heads, whatever words are in them.
func columnOf(text string) column {
	words := wordsOf(text)
	if len(words) > maxHeadWords || strings.Contains(text, "_") {
		return nothing
	}
	for _, head := range heads {
		for phrase := range strings.SplitSeq(head.phrases, "|") {
			if hasPhrase(words, phrase) {
				return head.column
			}
		}
	}
	return nothing
}

// hasPhrase tells whether all words of a phrase are among others.
func hasPhrase(words []string, phrase string) bool {
	for want := range strings.FieldsSeq(phrase) {
		beginning, open := strings.CutSuffix(want, "-")
		if !slices.ContainsFunc(words, func(word string) bool { return word == want || open && strings.HasPrefix(word, beginning) }) {
			return false
		}
	}
	return true
}

// readHead tells which columns a row is the head of: it names the cookies, and
// something else.
func readHead(row []cell) (columns, bool) {
	c := noColumns()
	found := 0
	for i, cell := range row {
		if !cell.first {
			continue
		}
		what := columnOf(cell.prose)
		if what == names && c.has(names) && mentionsCookies(cell.prose) && !mentionsCookies(row[c.at[names]].prose) {
			// The name is that of something else.
			if !c.has(function) {
				c.at[function] = c.at[names]
			}
			c.at[names] = i
			continue
		}
		if what == nothing || c.has(what) {
			continue
		}
		c.at[what] = i
		found++
	}
	return c, found > 1 && c.has(names)
}

// maxHeadWords is how many words the head of a column has.
const maxHeadWords = 6

// head finds the row that is the head of a table: the first one, but for titles.
func (t *table) head() (at int, c columns, ok bool) {
	columns := t.width()
	for i, row := range t.rows {
		if c, ok := readHead(row); ok {
			return i, c, true
		}
		if _, isTitle := title(row, columns); !isTitle {
			break
		}
	}
	return 0, noColumns(), false
}

func (t *table) hasHead() bool {
	_, _, ok := t.head()
	return ok
}

// guess takes the columns of a table without a head from how many there are. It
// reports false where what would be the names are mostly none.
func (t *table) guess() (columns, bool) {
	c := noColumns()
	switch t.width() {
	case 2:
		c.at[names], c.at[purpose] = 0, 1
	case 3:
		c.at[names], c.at[purpose], c.at[retention] = 0, 1, 2
	case 4:
		c.at[provider], c.at[function], c.at[names], c.at[purpose] = 0, 1, 2, 3
	case 5:
		c.at[provider], c.at[function], c.at[names], c.at[purpose], c.at[retention] = 0, 1, 2, 3, 4
	default:
		return c, false
	}
	good, bad := 0, 0
	for _, row := range t.rows {
		cell := c.of(names, row)
		if cell.prose == "" || len(row) < t.width() {
			continue
		}
		if found, odd := readNames(cell.marked); len(found) > 0 && len(odd) == 0 && !slices.ContainsFunc(found, isWord) {
			good++
		} else {
			bad++
		}
	}
	return c, good > bad
}

// isWord tells a name that may as well be a word at the beginning of a line.
func isWord(name string) bool { return capitalised.MatchString(name) }

var capitalised = regexp.MustCompile(`^[A-Z][a-z]+$`)
