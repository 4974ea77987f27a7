package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"

	"example.com/units/convert"

	"github.com/hmsffi/hmsffi/go"
)

// Numbers count ten-thousandths.
const one = 10_000

var ranges = []struct {
	name      string
	low, high int64
}{
	{"bmi", 10, 60}, {"bp", 40, 200}, {"tc", 50, 500}, {"ldl", 10, 400}, {"hdl", 5, 200},
	{"tch", 1, 20}, {"ltg", 2, 8}, {"glu", 30, 400}, {"sex_code", 1, 2}, {"progression", 0, 1000},
}

// readPatients reads the records of a file, as ../PIPELINE.md defines them.
func readPatients(path string) ([]convert.Record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: no records", path)
	}
	patients := make([]convert.Record, len(rows)-1)
	for i, row := range rows[1:] {
		number := fmt.Sprintf("%03d", i+1)
		patients[i] = convert.Record{
			ID: "P" + number, Name: "Patient " + number, Contacts: []any{}, Attributes: map[string]string{},
		}
		for column, name := range rows[0] {
			switch name {
			case "age":
				if patients[i].Age, err = strconv.ParseInt(row[column], 10, 64); err != nil {
					return nil, fmt.Errorf("%s: %w", path, err)
				}
			case "sex":
				patients[i].Attributes["sex_code"] = row[column]
			default:
				patients[i].Attributes[name] = row[column]
			}
		}
	}
	return patients, nil
}

// validate is step 1: a record with a value outside of its range is refused.
func validate(patient convert.Record) error {
	if patient.Age < 18 || patient.Age > 100 {
		return outside(patient, "age", strconv.FormatInt(patient.Age, 10), 18, 100)
	}
	for _, r := range ranges {
		value, err := patient.Attribute(r.name)
		if err != nil {
			return err
		}
		if value < r.low*one || value > r.high*one {
			return outside(patient, r.name, patient.Attributes[r.name], r.low, r.high)
		}
	}
	return nil
}

func outside(patient convert.Record, name, text string, low, high int64) error {
	return hmsffi.Errorf(hmsffi.CodeInvalidArgument, "%s: %s %s is outside %d..%d", patient.ID, name, text, low, high)
}
