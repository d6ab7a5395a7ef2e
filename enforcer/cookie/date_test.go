package cookie

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func utc(year int, month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

var dateRows = []struct {
	name, value string
	want        time.Time // zero: browsers ignore the attribute
}{
	{"RFC 1123", "Thu, 01 Jan 1970 00:00:00 GMT", utc(1970, 1, 1, 0, 0, 0)},
	{"RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", utc(1994, 11, 6, 8, 49, 37)},
	{"asctime", "Sun Nov  6 08:49:37 1994", utc(1994, 11, 6, 8, 49, 37)},
	{"dashes", "Tue, 08-Dec-2026 05:53:42 GMT", utc(2026, 12, 8, 5, 53, 42)},
	{"no weekday", "08 Dec 2026 05:53:42", utc(2026, 12, 8, 5, 53, 42)},
	{"a wrong weekday", "Mon, 08 Dec 2026 05:53:42 GMT", utc(2026, 12, 8, 5, 53, 42)},
	{"any order", "05:53:42 2026 Dec 08", utc(2026, 12, 8, 5, 53, 42)},
	{"year before day: the first number of two digits is the day", "26 Dec 08 05:53:42", utc(2008, 12, 26, 5, 53, 42)},
	{"month in full, in any case", "8 dEcEmBeR 2026 05:53:42", utc(2026, 12, 8, 5, 53, 42)},
	{"one digit everywhere", "8 Dec 2026 5:3:2", utc(2026, 12, 8, 5, 3, 2)},
	{"letters after numbers", "8th Dec 2026AD 05:53:42Z", utc(2026, 12, 8, 5, 53, 42)},
	{"delimiters of every kind", "\t8!\"#$%&'()*+,-./Dec;<=>?@[\\]^_`2026{|}~05:53:42", utc(2026, 12, 8, 5, 53, 42)},
	{"first of two times", "8 Dec 2026 05:53:42 06:00:00", utc(2026, 12, 8, 5, 53, 42)},
	{"first of two months", "8 Dec Jan 2026 05:53:42", utc(2026, 12, 8, 5, 53, 42)},
	{"zone is not heard", "8 Dec 2026 05:53:42 PST", utc(2026, 12, 8, 5, 53, 42)},
	{"non-ASCII is no delimiter", "8 Dec 2026\u00a0 05:53:42", utc(2026, 12, 8, 5, 53, 42)},

	{"two-digit year 69", "1 Jan 69 00:00:00", utc(2069, 1, 1, 0, 0, 0)},
	{"two-digit year 70", "1 Jan 70 00:00:00", utc(1970, 1, 1, 0, 0, 0)},
	{"two-digit year 99", "1 Jan 99 00:00:00", utc(1999, 1, 1, 0, 0, 0)},
	{"two-digit year 00", "1 Jan 00 00:00:00", utc(2000, 1, 1, 0, 0, 0)},
	{"three-digit year", "1 Jan 199 00:00:00", time.Time{}},
	{"year 1601", "1 Jan 1601 00:00:00", utc(1601, 1, 1, 0, 0, 0)},
	{"year 1600", "31 Dec 1600 23:59:59", time.Time{}},
	{"year 9999", "31 Dec 9999 23:59:59", utc(9999, 12, 31, 23, 59, 59)},
	{"five-digit year", "1 Jan 20260 00:00:00", time.Time{}},

	{"31 February", "31 Feb 2026 00:00:00", time.Time{}},
	{"29 February in a leap year", "29 Feb 2024 00:00:00", utc(2024, 2, 29, 0, 0, 0)},
	{"29 February in no leap year", "29 Feb 2026 00:00:00", time.Time{}},
	{"31 April", "31 Apr 2026 00:00:00", time.Time{}},
	{"day 0", "0 Jan 2026 00:00:00", time.Time{}},
	{"day 32", "32 Jan 2026 00:00:00", time.Time{}},
	{"three-digit day", "001 Jan 2026 00:00:00", time.Time{}},
	{"hour 24", "1 Jan 2026 24:00:00", time.Time{}},
	{"minute 60", "1 Jan 2026 00:60:00", time.Time{}},
	{"second 60", "1 Jan 2026 00:00:60", time.Time{}},
	{"last second of a day", "1 Jan 2026 23:59:59", utc(2026, 1, 1, 23, 59, 59)},
	{"three-digit second", "1 Jan 2026 00:00:000", time.Time{}},
	{"letters inside a time", "1 Jan 2026 0a:00:00", time.Time{}},
	{"no seconds", "1 Jan 2026 00:00", time.Time{}},
	{"no time", "1 Jan 2026", time.Time{}},
	{"no day", "Jan 2026 00:00:00", time.Time{}},
	{"no month", "1 2026 00:00:00", time.Time{}},
	{"no year", "1 Jan 00:00:00", time.Time{}},
	{"month of two letters", "1 Ja 2026 00:00:00", time.Time{}},
	{"month between two names", "1 anf 2026 00:00:00", time.Time{}},
	{"month in French", "1 fév 2026 00:00:00", time.Time{}},
	{"ISO 8601", "2026-12-08T05:53:42Z", time.Time{}},
	{"seconds since 1970", "1700000000", time.Time{}},
	{"zero", "0", time.Time{}},
	{"minus one", "-1", time.Time{}},
	{"empty", "", time.Time{}},
	{"only delimiters", " ,-/;=@[`{~\t", time.Time{}},
	{"garbage", "\x00\xff\u2028:::", time.Time{}},
	{"colons", strings.Repeat(":", 1000), time.Time{}},
	{"digits", strings.Repeat("1", 1000), time.Time{}},
}

// S2: dates are read with the algorithm of RFC 6265bis, as browsers do.
func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, row := range dateRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, ok := ParseDate(row.value)
			if ok == row.want.IsZero() || !got.Equal(row.want) {
				t.Errorf("S2: ParseDate(%.100q) = %v, %v, want %v", row.value, got, ok, row.want)
			}
		})
	}
}

