package clients

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processes lists the account's processes.
func processes() []Process {
	var list []Process
	dirs, _ := os.ReadDir("/proc")
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", d.Name())
		path, err := os.Readlink(filepath.Join(dir, "exe"))
		if err != nil {
			continue // another account's, or a kernel thread
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		list = append(list, Process{
			PID:  pid,
			Path: strings.TrimSuffix(path, " (deleted)"),
			Args: strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00"),
		})
	}
	return list
}
