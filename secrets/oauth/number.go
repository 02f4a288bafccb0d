package oauth

import (
	"bytes"
	"math"
	"strconv"
)

// number is a JSON number as servers spell it: 3600, 3600.0, 1e4, "3600". Anything
// else, and what is no number at all, is 0.
type number float64

func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(data, `"`)), 64)
	if err != nil && !math.IsInf(f, 0) || math.IsNaN(f) {
		f = 0
	}
	*n = number(f)
	return nil
}
