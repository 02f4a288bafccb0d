package clients

import (
	"os/exec"
	"strconv"
	"strings"
)

// processes lists the account's processes.
func processes() []Process {
	out, err := exec.Command("/bin/ps", "-axo", "pid=,comm=").Output()
	if err != nil {
		return nil
	}
	var list []Process
	for line := range strings.Lines(string(out)) {
		number, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pid, err := strconv.Atoi(number); err == nil {
			path = strings.TrimSpace(path) // it holds blanks: /Applications/...
			list = append(list, Process{PID: pid, Path: path, Args: []string{path}})
		}
	}
	return list
}
