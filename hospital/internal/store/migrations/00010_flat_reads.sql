-- What lets the reads of live views stay as quick as on the first day.

-- +goose Up

-- Those that an owner has, and those that they removed of late, which their page tells.
DROP INDEX address_of_owner;
CREATE INDEX address_of_owner ON address (owner_id, removed_at);

-- What people were told of late, which every dashboard tells.
CREATE INDEX notification_created_at ON notification (created_at);

-- +goose Down
DROP INDEX notification_created_at;
DROP INDEX address_of_owner;
CREATE INDEX address_of_owner ON address (owner_id) WHERE removed_at IS NULL;
