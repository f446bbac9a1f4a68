package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/bench/peers"
)

// peersOptions are the flags of the command peers.
type peersOptions struct{ out, python string }

func (o *peersOptions) define() *pflag.FlagSet {
	flags := pflag.NewFlagSet("peers", pflag.ContinueOnError)
	flags.StringVar(&o.out, "out", "", "`DIR` to install them in, outside of the source tree")
	flags.StringVar(&o.python, "python", "python3", "`PROGRAM` to make the virtual environment by")
	return flags
}

// peersCommand installs the peers, and says which versions there are.
func peersCommand(ctx context.Context, args []string, out io.Writer) error {
	var o peersOptions
	flags := o.define()
	if ok, err := parse(flags, args, out); !ok {
		return err
	}
	switch rest := flags.Args(); {
	case len(rest) > 0:
		return misuse{fmt.Errorf("%q is not a flag: peers takes flags alone", rest[0])}
	case o.out == "":
		return misuse{errors.New("--out is not given: name a folder for the peers")}
	}
	if err := peers.Install(ctx, o.out, o.python, out); err != nil {
		return err
	}
	installed, err := peers.Open(ctx, o.out)
	if err != nil {
		return err
	}
	defer installed.Close()
	for _, p := range peers.All() {
		if reason, ok := installed.Missing[p.Name]; ok {
			fmt.Fprintf(out, "%-16s is missing: %s\n", p.Name, reason)
			continue
		}
		fmt.Fprintf(out, "%-16s %s %s\n", p.Name, p.Package, installed.Versions[p.Package])
	}
	return nil
}
