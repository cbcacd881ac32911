-- Whether the file that was seen outside is what was given out for the edition.
ALTER TABLE publication ADD COLUMN same_as TEXT CHECK (same_as IN ('html', 'pdf', 'other'));
