package files

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long Watch gathers events before it says so: a rename over a
// file comes as several, an editor's save as more.
const settle = 50 * time.Millisecond

// Watch calls changed after something changed in one of the folders dirs, once
// for a burst of events, until ctx ends. Folders that do not exist are left
// out, so make them first. Folders, not files, are watched: a file that is
// renamed over would be lost. changed is called from one goroutine.
//
// The names handed to changed are the paths seen in the burst.
func Watch(ctx context.Context, dirs []string, changed func(paths []string)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	for _, d := range dirs {
		if err := w.Add(d); err != nil {
			continue
		}
	}
	go func() {
		defer w.Close()
		seen := map[string]bool{}
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case e, ok := <-w.Events:
				if !ok {
					return
				}
				if e.Op == fsnotify.Chmod || isTemp(e.Name) {
					continue
				}
				if len(seen) == 0 {
					timer.Reset(settle)
				}
				seen[e.Name] = true
			case <-timer.C:
				paths := make([]string, 0, len(seen))
				for p := range seen {
					paths = append(paths, p)
				}
				clear(seen)
				changed(paths)
			case _, ok := <-w.Errors:
				if !ok {
					return
				}
				changed(nil) // events were dropped: anything may have changed
			}
		}
	}()
	return nil
}

// isTemp reports whether path is one of WriteFile's own temporary files.
func isTemp(path string) bool {
	ok, _ := filepath.Match(".*.*.tmp", filepath.Base(path))
	return ok
}
