package hmsffi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Enumerated is a type that has few values: SchemaOf makes it an ENUM.
type Enumerated interface {
	// EnumValues are its values as they are sent: of an integer type as decimal text. It is asked on the zero value.
	EnumValues() []string
}

// SchemaOf is the schema of a Go type as JSON, for [WithInputSchema] and its like: what values of the type look like when they are
// sent, and what can be received as one.
//
// Structs are OBJECTs. A field has the name of its cbor or json tag. It is required unless it is a pointer or is omitted when empty
// (omitempty, omitzero); a pointer may be null. Embedded structs are part of the struct around them. A type that contains itself is
// referred to by its name. Slices are ARRAYs, maps with text as keys MAPs, time.Time DATETIME, [UUID] UUID, [Decimal] NUMBER, []byte
// BINARY, any ANY. Types that encode themselves are ANY.
//
// The tag hms says the rest, of a field or, on a field named _, of its struct:
//
//	Times int    `json:"times,omitempty" hms:"minimum=1,maximum=10,default=1,description=How often, at most"`
//	Mail  string `json:"mail" hms:"format=email,max_length=100"`
//	Color string `json:"color" hms:"enum=red|green|blue"`
//	_     struct{} `hms:"closed,description=A greeting"`
//
// Its names are those of the constraints of the specification, and format, enum, default (JSON), description, required,
// optional, closed and sensitive. [CodeInvalidArgument] with the place, when a type cannot be sent or a tag is none.
func SchemaOf[T any]() (string, error) { return schemaOf(reflect.TypeFor[T]()) }

var schemas sync.Map // reflect.Type -> string

func schemaOf(t reflect.Type) (string, error) {
	if known, ok := schemas.Load(t); ok {
		return known.(string), nil
	}
	derived, err := newDeriver().derive(t, t.String())
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(derived)
	if err != nil {
		return "", invalid("the schema of %v: %v", t, err)
	}
	schemas.Store(t, string(text))
	return string(text), nil
}

