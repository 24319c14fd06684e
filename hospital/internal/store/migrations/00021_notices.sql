-- What a notification is about, by name instead of by place, and whom of a role it is for.

-- +goose Up

-- about is a JSON object. A role's notification with a ward is for those who work there.
ALTER TABLE notification RENAME COLUMN args TO about;
ALTER TABLE notification ADD COLUMN ward_id BIGINT;

-- '["12","lunch"]' becomes '{"order_id":12,"meal":"lunch"}'. What of old has no name is left out.
UPDATE notification SET about = CASE
	WHEN length(about) < 5 THEN '{}'
	WHEN code IN ('order_placed', 'order_confirmed', 'order_preparing', 'order_ready',
			'order_on_its_way', 'order_delivered', 'order_held', 'order_cancelled',
			'order_undelivered')
		THEN '{"order_id":' || replace(substr(about, 3, length(about) - 4), '","', ',"meal":"') || '"}'
	WHEN code IN ('delivery_cancelled', 'delivery_stopped', 'delivery_moved')
		THEN '{"order_id":' || replace(substr(about, 3, length(about) - 4), '","', ',"bed_number":"')
			|| '"}'
	WHEN code IN ('delivery_code', 'delivery_takes_another', 'ticket_held', 'ticket_stopped',
			'ticket_discharged', 'ticket_clear', 'ticket_moved')
		THEN '{"order_id":' || substr(about, 3, length(about) - 4) || '}'
	WHEN code = 'nil_by_mouth_over'
		THEN '{"bed_number":"' || substr(about, 3, length(about) - 4) || '"}'
	WHEN code = 'delivery_failed'
		THEN '{"order_id":' || replace(replace(replace(replace(replace(
			substr(about, 3, length(about) - 4),
			'","breakfast","', ',"meal":"breakfast","bed_number":"'),
			'","lunch","', ',"meal":"lunch","bed_number":"'),
			'","dinner","', ',"meal":"dinner","bed_number":"'),
			'","snack","', ',"meal":"snack","bed_number":"'),
			'","supplement","', ',"meal":"supplement","bed_number":"') || '"}'
	WHEN code IN ('meal_round_missed', 'meal_round_gaps')
		THEN '{"patients":' || replace(replace(replace(substr(about, 3, length(about) - 4),
			'","breakfast","', ',"meal":"breakfast","ward_code":"'),
			'","lunch","', ',"meal":"lunch","ward_code":"'),
			'","dinner","', ',"meal":"dinner","ward_code":"') || '"}'
	ELSE '{}'
END;

-- Who had no order in a round that was missed: a JSON list of admissions.
ALTER TABLE meal_round ADD COLUMN missed_admissions TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE meal_round DROP COLUMN missed_admissions;

-- The older program finds the English words in the row, and nothing to fill another language with.
DELETE FROM notification_read;
DELETE FROM notification;
ALTER TABLE notification DROP COLUMN ward_id;
ALTER TABLE notification RENAME COLUMN about TO args;
