package hospital

import "log/slog"

// This file is what a structured log shows of things that have patients in them: their ids, never
// what is in them. A board or a dashboard shows itself as what it embeds.

// LogValue shows which ward it is.
func (w Ward) LogValue() slog.Value { return slog.GroupValue(slog.Int64("ward", w.ID)) }

// LogValue shows which bed it is.
func (b Bed) LogValue() slog.Value { return slog.GroupValue(slog.Int64("bed", b.ID)) }

// LogValue shows the numbers.
func (m Metrics) LogValue() slog.Value {
	return slog.GroupValue(slog.Float64("occupancy_rate", m.OccupancyRate),
		slog.Int("patient_count", m.PatientCount),
		slog.Int("pending_discharges", m.PendingDischarges),
		slog.Int("active_wards", m.ActiveWards))
}

// LogValue shows which admission it is.
func (a Admission) LogValue() slog.Value { return admissionValue(a.ID) }

// LogValue shows which admission it is.
func (a BoardAdmission) LogValue() slog.Value { return admissionValue(a.AdmissionID) }

// LogValue shows which admission it is.
func (a AdmissionLine) LogValue() slog.Value { return admissionValue(a.AdmissionID) }

// LogValue shows which admission it is.
func (p WaitingPatient) LogValue() slog.Value { return admissionValue(p.AdmissionID) }

func admissionValue(id int64) slog.Value { return slog.GroupValue(slog.Int64("admission", id)) }

// LogValue shows which patient it is.
func (p Patient) LogValue() slog.Value { return slog.GroupValue(slog.Int64("patient", p.ID)) }

// LogValue shows where a patient is to be put.
func (cmd AdmitCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("patient", cmd.PatientID), slog.Int64("bed", cmd.BedID))
}

// LogValue shows nothing: all of it is who somebody is.
func (CorrectPatientCommand) LogValue() slog.Value { return slog.GroupValue() }

// LogValue shows how an admission ended, and not the notes.
func (l DischargeCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.String("outcome", string(l.Outcome)))
}

// LogValue shows which delivery it is.
func (d Delivery) LogValue() slog.Value { return slog.GroupValue(slog.Int64("delivery", d.ID)) }

// LogValue shows how many stops there are.
func (r Round[Stop]) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("stops", len(r.Stops)))
}

// LogValue shows nothing: a code opens a door, and who takes a tray is at times its patient.
func (DeliverCommand) LogValue() slog.Value { return slog.GroupValue() }

// LogValue shows which address it is.
func (a Address) LogValue() slog.Value { return slog.GroupValue(slog.Int64("address", a.ID)) }

// LogValue shows which zone an address is to be in.
func (f AddressCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("zone", f.ZoneID))
}

// LogValue shows which admission it is.
func (a CustomerAdmission) LogValue() slog.Value { return admissionValue(a.AdmissionID) }

// LogValue shows which order it is, and not the notes.
func (o Order) LogValue() slog.Value { return orderValue(o.ID) }

// LogValue shows for whom an order is to be, by number.
func (cmd PlaceOrderCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("admission", cmd.AdmissionID),
		slog.Int64("address", cmd.AddressID))
}

// LogValue shows what the person saw, and not their reason.
func (cmd OrderCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("version", cmd.Version))
}

// LogValue shows which order it is.
func (t Ticket) LogValue() slog.Value { return orderValue(t.OrderID) }

// LogValue shows nothing: what somebody must not eat says what they suffer from.
func (DietOrder) LogValue() slog.Value { return slog.GroupValue() }

// LogValue shows nothing.
func (DietCommand) LogValue() slog.Value { return slog.GroupValue() }

// LogValue shows which order it is.
func (o CustomerOrder) LogValue() slog.Value { return orderValue(o.ID) }

func orderValue(id int64) slog.Value { return slog.GroupValue(slog.Int64("order", id)) }

// LogValue shows how much there is.
func (h CustomerHome) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("stays", len(h.Admissions)), slog.Int("orders", len(h.Orders)),
		slog.Int("unread", h.Unread))
}

// LogValue shows which notification it is.
func (n Notification) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("notification", n.ID), slog.String("code", n.Code))
}

// LogValue shows how much there is.
func (i Inbox) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("notifications", len(i.Notifications)),
		slog.Int("unread", i.Unread))
}

// LogValue shows how much there is.
func (n News) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("notifications", len(n.Notifications)))
}

// LogValue shows which admission it is.
func (p NoticePatient) LogValue() slog.Value { return admissionValue(p.AdmissionID) }

// LogValue shows which round it is.
func (m MissedRound) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("ward", m.Ward.ID), slog.String("meal", string(m.Meal)))
}

// LogValue shows which admission it is.
func (p HandoverPerson) LogValue() slog.Value { return admissionValue(p.AdmissionID) }

// LogValue shows which admission it is.
func (l MealLine) LogValue() slog.Value { return admissionValue(l.AdmissionID) }

// LogValue shows who wrote it and when, and not what.
func (n ShiftNote) LogValue() slog.Value {
	return slog.GroupValue(slog.String("by", n.By), slog.Time("at", n.At))
}

// LogValue shows what the person saw, and not what they write.
func (cmd EditAdmissionCommand) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("admission", cmd.AdmissionID),
		slog.Int64("version", cmd.Version))
}

// LogValue is what was refused and what was behind it, without the sentence, which may name a
// patient.
func (e *Error) LogValue() slog.Value {
	said := []slog.Attr{slog.String("kind", string(e.Kind)), slog.String("code", e.Code)}
	if e.Cause != nil {
		said = append(said, slog.String("cause", e.Cause.Error()))
	}
	return slog.GroupValue(said...)
}
