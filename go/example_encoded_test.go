package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

func ExampleEncode() {
	prices := &hmsffi.Service{ID: "prices"}
	constant, err := hmsffi.Encode(map[string]int{"coffee": 3, "tea": 2})
	must(err)
	prices.Method("all", func() hmsffi.Encoded { return constant })
	prices.Method("today", func() []any { return []any{"2026-11-22", constant} })
	service, stop := serve(prices)
	defer stop()

	var all, today any
	must(service.Call(context.Background(), "all", nil, &all))
	must(service.Call(context.Background(), "today", nil, &today))
	fmt.Println(all, today)
	// Output: map[coffee:3 tea:2] [2026-11-22 map[coffee:3 tea:2]]
}
