package ipcio

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// point is an extension type, stored as a struct with a dictionary.
type point struct{ arrow.ExtensionBase }

type pointArray struct{ array.ExtensionArrayBase }

func newPoint() *point {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	return &point{arrow.ExtensionBase{Storage: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "d", Type: dict, Nullable: true})}}
}

func (*point) ArrayType() reflect.Type { return reflect.TypeFor[pointArray]() }
func (*point) ExtensionName() string   { return "arrowmill.point" }
func (*point) String() string          { return "point" }
func (*point) Serialize() string       { return "of two" }
func (*point) ExtensionEquals(o arrow.ExtensionType) bool {
	return o.ExtensionName() == "arrowmill.point"
}
func (*point) Deserialize(arrow.DataType, string) (arrow.ExtensionType, error) {
	return newPoint(), nil
}

// Extension types come back as their storage, with the metadata that names them,
// and that is what is written of them the next time.
func TestExtensionTypes(t *testing.T) {
	typ := newPoint()
	g := generator{rng: rand.New(rand.NewPCG(31, 1)), nulls: true}
	stored := g.array(typ.Storage, 20)
	ext := array.NewExtensionArrayWithStorage(typ, stored)
	list := array.NewListData(array.NewData(arrow.ListOf(typ), 1, g.listOf(20), []arrow.ArrayData{ext.Data()}, 0, 0))
	keep := arrow.NewMetadata([]string{"k", "ARROW:extension:name"}, []string{"v", "of another"})
	schema := arrow.NewSchema([]arrow.Field{{Name: "p", Type: typ, Nullable: true, Metadata: keep}}, nil)
	rec := array.NewRecord(schema, []arrow.Array{ext}, 20)
	want := texts(array.NewRecord(arrow.NewSchema(fieldsOf(typ.Storage), nil), []arrow.Array{stored}, 20))
	for range 2 {
		res := scan(t, Scan(save(t, "a", encoded(t, rec.Schema(), []arrow.Record{rec}, AsFile()))), 0, 0, func(r arrow.Record) {
			r.Retain()
			rec = r
		})
		if res.err != nil {
			t.Fatal(res.err)
		}
		sameRows(t, "extension", res.rows, want)
		f := res.schema.Field(0)
		name, _ := f.Metadata.GetValue("ARROW:extension:name")
		data, _ := f.Metadata.GetValue("ARROW:extension:metadata")
		k, _ := f.Metadata.GetValue("k")
		if !arrow.TypeEqual(f.Type, typ.Storage) || name != "arrowmill.point" || data != "of two" || k != "v" || f.Metadata.Len() != 3 {
			t.Errorf("got %v", f)
		}
	}
	nested := array.NewRecord(arrow.NewSchema(fieldsOf(arrow.ListOf(typ)), nil), []arrow.Array{list}, 1)
	res := scan(t, Scan(save(t, "a", encoded(t, nested.Schema(), []arrow.Record{nested}))), 0, 0)
	elem := res.schema.Field(0).Type.(*arrow.ListType).ElemField()
	if name, _ := elem.Metadata.GetValue("ARROW:extension:name"); res.err != nil || name != "arrowmill.point" {
		t.Errorf("%v, %v", res.err, elem)
	}
}
