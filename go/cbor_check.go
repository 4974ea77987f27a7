package hmsffi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// How many lists and maps may be open inside each other.
	maxDepth = 64
	// Text and bytes of an integer convert in quadratic time, so that its length has a limit.
	maxIntegerBytes = 1024
	// Up to here keys are compared with each other; past it a set is cheaper.
	fewKeys = 16
)

// The major types of CBOR (RFC 8949).
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple
)

// checker walks one CBOR value and finds what docs/values.md does not let pass, which the general codec would. It also
// brings those numbers into their one form that the codec writes or reads otherwise: floats of 16 and 32 bits, NaN, and
// integers under tag 2 or 3 that fit 64 bits.
type checker struct {
	in   []byte
	at   int
	path []step
	// The text of the form in which numbers were changed: in[:copied] is in out already.
	out    []byte
	copied int
	// An integer past the largest int64 was seen.
	large bool
}

// step is from a container to what it holds: a key, or an index when key is nil.
type step struct {
	key   []byte
	index int
}

type head struct {
	major byte
	info  byte
	value uint64
}

func (h head) indefinite() bool { return h.info == 31 }

// checked gives the value in the form that the codec reads as it should be.
func checked(in []byte) (out []byte, large bool, err error) {
	c := checker{in: in}
	if err := c.value(0); err != nil {
		return nil, false, err
	}
	if left := len(in) - c.at; left == 1 {
		return nil, false, c.fail("1 byte follows the value")
	} else if left > 1 {
		return nil, false, c.fail("%d bytes follow the value", left)
	}
	if c.out == nil {
		return in, c.large, nil
	}
	return append(c.out, in[c.copied:]...), c.large, nil
}

func (c *checker) fail(format string, args ...any) error {
	return invalid("%s: %s", renderPath(c.path), fmt.Sprintf(format, args...))
}

func (c *checker) cut() error { return c.fail("the bytes end inside the value") }

// replace puts other bytes in the place of in[from:c.at].
func (c *checker) replace(from int, with []byte) {
	c.out = append(append(c.out, c.in[c.copied:from]...), with...)
	c.copied = c.at
}

func (c *checker) head() (head, error) {
	if c.at >= len(c.in) {
		return head{}, c.cut()
	}
	first := c.in[c.at]
	h := head{major: first >> 5, info: first & 31}
	c.at++
	switch {
	case h.info < 24:
		h.value = uint64(h.info)
	case h.info < 28:
		size := 1 << (h.info - 24)
		if len(c.in)-c.at < size {
			return head{}, c.cut()
		}
		for _, b := range c.in[c.at : c.at+size] {
			h.value = h.value<<8 | uint64(b)
		}
		c.at += size
	case h.info < 31 || h.major <= majorNegative || h.major == majorTag:
		return head{}, c.fail("not well-formed CBOR: no item begins with byte 0x%02x", first)
	}
	return h, nil
}

func (c *checker) value(depth int) error {
	from := c.at
	h, err := c.head()
	if err != nil {
		return err
	}
	switch h.major {
	case majorUnsigned:
		c.large = c.large || h.value > math.MaxInt64
	case majorBytes:
		_, err = c.content(h)
	case majorText:
		_, err = c.text(h)
	case majorList:
		err = c.list(h, depth)
	case majorMap:
		err = c.mapping(h, depth)
	case majorTag:
		err = c.tagged(h.value, from)
	case majorSimple:
		err = c.simple(h, from)
	}
	return err
}

// content reads what a head of bytes or text announces; pieces are put together.
func (c *checker) content(h head) ([]byte, error) {
	if !h.indefinite() {
		if h.value > uint64(len(c.in)-c.at) {
			return nil, c.cut()
		}
		content := c.in[c.at : c.at+int(h.value)]
		c.at += int(h.value)
		return content, nil
	}
	whole := []byte{}
	for {
		piece, err := c.head()
		if err != nil {
			return nil, err
		}
		if piece.major == majorSimple && piece.indefinite() {
			return whole, nil
		}
		if piece.major != h.major || piece.indefinite() {
			return nil, c.fail("not well-formed CBOR: a piece of another kind inside bytes or text")
		}
		content, err := c.content(piece)
		if err != nil {
			return nil, err
		}
		if h.major == majorText && !utf8.Valid(content) {
			return nil, c.fail("text is not UTF-8")
		}
		whole = append(whole, content...)
	}
}

func (c *checker) text(h head) ([]byte, error) {
	content, err := c.content(h)
	if err == nil && !utf8.Valid(content) {
		err = c.fail("text is not UTF-8")
	}
	return content, err
}

// atBreak passes the break that ends a container of unknown length.
func (c *checker) atBreak(h head) bool {
	if h.indefinite() && c.at < len(c.in) && c.in[c.at] == 0xff {
		c.at++
		return true
	}
	return false
}

