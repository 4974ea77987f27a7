// The demo's pipeline through typed clients: caller RECORDS
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"caller/summary"
	"caller/units"

	"github.com/hmsffi/hmsffi/go"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	var records []units.PatientRecord
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &records); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	client := must(hmsffi.NewClient(hmsffi.ClientOptions{}))
	defer client.Close()
	convert := units.New(must(client.GetService(ctx, units.Service)))
	items := must(summary.New(must(client.GetService(ctx, summary.Service))).ByDecile(ctx))
	for _, record := range records {
		item := must(convert.Convert(ctx, record))
		fmt.Println(item.Line)
		if err := items.Send(summary.LineItem(item)); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println()
	fmt.Print(must(items.Result()).Text)
}
