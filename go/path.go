package hmsffi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// step is from a container to what it holds: a key, or an index when key is nil.
type step struct {
	key   []byte
	index int
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
