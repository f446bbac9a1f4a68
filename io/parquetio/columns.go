package parquetio

import (
	"fmt"

	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/apache/arrow/go/v17/arrow"
)

// fileColumn is a top-level column of one file.
type fileColumn struct {
	name     string
	t        arrow.DataType
	nullable bool
	index    int   // among the file's columns
	leaves   []int // its column chunks in a row group
	err      error // why it cannot be read

	// Of a column that is not nested:
	flat     bool
	decoded  bool // by this package, where the encoding is one that it knows
	optional bool
	physical int
	length   int // of a fixed-length byte array
	logical  schema.LogicalType
	order    schema.SortOrder // of its statistics
}

// columns resolves the file's schema, with the types that a writer of Arrow data
// has noted beside it (ARROW:schema).
func (f *footer) columns() error {
	props := pqarrow.ArrowReadProperties{}
	f.dropBadNote()
	m, err := pqarrow.NewSchemaManifest(f.meta.Schema, f.meta.KeyValueMetadata(), &props)
	if err != nil {
		// What is noted beside the schema is not needed to read the file.
		f.dropNotes()
		if m, err = pqarrow.NewSchemaManifest(f.meta.Schema, nil, &props); err != nil {
			return fmt.Errorf("its schema: %w", err)
		}
	}
	f.byKey = make(map[string]int, len(m.Fields))
	f.cols = make([]fileColumn, 0, len(m.Fields))
	for i := range m.Fields {
		c := f.column(i, &m.Fields[i])
		if _, twice := f.byKey[c.name]; twice {
			return fmt.Errorf("two columns are named %q", c.name)
		}
		f.byKey[c.name] = i
		f.cols = append(f.cols, c)
	}
	return nil
}

func (f *footer) column(i int, sf *pqarrow.SchemaField) fileColumn {
	node := f.meta.Schema.Root().Field(i)
	c := fileColumn{name: node.Name(), index: i, nullable: sf.Field.Nullable, leaves: leavesOf(sf, nil)}
	c.t, c.err = typeFrom(sf.Field.Type)
	if sf.ColIndex < 0 || c.err != nil {
		return c
	}
	descr := f.meta.Schema.Column(sf.ColIndex)
	if descr.MaxRepetitionLevel() > 0 || descr.MaxDefinitionLevel() > 1 {
		return c
	}
	c.flat, c.optional = true, descr.MaxDefinitionLevel() == 1
	c.physical, c.length, c.logical, c.order = int(descr.PhysicalType()), descr.TypeLength(), descr.LogicalType(), descr.SortOrder()
	if c.length > rawPageMost {
		c.err = fmt.Errorf("values of %d bytes each: at most %d are read", c.length, rawPageMost)
		return c
	}
	c.t = flatType(&c)
	c.decoded = newValues(&c, c.t, nil) != nil
	return c
}

// flatType is the type of a column that is not nested. Text in JSON or of an
// enumeration is UTF-8 by the format's definition. What the writer noted is not
// believed where it cannot be right.
func flatType(c *fileColumn) arrow.DataType {
	switch c.logical.(type) {
	case schema.JSONLogicalType, schema.EnumLogicalType:
		if c.physical == physicalBytes && c.t.ID() == arrow.BINARY {
			return arrow.BinaryTypes.String
		}
	}
	return c.t
}

func leavesOf(sf *pqarrow.SchemaField, to []int) []int {
	if sf.ColIndex >= 0 {
		return append(to, sf.ColIndex)
	}
	for i := range sf.Children {
		to = leavesOf(&sf.Children[i], to)
	}
	return to
}

// ours reports whether this package decodes the column's chunk in the group.
func (f *footer) ours(c *fileColumn, group int) bool {
	if !c.decoded {
		return false
	}
	m := f.meta.RowGroups[group].Columns[c.leaves[0]].MetaData
	for _, e := range m.Encodings {
		switch int32(e) {
		case encodingPlain, encodingOldDictionary, encodingDictionary, encodingRLE, encodingBitPacked:
		default:
			if !recodes(int32(e), c.physical) {
				return false
			}
		}
	}
	return true
}

// allCoded reports whether the footer says that every data page of the column is
// dictionary-coded, in all row groups.
func (f *footer) allCoded(c *fileColumn) bool {
	if !c.flat || c.physical != physicalBytes || c.t.ID() != arrow.STRING && c.t.ID() != arrow.BINARY {
		return false
	}
	for i, g := range f.meta.RowGroups {
		if g.NumRows > 0 && !(f.ours(c, i) && f.chunkCoded(i, c.leaves[0])) {
			return false
		}
	}
	return true
}

func (f *footer) chunkCoded(group, leaf int) bool {
	m := f.meta.RowGroups[group].Columns[leaf].MetaData
	if len(m.EncodingStats) > 0 {
		coded := false
		for _, s := range m.EncodingStats {
			if s == nil || s.Count == 0 || s.PageType != dataPage && s.PageType != dataPageV2 {
				continue
			}
			if s.Encoding != encodingDictionary && s.Encoding != encodingOldDictionary {
				return false
			}
			coded = true
		}
		return coded
	}
	// Without counts: writers of format 1 name a dictionary's own encoding like that
	// of its codes, so that PLAIN in the list can only be that of data pages.
	coded := false
	for _, e := range m.Encodings {
		switch int32(e) {
		case encodingOldDictionary:
			coded = true
		case encodingDictionary, encodingRLE, encodingBitPacked:
		default:
			return false
		}
	}
	return coded
}

// libraryMemory is where the library keeps what it works in: Go's heap, whence it
// is collected also where the library panics.
var libraryMemory v18memory.Allocator = v18memory.NewGoAllocator()
