// Command xtypecheck type-checks Go packages for another system with cgo "on"
// but with no C compiler or SDK for it: import "C" is faked, so C.x is not
// checked and all Go code around it is. It looks where go vet cannot, such as
// at the macOS side of a tray on a Linux machine.
//
//	xtypecheck -os darwin -arch arm64 [-tags t] PACKAGE...
//
// Errors are printed for the named packages; dependencies are checked for
// their declarations only.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

func main() {
	c := checker{fset: token.NewFileSet(), done: map[string]*types.Package{"unsafe": types.Unsafe}}
	flag.StringVar(&c.os, "os", "darwin", "GOOS")
	flag.StringVar(&c.arch, "arch", "arm64", "GOARCH")
	tags := flag.String("tags", "", "build tags")
	flag.Parse()

	start := time.Now()
	packages, err := c.list(*tags, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "xtypecheck:", err)
		os.Exit(2)
	}
	for _, p := range packages {
		c.check(p)
	}
	fmt.Printf("%s/%s: %d packages checked with %d dependencies in %v, %d errors\n",
		c.os, c.arch, c.named, len(c.done)-c.named, time.Since(start).Round(10*time.Millisecond), c.errors)
	if c.errors > 0 || c.named == 0 {
		os.Exit(1)
	}
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	DepOnly    bool
	GoFiles    []string
	CgoFiles   []string
	ImportMap  map[string]string
	Error      *struct{ Err string }
}

type checker struct {
	os, arch string

	fset          *token.FileSet
	done          map[string]*types.Package
	named, errors int
}

// list names the packages with all they need, dependencies first.
func (c *checker) list(tags string, patterns []string) ([]pkg, error) {
	args := []string{"list", "-e", "-deps", "-json=ImportPath,Dir,DepOnly,GoFiles,CgoFiles,ImportMap,Error", "-tags", tags, "--"}
	cmd := exec.Command("go", append(args, patterns...)...)
	cmd.Env = append(os.Environ(), "GOOS="+c.os, "GOARCH="+c.arch, "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var list []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		}
		list = append(list, p)
	}
}

func (c *checker) check(p pkg) {
	if p.ImportPath == "unsafe" {
		return
	}
	complain := func(err error) {
		if !p.DepOnly {
			fmt.Println(err)
			c.errors++
		}
	}
	if !p.DepOnly {
		c.named++
	}
	if p.Error != nil {
		complain(fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err))
	}
	conf := types.Config{
		FakeImportC:      true,
		IgnoreFuncBodies: p.DepOnly,
		Sizes:            types.SizesFor("gc", c.arch),
		Importer:         importer(func(path string) (*types.Package, error) { return c.imported(p, path) }),
		Error:            complain,
	}
	// The error is the first of those complained about.
	c.done[p.ImportPath], _ = conf.Check(p.ImportPath, c.fset, c.parse(p, complain), nil)
}

func (c *checker) parse(p pkg, complain func(error)) []*ast.File {
	var files []*ast.File
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		file, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			complain(err)
		}
		if file != nil {
			files = append(files, file)
		}
	}
	return files
}

func (c *checker) imported(by pkg, path string) (*types.Package, error) {
	if mapped, ok := by.ImportMap[path]; ok {
		path = mapped
	}
	if p := c.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s for %s", path, c.os)
}

type importer func(string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }
