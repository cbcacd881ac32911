-- A file that the city made itself: whether its words are those of the edition, and what comparing found (JSON).
ALTER TABLE publication ADD COLUMN words TEXT CHECK (words IN ('agree', 'differ', 'unread'));
ALTER TABLE publication ADD COLUMN comparison TEXT;
