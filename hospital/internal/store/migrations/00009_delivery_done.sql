-- When a courier handed over a tray, or gave up, as their tablet says: the line may have brought it later.

-- +goose Up
ALTER TABLE delivery ADD COLUMN done_at BIGINT;

-- +goose Down
ALTER TABLE delivery DROP COLUMN done_at;
