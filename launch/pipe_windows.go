package launch

import (
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// blockingPipe is os.Pipe with room for 64 KiB; os.Pipe's hold 4.
func blockingPipe() (r, w *os.File, err error) {
	var in, out windows.Handle
	if err := windows.CreatePipe(&in, &out, nil, chunkLen); err != nil {
		return nil, nil, os.NewSyscallError("CreatePipe", err)
	}
	return os.NewFile(uintptr(in), "|0"), os.NewFile(uintptr(out), "|1"), nil
}

// enlarge and shrink are nothing here: a pipe keeps its size.
func enlarge(*os.File, int) int      { return 0 }
func shrink(f *os.File, _ *int) bool { return true }

// again reports whether err only says that f was not ready: never here.
func again(*os.File, error, bool) bool { return false }

// closeStdout lets go of the client's stdout.
func closeStdout() { os.Stdout.Close() }

func endingSignals() []os.Signal { return []os.Signal{os.Interrupt, windows.SIGTERM} }

// brokenPipe: writing to a client that is gone is an error here, no signal.
var brokenPipe []os.Signal

// parentGone is closed when the process that started us has ended.
func parentGone(pid int) <-chan struct{} {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return nil // not ours to watch; the end of stdin still tells
	}
	if begun(parent).After(begun(windows.CurrentProcess())) {
		windows.CloseHandle(parent) // it ended before, and its number is another's now
		gone := make(chan struct{})
		close(gone)
		return gone
	}
	gone := make(chan struct{})
	go func() {
		windows.WaitForSingleObject(parent, windows.INFINITE)
		close(gone)
	}()
	return gone
}

func begun(process windows.Handle) time.Time {
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(process, &created, &exited, &kernel, &user) != nil {
		return time.Time{}
	}
	return time.Unix(0, created.Nanoseconds())
}
