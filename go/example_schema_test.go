package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

type Order struct {
	Item  string   `json:"item" hms:"min_length=1,description=What is ordered"`
	Count int      `json:"count" hms:"minimum=1,maximum=100"`
	Note  *string  `json:"note"`
	Tags  []string `json:"tags,omitempty" hms:"unique_items"`
}

func ExampleHandle() {
	shop := &hmsffi.Service{ID: "shop"}
	shop.Method("order", hmsffi.Handle(func(ctx context.Context, order Order) (string, error) {
		return fmt.Sprintf("%d x %s", order.Count, order.Item), nil
	}))
	service, stop := serve(shop)
	defer stop()

	answer, err := hmsffi.CallAs[string](context.Background(), service, "order", Order{Item: "tea", Count: 2})
	must(err)
	fmt.Println(answer)
	_, err = hmsffi.CallAs[string](context.Background(), service, "order", map[string]any{"count": 0})
	fmt.Println(err)
	// Output:
	// 2 x tea
	// INVALID_ARGUMENT (3): shop.order: $.count: 0 is below the minimum 1; $.item: required
}
