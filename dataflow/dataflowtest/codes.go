package dataflowtest

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// schemasOf are the schemas that a role makes of its input's: the output's last.
type schemasOf func(in *arrow.Schema) ([]*arrow.Schema, error)

func operatorSchemas(op dataflow.Operator) schemasOf {
	return func(in *arrow.Schema) ([]*arrow.Schema, error) {
		out, err := op.OutSchema(in)
		return []*arrow.Schema{out}, err
	}
}

func reducerSchemas(r dataflow.Reducer) schemasOf {
	return func(in *arrow.Schema) ([]*arrow.Schema, error) {
		partial, out, err := r.Schemas(in)
		return []*arrow.Schema{partial, out}, err
	}
}

// checkCodes checks that a CodeTaker makes the same columns of columns that come as
// codes, all of the same types but those of the output that may leave as codes. It
// tries all output columns as those, none, and each by itself and left out; of a
// Narrower also with one of them not made. That the values are the same is seen where
// the role is driven with dictionaries.
func checkCodes(role any, in *arrow.Schema, schemas schemasOf) error {
	taker, ok := role.(dataflow.CodeTaker)
	if !ok {
		return nil
	}
	plain, err := schemas(in)
	if err != nil {
		return err
	}
	out := plain[len(plain)-1]
	var all []string
	for _, f := range out.Fields() {
		all = append(all, f.Name)
	}
	tries := [][]string{all, nil}
	for i, name := range all {
		tries = append(tries, []string{name}, slices.Delete(slices.Clone(all), i, i+1))
	}
	for _, may := range tries {
		codes := taker.Codes(slices.Clone(may))
		coded, err := codedSchema(in, codes)
		if err != nil {
			return fmt.Errorf("its Codes of %q: %w", may, err)
		}
		got, err := schemas(coded)
		if err != nil {
			return fmt.Errorf("with %q as codes, which Codes of %q names: %w", codes, may, err)
		}
		for i, s := range plain {
			leave := may
			if i < len(plain)-1 { // a partial
				leave = nil
			}
			if want, got := decoded(s, leave), decoded(got[i], leave); !want.Equal(got) {
				return fmt.Errorf("with %q as codes, which Codes of %q names, it makes %s where it makes %s without",
					codes, may, dataflow.FormatSchema(got), dataflow.FormatSchema(want))
			}
		}
	}
	return nil
}

// checkNarrowCodes is checkCodes for what becomes of op with an output column less.
func checkNarrowCodes(op dataflow.Operator, in *arrow.Schema) error {
	n, ok := op.(dataflow.Narrower)
	if !ok {
		return nil
	}
	out, err := op.OutSchema(in)
	if err != nil {
		return err
	}
	for i := range out.Fields() {
		var left []string
		for j, f := range out.Fields() {
			if j != i {
				left = append(left, f.Name)
			}
		}
		less := n.Narrow(left)
		if err := checkCodes(less, in, operatorSchemas(less)); err != nil {
			return fmt.Errorf("narrowed to %q: %w", left, err)
		}
	}
	return nil
}

// codedSchema is schema with the columns of text among those named as codes.
func codedSchema(schema *arrow.Schema, columns []string) (*arrow.Schema, error) {
	fields := schema.Fields()
	for _, c := range columns {
		i, err := dataflow.Column(schema, c)
		if err != nil {
			return nil, err
		}
		if id := fields[i].Type.ID(); arrow.IsBinaryLike(id) || arrow.IsLargeBinaryLike(id) {
			fields[i].Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: fields[i].Type}
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

// decoded is the fields of schema, those named with their values' types.
func decoded(schema *arrow.Schema, columns []string) *arrow.Schema {
	fields := schema.Fields()
	for i, f := range fields {
		if d, ok := f.Type.(*arrow.DictionaryType); ok && slices.Contains(columns, f.Name) {
			fields[i].Type = d.ValueType
		}
	}
	return arrow.NewSchema(fields, nil)
}