// schema is the message of the specification, as far as it is derived.
type schema struct {
	SchemaID    string            `json:"schema_id,omitempty"`
	Type        string            `json:"type"`
	Format      string            `json:"format,omitempty"`
	Description string            `json:"description,omitempty"`
	Fields      []schemaField     `json:"fields,omitempty"`
	Items       *schema           `json:"items,omitempty"`
	KeySchema   *schema           `json:"key_schema,omitempty"`
	ValueSchema *schema           `json:"value_schema,omitempty"`
	EnumValues  []enumValue       `json:"enum_values,omitempty"`
	OneOf       []*schema         `json:"one_of,omitempty"`
	Ref         string            `json:"ref,omitempty"`
	Constraints map[string]any    `json:"constraints,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

type schemaField struct {
	Name         string  `json:"name"`
	Description  string  `json:"description,omitempty"`
	Schema       *schema `json:"schema"`
	Required     bool    `json:"required,omitempty"`
	DefaultValue []byte  `json:"default_value,omitempty"`
}

type enumValue struct {
	Value string `json:"value"`
}

func enumOf(values []string) []enumValue {
	found := make([]enumValue, len(values))
	for i, value := range values {
		found[i].Value = value
	}
	return found
}

// deriver makes the schema of one type.
type deriver struct {
	// The structs around the place that is looked at.
	open []reflect.Type
	// The ids of structs that were met inside of themselves.
	named map[reflect.Type]string
}

func newDeriver() *deriver { return &deriver{named: map[reflect.Type]string{}} }

var (
	enumeratedType = reflect.TypeFor[Enumerated]()
	marshalerType  = reflect.TypeFor[cbor.Marshaler]()
	known          = map[reflect.Type]schema{
		timeType:                   {Type: "DATETIME"},
		reflect.TypeFor[UUID]():    {Type: "UUID"},
		reflect.TypeFor[Decimal](): {Type: "NUMBER"},
		reflect.TypeFor[big.Int](): {Type: "INTEGER"},
	}
	kinds = map[reflect.Kind]schema{
		reflect.Bool:    {Type: "BOOLEAN"},
		reflect.Int:     {Type: "INTEGER", Format: "int64"},
		reflect.Int8:    {Type: "INTEGER", Format: "int8"},
		reflect.Int16:   {Type: "INTEGER", Format: "int16"},
		reflect.Int32:   {Type: "INTEGER", Format: "int32"},
		reflect.Int64:   {Type: "INTEGER", Format: "int64"},
		reflect.Uint:    {Type: "INTEGER", Format: "uint64"},
		reflect.Uint8:   {Type: "INTEGER", Format: "uint8"},
		reflect.Uint16:  {Type: "INTEGER", Format: "uint16"},
		reflect.Uint32:  {Type: "INTEGER", Format: "uint32"},
		reflect.Uint64:  {Type: "INTEGER", Format: "uint64"},
		reflect.Float32: {Type: "NUMBER", Format: "float"},
		reflect.Float64: {Type: "NUMBER", Format: "double"},
		reflect.String:  {Type: "STRING"},
	}
)

// derive gives the schema of a type, which is at a place of Go code, such as main.Order.Items.
func (d *deriver) derive(t reflect.Type, place string) (*schema, error) {
	if t.Implements(enumeratedType) {
		values := reflect.Zero(t).Interface().(Enumerated).EnumValues()
		return &schema{Type: "ENUM", EnumValues: enumOf(values)}, nil
	}
	if found, ok := known[t]; ok {
		return &found, nil
	}
	if t.Kind() == reflect.Pointer {
		inner, err := d.derive(t.Elem(), place)
		if err != nil || inner.Type == "ANY" {
			return inner, err
		}
		return &schema{Type: "UNION", OneOf: []*schema{inner, {Type: "NULL"}}}, nil
	}
	if t.Implements(marshalerType) || reflect.PointerTo(t).Implements(marshalerType) {
		return &schema{Type: "ANY"}, nil
	}
	if found, ok := kinds[t.Kind()]; ok {
		return &found, nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.object(t, place)
	case reflect.Slice, reflect.Array:
		return d.list(t, place)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, invalid("%s: keys of a %v cannot be sent; a map is sent with keys of text", place, t)
		}
		value, err := d.derive(t.Elem(), place)
		return &schema{Type: "MAP", KeySchema: &schema{Type: "STRING"}, ValueSchema: value}, err
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return &schema{Type: "ANY"}, nil
		}
	}
	return nil, invalid("%s: a %v has no schema", place, t)
}

func (d *deriver) list(t reflect.Type, place string) (*schema, error) {
	found := &schema{Type: "BINARY"}
	least, most := "min_length", "max_length"
	if t.Elem().Kind() != reflect.Uint8 {
		items, err := d.derive(t.Elem(), place)
		if err != nil {
			return nil, err
		}
		found = &schema{Type: "ARRAY", Items: items}
		least, most = "min_items", "max_items"
	}
	if t.Kind() == reflect.Array {
		found.Constraints = map[string]any{least: t.Len(), most: t.Len()}
	}
	return found, nil
}

func (d *deriver) object(t reflect.Type, place string) (*schema, error) {
	if d.named[t] != "" || slices.Contains(d.open, t) {
		return &schema{Type: "REF", Ref: d.name(t)}, nil
	}
	d.open = append(d.open, t)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	found := &schema{Type: "OBJECT"}
	fields, err := fieldsOf(t, place)
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		place := place + "." + field.Name
		if field.Name == "_" {
			if err := field.tag.describe(found, place); err != nil {
				return nil, err
			}
			continue
		}
		inner, err := d.derive(field.Type, place)
		if err != nil {
			return nil, err
		}
		member := schemaField{Name: field.sent, Schema: inner, Required: !field.optional}
		if err := field.tag.constrain(&member, place); err != nil {
			return nil, err
		}
		found.Fields = append(found.Fields, member)
	}
	found.SchemaID = d.named[t]
	return found, nil
}

// name is the id of a struct. Types of different functions or packages may have one name.
func (d *deriver) name(t reflect.Type) string {
	if d.named[t] == "" {
		id := t.String()
		if own, isError := errorSchemaID(t); isError {
			id = own
		}
		for number := 2; slices.Contains(slices.Collect(maps.Values(d.named)), id); number++ {
			id = fmt.Sprintf("%v.%d", t, number)
		}
		d.named[t] = id
	}
	return d.named[t]
}
