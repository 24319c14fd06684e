-- Whose death is on record is asked at every admission of someone who was here before, and must stay quick however many stays have ended.

-- +goose Up
CREATE INDEX admission_deceased ON admission (patient_id) WHERE outcome = 'deceased';

-- +goose Down
DROP INDEX admission_deceased;
