package demo

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"slices"

	"dusangire/hospital"
)

// This file is how the demo hospital comes to be what it is: by the import of files, as any other.
// What happens in it is told by the rest of the package.

// Currency is that of the demo's prices and charges.
const Currency hospital.Currency = "RWF"

//go:embed *.csv
var files embed.FS

// kinds are the demo's files, in the order in which each needs those before it.
//
// Allergens of dishes are those of the usual recipes, with stock cubes, milling and frying oil in mind;
// nutrition is an estimate for a usual serving from common tables of food composition. A main dish is
// for the everyday diets or for those without salt, mild, or without much potassium, so that nobody
// gets two. Who is at texture 5 or 6 may also eat what is smooth, and the kitchen thickens drinks up
// to 2. The Kinyarwanda names need a native reader.
var kinds = []hospital.FileKind{hospital.WardFile, hospital.BedFile, hospital.ZoneFile,
	hospital.DishFile}

// takeInFiles imports all files, and finds what the story of the opening needs of them.
func (o *opening) takeInFiles(ctx context.Context) error {
	for _, kind := range kinds {
		if err := o.takeIn(ctx, kind); err != nil {
			return err
		}
	}
	zones, err := o.h.Zones(ctx, hospital.System)
	if err != nil {
		return err
	}
	for _, zone := range zones {
		o.zones[zone.Name] = zone.ID
	}
	o.menu, err = o.h.Dishes(ctx, hospital.System)
	// In the order of the file: what is ordered hangs on it.
	slices.SortFunc(o.menu, func(a, b hospital.Dish) int { return cmp.Compare(a.ID, b.ID) })
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
