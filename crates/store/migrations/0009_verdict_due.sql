-- Verdicts that can change without anybody writing anything: the evaluator looks for those whose time has come.
CREATE INDEX verdict_due ON verdict (next_change_ms) WHERE to_ms IS NULL AND next_change_ms IS NOT NULL;
