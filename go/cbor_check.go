package hmsffi

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// How many lists and maps may be open inside each other.
	maxDepth = 64
	// Text and bytes of an integer convert in quadratic time, so that its length has a limit.
	maxIntegerBytes = 1024
	// Up to here keys are compared with each other; past it a set is cheaper.
	fewKeys = 16
	// Up to here, both ways, a float holds each integer.
	maxSafe = 1 << 53
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
	// The value with its numbers changed, as far as in[:copied]; nil when there was nothing to change.
	out    []byte
	copied int
	// An integer past the largest int64 was seen.
	large bool
	// The integers past which floats lose digits, as floats.
	unsafe []float64
	// Floats without a fraction become integers.
	wholeFloats bool
}

type head struct {
	major byte
	info  byte
	value uint64
}

func (h head) indefinite() bool { return h.info == 31 }

// run gives the value in its one form.
func (c *checker) run() ([]byte, error) {
	if err := c.value(0); err != nil {
		return nil, err
	}
	if left := len(c.in) - c.at; left == 1 {
		return nil, c.fail("1 byte follows the value")
	} else if left > 1 {
		return nil, c.fail("%d bytes follow the value", left)
	}
	if c.out == nil {
		return c.in, nil
	}
	return append(c.out, c.in[c.copied:]...), nil
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
	case majorUnsigned, majorNegative:
		c.integerOf(h.major, h.value)
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
