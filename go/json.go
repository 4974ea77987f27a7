package hmsffi

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"strings"
)

// unmarshalJSON keeps integers as integers, where encoding/json alone would make floats of them.
func unmarshalJSON(encoded []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return invalid("$: not JSON that fits %T: %v", target, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return invalid("$: something follows the JSON value")
	}
	if place, ok := target.(*any); ok {
		var err error
		*place, err = withNumbers(*place)
		return err
	}
	return nil
}

func withNumbers(value any) (_ any, err error) {
	switch value := value.(type) {
	case json.Number:
		return number(value)
	case []any:
		for i := range value {
			if value[i], err = withNumbers(value[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range value {
			if value[key], err = withNumbers(value[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func number(text json.Number) (any, error) {
	if strings.ContainsAny(text.String(), ".eE") || text == "-0" {
		value, err := text.Float64()
		if err != nil {
			return nil, invalid("%s is past the range of floats", text)
		}
		return value, nil
	}
	whole, _ := new(big.Int).SetString(text.String(), 10)
	switch {
	case whole.IsInt64():
		return whole.Int64(), nil
	case whole.IsUint64():
		return whole.Uint64(), nil
	}
	return whole, nil
}
