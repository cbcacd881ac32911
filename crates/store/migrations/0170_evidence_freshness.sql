-- What grows old is looked for every day among all evidence: read from the index alone, in its order.
CREATE INDEX evidence_freshness ON evidence (requirement_id, unit_id, fresh_until_ms);
