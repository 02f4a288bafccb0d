package doctor

import (
	"encoding/json"

	"mcp-companion/servers"
)

// hiddenTools are the tools that the launcher leaves out.
func hiddenTools(s *servers.Server) []string {
	var m struct {
		HideTools []string `json:"hideTools"`
	}
	data, err := json.Marshal(s)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return nil
	}
	return m.HideTools
}

// hasMember reports whether the server has a yes of this name in library.json.
func hasMember(s *servers.Server, name string) bool {
	m := map[string]json.RawMessage{}
	data, err := json.Marshal(s)
	return err == nil && json.Unmarshal(data, &m) == nil && string(m[name]) == "true"
}

// setMember sets a member of the server as library.json spells it, and reports
// whether that changed anything. What this version has no field for is kept too.
func setMember(s *servers.Server, name string, value any) bool {
	m := map[string]json.RawMessage{}
	data, err := json.Marshal(s)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return false
	}
	text, err := json.Marshal(value)
	if err != nil || string(m[name]) == string(text) {
		return false
	}
	m[name] = text
	if data, err = json.Marshal(m); err != nil {
		return false
	}
	var now servers.Server
	if json.Unmarshal(data, &now) != nil {
		return false
	}
	*s = now
	return true
}
