-- How far the cleaning of a bed is, whose time begins with status_since.

-- +goose Up

-- When somebody began, and who; NULL and empty while nobody has.
ALTER TABLE bed ADD COLUMN cleaning_since BIGINT
	CHECK (cleaning_since IS NULL OR status = 'cleaning');
ALTER TABLE bed ADD COLUMN cleaning_by TEXT NOT NULL DEFAULT '';
-- Whether it is to be cleaned before the others.
ALTER TABLE bed ADD COLUMN cleaning_stat BOOLEAN NOT NULL DEFAULT FALSE
	CHECK (NOT cleaning_stat OR status = 'cleaning');

-- What is to be cleaned is read after every change of a bed, however many beds there are.
CREATE INDEX bed_cleaning ON bed (status_since) WHERE status = 'cleaning';

-- The marks that time alone has put on a bed or an admission, and that screens have been told of.
CREATE TABLE time_mark (
	kind TEXT NOT NULL,
	subject_id BIGINT NOT NULL,
	PRIMARY KEY (kind, subject_id)
);

-- +goose Down
DROP TABLE time_mark;
DROP INDEX bed_cleaning;
ALTER TABLE bed DROP COLUMN cleaning_stat;
ALTER TABLE bed DROP COLUMN cleaning_by;
ALTER TABLE bed DROP COLUMN cleaning_since;
