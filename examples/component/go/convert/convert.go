package convert

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/hmsffi/hmsffi/go"
)

// Record is a patient's record, as examples/demo/PIPELINE.md defines it.
type Record struct {
	ID         string            `json:"id" hms:"pattern=^P[0-9]+$"`
	Name       string            `json:"name"`
	Age        int64             `json:"age" hms:"minimum=18,maximum=100"`
	Gender     int64             `json:"gender"`
	Contacts   []any             `json:"contacts"`
	Attributes map[string]string `json:"attributes"`
}

// LineItem is what becomes of a record.
type LineItem struct {
	ID          string `json:"id"`
	Score       int64  `json:"score"`
	Progression int64  `json:"progression"`
	Line        string `json:"line"`
}

// Factors from mg/dL to mmol/L, in hundred-thousandths.
var factors = []struct {
	from, to string
	factor   int64
}{
	{"tc", "tc_mmol", 2586},
	{"ldl", "ldl_mmol", 2586},
	{"hdl", "hdl_mmol", 2586},
	{"glu", "glu_mmol", 5551},
}

type converter struct {
	client hmsffi.Client
	mu     sync.Mutex
	next   *hmsffi.BoundMethod
}

// convert adds the concentrations in mmol/L, and gives what the next step makes of the record.
func (c *converter) convert(ctx context.Context, patient Record) (item LineItem, err error) {
	for _, f := range factors {
		value, err := patient.Attribute(f.from)
		if err != nil {
			return item, err
		}
		patient.Attributes[f.to] = hundredths(divide(value*f.factor, 10_000_000))
	}
	score, err := c.score(ctx)
	if err != nil {
		return item, err
	}
	err = score.Call(ctx, patient, &item)
	return item, err
}

// score is bound at the first call: components may be loaded in any order.
func (c *converter) score(ctx context.Context) (*hmsffi.BoundMethod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		return c.next, nil
	}
	risk, err := c.client.GetService(ctx, "demo.risk")
	if err != nil {
		return nil, err
	}
	c.next, err = risk.Bind("score")
	return c.next, err
}

// Attribute reads a number as ten-thousandths.
func (r Record) Attribute(name string) (int64, error) {
	text, ok := r.Attributes[name]
	if !ok {
		return 0, hmsffi.Errorf(hmsffi.CodeInvalidArgument, "attribute %s is missing", name)
	}
	whole, fraction, point := strings.Cut(text, ".")
	digits := func(text string, most int) bool {
		return 1 <= len(text) && len(text) <= most && strings.Trim(text, "0123456789") == ""
	}
	if !digits(whole, 6) || point && !digits(fraction, 4) {
		return 0, hmsffi.Errorf(hmsffi.CodeInvalidArgument, "attribute %s is not a decimal number: %q", name, text)
	}
	return strconv.ParseInt(whole+(fraction + "0000")[:4], 10, 64)
}

// divide rounds to the nearest, a half up.
func divide(a, b int64) int64 { return (2*a + b) / (2 * b) }

func hundredths(value int64) string { return fmt.Sprintf("%d.%02d", value/100, value%100) }
