package views

import (
	"context"

	"dusangire/hospital"
	"dusangire/views/text"
)

// SavedSettingsPath is the page of the settings that says that they are saved, and in which currency
// amounts were counted before.
func SavedSettingsPath(before *hospital.Settings) string {
	return SettingsPath + "?saved=" + string(before.Currency)
}

// countedAnew says what becomes of the amounts that there are where the currency has changed.
func countedAnew(ctx context.Context, from, to hospital.Currency) string {
	const example = 1500
	if from == to || !from.Valid() {
		return ""
	}
	return text.T(ctx, "settings.currency.changed",
		text.MoneyOf(ctx, hospital.Money{Amount: example, Currency: from}),
		text.MoneyOf(ctx, hospital.Money{Amount: example, Currency: to}))
}
