package hospital_test

import (
	"testing"

	"dusangire/hospital"
)

func TestPeopleWriteAmountsWithTheDecimalsOfTheirCurrency(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		currency hospital.Currency
		text     string
		want     int
	}{
		{"EUR", "12.50", 1250}, {"EUR", "12,5", 1250}, {"EUR", "12", 1200}, {"EUR", "0,05", 5},
		{"EUR", " 1 200,00 ", 120_000}, {"EUR", "1\u00a0200.5", 120_050}, {"EUR", "12.505", none},
		{"EUR", "1,200.00", none}, {"EUR", "12.", none}, {"EUR", ".5", none}, {"EUR", "-1", none},
		{"EUR", "1e3", none}, {"EUR", "", none}, {"EUR", "twelve", none}, {"EUR", "12 EUR", none},
		{"EUR", "99999999999999999999", none}, {"RWF", "1500", 1500}, {"RWF", "1 500", 1500},
		{"RWF", "15.00", none}, {"RWF", "1,500", none}, {"KWD", "1.250", 1250}, {"KWD", "1,2505", none},
	} {
		got, ok := c.currency.Read(c.text)
		if !ok {
			got = none
		}
		if got != c.want {
			t.Errorf("%q of %s is read as %d, want %d", c.text, c.currency, got, c.want)
		}
		if again, _ := c.currency.Read(c.currency.Write(max(got, 0))); again != max(got, 0) {
			t.Errorf("%d of %s is written as %q", got, c.currency, c.currency.Write(max(got, 0)))
		}
	}
}

func TestAmountsAreBoundedAlikeInEveryCurrency(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for currency, most := range map[string]int{"RWF": 5_000_000, "EUR": 500_000_000,
			"KWD": 5_000_000_000} {
			h.setUp(t, "currency="+currency)
			_, err := h.AddZone(t.Context(), admin,
				hospital.ZoneCommand{Name: "To " + currency, Charge: most})
			if err != nil {
				t.Errorf("%d of %s: %v", most, currency, err)
			}
			_, err = h.AddZone(t.Context(), admin,
				hospital.ZoneCommand{Name: "Beyond " + currency, Charge: most + 1})
			h.wantField(t, err, "charge")
			dish := hospital.Dish{Name: hospital.DishName{En: currency}, Price: most + 1}
			_, err = h.AddDish(t.Context(), admin, dish)
			h.wantField(t, err, "price")
		}
	})
}
