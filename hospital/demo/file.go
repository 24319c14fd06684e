package demo

import (
	"bytes"
	"context"
	"embed"
	"fmt"

	"dusangire/hospital"
)

// This file is how the demo hospital comes to be what it is: by the import of files, as any other.
// What happens in it is told by the rest of the package.

//go:embed *.csv
var files embed.FS

// kinds are the demo's files, in the order in which each needs those before it.
var kinds = []hospital.FileKind{hospital.WardFile, hospital.BedFile, hospital.ZoneFile}

// takeInFiles imports all files.
func (o *opening) takeInFiles(ctx context.Context) error {
	for _, kind := range kinds {
		if err := o.takeIn(ctx, kind); err != nil {
			return err
		}
	}
	zones, err := o.h.Zones(ctx, hospital.System)
	for _, zone := range zones {
		o.zones[zone.Name] = zone.ID
	}
	return err
}

// takeIn imports the file of a kind.
func (o *opening) takeIn(ctx context.Context, kind hospital.FileKind) error {
	name := string(kind) + ".csv"
	file, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	done, err := o.h.Import(ctx, hospital.System,
		hospital.ImportCommand{Kind: kind, File: bytes.NewReader(file)})
	if err != nil {
		return fmt.Errorf("import %s: %w", name, err)
	}
	for _, wrong := range done.Errors {
		return fmt.Errorf("import %s, line %d, %s: %w", name, wrong.Line, wrong.Field, wrong.Reason)
	}
	return nil
}
