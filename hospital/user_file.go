package hospital

import (
	"context"
	"database/sql"
	"slices"
)

// userLayout is a file of accounts. It has no passwords: whoever is added sets one with a link.
var userLayout = layout{
	permission: ManageUsers,
	columns:    []string{"username", "display_name", "role", "wards", "language"}, key: 1,
	take: takeUser, list: listUsers,
}

// takeUser adds the account of a line, with a link to set a password with, or changes it.
func takeUser(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	username := foldUsername(r.cell("username"))
	stands, err := h.UserNamed(ctx, actor, username)
	if err != nil && !IsKind(err, NotFound) {
		return lineUnchanged, err
	}
	wards, err := r.wards(ctx, h, stands.Wards)
	if err != nil {
		return lineUnchanged, err
	}
	to := AddUserCommand{Username: username, Role: Role(r.choice("role", string(stands.Role))),
		Wards: wards, DisplayName: r.text("display_name", stands.DisplayName),
		Language: r.text("language", stands.Language)}
	if stands.ID == 0 {
		link, err := h.InviteUser(ctx, actor, to, "")
		if err == nil {
			r.links = append(r.links, link)
		}
		return lineAdded, err
	}
	after, err := h.SetUser(ctx, actor, stands.ID, SetUserCommand{DisplayName: &to.DisplayName,
		Role: &to.Role, Wards: &to.Wards, Language: &to.Language})
	return changedIf(after.Version != stands.Version), err
}

// wards are those whose codes a line names, or what stands where the file does not have the column.
func (r *fileRow) wards(ctx context.Context, h *Hospital, stands []int64) ([]int64, error) {
	if !r.has("wards") {
		return stands, nil
	}
	var ids []int64
	for _, code := range listIn[string](r, "wards", nil) {
		ward, err := wardInFile(ctx, h, code)
		if err != nil {
			return nil, err
		}
		if ward.ID == 0 {
			r.wrong.refuse("wards", "ward_code_unknown",
				"There is no ward %s. Take in the wards first.", code)
			continue
		}
		ids = append(ids, ward.ID)
	}
	return ids, nil
}

// listUsers writes the accounts by name. Who is disabled is in no file: an import could not say so.
func listUsers(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	wards, err := allWards(ctx, q)
	if err != nil {
		return wrap(err, "read the wards")
	}
	users, _, err := usersWhere(ctx, q, `NOT app_user.disabled`)
	if err != nil {
		return err
	}
	return inOrderOf(users, func(u User) string { return u.Username }, write,
		func(u User) []string {
			return []string{u.Username, u.DisplayName, string(u.Role), wardCodes(wards, u.Wards),
				u.Language}
		})
}

// wardCodes writes the codes of some wards into a cell, in their order.
func wardCodes(wards []Ward, ids []int64) string {
	var codes []string
	for _, ward := range wards {
		if slices.Contains(ids, ward.ID) {
			codes = append(codes, ward.Code)
		}
	}
	slices.SortFunc(codes, compareCodes)
	return listCell(codes)
}
