package hospital

// WallStatements are those that read the kitchen's wall, for looking at how the databases go about them: of the open orders, and of those
// that ended after $1.
var WallStatements = map[string][]string{
	"open":  {selectTicket + openOnTheWall, selectOrderDish + openOnTheWall},
	"ended": {selectTicket + endedOnTheWall, selectOrderDish + endedOnTheWall},
}

// WardMealStatements are those that read what a ward's board, $1, and the medical dashboard at $1 show of meals.
var WardMealStatements = map[string]string{"board": selectBoardMeal, "held": selectHeld, "fasted": selectFasted}
