package hospital

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Currency is a code of ISO 4217. Amounts of money are whole numbers of its smallest unit.
type Currency string

// currencies are the codes of ISO 4217 that money is counted in, by how many decimals they have.
var currencies = map[int]string{
	0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF`,
	2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
		CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
		GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
		MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
		PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
		TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG`,
	3: `BHD IQD JOD KWD LYD OMR TND`,
}

// decimalsOf are the decimals of each currency.
var decimalsOf = func() map[Currency]int {
	all := map[Currency]int{}
	for decimals, codes := range currencies {
		for code := range strings.FieldsSeq(codes) {
			all[Currency(code)] = decimals
		}
	}
	return all
}()

// Currencies lists all of them in the order of their codes.
func Currencies() []Currency { return slices.Sorted(maps.Keys(decimalsOf)) }

// Valid reports whether c is a code of ISO 4217 that money is counted in.
func (c Currency) Valid() bool {
	_, known := decimalsOf[c]
	return known
}

// Decimals is how many decimals an amount is written with: 0 where the currency has no smaller
// coin.
func (c Currency) Decimals() int { return decimalsOf[c] }

// mostUnits is the highest price or charge, in whole units: more is a slip of the finger in the
// weakest currency that people pay with.
const mostUnits = 5_000_000

// Most is the highest price or charge.
func (c Currency) Most() int {
	most := mostUnits
	for range c.Decimals() {
		most *= 10
	}
	return most
}

// written is a number as people write it: with a point or a comma before its decimals.
var written = regexp.MustCompile(`^[0-9]{1,15}([.,][0-9]+)?$`)

// Read is the amount that people write as 12.50 or 12,5, also with its thousands apart. ok is false
// for what is no number, and for one with more decimals than the currency has.
func (c Currency) Read(text string) (amount int, ok bool) {
	text = strings.Join(strings.Fields(text), "")
	if !written.MatchString(text) {
		return 0, false
	}
	whole, part, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	missing := c.Decimals() - len(part)
	if missing < 0 {
		return 0, false
	}
	amount, err := strconv.Atoi(whole + part + strings.Repeat("0", missing))
	return amount, err == nil
}

// Write is an amount as Read takes it: "12.50", or "1250" where the currency has no decimals.
func (c Currency) Write(amount int) string {
	digits := fmt.Sprintf("%0*d", c.Decimals()+1, amount)
	if c.Decimals() == 0 {
		return digits
	}
	point := len(digits) - c.Decimals()
	return digits[:point] + "." + digits[point:]
}

// Money is an amount in the smallest unit of a currency.
type Money struct {
	Amount   int
	Currency Currency
}

// String says it in English: "1 200 RWF" or "12.50 EUR". Spaces keep thousands apart.
func (m Money) String() string {
	whole, part, hasPart := strings.Cut(m.Currency.Write(m.Amount), ".")
	whole = Grouped(whole)
	if hasPart {
		whole += "." + part
	}
	return whole + "\u00a0" + string(m.Currency)
}

// Grouped writes digits with their thousands apart, "1 200".
func Grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u00a0" + digits[i:]
	}
	return digits
}

// money records an amount that is no price or charge.
func (f fields) money(field string, amount int, c Currency) {
	if amount < 0 || amount > c.Most() {
		f.refuse(field, "money", "Give an amount from 0 to %s.", Money{c.Most(), c})
	}
}
