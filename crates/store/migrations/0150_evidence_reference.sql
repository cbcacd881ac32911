-- 文書番号と保管場所: where the document lies that evidence speaks of when no file was filed with it.
ALTER TABLE evidence ADD COLUMN reference TEXT;
