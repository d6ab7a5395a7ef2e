package cookieconsent

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTableWidth(t *testing.T) {
	t.Parallel()
	long, digits := strings.Repeat("é", 300), strings.Repeat("9", 30)
	columns := []column{{title: "NAME"}, {title: "COUNT", number: true}, {title: "WHY"}}
	for _, test := range []struct {
		name    string
		columns []column
		row     []string
		want    string // its second line
	}{
		{"short", columns, []string{"a", "7", "because"}, "a         7  because"},
		{"no spaces at the end", columns, []string{"a", "7", ""}, "a         7"},
		{"a long text gives way", columns, []string{long, "7", "because"}, strings.Repeat("é", 63) + "…      7  because"},
		{"the longest gives way", columns, []string{long, digits, long}, strings.Repeat("é", 22) + "…  " + digits + "  " + strings.Repeat("é", 22) + "…"},
		{"what a terminal obeys", columns, []string{"a\x1b[2J\r\nb\u009b\u202e\xff", "7", "-"}, "a?[2J??b??\ufffd      7  -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			table := table{columns: test.columns}
			var row []cell
			for _, text := range test.row {
				row = append(row, cell{text: text})
			}
			table.add(row...)
			var output bytes.Buffer
			table.print(screen{Writer: &output})
			narrow(t, output.String())
			if got := strings.Split(output.String(), "\n")[1]; got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// TestTableFitsNumbers has numbers that no column could hold.
func TestTableFitsNumbers(t *testing.T) {
	t.Parallel()
	table := table{columns: []column{{title: "A", number: true}, {title: "B", number: true}}}
	table.add(cell{text: strings.Repeat("1", 200)}, cell{text: strings.Repeat("2", 200)})
	var output bytes.Buffer
	table.print(screen{Writer: &output})
	for line := range strings.Lines(output.String()) {
		if n := utf8.RuneCountInString(line); n != maxWidth+1 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

// TestColours looks at a terminal and at what is none.
func TestColours(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	file, err := os.Create(t.TempDir() + "/output")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	t.Setenv("NO_COLOR", "")
	for name, test := range map[string]struct {
		got, want string
	}{
		"terminal": {screenOf(terminal).coloured("gone", red), "\x1b[31mgone\x1b[0m"},
		"plain":    {screenOf(terminal).coloured("name", plain), "name"},
		"file":     {screenOf(file).coloured("gone", red), "gone"},
		"buffer":   {screenOf(new(bytes.Buffer)).coloured("gone", red), "gone"},
	} {
		if test.got != test.want {
			t.Errorf("%s: found %q, want %q", name, test.got, test.want)
		}
	}
	t.Setenv("NO_COLOR", "1")
	if got := screenOf(terminal).coloured("gone", red); got != "gone" {
		t.Errorf("NO_COLOR: found %q", got)
	}
}

func TestColouredTable(t *testing.T) {
	t.Parallel()
	table := table{columns: columnsOf("VERDICT", "WHY")}
	table.add(cell{"kept", green}, cell{text: "granted"})
	table.add(cell{"removed", red}, cell{text: "denied"})
	var output bytes.Buffer
	table.print(screen{&output, true})
	const want = "VERDICT  WHY\n\x1b[32mkept\x1b[0m     granted\n\x1b[31mremoved\x1b[0m  denied\n"
	if output.String() != want {
		t.Errorf("found %q, want %q", output.String(), want)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var line bytes.Buffer
	progress := progressOf(&line, 200<<20)
	for _, read := range []int64{0, 1, 100 << 20, 100<<20 + 1, 300 << 20} {
		progress(read)
	}
	const want = "\r\x1b[K  0 % of 200 MiB read\r\x1b[K 50 % of 200 MiB read\r\x1b[K100 % of 200 MiB read"
	if line.String() != want {
		t.Errorf("found %q, want %q", line.String(), want)
	}
}
