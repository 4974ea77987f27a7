// Command demo is the demo pipeline with Go as the host (see ../PIPELINE.md): host DATA COMPONENT...
//
// host DATA apart: all services are in other processes.
//
// A process has room for one Go runtime, so that the services in Go are no component here but an imported package.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"example.com/demo/stub/summary"
	"example.com/demo/stub/units"
	"example.com/units/convert"

	"github.com/hmsffi/hmsffi/go"
)

var steps = []struct{ service, method string }{
	{"demo.units", "convert"}, {"demo.risk", "score"}, {"demo.render", "line"}, {"demo.summary", "by_decile"},
}

func main() {
	if err := host(os.Args[1:]); err != nil {
		message := err.Error()
		if failure := (*hmsffi.Error)(nil); errors.As(err, &failure) {
			message = failure.Message
		}
		fmt.Fprintln(os.Stderr, message)
		os.Exit(1)
	}
}

func host(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("usage: host DATA COMPONENT...")
	}
	if len(arguments) != 2 || arguments[1] != "apart" {
		if err := serve(arguments[1:]); err != nil {
			return err
		}
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return err
	}
	defer client.Close()
	patients, err := readPatients(arguments[0])
	if err != nil {
		return err
	}
	ctx := context.Background()
	if missing := lacking(ctx, client); len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "these steps are not here, so no record is processed:", strings.Join(missing, ", "))
	} else if err := run(ctx, client, patients); err != nil {
		return err
	}
	return writeFigures(ctx, client, patients[0])
}

func serve(components []string) error {
	if err := convert.Register(nil); err != nil {
		return err
	}
	for _, component := range components {
		if err := hmsffi.LoadComponent(component); err != nil {
			return err
		}
	}
	return nil
}

func bind(ctx context.Context, client hmsffi.Client, service, method string) (*hmsffi.BoundMethod, error) {
	found, err := client.GetService(ctx, service)
	if err != nil {
		return nil, err
	}
	return found.Bind(method)
}

func lacking(ctx context.Context, client hmsffi.Client) (missing []string) {
	for _, step := range steps {
		if _, err := bind(ctx, client, step.service, step.method); err != nil {
			missing = append(missing, step.service+"."+step.method)
		}
	}
	return missing
}

func run(ctx context.Context, client hmsffi.Client, patients []convert.Record) error {
	steps, err := client.GetService(ctx, units.Service)
	if err != nil {
		return err
	}
	summaries, err := client.GetService(ctx, summary.Service)
	if err != nil {
		return err
	}
	deciles, err := summary.New(summaries).ByDecile(ctx)
	if err != nil {
		return err
	}
	defer deciles.Cancel()
	first := units.New(steps)
	out := bufio.NewWriter(os.Stdout)
	for i, patient := range patients {
		if err := validate(patient); err != nil {
			return err
		}
		item, err := first.Convert(ctx, units.ConvertParams(patient))
		if err != nil {
			return err
		}
		fmt.Fprintln(out, item.Line)
		if err := deciles.Send(summary.ByDecileParams{ID: item.ID, Score: item.Score, Progression: item.Progression}); err != nil {
			return err
		}
		if done := i + 1; done%100 == 0 || done == len(patients) {
			fmt.Fprintf(os.Stderr, "%d of %d records\n", done, len(patients))
		}
	}
	result, err := deciles.Result()
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\n", result.Text)
	return out.Flush()
}
