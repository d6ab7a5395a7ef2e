package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// FuzzScanner compares the scanner with encoding/json: both take the same for
// JSON, and read the same texts in it.
func FuzzScanner(f *testing.F) {
	for _, c := range recordings {
		f.Add(strings.TrimPrefix(c.har, "\ufeff"), uint8(0))
	}
	for _, text := range []string{
		`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d"`, "\"\xff\xe2\x82\"", `"\u12g4"`, `"\`, "\"\x1f\"", "\"\x7f\"", `""`, `{"":{}}`, `{"a":1,}`, `[1,]`, `[,]`, `{"a"}`, `{1:2}`,
		"-0", "01", "1.", "1e5", "-", "+1", "1.5e-07", "tru", "nul", "null", "nulll", "true false", "1 2", `"a""b"`, "]", "],[", "}", "", " \t\r\n ", "\v", "\x00", "{\x00}", "[[[]]", `{"a":[{"b":null}]}`,
	} {
		f.Add(text, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, piece uint8) {
		text = "[" + text + "]" // so that a number has an end
		s := newScanner(strings.NewReader(text), nil)
		s.room = s.room[:int(piece)%16+1]
		var got []string
		s.array(func() { texts(s, &got) })
		s.end()
		if want := json.Valid([]byte(text)); (s.err == nil) != want {
			t.Fatalf("%q: valid: %t, got error %v", text, want, s.err)
		}
		skipped := newScanner(strings.NewReader(text), nil)
		skipped.skip()
		skipped.end()
		if (skipped.err == nil) != (s.err == nil) {
			t.Fatalf("%q: read: %v, skipped: %v", text, s.err, skipped.err)
		}
		if s.err != nil {
			return
		}
		var want []string
		for d := json.NewDecoder(strings.NewReader(text)); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := token.(string); ok {
				want = append(want, text)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got texts %q, want %q", text, got, want)
		}
	})
}

// texts reads a value, and adds all names and texts in it.
func texts(s *scanner, all *[]string) {
	switch s.peek() {
	case '{':
		s.object(func(name []byte) {
			*all = append(*all, string(name))
			texts(s, all)
		})
	case '[':
		s.array(func() { texts(s, all) })
	case '"':
		text, _ := s.readText()
		*all = append(*all, text)
	default:
		s.skip()
	}
}

// TestLongTexts: as much of a text is read as is asked for, and no part of an escape.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       int // bytes
		long       bool
	}{
		{"as long as may be", strings.Repeat("x", maxText), maxText, false},
		{"a byte longer", strings.Repeat("x", maxText+1), maxText, true},
		{"an escape that fits", strings.Repeat("x", maxText-2) + `\n`, maxText - 1, false},
		{"an escape that does not fit", strings.Repeat("x", maxText-1) + `\n`, maxText - 1, true},
		{"a longer escape that does not fit, and bytes that would", strings.Repeat("x", maxText-5) + `\u00e9xx`, maxText - 5, true},
		{"escapes of backslashes", strings.Repeat(`\\`, maxText), maxText / 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScanner(strings.NewReader(`["`+c.text+`"]`), nil)
			s.array(func() {
				if text, long := s.readText(); len(text) != c.want || long != c.long {
					t.Errorf("%d bytes, long: %t; want %d, %t", len(text), long, c.want, c.long)
				}
			})
			if s.end(); s.err != nil {
				t.Error(s.err)
			}
		})
	}
}

// made is a recording that is made up as it is read: a beginning, a unit over and
// over again, and an end. It looks at the memory in use.
type made struct {
	begin, unit, end string
	units            int

	rest  string
	state int
	peak  uint64
	reads int
}

func (m *made) size() int { return len(m.begin) + m.units*len(m.unit) + len(m.end) }

func (m *made) Read(p []byte) (n int, err error) {
	if m.reads++; m.reads%16 == 0 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		m.peak = max(m.peak, stats.HeapAlloc+stats.StackInuse)
	}
	for n < len(p) {
		for m.rest == "" {
			switch {
			case m.state == 0:
				m.rest = m.begin
			case m.state <= m.units:
				m.rest = m.unit
			case m.state == m.units+1:
				m.rest = m.end
			default:
				return n, io.EOF
			}
			m.state++
		}
		copied := copy(p[n:], m.rest)
		n, m.rest = n+copied, m.rest[copied:]
	}
	return n, nil
}

// makeUp is a recording of so many bytes, with an entry before them.
func makeUp(size int, begin, unit, end string) *made {
	m := &made{begin: `{"log": {"entries": [` + at(0, site, "_ga=1") + begin, unit: unit, end: end}
	m.units = (size - len(begin)) / len(unit)
	return m
}

func realistic(size int) *made {
	entry := at(1, site+"explore/dataset/1", "sessionid=S; _ga=1; _pk_id.1.1fff=1", "csrftoken=1; Max-Age=31449600; Path=/", "_gid=1")
	body := strings.Repeat(`<a class=\"ods\" href=\"https://data.ajman.ae/explore/\">x</a>\n`, 200)
	entry = strings.TrimSuffix(entry, "}}") + `,"content":{"mimeType":"text/html","text":"` + body + `"}},"_initiator":{"stack":{"callFrames":[` +
		strings.TrimSuffix(strings.Repeat(`{"functionName":"f","lineNumber":12,"columnNumber":-1},`, 50), ",") + `]}}}`
	return makeUp(size, "", ", "+entry, "]}}")
}

// TestMemory reads long recordings in little memory. It does not run in parallel,
// to be alone in it.
func TestMemory(t *testing.T) {
	const size, most = 12 << 20, 8 << 20
	p := shippedPolicy(t)
	for _, c := range []struct {
		name string
		made *made
		err  string
	}{
		{name: "entries as they are", made: realistic(32 << 20)},
		{name: "a body", made: makeUp(size, `, {"response": {"content": {"text": "`, "AAAA\\n\u00e9", `"}}}]}}`)},
		{name: "an address", made: makeUp(size, `, {"request": {"url": "data:`, "AAAA", `"}}]}}`)},
		{name: "a name of a member", made: makeUp(size, `, {"`, "AAAA", `": 1}]}}`)},
		{name: "a header's value", made: makeUp(size, `, {"response": {"headers": [{"name": "x", "value": "`, "AAAA", `"}]}}]}}`)},
		{name: "white space", made: makeUp(size, ``, " \r\n\t", `]}}`)},
		{name: "entries that hold nothing", made: makeUp(size/4, ``, ", {}", `]}}`)},
		{name: "messages of a WebSocket", made: makeUp(size, `, {"_webSocketMessages": [null`, `, {"type": "send", "time": 1.25, "opcode": 1, "data": "{\"ping\":true}"}`, `]}]}}`)},
		{name: "a number", made: makeUp(size, `, {"time": `, "1111", `}]}}`), err: "expected a value in JSON's form"},
		{name: "headers that hold nothing", made: makeUp(size, `, {"request": {"headers": [null`, ", null", `]}}]}}`), err: "expected at most 1 MiB"},
		{name: "cookies that hold nothing", made: makeUp(size, `, {"request": {"cookies": [null`, ", null", `]}}]}}`), err: "expected at most 1 MiB"},
		{name: "depth", made: makeUp(size, `, {"x": `, `[`, ``), err: "at most 10000 deep"},
		{name: "depth of members", made: makeUp(size, `, {"x": `, `{"a":`, ``), err: "at most 10000 deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := Run(p, "site.har", c.made, Options{})
			switch {
			case c.err == "" && (err != nil || r.Violations() == 0):
				t.Errorf("got %+v, %v", r, err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("got %+v, %v", r, err)
			case c.err == "" && c.made.peak == 0:
				t.Error("nobody looked at the memory")
			}
			if used := int64(c.made.peak) - int64(before.HeapAlloc+before.StackInuse); used > most {
				t.Errorf("%d MiB in use", used>>20)
			}
		})
	}
}

// TestManyLongNames: names and paths are held in parts only.
func TestManyLongNames(t *testing.T) {
	t.Parallel()
	tally := newTally(shippedPolicy(t))
	long := strings.Repeat("x", maxText)
	for i := range 2 * MaxFindings {
		x := exchange{entry: i, request: newMessage(cookieField), response: newMessage(setCookieField)}
		name := strings.Map(func(r rune) rune { return 'g' + r - '0' }, fmt.Sprint(i))
		x.request.header[cookieField] = []string{name + long + "=1"}
		tally.add(&x, "/"+name+long)
	}
	held := 0
	for f, s := range tally.counted {
		held += len(f.Name) + len(s.path)
	}
	for raw, name := range tally.names {
		held += len(raw) + len(name)
	}
	if held > 8*maxShown*MaxFindings {
		t.Errorf("%d bytes are held", held)
	}
}

func BenchmarkRun(b *testing.B) {
	p := shippedPolicy(b)
	for _, c := range []struct {
		name string
		made func() *made
	}{
		{"entries", func() *made { return realistic(32 << 20) }},
		{"tiny", func() *made { return makeUp(8<<20, "", ", "+at(1, site, "_ga=1; sessionid=S"), "]}}") }},
		{"body", func() *made { return makeUp(64<<20, `, {"x": "`, strings.Repeat("AAAA", 100), `"}]}}`) }},
		{"escapes", func() *made { return makeUp(32<<20, `, {"x": "`, `\n`, `"}]}}`) }},
		{"nothing", func() *made { return makeUp(8<<20, "", ", {}", "]}}") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(c.made().size()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Run(p, "site.har", c.made(), Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
