package hospital

import (
	"context"
	"database/sql"
	"strconv"
)

// wardLayout is a file of wards.
var wardLayout = layout{
	permission: SetUpWards,
	columns:    []string{"code", "name", "block", "position", "sex", "speciality", "is_open"}, key: 1,
	take: takeWard, list: listWards,
}

// takeWard adds the ward of a line, or changes it.
func takeWard(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	code := tidy(r.cell("code"))
	stands, err := wardInFile(ctx, h, code)
	if err != nil {
		return lineUnchanged, err
	}
	if stands.ID == 0 {
		stands = Ward{Sex: AnySex, Open: true}
	}
	sex := r.choice("sex", string(stands.Sex))
	to := Ward{Name: r.text("name", stands.Name), Block: r.text("block", stands.Block),
		Position: r.amount("position", stands.Position), Sex: WardSex(sex),
		Speciality: r.text("speciality", stands.Speciality), Open: r.truth("is_open", stands.Open)}
	if stands.ID == 0 {
		cmd := AddWardCommand{Code: code, Name: to.Name, Block: to.Block, Sex: to.Sex,
			Speciality: to.Speciality, Closed: !to.Open}
		if r.cell("position") != "" {
			cmd.Position = &to.Position
		}
		_, err := h.AddWard(ctx, actor, cmd)
		return lineAdded, err
	}
	ward, err := h.SetWard(ctx, actor, stands.ID, SetWardCommand{Name: &to.Name, Block: &to.Block,
		Position: &to.Position, Sex: &to.Sex, Speciality: &to.Speciality, Open: &to.Open})
	return changedIf(ward.Version != stands.Version), err
}

// wardInFile is the ward with a code, the zero Ward where there is none.
func wardInFile(ctx context.Context, h *Hospital, code string) (Ward, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (ward Ward, err error) {
		rows, err := q.QueryContext(ctx, selectWard+` WHERE ward.code = $1`, code)
		err = eachRow(rows, err, func(row scanner) (err error) {
			ward, err = scanWard(row)
			return err
		})
		return ward, wrap(err, "find a ward")
	})
}

// listWards writes the wards by code.
func listWards(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	wards, err := allWards(ctx, q)
	if err != nil {
		return wrap(err, "read the wards")
	}
	return inOrderOf(wards, func(w Ward) string { return w.Code }, write, func(w Ward) []string {
		return []string{w.Code, w.Name, w.Block, strconv.Itoa(w.Position), string(w.Sex),
			w.Speciality, strconv.FormatBool(w.Open)}
	})
}
