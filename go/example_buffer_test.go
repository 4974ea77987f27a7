package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

// images is the README's service that answers in lent memory.
func images() *hmsffi.Service {
	images := &hmsffi.Service{ID: "images"}
	images.Method("invert", func(ctx context.Context, pixels []byte) (*hmsffi.Buffer, error) {
		call, _ := hmsffi.CallFromContext(ctx)
		answer, err := call.Loan(len(pixels))
		if err != nil {
			return nil, err
		}
		for i, pixel := range pixels {
			answer.Bytes()[i] = ^pixel
		}
		return answer, nil
	})
	return images
}

func ExampleBuffer() {
	service, stop := serve(images())
	defer stop()
	ctx := context.Background()
	invert, err := service.Bind("invert")
	must(err)

	image, err := invert.Loan(8 << 20)
	must(err)
	defer image.Release()
	image.Bytes()[0] = 0xf0

	var inverted hmsffi.Buffer
	defer inverted.Release()
	var report hmsffi.CallReport
	must(invert.Call(ctx, image, &inverted, hmsffi.WithReport(&report)))
	fmt.Printf("%#x %v %d\n", inverted.Bytes()[0], report.Transport, report.BytesCopied)
	// Output: 0xf IN_PROCESS 0
}

func ExampleWithTransport() {
	service, stop := serve(images())
	defer stop()
	ctx := context.Background()

	image := []byte{1, 2, 3}
	err := service.Call(ctx, "invert", image, nil, hmsffi.WithTransport(hmsffi.TransportTypeSharedMemory))
	fmt.Println(hmsffi.CodeOf(err))
	err = service.Call(ctx, "invert", image, nil, hmsffi.WithoutTransport(hmsffi.TransportTypeSharedMemory))
	fmt.Println(hmsffi.CodeOf(err))
	// Output:
	// UNAVAILABLE (14)
	// OK (0)
}
