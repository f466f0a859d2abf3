-- Rucks that were left open are found by when something last came in for them.
CREATE INDEX rucks_open ON rucks (last_arrival_at)
  WHERE status IN ('created', 'in_progress', 'paused');
