package servers

import (
	"encoding/json"
	"reflect"
	"strings"
)

// extra holds the members of a JSON object that a struct has no field for, so
// that what a later version or the user wrote is kept.
type extra map[string]json.RawMessage

// decode fills the struct v points to from data and returns the members that
// have no field.
func decode(data []byte, v any) (extra, error) {
	if err := json.Unmarshal(data, v); err != nil {
		return nil, err
	}
	var rest extra
	if err := json.Unmarshal(data, &rest); err != nil {
		return nil, err
	}
	for f := range reflect.TypeOf(v).Elem().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		delete(rest, name)
	}
	if len(rest) == 0 {
		return nil, nil
	}
	return rest, nil
}

// encode is v's members in their order, then rest's.
func encode(v any, rest extra) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil || len(rest) == 0 {
		return data, err
	}
	tail, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	if len(data) == 2 { // {}
		return tail, nil
	}
	return append(append(data[:len(data)-1], ','), tail[1:]...), nil
}
