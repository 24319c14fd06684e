package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// MadeCommand is what MakeDish needs.
type MadeCommand struct {
	DishID         int64
	Meal           Meal
	Texture        Texture // that the patients need
	Count          int     // below 0 takes back
	IdempotencyKey string  // works as for Admit
}

// MostMade is the most servings that can be counted at once: more is a slip of the finger.
const MostMade = 1000

// MakeDish counts servings of a dish that are made for the serving of a meal that the kitchen works
// on. It moves no order. Invalid names wrong fields; Conflict "made_below_zero" where more is taken
// back than was made.
func (h *Hospital) MakeDish(ctx context.Context, actor Actor, cmd MadeCommand) error {
	return h.changeAs(ctx, actor, CookOrders, func(ctx context.Context, c *change) error {
		said := cmd
		said.IdempotencyKey = ""
		_, _, err := c.once(ctx, cmd.IdempotencyKey, "kitchen.made", said, func() (int64, error) {
			return cmd.DishID, c.makeDish(ctx, cmd)
		})
		return err
	})
}

func (c *change) makeDish(ctx context.Context, cmd MadeCommand) error {
	settings, wrong := SettingsOf(ctx), fields{}
	checkChoices(wrong, "meal", []Meal{cmd.Meal}, settings.allMeals(), true)
	if !cmd.Texture.Valid() {
		wrong.refuse("texture", "texture", "Choose a texture from 0 to 7.")
	}
	if cmd.Count == 0 || cmd.Count < -MostMade || cmd.Count > MostMade {
		wrong.refuse("count", "made_count", "Give how many, at most %d at once.", MostMade)
	}
	dish, err := readDish(ctx, c.tx, cmd.DishID)
	switch {
	case IsKind(err, NotFound):
		wrong.refuse("item_id", "dish_unknown", "There is no such dish. Choose from the menu.")
	case err != nil:
		return err
	}
	if err := wrong.err(); err != nil {
		return err
	}
	return c.putMade(ctx, dish, cmd, settings.kitchenDay(cmd.Meal, c.now))
}

// putMade keeps how many servings of a dish are made for a meal of a day.
func (c *change) putMade(ctx context.Context, dish Dish, cmd MadeCommand, day time.Time) error {
	made, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`INSERT INTO made_dish (service_date, meal, dish_id, texture, count)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (service_date, meal, dish_id, texture)
		DO UPDATE SET count = made_dish.count + $5 RETURNING count`,
		instant(day), cmd.Meal, dish.ID, cmd.Texture, cmd.Count))
	switch {
	case err != nil:
		return fmt.Errorf("count what is made of dish %d: %w", dish.ID, err)
	case made < 0:
		return Refuse(Conflict, "made_below_zero",
			"Only %d are made of %s. You can't take back more.", made-cmd.Count, dish.Name.En)
	}
	c.record(entry{action: "kitchen.made", entity: "dish", entityID: dish.ID,
		from: fmt.Sprintf("%s texture=%d %d", cmd.Meal, cmd.Texture, made-cmd.Count),
		to:   fmt.Sprintf("%s texture=%d %d", cmd.Meal, cmd.Texture, made)},
		topicOnly(KitchenTopic))
	return nil
}

// Made is how many servings of a dish are made at a texture.
type Made struct {
	DishID  int64
	Texture Texture
	Count   int
}

// readMade reads what is made for a meal of a day, by dish and texture.
func readMade(ctx context.Context, q *sql.Tx, meal Meal, day time.Time) ([]Made, error) {
	rows, err := q.QueryContext(ctx, `SELECT dish_id, texture, count FROM made_dish
		WHERE service_date = $1 AND meal = $2 AND count > 0 ORDER BY dish_id, texture DESC`,
		instant(day), meal)
	made, err := collect(rows, err, func(row scanner) (m Made, err error) {
		return m, row.Scan(&m.DishID, &m.Texture, &m.Count)
	})
	return made, wrap(err, "read what is made")
}
