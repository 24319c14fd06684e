-- The ticket of a tray as it was printed last.

-- +goose Up

-- token is what the ticket's QR code says: random, and nothing of the patient. digest tells what
-- was printed from what would be printed now; it is empty where the ticket was taken back.
CREATE TABLE tray_ticket (
	order_id   BIGINT PRIMARY KEY REFERENCES meal_order (id) ON DELETE CASCADE,
	token      TEXT NOT NULL UNIQUE,
	digest     TEXT NOT NULL,
	printed_at BIGINT NOT NULL,
	prints     BIGINT NOT NULL CHECK (prints > 0)
);
CREATE INDEX tray_ticket_printed ON tray_ticket (printed_at);

-- +goose Down
DROP TABLE tray_ticket;
