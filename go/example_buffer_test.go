package hmsffi_test

import (
	"context"
	"fmt"

	"github.com/hmsffi/hmsffi/go"
)

// serveImages is the README's handler that answers in lent memory.
func serveImages() (hmsffi.Server, error) {
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
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{})
	if err != nil {
		return nil, err
	}
	if err := server.RegisterService(images); err != nil {
		return nil, err
	}
	return server, server.Start()
}

func ExampleBuffer() {
	server, err := serveImages()
	must(err)
	defer server.Close()
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()
	ctx := context.Background()
	service, err := client.GetService(ctx, "images")
	must(err)
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
	server, err := serveImages()
	must(err)
	defer server.Close()
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	must(err)
	defer client.Close()
	ctx := context.Background()
	service, err := client.GetService(ctx, "images")
	must(err)

	image := []byte{1, 2, 3}
	err = service.Call(ctx, "invert", image, nil, hmsffi.WithTransport(hmsffi.TransportTypeSharedMemory))
	fmt.Println(hmsffi.CodeOf(err))
	err = service.Call(ctx, "invert", image, nil, hmsffi.WithoutTransport(hmsffi.TransportTypeSharedMemory))
	fmt.Println(hmsffi.CodeOf(err))
	// Output:
	// UNAVAILABLE (14)
	// OK (0)
}
