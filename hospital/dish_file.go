package hospital

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
)

// dishLayout is a file of dishes. Those that are retired are in none.
var dishLayout = layout{
	permission: ManageMenu,
	columns: []string{"name_en", "name_fr", "name_rw", "meals", "station", "allergens",
		"may_contain", "diets", "textures", "energy_kcal", "protein_g", "carbohydrate_g", "fat_g",
		"sodium_mg", "potassium_mg", "price", "available"},
	key:  1,
	take: takeDish, list: listDishes,
}

// takeDish adds the dish of a line, or changes it.
func takeDish(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	stands, err := dishInFile(ctx, h, tidy(r.cell("name_en")))
	if err != nil {
		return lineUnchanged, err
	}
	if stands.ID == 0 {
		stands = Dish{Available: true}
	}
	to := r.dish(stands)
	if stands.ID == 0 {
		_, err := h.AddDish(ctx, actor, to)
		return lineAdded, err
	}
	after, err := h.SetDish(ctx, actor, to)
	return changedIf(after.Version != stands.Version), err
}

// dish is what a line says of a dish as it stands.
func (r *fileRow) dish(d Dish) Dish {
	d.Name = DishName{En: r.text("name_en", d.Name.En), Fr: r.text("name_fr", d.Name.Fr),
		Rw: r.text("name_rw", d.Name.Rw)}
	d.Meals = listIn(r, "meals", d.Meals)
	d.Station = Station(r.text("station", string(d.Station)))
	d.Allergens = r.allergens("allergens", d.Allergens)
	d.MayContain = r.allergens("may_contain", d.MayContain)
	d.Diets = listIn(r, "diets", d.Diets)
	d.Textures = r.textures(d.Textures)
	n := &d.Nutrition
	for column, amount := range map[string]*int{"energy_kcal": &n.EnergyKcal,
		"protein_g": &n.ProteinG, "carbohydrate_g": &n.CarbohydrateG, "fat_g": &n.FatG,
		"sodium_mg": &n.SodiumMg, "potassium_mg": &n.PotassiumMg} {
		*amount = r.amount(column, *amount)
	}
	d.Price = r.amount("price", d.Price)
	d.Available = r.truth("available", d.Available)
	return d
}

// allergens are those of a column, also by their other names.
func (r *fileRow) allergens(column string, stands []Allergen) []Allergen {
	if !r.has(column) {
		return stands
	}
	var all []Allergen
	for _, word := range listIn[string](r, column, nil) {
		all = append(all, ParseAllergen(word)...)
	}
	return all
}

// textures are the levels of a column.
func (r *fileRow) textures(stands []Texture) []Texture {
	if !r.has("textures") {
		return stands
	}
	var all []Texture
	for _, word := range listIn[string](r, "textures", nil) {
		level, err := strconv.Atoi(word)
		if err != nil {
			level = -1 // which is refused
		}
		all = append(all, Texture(level))
	}
	return all
}

// dishInFile is dishNamed for a line of a file.
func dishInFile(ctx context.Context, h *Hospital, name string) (Dish, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Dish, error) {
		return dishNamed(ctx, q, name)
	})
}

// dishNamed is the dish with a name, the zero Dish where none is on the menu.
func dishNamed(ctx context.Context, q *sql.Tx, name string) (Dish, error) {
	dish, err := scanDish(q.QueryRowContext(ctx,
		selectDish+` WHERE dish.name_en = $1 AND dish.retired_at IS NULL`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return Dish{}, nil
	}
	return dish, wrap(err, "find a dish")
}

// listDishes writes the dishes by their English names.
func listDishes(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	dishes, err := readDishes(ctx, q, func(d Dish) bool { return d.RetiredAt.IsZero() })
	if err != nil {
		return err
	}
	return inOrderOf(dishes, func(d Dish) string { return d.Name.En }, write, func(d Dish) []string {
		cells := []string{d.Name.En, d.Name.Fr, d.Name.Rw, listCell(d.Meals), string(d.Station),
			listCell(d.Allergens), listCell(d.MayContain), listCell(d.Diets),
			joined(d.Textures, listSeparator, func(t Texture) string { return strconv.Itoa(int(t)) })}
		for _, amount := range append(d.Nutrition.amounts(), d.Price) {
			cells = append(cells, strconv.Itoa(amount))
		}
		return append(cells, strconv.FormatBool(d.Available))
	})
}
