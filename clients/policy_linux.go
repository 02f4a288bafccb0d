package clients

// policy reads a yes or no that an organisation has set for an app; on Linux none
// of the apps takes one.
func policy(string, string, string) (value, set bool) { return false, false }
