package views

import (
	"strconv"
	"strings"
	"time"

	"dusangire/hospital"
)

// wardPath is the page of a ward.
func wardPath(id int64) string { return "/wards/" + number(id) + "/" }

// bedPath is the page of a bed.
func bedPath(id int64) string { return "/beds/" + number(id) + "/" }

// admissionPath is the page of a stay; its commands lie below it.
func admissionPath(id int64) string { return "/admissions/" + number(id) + "/" }

// orderPath is the page of an order; its commands lie below it.
func orderPath(id int64) string { return "/orders/" + number(id) + "/" }

// deliveryPath is the page of a delivery.
func deliveryPath(id int64) string { return "/deliveries/" + number(id) + "/" }

// addressPath is the page of an address; its commands lie below it.
func addressPath(id int64) string { return "/addresses/" + number(id) + "/" }

// zonePath is a zone; it is changed there.
func zonePath(id int64) string { return "/zones/" + number(id) + "/" }

// menuPath is what can be ordered for a stay or to an address, which path names; an empty meal is the next one.
func menuPath(path string, meal hospital.Meal) string {
	if path += "menu/"; meal != "" {
		path += "?meal=" + string(meal)
	}
	return path
}

// offeredTo is the path of the stay or of the address that an offer is for.
func offeredTo(o hospital.Offer) string {
	if o.Address.ID != 0 {
		return addressPath(o.Address.ID)
	}
	return admissionPath(o.Stay.AdmissionID)
}

// noticePath leads to the order that a notification is about; "" where there is none to look up.
func noticePath(n hospital.Notification) string {
	if n.OrderID == 0 {
		return ""
	}
	return orderPath(n.OrderID)
}

// machineTime is a time for the datetime attribute.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// noTime stands for the time of a page that is not live.
var noTime time.Time

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func milliseconds(d time.Duration) string { return number(d.Milliseconds()) }

// seconds are the whole seconds of a duration, for a sentence.
func seconds(d time.Duration) int { return int(d / time.Second) }

// databaseWord is the word of a stamp for whether the database answers.
func databaseWord(ok bool) string {
	if ok {
		return "ok"
	}
	return "down"
}

// yesNo is the value of an aria attribute that is "true" or "false".
func yesNo(b bool) string { return strconv.FormatBool(b) }

// cutBedNumber splits "MED-A-05" into what all beds of the ward share, "MED-A-", and what tells them apart, "05".
func cutBedNumber(n string) (shared, own string) {
	i := strings.LastIndexByte(n, '-') + 1
	return n[:i], n[i:]
}

// version tells two states of a bed, of the stay in it and of its meals apart: "12.3", "12.3n" while nil by mouth holds, "12.3.45-2" with
// the second state of order 45, or "12" for an empty bed.
func version(b hospital.BoardBed) string {
	if b.Stay == nil {
		return number(b.Version)
	}
	version := number(b.Version) + "." + number(b.Stay.Version)
	if b.Stay.NilByMouth {
		version += "n"
	}
	for _, meal := range b.Stay.Meals {
		version += "." + number(meal.OrderID) + "-" + number(meal.Version)
	}
	return version
}

// panelPath is where the panel of a bed comes from as it is: with the menu of the meal that somebody is about to order.
func panelPath(d hospital.BedDetail, f Form) string {
	if f.Offer == nil {
		return bedPath(d.ID)
	}
	return mealPath(d, f.Offer.Meal)
}
