package hospital

// WallStatements are those that read the kitchen's wall, for looking at how the databases go about them: of the open orders, and of those
// that ended after $1.
var WallStatements = map[string][]string{
	"open":  {selectTicket + openOnTheWall, selectOrderDish + openOnTheWall},
	"ended": {selectTicket + endedOnTheWall, selectOrderDish + endedOnTheWall},
}
