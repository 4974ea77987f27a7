package hmsffi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// hmsTag is the tag hms of a field: its settings in their order.
type hmsTag []setting

type setting struct{ name, value string }

var (
	numberSettings = []string{"minimum", "maximum", "multiple_of"}
	countSettings  = []string{"min_length", "max_length", "min_items", "max_items", "min_properties", "max_properties"}
	flagSettings   = []string{"exclusive_minimum", "exclusive_maximum", "unique_items", "required", "optional", "closed", "sensitive"}
	textSettings   = []string{"pattern", "format", "enum", "default", "description"}
	settingNames   = slices.Concat(numberSettings, countSettings, flagSettings, textSettings)
)

// readTag takes a tag apart. A comma ends a value only where another setting begins, so that patterns and descriptions may
// have commas.
func readTag(text, place string) (tag hmsTag, err error) {
	if text == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		switch {
		case slices.Contains(flagSettings, name) == !strings.Contains(part, "=") && slices.Contains(settingNames, name):
			tag = append(tag, setting{name, value})
		case len(tag) > 0 && slices.Contains(textSettings, tag[len(tag)-1].name):
			tag[len(tag)-1].value += "," + part
		default:
			return nil, invalid("%s: the tag hms has no setting %q; settings: %s", place, part, strings.Join(settingNames, ", "))
		}
	}
	return tag, nil
}

// constrain applies the tag of a field.
func (tag hmsTag) constrain(field *schemaField, place string) error {
	for _, setting := range tag {
		switch setting.name {
		case "description":
			field.Description = setting.value
		case "required", "optional":
			field.Required = setting.name == "required"
		case "default":
			if !json.Valid([]byte(setting.value)) {
				return invalid("%s: the default %q is not JSON; text is written \"so\"", place, setting.value)
			}
			field.DefaultValue = []byte(setting.value)
			field.Required = false
		default:
			if err := setting.apply(constrained(field.Schema), place); err != nil {
				return err
			}
		}
	}
	return nil
}

// describe applies the tag of a struct.
func (tag hmsTag) describe(schema *schema, place string) error {
	for _, setting := range tag {
		if setting.name == "description" {
			schema.Description = setting.value
		} else if err := setting.apply(schema, place); err != nil {
			return err
		}
	}
	return nil
}

// constrained is what the constraints of a field are for: of a pointer what it points to.
func constrained(s *schema) *schema {
	if s.Type == "UNION" && len(s.OneOf) == 2 && s.OneOf[1].Type == "NULL" {
		return s.OneOf[0]
	}
	return s
}

func (s setting) apply(schema *schema, place string) (err error) {
	var value any = true
	switch {
	case slices.Contains(numberSettings, s.name):
		value, err = strconv.ParseFloat(s.value, 64)
	case slices.Contains(countSettings, s.name):
		value, err = strconv.ParseInt(s.value, 10, 32)
	case s.name == "pattern":
		value = s.value
	case s.name == "format":
		schema.Format = s.value
		return nil
	case s.name == "enum":
		schema.Type, schema.Format, schema.EnumValues = "ENUM", "", enumOf(strings.Split(s.value, "|"))
		return nil
	case s.name == "closed" || s.name == "sensitive":
		if schema.Metadata == nil {
			schema.Metadata = map[string]string{}
		}
		schema.Metadata["hms."+s.name] = "true"
		return nil
	case s.name == "required" || s.name == "optional" || s.name == "default":
		return invalid("%s: %s is for fields", place, s.name)
	}
	if err != nil {
		return invalid("%s: %s=%s is no number", place, s.name, s.value)
	}
	if schema.Constraints == nil {
		schema.Constraints = map[string]any{}
	}
	schema.Constraints[s.name] = value
	return nil
}
