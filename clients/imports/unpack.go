package imports

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// The most that a bundle may hold: 500 MB unpacked, and as many files as a large
// node_modules has.
const (
	mostBytes = 500 << 20
	mostFiles = 100_000
)

// Unpack puts a bundle's files where its Offer says, readable by the user alone.
// They are all there, or the folder is not: what stood there before is only
// replaced by the whole. A bundle that would write outside of its folder, that
// holds links, or unpacks to more than 500 MB is refused with a BundleUnsafe
// Problem, and so is one that has changed since the Offer was made.
func Unpack(b *catalog.Bundle) error {
	z, err := openBundle(b.Path)
	if errors.Is(err, zip.ErrFormat) {
		return words.New(words.BundleBroken, err)
	}
	if err != nil {
		return err
	}
	defer z.Close()
	if !strings.HasSuffix(b.Folder, z.hash[:12]) {
		return words.New(words.BundleUnsafe, nil)
	}
	if _, err := z.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(b.Folder), 0o700); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(b.Folder), ".unpacking-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := z.unpack(temp); err != nil {
		return err
	}
	if err := os.RemoveAll(b.Folder); err != nil {
		return err
	}
	return os.Rename(temp, b.Folder)
}

// check looks at all names and sizes before anything is written.
func (z *zipped) check() (size int64, err error) {
	seen := map[string]bool{}
	if len(z.File) > mostFiles {
		return 0, words.New(words.BundleUnsafe, nil)
	}
	for _, f := range z.File {
		name, ok := safeName(f)
		key := strings.ToLower(name)
		if !ok || seen[key] && !f.FileInfo().IsDir() {
			return 0, words.New(words.BundleUnsafe, nil)
		}
		seen[key] = true
		if f.UncompressedSize64 > mostBytes {
			return 0, words.New(words.BundleUnsafe, nil)
		}
		if size += int64(f.UncompressedSize64); size > mostBytes {
			return 0, words.New(words.BundleUnsafe, nil)
		}
	}
	return size, nil
}

// safeName is a file's path within the folder; ok is false for one that leads
// out of it, on any system, and for anything but files and folders.
func safeName(f *zip.File) (name string, ok bool) {
	name = strings.ReplaceAll(f.Name, `\`, "/")
	mode := f.Mode()
	isDir := mode.IsDir() || strings.HasSuffix(name, "/")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	switch {
	case isDir && name == "": // the folder itself
		return ".", true
	case !isDir && mode&fs.ModeType != 0, name == "", strings.ContainsAny(name, ":\x00"), !filepath.IsLocal(filepath.FromSlash(name)), !fs.ValidPath(name):
		return "", false
	}
	return name, true
}

func (z *zipped) unpack(dir string) error {
	left := int64(mostBytes)
	for _, f := range z.File {
		name, _ := safeName(f)
		path := filepath.Join(dir, filepath.FromSlash(name))
		if f.Mode().IsDir() || strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return err
			}
			continue
		}
		n, err := unpackFile(f, path, left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// unpackFile writes one file, and no more than left bytes: what an archive says
// of its sizes may be untrue.
func unpackFile(f *zip.File, path string, left int64) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	r, err := f.Open()
	if err != nil {
		return 0, words.New(words.BundleBroken, err)
	}
	defer r.Close()
	mode := fs.FileMode(0o600)
	if f.Mode()&0o100 != 0 {
		mode = 0o700
	}
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, io.LimitReader(r, left+1))
	if closed := w.Close(); err == nil {
		err = closed
	}
	switch {
	case n > left:
		return n, words.New(words.BundleUnsafe, nil)
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return n, words.New(words.BundleBroken, err)
	}
	return n, err
}
