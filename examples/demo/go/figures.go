package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"example.com/units/convert"

	"github.com/hmsffi/hmsffi/go"
)

// writeFigures writes this host's row of the matrix to standard error: the calls of every handler that is here.
func writeFigures(ctx context.Context, client hmsffi.Client, patient convert.Record) error {
	services, err := client.ListServices(ctx, "demo.echo.*")
	if err != nil {
		return err
	}
	for _, service := range services {
		echo, err := bind(ctx, client, service.ID, "echo")
		if err != nil {
			return err
		}
		record, err := bind(ctx, client, service.ID, "record")
		if err != nil {
			return err
		}
		body := make([]byte, 64)
		ofBytes, err := median(func() error {
			_, err := echo.CallBytes(ctx, body)
			return err
		})
		if err != nil {
			return err
		}
		ofRecord, err := median(func() error {
			var back convert.Record
			return record.Call(ctx, patient, &back)
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "go calls %s: %.2f us for 64 bytes, %.2f us for a record\n",
			strings.TrimPrefix(service.ID, "demo.echo."), ofBytes, ofRecord)
	}
	return nil
}

// median gives the microseconds that one call takes: the median of 7 rounds.
func median(call func() error) (float64, error) {
	const rounds, calls = 7, 2000
	var times [rounds]float64
	for i := range times {
		began := time.Now()
		for range calls {
			if err := call(); err != nil {
				return 0, err
			}
		}
		times[i] = float64(time.Since(began).Nanoseconds()) / calls / 1000
	}
	slices.Sort(times[:])
	return times[rounds/2], nil
}
