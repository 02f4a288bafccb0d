package companion

import (
	"os"
	"strings"
	"testing"
)

func TestTheVersionIsTheOneOfTheAppsDescription(t *testing.T) {
	data, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "\nVersion = \""+Version+"\"\n") {
		t.Errorf("FyneApp.toml has another version than %s", Version)
	}
}
