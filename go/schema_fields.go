package hmsffi

import (
	"reflect"
	"slices"
	"strings"
)

// structField is a field as it is sent.
type structField struct {
	reflect.StructField
	// Its name in what is sent.
	sent     string
	tagged   bool
	optional bool
	depth    int
	tag      hmsTag
}

// fieldsOf are the fields of a struct and of those embedded in it, as the codec sends them: of those with one name the one
// that is least deep, then the one with a tag; where that decides nothing, none.
func fieldsOf(t reflect.Type, place string) ([]structField, error) {
	all, err := collectFields(t, place, 0, false, nil)
	if err != nil {
		return nil, err
	}
	var fields []structField
	for _, field := range all {
		if field.Name == "_" && field.depth > 0 {
			continue
		}
		rivals := slices.ContainsFunc(all, func(other structField) bool {
			return other.sent == field.sent && other.Name != "_" && !slices.Equal(other.Index, field.Index) &&
				(other.depth < field.depth || other.depth == field.depth && (other.tagged || !field.tagged))
		})
		if field.Name == "_" || !rivals {
			fields = append(fields, field)
		}
	}
	return fields, nil
}

func collectFields(t reflect.Type, place string, depth int, optional bool, index []int) (fields []structField, err error) {
	for i := range t.NumField() {
		f := t.Field(i)
		place := place + "." + f.Name
		field := structField{StructField: f, depth: depth}
		field.Index = append(slices.Clone(index), i)
		if field.tag, err = readTag(f.Tag.Get("hms"), place); err != nil {
			return nil, err
		}
		if f.Name == "_" {
			fields = append(fields, field)
			continue
		}
		name, options, skipped := codecTag(f)
		if skipped {
			continue
		}
		for _, unknown := range []string{"toarray", "keyasint"} {
			if slices.Contains(options, unknown) {
				return nil, invalid("%s: the tag cbor says %s, which other languages cannot read", place, unknown)
			}
		}
		embedded, isPointer := f.Type, f.Type.Kind() == reflect.Pointer
		if isPointer {
			embedded = f.Type.Elem()
		}
		if f.Anonymous && name == "" && embedded.Kind() == reflect.Struct {
			if _, isOne := known[embedded]; !isOne {
				if depth == maxDepth {
					return nil, invalid("%s: a struct that is embedded in itself has no schema", place)
				}
				inner, err := collectFields(embedded, place, depth+1, optional || isPointer, field.Index)
				if err != nil {
					return nil, err
				}
				fields = append(fields, inner...)
				continue
			}
		}
		if !f.IsExported() {
			continue
		}
		field.sent, field.tagged = name, name != ""
		if !field.tagged {
			field.sent = f.Name
		}
		omitted := slices.Contains(options, "omitempty") || slices.Contains(options, "omitzero")
		field.optional = optional || isPointer || omitted
		fields = append(fields, field)
	}
	return fields, nil
}

// codecTag is what the codec reads of a field's tags.
func codecTag(field reflect.StructField) (name string, options []string, skipped bool) {
	tag, ok := field.Tag.Lookup("cbor")
	if !ok {
		tag = field.Tag.Get("json")
	}
	if tag == "-" {
		return "", nil, true
	}
	parts := strings.Split(tag, ",")
	return parts[0], parts[1:], false
}
