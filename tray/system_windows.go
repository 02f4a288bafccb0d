package tray

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"fyne.io/systray"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// iconKind is the kind of picture the system takes.
const iconKind = ".ico"

// currentPanel says what the icon is shown on now.
func currentPanel() panel {
	key, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, registry.QUERY_VALUE)
	if err != nil {
		return darkPanel // before Windows 10 all were
	}
	defer key.Close()
	if light, _, err := key.GetIntegerValue("SystemUsesLightTheme"); err == nil && light != 0 {
		return lightPanel
	}
	return darkPanel
}

// setIcon shows the picture.
func setIcon(picture []byte) { systray.SetIcon(picture) }

// literal is the label as the system wants it, to be shown as it is: its own
// mark for a letter to press is doubled.
func literal(label string) string { return strings.ReplaceAll(label, "&", "&&") }

// prepare tells systray, before it runs, what it can't be told later. Here: a
// left click opens the window; a right one opens the menu by itself.
func (t *tray) prepare() {
	systray.SetOnTapped(func() { t.start(action{verb: open}) })
}

// HasHost reports whether the desktop shows tray icons now.
func HasHost() bool { return true }

// notices shows notifications.
type notices struct{}

// A toast needs an application id that the start menu knows: PowerShell's is
// everywhere. The texts come by the environment: nothing in them is read as script.
const toast = `
[void][Windows.UI.Notifications.ToastNotificationManager,Windows.UI.Notifications,ContentType=WindowsRuntime]
$x=[Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent(1)
$t=$x.GetElementsByTagName('text')
[void]$t.Item(0).AppendChild($x.CreateTextNode($env:NOTICE_TITLE))
[void]$t.Item(1).AppendChild($x.CreateTextNode($env:NOTICE_TEXT))
$id='{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($id).Show([Windows.UI.Notifications.ToastNotification]::new($x))`

// show shows one, as far as the system lets a program that is not installed.
func (*notices) show(title, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "powershell.exe", "-NoProfile", "-NonInteractive", "-Command", toast)
	cmd.Env = append(os.Environ(), "NOTICE_TITLE="+title, "NOTICE_TEXT="+text)
	// A windowed program's child would flash a console.
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
	cmd.Run()
}
