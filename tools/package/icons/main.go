// Command icons makes the icon files that Windows and macOS want of one PNG of 512
// pixels: icons PNG FOLDER. Into the folder go app-SIZE.png and app.icns.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

func run(from, folder string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	whole, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if b := whole.Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		return fmt.Errorf("%s: %v is not 512 by 512 pixels", from, b)
	}
	for _, size := range []int{16, 20, 24, 32, 48, 64, 128, 256} {
		small := image.NewNRGBA(image.Rect(0, 0, size, size))
		draw.CatmullRom.Scale(small, small.Bounds(), whole, whole.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		if err := png.Encode(&b, small); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("app-%d.png", size)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "app.icns"), icns(data), 0o644)
}

// icns is Apple's icon file with one picture: PNG as it is, under the name of 512
// pixels; the system scales it.
func icns(picture []byte) []byte {
	part := append([]byte("ic09"), binary.BigEndian.AppendUint32(nil, uint32(8+len(picture)))...)
	part = append(part, picture...)
	return append(append([]byte("icns"), binary.BigEndian.AppendUint32(nil, uint32(8+len(part)))...), part...)
}
