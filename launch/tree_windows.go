package launch

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tree is a server and all it started: a job object, whose processes end with
// the last handle to it, ours, however we end.
type tree struct{ job windows.Handle }

// startTree starts the program as the first process of a new tree. It is started
// suspended: what it starts before it is in the job would stay outside.
func startTree(path string, args []string, attr *os.ProcAttr, _ string) (*os.Process, tree, error) {
	job, err := newJob()
	if err != nil {
		return nil, tree{}, err
	}
	attr.Sys = &syscall.SysProcAttr{CreationFlags: windows.CREATE_SUSPENDED | windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP}
	argv := append([]string{path}, args...)
	if isBatch(path) {
		if attr.Sys.CmdLine, err = batchLine(path, args); err != nil {
			windows.CloseHandle(job)
			return nil, tree{}, err
		}
		if path, err = commandShell(); err != nil {
			windows.CloseHandle(job)
			return nil, tree{}, err
		}
	}
	p, err := os.StartProcess(path, argv, attr)
	if err != nil {
		windows.CloseHandle(job)
		return nil, tree{}, err
	}
	if err := join(job, p.Pid); err != nil {
		p.Kill()
		p.Wait()
		windows.CloseHandle(job)
		return nil, tree{}, err
	}
	return p, tree{job}, nil
}

// newJob makes the job object. A process that asks to leave it may: without that
// its start would fail, and browsers ask.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, os.NewSyscallError("CreateJobObject", err)
	}
	var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info))); err != nil {
		windows.CloseHandle(job)
		return 0, os.NewSyscallError("SetInformationJobObject", err)
	}
	return job, nil
}

// os.StartProcess keeps no handle of the first thread, so the whole process is
// resumed. The call is not in the documentation and has not changed since
// Windows XP; debuggers live on it.
var ntResumeProcess = windows.NewLazySystemDLL("ntdll.dll").NewProc("NtResumeProcess")

// join puts the suspended process into the job and lets it run.
func join(job windows.Handle, pid int) error {
	const suspendResume = 0x0800 // PROCESS_SUSPEND_RESUME
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE|suspendResume, false, uint32(pid))
	if err != nil {
		return os.NewSyscallError("OpenProcess", err)
	}
	defer windows.CloseHandle(h)
	if err := windows.AssignProcessToJobObject(job, h); err != nil {
		return os.NewSyscallError("AssignProcessToJobObject", err)
	}
	if status, _, _ := ntResumeProcess.Call(uintptr(h)); status != 0 {
		return os.NewSyscallError("NtResumeProcess", windows.NTStatus(status))
	}
	return nil
}

// commandShell is the system's cmd.exe, not whatever COMSPEC or the PATH name.
func commandShell() (string, error) {
	dir, err := windows.GetSystemDirectory()
	return filepath.Join(dir, "cmd.exe"), err
}

// become is not possible here: Run watches all the same.
func (p *Plan) become() error { return errors.ErrUnsupported }

// exitOf says how the process ended.
func exitOf(state *os.ProcessState, err error) Exit {
	if err != nil {
		return Exit{Code: 1}
	}
	return Exit{Code: state.ExitCode()}
}

// pass hands a signal of the client's on: here there is none that reaches a
// program without a console, but its stdin will be closed.
func (t tree) pass(os.Signal) {}

// terminate asks the tree to end, kill makes it; neither waits.
func (t tree) terminate() { t.kill() }
func (t tree) kill()      { windows.TerminateJobObject(t.job, 1) }

// end terminates the tree and waits for it, not for ever.
func (t tree) end() {
	t.kill()
	for until := time.Now().Add(500 * time.Millisecond); t.living() > 0 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
}

// living counts the job's processes.
func (t tree) living() uint32 {
	// JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
	var info struct {
		userTime, kernelTime, periodUserTime, periodKernelTime int64
		pageFaults, total, active, terminated                  uint32
	}
	if windows.QueryInformationJobObject(t.job, windows.JobObjectBasicAccountingInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil) != nil {
		return 0
	}
	return info.active
}
