package cookie

import "regexp"

// Collapsed is a cookie's name as logs may show it (rule F3): with "*" in place
// of runs of digits and of hexadecimal ids, which may tell who the visitor is.
func Collapsed(name string) string {
	return ids.ReplaceAllString(words.ReplaceAllStringFunc(name, func(word string) string {
		if hexadecimal.MatchString(word) {
			return "*"
		}
		return word
	}), "*")
}

var (
	words       = regexp.MustCompile(`[0-9A-Za-z]+`)
	hexadecimal = regexp.MustCompile(`^[a-fA-F]*[0-9][0-9a-fA-F]*$`)
	// Of eight characters on, hexadecimal digits are an id inside of a word, too.
	ids = regexp.MustCompile(`[a-fA-F]*[0-9][0-9a-fA-F]{7,}|[0-9]+`)
)
