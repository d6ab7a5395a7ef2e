package cookie

import (
	"strings"
	"testing"
)

func TestReadAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, line string
		want       Attributes
	}{
		{"none", "_ga=1", Attributes{}},
		{"a value that looks like one", "Domain=example.org", Attributes{}},
		{"all", "_ga=1; Domain=example.org; Path=/a; Secure; HttpOnly; SameSite=None; Partitioned", Attributes{"example.org", "/a", true, true}},
		{"odd case and spacing", "_ga=1;\tdOMAIN \t= .EXAMPLE.org ;PATH=/A/b;httponly=no;partitioned=0", Attributes{"example.org", "/A/b", true, true}},
		{"the last one counts", "_ga=1; Domain=a.org; Domain=b.org; Path=/a; Path=/b", Attributes{Domain: "b.org", Path: "/b"}},
		{"an empty Domain is none", "_ga=1; Domain=a.org; Domain=", Attributes{}},
		{"a Path without a slash is none", "_ga=1; Path=/a; Path=b", Attributes{}},
		{"an attribute longer than 1024 bytes is none", "_ga=1; Path=/a; Path=/" + strings.Repeat("b", 1024), Attributes{Path: "/a"}},
		{"words that begin alike", "_ga=1; Domains=a.org; Paths=/a; HttpOnlyish; Partitionedly", Attributes{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ReadAttributes(c.line); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestIsPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/": true, "/a|b/%20/c.html": true, "//": true, "/" + strings.Repeat("x", 1023): true,
		"": false, "a": false, "/a;b": false, "/a b": false, "/\x00": false, "/\x7f": false, "/é": false, "/" + strings.Repeat("x", 1024): false,
	} {
		if got := IsPath(path); got != want {
			t.Errorf("%.20q: got %t", path, got)
		}
	}
}