// S2: every day of two years that browsers can be told, a leap year among them,
// comes back in each of the three formats of HTTP.
func TestParseDateOfEveryDay(t *testing.T) {
	t.Parallel()
	days := 0
	for d := utc(2023, 1, 1, 12, 34, 56); d.Year() < 2025; d = d.AddDate(0, 0, 1) {
		days++
		for _, layout := range []string{time.RFC1123, "Monday, 02-Jan-06 15:04:05 MST", time.ANSIC} {
			text := d.Format(layout)
			if got, ok := ParseDate(text); !ok || !got.Equal(d) {
				t.Fatalf("S2: ParseDate(%q) = %v, %v", text, got, ok)
			}
		}
	}
	if days != 365+366 {
		t.Errorf("checked %d days, want %d", days, 365+366)
	}
}

// S2: the twelve months, by their first three letters.
func TestParseDateMonths(t *testing.T) {
	t.Parallel()
	for month := time.January; month <= time.December; month++ {
		for _, name := range []string{month.String(), month.String()[:3], strings.ToUpper(month.String()[:3]) + "x"} {
			text := fmt.Sprintf("2 %s 2026 03:04:05", name)
			if got, ok := ParseDate(text); !ok || got.Month() != month || got.Day() != 2 {
				t.Errorf("S2: ParseDate(%q) = %v, %v, want %v", text, got, ok, month)
			}
		}
	}
}

// FuzzParseDate: a date that the standard library reads in the format of HTTP is
// read alike, and no other date is impossible (S2).
func FuzzParseDate(f *testing.F) {
	for _, row := range dateRows {
		f.Add(row.value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := ParseDate(value)
		if ok && (got.Year() < 1601 || got.Year() > 9999 || got.Location() != time.UTC) {
			t.Fatalf("S2: ParseDate(%q) = %v", value, got)
		}
		if want, err := time.Parse(time.RFC1123, value); err == nil && strings.HasSuffix(value, " GMT") &&
			want.Format(time.RFC1123) == value && want.Year() >= 1601 && (!ok || !got.Equal(want)) {
			t.Fatalf("S2: ParseDate(%q) = %v, %v, want %v", value, got, ok, want)
		}
	})
}
