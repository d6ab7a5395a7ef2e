package consent_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// decoded is what a memory says, of which the hash has to be that of the choice.
func decoded(t *testing.T, m *consent.Memory, value string, now func() time.Time) consent.Choice {
	t.Helper()
	choice, hash := m.Decode(value, now)
	if want := choice.Hash(); hash != want {
		t.Errorf("Decode(%.300q) has the hash %x, want %x", value, hash, want)
	}
	return *choice
}

// C1 to C5, C7: a memory says what its decoder says, the first time and later.
func TestMemoryDecodes(t *testing.T) {
	t.Parallel()
	m := consent.NewMemory(newDecoder())
	for range 3 {
		for _, row := range decodeRows {
			if got := states(t, decoded(t, m, row.value, atTestNow)); got != row.want {
				t.Errorf("%s: Decode(%.300q) = %s, want %s", row.name, row.value, got, row.want)
			}
		}
	}
}

// C5: a choice that is remembered ages all the same, and one that was made in the
// future comes to count.
func TestMemoryAges(t *testing.T) {
	t.Parallel()
	m := consent.NewMemory(newDecoder())
	value := `{"ga":true,"timestamp":` + seconds(0) + `}`
	for _, row := range []struct {
		at   time.Duration
		want string
	}{
		{0, "G..."}, {halfYear, "G..."}, {halfYear + time.Second, "...."}, {time.Hour, "G..."},
		{-24 * time.Hour, "G..."}, {-24*time.Hour - time.Second, "...."}, {0, "G..."},
	} {
		if got := states(t, decoded(t, m, value, func() time.Time { return testNow.Add(row.at) })); got != row.want {
			t.Errorf("C5: after %v the choice is %s, want %s", row.at, got, row.want)
		}
	}
}

// C1: visitors do not get each other's choices, however many there are at once.
func TestMemoryOfManyVisitors(t *testing.T) {
	t.Parallel()
	m := consent.NewMemory(newDecoder())
	var visitors sync.WaitGroup
	for first := range 4 {
		visitors.Go(func() {
			for i := range 4000 {
				n := (i*7 + first*1000) % 1000
				value := fmt.Sprintf(`{"ga":%t,"matomo":%t,"hotjar":%t,"n":%d}`, n%2 == 0, n%3 == 0, n%5 == 0, n)
				want := ""
				for _, divisor := range []int{2, 3, 0, 5} {
					switch {
					case divisor == 0:
						want += "."
					case n%divisor == 0:
						want += "G"
					default:
						want += "D"
					}
				}
				if got := states(t, decoded(t, m, value, atTestNow)); got != want {
					t.Errorf("C1: visitor %d has %s, want %s", n, got, want)
					return
				}
			}
		})
	}
	visitors.Wait()
}

// TestMemoryFlood: values that one visitor makes up push out those of others, which are
// remembered again with the next request.
func TestMemoryFlood(t *testing.T) {
	m := consent.NewMemory(newDecoder())
	for i := range 20_000 {
		m.Decode(fmt.Sprintf(`{"ga":true,"n":%d}`, i), atTestNow)
	}
	decoded(t, m, object, atTestNow)
	if allocs := testing.AllocsPerRun(100, func() { m.Decode(object, atTestNow) }); allocs != 0 {
		t.Errorf("%v allocations after a flood, want none", allocs)
	}
}

// TestMemoryKeepsNoMore: a value is a part of a request's head, which would stay
// with it.
func TestMemoryKeepsNoMore(t *testing.T) {
	t.Parallel()
	m := consent.NewMemory(newDecoder())
	head := new([1 << 16]byte)
	n := copy(head[1000:], object)
	if got := states(t, decoded(t, m, unsafe.String(&head[1000], n), atTestNow)); got != "GD.." {
		t.Fatalf("got %s, want GD..", got)
	}
	kept := weak.Make(head)
	head = nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the memory keeps all that the value is a part of")
	}
	runtime.KeepAlive(m)
}

// C7: what is remembered costs no allocation, and what is too long to be is read
// like any other value.
func TestMemoryDoesNotAllocate(t *testing.T) {
	m := consent.NewMemory(newDecoder())
	for _, value := range []string{object, `{"ga":true,"matomo":false,"long":"` + strings.Repeat("x", 200) + `"}`, `{"ga":true,"matomo":false,"longer":"` + strings.Repeat("x", 400) + `"}`} {
		var got *consent.Choice
		if allocs := testing.AllocsPerRun(100, func() { got, _ = m.Decode(value, atTestNow) }); allocs != 0 {
			t.Errorf("C7: %v allocations for %d bytes, want none", allocs, len(value))
		}
		if s := states(t, *got); s != "GD.." {
			t.Errorf("C2: %d bytes say %s, want GD..", len(value), s)
		}
	}
}
