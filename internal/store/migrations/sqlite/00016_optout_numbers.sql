-- +goose Up
-- The list names the number itself and not its row: who has stopped it has stopped it when it is removed and added again. Which numbers
-- were removed before, nobody knows any more.
ALTER TABLE optouts RENAME COLUMN number_id TO number;
ALTER TABLE optout_events RENAME COLUMN number_id TO number;
DELETE FROM optouts WHERE number <> '' AND NOT EXISTS (SELECT 1 FROM numbers n WHERE n.id = optouts.number);
UPDATE optouts SET number = (SELECT n.value FROM numbers n WHERE n.id = optouts.number) WHERE number <> '';
UPDATE optout_events SET number = (SELECT n.value FROM numbers n WHERE n.id = optout_events.number)
WHERE EXISTS (SELECT 1 FROM numbers n WHERE n.id = optout_events.number);
