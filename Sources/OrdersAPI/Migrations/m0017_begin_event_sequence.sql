INSERT IGNORE INTO event_sequence (id, seq) VALUES (1, 0)
