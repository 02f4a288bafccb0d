package tray

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"testing"

	"mcp-companion/companion"
)

var allStatuses = []companion.Status{
	companion.Off, companion.Healthy, companion.Unknown,
	companion.Starting, companion.NeedsYou, companion.Failing,
}

func TestEveryStatusHasItsShape(t *testing.T) {
	for _, p := range []panel{anyPanel, darkPanel, lightPanel, template} {
		seen := map[string]companion.Status{}
		for _, s := range allStatuses {
			shape := shapeOf(t, iconFor(s, p, ".png"))
			if s == companion.Unknown {
				continue // looks like Healthy
			}
			if other, ok := seen[shape]; ok {
				t.Errorf("%s: %v and %v have one shape", p, s, other)
			}
			seen[shape] = s
		}
	}
}

// shapeOf is what is left of an icon without its colours.
func shapeOf(t *testing.T, data []byte) string {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var shape []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			_, _, _, a := m.At(x, y).RGBA()
			shape = append(shape, byte(a>>8))
		}
	}
	return string(shape)
}

func TestWindowsIconsHaveEverySize(t *testing.T) {
	for _, p := range []panel{darkPanel, lightPanel} {
		for _, s := range allStatuses {
			data := iconFor(s, p, ".ico")
			n := int(binary.LittleEndian.Uint16(data[4:]))
			if n != 4 {
				t.Fatalf("%v: %d pictures", s, n)
			}
			for i, size := range []int{16, 20, 24, 32} {
				entry := data[6+16*i:]
				length, offset := binary.LittleEndian.Uint32(entry[8:]), binary.LittleEndian.Uint32(entry[12:])
				m, err := png.Decode(bytes.NewReader(data[offset : offset+length]))
				if err != nil {
					t.Fatal(err)
				}
				if m.Bounds() != image.Rect(0, 0, size, size) || int(entry[0]) != size {
					t.Errorf("%v: picture %d is %v", s, i, m.Bounds())
				}
			}
		}
	}
}

func TestPanelIsDarkWhereItAlwaysIs(t *testing.T) {
	for desktop, want := range map[string]panel{
		"GNOME": darkPanel, "ubuntu:GNOME": darkPanel, "KDE": anyPanel, "XFCE": anyPanel, "": anyPanel, "GNOME-Flashback": anyPanel,
	} {
		if got := panelFor(desktop); got != want {
			t.Errorf("%q: %s, not %s", desktop, got, want)
		}
	}
}
