// Package convert has the services of this component: the conversion of units in patient records, and an echo.
package convert

import "github.com/hmsffi/hmsffi/go"

// Register makes the services known in a runtime; nil = the process-wide one. They live as long as it does.
func Register(runtime *hmsffi.Runtime) error {
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{Runtime: runtime})
	if err != nil {
		return err
	}
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "units", Runtime: runtime})
	if err != nil {
		return err
	}

	converter := &converter{client: client}
	units := &hmsffi.Service{ID: "demo.units", Version: "1.0.0", Description: "Converts units of patient records"}
	units.Method("convert", hmsffi.Handle(converter.convert), hmsffi.WithDescription("mg/dL to mmol/L, then on to the risk score"))

	echo := &hmsffi.Service{ID: "demo.echo.go", Version: "1.0.0", Description: "Gives back what it gets"}
	echo.Method("echo", func(body []byte) ([]byte, error) { return body, nil }, hmsffi.Leaf())
	echo.Method("record", func(patient Record) (Record, error) { return patient, nil }, hmsffi.Leaf())

	for _, service := range []*hmsffi.Service{units, echo} {
		if err := server.RegisterService(service); err != nil {
			return err
		}
	}
	return server.Start()
}
