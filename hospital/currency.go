package hospital

import (
	"maps"
	"slices"
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
