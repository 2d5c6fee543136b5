CREATE TABLE IF NOT EXISTS order_events (
    order_id BIGINT UNSIGNED NOT NULL,
    version INT UNSIGNED NOT NULL,
    event_id BINARY(16) NOT NULL,
    type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    body MEDIUMBLOB NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
