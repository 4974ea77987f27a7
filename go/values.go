package hmsffi

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// UUID is a universally unique identifier, which every language has a type for. A [16]byte of a UUID package
// converts to it.
type UUID [16]byte

// ParseUUID reads the form f81d4fae-7dec-11d0-a765-00a0c91e6bf6.
func ParseUUID(text string) (UUID, error) {
	var id UUID
	digits := strings.ReplaceAll(text, "-", "")
	plain, err := hex.DecodeString(digits)
	if err != nil || len(plain) != len(id) || len(text) != 36 {
		return id, invalid("%q is not a UUID such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6", text)
	}
	copy(id[:], plain)
	if id.String() != strings.ToLower(text) {
		return UUID{}, invalid("%q is not a UUID such as f81d4fae-7dec-11d0-a765-00a0c91e6bf6", text)
	}
	return id, nil
}

// String is the form f81d4fae-7dec-11d0-a765-00a0c91e6bf6.
func (id UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// Decimal is a finite decimal number as text, such as "-12.50", in the grammar of a JSON number. Its digits, its
// exponent and the sign of "-0.00" are kept on the way through all languages. Use the decimal package of your choice
// to calculate with it.
type Decimal string

// Tags of the values that CBOR itself has no type for; docs/values.md has the list.
const (
	tagDateTime = 0
	tagPositive = 2
	tagNegative = 3
	tagUUID     = 37
	tagDecimal  = 0x00484d53
)

func isDecimal(text string) bool {
	number, exponent, hasExponent := cutAny(strings.TrimPrefix(text, "-"), "eE")
	whole, fraction, hasFraction := strings.Cut(number, ".")
	if hasExponent {
		if exponent != "" && strings.ContainsAny(exponent[:1], "+-") {
			exponent = exponent[1:]
		}
		if !isDigits(exponent) {
			return false
		}
	}
	return isDigits(whole) && (whole == "0" || whole[0] != '0') && (!hasFraction || isDigits(fraction))
}

func cutAny(text, separators string) (before, after string, found bool) {
	if at := strings.IndexAny(text, separators); at >= 0 {
		return text[:at], text[at+1:], true
	}
	return text, "", false
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