func (c *checker) enter(depth int) error {
	if depth >= maxDepth {
		return c.fail("more than %d lists and maps inside each other", maxDepth)
	}
	return nil
}

func (c *checker) list(h head, depth int) error {
	if err := c.enter(depth); err != nil {
		return err
	}
	c.path = append(c.path, step{})
	for i := 0; (h.indefinite() || uint64(i) < h.value) && !c.atBreak(h); i++ {
		c.path[len(c.path)-1].index = i
		if err := c.value(depth + 1); err != nil {
			return err
		}
	}
	c.path = c.path[:len(c.path)-1]
	return nil
}

func (c *checker) mapping(h head, depth int) error {
	if err := c.enter(depth); err != nil {
		return err
	}
	var room [fewKeys][]byte
	keys := keySet{few: room[:0]}
	for i := uint64(0); (h.indefinite() || i < h.value) && !c.atBreak(h); i++ {
		key, err := c.key()
		if err != nil {
			return err
		}
		if !keys.add(key) {
			return c.fail("key %s occurs twice", quoted(string(key)))
		}
		c.path = append(c.path, step{key: key})
		if err := c.value(depth + 1); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	return nil
}

func (c *checker) key() ([]byte, error) {
	if c.at < len(c.in) && c.in[c.at]>>5 != majorText {
		found := checker{in: c.in, at: c.at}
		kind, err := found.kind()
		if err != nil {
			return nil, c.fail("map key: %s", strings.TrimPrefix(err.(*Error).Message, "$: "))
		}
		return nil, c.fail("map key is %s; keys are text", kind)
	}
	h, err := c.head()
	if err != nil {
		return nil, err
	}
	key, err := c.content(h)
	if err == nil && !utf8.Valid(key) {
		err = c.fail("map key: text is not UTF-8")
	}
	if key == nil {
		key = []byte{}
	}
	return key, err
}

// kind names the kind of the next item, for messages.
func (c *checker) kind() (string, error) {
	first := c.in[c.at]
	switch first >> 5 {
	case majorList:
		return "a list", nil
	case majorMap:
		return "a map", nil
	}
	if first == 0xff {
		return "the end", nil
	}
	if err := c.value(0); err != nil {
		return "", err
	}
	switch first >> 5 {
	case majorUnsigned, majorNegative:
		return "an integer", nil
	case majorBytes:
		return "bytes", nil
	case majorTag:
		switch h, _ := (&checker{in: c.in, at: c.at}).head(); h.value {
		case tagPositive, tagNegative:
			return "an integer", nil
		case tagUUID:
			return "a UUID", nil
		case tagDecimal:
			return "a Decimal", nil
		}
		return "a date-time", nil
	}
	switch first {
	case 0xf4, 0xf5:
		return "a bool", nil
	case 0xf6:
		return "null", nil
	}
	return "a float", nil
}

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

func (c *checker) integer(negative bool, content []byte, from int) error {
	if len(content) > maxIntegerBytes {
		return c.fail("integer of %d bytes; at most %d are carried", len(content), maxIntegerBytes)
	}
	value := new(big.Int).SetBytes(content)
	if !value.IsUint64() {
		return nil
	}
	c.large = c.large || (!negative && value.Uint64() > math.MaxInt64)
	major := byte(majorUnsigned)
	if negative {
		major = majorNegative
	}
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

// keySet finds keys that occur twice.
type keySet struct {
	few  [][]byte
	many map[string]struct{}
}

func (set *keySet) add(key []byte) bool {
	if set.many != nil {
		before := len(set.many)
		set.many[string(key)] = struct{}{}
		return len(set.many) > before
	}
	for _, other := range set.few {
		if bytes.Equal(other, key) {
			return false
		}
	}
	if len(set.few) < fewKeys {
		set.few = append(set.few, key)
		return true
	}
	set.many = make(map[string]struct{}, 4*fewKeys)
	for _, other := range set.few {
		set.many[string(other)] = struct{}{}
	}
	set.many[string(key)] = struct{}{}
	return true
}

// renderPath writes where in a value something is: $, $.times, $.rows[3]["first name"].
func renderPath(path []step) string {
	var text strings.Builder
	text.WriteByte('$')
	for _, step := range path {
		switch {
		case step.key == nil:
			fmt.Fprintf(&text, "[%d]", step.index)
		case isPlainKey(step.key):
			fmt.Fprintf(&text, ".%s", step.key)
		default:
			fmt.Fprintf(&text, "[%s]", quoted(string(step.key)))
		}
	}
	return text.String()
}

func isPlainKey(key []byte) bool {
	plain := func(r rune) bool {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return len(key) > 0 && len(key) <= 60 && !(key[0] >= '0' && key[0] <= '9') &&
		bytes.IndexFunc(key, func(r rune) bool { return !plain(r) }) < 0
}

// quoted cuts text where it would drown a message.
func quoted(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return strconv.Quote(string(runes[:longest])) + "..."
	}
	return strconv.Quote(text)
}
