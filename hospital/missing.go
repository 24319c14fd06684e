package hospital

import (
	"context"
	"database/sql"
	"slices"
)

// MissingKind is what a hospital lacks before its first meal.
type MissingKind string

// What can be missing.
const (
	MissingWard    MissingKind = "ward"    // none is open
	MissingBed     MissingKind = "bed"     // no open ward has one
	MissingDish    MissingKind = "dish"    // there is none
	MissingDiet    MissingKind = "diet"    // no dish suits it at a meal
	MissingTexture MissingKind = "texture" // no dish can be served in some at a meal, which people need
	MissingLogin   MissingKind = "login"   // nobody of a role can sign in
)

// Missing is one thing that a hospital lacks.
type Missing struct {
	Kind     MissingKind
	Meal     Meal      // of MissingDiet and MissingTexture
	Diet     Diet      // of MissingDiet
	Textures []Texture // of MissingTexture
	Role     Role      // of MissingLogin
}

// neededRoles are those without whom no meal reaches a bed.
var neededRoles = []Role{MedicalStaff, KitchenStaff, DeliveryStaff}

// Missing lists what the hospital lacks, in the order in which one sets it up. For whoever sets it
// up.
func (h *Hospital) Missing(ctx context.Context, actor Actor) ([]Missing, error) {
	return readAs(ctx, h, actor, SetUpWards,
		func(ctx context.Context, q *sql.Tx) (missing []Missing, err error) {
			for _, look := range []func(context.Context, *sql.Tx) ([]Missing, error){
				missingBeds, missingDishes, missingLogins} {
				found, err := look(ctx, q)
				if err != nil {
					return nil, err
				}
				missing = append(missing, found...)
			}
			return missing, nil
		})
}

// missingBeds looks for wards with beds.
func missingBeds(ctx context.Context, q *sql.Tx) ([]Missing, error) {
	var wards, beds int
	err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM ward WHERE is_open),
		(SELECT COUNT(*) FROM bed JOIN ward ON ward.id = bed.ward_id
			WHERE ward.is_open AND bed.retired_at IS NULL)`).Scan(&wards, &beds)
	switch {
	case err != nil:
		return nil, wrap(err, "count wards and beds")
	case wards == 0:
		return []Missing{{Kind: MissingWard}}, nil
	case beds == 0:
		return []Missing{{Kind: MissingBed}}, nil
	}
	return nil, nil
}

// missingDishes looks for a dish for each diet, and in each texture, at each main meal.
func missingDishes(ctx context.Context, q *sql.Tx) (missing []Missing, err error) {
	dishes, err := readDishes(ctx, q, func(d Dish) bool {
		return d.Available && d.RetiredAt.IsZero()
	})
	if err != nil {
		return nil, err
	}
	if len(dishes) == 0 {
		return []Missing{{Kind: MissingDish}}, nil
	}
	needed, err := neededTextures(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, meal := range SettingsOf(ctx).MainMeals() {
		missing = append(missing, missingAt(meal, dishes, needed)...)
	}
	return missing, nil
}

// neededTextures are regular food, and what else somebody needs who is here.
func neededTextures(ctx context.Context, q *sql.Tx) ([]Texture, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT DISTINCT texture FROM admission WHERE discharged_at IS NULL`)
	needed, err := collect(rows, err, func(row scanner) (t Texture, err error) {
		err = row.Scan(&t)
		return t, err
	})
	return sortedSet(append(needed, RegularTexture)), wrap(err, "read which textures are needed")
}

// missingAt lists for which diets there is nothing at a meal, and then in which textures.
func missingAt(meal Meal, dishes []Dish, needed []Texture) (missing []Missing) {
	var diets []Diet
	var textures []Texture
	for _, dish := range dishes {
		if slices.Contains(dish.Meals, meal) {
			diets, textures = append(diets, dish.Diets...), append(textures, dish.Textures...)
		}
	}
	for _, diet := range Diets {
		if !slices.Contains(diets, diet) {
			missing = append(missing, Missing{Kind: MissingDiet, Meal: meal, Diet: diet})
		}
	}
	lacking := slices.DeleteFunc(slices.Clone(needed), func(t Texture) bool {
		return slices.Contains(textures, t)
	})
	if len(textures) > 0 && len(lacking) > 0 {
		missing = append(missing, Missing{Kind: MissingTexture, Meal: meal, Textures: lacking})
	}
	return missing
}

// missingLogins looks for somebody in each of the roles through which a meal goes.
func missingLogins(ctx context.Context, q *sql.Tx) (missing []Missing, err error) {
	for _, role := range neededRoles {
		there, err := scanValue[bool](q.QueryRowContext(ctx, `SELECT EXISTS (
			SELECT 1 FROM app_user WHERE role = $1 AND NOT disabled)`, role))
		if err != nil {
			return nil, wrap(err, "look for somebody of the role %s", role)
		}
		if !there {
			missing = append(missing, Missing{Kind: MissingLogin, Role: role})
		}
	}
	return missing, nil
}
