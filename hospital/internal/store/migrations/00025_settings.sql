-- What differs between two hospitals: one row.

-- +goose Up
CREATE TABLE settings (
	id BIGINT PRIMARY KEY CHECK (id = 1),
	hospital_name TEXT NOT NULL,
	time_zone TEXT NOT NULL, -- a name of the IANA database
	currency TEXT NOT NULL, -- a code of ISO 4217; amounts are counted in its smallest unit
	languages TEXT NOT NULL, -- a JSON list of those that the pages offer
	default_language TEXT NOT NULL,
	week_starts TEXT NOT NULL,
	wall_names TEXT NOT NULL, -- how a screen on a wall calls a patient
	session_hours BIGINT NOT NULL,
	idle_minutes BIGINT NOT NULL, -- 0: a session that is left alone does not end
	retention_days BIGINT NOT NULL, -- 0: nothing is forgotten
	version BIGINT NOT NULL DEFAULT 1
);
INSERT INTO settings (id, hospital_name, time_zone, currency, languages, default_language,
	week_starts, wall_names, session_hours, idle_minutes, retention_days)
VALUES (1, '', 'Africa/Kigali', 'RWF', '["en","fr","rw"]', 'en', 'monday', 'initials', 12, 0, 0);

-- +goose Down
DROP TABLE settings;
