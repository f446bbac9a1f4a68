// Package emit is what the generators of assembly share: how a function begins,
// what many of them do, and how the files are written.
//
// A generator is a program, beside the package that it is for: internal/asm/words
// writes kernels_amd64.s and stubs_amd64.go in internal/words. It is run there by
// "go generate"; its test holds what is committed against what it writes. All is
// in a module of its own, so that avo is no dependency of the one around it.
package emit

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// Functions are kernels; each begins with [Function].
type Functions []func(c *build.Context)

// Main writes the files of package pkg to the folder that the command line names.
func (f Functions) Main(pkg string) {
	if len(os.Args) != 2 {
		log.Fatalf("usage: %s FOLDER", os.Args[0])
	}
	files, err := f.files(pkg)
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// Check is a test that the files in folder are what Main writes.
func (f Functions) Check(t *testing.T, pkg, folder string) {
	files, err := f.files(pkg)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run go generate in %s", name, folder)
		}
	}
}

// files are the texts of the files, by name.
func (f Functions) files(pkg string) (map[string][]byte, error) {
	c := build.NewContext()
	c.ConstraintExpr("!purego")
	for _, define := range f {
		define(c)
	}
	file, err := c.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	config := printer.Config{Name: "internal/asm/" + pkg, Pkg: pkg}
	assembly, err := printer.NewGoAsm(config).Print(file)
	if err != nil {
		return nil, err
	}
	stubs, err := printer.NewStubs(config).Print(file)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"kernels_amd64.s": assembly, "stubs_amd64.go": stubs}, nil
}

// Function begins a function: name and signature, "name(x int) int", and what it
// does.
func Function(c *build.Context, declaration string, doc ...string) {
	name, signature, _ := strings.Cut(declaration, "(")
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.Doc(doc...)
	c.SignatureExpr("func(" + signature)
}

// Param is a parameter of 64 bits.
func Param(c *build.Context, name string) reg.GPVirtual {
	r := c.GP64()
	c.Load(c.Param(name), r)
	return r
}

// Return ends a function that used AVX registers.
func Return(c *build.Context) {
	c.VZEROUPPER()
	c.RET()
}

// At is the memory at base + disp.
func At(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// Byte is b in all bytes of a register.
func Byte(c *build.Context, b byte) reg.VecVirtual {
	r, all := c.GP32(), c.YMM()
	c.MOVL(operand.U32(b), r)
	c.VMOVD(r, all.AsX())
	c.VPBROADCASTB(all.AsX(), all)
	return all
}

// Block is the 64 bytes at data in two registers.
func Block(c *build.Context, data reg.Register) (halves [2]reg.VecVirtual) {
	for i := range halves {
		halves[i] = c.YMM()
		c.VMOVDQU(At(data, 32*i), halves[i])
	}
	return halves
}

// Mask is the mask of the high bits of 64 bytes.
func Mask(c *build.Context, halves [2]reg.VecVirtual) reg.GPVirtual {
	low, high := c.GP64(), c.GP64()
	c.VPMOVMSKB(halves[0], low.As32())
	c.VPMOVMSKB(halves[1], high.As32())
	c.SHLQ(operand.U8(32), high)
	c.ORQ(high, low)
	return low
}

// Within sets the bytes of a register that are from first to first + count - 1,
// where less holds -first in all bytes and most holds count - 1.
func Within(c *build.Context, bytes, less, most reg.VecVirtual) reg.VecVirtual {
	from, found := c.YMM(), c.YMM()
	c.VPADDB(bytes, less, from)
	c.VPMINUB(from, most, found)
	c.VPCMPEQB(from, found, found)
	return found
}
