package companion

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var packageFamily = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetCurrentPackageFamilyName")

// insidePackage is the family of the package this process runs in, "" for none. We
// are no package: it is then the app's that started us, whose AppData is another
// one than the user's.
func insidePackage() string {
	if packageFamily.Find() != nil {
		return ""
	}
	buf := make([]uint16, 256)
	n := uint32(len(buf))
	if code, _, _ := packageFamily.Call(uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&buf[0]))); code != 0 {
		return "" // APPMODEL_ERROR_NO_PACKAGE
	}
	return windows.UTF16ToString(buf)
}
