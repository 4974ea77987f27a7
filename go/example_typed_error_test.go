package hmsffi_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

type OutOfStockError struct {
	Left int `json:"left"`
}

func (OutOfStockError) ErrorSchema() string { return "OutOfStock" }
func (e OutOfStockError) Error() string     { return fmt.Sprintf("only %d are left", e.Left) }
func (OutOfStockError) Unwrap() error       { return hmsffi.CodeFailedPrecondition }

func ExampleTypedError() {
	shop := &hmsffi.Service{ID: "shop"}
	shop.Method("order", func(ctx context.Context, count int) error {
		return OutOfStockError{Left: 2}
	}, hmsffi.WithErrorType[OutOfStockError]())
	service, stop := serve(shop)
	defer stop()

	err := service.Call(context.Background(), "order", 5, nil)
	var short OutOfStockError
	if errors.As(err, &short) {
		fmt.Println(short.Left, err)
	}
	var failure *hmsffi.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Schema, failure.Data)
	}
	// Output:
	// 2 FAILED_PRECONDITION (9): only 2 are left
	// OutOfStock map[left:2]
}
