-- 再判定を待つ: a class that was only read over from the edition before; gone once a person has decided.
ALTER TABLE asset ADD COLUMN redecide BOOLEAN;
CREATE INDEX asset_redecide ON asset (redecide, number, id);
