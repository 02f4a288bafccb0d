package projects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"mcp-companion/files"
	"mcp-companion/servers"
	"mcp-companion/words"
)

var join = filepath.Join

// Create makes the project; one that is there already, as it was made, it takes up
// again. After an error the disk is as it was. Errors that a
// user can meet are Problems: of the name, the kind, the folder.
func Create(ctx context.Context, r Request) (*Project, error) {
	k, err := find(r.Template)
	if err != nil {
		return nil, err
	}
	if err := servers.CheckName(r.Name); err != nil {
		return nil, err
	}
	folder, err := place(r.Folder)
	if err != nil {
		return nil, err
	}
	contents, err := k.contents(r.Name)
	if err != nil {
		return nil, err
	}
	if err := put(ctx, folder, contents); err != nil {
		return nil, folderProblem(folder, err)
	}
	line := k.start(folder)
	return &Project{
		Name: r.Name, Folder: folder, Open: join(folder, k.open), Prepare: k.prepare,
		Server: servers.Server{Command: line[0], Args: line[1:], Cwd: folder},
	}, nil
}

func find(id string) (kind, error) {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return k.id == id }); i >= 0 {
		return kinds[i], nil
	}
	var ids []string
	for _, k := range kinds {
		ids = append(ids, k.id)
	}
	return kind{}, words.New(words.ValueChoice, nil, "Field", words.Say("field.template"), "Choices", strings.Join(ids, ", "))
}

// place is the folder's whole path. One whose name would be read as a key's
// reference in the server's arguments can't be.
func place(folder string) (string, error) {
	if strings.TrimSpace(folder) == "" || strings.ContainsFunc(folder, isControl) || len((&servers.Server{Args: []string{folder}}).SecretIDs()) > 0 {
		return "", words.New(words.ValueBad, nil, "Field", words.Say("field.folder"), "Value", plain(folder))
	}
	return filepath.Abs(folder)
}

// errTaken is a folder that holds something, or no folder.
var errTaken = errors.New("not an empty folder")

func folderProblem(folder string, err error) error {
	switch {
	case errors.Is(err, errTaken), errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTDIR): // the last: a file above it
		return words.New(words.FolderTaken, err, "Path", folder)
	case errors.Is(err, fs.ErrPermission):
		return words.New(words.FileLocked, err, "File", folder)
	case errors.Is(err, syscall.ENOSPC):
		return words.New(words.DiskFull, err, "File", folder)
	}
	return fmt.Errorf("make project: %w", err)
}

// put makes folder with contents in it, a new one under another name first.
func put(ctx context.Context, folder string, contents map[string]string) (err error) {
	exists, err := isEmpty(folder)
	if errors.Is(err, errTaken) && holdsAll(folder, contents) {
		return nil
	}
	if err != nil {
		return err
	}
	if exists { // somebody's terminal may be in it: it stays the folder it is
		return fill(ctx, folder, contents)
	}
	parent := filepath.Dir(folder)
	undo, err := makeAll(parent)
	defer func() {
		if err != nil {
			undo()
		}
	}()
	if err != nil {
		return err
	}
	tmp := join(parent, ".mcp-new-"+files.NewID())
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	if err = fill(ctx, tmp, contents); err == nil {
		err = os.Rename(tmp, folder)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return nil
}

// holdsAll reports whether folder holds all contents, byte for byte: it is this very
// project, which could not be prepared when it was made.
func holdsAll(folder string, contents map[string]string) bool {
	for name, text := range contents {
		if data, err := os.ReadFile(join(folder, name)); err != nil || string(data) != text {
			return false
		}
	}
	return true
}

// isEmpty reports whether folder is there, and empty; all else that is there is
// errTaken.
func isEmpty(folder string) (exists bool, err error) {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist): // a link to nothing
		return true, errTaken
	case err != nil:
		return true, err
	case !info.IsDir():
		return true, errTaken
	}
	list, err := os.ReadDir(folder)
	if err == nil && len(list) > 0 {
		err = errTaken
	}
	return true, err
}

// makeAll makes dir and what is missing above it. undo, never nil, removes those
// again that are empty.
func makeAll(dir string) (undo func(), err error) {
	var made []string // the lowest first
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		made = append(made, d)
	}
	undo = func() {
		for _, d := range made {
			_ = os.Remove(d)
		}
	}
	return undo, os.MkdirAll(dir, 0o777)
}

// fill writes contents into dir, or nothing. It replaces no file.
func fill(ctx context.Context, dir string, contents map[string]string) (err error) {
	var written []string
	defer func() {
		if err != nil {
			for _, path := range written {
				_ = os.Remove(path)
			}
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		written = append(written, path)
		_, err = f.WriteString(contents[name])
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
