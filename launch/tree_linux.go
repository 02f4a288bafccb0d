package launch

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
)

// processes lists what lives on this computer, without zombies.
func processes() []running {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var list []running
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := processOf(pid); ok {
				list = append(list, p)
			}
		}
	}
	return list
}

// processOf reads "PID (NAME) STATE PARENT GROUP ..." (proc_pid_stat(5)); the name may
// hold anything, brackets too.
func processOf(pid int) (running, bool) {
	data, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return running{}, false
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return running{}, false
	}
	parent, _ := strconv.Atoi(fields[1])
	group, _ := strconv.Atoi(fields[2])
	begun, _ := strconv.ParseUint(fields[19], 10, 64)
	return running{pid, parent, group, begun}, true
}

// carries reports whether the process was started with this variable.
func carries(pid int, variable string) bool {
	env, err := os.ReadFile(procFile(pid, "environ"))
	return err == nil && bytes.Contains(env, []byte(variable))
}

var ownPlace = sync.OnceValue(func() string { b, _ := os.ReadFile("/proc/self/cgroup"); return string(b) })

// hasOwnPlace reports whether the process was moved to another control group, as
// desktops do with the programs a user opens.
func hasOwnPlace(pid int) bool {
	place, err := os.ReadFile(procFile(pid, "cgroup"))
	return err == nil && string(place) != ownPlace()
}

func procFile(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// executable is this program, even when its file was replaced meanwhile.
func executable() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}
