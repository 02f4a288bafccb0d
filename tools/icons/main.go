// Command icons draws the program's icons into a folder: the tray's, one for
// each status, and the app's own. assets runs it by go generate.
//
//	icons [-sheet FILE.png] FOLDER
//
// The sheet shows all of them, at the sizes and on the panels they meet.
//
// Its rules: a status is a shape in the bottom right corner, told apart at 16
// pixels without colour; around it runs a gap, so that it never melts into the
// mark; the mark itself is neither red, yellow nor green.
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

func main() {
	sheet := flag.String("sheet", "", "draw all icons into this PNG too")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: icons [-sheet FILE.png] FOLDER")
		os.Exit(2)
	}
	err := write(flag.Arg(0))
	if err == nil && *sheet != "" {
		err = save(*sheet, encode(contactSheet()))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

// Linux panels show 22 or 24 pixels, or twice that: 48 halves well. macOS shows
// 16 points, 32 pixels. Windows picks from the ICO.
const (
	linuxSize = 48
	macSize   = 32
	appSize   = 512
)

var windowsSizes = []int{16, 20, 24, 32}

func write(dir string) error {
	files := map[string][]byte{
		"app.png": encode(appIcon.picture(appSize, appColours)),
		"app.svg": []byte(appIcon.svg(appSize, appColours)),
	}
	for status, badge := range badges {
		d := trayIcon(badge)
		for panel, colours := range panels {
			files[filepath.Join(panel, status+".png")] = encode(d.picture(linuxSize, colours))
		}
		for _, panel := range []string{"dark", "light"} {
			files[filepath.Join(panel, status+".ico")] = ico(d, panels[panel])
		}
		files[filepath.Join("template", status+".png")] = encode(d.picture(macSize, black))
		files[filepath.Join("svg", status+".svg")] = []byte(d.svg(linuxSize, panels["any"]))
	}
	for name, data := range files {
		if err := save(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	return nil
}

func save(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

func encode(m image.Image) []byte {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// ico is the drawing in Windows' sizes: a directory of PNGs, which Windows has
// read since Vista.
// https://learn.microsoft.com/en-us/previous-versions/ms997538(v=msdn.10)
func ico(d drawing, colours palette) []byte {
	var head, body bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			binary.Write(&head, binary.LittleEndian, f)
		}
	}
	put(uint16(0), uint16(1), uint16(len(windowsSizes)))
	offset := 6 + 16*len(windowsSizes)
	for _, size := range windowsSizes {
		data := encode(d.picture(size, colours))
		put(uint8(size), uint8(size), uint8(0), uint8(0), uint16(1), uint16(32), uint32(len(data)), uint32(offset+body.Len()))
		body.Write(data)
	}
	return append(head.Bytes(), body.Bytes()...)
}
