package hmsffi

import "github.com/hmsffi/hmsffi/go/internal/capi"

// Binding is how close a service must be to what its caller was made for (docs/binding.md).
type Binding uint32

const (
	// BindingLoose takes the same major version, where the service reads what the caller sends, and the caller what the
	// service answers.
	BindingLoose Binding = 1
	// BindingStrict takes the same major and minor version, with schemas that each side could take over from the other.
	BindingStrict Binding = 2
)

// ServiceOption is an option of [Client].GetService.
type ServiceOption func(*capi.Expected)

// Expecting gets the highest version of a service that is what this program was made for, now and when services come and go.
// The definition is the message ServiceDefinition with version and schemas, as JSON (hms info NAME --definition writes it) or in
// Protobuf. Where no version fits, the error is [CodeFailedPrecondition]: its message names the first differences, with both
// sides and who must move; all are in the detail hms.differences, a JSON list of [ServiceDifference].
func Expecting(definition string, binding Binding) ServiceOption {
	return func(expected *capi.Expected) {
		expected.Definition, expected.Binding = definition, uint32(binding)
	}
}

// BindingReport says how a service differs from what its callers were made for.
type BindingReport struct {
	Service         string              `json:"service"`
	Binding         string              `json:"binding"`
	ExpectedVersion string              `json:"expected_version"`
	ProvidedVersion string              `json:"provided_version"`
	Fits            bool                `json:"fits"`
	Differences     []ServiceDifference `json:"differences"`
}

// ServiceDifference is one difference between a service and what its callers were made for.
type ServiceDifference struct {
	// Method is "" for the service itself.
	Method string `json:"method"`
	// Part is input_schema, output_schema or error_schemas[id]; "" for what is no schema.
	Part string `json:"part"`
	// Path is where in the schema, as $.items[*].age.
	Path string `json:"path"`
	// Aspect is what differs there: version, method, stream_type, or what of a schema.
	Aspect   string `json:"aspect"`
	Expected string `json:"expected"`
	Provided string `json:"provided"`
	// BreaksLoose and BreaksStrict say which binding is refused for it.
	BreaksLoose  bool `json:"breaks_loose"`
	BreaksStrict bool `json:"breaks_strict"`
	// MustMove is who has to move then: caller or provider.
	MustMove string `json:"must_move"`
}

// CompareServices says what differs between a service that callers were made for and one that is provided, both definitions as
// [Expecting] takes them. [CodeInvalidArgument] when one of them is none, or they are of two services.
func CompareServices(expected, provided string, binding Binding) (report BindingReport, err error) {
	text, fault := capi.ServiceCompare(expected, provided, uint32(binding))
	if err := failed(fault); err != nil {
		return BindingReport{}, err
	}
	err = told(text, &report)
	return report, err
}
