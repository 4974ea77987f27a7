package hmsffi

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

func (c *checker) simple(h head, from int) error {
	switch h.info {
	case 20, 21, 22:
		return nil
	case 23:
		return c.fail("undefined is not carried; use null")
	case 25, 26, 27:
		c.float(h, from)
		return nil
	case 31:
		return c.fail("not well-formed CBOR: a break where a value is due")
	}
	return c.fail("simple value %d is not carried", h.value)
}

var oneNaN = []byte{0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}

func (c *checker) float(h head, from int) {
	var value float64
	switch h.info {
	case 25:
		value = halfFloat(uint16(h.value))
	case 26:
		value = float64(math.Float32frombits(uint32(h.value)))
	default:
		value = math.Float64frombits(h.value)
	}
	if math.IsNaN(value) {
		if !bytes.Equal(c.in[from:c.at], oneNaN) {
			c.replace(from, oneNaN)
		}
	} else if c.wholeFloats && value == math.Trunc(value) && math.Abs(value) <= maxSafe && (value != 0 || !math.Signbit(value)) {
		if value >= 0 {
			c.replace(from, appendHead(nil, majorUnsigned, uint64(value)))
		} else {
			c.replace(from, appendHead(nil, majorNegative, uint64(-1-value)))
		}
	} else if h.info != 27 {
		c.replace(from, binary.BigEndian.AppendUint64([]byte{0xfb}, math.Float64bits(value)))
	}
}

func halfFloat(bits uint16) float64 {
	fraction, exponent := float64(bits&0x3ff), int(bits>>10&0x1f)
	value := math.Ldexp(fraction+1024, exponent-25)
	switch {
	case exponent == 0:
		value = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		value = math.Inf(1)
	case exponent == 31:
		return math.NaN()
	}
	if bits&0x8000 != 0 {
		value = math.Copysign(value, -1)
	}
	return value
}

func (c *checker) tagged(number uint64, from int) error {
	what, wanted, major := "", "text", byte(majorText)
	switch number {
	case tagDateTime:
		what = "a date-time"
	case tagDecimal:
		what = "a Decimal"
	case tagPositive, tagNegative:
		what, wanted, major = "an integer", "bytes", majorBytes
	case tagUUID:
		what, wanted, major = "a UUID", "bytes", majorBytes
	default:
		return c.fail("tag %d is not carried; known are 0 (date-time), 2 and 3 (integers), 37 (UUID) and %d (Decimal)",
			number, tagDecimal)
	}
	h, err := c.head()
	if err != nil {
		return err
	}
	if h.major != major {
		return c.fail("%s must be %s under its tag", what, wanted)
	}
	content, err := c.content(h)
	if err == nil && major == majorText && !utf8.Valid(content) {
		err = c.fail("text is not UTF-8")
	}
	if err != nil {
		return err
	}
	switch number {
	case tagDateTime:
		return c.dateTime(string(content))
	case tagDecimal:
		if !isDecimal(string(content)) {
			return c.fail("%s is not a Decimal such as -12.50", quoted(string(content)))
		}
	case tagUUID:
		if len(content) != len(UUID{}) {
			return c.fail("UUID of %d bytes; 16 are needed", len(content))
		}
	default:
		return c.integer(number == tagNegative, content, from)
	}
	return nil
}

// integerOf takes note of an integer that not every type holds.
func (c *checker) integerOf(major byte, value uint64) {
	c.large = c.large || major == majorUnsigned && value > math.MaxInt64
	if value > maxSafe {
		if major == majorUnsigned {
			c.unsafe = append(c.unsafe, float64(value))
		} else {
			c.unsafe = append(c.unsafe, -1-float64(value))
		}
	}
}

func (c *checker) integer(negative bool, content []byte, from int) error {
	if len(content) > maxIntegerBytes {
		return c.fail("integer of %d bytes; at most %d are carried", len(content), maxIntegerBytes)
	}
	value := new(big.Int).SetBytes(content)
	if !value.IsUint64() {
		return nil
	}
	major := byte(majorUnsigned)
	if negative {
		major = majorNegative
	}
	c.integerOf(major, value.Uint64())
	c.replace(from, appendHead(nil, major, value.Uint64()))
	return nil
}

func appendHead(to []byte, major byte, value uint64) []byte {
	first := major << 5
	switch {
	case value < 24:
		return append(to, first|byte(value))
	case value <= math.MaxUint8:
		return append(to, first|24, byte(value))
	case value <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(to, first|25), uint16(value))
	case value <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(to, first|26), uint32(value))
	}
	return binary.BigEndian.AppendUint64(append(to, first|27), value)
}

func (c *checker) dateTime(text string) error {
	if len(text) >= 19 {
		offset := strings.TrimLeft(strings.TrimPrefix(text[19:], "."), "0123456789")
		if _, err := time.Parse("2006-01-02T15:04:05", text[:19]); err == nil && (offset == "" || offset == "-00:00") {
			return c.fail("date-time %s has no offset; add Z or one such as +02:00", quoted(text))
		}
	}
	if !isDateTime(text) {
		return c.fail("%s is not a date-time such as 2013-03-21T20:04:00.5+02:00", quoted(text))
	}
	return nil
}

func isDateTime(text string) bool {
	// time.Parse is laxer than RFC 3339 in the fraction (a comma, any number of digits) and knows the year 0.
	if len(text) < 20 || strings.HasPrefix(text, "0000") {
		return false
	}
	rest := text[19:]
	if rest[0] == '.' {
		offset := strings.TrimLeft(rest[1:], "0123456789")
		if digits := len(rest) - 1 - len(offset); digits < 1 || digits > 9 {
			return false
		}
		rest = offset
	}
	if rest != "Z" && (len(rest) != 6 || rest[1:3] > "23" || rest[4:6] > "59") {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil
}
