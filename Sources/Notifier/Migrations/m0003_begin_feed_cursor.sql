INSERT INTO feed_cursor (id, seq, position, moved_at) VALUES (1, 0, '0', UTC_TIMESTAMP(6))
