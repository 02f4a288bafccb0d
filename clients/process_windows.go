package clients

import (
	"errors"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// processes lists the account's processes.
func processes() []Process {
	snap, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snap)
	var list []Process
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err := windows.Process32First(snap, &entry); err == nil; err = windows.Process32Next(snap, &entry) {
		if path := imagePath(entry.ProcessID); path != "" {
			list = append(list, Process{PID: int(entry.ProcessID), Path: path, Args: []string{path}})
		}
	}
	return list
}

// imagePath is the full path of a process's program, "" where we may not ask.
func imagePath(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if windows.QueryFullProcessImageName(h, 0, &buf[0], &n) != nil {
		return ""
	}
	return windows.UTF16ToString(buf[:n])
}

const (
	wmQueryEndSession = 0x11
	wmEndSession      = 0x16
	smtoAbortIfHung   = 0x2
	answerWithin      = 3000 // ms
)

var sendMessageTimeout = windows.NewLazySystemDLL("user32.dll").NewProc("SendMessageTimeoutW")

// end asks a process to end with the messages Windows sends when its session
// does: WM_CLOSE only hides a window that lives in the tray.
func end(pid int) error {
	sent := false
	each := syscall.NewCallback(func(hwnd windows.HWND, _ uintptr) uintptr {
		var owner uint32
		if _, err := windows.GetWindowThreadProcessId(hwnd, &owner); err == nil && int(owner) == pid {
			var answer uintptr
			for _, m := range []struct{ msg, w uintptr }{{wmQueryEndSession, 0}, {wmEndSession, 1}} {
				sendMessageTimeout.Call(uintptr(hwnd), m.msg, m.w, 0, smtoAbortIfHung, answerWithin, uintptr(unsafe.Pointer(&answer)))
			}
			sent = true
		}
		return 1
	})
	if err := windows.EnumWindows(each, nil); err != nil {
		return err
	}
	if !sent {
		return errors.New("it has no window to ask")
	}
	return nil
}

// detach starts a program that outlives us.
func detach(name string, args []string) error {
	var err error
	for _, leave := range []uint32{windows.CREATE_BREAKAWAY_FROM_JOB, 0} { // not every job lets go
		cmd := exec.Command(name, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW | leave}
		if err = cmd.Start(); err == nil {
			return cmd.Process.Release()
		}
	}
	return err
}
