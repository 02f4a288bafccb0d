package clients

import "golang.org/x/sys/windows/registry"

// policy reads a yes or no that an organisation has set for an app.
func policy(_, app, name string) (value, set bool) {
	for _, root := range []registry.Key{registry.LOCAL_MACHINE, registry.CURRENT_USER} {
		key, err := registry.OpenKey(root, `SOFTWARE\Policies\`+app, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		n, _, err := key.GetIntegerValue(name)
		text, _, asText := key.GetStringValue(name)
		key.Close()
		if err == nil {
			return n != 0, true
		}
		if asText == nil {
			return text != "false" && text != "0", true
		}
	}
	return false, false
}
