CREATE TABLE IF NOT EXISTS attempts (
    delivery_id BIGINT UNSIGNED NOT NULL,
    number INT UNSIGNED NOT NULL,
    at DATETIME(6) NOT NULL,
    status SMALLINT UNSIGNED NULL,
    outcome VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    duration_ms INT UNSIGNED NOT NULL,
    reply VARBINARY(1024) NOT NULL,
    PRIMARY KEY (delivery_id, number)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
